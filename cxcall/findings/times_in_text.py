"""Write times in text: always in UTC, because the ledgers and logs of several machines are compared."""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime


def utc_text(moment: datetime) -> str:
    """Return a time for a sentence, such as `2026-11-30 20:30:18 UTC`."""
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"


def utc_minute(moment: datetime) -> str:
    """Return a time for a column whose heading says `(UTC)`, such as `2026-11-30 20:30`."""
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M}"


def short_time(minute: str) -> str:
    """Return the time of a column without its year, for a narrow terminal: `11-30 20:30`."""
    return minute.partition("-")[2]
