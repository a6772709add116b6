"""The numbers of the rows that one request sends, as the text that names its delivery: `rows 1-16,18`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cxcall.runtime.number_ranges import list_ranges
from cxcall.runtime.patterns import compile_pattern

if TYPE_CHECKING:
    from collections.abc import Iterable

KEY_START = "rows "
"""The start of the name of a delivery of several rows; a delivery of one row has the row's own name."""
_UNKNOWN_ROWS = " rows are unknown: the response does not list them"
UNLISTED_FIX = "check which of them are in the list; load the missing ones from a separate file, with `--again`"
"""What to do about such rows."""
_RANGE = r"([0-9]+)(?:-([0-9]+))?"


def format_ranges(numbers: Iterable[int]) -> str:
    """Return row numbers in ascending order as ranges, such as `1-16,18`; empty for none."""
    return ",".join(list_ranges(numbers))


def describe_ranges(ranges: str) -> str:
    """Return ranges of row numbers with the word for them: `row 3`, or `rows 1-16,18`."""
    return f"row {ranges}" if ranges.isdecimal() else f"rows {ranges}"


def key_of_rows(numbers: Iterable[int]) -> str:
    """Return the name of a delivery of these rows; empty for none."""
    ranges = format_ranges(numbers)
    return f"{KEY_START}{ranges}" if ranges else ""


def count_rows(key: str) -> int:
    """Return how many rows the name of a delivery has; 0 for any other name."""
    return sum(last + 1 - first for first, last in _ranges(key))


def parse_key(key: str, first_row: int | None) -> list[tuple[int, int]]:
    """Return the first and last number of each range in the name of a delivery; empty for any other name."""
    ranges = _ranges(key)
    return ranges if ranges and ranges[0][0] == first_row else []


def note_of_unknown_rows(count: int, total: int) -> str:
    """Return the note of an accepted delivery whose response does not confirm some rows; empty if it confirms all.

    Their numbers are in the records of the batch: in a note, ranges of long numbers could be taken for phone numbers.
    """
    return f"{count} of {total}{_UNKNOWN_ROWS}" if count else ""


def count_unknown_rows(note: str) -> int:
    """Return how many rows the response to an accepted delivery did not confirm, from its note."""
    found = compile_pattern(r"([0-9]+) of [0-9]+" + _UNKNOWN_ROWS).fullmatch(note)
    return int(found[1]) if found else 0


def _ranges(key: str) -> list[tuple[int, int]]:
    if not key.startswith(KEY_START):
        return []
    found = [
        compile_pattern(_RANGE).fullmatch(part) for part in key.removeprefix(KEY_START).split(",")
    ]
    ranges = [(int(each[1]), int(each[2] or each[1])) for each in found if each]
    return ranges if len(ranges) == len(found) else []
