"""Write counts as text: 1 row, 2 rows; 3 errors, 1 warning."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cxcall.findings.finding import Severity

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


def count_phrase(number: int, noun: str) -> str:
    """Return a number with its noun: `1 row`, `2 rows`, `2 deliveries`."""
    if number == 1:
        return f"1 {noun}"
    return f"{number} {noun.removesuffix('y')}ies" if noun.endswith("ry") else f"{number} {noun}s"


def format_counts(counts: Iterable[tuple[object, int]]) -> str:
    """Return names with their numbers as a phrase, such as `3 unknown, 97 accepted`."""
    return ", ".join(f"{count} {name}" for name, count in counts)


def format_severity_counts(counts: Mapping[str, int]) -> str:
    """Return the number of errors and warnings as a phrase, such as `2 errors, 1 warning`."""
    pairs = [(counts.get(name, 0), str(name)) for name in (Severity.ERROR, Severity.WARNING)]
    return ", ".join(
        f"{count:,} {name}{'s' if count > 1 else ''}" for count, name in pairs if count
    )
