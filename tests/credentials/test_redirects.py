"""The redirect that ends a browser login: whose it is, and what it says."""

from __future__ import annotations

from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
import requests

from cxcall.credentials import browser_login
from cxcall.credentials.browser_login import (
    ForeignRedirectError,
    Login,
    RedirectServer,
    log_in_by_browser,
)
from cxcall.credentials.oauth_client import AUTHORIZATION_CODE, OAuthClient
from cxcall.findings.errors import CredentialsError
from helpers.cases import each_case

CLIENT = OAuthClient("me", "", "test", "https://login.example.com/oauth/token", AUTHORIZATION_CODE)
REFUSED = "`login.example.com` refused the login"


def test_page_to_log_in_at_names_a_scope_only_if_there_is_one() -> None:
    for scope in ("", "openid"):
        page = urlsplit(Login(CLIENT).page("http://localhost:1", scope))
        assert (page.hostname, page.path) == ("login.example.com", "/oauth/authorize")
        query = parse_qs(page.query, keep_blank_values=True)
        assert query.get("scope", [""]) == [scope]
        assert ("scope" in query) is bool(scope)
        assert "=" not in query["code_challenge"][0]


@each_case(
    "parameters, message, fix",
    [
        ({"error": "access_denied"}, "the login was refused in the browser", "allow the login in the browser"),
        ({"error": "server_error", "error_description": "oops\x1b[2J"}, REFUSED, "check the grant type"),
        ({"code": ""}, "the redirect from `login.example.com` has no authorization code", "again"),
    ],
)  # fmt: skip
def test_redirect_without_a_code_is_reported(
    parameters: dict[str, str], message: str, fix: str
) -> None:
    login = Login(CLIENT)
    with pytest.raises(CredentialsError) as caught:
        login.code(urlencode({**parameters, "state": login.state}))
    found = caught.value.findings[0]
    assert (found.message, fix in found.fix) == (message, True)
    assert found.why.isprintable()
    assert parameters.get("error", "") in found.why


def test_redirect_of_another_login_is_not_read() -> None:
    for query in ("code=c", "code=c&state=", "error=access_denied&state=x"):
        with pytest.raises(ForeignRedirectError):
            Login(CLIENT).code(query)


def test_first_redirect_to_this_address_is_taken() -> None:
    with RedirectServer(0, lambda query: query) as server:
        port = urlsplit(server.redirect_uri).port
        url = f"http://127.0.0.1:{port}"
        answers = [
            requests.get(f"{url}{path}", headers={"Host": f"{host}:{port}"}, timeout=10)
            for path, host in (
                ("/?code=1", "rebound.example"),
                ("/else?code=1", "localhost"),
                ("/?other=1", "localhost"),
                ("/?code=2", "LocalHost"),
                ("/?code=3", "localhost"),
            )
        ]
        assert [each.status_code for each in answers] == [404, 404, 404, 200, 404]
        assert "The login continues in the terminal." in answers[3].text
        assert server.wait(5) == "code=2"


def test_login_that_nobody_finishes_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(browser_login, "PATIENCE", 0.001)
    with pytest.raises(CredentialsError, match="was not finished within"):
        log_in_by_browser(CLIENT, lambda _page: None)
