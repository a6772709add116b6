"""Explicit tokens, missing credentials, scopes, and the host that a token is sent to."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st

from cxcall.contracts.contract import Contract, load_shipped_contracts
from cxcall.contracts.operation import Operation
from cxcall.credentials import login_and_logout, token_provider
from cxcall.credentials.access_token import Token, check_secret
from cxcall.credentials.status import get_status
from cxcall.findings.errors import CredentialsError
from cxcall.findings.finding import Severity
from cxcall.runtime.secrets.known_secrets import redact
from cxcall.sandbox.sandbox_settings import sandbox_settings
from cxcall.settings import settings as config
from cxcall.settings.sources import Layer
from helpers.cases import each_case
from helpers.token_endpoint import (
    NONE,
    SECRET,
    TOKEN,
    LoadSettings,
    TokenEndpoint,
    said,
)

pytestmark = pytest.mark.usefixtures("state")


def test_explicit_token_is_used_unchanged(
    endpoint: TokenEndpoint, load: LoadSettings, state: Path
) -> None:
    token = token_provider.get_token(load(access_token=f" {TOKEN}\n"))
    assert token == Token(TOKEN, "given", None, None, "--access-token", Layer.FLAGS)
    assert endpoint.asked == []
    assert not state.exists()
    token_provider.get_token(load(access_token="masked-from-now-on"))
    assert redact("masked-from-now-on") == "****"


def test_explicit_token_cannot_be_renewed(
    endpoint: TokenEndpoint, load: LoadSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GENESYSCLOUD_ACCESS_TOKEN", TOKEN)
    refused = token_provider.get_token(load())
    with pytest.raises(CredentialsError) as caught:
        token_provider.get_token(load(), refused=refused)
    found = caught.value.findings[0]
    assert (found.code, found.where, caught.value.exit_code) == ("token-expired", "token", 4)
    assert "environment GENESYSCLOUD_ACCESS_TOKEN" in found.message
    assert TOKEN not in said(caught.value)
    assert endpoint.asked == []


@each_case(
    "bad, words",
    [
        (f"Bearer {TOKEN}", "U+0020 at position 7"),
        (f"{TOKEN}\r\nX-Evil: 1", "U+000D"),
        (f"{TOKEN}\x00", "U+0000"),
        (f"{TOKEN}\u200b", "U+200B"),
        (f"\u201c{TOKEN}", "U+201C at position 1"),
        (f"{TOKEN}\x7f", "U+007F"),
    ],
)
@each_case("name", ["access_token", "client_secret", "client_id"])
def test_invalid_characters_in_a_secret_are_refused(
    endpoint: TokenEndpoint, load: LoadSettings, name: str, bad: str, words: str
) -> None:
    settings = load(**{name: bad})
    with pytest.raises(CredentialsError) as caught:
        token_provider.get_token(settings)
    found = caught.value.findings[0]
    assert words in found.message
    assert found.where == f"--{name.replace('_', '-')}"
    assert found.message.isprintable()
    assert TOKEN not in said(caught.value)
    assert not get_status(settings).is_usable
    assert endpoint.asked == []


def test_client_id_with_colon_is_refused(load: LoadSettings) -> None:
    with pytest.raises(CredentialsError, match="client ID contains a `:`"):
        token_provider.get_token(load(client_id="a:b"))


@pytest.mark.slow
@given(text=st.text(min_size=1))
def test_secret_is_refused_or_stripped_of_blanks(text: str) -> None:
    secret = text.strip()
    if secret and all("!" <= sign <= "~" for sign in secret):
        assert check_secret("secret", text, "here") == secret
        return
    with pytest.raises(CredentialsError) as caught:
        check_secret("secret", text, "here")
    assert caught.value.findings[0].where == "here"
    assert caught.value.findings[0].message.isprintable()


@each_case(
    "flags, words, fix",
    [
        (NONE, "there are no credentials for `127.0.0.1", "`cxcall auth login`, or set `CXCALL_"),
        (
            {"client_secret": None},
            "`client_id` is set (from --client-id), but `client_secret` is not",
            "CXCALL_CLIENT_SECRET",
        ),
        (
            {"client_id": None},
            "`client_secret` is set (from --client-secret), but `client_id` is not",
            "CXCALL_CLIENT_ID",
        ),
    ],
)
def test_missing_credentials_are_named(
    load: LoadSettings, state: Path, flags: dict[str, None], words: str, fix: str
) -> None:
    with pytest.raises(CredentialsError) as caught:
        token_provider.get_token(load(**flags))
    found = caught.value.findings[0]
    assert (found.code, caught.value.exit_code) == ("token-missing", 4)
    assert words in found.message
    assert fix in found.fix
    assert SECRET not in said(caught.value)
    assert not state.exists()


def test_missing_token_url_is_reported(load: LoadSettings) -> None:
    with pytest.raises(CredentialsError) as caught:
        token_provider.get_token(load(base_url="https://gw.example.com"))
    assert "the token endpoint for `gw.example.com` is not known" in str(caught.value)
    assert "region" not in caught.value.findings[0].fix
    with pytest.raises(CredentialsError) as caught:
        token_provider.get_token(load(base_url="https://api.usw9.pure.cloud"))
    assert "set `region` to `usw9.pure.cloud`" in caught.value.findings[0].fix
    assert "CXCALL_TOKEN_URL" in caught.value.findings[0].fix


def test_conflict_error_prevents_token_requests(
    endpoint: TokenEndpoint, tmp_path: Path, state: Path
) -> None:
    folder = config.config_dir()
    folder.mkdir()
    text = f'[profiles.default]\nclient_id = "me"\nclient_secret = "{SECRET}"\n'
    (folder / "config.toml").write_text(text, "utf-8")
    (folder / "config.toml").chmod(0o600)
    (tmp_path / ".env").write_text(f"CXCALL_BASE_URL={endpoint.base_url}\n", "utf-8")
    settings = config.load_settings({}, load_shipped_contracts()[0])
    attempts: list[Callable[[], object]] = [
        lambda: token_provider.get_token(settings),
        lambda: login_and_logout.store_login(settings, "me", SECRET),
    ]
    for attempt in attempts:
        with pytest.raises(CredentialsError) as caught:
            attempt()
        assert "would send `client_secret` (from profile default" in str(caught.value)
    assert not get_status(settings).is_usable
    assert endpoint.asked == []
    assert not state.exists()


def test_embedded_sandbox_stores_nothing(endpoint: TokenEndpoint, state: Path) -> None:
    server: Any = SimpleNamespace(
        base_url=endpoint.base_url, client_id="sandbox", client_secret=SECRET
    )
    settings = sandbox_settings(server, {})
    first = token_provider.get_token(settings)
    assert first.value == f"{TOKEN}-1"
    assert token_provider.get_token(settings, refused=first).value == f"{TOKEN}-2"
    assert not state.exists()


GIVEN_TOKEN = Token(TOKEN, "given", None, None, "here")


@each_case(
    "base_url, url, goes",
    [
        ("https://api.example.com", "https://api.example.com/v2/x", True),
        ("https://api.example.com", "https://API.example.com:443/x", True),
        ("https://api.example.com:443/v1", "https://api.example.com", True),
        ("https://api.example.com", "http://api.example.com/x", False),
        ("https://api.example.com", "https://api.example.com:8443/x", False),
        ("https://api.example.com", "https://api.example.com.evil.com/x", False),
        ("https://api.example.com", "https://api.example.com@evil.com/x", False),
        ("https://api.example.com", "https://login.example.com/x", False),
        ("http://127.0.0.1:1", "http://127.0.0.1:2", False),
        ("http://127.0.0.1:1", "http://localhost:1", False),
    ],
)
def test_token_is_sent_only_to_its_host(base_url: str, url: str, *, goes: bool) -> None:
    request = requests.Request("POST", url, auth=GIVEN_TOKEN.authorize(base_url))
    if goes:
        assert request.prepare().headers["Authorization"] == f"Bearer {TOKEN}"
        return
    with pytest.raises(CredentialsError) as caught:
        request.prepare()
    assert TOKEN not in said(caught.value)


def operation(*alternatives: list[str]) -> Operation:
    declared = {"operationId": "op", "security": [{"oauth": names} for names in alternatives]}
    return Operation(Contract("own", {}), "POST", "/x", declared)


@each_case(
    "granted, alternatives, is_missing",
    [
        (None, [["a"]], False),
        ([], [], False),
        ([], [[]], False),
        ([], [["a"]], True),
        (["a"], [["a"]], False),
        (["a"], [["a", "b"]], True),
        (["a", "b"], [["a", "b"]], False),
        (["b"], [["a"], ["b"]], False),
        (["outbound"], [["outbound:readonly"]], False),
        (["outbound:readonly"], [["outbound"]], True),
        (["outbound:readonly"], [["outbound:readonly"]], False),
    ],
)
def test_missing_scope_is_found(
    granted: list[str] | None, alternatives: list[list[str]], *, is_missing: bool
) -> None:
    scopes = None if granted is None else frozenset(granted)
    token = Token(TOKEN, "client-credentials", scopes, None, "here")
    found = token_provider.check_scopes(token, operation(*alternatives))
    assert (found is not None) == is_missing
    if found:
        assert (found.code, found.where, found.severity) == ("token-scope", "token", Severity.ERROR)
        assert all(f"`{name}`" in found.message for names in alternatives for name in names)
        assert TOKEN not in repr(found)
