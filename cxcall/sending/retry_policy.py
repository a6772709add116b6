"""Decide whether and when a request is sent again, from what its last exchange proves.

Only a request that provably was not processed is sent again, and a read. `responses/processing_evidence.py` decides which
response proves it.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from cxcall.responses.processing_evidence import Evidence
from cxcall.transport.requested_waits import backoff, requested_wait

if TYPE_CHECKING:
    from cxcall.transport.http_messages import Exchange

MAX_SENDS = 3
"""The most attempts to send a request that provably was not processed; a renewed token allows one more."""
HELD_BACK = "held"
"""The failure of a request that had to wait for its slot again: it has no limit, because nothing was sent."""
_TRANSIENT_FAILURES = ("dns", "connect", "tls", "no-tls", "proxy")


def retry_wait(
    evidence: Evidence,
    exchange: Exchange,
    sends: int,
    most: float,
    most_sends: float,
    *,
    is_read: bool,
) -> float | None:
    """Return the seconds to wait before the next attempt, after so many; None if the request is not sent again.

    It is not if the wait is longer than `most`, or after `most_sends`.
    """
    response, wait = exchange.response, None
    if evidence is Evidence.UNSENT and exchange.failure == HELD_BACK:
        return 0.0
    if evidence is Evidence.BUSY and response is not None:
        wait = requested_wait(response.headers, response.body, datetime.now(UTC))
    elif evidence is Evidence.INCONCLUSIVE and is_read:
        # A read may be repeated after any failure, except a page that is too large.
        if response is not None and response.is_truncated:
            return None
    elif evidence is not Evidence.UNSENT or exchange.failure not in _TRANSIENT_FAILURES:
        return None
    if wait is None or sends >= MAX_SENDS:  # a server may ask for no wait at all, again and again
        wait = max(wait or 0.0, backoff(sends))
    return wait if wait <= most and sends < most_sends else None
