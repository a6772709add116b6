"""Compare the guards of two sources, so that a `.env` file or another machine does not lower a guard."""

from __future__ import annotations

import os
from collections import Counter
from typing import TYPE_CHECKING, Any

from cxcall.findings.errors import UsageError
from cxcall.findings.finding import Finding, printable
from cxcall.findings.hinted_commands import command
from cxcall.named_tuple import NamedTuple
from cxcall.settings.sources import (
    DEFAULTS,
    GUARD_SETTINGS,
    Layer,
    Setting,
    find_setting,
    read_flag,
    replace_dotenv,
    variable_name,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from cxcall.settings.settings import Settings
    from cxcall.settings.sources import Flags, SettingsByName

_PLACES = (Layer.FLAGS, Layer.ENVIRONMENT, Layer.DOTENV, Layer.PROFILE)
"""The layers with settings that a run may lack, in order of precedence. The ledger has their indexes."""


class Guard(NamedTuple):
    """A guard of a batch: the name of its setting, its value, and its place in `_PLACES`."""

    name: str
    value: str
    place: int


def guards_of(settings: Settings) -> dict[str, str]:
    """Return the guards that can be sent to another machine: all except the do-not-call list, which is a file."""
    return {name: settings.values[name].value for name in GUARD_SETTINGS}


def guards_to_keep(settings: Settings) -> list[Guard]:
    """Return the guards that a later run of the same batch may lack, because a flag or a variable was forgotten.

    Hours that only warn stop no call.
    """
    own = {name: settings.values[name] for name in GUARD_SETTINGS}
    if not (own["hours"].value and own["hours_policy"].value == "enforce"):
        del own["hours"], own["hours_policy"]
    lists = (settings.values["do_not_call"], *settings.more_do_not_call)
    found = [
        *(Guard(name, each.value, _place_of(each)) for name, each in own.items()),
        *(Guard("do_not_call", _whole_path(each), _place_of(each)) for each in lists),
    ]
    return [each for each in found if each.value and each.place < len(_PLACES)]


def _whole_path(setting: Setting) -> str:
    """Return the path of a do-not-call list that is the same in each working directory."""
    from cxcall.documents.paths import absolute_path, expand_home
    from cxcall.documents.text_files import STDIN

    path = setting.value
    return path if path in ("", STDIN) else str(absolute_path(expand_home(path, setting.locate())))


def find_missing_guards(settings: Settings, kept: Sequence[Sequence[Any]]) -> list[Guard]:
    """Return the guards among `kept`, as `guards_to_keep` returned them, that the settings lack.

    A weaker one is accepted where the guard was set, or in a place that takes precedence: a person has changed it there.
    So is another do-not-call list in the same place, if there are no fewer lists than before.
    """
    guards = [Guard(*each) for each in kept]
    lists = [each for each in guards_to_keep(settings) if each.name == "do_not_call"]
    paths = {each.value for each in lists}
    left = _count_lists(lists)
    left.subtract(_count_lists(guards))

    def is_missing(guard: Guard) -> bool:
        if guard.name == "do_not_call":
            return guard.value not in paths and left[guard.place] < 0
        own = settings.values[guard.name]
        return _place_of(own) > guard.place and _lowers(guard.name, own.value, guard.value)

    missing = list(filter(is_missing, guards))
    is_enforced = settings.hours_policy == "enforce"
    if is_enforced or any(each.name == "hours_policy" for each in missing):
        return missing
    return [each for each in missing if each.name != "hours"]  # they only warn, on purpose


def _count_lists(guards: Sequence[Guard]) -> Counter[int]:
    """Return how many do-not-call lists each place has; a list that is named twice counts once."""
    lists = [each for each in guards if each.name == "do_not_call"]
    places = {os.path.realpath(each.value): each.place for each in reversed(lists)}
    return Counter(places.values())


def how_to_set(guard: Guard) -> str:
    """Return how to set a guard that is missing: by its flag, or else by its variable."""
    is_flag = _PLACES[guard.place] is Layer.FLAGS
    if guard.name == "hours_policy" and is_flag:
        return "add `--wait-for-hours`"
    if is_flag or guard.name in ("hours", "max_attempts"):
        flag = f"--{guard.name.replace('_', '-')}"
        return f"add {command(flag, guard.value)}"
    return f"set `{variable_name(guard.name)}` to `{printable(guard.value)}`"


def guard_variables(guards: Sequence[Guard]) -> list[str]:
    """Return the names of the variables of the environment that set guards."""
    return [variable_name(each.name) for each in guards if _PLACES[each.place] is Layer.ENVIRONMENT]


def _place_of(setting: Setting) -> int:
    """Return the place of a setting in `_PLACES`; their number for a default."""
    return _PLACES.index(setting.layer) if setting.layer in _PLACES else len(_PLACES)


def with_stricter_guards(settings: Settings, guards: Mapping[str, str], source: str) -> Settings:
    """Return the settings with the stricter of their own guards and those of `source`.

    Raises UsageError if neither of the calling hours includes the other.
    """
    own = guards_of(settings)
    hours, policy = _hours(own, guards)
    chosen = {
        "duplicate_window": max(own["duplicate_window"], guards["duplicate_window"], key=float),
        "hours": hours,
        "hours_policy": policy,
        "max_attempts": _stricter_limit(own["max_attempts"], guards["max_attempts"]),
    }
    changed = {name: Setting(value, source) for name, value in chosen.items() if value != own[name]}
    return settings.with_values(**changed)


def _hours(own: Mapping[str, str], other: Mapping[str, str]) -> tuple[str, str]:
    """Return the hours and their policy; enforced hours take precedence over hours that only warn."""
    from cxcall.phone.calling_hours import Hours

    with_hours = [each for each in (own, other) if each["hours"]]
    enforced = [each for each in with_hours if each["hours_policy"] == "enforce"]
    counted = enforced or with_hours
    policy = "enforce" if enforced else own["hours_policy"]
    found = [Hours.parse(each["hours"]) for each in counted]
    for hours in found:
        if all(hours.is_within(each) for each in found):
            return str(hours), policy
    if not found:
        return "", policy
    raise UsageError(
        f"neither of the calling hours {found[0]} and {found[1]} includes the other",
        where="hours",
        fix="set calling hours for the worker that include those of the batch, or the reverse",
    )


def _stricter_limit(own: str, other: str) -> str:
    """Return the stricter limit; if they cannot be compared, the smaller count in the longer period."""
    from cxcall.phone.call_limit import CallLimit

    limits = [CallLimit.parse(each) for each in (own, other) if each]
    if not limits:
        return ""
    return str(CallLimit(min(each.calls for each in limits), max(each.seconds for each in limits)))


def take_do_not_call_lists(
    layers: Sequence[SettingsByName], flags: Flags
) -> tuple[list[SettingsByName], list[Setting]]:
    """Return the layers, and all do-not-call lists but the first; the one of `.env` is never the first of several.

    No source replaces the list of another one: a person who must not be called stays on it.
    """
    dotenv = layers[Layer.DOTENV]
    in_order = [*(layer for layer in layers if layer is not dotenv), dotenv]
    found = [layer["do_not_call"] for layer in in_order if "do_not_call" in layer]
    found[1:1] = read_flag(flags, "do_not_call")[1:]
    if len(found) > 1 and "do_not_call" in dotenv:
        kept = {name: setting for name, setting in dotenv.items() if name != "do_not_call"}
        layers = replace_dotenv(layers, kept)
    return list(layers), found[1:]


def drop_lowered_guards(
    layers: Sequence[SettingsByName], defaults: SettingsByName
) -> tuple[list[SettingsByName], list[Finding]]:
    """Return the layers without the guards of `.env` that lower a guard, and a warning for each."""
    kept, findings = dict(layers[Layer.DOTENV]), []
    below = [*layers[Layer.DOTENV + 1 :], defaults]
    for name in GUARD_SETTINGS:
        setting, other = kept.get(name), find_setting(name, below)
        if setting and other and _lowers(name, setting.value, other.value):
            del kept[name]
            findings.append(
                Finding.warning(
                    "usage",
                    setting.locate(),
                    f"`{name}` in `.env` is ignored; `{printable(other.value)}` (from {other.source}) is used",
                    f"set `{name}` in the profile or in the environment",
                    "a file in the working directory must not lower a guard",
                )
            )
    return replace_dotenv(layers, kept), findings


def find_weaker_guards(
    profile: Setting, chosen: SettingsByName, usual: SettingsByName
) -> Iterator[Finding]:
    """Yield an error for each guard that is lower in a profile that `.env` selects than in the usual profile."""
    for name in (*GUARD_SETTINGS, "do_not_call"):
        other, own = usual.get(name), chosen.get(name)
        value = own.value if own else DEFAULTS.get(name, "")
        if other and _lowers(name, value, other.value):
            yield Finding.error(
                "credential",
                profile.locate(),
                f"`.env` would choose the profile `{printable(profile.value)}`, whose `{name}` is weaker than usual",
                "choose the profile with `--profile` or in the environment",
                "a file in the working directory must not lower a guard",
            )


def _lowers(name: str, value: str, other: str) -> bool:
    if name in ("hours", "max_attempts"):
        return not _is_within(name, value, other)
    if name == "duplicate_window":
        try:
            return float(value) < float(other)
        except ValueError:
            return False  # reported as not a number
    return value != other and not (name == "hours_policy" and other == "warn")


def _is_within(name: str, value: str, other: str) -> bool:
    from cxcall.phone.call_limit import CallLimit
    from cxcall.phone.calling_hours import Hours

    try:
        if name == "hours":
            return Hours.parse(value).is_within(Hours.parse(other))
        return CallLimit.parse(value).is_within(CallLimit.parse(other))
    except UsageError:
        return value == other  # reported as not valid, if it is used
