"""Write values into cells of CSV files that people open in a spreadsheet."""

from __future__ import annotations

import re

# A spreadsheet runs a cell that starts with one of these, unless it is a number (OWASP, CSV injection).
# A masked number is not a number.
_FORMULA = re.compile(r"(?![+-][0-9]+(?:\.[0-9]+)?$)[=+@\t\r-]")


def safe_cell(text: str) -> str:
    """Return a text as a CSV cell that no spreadsheet runs as a formula."""
    return f"'{text}" if _FORMULA.match(text) else text
