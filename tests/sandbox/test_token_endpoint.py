"""Tokens of the sandbox: issued, checked, limited, and never logged."""

from __future__ import annotations

import pytest

from cxcall.contracts import contract
from cxcall.sandbox.server import Sandbox, start_sandbox
from helpers.sandbox_client import (
    EXECUTIONS,
    Client,
    Clock,
    calls,
    execution,
)

# Tokens


@pytest.mark.parametrize(
    ("authorization", "code"),
    [
        ("", "authentication.required"),
        ("Basic c2FuZGJveDpzYW5kYm94LXNlY3JldA==", "authentication.required"),
        ("Bearer", "authentication.required"),
        ("Bearer unknown", "bad.credentials"),
    ],
)
def test_request_without_a_valid_token_is_refused(
    client: Client, authorization: str, code: str
) -> None:
    reply = client.post(EXECUTIONS, execution(), Authorization=authorization)
    assert (reply.status, reply.json["code"]) == (401, code)
    assert reply.headers["WWW-Authenticate"] == "Bearer"
    assert calls(client.sandbox) == 0


def test_token_expires_after_its_lifetime() -> None:
    clock = Clock()
    with start_sandbox(contract.load_shipped_contracts(), token_life=300, clock=clock) as sandbox:
        client = Client(sandbox)
        assert client.log_in().json["expires_in"] == 300
        clock.now += 299
        assert client.post(EXECUTIONS, execution()).status == 201
        clock.now += 1
        reply = client.post(EXECUTIONS, execution())
        assert (reply.status, reply.json["code"]) == (401, "credentials.expired")
        assert calls(sandbox) == 1


def test_read_only_client_cannot_place_calls(sandbox: Sandbox) -> None:
    client = Client(sandbox, "sandbox-readonly")
    reply = client.post(EXECUTIONS, execution())
    assert (reply.status, reply.json["code"]) == (403, "not.authorized")
    assert calls(sandbox) == 0


def test_token_of_a_client_cannot_act_as_a_user(client: Client) -> None:
    path, body = "/api/v2/conversations/calls", {"phoneNumber": "+12025550100"}
    reply = client.post(path, body)
    assert (reply.status, reply.json["code"]) == (400, "not.a.user")
    assert calls(client.sandbox) == 0
    client.token = client.sandbox.new_user_token()
    assert client.post(path, body).status == 200


def test_requested_scope_limits_the_token_and_is_returned(client: Client) -> None:
    body = client.log_in(scope="outbound:readonly").json
    assert body["scope"] == "outbound:readonly"
    bearer = f"Bearer {body['access_token']}"
    assert client.post(EXECUTIONS, execution(), Authorization=bearer).status == 403
    body = client.log_in(scope="outbound").json
    bearer = f"Bearer {body['access_token']}"
    assert client.post(EXECUTIONS, execution(), Authorization=bearer).status == 201


@pytest.mark.parametrize(
    ("client_id", "secret", "form", "error", "description"),
    [
        ("nobody", "sandbox-secret", {}, "invalid_client", "client not found"),
        ("sandbox", "wrong", {}, "invalid_client", "authentication failed"),
        ("sandbox", "sandbox-secret", {"grant_type": "password"}, "unsupported_grant_type", ""),
        ("sandbox", "sandbox-secret", {"grant_type": ""}, "invalid_request", ""),
        ("sandbox", "sandbox-secret", {"scope": "admin"}, "invalid_scope", ""),
        ("sandbox-throttled", "sandbox-secret", {}, "invalid_request", "rate limit exceeded;"),
    ],
)
def test_token_error_has_the_oauth_format(
    client: Client, client_id: str, secret: str, form: dict[str, str], error: str, description: str
) -> None:
    reply = client.log_in(client_id, secret, **form)
    assert reply.status == 400
    assert list(reply.json) == ["error", "description", "error_description"]
    assert reply.json["error"] == error
    assert reply.json["description"].startswith(description)
    assert reply.json["error_description"] == reply.json["description"]


def test_credentials_in_the_form_are_accepted_and_get_is_refused(client: Client) -> None:
    form = b"grant_type=client_credentials&client_id=sandbox&client_secret=sandbox-secret"
    reply = client.send("POST", "/oauth/token", form)
    assert (reply.status, reply.json["token_type"]) == (200, "bearer")
    broken = client.send("POST", "/oauth/token", form, Authorization="Basic %%%")
    assert broken.json["description"] == "client not found"
    assert client.send("GET", "/oauth/token").headers["Allow"] == "POST"


def test_token_request_bodies_are_not_logged(client: Client) -> None:
    (received,) = client.sandbox.received
    assert (received.path, received.body, received.accepted) == ("/oauth/token", b"", False)
