"""Check the times of a call against the calling hours in the time zones of its number, and find the next allowed one."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from cxcall.findings.finding import Finding, Severity
from cxcall.phone import number_masking
from cxcall.phone.calling_hours import Hours, is_open, local_times, next_opening, time_zones
from cxcall.sending.numbers_in_request import dialed_numbers
from cxcall.sending.scheduled_times import find_call_times

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import time
    from zoneinfo import ZoneInfo

    from cxcall.sending.checked_request import CheckedRequest
    from cxcall.sending.scheduled_times import CallTime

_OFFSET_FIX = "write the time with its offset, such as `2026-12-01T09:00:00Z`"


def check_hours(
    number: str, hours: Hours, times: Sequence[CallTime], *, enforce: bool
) -> Iterator[Finding]:
    """Yield a finding for a number that would be called outside the hours: an error if they are enforced."""
    for each in times:
        problem = _find_problem(number, hours, each)
        if problem is not None:
            yield problem if enforce else _only_warn(problem)
            return


def _only_warn(problem: Finding) -> Finding:
    """Return the finding as a warning that says how to stop such calls."""
    fix = f"{problem.fix}; `CXCALL_HOURS_POLICY=enforce` stops such calls"
    return problem._replace(severity=Severity.WARNING, fix=fix)


def _find_problem(number: str, hours: Hours, call_time: CallTime) -> Finding | None:
    masked = number_masking.mask_number(number)
    if call_time.moment is None:
        problem, fix = "is not a time with an offset", _OFFSET_FIX
        if call_time.is_far:
            problem, fix = "is too far from now", "check the year"
        return _error(
            f"`{call_time.text}` {problem}, so it cannot be compared with the calling hours {hours} of `{masked}`",
            fix,
        )
    times = local_times(number, call_time.moment)
    outside = [(zone, moment) for zone, moment in times.items() if moment and moment not in hours]
    unknown = [zone for zone, moment in times.items() if moment is None]
    if outside:
        return _outside(masked, hours, call_time, outside, len(times))
    if unknown:
        return _error(
            f"this machine has no time zone data for `{unknown[0]}`, where `{masked}` may be",
            "update the time zone data: install the `tzdata` package of the system or of Python",
            f"the local time there cannot be compared with the calling hours {hours}",
        )
    if not times:
        return _error(
            f"the time zone of `{masked}` is unknown, so its local time cannot be compared with the calling hours {hours}",
            "write the number in E.164, or look up the person's time yourself, and send this call alone without `--hours`",
        )
    return None


def _outside(
    masked: str, hours: Hours, call_time: CallTime, outside: Sequence[tuple[str, time]], zones: int
) -> Finding:
    (zone, moment), *others = outside
    more = f"; also in {len(others)} more of its {zones} time zones" if others else ""
    says = f"local time of `{masked}`"
    if call_time.is_scheduled:
        says = f"`{call_time.text}`, the scheduled time, as {says},"
    verb = "schedule the call" if call_time.is_scheduled else "call"
    return _error(
        f"{says} is {moment:%H:%M} ({zone}), outside calling hours{more}",
        f"{verb} within {hours} there",
        "the person can be in any of these time zones" if zones > 1 else "",
    )


def _error(message: str, fix: str, why: str = "") -> Finding:
    return Finding.error("outside-hours", "", message, fix=fix, why=why, source="libphonenumber")


def find_next_calling_time(
    checked: CheckedRequest, values: Mapping[str, str], now: datetime | None = None
) -> datetime | None:
    """Return the next time (UTC) at which every number to be dialed is within the calling hours.

    A number that may be in several time zones must be within the hours in all of them. Returns None if
    there is no such time, if the time zone of a number is unknown, or if the call is scheduled outside the
    hours.
    """
    zones: list[ZoneInfo] = []
    for number in dialed_numbers(checked.operation, values, checked.payload):
        found = time_zones(number.number).values()
        known = [zone for zone in found if zone is not None]
        if not known or len(known) < len(found):
            return None
        zones += known
    hours, now = Hours.parse(checked.settings.hours), now or datetime.now(UTC)
    for each in find_call_times(checked.operation, values, checked.payload, now):
        if each.is_scheduled and not (each.moment and is_open(hours, zones, each.moment)):
            return None
    return next_opening(hours, zones, now)
