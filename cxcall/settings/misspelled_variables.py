"""Find environment variables `CXCALL_*` that resemble a setting, and those of guards that would have no effect."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cxcall.findings.errors import UsageError
from cxcall.findings.finding import Finding
from cxcall.settings.sources import (
    GUARD_SETTINGS,
    MACHINE_VARIABLES,
    PREFIX,
    SETTING_NAMES,
    empty_guards,
    unknown_variables,
    variable_name,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

_GUARDS = (*GUARD_SETTINGS, "do_not_call", "only_sandbox")
_GUARD_WORDS = {
    "dnc": "do_not_call",
    "donotcall": "do_not_call",
    "hours": "hours",
    "attempts": "max_attempts",
    "duplicate": "duplicate_window",
    "duplicates": "duplicate_window",
}
"""Words that only the names of guards contain, also written together."""
_GUARD_SIMILARITY = 0.75
"""The least similarity: enough for `DO_NOT_CAL`, but `HOST` does not resemble `HOURS`."""


def find_guards_without_effect() -> Iterator[Finding]:
    """Yield an error for each variable of a guard that is empty or misspelled.

    Raises UsageError if no request at all may be sent, because the name resembles `CXCALL_ONLY_SANDBOX`.
    """
    for name in empty_guards():
        yield Finding.error(
            "usage",
            name,
            f"`{name}` is set, but empty",
            "set its value, or unset the variable",
            "the guard would not apply, so no call is placed",
        )
    for name in unknown_variables():
        guard = _resembled_guard(name)
        problem = f"unknown setting `{name}`"
        fix = f"the most similar name is `{variable_name(guard)}`; unset `{name}`, or rename it"
        if guard == _GUARDS[-1]:
            raise UsageError(problem, where=name, fix=fix, why="a request could go to any server")
        if guard:
            why = "the guard that it may be intended for would not apply, so no call is placed"
            yield Finding.error("usage", name, problem, fix, why)


def find_misspelled_variables() -> Iterator[Finding]:
    """Yield a warning for each variable that resembles a setting that is not a guard.

    A variable that resembles no setting belongs to another program.
    """
    from cxcall.runtime.name_similarity import find_similar

    known = [*MACHINE_VARIABLES, *map(variable_name, SETTING_NAMES)]
    for name in unknown_variables():
        plain = [each.removeprefix(PREFIX) for each in known]
        near = find_similar(name.removeprefix(PREFIX), plain)
        if near and not _resembled_guard(name):
            fix = f"the most similar name is `{PREFIX}{near}`"
            yield Finding.warning("usage", name, f"unknown setting `{name}`, which is ignored", fix)


def _resembled_guard(name: str) -> str:
    """Return the guard that a variable seems to be meant for; empty if there is none."""
    from cxcall.runtime.name_similarity import find_similar

    plain = name.removeprefix(PREFIX).lower()
    words = {*plain.split("_"), plain.replace("_", "")}
    for word, guard in _GUARD_WORDS.items():
        if any(word == each or (len(word) > len("hours") and word in each) for each in words):
            return guard
    near = find_similar(plain, (*SETTING_NAMES, _GUARDS[-1]), _GUARD_SIMILARITY)
    return near if near in _GUARDS else ""
