"""Parse the times in options, such as `--since 2h` and `--older-than 90d`."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from cxcall.findings.errors import UsageError

_AGO = re.compile(r"(\d+)\s*(s|m|h|d|w)")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_SAMPLE_SPANS = {"--since": "2h", "--older-than": "90d"}
"""Values that are printed in hints; they must be harmless when pasted into a shell."""


def parse_since(text: str) -> datetime | None:
    """Return the time of `--since`, None without it; raises UsageError if it is not valid."""
    return parse_time(text, "--since") if text else None


def parse_time(text: str, flag: str) -> datetime:
    """Parse `15m`, `2h`, `7d` (ago) or an ISO 8601 time (local if it names no zone)."""
    try:
        if ago := _AGO.fullmatch(text.strip()):
            return datetime.now(UTC) - timedelta(**{_UNITS[ago[2]]: int(ago[1])})
        return datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError):  # OverflowError: the date is out of range
        from cxcall.documents.date_error_messages import describe_wrong_date

        wrong = describe_wrong_date(text)
        raise UsageError(
            f"invalid time: {wrong}" if wrong else f"invalid time `{text}`",
            where=flag,
            fix=f"write `{flag} {_SAMPLE_SPANS[flag]}`, or a date and time, as YYYY-MM-DDTHH:MM",
        ) from None
