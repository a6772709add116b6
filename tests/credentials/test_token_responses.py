"""What a response of the token endpoint means for the kind of the client, read without a connection."""

from __future__ import annotations

import json
from typing import Any

import pytest

from cxcall.credentials.oauth_client import ACCESS_KEY, AUTHORIZATION_CODE, OAuthClient
from cxcall.credentials.token_request import LONGEST_LIFETIME, TokenResponse, no_response_error
from cxcall.findings.errors import CxcallError
from cxcall.transport.http_messages import Exchange, Headers, HttpRequest, HttpResponse
from helpers.cases import each_case

URL = "https://login.example.com/oauth/token"
CLIENT = OAuthClient("me", "secret", "test", URL)
PUBLIC = OAuthClient("me", "", "test", URL, AUTHORIZATION_CODE)
KEY = OAuthClient("key", "secret", "test", URL, ACCESS_KEY)
AGAIN = "log in again: `cxcall auth login --web`"


def read(client: OAuthClient, status: int, body: Any) -> TokenResponse:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return TokenResponse.read(HttpResponse(status, "", Headers(()), content), client)


@each_case(
    "client, status, error, message, fix",
    [
        (PUBLIC._replace(refresh_token="r"), 400, "invalid_grant", "the login is no longer valid", AGAIN),
        (PUBLIC, 401, "invalid_client", "refused the client's credentials (from test)", "and the region"),
        (CLIENT, 401, "invalid_client", "refused the client's credentials (from test)", "and the region"),
        (CLIENT, 400, "unsupported_grant_type", "is not allowed to use the client-credentials grant", "add that grant type"),
        (CLIENT, 405, "", f"has no token endpoint at `{URL}`", f"check `token_url`: it is `{URL}`"),
        (CLIENT, 410, "", f"has no token endpoint at `{URL}`", f"check `token_url`: it is `{URL}`"),
        (CLIENT, 418, "", "refused the token request", f"check `token_url`: it is `{URL}`"),
        (CLIENT, 418, "x", "refused the token request", "see its message; or check `token_url`"),
        (KEY, 401, "invalid_grant", "refused the access key (from test)", "that the key is active"),
        (KEY, 401, "invalid_client", "refused the access key (from test)", "that the key is active"),
        (KEY._replace(application=("app", "word")), 401, "invalid_client", "refused the access key (from test)", "or the application in `client_id`"),
        (KEY, 401, "", "refused the access key (from test)", "the area"),
        (KEY, 403, "", "access key `key` is not allowed", "that it is active"),
    ],
)  # fmt: skip
def test_refusal_is_explained_for_the_kind_of_the_client(
    client: OAuthClient, status: int, error: str, message: str, fix: str
) -> None:
    with pytest.raises(CxcallError) as caught:
        read(client, status, {"error": error}).raise_for_status()
    assert message in caught.value.findings[0].message
    assert fix in caught.value.findings[0].fix


def test_web_page_is_not_the_refusal_of_the_token_endpoint() -> None:
    with pytest.raises(CxcallError, match="refused the token request with a web page") as caught:
        read(CLIENT, 403, b"\n<html><title>Blocked</title>").raise_for_status()
    assert "<" not in caught.value.findings[0].why


def test_description_decides_in_any_case() -> None:
    unknown = {"error": "invalid_client", "error_description": "Client NOT FOUND"}
    with pytest.raises(CxcallError, match="does not know the client `me`"):
        read(CLIENT, 400, unknown).raise_for_status()


@each_case(
    "more, expected",
    [
        ({"token_type": "BEARER", "scope": "a b", "expires_in": 60}, ({"a", "b"}, 1060.0, "")),
        ({"scope": " ", "expires_in": 1e300}, (None, 1000.0 + LONGEST_LIFETIME, "")),
        ({"scope": 7, "expires_in": True, "refresh_token": 7}, (None, None, "")),
        ({"refresh_token": ""}, (None, None, "")),
        ({"expires_in": -1, "refresh_token": "r"}, (None, None, "r")),
    ],
)
def test_grant_has_what_the_response_says(
    more: dict[str, Any], expected: tuple[set[str] | None, float | None, str]
) -> None:
    grant = read(CLIENT, 200, {"access_token": "t", **more}).to_grant(1000.0)
    scopes = None if grant.scopes is None else {*grant.scopes}
    assert (scopes, grant.expires_at, grant.refresh_token) == expected


@each_case(
    "failure, why",
    [("reset", "nothing was sent (the detail)"), ("timeout", "nothing was sent")],
)
def test_detail_of_a_failed_request_is_shown_unless_the_message_says_it(
    failure: str, why: str
) -> None:
    request = HttpRequest("POST", URL, {}, b"")
    done = Exchange(request, None, may_be_sent=True, failure=failure, detail="the detail")
    assert no_response_error(done, CLIENT, 5.0).findings[0].why.endswith(why)
