"""Report placeholders: values that were not filled in."""

from __future__ import annotations

from typing import Any

from cxcall.findings.finding import Finding

NO_VALUES = ("undefined", "null", "none", "nan", "nil")
"""The texts, in any case, that languages write for a variable without a value."""


def placeholder_finding(
    where: str,
    subject: str,
    fix: str = "replace it with the real value",
    **more: Any,
) -> Finding:
    """Return the warning that a value looks like a placeholder; `subject` names or quotes the value. `more` are its other fields."""
    message = f"{subject} looks like a placeholder that was never filled in"
    return Finding.warning("placeholder", where, message, fix=fix, **more)
