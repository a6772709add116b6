"""Find the times at which a request places its calls, and check them: a schedule, and the calling hours of a number."""

from __future__ import annotations

from datetime import MAXYEAR, MINYEAR, UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from cxcall.findings.finding import Finding, Severity
from cxcall.named_tuple import NamedTuple
from cxcall.phone import number_masking
from cxcall.phone.calling_hours import Hours, is_open, local_times, next_opening, time_zones
from cxcall.sending.numbers_in_request import dialed_numbers, request_values

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import time
    from zoneinfo import ZoneInfo

    from cxcall.contracts.json_schema import JsonSchema
    from cxcall.contracts.operation import Operation
    from cxcall.payloads.payload import Payload
    from cxcall.sending.checked_request import CheckedRequest

SCHEDULED = "x-cxcall-scheduled"
_NAME_PART = "schedul"
_TOLERANCE = timedelta(minutes=5).total_seconds()
"""Seconds that a time may be over: clocks differ, and a time of a moment ago means now."""
_FARTHEST_ZONE = timedelta(hours=14).total_seconds()
"""A time without an offset is certainly over only if it is over in every time zone."""
_MOST_DAYS = 366
_DAY = timedelta(days=1).total_seconds()
_OFFSET_FIX = "write the time with its offset, such as `2026-12-01T09:00:00Z`"


class CallTime(NamedTuple):
    """A time at which a call would be placed; `text` is its text in the request, empty for the current time.

    `moment` is None for a text that is not a time with its offset, and for a time near the limits of the calendar
    (`is_far`), which has no time of day in some time zones.
    """

    moment: datetime | None
    text: str = ""
    is_far: bool = False

    @property
    def is_scheduled(self) -> bool:
        """Whether the request contains the time."""
        return bool(self.text)


def find_call_times(
    operation: Operation, values: Mapping[str, str], body: Payload, now: datetime | None = None
) -> tuple[CallTime, ...]:
    """Return the times that must be within the calling hours: the scheduled times of the request, or the current time.

    The schema marks such a value with `x-cxcall-scheduled`; in a user's document, its name may say so. The
    current time also counts if a scheduled time is over, and for a user's document, which must not weaken a guard.
    """
    now = now or datetime.now(UTC)
    found = [
        _read_time(str(each.value))
        for each in request_values(operation, values, body)
        if each.value != "" and is_schedule(each.schema, each.name)
    ]
    is_over = any(each.moment and each.moment <= now for each in found)
    is_sure = found and not is_over and operation.contract.is_shipped
    return tuple(found) if is_sure else (CallTime(now), *found)


def is_schedule(schema: Mapping[str, Any], name: str) -> bool:
    """Return whether the schema, or the folded name, of a value says that a call is scheduled for it."""
    return bool(schema.get(SCHEDULED)) or (
        schema.get("format") == "date-time" and _NAME_PART in name
    )


def _parse_time(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text.strip().upper())
    except ValueError:
        return None


def _read_time(text: str) -> CallTime:
    """Return a scheduled time; without an offset it has no moment, because the time zone is unknown."""
    moment = _parse_time(text)
    if moment is None:
        return CallTime(None, text)
    is_far = moment.year in (MINYEAR, MAXYEAR)
    return CallTime(None if is_far or not moment.tzinfo else moment, text, is_far)


def check_scheduled_times(
    operation: Operation, values: Mapping[str, str], body: Payload
) -> Iterator[Finding]:
    """Yield a finding for each scheduled time of a request that is over, or farther ahead than is usual."""
    for each in request_values(operation, values, body):
        if not is_schedule(each.schema, each.name) or not isinstance(each.value, str):
            continue
        found = _check_time(each.value, each.schema, datetime.now(UTC))
        if found is not None:
            found = found._replace(source=operation.source)
            yield body.locate(found, each.where)


def _check_time(text: str, schema: JsonSchema, now: datetime) -> Finding | None:
    """Return the finding on a time, without a place; None if it may be intended, or if it is not a time."""
    moment = _parse_time(text)
    if moment is None:
        return None
    has_offset = moment.tzinfo is not None
    seconds = (moment if has_offset else moment.replace(tzinfo=UTC)) - now
    ahead = seconds.total_seconds()
    limits = schema.get(SCHEDULED)
    limits = limits if isinstance(limits, dict) else {}
    if ahead < -(_TOLERANCE if has_offset else _FARTHEST_ZONE):
        return _past(text, has_offset=has_offset, is_refused=limits.get("past") == "refused")
    most = limits.get("days", _MOST_DAYS)
    if ahead > most * _DAY + (0 if has_offset else _FARTHEST_ZONE):
        return Finding.warning(
            "time-unlikely",
            "",
            f"`{text}` is {ahead / _DAY:,.0f} days in the future",
            fix=f"schedule the call within {most} days, or check the year",
            why=limits.get("why", "a call is rarely scheduled so far ahead"),
        )
    return None


def _past(text: str, *, has_offset: bool, is_refused: bool) -> Finding:
    compared = (
        "the clock of this machine"
        if has_offset
        else "the clock of this machine in every time zone"
    )
    return Finding(
        Severity.ERROR if is_refused else Severity.WARNING,
        "time-unlikely",
        "",
        f"`{text}` is in the past, by {compared}",
        fix="write a time in the future; to call as soon as possible, leave it out if it is optional",
        why="the platform refuses a time in the past"
        if is_refused
        else "whether the platform refuses it, calls at once, or never calls is not documented",
    )


def check_hours(
    number: str, hours: Hours, times: Sequence[CallTime], *, enforce: bool
) -> Iterator[Finding]:
    """Yield a finding for a number that would be called outside the hours: an error if they are enforced."""
    for each in times:
        problem = _find_problem(number, hours, each)
        if problem is not None:
            fix = f"{problem.fix}; `CXCALL_HOURS_POLICY=enforce` stops such calls"
            yield problem if enforce else problem._replace(severity=Severity.WARNING, fix=fix)
            return


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
    return Finding.error("outside-hours", "", message, fix, why, source="libphonenumber")


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
