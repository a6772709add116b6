"""Find the next time at which a person may be called."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from cxcall.phone.calling_hours import Hours
from cxcall.sending.numbers_in_request import dialed_numbers
from cxcall.sending.scheduled_times import find_call_times
from cxcall.sending.time_zones import time_zones

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from zoneinfo import ZoneInfo

    from cxcall.sending.checked_request import CheckedRequest

_SHORTEST = timedelta(seconds=1)
_DAYS = 3  # today's hours may be over, and another time zone may have another date


def find_next_calling_time(
    checked: CheckedRequest, values: Mapping[str, str], now: datetime | None = None
) -> datetime | None:
    """Return the next time (UTC) at which every number to be dialed is within the calling hours.

    A number that may be in several time zones must be within the hours in all of them. Returns None if
    there is no such time, if the time zone of a number is unknown, or if the call is scheduled outside the
    hours.
    """
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

    zones = []
    for number in dialed_numbers(checked.operation, values, checked.payload):
        names = time_zones(number.number)
        if not names:
            return None
        try:
            zones += [ZoneInfo(name) for name in names]
        except ZoneInfoNotFoundError:  # the system's time zone data is older than libphonenumber's
            return None
    hours, now = Hours.parse(checked.settings.hours), now or datetime.now(UTC)
    for each in find_call_times(checked.operation, values, checked.payload, now):
        if each.is_scheduled and not _is_open(hours, zones, each.moment):
            return None
    return next_opening(hours, zones, now)


def _is_open(hours: Hours, zones: Sequence[ZoneInfo], moment: datetime | None) -> bool:
    return moment is not None and all(moment.astimezone(zone).time() in hours for zone in zones)


def next_opening(hours: Hours, zones: Sequence[ZoneInfo], now: datetime) -> datetime | None:
    """Return the next time from `now` on that is within the hours in all time zones; None if there is none.

    Hours of two zones that only meet in one instant are none: a row that waits for it would always be late.
    """
    openings = [now]
    for zone in zones:
        today = now.astimezone(zone).date()
        openings += [
            datetime.combine(today + timedelta(days=day), hours.begin, zone).astimezone(UTC)
            for day in range(_DAYS)
        ]
    for each in sorted(openings):
        is_instant = each == now or hours.begin == hours.end
        last = each if is_instant else each + _SHORTEST
        if each >= now and _is_open(hours, zones, each) and _is_open(hours, zones, last):
            return each
    return None
