"""No message contains the secrets of a request that a token endpoint returns."""

from __future__ import annotations

import json
from typing import Any

import pytest

from cxcall.credentials.oauth_client import ACCESS_KEY, AUTHORIZATION_CODE, OAuthClient
from cxcall.credentials.token_request import redeem_code, request_grant
from cxcall.findings.errors import CredentialsError
from cxcall.transport import exchange
from cxcall.transport.http_messages import Exchange, HttpRequest, HttpResponse

URL = "https://login.example.com/oauth/token"
CODE = {
    "grant_type": "authorization_code",
    "code": "code-echoed-1",
    "code_verifier": "verify-echoed-1",
}


@pytest.mark.parametrize(
    ("client", "form", "secrets"),
    [
        (OAuthClient("id", "secret-echoed-2", "test", URL), {}, ["secret-echoed-2"]),
        (
            OAuthClient(
                "id", "key-echoed-3", "test", URL, ACCESS_KEY, application=("app", "app-echoed-3")
            ),
            {},
            ["key-echoed-3", "app-echoed-3"],
        ),
        (
            OAuthClient("id", "", "test", URL, AUTHORIZATION_CODE, refresh_token="fresh-echoed-4"),
            {},
            ["fresh-echoed-4"],
        ),
        (
            OAuthClient("id", "", "test", URL, AUTHORIZATION_CODE),
            CODE,
            ["code-echoed-1", "verify-echoed-1"],
        ),
    ],
    ids=["client", "access key of an application", "refresh token", "code"],
)
def test_error_of_the_token_endpoint_shows_no_secret_that_was_sent(
    monkeypatch: pytest.MonkeyPatch, client: OAuthClient, form: dict[str, str], secrets: list[str]
) -> None:
    body = json.dumps({"error": "invalid", "error_description": f"bad {' '.join(secrets)}"})

    def respond(request: HttpRequest, **_: Any) -> Exchange:
        return Exchange(request, HttpResponse(400, "", {}, body.encode()), may_be_sent=True)

    monkeypatch.setattr(exchange, "exchange", respond)
    with pytest.raises(CredentialsError) as caught:
        redeem_code(client, form, 5.0) if form else request_grant(client, 5.0)
    shown = repr(caught.value.findings)
    assert "bad ****" in shown
    assert not [each for each in secrets if each in shown]
