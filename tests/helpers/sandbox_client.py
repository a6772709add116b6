"""A client of one sandbox, and the requests that it sends."""

from __future__ import annotations

import json
import threading
import time
from base64 import b64encode
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPMessage, IncompleteRead, RemoteDisconnected
from typing import Any

import pytest

from cxcall.sandbox.server import Sandbox

CONTACT = "12345678-1234-1234-1234-123456789012"
CAMPAIGN = "7c1c9d3e-6b1a-4f0e-9f57-3e4a1c0b2d11"
EXECUTIONS = f"/api/v2/outbound/campaigns/{CAMPAIGN}/executions"
PERSONAL = "/api/v2/engagements/outbound/personal-connections"


@dataclass(frozen=True)
class Reply:
    """A received response."""

    status: int
    headers: HTTPMessage
    body: bytes

    @property
    def json(self) -> Any:
        """Return the body, read."""
        return json.loads(self.body)


class Clock:
    """A clock that a test controls."""

    def __init__(self) -> None:
        self.now = 1_000_000.0

    def __call__(self) -> float:
        """Return the time."""
        return self.now


def execution(number: str = "+12025550100") -> dict[str, Any]:
    data = {"contactId": CONTACT, "contactData": {"phoneNumber": number}}
    return {"contactId": CONTACT, "contactSpec": data}


class Client:
    """A client of one sandbox, logged in by default; one connection for each request."""

    def __init__(self, sandbox: Sandbox, client_id: str = "sandbox") -> None:
        self.sandbox = sandbox
        self.address = sandbox.base_url.removeprefix("http://")
        self.token = self.log_in(client_id).json["access_token"]

    def send(
        self, method: str, path: str, body: Any = None, timeout: float = 10, **headers: str
    ) -> Reply:
        """Send one request, its headers' hyphens written as underscores."""
        connection = HTTPConnection(self.address, timeout=timeout)
        try:
            content = body if isinstance(body, bytes | None) else json.dumps(body).encode()
            names = {name.replace("_", "-"): value for name, value in headers.items()}
            connection.request(method, path, content, names)
            response = connection.getresponse()
            return Reply(response.status, response.headers, response.read())
        finally:
            connection.close()

    def post(self, path: str, body: Any, timeout: float = 10, **headers: str) -> Reply:
        """Send JSON with the token."""
        usual = {"Authorization": f"Bearer {self.token}", "Content_Type": "application/json"}
        return self.send("POST", path, body, timeout, **{**usual, **headers})

    def log_in(
        self, client_id: str = "sandbox", secret: str = "sandbox-secret", **form: str
    ) -> Reply:
        """Request a token with Basic credentials."""
        basic = b64encode(f"{client_id}:{secret}".encode()).decode()
        fields = {"grant_type": "client_credentials", **form}
        body = "&".join(f"{name}={value}" for name, value in fields.items()).encode()
        return self.send("POST", "/oauth/token", body, Authorization=f"Basic {basic}")


def calls(sandbox: Sandbox) -> int:
    return len(sandbox.rings)


# Faults


HELD = "+12025550198"


def attempt(client: Client, number: str) -> Reply | None:
    """Send one execution; None if no complete response came."""
    if number == HELD:
        leave(client)
        return None
    try:
        return client.post(EXECUTIONS, execution(number))
    except (IncompleteRead, RemoteDisconnected):
        return None


def leave(client: Client) -> None:
    """Send a request without a response, check that it arrived and gets no response, and disconnect."""
    before = len(client.sandbox.received)
    connection = HTTPConnection(client.address, timeout=10)
    headers = {"Authorization": f"Bearer {client.token}", "Content-Type": "application/json"}
    connection.request("POST", EXECUTIONS, json.dumps(execution(HELD)), headers)
    wait_until(lambda: len(client.sandbox.received) > before)
    connection.sock.settimeout(0.1)
    with pytest.raises(TimeoutError):
        connection.getresponse()
    connection.close()


def wait_until(holds: Any) -> None:
    deadline = time.monotonic() + 10
    while not holds():
        assert time.monotonic() < deadline
        threading.Event().wait(0.005)
