"""Find the times at which a request places its calls, and check those that it schedules."""

from __future__ import annotations

from datetime import MAXYEAR, MINYEAR, UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from cxcall.findings.finding import Finding, Severity
from cxcall.named_tuple import NamedTuple
from cxcall.sending.numbers_in_request import request_values

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from cxcall.contracts.json_schema import JsonSchema
    from cxcall.contracts.operation import Operation
    from cxcall.payloads.payload import Payload

SCHEDULED = "x-cxcall-scheduled"
_NAME_PART = "schedul"
_TOLERANCE = timedelta(minutes=5).total_seconds()
"""Seconds that a time may be over: clocks differ, and a time of a moment ago means now."""
_FARTHEST_ZONE = timedelta(hours=14).total_seconds()
"""A time without an offset is certainly over only if it is over in every time zone."""
_MOST_DAYS = 366
_DAY = timedelta(days=1).total_seconds()


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


def _read_time(text: str) -> CallTime:
    """Return a scheduled time; without an offset it has no moment, because the time zone is unknown."""
    try:
        moment = datetime.fromisoformat(text.strip().upper())
    except ValueError:
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
            is_in_body = each.where.startswith("/")
            yield found._replace(
                where=each.where,
                source=f"contract {operation.contract.name}",
                excerpt=body.find_excerpt(each.where) if is_in_body else None,
                origin=body.find_origin(each.where) if is_in_body else "",
            )


def _check_time(text: str, schema: JsonSchema, now: datetime) -> Finding | None:
    """Return the finding on a time, without a place; None if it may be intended, or if it is not a time."""
    try:
        moment = datetime.fromisoformat(text.strip().upper())
    except ValueError:
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
