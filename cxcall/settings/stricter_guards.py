"""Combine the guards of two sources, so that neither is lowered."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cxcall.findings.errors import UsageError
from cxcall.settings.sources import GUARD_SETTINGS, Setting

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cxcall.settings.settings import Settings


def guards_of(settings: Settings) -> dict[str, str]:
    """Return the guards that can be sent to another machine: all but the do-not-call list, which is a file."""
    return {name: settings.values[name].value for name in GUARD_SETTINGS}


def with_stricter_guards(settings: Settings, guards: Mapping[str, str], source: str) -> Settings:
    """Return the settings with the stricter of their own guards and of others, which `source` names.

    Raises UsageError for hours of which neither are within the other.
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
    """Return the hours and their policy; hours that are only warned about give way to enforced ones."""
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
        f"neither of the calling hours {found[0]} and {found[1]} are within the other",
        where="hours",
        fix="set the hours of the worker so that they include those of the batch, or the other way around",
    )


def _attempts(own: str, other: str) -> str:
    """Return the stricter limit; of two that cannot be compared, the smaller count in the longer period."""
    from cxcall.phone.attempt_limit import AttemptLimit

    limits = [AttemptLimit.parse(each) for each in (own, other) if each]
    if not limits:
        return ""
    return str(
        AttemptLimit(min(each.calls for each in limits), max(each.seconds for each in limits))
    )
