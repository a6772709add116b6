"""Logging in at an independent OAuth server: npm's oidc-provider, on loopback."""

from __future__ import annotations

import json
import signal
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

import pytest

from helpers.command import Cxcall
from helpers.oauth_provider import (
    CLIENT_SECRET,
    Running,
    Start,
    age,
    at,
    logged_in,
    status,
)

pytestmark = pytest.mark.slow


def test_browser_login_stores_the_token(cxcall: Cxcall, start: Start) -> None:
    provider = start()
    output = logged_in(at(cxcall, provider))
    assert "authorization-code" in output
    found = status(cxcall)
    assert (found["usable"], found["kind"], found["clientId"]) == (
        True,
        "authorization-code",
        "public",
    )
    token = cxcall("auth", "token", code=0).out.strip()
    del cxcall.environment["CXCALL_CLIENT_ID"]
    assert cxcall("auth", "token", code=0).out.strip() == token
    assert token not in output
    assert provider.granted() == ["authorization_code"]


def test_authorization_url_has_the_required_parameters(cxcall: Cxcall, start: Start) -> None:
    running = Running(at(cxcall, start()), "--no-browser")
    asked = running.asked
    assert (asked["response_type"], asked["code_challenge_method"]) == ("code", "S256")
    assert "scope" not in asked
    assert urlsplit(asked["redirect_uri"]).hostname == "localhost"
    assert len(asked["state"]) >= 32
    running.process.send_signal(signal.SIGINT)
    running.end(130)


@pytest.mark.slow
def test_expired_token_is_renewed_with_the_refresh_token(cxcall: Cxcall, start: Start) -> None:
    provider = start()
    logged_in(at(cxcall, provider))
    tokens = set()
    for _ in range(3):
        age(cxcall)
        tokens.add(cxcall("auth", "token", code=0).out.strip())
    assert len(tokens) == 3
    # Each refresh token is valid once: using an old one again would have ended the login.
    assert provider.granted() == ["authorization_code", *["refresh_token"] * 3]


@pytest.mark.slow
def test_only_one_of_two_processes_renews_the_login(cxcall: Cxcall, start: Start) -> None:
    provider = start(life=30)
    logged_in(at(cxcall, provider))
    age(cxcall)
    with ThreadPoolExecutor(6) as pool:
        ran = list(pool.map(lambda _: cxcall("auth", "token", code=0).out, range(6)))
    assert len(set(ran)) == 1
    assert provider.granted() == ["authorization_code", "refresh_token"]


def test_login_without_refresh_token_requires_a_new_login(cxcall: Cxcall, start: Start) -> None:
    logged_in(at(cxcall, start(refreshes=False)))
    assert status(cxcall)["renewable"] is False
    age(cxcall)
    ran = cxcall("auth", "token", "-o", "json", code=4)
    assert ran.codes == ["token-expired"]
    assert "--web" in ran.envelope["findings"][0]["fix"]


def test_login_ended_by_the_server_is_reported(cxcall: Cxcall, start: Start) -> None:
    logged_in(at(cxcall, start()))
    path = cxcall.folder / "state" / "credentials.json"
    kept = json.loads(path.read_text("utf-8"))
    refresh = kept["records"][0]["refresh_token"]
    kept["records"][0]["refresh_token"] = "not-one-of-its-own"
    path.write_text(json.dumps(kept), "utf-8")
    age(cxcall)
    ran = cxcall("auth", "token", code=4)
    assert "the login is no longer valid" in ran.err
    assert "not-one-of-its-own" not in ran.err
    assert refresh not in ran.err


def test_client_with_a_secret_logs_in(cxcall: Cxcall, start: Start) -> None:
    provider = start(life=30)
    cxcall.environment["CXCALL_CLIENT_SECRET"] = CLIENT_SECRET
    assert CLIENT_SECRET not in logged_in(at(cxcall, provider, "confidential"))
    assert status(cxcall)["kind"] == "authorization-code"  # and not by the client's own credentials
    age(cxcall)
    cxcall("auth", "token", code=0)
    assert provider.granted() == ["authorization_code", "refresh_token"]


def test_client_credentials_work_with_a_third_party_server(cxcall: Cxcall, start: Start) -> None:
    provider = start()
    cxcall.environment["CXCALL_CLIENT_SECRET"] = CLIENT_SECRET
    at(cxcall, provider, "machine")
    wrong = cxcall("auth", "token", code=4, env={"CXCALL_CLIENT_SECRET": "wrong"})
    assert "refused the client's credentials" in wrong.err
    cxcall("auth", "token", code=0)
    assert status(cxcall)["kind"] == "client-credentials"
    assert provider.granted()[0] == "client_credentials"
