"""The sandbox's user login, with an independent client: oauthlib."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
import requests
from oauthlib.oauth2 import OAuth2Error, WebApplicationClient

from cxcall.sandbox.server import Sandbox

BACK = "http://localhost:4711"


class Person:
    """A client of oauthlib during a login."""

    def __init__(self, sandbox: Sandbox, client_id: str = "sandbox") -> None:
        self.base_url = sandbox.base_url
        self.web = WebApplicationClient(client_id)
        self.verifier = self.web.create_code_verifier(64)

    def authorize(self, **asked: Any) -> requests.Response:
        """Request a code; returns the response without following its redirect."""
        usual = {
            "redirect_uri": BACK,
            "state": "st4te",
            "code_challenge": self.web.create_code_challenge(self.verifier, "S256"),
            "code_challenge_method": "S256",
        }
        page = self.web.prepare_request_uri("https://h/oauth/authorize", **{**usual, **asked})
        path = str(page).removeprefix("https://h")
        return requests.get(self.base_url + path, allow_redirects=False, timeout=30)

    def code(self) -> str:
        """Return a fresh code."""
        back = self.authorize().headers["Location"].replace("http:", "https:", 1)
        return str(self.web.parse_request_uri_response(back, state="st4te")["code"])

    def redeem(self, body: str) -> dict[str, Any]:
        """Send a form to the token endpoint; raises oauthlib's error for a refusal."""
        reply = requests.post(
            f"{self.base_url}/oauth/token",
            body,
            headers={"Content-Type": "application/x-www-form-urlencoded"},
            timeout=30,
        )
        found: dict[str, Any] = self.web.parse_request_body_response(reply.text)
        return found

    def exchange(self, code: str, **changed: Any) -> dict[str, Any]:
        """Exchange a code."""
        usual = {"code": code, "redirect_uri": BACK, "code_verifier": self.verifier}
        return self.redeem(self.web.prepare_request_body(**{**usual, **changed}))

    def refresh(self, token: str) -> dict[str, Any]:
        """Exchange a refresh token."""
        body = self.web.prepare_refresh_body(refresh_token=token, client_id=self.web.client_id)
        return self.redeem(body)


@pytest.fixture
def person(sandbox: Sandbox) -> Person:
    return Person(sandbox)


def test_code_is_exchanged_once_for_a_working_token(person: Person, sandbox: Sandbox) -> None:
    code = person.code()
    granted = person.exchange(code)
    header = {"Authorization": f"Bearer {granted['access_token']}"}
    reply = requests.get(f"{sandbox.base_url}/api/v2/tokens/me", headers=header, timeout=30)
    assert reply.status_code == 200
    with pytest.raises(OAuth2Error, match="invalid_grant"):
        person.exchange(code)


def test_refresh_token_works_once(person: Person) -> None:
    first = person.exchange(person.code())
    second = person.refresh(first["refresh_token"])
    assert second["access_token"] != first["access_token"]
    person.refresh(second["refresh_token"])
    with pytest.raises(OAuth2Error, match="invalid_grant"):
        person.refresh(first["refresh_token"])


@pytest.mark.parametrize(
    "changed",
    [
        {"code_verifier": "x" * 64},
        {"code_verifier": None},
        {"redirect_uri": "http://localhost:1"},
        {"client_id": "sandbox-readonly"},
    ],
    ids=str,
)
def test_code_requires_the_same_client_redirect_and_verifier(
    person: Person, changed: dict[str, Any]
) -> None:
    code = person.code()
    if "client_id" in changed:
        person.web.client_id = changed.pop("client_id")
    with pytest.raises(OAuth2Error, match="invalid_grant"):
        person.exchange(code, **changed)


def test_refresh_token_is_refused_for_another_client(person: Person, sandbox: Sandbox) -> None:
    granted = person.exchange(person.code())
    with pytest.raises(OAuth2Error, match="invalid_grant"):
        Person(sandbox, "sandbox-readonly").refresh(granted["refresh_token"])


@pytest.mark.parametrize(
    "asked", [{"redirect_uri": "https://attacker.example"}, {"redirect_uri": ""}], ids=str
)
def test_code_is_not_sent_to_another_redirect_uri(person: Person, asked: dict[str, str]) -> None:
    assert person.authorize(**asked).status_code == 400


def test_unknown_client_gets_no_code(sandbox: Sandbox) -> None:
    assert Person(sandbox, "nobody").authorize().status_code == 400


@pytest.mark.parametrize(
    ("asked", "error"),
    [
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"response_type": "token"}, "unsupported_response_type"),
    ],
)
def test_invalid_authorization_request_redirects_with_an_error(
    person: Person, asked: dict[str, str], error: str
) -> None:
    if "response_type" in asked:
        url = f"{person.base_url}/oauth/authorize"
        query = {"client_id": "sandbox", "redirect_uri": BACK, "state": "s", **asked}
        reply = requests.get(url, query, allow_redirects=False, timeout=30)
    else:
        reply = person.authorize(**asked)
    parameters = dict(parse_qsl(urlsplit(reply.headers["Location"]).query))
    assert parameters["error"] == error
    assert "code" not in parameters


def test_codes_are_not_logged(person: Person, sandbox: Sandbox) -> None:
    code = person.code()
    granted = person.exchange(code)
    text = json.dumps([entry.as_dict() for entry in sandbox.received])
    assert code not in text
    assert granted["refresh_token"] not in text
    assert person.authorize().status_code == 302
    assert requests.post(f"{person.base_url}/oauth/authorize", timeout=30).status_code == 405
