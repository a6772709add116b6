"""When each request of a batch may leave: evenly spaced, and held back while the API asks for it.

Libraries were timed against a token bucket first: they reach 59 to 92 % of a rate whose burst is one,
or draw refusals by the hundred. What counts is the moment that the first byte leaves, after the
record is on the disk and the connection stands, and no library sees that moment.
"""

from __future__ import annotations

import re
import time
from datetime import UTC, datetime
from http import HTTPStatus
from threading import Event, Lock
from typing import TYPE_CHECKING, NamedTuple, Self

from cxcall.findings.errors import UsageError
from cxcall.transport import retry_after
from cxcall.transport.retry_after import HeldBackError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cxcall.transport.messages import Exchange

_UNITS = {"s": 1.0, "m": 60.0, "h": 3600.0}
_RATE_FORM = re.compile(r"([0-9]{1,9}(?:\.[0-9]{1,6})?)\s*/\s*(s|m|h)(?:ec|econd|in|inute|our)?")
_MARGIN = 1.01
"""How much wider than even the spacing is, so that jitter on the way brings no two too close."""
_SLOWER, _SLOWEST, _FASTER = 1.05, 2.0, 0.9995
_MIN_LEAD_TIME, _MAX_LEAD_TIME = 0.002, 1.0


class Rate(NamedTuple):
    """So many requests in so many seconds."""

    requests: float
    seconds: float

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `300/m`, `5/s` or `1000/h`; raises UsageError when it is no rate."""
        found = _RATE_FORM.fullmatch(text.strip().lower())
        if not found or not float(found[1]):
            raise UsageError(
                f"`{text}` is no rate",
                where="--rate",
                fix="write `--rate 300/m`, `5/s` or `1000/h`",
            )
        return cls(float(found[1]), _UNITS[found[2]])

    @property
    def interval(self) -> float:
        """Seconds from one request to the next."""
        return self.seconds / self.requests

    def __str__(self) -> str:
        unit = next(name for name, seconds in _UNITS.items() if seconds == self.seconds)
        return f"{self.requests:g}/{unit}"


class RateLimiter:
    """Lets requests of many threads leave one by one, never closer than the rate's spacing.

    A hold that the API asks for counts for all; one of over `longest_wait` seconds is kept in
    `excessive_wait` instead, for the batch to stop.
    """

    def __init__(self, rate: Rate, longest_wait: float) -> None:
        self.excessive_wait: float | None = None
        self._even = self._interval = rate.interval * _MARGIN
        self._longest_wait = longest_wait
        self._stopped = Event()
        self._entry, self._exit, self._state = Lock(), Lock(), Lock()
        self._lead = _MIN_LEAD_TIME
        self._usual = 0.0
        self._opens_at = self._left_at = self._held_until = 0.0
        self._inside = self._under_way = 0

    @property
    def interval(self) -> float:
        """Seconds from one request to the next: wider than the rate's while the API refuses."""
        return self._interval

    def stop(self) -> None:
        """Let nobody enter any more, and wake who waits to."""
        self._stopped.set()

    def pause(self, seconds: float) -> bool:
        """Wait by oneself; tells whether it was cut short, by a stop."""
        return self._stopped.wait(seconds)

    def hold(self, seconds: float) -> None:
        """Let nothing leave for so long."""
        with self._state:
            self._held_until = max(self._held_until, time.monotonic() + seconds)

    def enter(self) -> bool:
        """Wait until it is nearly time to leave; tells whether to go on, not when told to stop.

        What comes before a request leaves takes about as long as it took the ones before.
        """
        with self._entry:  # one waits for its time, the others for it
            while not self._stopped.is_set():
                wait = max(self._opens_at, self._held_until) - self._lead - time.monotonic()
                if wait <= 0:
                    with self._state:
                        opens_at = max(self._opens_at, time.monotonic())
                        self._opens_at = opens_at + self._interval
                        self._inside += 1
                        self._under_way += 1
                    return True
                self._stopped.wait(wait)  # then look again: a hold may have come
        return False

    def leave(self, prepared_in: float) -> None:
        """Wait for the moment to leave, which took `prepared_in` seconds to prepare.

        Raises HeldBackError when the API asked for a wait meanwhile.
        """
        with self._exit:
            self._learn_lead(prepared_in)
            while (wait := self._left_at + self._interval - time.monotonic()) > 0:
                time.sleep(wait)
            if self._held_until > time.monotonic():
                raise HeldBackError
            with self._state:
                self._left_at = time.monotonic()
                self._inside -= 1
                soonest = self._left_at + self._interval * (self._inside + 1)
                self._opens_at = max(self._opens_at, soonest)

    def _learn_lead(self, seconds: float) -> None:
        lead = 0.8 * self._lead + 0.2 * 1.5 * seconds
        self._lead = min(max(lead, _MIN_LEAD_TIME), _MAX_LEAD_TIME)

    def end(self, *, has_left: bool) -> None:
        """Take note that a request which entered is over."""
        with self._state:
            self._under_way -= 1
            self._inside -= not has_left

    def learn(self, exchange: Exchange) -> None:
        """Take from an answer how the API wants it: a wait, what is left of its window, or nothing."""
        response = exchange.response
        if response is None:
            return
        limited = response.status == HTTPStatus.TOO_MANY_REQUESTS
        if limited or response.status == HTTPStatus.SERVICE_UNAVAILABLE:
            now = datetime.now(UTC)
            asked = retry_after.wait_asked(response.headers, response.body, now)
            if asked is not None and asked > self._longest_wait:
                self.excessive_wait = asked
            elif asked is not None:
                self.hold(asked)
            self._interval = min(self._interval * _SLOWER, self._even * _SLOWEST)
            return
        self._allow_for(exchange.timings)
        self._interval = max(self._interval * _FASTER, self._even)
        left = retry_after.window_left(response.headers)
        if left is not None and left[0] < self._under_way and left[1] <= self._longest_wait:
            self.hold(left[1])

    def _allow_for(self, timings: Mapping[str, float]) -> None:
        """Let the next leave later by as much as this one may have arrived late.

        An answer that took longer than usual is the one sign that its request was held up on the way.
        """
        if "turn" not in timings or "first_byte" not in timings:
            return
        took = (timings["first_byte"] - timings["turn"]) / 1e3
        with self._state:
            late = took - self._usual if self._usual else 0.0
            self._usual += (took - self._usual) * (0.5 if late < 0 else 0.02 if late else 1.0)
            self._left_at += min(max(late, 0.0), self._interval / 2)


class RateLimitSlot:
    """One request's way through a rate_limiter: in, out, and perhaps in again."""

    def __init__(self, rate_limiter: RateLimiter) -> None:
        self._rate_limiter = rate_limiter
        self._entered_at = 0.0
        self._is_in = self._has_left = False

    def enter(self) -> bool:
        """Wait for admission; tells whether there is one."""
        self.end()
        self._is_in = self._rate_limiter.enter()
        self._has_left, self._entered_at = False, time.monotonic()
        return self._is_in

    def leave(self) -> None:
        """Wait for the moment that the request may leave; raises HeldBackError when there is none now."""
        self._rate_limiter.leave(time.monotonic() - self._entered_at)
        self._has_left = True

    def sleep(self, seconds: float) -> None:
        """Wait to be sent again; raises KeyboardInterrupt when the batch is told to stop."""
        self.end()
        if self._rate_limiter.pause(seconds) or not self.enter():
            raise KeyboardInterrupt

    def end(self) -> None:
        """Make room for the next."""
        if self._is_in:
            self._is_in = False
            self._rate_limiter.end(has_left=self._has_left)
