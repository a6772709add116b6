"""How long to wait before sending again: what the API asked for, else a backoff."""

from __future__ import annotations

import random
import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

LONGEST = 31622400.0
"""Seconds that a wait is cut to, a year: beyond it numbers only break."""

_FIRST, _LONGEST_BACKOFF = 0.5, 30.0
_SEARCHED = 1 << 16
_SECONDS = r"[0-9]+(?:\.[0-9]+)?"
# As in "Rate limit exceeded the maximum. Retry the request in [42] seconds" (docs/platforms/genesys-cloud.md#rate-limits).
_IN_WORDS = (
    r"(?i)\b(?:retry|try again|wait)\b[^0-9]{0,60}?(?<![0-9.-])([0-9]{1,12}(?:\.[0-9]{1,6})?)\]?"
    r" ?s(?:ec(?:ond)?s?)?\b"
)


class SendPostponedError(Exception):
    """It is not a request's turn after all: nothing of it left, and it may be sent later."""


def requested_wait(headers: Mapping[str, str], body: bytes, now: datetime) -> float | None:
    """Return the seconds that an answer asks to wait; None when it does not say.

    Taken from `Retry-After`, else from words in the body, else from `inin-ratelimit-reset`
    (docs/platforms/genesys-cloud.md#rate-limits). What is no time, or a negative one, says nothing.
    """
    asked = retry_after(headers, now)
    text = body[:_SEARCHED].decode("utf-8", "replace")
    if asked is None and (named := re.search(_IN_WORDS, text)):
        asked = _seconds(named[1])
    return _seconds(_value(headers, "inin-ratelimit-reset")) if asked is None else asked


def retry_after(headers: Mapping[str, str], now: datetime) -> float | None:
    """Return the seconds that `Retry-After` asks for, as a number or as a date; None when it is neither.

    A date is taken relative to the answer's own `Date`, so that a clock set wrong here does not
    matter; one that has passed asks for no wait.
    """
    text = _value(headers, "Retry-After")
    asked = _seconds(text)
    if asked is not None:
        return asked
    until = _date(text)
    if until is None:
        return None
    since = _date(_value(headers, "Date")) or now
    return min(max((until - since).total_seconds(), 0.0), LONGEST)


def remaining_window(headers: Mapping[str, str]) -> tuple[int, float] | None:
    """Return (requests left, seconds until the count starts anew) of the API's own window.

    From `inin-ratelimit-allowed`, `-count` and `-reset` (docs/platforms/genesys-cloud.md#rate-limits); None when
    an answer does not tell.
    """
    told = [
        _seconds(_value(headers, f"inin-ratelimit-{name}"))
        for name in ("allowed", "count", "reset")
    ]
    allowed, count, reset = told
    if allowed is None or count is None or reset is None:
        return None
    return int(allowed - count), reset


def backoff(attempt: int) -> float:
    """Return the seconds to wait after the attempt of that number, from 1: doubled, capped, with jitter."""
    longest = min(_LONGEST_BACKOFF, _FIRST * 2 ** min(attempt - 1, 16))
    return random.uniform(longest / 2, longest)  # noqa: S311 - it keeps clients apart, and no secret


def _value(headers: Mapping[str, str], name: str) -> str:
    wanted = name.lower()
    return next((value.strip() for key, value in headers.items() if key.lower() == wanted), "")


def _seconds(text: str) -> float | None:
    return min(float(text), LONGEST) if re.fullmatch(_SECONDS, text) else None


def _date(text: str) -> datetime | None:
    if not text:
        return None
    from email.utils import parsedate_to_datetime

    try:
        date = parsedate_to_datetime(text)
        return date.replace(tzinfo=UTC) if date.tzinfo is None else date.astimezone(UTC)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
