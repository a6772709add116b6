"""HTTP messages of the sandbox: a request and a response."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from enum import StrEnum
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


def whole_number(text: str) -> int:
    """Return a text as a whole number; 0 for any other text, and for a text that is too long."""
    is_number = text.isascii() and text.isdecimal() and len(text) < 10  # noqa: PLR2004 - no long loops
    return int(text) if is_number else 0


class Transmission(StrEnum):
    """How much of a response reaches the client."""

    COMPLETE = "complete"
    TRUNCATED = "truncated"
    CLOSED = "closed"
    HELD = "held"


@dataclass(frozen=True, slots=True)
class SandboxRequest:
    """One HTTP request. The path is not decoded; header names are in lower case."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)

    @property
    def cookies(self) -> dict[str, list[str]]:
        """The values of each cookie, as they are written."""
        found: dict[str, list[str]] = {}
        for pair in self.headers.get("cookie", "").split(";"):
            name, _, value = pair.strip().partition("=")
            found.setdefault(name, []).append(value)
        return found


LOWEST_FAULT_STATUS = 300


@dataclass(frozen=True, slots=True)
class SandboxResponse:
    """One HTTP response. `body` is a JSON value, bytes of a `media_type`, or None for no body."""

    status: int
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    transmission: Transmission = Transmission.COMPLETE
    media_type: str = "text/html"

    @property
    def reason(self) -> str:
        """The phrase of the status line; empty for an unregistered status."""
        try:
            return HTTPStatus(self.status).phrase
        except ValueError:
            return ""

    def content(self) -> tuple[bytes, str]:
        """Return the bytes of the body and their media type."""
        if self.body is None:
            return b"", ""
        if isinstance(self.body, bytes):
            return self.body, self.media_type
        return json.dumps(self.body).encode(), "application/json"
