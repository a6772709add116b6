"""The hours of a day in which people may be called, and the time of day where a number may be."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING, Self

from cxcall.findings.errors import UsageError
from cxcall.named_tuple import NamedTuple
from cxcall.phone.e164_numbers import parse_number
from cxcall.phone.numbers_in_text import dialed_part

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from zoneinfo import ZoneInfo

_SHORTEST = timedelta(seconds=1)
_DAYS = 3  # today's hours may be over, and another time zone may have another date


class Hours(NamedTuple):
    """The part of a day in which people may be called, in their local time."""

    begin: time
    end: time

    @classmethod
    def parse(cls, text: str, where: str = "--hours") -> Self:
        """Read `08:00-21:00`; raises UsageError. An end before the start is on the next day."""
        try:
            times = [time.fromisoformat(part.strip()) for part in text.split("-")]
        except ValueError:
            times = []
        is_span = len(times) == 2 and times[0] != times[1]  # noqa: PLR2004 - from one to another
        if not is_span or any(each.tzinfo for each in times):
            same = ": they begin and end at the same time" if len({*times}) == 1 else ""
            raise UsageError(
                f"invalid calling hours `{text}`{same}",
                where=where,
                fix="write the hours like `08:00-21:00`, or `00:00-23:59:59` for the whole day",
                why="the hours are in the local time of the person who is called",
            )
        return cls(*times)

    def __contains__(self, moment: object) -> bool:
        if not isinstance(moment, time):
            return False
        if self.begin <= self.end:
            return self.begin <= moment <= self.end
        return moment >= self.begin or moment <= self.end

    def is_within(self, other: Hours) -> bool:
        """Return whether every time of these hours is also within the other hours."""
        offset = _seconds_between(other.begin, self.begin)
        return offset + _seconds_between(*self) <= _seconds_between(*other)

    def __str__(self) -> str:
        return "-".join(each.isoformat().removesuffix(":00") for each in self)


def _seconds_between(begin: time, end: time) -> int:
    """Return the seconds from one time of day to the next occurrence of another."""
    first, last = (each.hour * 3600 + each.minute * 60 + each.second for each in (begin, end))
    return (last - first) % 86400


def time_zones(number: str) -> dict[str, ZoneInfo | None]:
    """Return the time zones that a number may be in, by their names; empty if none is known.

    A zone is None if this machine has no data for it, because its data may be older than libphonenumber's.
    """
    parsed = parse_number(dialed_part(number))
    if parsed is None:
        return {}
    from phonenumbers import timezone

    found: tuple[str, ...] = timezone.time_zones_for_number(parsed)
    return {name: _load_zone(name) for name in found if name != timezone.UNKNOWN_TIMEZONE}


def _load_zone(name: str) -> ZoneInfo | None:
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

    try:
        return ZoneInfo(name)
    except ZoneInfoNotFoundError:
        return None


def local_times(number: str, moment: datetime) -> dict[str, time | None]:
    """Return the time of day at `moment` in every time zone that a number may be in; None if it is not known."""
    times: dict[str, time | None] = {}
    for name, zone in time_zones(number).items():
        try:
            times[name] = moment.astimezone(zone).time() if zone else None
        except OverflowError:
            times[name] = None
    return times


def is_open(hours: Hours, zones: Iterable[ZoneInfo], moment: datetime) -> bool:
    """Return whether a moment is within the hours in all time zones."""
    return all(moment.astimezone(zone).time() in hours for zone in zones)


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
        last = each if each == now else each + _SHORTEST
        if each >= now and is_open(hours, zones, each) and is_open(hours, zones, last):
            return each
    return None
