"""Read values of a response body at the places that a contract declares."""

from __future__ import annotations

from typing import Any

from cxcall.documents.json_pointer import find_value
from cxcall.documents.json_text import as_cell
from cxcall.findings.errors import CxcallError
from cxcall.findings.exit_codes import ExitCode
from cxcall.findings.finding import Finding


def read_items(body: Any, pointer: str) -> list[Any]:
    """Return the array at a JSON pointer; an empty one where the platform sends none, or another value."""
    value = find_value(body, pointer)
    return value if isinstance(value, list) else []


class MalformedResponseError(CxcallError):
    """A response has another value than the list that its contract declares."""

    exit_code = ExitCode.REFUSED

    def __init__(self, pointer: str) -> None:
        super().__init__(
            Finding.error(
                "not-provable",
                "response",
                f"the response has no list at `{pointer}`",
                fix="try again, or look at the platform",
                source="response",
            )
        )


def require_items(body: Any, pointer: str) -> list[Any]:
    """Return the array at a JSON pointer, an empty one for nothing; raises MalformedResponseError for another value."""
    value = find_value(body, pointer) or []
    if not isinstance(value, list):
        raise MalformedResponseError(pointer)
    return value


def read_members(body: Any, pointer: str) -> dict[str, Any]:
    """Return the object at a JSON pointer; an empty one where the platform sends none, or another value."""
    value = find_value(body, pointer)
    return value if isinstance(value, dict) else {}


def read_text(body: Any, pointer: str) -> str:
    """Return the value at a JSON pointer as text, or as JSON; empty without a value or a pointer."""
    return as_cell(find_value(body, pointer))
