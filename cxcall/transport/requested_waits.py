"""Read from a response how long the API asks to wait, and compute the wait if it does not say so."""

from __future__ import annotations

import random
import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

MAX_WAIT = 31622400.0
"""The longest wait in seconds: a year. Larger numbers overflow."""

_FIRST_BACKOFF, _MAX_BACKOFF = 0.5, 30.0
_MAX_SEARCHED_BYTES = 1 << 16
_SECONDS = r"[0-9]+(?:\.[0-9]+)?"
# As in "Rate limit exceeded the maximum. Retry the request in [42] seconds" (docs/platforms/genesys-cloud.md#rate-limits).
_IN_WORDS = (
    r"(?i)\b(?:retry|try again|wait)\b[^0-9]{0,60}?(?<![0-9.-])([0-9]{1,12}(?:\.[0-9]{1,6})?)\]?"
    r" ?s(?:ec(?:ond)?s?)?\b"
)


class SendPostponedError(Exception):
    """The request must wait longer: no byte of it was sent, and it can be sent later."""


def requested_wait(
    headers: Mapping[str, str], body: bytes, now: datetime, *, with_window: bool = True
) -> float | None:
    """Return the seconds that a response asks to wait; None if it does not.

    Read from `Retry-After`, then from the text of the body, then from `inin-ratelimit-reset`, the end of a window
    (docs/platforms/genesys-cloud.md#rate-limits). An invalid or negative time is ignored.
    """
    wait = retry_after(headers, now)
    if wait is None:
        text = body[:_MAX_SEARCHED_BYTES].decode("utf-8", "replace")
        may_ask = any(word in text.lower() for word in ("retry", "again", "wait"))
        named = re.search(_IN_WORDS, text) if may_ask else None
        wait = _seconds(named[1]) if named else None
    if wait is not None or not with_window:
        return wait
    return _seconds(headers.get("inin-ratelimit-reset", ""))


def retry_after(headers: Mapping[str, str], now: datetime) -> float | None:
    """Return the seconds in `Retry-After`, which is a number or a date; None if it is neither.

    The longest of several numbers counts: a proxy may add the header a second time. A date is relative to the
    `Date` of the response, so that a wrong local clock does not matter; a past date requires no wait.
    """
    text = headers.get("Retry-After", "").strip()
    waits = [_seconds(each) for each in text.split(",")]
    numbers = [wait for wait in waits if wait is not None]
    if len(numbers) == len(waits):
        return max(numbers)
    until = http_date(text)
    if until is None:
        return None
    since = http_date(headers.get("Date", "")) or now
    return min(max((until - since).total_seconds(), 0.0), MAX_WAIT)


def remaining_window(headers: Mapping[str, str]) -> tuple[int, float] | None:
    """Return (remaining requests, seconds until the reset) of the rate-limit window of the API.

    From `inin-ratelimit-allowed`, `-count` and `-reset` (docs/platforms/genesys-cloud.md#rate-limits); None if
    the response does not have them.
    """
    names = ("allowed", "count", "reset")
    allowed, count, reset = (_seconds(headers.get(f"inin-ratelimit-{each}", "")) for each in names)
    if allowed is None or count is None or reset is None:
        return None
    return int(allowed - count), reset


def backoff(attempt: int) -> float:
    """Return the seconds to wait after an attempt (from 1): doubled each time, limited, with jitter."""
    longest = min(_MAX_BACKOFF, _FIRST_BACKOFF * 2 ** min(attempt - 1, 16))
    return random.uniform(longest / 2, longest)  # noqa: S311 - it keeps clients apart, and no secret


def _seconds(text: str) -> float | None:
    return min(float(text), MAX_WAIT) if re.fullmatch(_SECONDS, text.strip()) else None


def http_date(text: str) -> datetime | None:
    """Return the time of a header such as `Date`, in UTC; None if it is empty or not a date."""
    if not text:
        return None
    from email.utils import parsedate_to_datetime

    try:
        date = parsedate_to_datetime(text)
        return date.replace(tzinfo=UTC) if date.tzinfo is None else date.astimezone(UTC)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
