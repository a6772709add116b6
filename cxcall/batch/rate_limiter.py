"""Decide when each request of a batch may be sent: evenly spaced, and paused while the API asks for it.

Libraries were tested against a token bucket: they reach 59 to 92 % of a rate with a burst of one, or
cause hundreds of refusals. The decisive moment is when the first byte leaves, after the record is on
the disk and the connection is open, and no library knows that moment.
"""

from __future__ import annotations

import math
import re
import time
from contextlib import suppress
from datetime import UTC, datetime
from http import HTTPStatus
from threading import Lock
from typing import TYPE_CHECKING, Self

from cxcall.findings.errors import RetryStoppedError, UsageError
from cxcall.ledger.database_interface import never
from cxcall.ledger.errors import LedgerError
from cxcall.named_tuple import NamedTuple
from cxcall.runtime.host_spellings import with_vendor_host
from cxcall.runtime.signals import SIGNAL_INTERVAL
from cxcall.transport import requested_waits
from cxcall.transport.origins import host_url
from cxcall.transport.requested_waits import SendPostponedError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from cxcall.ledger.ledger import Ledger
    from cxcall.ledger.postgres.shared_pace import SharedPace
    from cxcall.settings.settings import Settings
    from cxcall.transport.http_messages import Exchange

_MARGIN = 1.01
"""Factor by which the interval exceeds an exactly even one, because network jitter moves requests."""
_SLOW_DOWN, _MAX_SLOW_DOWN, _SPEED_UP = 1.05, 2.0, 0.9995
_MIN_LEAD_TIME, _MAX_LEAD_TIME = 0.002, 1.0
_LONG_WAIT = 5.0
"""Seconds; a longer wait is worth a message."""
_UNITS = {"s": 1.0, "m": 60.0, "h": 3600.0}
_RATE_FORM = re.compile(r"([0-9]{1,9}(?:\.[0-9]{1,6})?)\s*/\s*(s|m|h)(?:ec|econd|in|inute|our)?")
_SHARED_MARGIN = 1.002
"""Factor by which the interval exceeds an exactly even one: the jitter of machines does not add up."""


