"""The hours of a day in which people may be called."""

from __future__ import annotations

from datetime import time
from typing import Self

from cxcall.findings.errors import UsageError
from cxcall.named_tuple import NamedTuple


class Hours(NamedTuple):
    """The part of a day in which people may be called, in their local time."""

    begin: time
    end: time

    @classmethod
    def parse(cls, text: str, where: str = "--hours") -> Self:
        """Read `08:00-21:00`; raises UsageError. An end before the start is on the next day."""
        times = _parse_times(text)
        if len(times) != 2:  # noqa: PLR2004 - from one to another
            raise UsageError(
                f"invalid calling hours `{text}`",
                where=where,
                fix="write the hours like `08:00-21:00`",
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


def _parse_times(text: str) -> list[time]:
    """Return the times of day in a text; none if a part of it is not a time, or has a time zone."""
    try:
        times = [time.fromisoformat(part.strip()) for part in text.split("-")]
    except ValueError:
        return []
    return [] if any(each.tzinfo for each in times) else times
