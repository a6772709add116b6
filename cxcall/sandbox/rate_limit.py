"""The rate limit: requests counted per token and minute, told in the platform's headers."""

from __future__ import annotations

from math import ceil
from threading import Lock
from typing import TYPE_CHECKING

from cxcall.sandbox.messages import HttpProblem

if TYPE_CHECKING:
    from collections.abc import Callable

WINDOW_SECONDS = 60.0
"""Seconds that a window lasts."""

DEFAULT_LIMIT = 1_000_000
"""More than the sandbox can answer in a window: unless told otherwise it slows nobody down."""


class RateLimit:
    """Fixed windows, one for each token."""

    def __init__(self, allowed: int, clock: Callable[[], float]) -> None:
        self._allowed = allowed
        self._clock = clock
        self._lock = Lock()
        self._windows: dict[str, tuple[float, int]] = {}

    def count(self, key: str) -> dict[str, str]:
        """Count one request; return the headers that tell so (docs/platforms/genesys-cloud.md#rate-limits)."""
        with self._lock:
            now = self._clock()
            began, count = self._windows.get(key, (now, 0))
            if not began <= now < began + WINDOW_SECONDS:
                began, count = now, 0
            self._windows[key] = (began, count + 1)
        return {
            "inin-ratelimit-count": str(count + 1),
            "inin-ratelimit-allowed": str(self._allowed),
            "inin-ratelimit-reset": str(ceil(began + WINDOW_SECONDS - now)),
        }

    def check_limit(self, headers: dict[str, str]) -> None:
        """Raise the 429 when the counted request is one too many."""
        if int(headers["inin-ratelimit-count"]) > self._allowed:
            raise HttpProblem(429, wait=int(headers["inin-ratelimit-reset"]))
