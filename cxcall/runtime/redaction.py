"""What a traceback or a log would show of a value."""

from __future__ import annotations

from typing import Any


def redacted_repr(value: Any, *hidden: str) -> str:
    """Return a named tuple as `repr` does, but for the fields that nobody may read in a traceback."""
    told = ((name, field) for name, field in value._asdict().items() if name not in hidden)
    return f"{type(value).__name__}({', '.join(f'{name}={field!r}' for name, field in told)})"
