"""HTTP messages of the sandbox: a request, a response, and an error in the platform's format."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from enum import StrEnum
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

# Status -> the code and template that the platform declares for it (docs/platforms/genesys-cloud.md#error-codes).
PROBLEM_TEXTS: dict[int, tuple[str, str]] = {
    400: (
        "bad.request",
        "The request could not be understood by the server due to malformed syntax.",
    ),
    401: ("bad.credentials", "Invalid login credentials."),
    403: ("not.authorized", "You are not authorized to perform the requested action."),
    404: ("not.found", "The requested resource was not found."),
    405: ("method.not.allowed", "The method is not allowed on this resource."),
    408: ("client.timeout", "The client did not send the request in time."),
    409: ("conflict", "The request conflicts with the current state of the resource."),
    413: ("request.entity.too.large", "The request is over the size limit."),
    415: ("unsupported.media.type", "Unsupported media type."),
    429: (
        "too.many.requests.retry.after",
        "Rate limit exceeded the maximum. Retry the request in [{wait}] seconds",
    ),
    500: (
        "internal.server.error",
        "The server encountered an unexpected condition which prevented it from fulfilling the request.",
    ),
    502: ("bad.gateway", "Bad gateway."),
    503: ("service.unavailable", "Service Unavailable."),
    504: ("request.timeout", "The request timed out."),
}


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


class HttpProblem(Exception):  # noqa: N818 - a response of the platform, not a fault of this program
    """An error response: a status, the platform's error code, and the invalid field if there is one."""

    def __init__(
        self,
        status: int,
        code: str = "",
        message: str = "",
        *,
        name: str = "",
        retry_after: int | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        default = PROBLEM_TEXTS.get(status, ("error", "The request failed."))
        self.status = status
        self.code = code or default[0]
        self.message = (message or default[1]).replace("{wait}", str(retry_after))
        self.name = name
        self.headers = dict(headers or {})
        if retry_after is not None:
            self.headers["Retry-After"] = str(retry_after)
        super().__init__(self.message)

    def response(self, correlation_id: str, platform: str = "") -> SandboxResponse:
        """Return the response in the platform's shape (docs/platforms/nice-cxone.md#errors-and-limits, docs/platforms/genesys-cloud.md#error-body)."""
        if platform == "nice-cxone":
            # A header cannot contain line breaks or most characters outside ASCII.
            headers = {"icStatusDescription": ascii(self.message)[1:-1], **self.headers}
            error = {"error": self.code, "error_description": self.message}
            return SandboxResponse(self.status, error, headers)
        detail = {"errorCode": self.code, "fieldName": self.name}
        body = {
            "message": self.message,
            "code": self.code,
            "status": self.status,
            "contextId": correlation_id,
            "details": [detail] if self.name else [],
            "errors": [],
        }
        return SandboxResponse(self.status, body, self.headers)
