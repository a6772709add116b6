"""One request to a server that fails, and the evidence of what was sent."""

from __future__ import annotations

import json

import pytest
from requests import PreparedRequest
from requests.auth import AuthBase

from cxcall.transport.exchange import exchange
from cxcall.transport.http_messages import Exchange, HttpRequest
from helpers import fault_server as fault
from helpers.certificates import Certificate
from helpers.fault_server import Fault

BODY = json.dumps({"contactId": "x", "filler": "y" * 100}).encode()
TOKEN = "a-token-nobody-may-see"


class Auth(AuthBase):
    """Credentials like those of `auth`."""

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        """Put the token on a request."""
        request.headers["Authorization"] = f"Bearer {TOKEN}"
        return request


def post(url: str, *, timeout: float = 20.0, body: bytes = BODY, **headers: str) -> Exchange:
    sent = {"Content-Type": "application/json", **headers}
    return exchange(HttpRequest("POST", url, sent, body), auth=Auth(), timeout=timeout)


BROKEN: dict[str, tuple[Fault, str, int | None]] = {
    "close at once": (fault.close_at_once, "reset", None),
    "reset before the body": (fault.reset_before_body, "reset", None),
    "reset in the body": (fault.reset_in_body, "reset", None),
    "reset after the body": (fault.reset_after_body, "reset", None),
    "close after the body": (fault.close_after_body, "reset", None),
    "cut in the status line": (fault.cut_in_status, "cut", None),
    "cut in the headers": (fault.cut_in_headers, "cut", 201),
    "cut after the headers": (fault.cut_after_headers, "cut", 201),
    "cut in the body": (fault.cut_in_body, "cut", 201),
    "cut in a body without a length": (fault.cut_unframed, "cut", 201),
    "cut in a chunk": (fault.cut_in_chunk, "cut", 201),
    "a chunk without a length": (fault.wrong_chunk, "cut", 201),
    "a length too long": (fault.too_long, "cut", 201),
    "two lengths": (fault.two_lengths, "malformed", 201),
    "gzip that is none": (fault.broken_gzip, "cut", 201),
    "half a gzip": (fault.half_gzip, "cut", 201),
    "nothing after 100": (fault.interim_alone, "cut", 100),
    "no HTTP": (fault.garbage, "malformed", None),
    "an endless status line": (fault.endless_status, "malformed", None),
    "endless headers": (fault.endless_headers, "malformed", 201),
    "a header that is too long": (fault.long_header, "malformed", 200),
}


def trust(monkeypatch: pytest.MonkeyPatch, certificate: Certificate) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate.path))
