"""The numbers of the rows that one request sends, as text: `1-16,18`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cxcall.runtime.number_ranges import list_ranges

if TYPE_CHECKING:
    from collections.abc import Iterable

UNLISTED_FIX = "check which of them are in the list; load the missing ones from a separate file, with `--again`"
"""What to do about such rows."""


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


def note_of_unknown_rows(count: int, total: int) -> str:
    """Return the note of an accepted delivery whose response does not confirm some rows; empty if it confirms all.

    Their numbers are in the records of the batch: in a note, ranges of long numbers could be taken for phone numbers.
    """
    return f"{count} of {total} rows are unknown: the response does not list them" if count else ""
