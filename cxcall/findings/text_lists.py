"""Write several texts or numbers in one sentence: all of them, the first ones, or ranges."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


def list_in_words(texts: Sequence[str], word: str = "and") -> str:
    """Return texts as a list in a sentence: `a`, `a and b`, or `a, b, and c`; `word` may be `or`."""
    *others, last = texts
    comma = "," if len(others) > 1 else ""
    return f"{', '.join(others)}{comma} {word} {last}" if others else last


def list_first(texts: Sequence[str], most: int = 3) -> str:
    """Return the first texts, and the number of the others: `a, b, c and 2 more`."""
    more = f" and {len(texts) - most} more" if len(texts) > most else ""
    return ", ".join(texts[:most]) + more


def list_ranges(numbers: Iterable[int]) -> list[str]:
    """Return numbers in ascending order as ranges, such as `["1-16", "18"]`."""
    ranges: list[list[int]] = []
    for number in numbers:
        if ranges and ranges[-1][1] == number - 1:
            ranges[-1][1] = number
        else:
            ranges.append([number, number])
    return [f"{first}-{last}" if last > first else str(first) for first, last in ranges]
