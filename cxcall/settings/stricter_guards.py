"""Compare the guards of two sources, so that a `.env` file or another machine does not lower a guard."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cxcall.findings.errors import UsageError
from cxcall.findings.finding import Finding, printable
from cxcall.settings.defaults import DEFAULTS
from cxcall.settings.sources import DOTENV, GUARD_SETTINGS, Setting, find_setting, replace_dotenv

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from cxcall.settings.settings import Settings
    from cxcall.settings.sources import Layer


def guards_of(settings: Settings) -> dict[str, str]:
    """Return the guards that can be sent to another machine: all except the do-not-call list, which is a file."""
    return {name: settings.values[name].value for name in GUARD_SETTINGS}


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
        "max_attempts": _attempts(own["max_attempts"], guards["max_attempts"]),
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


def _attempts(own: str, other: str) -> str:
    """Return the stricter limit; if they cannot be compared, the smaller count in the longer period."""
    from cxcall.phone.attempt_limit import AttemptLimit

    limits = [AttemptLimit.parse(each) for each in (own, other) if each]
    if not limits:
        return ""
    return str(
        AttemptLimit(min(each.calls for each in limits), max(each.seconds for each in limits))
    )


def take_do_not_call_lists(layers: Sequence[Layer]) -> tuple[list[Layer], list[Setting]]:
    """Return the layers, and the do-not-call lists of all sources but the first; that of `.env` is never the first of several.

    No source replaces the list of another one: a person who must not be called stays on it.
    """
    dotenv = layers[DOTENV]
    in_order = [*(layer for layer in layers if layer is not dotenv), dotenv]
    found = [layer["do_not_call"] for layer in in_order if "do_not_call" in layer]
    if len(found) > 1 and "do_not_call" in dotenv:
        kept = {name: setting for name, setting in dotenv.items() if name != "do_not_call"}
        layers = replace_dotenv(layers, kept)
    return list(layers), found[1:]


def drop_lowered_guards(
    layers: Sequence[Layer], defaults: Layer
) -> tuple[list[Layer], list[Finding]]:
    """Return the layers without the guards of `.env` that lower a guard, and a warning for each."""
    kept, findings = dict(layers[DOTENV]), []
    below = [*layers[DOTENV + 1 :], defaults]
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


def find_weaker_guards(profile: Setting, chosen: Layer, usual: Layer) -> Iterator[Finding]:
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
    from cxcall.phone.attempt_limit import AttemptLimit
    from cxcall.phone.calling_hours import Hours

    try:
        if name == "hours":
            return Hours.parse(value).is_within(Hours.parse(other))
        return AttemptLimit.parse(value).is_within(AttemptLimit.parse(other))
    except UsageError:
        return value == other  # reported as not valid, if it is used
