"""Logins are stored for a profile and a host, and `auth status` shows them without secrets."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from base64 import b64decode
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cxcall.credentials import login_and_logout, stored_logins, token_provider
from cxcall.credentials.access_token import Token
from cxcall.credentials.oauth_client import OAuthClient, TokenGrant
from cxcall.credentials.status import get_status
from cxcall.findings.errors import CredentialsError
from cxcall.findings.finding import Severity
from cxcall.settings import settings as config
from cxcall.settings.sources import Setting
from cxcall.transport.authorization import Authorization
from helpers.token_endpoint import (
    NONE,
    SECRET,
    TOKEN,
    Answer,
    LoadSettings,
    TokenEndpoint,
    environment,
    mode,
    oauth,
    records,
    rewrite,
    said,
)

pytestmark = pytest.mark.usefixtures("state")


def test_status_says_which_of_two_credentials_is_used(load: LoadSettings) -> None:
    def warnings(**flags: str | None) -> list[str]:
        found = get_status(load(**flags)).findings
        return [each.message for each in found if " is used; the one from " in each.message]

    assert warnings() == []
    login_and_logout.store_login(load(**NONE), "me", SECRET)
    assert warnings(**NONE) == []
    (secret,) = warnings()
    assert secret.startswith("the client secret from --client-secret is used")
    (token,) = warnings(**NONE, access_token=TOKEN)
    assert token.startswith("the access token from --access-token is used")
    login_and_logout.log_in_with_token(load(**NONE), "given")
    (given,) = warnings()
    assert given.startswith("the access token from cxcall auth login")
    login = {"kind": "authorization-code", "client_id": "me", "refresh_token": "r"}
    stored_logins.save_login(load(), {**login, "token_url": load().token_url})
    assert warnings() == []  # the secret is that of the login's client


def test_login_in_a_linked_file_is_changed_and_removed_there(
    load: LoadSettings, state: Path, tmp_path: Path
) -> None:
    login_and_logout.store_login(load(**NONE), "me", SECRET)
    path, linked = state / "credentials.json", tmp_path / "vault.json"
    path.rename(linked)
    path.symlink_to(linked)
    login_and_logout.store_login(load(**NONE), "me", "new" + SECRET)
    assert "new" + SECRET in linked.read_text("utf-8")
    login_and_logout.delete_login("default")
    assert SECRET not in linked.read_text("utf-8")
    assert path.is_symlink()


def test_login_is_stored_after_a_successful_request(
    endpoint: TokenEndpoint, load: LoadSettings, state: Path
) -> None:
    token = login_and_logout.store_login(load(**NONE), " me\n", f"{SECRET}\n")
    assert token.source == "client-credentials (cxcall auth login)"
    assert token_provider.get_token(load(**NONE)) == token
    assert len(endpoint.asked) == 1
    assert mode(state / "credentials.json") == 0o600
    rewrite(state, lambda record: record.update(expires_at=1))
    assert token_provider.get_token(load(**NONE)).value == f"{TOKEN}-2"
    pair = endpoint.asked[1].headers["Authorization"].removeprefix("Basic ")
    assert b64decode(pair).decode() == f"me:{SECRET}"


def test_refused_login_is_not_stored(
    endpoint: TokenEndpoint, load: LoadSettings, state: Path
) -> None:
    login_and_logout.store_login(load(**NONE), "me", SECRET)
    endpoint.script = [oauth(400, "invalid_client", "authentication failed")]
    with pytest.raises(CredentialsError) as caught:
        login_and_logout.store_login(load(**NONE), "me", "wr0ng")
    assert "wr0ng" not in said(caught.value)
    assert records(state, "credentials.json")[0]["client_secret"] == SECRET


@pytest.mark.parametrize(
    ("elsewhere", "why"),
    [
        ("base_url", "profile `default` is logged in to {0} only"),
        ("token_url", "the stored login for this host is the client secret of `me` for {0}/oauth/token"),
        ("client_id", "the stored login for this host is the client secret of `me` for {0}/oauth/token"),
    ],
)  # fmt: skip
def test_stored_secret_is_sent_only_to_its_host(
    endpoint: TokenEndpoint, load: LoadSettings, elsewhere: str, why: str
) -> None:
    login_and_logout.store_login(load(**NONE), "me", SECRET)
    other = TokenEndpoint()
    try:
        with pytest.raises(CredentialsError) as caught:
            token_provider.get_token(load(**{**NONE, elsewhere: other.base_url}))
        assert caught.value.findings[0].code == "token-missing"
        assert caught.value.findings[0].why == why.format(endpoint.base_url)
        assert other.asked == []
    finally:
        other.stop()


def test_profile_has_one_login_per_host(load: LoadSettings, state: Path) -> None:
    login_and_logout.log_in_with_token(load(), "one")
    login_and_logout.log_in_with_token(load(base_url="http://127.0.0.1:1"), "two")
    login_and_logout.log_in_with_token(load(), "three")
    assert token_provider.get_token(load(**NONE)).value == "three"
    assert token_provider.get_token(load(**NONE, base_url="http://127.0.0.1:1")).value == "two"
    assert len(records(state, "credentials.json")) == 2


def test_stored_token_is_used_unchanged(endpoint: TokenEndpoint, load: LoadSettings) -> None:
    token = login_and_logout.log_in_with_token(load(**NONE), f"{TOKEN}\n")
    assert token_provider.get_token(load(**NONE)) == token
    assert (token.value, token.kind, token.expires_at) == (TOKEN, "given", None)
    with pytest.raises(CredentialsError) as caught:
        token_provider.get_token(load(**NONE), refused=token)
    assert caught.value.findings[0].fix == "store another token: `cxcall auth login --with-token`"
    assert endpoint.asked == []


def test_new_login_replaces_the_old_one(load: LoadSettings, state: Path) -> None:
    login_and_logout.log_in_with_token(load(**NONE), "given")
    login_and_logout.store_login(load(**NONE), "me", SECRET)
    assert token_provider.get_token(load(**NONE)).kind == "client-credentials"
    login_and_logout.log_in_with_token(load(**NONE), "given")
    assert token_provider.get_token(load(**NONE)).value == "given"
    assert SECRET not in (state / "credentials.json").read_text("utf-8")


def test_logout_deletes_one_profile(load: LoadSettings, state: Path) -> None:
    folder = config.config_dir()
    folder.mkdir()
    (folder / "config.toml").write_text("[profiles.eu]\n", "utf-8")
    for profile in (None, "eu"):
        login_and_logout.store_login(load(**NONE, profile=profile), "me", SECRET)
    removed = login_and_logout.delete_login("default")[0]
    assert [text.split(" http")[0] for text in removed] == [
        "the client secret for",
        "the token from",
    ]
    assert login_and_logout.delete_login("default")[0] == []
    assert token_provider.get_token(load(**NONE, profile="eu")).value == f"{TOKEN}-2"
    with pytest.raises(CredentialsError, match="no credentials"):
        token_provider.get_token(load(**NONE))
    assert len(records(state)) == len(records(state, "credentials.json")) == 1


@pytest.mark.usefixtures("load")
def test_logout_without_a_login_deletes_nothing() -> None:
    assert login_and_logout.delete_login("default")[0] == []


def test_status_before_and_after_a_token(endpoint: TokenEndpoint, load: LoadSettings) -> None:
    before = get_status(load())
    assert (before.is_usable, before.kind, before.token) == (True, "client-credentials", None)
    assert ("expires", "no token yet", "") in before.rows()
    assert endpoint.asked == []
    body = {"access_token": TOKEN, "expires_in": 3600, "scope": "b a"}
    endpoint.script = [Answer(body=body)]
    token_provider.get_token(load())
    after = get_status(load()).as_dict()
    assert after["scopes"] == ["a", "b"]
    assert after["clientId"] == "me"
    assert after["expiresAt"].endswith("+00:00")
    assert after["baseUrl"] == endpoint.base_url
    assert after["tokenUrl"] == f"{endpoint.base_url}/oauth/token"
    assert after["sources"] == {
        "profile": "default",
        "base_url": "--base-url",
        "token_url": "from base_url",
        "client_id": "--client-id",
        "client_secret": "--client-secret",
    }
    assert len(endpoint.asked) == 1


def test_status_without_credentials_is_not_usable(load: LoadSettings) -> None:
    found = get_status(load(**NONE))
    assert not found.is_usable
    assert [entry.code for entry in found.findings] == ["token-missing"]
    assert ("grant", "none", "") in found.rows()
    assert found.as_dict()["kind"] == ""


@pytest.mark.parametrize(
    ("login", "flags", "words"),
    [
        ("client", {"access_token": "x"}, "access token from --access-token is used"),
        ("client", {}, "client secret from --client-secret is used"),
        ("token", {"access_token": "x", **NONE}, "access token from --access-token is used"),
        ("token", {}, "access token from cxcall auth login is used"),
        ("token", NONE, ""),
        ("client", NONE, ""),
    ],
)
def test_status_names_the_credentials_in_use(
    load: LoadSettings, login: str, flags: dict[str, str | None], words: str
) -> None:
    if login == "client":
        login_and_logout.store_login(load(**NONE), "me", SECRET)
    else:
        login_and_logout.log_in_with_token(load(**NONE), TOKEN)
    settings = load(**flags)
    found = get_status(settings)
    warnings = [entry for entry in found.findings if entry.where == "token"]
    assert [entry.severity for entry in warnings] == [Severity.WARNING] * bool(words)
    assert words in "".join(entry.message for entry in warnings)
    assert found.is_usable
    used = token_provider.get_token(settings)
    assert used.source in {row[2] for row in found.rows()} | {
        f"client-credentials ({row[2]})" for row in found.rows()
    }


def test_status_shows_no_secret(load: LoadSettings) -> None:
    login_and_logout.store_login(load(**NONE), "me", SECRET)
    for settings in (load(), load(**NONE), load(access_token=TOKEN)):
        found = get_status(settings)
        shown = f"{found!r} {found} {found.as_dict()} {found.rows()} {json.dumps(found.as_dict())}"
        assert SECRET not in shown
        assert TOKEN not in shown


# No repr of cxcall contains a `~`, so a `~` shows a secret.
VISIBLE = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=12).map(
    "~".__add__
)


@pytest.mark.slow
@given(secret=VISIBLE)
def test_repr_of_credentials_contains_no_secret(secret: str) -> None:
    things = [
        Token(secret, "given", None, None, "here"),
        Token(secret, "given", None, None, "here").authorize("https://h"),
        OAuthClient("me", secret, "here", "https://h/t"),
        OAuthClient("me", "", "", "", application=("app", secret), refresh_token=secret),
        TokenGrant(secret, None, 0.0, None, refresh_token=secret, id_token=secret),
        Authorization("https://h", f"Basic {secret}"),
        Setting(secret, "here"),
    ]
    for thing in things:
        assert secret not in repr(thing)
        assert secret not in str(thing)
        assert secret not in f"{thing}"


@contextmanager
def no_network(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    def refuse(*_: object) -> None:
        raise AssertionError("a connection was made")

    with monkeypatch.context() as patch:
        patch.setattr(socket.socket, "connect", refuse)
        yield


def test_login_checks_need_no_network(load: LoadSettings, monkeypatch: pytest.MonkeyPatch) -> None:
    token_provider.get_token(load())
    with no_network(monkeypatch):
        login_and_logout.log_in_with_token(load(base_url="http://127.0.0.1:1"), TOKEN)
        assert get_status(load()).is_usable
        assert token_provider.get_token(load()).value == f"{TOKEN}-1"
        assert login_and_logout.delete_login("default")[0]


@pytest.mark.slow
def test_status_imports_no_http() -> None:
    program = (
        "import sys\n"
        "from cxcall.credentials.status import get_status\n"
        "from cxcall.settings.settings import load_settings\n"
        "from cxcall.contracts.contract import load_shipped_contracts\n"
        "get_status(load_settings({}, load_shipped_contracts()[0])).rows()\n"
        "print([n for n in ('requests', 'urllib3', 'ssl', 'http.client') if n in sys.modules])"
    )
    result = subprocess.run(
        [sys.executable, "-c", program],
        env={**environment("https://h"), "CXCALL_ACCESS_TOKEN": "x"},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert result.stdout.strip() == "[]"
