"""Find the time zones that a number may be in, and the time of day there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cxcall.phone.impossible_numbers import parse_number
from cxcall.sending.numbers_in_text import dialed_part

if TYPE_CHECKING:
    from datetime import datetime, time


def time_zones(number: str) -> tuple[str, ...]:
    """Return the names of the time zones that a number may be in; empty if none is known."""
    parsed = parse_number(dialed_part(number))
    if parsed is None:
        return ()
    from phonenumbers import timezone

    found: tuple[str, ...] = timezone.time_zones_for_number(parsed)
    return () if found == (timezone.UNKNOWN_TIMEZONE,) else found


def local_times(number: str, moment: datetime) -> dict[str, time | None]:
    """Return the time of day at `moment` in every time zone that a number may be in.

    The time is None if this machine has no data for the zone, because its data may be older than libphonenumber's.
    """
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

    times: dict[str, time | None] = {}
    for zone in time_zones(number):
        try:
            times[zone] = moment.astimezone(ZoneInfo(zone)).time()
        except (ZoneInfoNotFoundError, OverflowError):
            times[zone] = None
    return times
