"""The request of a real send is shown without secrets and whole phone numbers, wherever it has them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from helpers.platform_server import Platform

if TYPE_CHECKING:
    from helpers.command import Cxcall

TEXT = {"type": "string"}
DOCUMENT = {
    "openapi": "3.1.0",
    "info": {"title": "t", "version": "1"},
    "servers": [{"url": "https://api.example.com"}],
    "paths": {
        "/dial/{number}": {
            "post": {
                "operationId": "dial",
                "parameters": [
                    {"name": "number", "in": "path", "required": True, "schema": TEXT},
                    {"name": "pin", "in": "query", "schema": TEXT},
                    {"name": "X-Callee", "in": "header", "schema": TEXT},
                    {"name": "X-Note", "in": "header", "schema": TEXT},
                ],
                "requestBody": {"content": {"application/json": {"schema": {"type": "object"}}}},
                "responses": {"201": {"description": "ok"}},
            }
        }
    },
}
BODY = {"secret": "hunter22xx", "reply": "Bearer k3y-ABCDEF1234567890", "to": "+12125550111"}
SEND = (
    *("send", "dial", "--contract", "own.json", "--file", "body.json", "--yes", "--again"),
    *("--param", "number=+12125550122", "--param", "pin=1234"),
    *("--param", "X-Callee=2125550144", "--param", "X-Note=or +1 212 555 0155"),
)
HIDDEN = ("hunter22xx", "k3y-ABC", "1234", "2125550", "212 555", "%2B1212")


@pytest.mark.slow
def test_request_of_a_send_is_masked_in_each_output(cxcall: Cxcall) -> None:
    cxcall.file("own.json", DOCUMENT)
    cxcall.file("body.json", BODY)
    with Platform() as platform:
        cxcall.environment |= {**platform.environment, "CXCALL_ACCESS_TOKEN": "token-1"}
        envelope = cxcall(*SEND, "-o", "json", code=0).envelope
        verbose = cxcall(*SEND, "-v", code=0).err
    request = envelope["request"]
    assert request["url"].endswith("/dial/+*******0122?pin=****")
    assert request["headers"]["X-Callee"] == "******0144"
    assert request["headers"]["X-Note"] == "or +* *** *** 0155"
    assert request["body"] == {"secret": "****", "reply": "Bearer ****", "to": "+*******0111"}
    assert "> X-Callee: ******0144\n> X-Note: or +* *** *** 0155\n" in verbose
    assert [each for each in HIDDEN if each in str(request) + verbose] == []


def test_dry_run_shows_the_request_as_it_will_be_sent(cxcall: Cxcall) -> None:
    cxcall.file("own.json", DOCUMENT)
    cxcall.file("body.json", BODY)
    request = cxcall(*SEND, "--dry-run", "-o", "json", code=0).envelope["request"]
    assert request["body"] == BODY
    assert request["headers"]["X-Callee"] == "2125550144"


def test_dry_run_shows_letters_and_not_their_escapes(cxcall: Cxcall) -> None:
    cxcall.file("own.json", DOCUMENT)
    cxcall.file("body.json", {**BODY, "reply": "Zoë"})
    assert '"reply": "Zoë"' in cxcall(*SEND, "--dry-run", code=0).out
