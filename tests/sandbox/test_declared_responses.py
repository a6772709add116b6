"""The sandbox responds with the IDs that only a server sets, as a user's document declares them."""

from __future__ import annotations

from typing import Any

from cxcall.contracts.contract import Contract
from cxcall.sandbox.server import start_sandbox
from helpers.calling_api import posting
from helpers.sandbox_client import Client

RESPONSE: dict[str, Any] = {
    "description": "-",
    "headers": {
        "X-Call-Id": {"schema": {"type": "string", "format": "uuid"}},
        "X-Paid": {"schema": {"type": "string"}},
        "Keep-Alive": {"schema": {"type": "string"}},
        "Inin-Correlation-Id": {"schema": {"type": "string"}},
        "X-Any-Id": {"schema": True},
    },
    "content": {
        "application/json": {
            "schema": {
                "required": ["to"],
                "properties": {
                    "to": {"type": "string"},
                    "id": {"type": "string", "readOnly": True},
                    "note": {"type": "string"},
                    "status": {"readOnly": True, "enum": ["failed", "queued"]},
                },
            }
        }
    },
}


def test_declared_ids_are_sent_and_no_other_headers_and_read_only_members() -> None:
    document = posting("dial", {"to": {"type": "string"}}, responses={"201": RESPONSE})
    with start_sandbox([Contract("own", document)]) as sandbox:
        replies = [Client(sandbox).post("/dial", {"to": "+12025550123"}) for _ in range(2)]
    first, second = ({**each.headers} for each in replies)
    assert first["X-Call-Id"] != second["X-Call-Id"]
    assert {"X-Paid", "Keep-Alive", "X-Any-Id"}.isdisjoint(first)
    assert "," not in first["Inin-Correlation-Id"]
    assert set(replies[0].json) == {"to", "id"}


def test_missing_key_is_not_called_a_missing_token() -> None:
    schemes = {
        "key": {"type": "apiKey", "in": "header", "name": "X-Api-Key"},
        "token": {"type": "http", "scheme": "bearer"},
    }
    document = posting("dial", {}, security=[{"token": []}, {"key": []}])
    document["components"] = {"securitySchemes": schemes}
    with start_sandbox([Contract("own", document)]) as sandbox:
        reply = Client(sandbox).post("/dial", {}, Authorization="", X_Api_Key="wrong")
    assert (reply.status, reply.json["code"]) == (401, "bad.credentials")
    assert "WWW-Authenticate" not in reply.headers
