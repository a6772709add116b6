"""Responses, and what they prove about a request."""

from __future__ import annotations

import json
from typing import Any

from cxcall.contracts import contract
from cxcall.responses.processing_evidence import Evidence, classify
from cxcall.transport.http_messages import Exchange, Headers, HttpRequest, HttpResponse

OPERATIONS = {
    entry.name: entry for kit in contract.load_shipped_contracts() for entry in kit.operations
}
EXECUTE = OPERATIONS["execute"]
REQUEST = HttpRequest("POST", "https://api.example.com/x", {}, b"{}")


def respond(status: int, body: Any = None, **headers: str) -> HttpResponse:
    content = (
        body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
    )
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return HttpResponse(
        status, "", Headers({"Content-Type": "application/json", **named}.items()), content
    )


def evidence_of(response: HttpResponse | None, *, failure: str = "", left: bool = True) -> Evidence:
    return classify(Exchange(REQUEST, response, left, failure), EXECUTE)
