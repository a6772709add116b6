"""What goes in and out of the sandbox: a request, an answer, and a problem in the platform's shape."""

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


class Transmission(StrEnum):
    """How much of an answer reaches the client."""

    WHOLE = "whole"
    CUT = "cut"
    CLOSED = "closed"
    HELD = "held"


@dataclass(frozen=True, slots=True)
class SandboxRequest:
    """One HTTP request: the path as it was sent, header names in lower case."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class SandboxResponse:
    """One HTTP answer; `body` is a JSON value, None for no body, or bytes for a page of HTML."""

    status: int
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    ending: Transmission = Transmission.WHOLE

    @property
    def reason(self) -> str:
        """The status line's phrase; empty for a status that nobody registered."""
        try:
            return HTTPStatus(self.status).phrase
        except ValueError:
            return ""

    def content(self) -> tuple[bytes, str]:
        """Return the body's bytes and their media type."""
        if self.body is None:
            return b"", ""
        if isinstance(self.body, bytes):
            return self.body, "text/html"
        return json.dumps(self.body).encode(), "application/json"


class HttpProblem(Exception):  # noqa: N818 - the platform's answer, not a fault of this program
    """An answer that refuses: a status, the platform's code for it, and the field at fault if any."""

    def __init__(
        self,
        status: int,
        code: str = "",
        message: str = "",
        *,
        name: str = "",
        wait: int | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        usual = PROBLEM_TEXTS.get(status, ("error", "The request failed."))
        self.status = status
        self.code = code or usual[0]
        self.message = (message or usual[1]).replace("{wait}", str(wait))
        self.name = name
        self.headers = {**(headers or {}), **({} if wait is None else {"Retry-After": str(wait)})}
        super().__init__(self.message)

    def answer(self, correlation_id: str, platform: str = "") -> SandboxResponse:
        """Return the response in the platform's shape (docs/platforms/nice-cxone.md#errors-and-limits, docs/platforms/genesys-cloud.md#error-body)."""
        if platform == "nice-cxone":
            told = {"error": self.code, "error_description": self.message}
            # A header holds no line breaks, and little beyond ASCII.
            reason = ascii(self.message)[1:-1]
            return SandboxResponse(
                self.status, told, {"icStatusDescription": reason, **self.headers}
            )
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
