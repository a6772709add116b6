"""The numbers of the rows that one request sends, as text: `1-16,18`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cxcall.runtime.number_ranges import list_ranges

if TYPE_CHECKING:
    from collections.abc import Iterable


def format_ranges(numbers: Iterable[int]) -> str:
    """Return row numbers in ascending order as ranges, such as `1-16,18`; empty for none."""
    return ",".join(list_ranges(numbers))


def describe_ranges(ranges: str) -> str:
    """Return ranges of row numbers with the word for them: `row 3`, or `rows 1-16,18`."""
    return f"row {ranges}" if ranges.isdecimal() else f"rows {ranges}"


def count_rows(ranges: str) -> int:
    """Return how many rows some ranges have; 0 for an empty text."""
    return sum(last + 1 - first for first, last in parse_ranges(ranges))


def parse_ranges(ranges: str) -> list[tuple[int, int]]:
    """Return the first and last number of each range; empty for an empty text."""
    ends = [each.partition("-") for each in ranges.split(",") if each]
    return [(int(first), int(last or first)) for first, _, last in ends]
