"""Check the times of a call against the calling hours in the time zones of its number."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cxcall.findings.finding import Finding, Severity
from cxcall.phone import number_masking
from cxcall.sending.time_zones import local_times

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import time

    from cxcall.phone.calling_hours import Hours
    from cxcall.sending.scheduled_times import CallTime


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
    if call_time.moment is None and call_time.is_far:
        return _error(
            f"`{call_time.text}` is too far from now to be compared with the calling hours {hours} of `{masked}`",
            "check the year",
        )
    if call_time.moment is None:
        return _error(
            f"`{call_time.text}` is not a time with an offset, so it cannot be compared with the calling hours {hours} of `{masked}`",
            "write the time with its offset, such as `2026-12-01T09:00:00Z`",
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