class RateLimiter:
    """Spaces the requests of many threads so that two are never closer than the rate's interval.

    A wait that the API asks for applies to all requests. A wait of more than `max_wait` seconds is
    only recorded in `excessive_wait`, and the batch stops.
    """

    def __init__(self, rate: Rate, max_wait: float) -> None:
        self.excessive_wait: float | None = None
        self._base_interval = self.interval = rate.interval * _MARGIN
        """Seconds from one request to the next; longer than those of the rate after a refusal."""
        self._max_wait = max_wait
        self._is_stopped = self._is_waiting = False
        self.stop_reason = ""
        self._acquire_lock, self._send_lock, self._state_lock = Lock(), Lock(), Lock()
        self._lead_time = _MIN_LEAD_TIME
        self._usual_latency = 0.0
        # Not 0, which is the time when the machine started: that may be less than an interval ago.
        self._next_slot_at = self._last_sent_at = self._paused_until = -math.inf
        self._preparing = self._in_flight = 0

    def stop(self, reason: str = "") -> None:
        """Stop granting slots, and end waits within `SIGNAL_INTERVAL`; there is no `reason` after a signal.

        Signal handlers call it, so it waits for no lock: see `call_on_signals`.
        """
        if not self._is_stopped:
            self.stop_reason = reason
        self._is_stopped = True

    def sleep(self, seconds: float, is_closed: Callable[[], bool] = never) -> bool:
        """Wait; return whether a stop, or the end of the batch, ended the wait early."""
        end = time.monotonic() + seconds
        while (wait := end - time.monotonic()) > 0 and not (self._is_stopped or is_closed()):
            time.sleep(min(wait, SIGNAL_INTERVAL))
        return wait > 0

    def pause(self, seconds: float) -> None:
        """Stop sending requests for some seconds."""
        with self._state_lock:
            self._paused_until = max(self._paused_until, time.monotonic() + seconds)

    def wait_as_asked(self, seconds: float) -> None:
        """Pause for the time that a response asks for, or record that it is too long."""
        if seconds > self._max_wait:
            self.excessive_wait = seconds
        else:
            self.pause(seconds)

    @property
    def wait_left(self) -> float:
        """Seconds for which the API still asks to send nothing, also if that is too long to wait; 0 if it does not."""
        left = self._paused_until - time.monotonic()
        return max(self.excessive_wait or 0.0, left, 0.0)

    def take_long_wait(self) -> int:
        """Return the seconds of a long wait that the API asks for, when it begins; 0 otherwise."""
        left, was_waiting = self.wait_left, self._is_waiting
        self._is_waiting = left > 0
        return math.ceil(left) if left > _LONG_WAIT and not was_waiting else 0

    def raise_if_stopped(self) -> None:
        """Raise RetryStoppedError when the batch stops, and KeyboardInterrupt after a signal."""
        if self._is_stopped:
            if self.stop_reason:
                raise RetryStoppedError(self.stop_reason)
            raise KeyboardInterrupt

    def acquire(self, is_closed: Callable[[], bool] = never) -> float | None:
        """Wait until it is nearly time to send, and return the time of the slot; None when the batch was stopped or closed.

        The preparation of a request is assumed to take as long as for earlier requests.
        """
        with self._acquire_lock:  # one thread waits for its time, the others for the lock
            while not (self._is_stopped or is_closed()):
                at = max(self._next_slot_at, self._paused_until) - self._lead_time
                wait = at - time.monotonic()
                if wait <= 0:
                    with self._state_lock:
                        slot_at = max(self._next_slot_at, time.monotonic())
                        self._next_slot_at = slot_at + self.interval
                        self._preparing += 1
                        self._in_flight += 1
                    return slot_at
                # Then check again: a pause may have started.
                time.sleep(min(wait, SIGNAL_INTERVAL))
        return None

    def wait_to_send(self, prepared_in: float, _slot_at: float = 0.0) -> None:
        """Wait until a request that took `prepared_in` seconds to prepare may be sent.

        Raises SendPostponedError when a pause has begun meanwhile, or a stop during a long wait.
        """
        with self._send_lock:
            self._update_lead_time(prepared_in)
            while (wait := self._last_sent_at + self.interval - time.monotonic()) > 0:
                # Short waits are finished: the request is in flight.
                if wait > SIGNAL_INTERVAL and self._is_stopped:
                    raise SendPostponedError
                time.sleep(min(wait, SIGNAL_INTERVAL))
            if self._paused_until > time.monotonic():
                raise SendPostponedError
            with self._state_lock:
                self._last_sent_at = time.monotonic()
                self._preparing -= 1
                soonest = self._last_sent_at + self.interval * (self._preparing + 1)
                self._next_slot_at = max(self._next_slot_at, soonest)

    def _update_lead_time(self, seconds: float) -> None:
        average = 0.8 * self._lead_time + 0.2 * 1.5 * seconds
        self._lead_time = min(max(average, _MIN_LEAD_TIME), _MAX_LEAD_TIME)

    def release(self, *, was_sent: bool) -> None:
        """Record the end of a request that had acquired a slot."""
        with self._state_lock:
            self._in_flight -= 1
            self._preparing -= not was_sent

    def update_from_response(self, exchange: Exchange) -> None:
        """Adapt to a response: slow down, pause, or return to the full rate."""
        response = exchange.response
        if response is None:
            return
        window = requested_waits.remaining_window(response.headers)
        if response.status in (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE):
            is_busy = response.status == HTTPStatus.SERVICE_UNAVAILABLE
            has_room = is_busy and window is not None and window[0] > 0
            now = datetime.now(UTC)
            wait = requested_waits.requested_wait(
                response.headers, response.body, now, with_window=not has_room
            )
            if wait is not None:
                self.wait_as_asked(wait)
            slower = min(self.interval * _SLOW_DOWN, self._base_interval * _MAX_SLOW_DOWN)
            self.interval = slower
            return
        self._compensate_delay(exchange.timings)
        self.interval = max(self.interval * _SPEED_UP, self._base_interval)
        if window is not None and window[0] < self._in_flight and window[1] <= self._max_wait:
            self.pause(window[1])

    def _compensate_delay(self, timings: Mapping[str, float]) -> None:
        """Delay the next request by the time that this one may have arrived late.

        A response that took longer than usual is the only sign that its request was delayed.
        """
        if "turn" not in timings or "first_byte" not in timings:
            return
        latency = (timings["first_byte"] - timings["turn"]) / 1e3
        with self._state_lock:
            delay = latency - self._usual_latency if self._usual_latency else 0.0
            weight = 0.5 if delay < 0 else 0.02 if delay else 1.0
            self._usual_latency += (latency - self._usual_latency) * weight
            self._last_sent_at += min(max(delay, 0.0), self.interval / 2)


