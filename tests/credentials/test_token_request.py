"""Token requests: their form, and a message for every refusal."""

from __future__ import annotations

import time
from base64 import b64decode
from dataclasses import dataclass
from pathlib import Path

import pytest

from cxcall.credentials import token_provider
from cxcall.credentials.status import get_status
from cxcall.findings.errors import CxcallError
from cxcall.findings.exit_codes import ExitCode, Outcome
from helpers.cases import each_case
from helpers.token_endpoint import (
    SECRET,
    TOKEN,
    Answer,
    LoadSettings,
    TokenEndpoint,
    oauth,
    said,
)

pytestmark = pytest.mark.usefixtures("state")


def test_token_request_has_the_required_form(endpoint: TokenEndpoint, load: LoadSettings) -> None:
    token_provider.get_token(load())
    asked = endpoint.asked[0]
    assert (asked.method, asked.path) == ("POST", "/oauth/token")
    assert asked.body == b"grant_type=client_credentials"
    assert asked.headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert asked.headers["Accept"] == "application/json"
    scheme, _, pair = asked.headers["Authorization"].partition(" ")
    assert (scheme, b64decode(pair).decode()) == ("Basic", f"me:{SECRET}")


def test_token_response_is_read(endpoint: TokenEndpoint, load: LoadSettings) -> None:
    body = {
        "access_token": TOKEN,
        "token_type": "Bearer",
        "expires_in": 3600,
        "scope": "a b:readonly",
    }
    endpoint.script = [Answer(body=body)]
    before = time.time()
    token = token_provider.get_token(load())
    assert (token.value, token.kind) == (TOKEN, "client-credentials")
    assert token.scopes == frozenset({"a", "b:readonly"})
    assert token.expires_at is not None
    assert before + 3600 <= token.expires_at <= time.time() + 3600
    assert token.source == "client-credentials (--client-secret)"
    assert token_provider.get_token(load()) == token


@pytest.mark.parametrize("life", [None, "soon", -5, 0, True, [1], "1e999"])
def test_token_without_expiry_is_not_cached(
    endpoint: TokenEndpoint, load: LoadSettings, state: Path, life: object
) -> None:
    endpoint.life = life
    assert token_provider.get_token(load()).expires_at is None
    assert not (state / "tokens.json").exists()
    token_provider.get_token(load())
    assert len(endpoint.asked) == 2


@pytest.mark.parametrize("life", ["86400", 1e300, 10**400])
def test_unusual_lifetimes_are_handled(
    endpoint: TokenEndpoint, load: LoadSettings, life: object
) -> None:
    endpoint.life = life
    expires_at = token_provider.get_token(load()).expires_at
    if life == 10**400:
        assert expires_at is None
    else:
        assert expires_at is not None
        assert get_status(load()).as_dict()["expiresAt"]


@dataclass(frozen=True)
class Refusal:
    """A response, and the expected message."""

    name: str
    answer: Answer
    code: str
    exit_code: ExitCode
    words: str
    fix: str = ""


HTML = b"<!DOCTYPE html><title>Sign in</title>"


