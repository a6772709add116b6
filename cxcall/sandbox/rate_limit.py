"""The rate limit: count the requests per token and minute, and report them in headers."""

from __future__ import annotations

from math import ceil
from threading import Lock
from typing import TYPE_CHECKING

from cxcall.sandbox.http_messages import HttpProblem
from cxcall.sandbox.inspection.request_log import drop_oldest

if TYPE_CHECKING:
    from collections.abc import Callable

WINDOW_SECONDS = 60.0
_KEY_LENGTH = 256  # tokens of the sandbox are shorter

DEFAULT_LIMIT = 1_000_000
"""The default limit is more requests than the sandbox can answer in a window, so it limits nothing."""


class RateLimit:
    """Counts the requests of each token in fixed windows."""

    def __init__(self, limit: int, clock: Callable[[], float]) -> None:
        self._limit = limit
        self._clock = clock
        self._lock = Lock()
        self._windows: dict[str, tuple[float, int]] = {}

    def count(self, key: str) -> dict[str, str]:
        """Count one request, and return the rate headers of its response (docs/platforms/genesys-cloud.md#rate-limits)."""
        key = key[:_KEY_LENGTH]
        with self._lock:
            now = self._clock()
            if key not in self._windows:
                drop_oldest(self._windows)
            start, count = self._windows.get(key, (now, 0))
            if not start <= now < start + WINDOW_SECONDS:
                start, count = now, 0
            self._windows[key] = (start, count + 1)
        return {
            "inin-ratelimit-count": str(count + 1),
            "inin-ratelimit-allowed": str(self._limit),
            "inin-ratelimit-reset": str(ceil(start + WINDOW_SECONDS - now)),
        }

    def check_limit(self, headers: dict[str, str]) -> None:
        """Raise a 429 problem if the counted request is above the limit."""
        if int(headers["inin-ratelimit-count"]) > self._limit:
            raise HttpProblem(429, retry_after=int(headers["inin-ratelimit-reset"]))
