"""The numbers of the rows that one request sends, as text: `1-16,18`."""

from __future__ import annotations

from collections import Counter
from heapq import heappop, heappush
from typing import TYPE_CHECKING

from cxcall.findings.text_lists import list_ranges

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence


def format_ranges(numbers: Iterable[int]) -> str:
    """Return row numbers in ascending order as ranges, such as `1-16,18`; empty for none."""
    return ",".join(list_ranges(numbers))


def describe_ranges(ranges: str) -> str:
    """Return ranges of row numbers with the word for them: `row 3`, or `rows 1-16,18`."""
    return f"row {ranges}" if ranges.isdecimal() else f"rows {ranges}"


def count_rows(ranges: str) -> int:
    """Return how many rows some ranges have; 0 for an empty text."""
    return sum(last + 1 - first for first, last in parse_ranges(ranges))


def count_by_value(values: Sequence[tuple[str, str]]) -> Counter[str]:
    """Return how many rows have each value, from values with ranges; the first value of a row counts."""
    counts: Counter[str] = Counter()
    for first, last, place in without_overlaps([rows for _, rows in values]):
        counts[values[place][0]] += last + 1 - first
    return counts


def without_overlaps(ranges: Iterable[str]) -> Iterator[tuple[int, int, int]]:
    """Yield spans of rows with the place of the first of some ranges that have them, in the order of the rows."""
    spans = [(*span, place) for place, rows in enumerate(ranges) for span in parse_ranges(rows)]
    left = sorted(spans, reverse=True)
    found: list[tuple[int, int]] = []  # the places and ends of the ranges that have begun
    row = 0
    while left or found:
        row = row if found else left[-1][0]
        while left and left[-1][0] <= row:
            _, last, place = left.pop()
            heappush(found, (place, last))
        place, last = found[0]
        if last < row:
            heappop(found)
            continue
        end = min(last, left[-1][0] - 1) if left else last
        yield row, end, place
        row = end + 1


def parse_ranges(ranges: str) -> list[tuple[int, int]]:
    """Return the first and last number of each range; empty for an empty text."""
    ends = [each.partition("-") for each in ranges.split(",") if each]
    return [(int(first), int(last or first)) for first, _, last in ends]
