"""Keep secrets out of tracebacks and logs."""

from __future__ import annotations

from typing import Any


def redacted_repr(value: Any, *hidden: str) -> str:
    """Return the `repr` of a named tuple without its `hidden` fields."""
    shown = ((name, field) for name, field in value._asdict().items() if name not in hidden)
    return f"{type(value).__name__}({', '.join(f'{name}={field!r}' for name, field in shown)})"
