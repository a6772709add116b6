"""The latencies of the requests of a batch: percentiles, and a histogram."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from decimal import ROUND_UP, Context

BOUNDS_MS = (5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000)
"""Upper bounds of the histogram's bars, in milliseconds."""
_FEWEST_FOR_HISTOGRAM = 20


def round_up(latency: float) -> float:
    """Return a latency in milliseconds with two digits, rounded up, because a bar is named by its upper bound."""
    return float(Context(prec=2, rounding=ROUND_UP).create_decimal_from_float(latency))


class Latencies(Counter[float]):
    """The number of requests by latency, in milliseconds."""

    def percentile(self, share: float) -> float | None:
        """Return the latency that a share of the requests did not exceed; None if there are none."""
        left = share * self.total()
        for latency in sorted(self):
            left -= self[latency]
            if left <= 0:
                return latency
        return None

    @property
    def has_histogram(self) -> bool:
        """Whether there are enough requests for a histogram; for a few, the percentiles are enough."""
        return self.total() >= _FEWEST_FOR_HISTOGRAM

    def histogram(self) -> list[tuple[int | None, int]]:
        """Return upper bound and length of each bar, from the first to the last that is not empty."""
        counts = [0] * (len(BOUNDS_MS) + 1)
        for latency, count in self.items():
            counts[bisect_left(BOUNDS_MS, latency)] += count
        used = [index for index, count in enumerate(counts) if count]
        bars = list(zip((*BOUNDS_MS, None), counts, strict=True))
        return bars[used[0] : used[-1] + 1] if used else []

    def bars(self, at_most: str) -> list[tuple[str, int]]:
        """Return name and length of each bar; `at_most` is the sign before an upper bound."""
        return [
            (f"> {BOUNDS_MS[-1]}" if bound is None else f"{at_most} {bound}", count)
            for bound, count in self.histogram()
        ]
