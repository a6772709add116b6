"""The login of a person is renewed with its refresh token, which may change with each use."""

from __future__ import annotations

import os
from contextlib import contextmanager
from errno import ENOSPC
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

import pytest

from cxcall.credentials import keyring_store, stored_logins, token_cache, token_provider
from cxcall.credentials.oauth_client import AUTHORIZATION_CODE
from cxcall.documents.private_files import UnwritableError
from cxcall.findings.errors import CredentialsError
from helpers.token_endpoint import NONE, TOKEN, Answer, LoadSettings, TokenEndpoint

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.usefixtures("state")


def save(load: LoadSettings, **more: str) -> None:
    login = {"kind": AUTHORIZATION_CODE, "client_id": "me", "token_url": load().token_url}
    stored_logins.save_login(load(), {**login, **more})


def refresh_tokens(endpoint: TokenEndpoint) -> list[str]:
    return [parse_qs(each.body.decode())["refresh_token"][0] for each in endpoint.asked]


def test_refresh_token_stays_until_the_server_sends_another(
    endpoint: TokenEndpoint, load: LoadSettings
) -> None:
    save(load, client_secret="word", refresh_token="r-1")
    changed = {"access_token": TOKEN, "expires_in": 60, "refresh_token": "r-2"}
    first = {"access_token": f"{TOKEN}-first", "expires_in": 60}
    endpoint.script = [Answer(body=first), Answer(body=changed)]
    token = None
    for expected in ("r-1", "r-2", "r-2"):
        token = token_provider.get_token(load(**NONE), refused=token)
        login = stored_logins.find_login(load())
        assert (login["refresh_token"], login["client_secret"]) == (expected, "word")
    assert refresh_tokens(endpoint) == ["r-1", "r-1", "r-2"]


def test_new_refresh_token_leaves_the_secret_of_the_client_in_the_keyring(
    endpoint: TokenEndpoint, load: LoadSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept: dict[str, dict[str, str]] = {}
    monkeypatch.setattr(keyring_store, "save_secrets", lambda *each: kept.update([each]))
    monkeypatch.setattr(keyring_store, "load_secrets", kept.__getitem__)
    save(load, client_secret="word", refresh_token="r-1")
    endpoint.script = [Answer(body={"access_token": TOKEN, "refresh_token": "r-2"})]
    token_provider.get_token(load(**NONE))
    assert [*kept.values()] == [{"client_secret": "word", "refresh_token": "r-2"}]


def test_login_that_another_process_renewed_meanwhile_is_read_again(
    endpoint: TokenEndpoint, load: LoadSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first refresh token is no longer valid then, so it must not be sent."""
    save(load, refresh_token="r-1")
    lock = token_cache.lock_tokens

    @contextmanager
    def wait_for_lock(timeout: float) -> Iterator[None]:
        save(load, refresh_token="r-2")
        with lock(timeout):
            yield

    monkeypatch.setattr(token_cache, "lock_tokens", wait_for_lock)
    token_provider.get_token(load(**NONE))
    assert refresh_tokens(endpoint) == ["r-2"]


def test_refresh_token_is_not_used_up_if_the_next_one_cannot_be_stored(
    endpoint: TokenEndpoint, load: LoadSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_descriptor: int) -> None:
        raise OSError(ENOSPC, os.strerror(ENOSPC))

    save(load, refresh_token="r-1")
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", fail)
        with pytest.raises(UnwritableError, match="No space left on device"):
            token_provider.get_token(load(**NONE))
    assert endpoint.asked == []
    token_provider.get_token(load(**NONE))
    assert refresh_tokens(endpoint) == ["r-1"]


def test_login_without_a_refresh_token_must_be_repeated(
    endpoint: TokenEndpoint, load: LoadSettings
) -> None:
    save(load)
    with pytest.raises(CredentialsError, match="the login is no longer valid") as caught:
        token_provider.get_token(load(**NONE))
    assert caught.value.findings[0].code == "token-expired"
    assert endpoint.asked == []


def test_login_in_a_file_names_no_secret_in_the_keyring(load: LoadSettings) -> None:
    save(load, refresh_token="r-1", in_keyring="refresh_token")
    assert "in_keyring" not in stored_logins.find_login(load())


def test_storage_says_why_the_keyring_is_not_used_if_it_is_installed(
    load: LoadSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    for is_installed, why in ((True, ", as no keyring backend is available"), (False, "")):
        monkeypatch.setattr(keyring_store, "is_installed", lambda known=is_installed: known)
        save(load, refresh_token="r-1")
        assert stored_logins.describe_storage(load()) == f"credentials.json, mode 0600{why}"
    with pytest.raises(keyring_store.KeyringError, match="is not installed"):
        keyring_store.load_secrets("default")


def test_token_of_a_login_without_an_expiry_is_used_until_it_is_refused(
    endpoint: TokenEndpoint, load: LoadSettings
) -> None:
    endpoint.life = None
    save(load, refresh_token="r-1")
    first = token_provider.get_token(load(**NONE))
    endpoint.life = 60
    token_provider.get_token(load(client_id="you"))
    assert token_provider.get_token(load(**NONE)) == first
    assert len(endpoint.asked) == 2
