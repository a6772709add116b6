"""HTTP messages of the sandbox: a request and its host, a response, and an error in the format of the platform."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from enum import StrEnum
from http import HTTPStatus
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from cxcall.contracts.openapi_document import CXONE
from cxcall.runtime.host_spellings import is_loopback_host

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


ERROR_TEXTS = {
    int(status): (code, text)
    for line in Path(__file__).with_name("error_texts.tsv").read_text("utf-8").splitlines()[1:]
    for status, code, text in [line.split("\t")]
}
"""Status -> the code and the template that the platform declares for it."""


class ErrorResponse(Exception):  # noqa: N818 - a response of the platform, not a fault of this program
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
        default = ERROR_TEXTS.get(status, ("error", "The request failed."))
        self.status = status
        self.code = code or default[0]
        self.message = (message or default[1]).replace("{wait}", str(retry_after))
        self.name = name
        self.headers = dict(headers or {})
        if retry_after is not None:
            self.headers["Retry-After"] = str(retry_after)
        super().__init__(self.message)

    def response(self, correlation_id: str, platform: str = "") -> SandboxResponse:
        """Return the response in the platform's shape.

        Sources: docs/platforms/nice-cxone.md#errors-and-limits, docs/platforms/genesys-cloud.md#error-body.
        """
        if platform == CXONE:
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


def is_allowed_host(header: str, address: str) -> bool:
    """Return whether a sandbox that listens on an address accepts a value of `Host`; HTTP/1.0 has no `Host`.

    Otherwise a page of another site whose name resolves to this machine (DNS rebinding) could read the received requests:
    its own requests have the name of that site in `Host`.

    It accepts loopback hosts and its address. If it also listens outside loopback, it accepts every IP address,
    which no other site can have as its name, and names without a dot, such as those of services in a container network.
    """
    if not header:
        return True
    try:
        name = (urlsplit(f"//{header}").hostname or "").lower()
    except ValueError:
        return False
    if name == address or is_loopback_host(name):
        return True
    is_open = not is_loopback_host(address)
    return is_open and (_is_address(name) or (bool(name) and "." not in name))


def _is_address(name: str) -> bool:
    try:
        ip_address(name)
    except ValueError:
        return False
    return True