class RateLimitSlot:
    """The slot of one request, which it acquires again for each attempt, unless its batch is closed meanwhile."""

    def __init__(self, rate_limiter: RateLimiter, is_closed: Callable[[], bool] = never) -> None:
        self._rate_limiter, self._is_closed = rate_limiter, is_closed
        self._acquired_at = 0.0
        self._slot_at: float | None = None
        self._was_sent = False

    def acquire(self) -> bool:
        """Wait for the slot; return False when the batch was stopped or closed."""
        self.release()
        self._slot_at = self._rate_limiter.acquire(self._is_closed)
        self._was_sent, self._acquired_at = False, time.monotonic()
        return self._slot_at is not None

    def wait_to_send(self) -> None:
        """Wait until the request may be sent; raises SendPostponedError when a pause has begun."""
        assert self._slot_at is not None  # noqa: S101 - a request without a slot is not sent
        self._rate_limiter.wait_to_send(time.monotonic() - self._acquired_at, self._slot_at)
        self._was_sent = True

    def sleep(self, seconds: float) -> None:
        """Wait for the next attempt; raises RetryStoppedError when the batch stops, KeyboardInterrupt after a signal."""
        self.release()
        self._rate_limiter.sleep(seconds, self._is_closed)
        self._rate_limiter.raise_if_stopped()
        if not self.acquire():
            self._rate_limiter.raise_if_stopped()
            raise RetryStoppedError("the batch was closed")

    def release(self) -> None:
        """Give the slot back, if it is acquired."""
        if self._slot_at is not None:
            self._slot_at = None
            self._rate_limiter.release(was_sent=self._was_sent)


class Rate(NamedTuple):
    """A number of requests in a number of seconds."""

    requests: float
    seconds: float

    @classmethod
    def parse(cls, text: str) -> Self:
        """Parse `300/m`, `5/s`, or `1000/h`; raises UsageError for anything else."""
        found = _RATE_FORM.fullmatch(text.strip().lower())
        if not found or not float(found[1]):
            raise UsageError(
                f"invalid rate `{text}`",
                where="--rate",
                fix="write `--rate 300/m`, `5/s` or `1000/h`",
            )
        return cls(float(found[1]), _UNITS[found[2]])

    @property
    def interval(self) -> float:
        """Seconds from one request to the next."""
        return self.seconds / self.requests

    @property
    def unit(self) -> str:
        """The unit of time: `s`, `m`, or `h`."""
        return next(name for name, seconds in _UNITS.items() if seconds == self.seconds)

    def __str__(self) -> str:
        return f"{self.requests:g}/{self.unit}"


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
        self._base_interval = self.interval = rate.interval * _SHARED_MARGIN
        self._pace = pace

    def pause(self, seconds: float) -> None:
        """Stop sending requests from any machine for some seconds; only from this one if the database is lost."""
        super().pause(seconds)
        with suppress(LedgerError):
            self._pace.pause(seconds)

    def acquire(self, is_closed: Callable[[], bool] = never) -> float | None:
        """Reserve a slot, and wait until it is nearly time to send; return its time, or None if the batch has ended."""
        with self._acquire_lock:
            if not (self._is_stopped or is_closed()):
                slot_at = time.monotonic() + self._pace.reserve(self.interval)
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
