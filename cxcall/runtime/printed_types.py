"""Recognize the text that a language prints for an object that it does not convert to JSON."""

from __future__ import annotations

_STARTS = ("System.", "[object ", "java.")
PRINTED_TYPE_HINT = "the program sent the name of a type: convert the whole body (PowerShell: `ConvertTo-Json -Depth 10`)"


def is_printed_type(text: str) -> bool:
    """Return whether a text is the name of a type, such as `System.Collections.Hashtable` or `[object Object]`."""
    return text.startswith(_STARTS)
