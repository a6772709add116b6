"""Say which part of a date is wrong, without the whole date, which would be masked like a phone number."""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import MAXYEAR, MINYEAR

_DATE = re.compile(r"\s*([0-9]{4})-([0-9]{2})-([0-9]{2})(?![0-9]).*", re.DOTALL)
_MONTHS = 12


def describe_wrong_date(text: str) -> str:
    """Return what is wrong with a text that has the form of a date, such as `there is no month 13`; else empty."""
    found = _DATE.fullmatch(text)
    if not found:
        return ""
    year, month, day = (int(found[number]) for number in (1, 2, 3))
    if not 1 <= month <= _MONTHS:
        return f"there is no month {found[2]}"
    if not year:
        return f"there is no year {found[1]}"
    if not 1 <= day <= monthrange(year, month)[1]:
        return f"{found[1]}-{found[2]} has no day {found[3]}"
    return f"the year {found[1]} is out of range" if year in (MINYEAR, MAXYEAR) else ""
