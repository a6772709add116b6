"""Find environment variables `CXCALL_*` that resemble a setting: a misspelled guard would have no effect."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cxcall.findings.errors import UsageError
from cxcall.findings.finding import Finding, add_notice
from cxcall.settings.sources import (
    GUARD_SETTINGS,
    MACHINE_VARIABLES,
    PREFIX,
    SETTING_NAMES,
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


def check_variables() -> None:
    """Raise UsageError for a variable that resembles a guard; add a notice for one that resembles another setting.

    A variable that resembles no setting belongs to another program.
    """
    for name in unknown_variables():
        if guard := _resembled_guard(name):
            raise UsageError(
                f"unknown setting `{name}`",
                where=name,
                fix=f"the most similar name is `{variable_name(guard)}`; unset `{name}`, or rename it",
                why="the variable is ignored, so the guard that it may be intended for would not apply",
            )
    for finding in find_misspelled_variables():
        add_notice(finding)


def find_misspelled_variables() -> Iterator[Finding]:
    """Yield a warning for each variable that resembles a setting."""
    for name in unknown_variables():
        from cxcall.runtime.name_similarity import find_similar

        known = [*MACHINE_VARIABLES, *map(variable_name, SETTING_NAMES)]
        near = find_similar(
            name.removeprefix(PREFIX), [each.removeprefix(PREFIX) for each in known]
        )
        guard = _resembled_guard(name)
        if near or guard:
            meant = variable_name(guard) if guard else f"{PREFIX}{near}"
            fix = f"the most similar name is `{meant}`"
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
