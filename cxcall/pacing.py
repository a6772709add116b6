"""How long to wait before a request that was not processed may be sent again."""

from __future__ import annotations

import math
import random
import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

FIRST_BACKOFF = 0.5
LONGEST_BACKOFF = 20.0
# The platform's own sentence: "Retry the request in [42] seconds".
_IN_BODY = re.compile(rb"(?i)retry[^.]{0,40}? in \[?([0-9]{1,6})\]? ?s")


def wait_asked(headers: Mapping[str, str], body: bytes, now: datetime) -> float | None:
    """Return the seconds that an answer asks to wait; None when it asks for none.

    `Retry-After` (seconds or an HTTP date) comes first, then a wait named in the body, then the
    end of the platform's rate window (`inin-ratelimit-reset`). A negative wait is none at all;
    what cannot be read is passed over. Source: genesys-cloud.md sections 5.3 and 5.4.
    """
    told = _retry_after(headers.get("Retry-After", ""), now)
    if told is None and (named := _IN_BODY.search(body)):
        told = float(named[1])
    if told is None:
        told = _seconds(headers.get("inin-ratelimit-reset", ""))
    return told


def _retry_after(text: str, now: datetime) -> float | None:
    seconds = _seconds(text)
    if seconds is not None or not text:
        return seconds
    from email.utils import parsedate_to_datetime

    try:
        until = parsedate_to_datetime(text)
    except ValueError:
        return None
    until = until if until.tzinfo else until.replace(tzinfo=UTC)
    return max((until - now).total_seconds(), 0.0)


def _seconds(text: str) -> float | None:
    try:
        seconds = float(text)
    except ValueError:
        return None
    return max(seconds, 0.0) if math.isfinite(seconds) else None


def backoff(attempt: int) -> float:
    """Return the seconds before the attempt after `attempt` (from 1): doubling, capped, with jitter."""
    ceiling = min(FIRST_BACKOFF * 2 ** (attempt - 1), LONGEST_BACKOFF)
    return random.uniform(ceiling / 2, ceiling)  # noqa: S311 - jitter, no secret
