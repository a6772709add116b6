"""Space the requests of all machines that share a ledger, by slots in its database."""

from __future__ import annotations

import time
from contextlib import suppress
from typing import TYPE_CHECKING

from cxcall.batch.rate_limit.rate_limiter import RateLimiter
from cxcall.ledger.database_interface import never
from cxcall.ledger.errors import LedgerError
from cxcall.runtime.host_spellings import with_vendor_host
from cxcall.transport.origins import host_url
from cxcall.transport.requested_waits import SendPostponedError

if TYPE_CHECKING:
    from collections.abc import Callable

    from cxcall.batch.rate_limit.configured_rate import Rate
    from cxcall.ledger.ledger import Ledger
    from cxcall.ledger.postgres.shared_pace import SharedPace
    from cxcall.settings.settings import Settings

_SHARED_MARGIN = 1.002
"""Factor by which the interval exceeds an exactly even one: the jitter of machines does not add up."""


def open_rate_limiter(ledger: Ledger, rate: Rate, settings: Settings) -> RateLimiter:
    """Return the rate limiter: of all machines that share the ledger, or of this process."""
    pace = ledger.shared_pace(rate_limit_subject(settings))
    return (
        SharedRateLimiter(rate, settings.max_wait, pace)
        if pace
        else RateLimiter(rate, settings.max_wait)
    )


def rate_limit_subject(settings: Settings) -> str:
    """Return the API's address and the client or token, because rate limits are per client or token."""
    who = (
        settings.client_id
        or settings.access_key_id
        or settings.username
        or settings.api_key
        or settings.access_token
    )
    return f"{host_url(with_vendor_host(settings.base_url))}\n{who}"


class SharedRateLimiter(RateLimiter):
    """Reserves each slot in the database, so that no two machines send at the same time."""

    def __init__(self, rate: Rate, max_wait: float, pace: SharedPace) -> None:
        super().__init__(rate, max_wait)
        self._base_interval = self._interval = rate.interval * _SHARED_MARGIN
        self._pace = pace

    def pause(self, seconds: float) -> None:
        """Stop sending requests from any machine for some seconds; only from this one if the database is lost."""
        super().pause(seconds)
        with suppress(LedgerError):
            self._pace.pause(seconds)

    def acquire(self, is_closed: Callable[[], bool] = never) -> float | None:
        """Reserve a slot, and wait until it is nearly time to send; return its time, None when the batch was stopped or closed."""
        with self._acquire_lock:
            if not (self._stopped.is_set() or is_closed()):
                slot_at = time.monotonic() + self._pace.reserve(self._interval)
                if self.sleep(slot_at - self._lead_time - time.monotonic(), is_closed):
                    return None
                with self._state_lock:
                    self._preparing += 1
                    self._in_flight += 1
                return slot_at
        return None

    def wait_to_send(self, prepared_in: float, slot_at: float = 0.0) -> None:
        """Wait for the reserved slot; a request whose slot has passed is sent at once.

        Raises SendPostponedError when a pause has begun meanwhile, on this machine or another one.
        """
        self._update_lead_time(prepared_in)
        while (wait := slot_at - time.monotonic()) > 0:
            time.sleep(wait)
        if self._paused_until > time.monotonic() or self._pace.is_paused():
            raise SendPostponedError
        with self._state_lock:
            self._preparing -= 1