REFUSALS = [
    Refusal(
        "unknown client", oauth(400, "invalid_client", "client not found: m"),
        "credential", ExitCode.CREDENTIALS, "does not know the client `me`", "region",
    ),
    Refusal(
        "wrong secret", oauth(401, "invalid_client", "authentication failed"),
        "credential", ExitCode.CREDENTIALS, "refused the client's credentials (from --client-secret)", "the region",
    ),
    Refusal(
        "wrong grant", oauth(400, "unauthorized_client", "grant type"),
        "credential", ExitCode.CREDENTIALS, "is not allowed to use the client-credentials", "--with-token",
    ),
    Refusal(
        "throttled", oauth(400, "invalid_request", "rate limit exceeded; retry later"),
        "rate-limited", ExitCode.UNDELIVERED, "no more tokens for now", "in a minute",
    ),
    Refusal(
        "429", Answer(429, b"", {"Retry-After": "17"}),
        "rate-limited", ExitCode.UNDELIVERED, "no more tokens for now", "in 17 s",
    ),
    Refusal(
        "429, odd wait", Answer(429, b"", {"Retry-After": "soon"}),
        "rate-limited", ExitCode.UNDELIVERED, "no more tokens for now", "in a minute",
    ),
    Refusal(
        "400", oauth(400, "invalid_request", "no"),
        "credential", ExitCode.CREDENTIALS, "refused the token request", "token_url",
    ),
    Refusal(
        "401", Answer(401, b""),
        "credential", ExitCode.CREDENTIALS, "refused the client's credentials", "client_secret",
    ),
    Refusal(
        "403", Answer(403, b""),
        "credential", ExitCode.CREDENTIALS, "client `me` is not allowed", "active",
    ),
    Refusal(
        "403 of a firewall", Answer(403, HTML),
        "credential", ExitCode.CREDENTIALS, "refused the token request with a web page", "firewall",
    ),
    Refusal(
        "423", oauth(423, "org_suspended", "organization is suspended"),
        "credential", ExitCode.CREDENTIALS, "refused the token request", "see its message",
    ),
    Refusal(
        "404", Answer(404, HTML),
        "credential", ExitCode.CREDENTIALS, "has no token endpoint at `http://127", "token_url",
    ),
    Refusal(
        "redirect", Answer(307, b"", {"Location": "https://user@elsewhere.example/x?token=1"}),
        "credential", ExitCode.CREDENTIALS, "a redirect to `https://elsewhere.example/x`", "token_url",
    ),
    Refusal(
        "500", oauth(500, "server_error", "oops"),
        "undelivered", ExitCode.UNDELIVERED, "failed to issue a token", "again",
    ),
    Refusal(
        "503", Answer(503, HTML),
        "undelivered", ExitCode.UNDELIVERED, "failed to issue a token", "again",
    ),
    Refusal(
        "408", Answer(408, b""),
        "undelivered", ExitCode.UNDELIVERED, "failed to issue a token", "again",
    ),
    Refusal(
        "empty", Answer(200, b" \n"),
        "credential", ExitCode.CREDENTIALS, "an empty response instead of a token", "token_url",
    ),
    Refusal(
        "HTML", Answer(200, b"\n" + HTML),
        "credential", ExitCode.CREDENTIALS, "sent a web page", "token_url",
    ),
    Refusal(
        "not JSON", Answer(200, f"access_token={TOKEN}".encode()),
        "credential", ExitCode.CREDENTIALS, "did not respond with a JSON object", "token_url",
    ),
    Refusal(
        "a list", Answer(200, [{"access_token": TOKEN}]),
        "credential", ExitCode.CREDENTIALS, "did not respond with a JSON object", "token_url",
    ),
    Refusal(
        "cut JSON", Answer(200, f'{{"access_token":"{TOKEN}","token_type":"bea'.encode()),
        "credential", ExitCode.CREDENTIALS, "did not respond with a JSON object", "token_url",
    ),
    Refusal(
        "not UTF-8", Answer(200, b"\xff\xfe\x00"),
        "credential", ExitCode.CREDENTIALS, "did not respond with a JSON object", "token_url",
    ),
    Refusal(
        "no token", Answer(200, {"token_type": "bearer"}),
        "credential", ExitCode.CREDENTIALS, "responded without an `access_token`", "token_url",
    ),
    Refusal(
        "a token of no kind", Answer(200, {"access_token": 3}),
        "credential", ExitCode.CREDENTIALS, "responded without an `access_token`", "token_url",
    ),
    Refusal(
        "no bearer", Answer(200, {"access_token": TOKEN, "token_type": "mac"}),
        "credential", ExitCode.CREDENTIALS, "not a bearer token", "token_url",
    ),
    Refusal(
        "a bad token", Answer(200, {"access_token": f"{TOKEN}\r\nX: y"}),
        "credential", ExitCode.CREDENTIALS, "U+000D at position 13", "token_url",
    ),
    Refusal(
        "an empty token", Answer(200, {"access_token": " "}),
        "credential", ExitCode.CREDENTIALS, "the access token is empty", "token_url",
    ),
    Refusal(
        "huge", Answer(200, {"access_token": TOKEN, "x": "y" * (2 << 20)}),
        "credential", ExitCode.CREDENTIALS, "too long for a token", "token_url",
    ),
    Refusal(
        "deep", Answer(200, b"[" * 100_000),
        "credential", ExitCode.CREDENTIALS, "did not respond with a JSON object", "token_url",
    ),
    Refusal(
        "cut", Answer(200, {"access_token": TOKEN}, {"Content-Length": "999"}),
        "undelivered", ExitCode.UNDELIVERED, "sent a response that cannot be read", "again",
    ),
    Refusal(
        "no HTTP", Answer(raw=b"220 mail ready\r\n\r\n"),
        "undelivered", ExitCode.UNDELIVERED, "did not send a valid HTTP response", "token_url",
    ),
    Refusal(
        "broken off", Answer(raw=b""),
        "undelivered", ExitCode.UNDELIVERED, "closed the connection before", "again",
    ),
]  # fmt: skip


