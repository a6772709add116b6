"""The sandbox as NICE CXone: base path, errors, faults, and tokens."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
import requests

from cxcall.contracts.contract import load_user_contract
from cxcall.sandbox.server import start_sandbox
from helpers.sandbox_client import (
    Client,
)

if TYPE_CHECKING:
    from pathlib import Path


CXONE = "/InContactAPI/services/v33.0"
DIAL = {"phoneNumber": "+12025550100", "skillId": 4711}


def test_cxone_operations_respond_below_the_server_path(client: Client) -> None:
    for base in ("", CXONE, CXONE.lower()):
        assert client.post(f"{base}/agent-sessions/s/dial-phone", DIAL).status == 202
    assert client.post("/other/agent-sessions/s/dial-phone", DIAL).status == 404


def test_cxone_errors_have_the_cxone_format(client: Client) -> None:
    reply = client.post("/agent-sessions/s/dial-phone", {"skillId": 4711})
    assert reply.status == 400
    assert reply.json == {
        "error": "constraint.validation",
        "error_description": "phoneNumber is required",
    }
    assert reply.headers["icStatusDescription"] == "phoneNumber is required"
    refused = client.post("/agent-sessions/s/dial-phone", {**DIAL, "phoneNumber": "+12025550149"})
    assert (refused.status, refused.json["error"]) == (409, "conflict")


def test_id_that_is_no_number_is_not_put_in_place_of_one(client: Client) -> None:
    authorization = f"Bearer {client.token}"
    numbered = client.send("GET", "/campaigns/12", Authorization=authorization)
    assert numbered.json["id"] == 12
    assert client.send("GET", "/campaigns/autumn", Authorization=authorization).status == 200


def test_fault_number_is_found_in_the_query(client: Client) -> None:
    path = "/scheduled-callbacks?skillId=1&scheduleDate=2027-01-01&phoneNumber=%2B12025550"
    assert client.post(f"{path}149", None).status == 409
    accepted = client.post(f"{path}100", None)
    (received,) = [entry for entry in client.sandbox.received if entry.accepted]
    assert received.rings
    assert received.numbers
    assert accepted.json == {"callbackId": int(received.engagement_id or "")}


@pytest.mark.parametrize(
    ("path", "media", "body", "member"),
    [
        (
            "/auth/token",
            "application/x-www-form-urlencoded",
            b"grant_type=password&username=key&password=secret",
            "access_token",
        ),
        (
            "/authentication/v1/token/access-key",
            "application/json",
            {"accessKeyId": "key", "accessKeySecret": "secret"},
            "access_token",
        ),
        ("/public/user/refresh", "application/json", {"token": "secret"}, "token"),
    ],
)
def test_cxone_tokens_work_and_secrets_are_not_logged(
    client: Client, path: str, media: str, body: Any, member: str
) -> None:
    reply = client.send("POST", path, body, Content_Type=media)
    client.token = reply.json[member]
    assert client.post("/agent-sessions/s/dial-phone", DIAL).status == 202
    assert all(b"secret" not in received.body for received in client.sandbox.received)
    assert client.send("POST", path, b"{", Content_Type=media).status == 400
    assert client.send("POST", path, body, Content_Type="text/plain").status == 415


@pytest.mark.slow
def test_number_in_the_path_is_found(tmp_path: Path) -> None:
    to = {"name": "to", "in": "path", "required": True, "schema": {"type": "string"}}
    responses = {"201": {"description": ""}}
    operation = {"operationId": "dial", "parameters": [to], "responses": responses}
    document = {
        "openapi": "3.0.3",
        "info": {"title": "t", "version": "1"},
        "paths": {"/dial/{to}": {"post": operation}},
    }
    path = tmp_path / "own.json"
    path.write_text(json.dumps(document), "utf-8")
    with start_sandbox([load_user_contract(str(path))]) as sandbox:
        headers = {"Authorization": f"Bearer {sandbox.new_user_token()}"}
        for number, status in (("%2B12025550100", 201), ("%2B12025550129", 429)):
            url = f"{sandbox.base_url}/dial/{number}"
            assert requests.post(url, headers=headers, timeout=10).status_code == status
        assert [each.numbers for each in sandbox.received] == [("+*******0100",), ("+*******0129",)]
