"""Write values into cells of CSV files that people open in a spreadsheet."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cxcall.documents.json_text import as_cell
from cxcall.payloads.csv_table import format_record
from cxcall.runtime.patterns import compile_on_use

if TYPE_CHECKING:
    from collections.abc import Iterable

# A spreadsheet runs a cell that starts with one of these, unless it is a number (OWASP, CSV injection).
# A masked number is not a number. Some programs read the full-width forms, too.
_FORMULA = compile_on_use(r"(?![+-][0-9]+(?:\.[0-9]+)?\Z)[=+@\t\r\n\uff0b\uff0d\uff1d\uff20-]")


def safe_cell(text: str) -> str:
    """Return a text as a CSV cell that no spreadsheet runs as a formula."""
    return f"'{text}" if _FORMULA.match(text) else text


def safe_record(values: Iterable[Any]) -> str:
    """Return a line of CSV, without its end, with JSON values in cells that no spreadsheet runs as formulas."""
    return format_record([safe_cell(as_cell(each)) for each in values])