@each_case(
    "answer, words",
    [
        (
            Answer(401, {"errorCode": "UNAUTHORIZED", "message": "key is inactive"}),
            "key is inactive",
        ),
        (Answer(403, f"blocked {SECRET}:\npolicy 7".encode()), r"blocked ****:\npolicy 7"),
        (Answer(403, HTML), "HTTP 403 from"),
    ],
)
def test_text_of_a_refusal_is_shown(
    endpoint: TokenEndpoint, load: LoadSettings, answer: Answer, words: str
) -> None:
    endpoint.script = [answer]
    with pytest.raises(CxcallError) as caught:
        token_provider.get_token(load())
    assert words in caught.value.findings[0].why
    assert "<" not in caught.value.findings[0].why


@each_case("refusal", REFUSALS, ids=lambda refusal: refusal.name, quick=4)
def test_each_token_error_has_its_own_message(
    endpoint: TokenEndpoint, load: LoadSettings, state: Path, refusal: Refusal
) -> None:
    endpoint.script = [refusal.answer]
    endpoint.asked.clear()
    with pytest.raises(CxcallError) as caught:
        token_provider.get_token(load())
    found = caught.value.findings[0]
    assert (found.code, caught.value.exit_code) == (refusal.code, refusal.exit_code)
    assert refusal.words in found.message
    assert refusal.fix in found.fix
    assert found.fix
    assert found.message.isprintable()
    undelivered = refusal.exit_code is ExitCode.UNDELIVERED
    assert caught.value.outcome is (Outcome.UNDELIVERED if undelivered else Outcome.ERROR)
    assert SECRET not in said(caught.value)
    assert TOKEN not in said(caught.value)
    assert len(endpoint.asked) == 1
    assert not (state / "tokens.json").exists()


def test_invalid_grant_of_a_client_is_not_about_an_access_key(
    endpoint: TokenEndpoint, load: LoadSettings
) -> None:
    endpoint.script = [oauth(400, "invalid_grant", "no")]
    with pytest.raises(CxcallError) as caught:
        token_provider.get_token(load())
    assert "access key" not in caught.value.findings[0].message


@each_case("length, is_whole", [(50, True), (300, False)])
def test_long_error_description_is_shortened(
    endpoint: TokenEndpoint, load: LoadSettings, *, length: int, is_whole: bool
) -> None:
    endpoint.script = [oauth(400, "invalid_scope", "x" * length)]
    with pytest.raises(CxcallError) as caught:
        token_provider.get_token(load())
    text = said(caught.value)
    assert ("x" * length in text) == is_whole
    assert ("xxx..." in text) != is_whole
