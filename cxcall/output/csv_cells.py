"""Write values into cells of CSV files that people open in a spreadsheet."""

from __future__ import annotations

import re

# A spreadsheet runs a cell that begins so, unless it is a number (OWASP, CSV injection).
# A masked number is none.
_FORMULA = re.compile(r"(?![+-][0-9]+(?:\.[0-9]+)?$)[=+@\t\r-]")


def safe_cell(text: str) -> str:
    """Return a text for a cell of a CSV file, in which a spreadsheet runs no formula."""
    return f"'{text}" if _FORMULA.match(text) else text
