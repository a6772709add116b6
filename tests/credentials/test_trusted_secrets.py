"""A secret from another source is not used if `.env` decides the destination, wherever the secret is stored."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from cxcall.contracts.contract import load_operation, load_shipped_contracts
from cxcall.credentials import (
    client_selection,
    login_and_logout,
    stored_logins,
    token_cache,
    token_provider,
)
from cxcall.credentials.access_token import Token
from cxcall.credentials.oauth_client import AUTHORIZATION_CODE, OAuthClient, TokenGrant
from cxcall.credentials.request_credentials import (
    Credentials,
    RequestCredentials,
    get_credentials,
    store_credentials,
)
from cxcall.findings.errors import CredentialsError
from cxcall.findings.finding import Finding
from cxcall.runtime.secrets.known_secrets import redact
from cxcall.settings.settings import Settings, load_settings
from cxcall.settings.sources import Layer, Setting
from cxcall.transport import exchange
from helpers.calling_api import document
from helpers.cases import each_case

CHOICE = Finding.error("credential", ".env:1", "`.env` would send it elsewhere")


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Return settings whose destination comes from `.env`."""
    for name in ("STATE", "CONFIG"):
        monkeypatch.setenv(f"CXCALL_{name}_DIR", str(tmp_path / name.lower()))
    monkeypatch.chdir(tmp_path)
    loaded = load_settings({}, load_shipped_contracts()[0])
    loaded.untrusted = (CHOICE,)
    return loaded


def test_token_of_a_login_is_not_returned(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = Token("a-token", "given", None, None, "a login", Layer.LOGIN)
    monkeypatch.setattr(client_selection, "find_explicit_token", lambda _settings: token)
    with pytest.raises(CredentialsError, match="elsewhere"):
        token_provider.get_token(settings)


def test_client_of_a_login_gets_no_token(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = CLIENT._replace(kind=AUTHORIZATION_CODE, layer=Layer.LOGIN)
    monkeypatch.setattr(client_selection, "select_client", lambda *_, **__: client)
    requested: list[OAuthClient] = []
    cached = Token("cached", "authorization-code", None, None, "a login", Layer.LOGIN)
    monkeypatch.setattr(token_cache, "find_cached_token", lambda *_: cached)
    monkeypatch.setattr(token_cache, "fetch_token", lambda _settings, each: requested.append(each))
    for refused in (None, cached):
        with pytest.raises(CredentialsError, match="elsewhere"):
            token_provider.get_token(settings, refused=refused)
    assert requested == []


@each_case(
    "log_in, is_conflict",
    [
        (lambda settings: login_and_logout.store_login(settings, "id", "secret"), False),
        (lambda settings: login_and_logout.store_login(settings, "id", "secret"), True),
        (lambda settings: login_and_logout.log_in_with_browser(settings, print, port=0), False),
        (lambda settings: login_and_logout.log_in_with_browser(settings, print, port=0), True),
        (lambda settings: login_and_logout.log_in_with_token(settings, "a-token"), False),
        (lambda settings: store_credentials(settings, "", "an-api-key"), False),
    ],
)
def test_login_does_not_send_or_store_a_secret(
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    log_in: Callable[[Settings], object],
    *,
    is_conflict: bool,
) -> None:
    here = {"base_url": Setting("https://api.example.com", "test")}
    settings = settings.with_values(**here)
    settings.untrusted, settings.conflicts = ((), (CHOICE,)) if is_conflict else ((CHOICE,), ())
    saved: list[object] = []
    monkeypatch.setattr(exchange, "exchange", lambda *_, **__: saved.append("sent"))
    monkeypatch.setattr(stored_logins, "save_login", lambda *each: saved.append(each))
    with pytest.raises(CredentialsError, match="elsewhere"):
        log_in(settings)
    assert saved == []


@each_case("layer", Layer)
def test_secret_is_used_with_choices_of_env_only_from_env(settings: Settings, layer: Layer) -> None:
    if layer in (Layer.DOTENV, Layer.VENDOR_DOTENV):
        token_provider.check_trust(settings, layer)
    else:
        with pytest.raises(CredentialsError, match="elsewhere"):
            token_provider.check_trust(settings, layer)


@pytest.mark.parametrize(
    ("scopes", "is_enough"),
    [
        ({"a", "b"}, True),
        ({"a"}, False),
        ({"b:readonly"}, False),
        ({"c"}, True),
        (set(), False),
        (None, True),
        ({"a", "b:readonly"}, True),
    ],
)
def test_scopes_of_one_alternative_must_all_be_there(
    scopes: set[str] | None, *, is_enough: bool
) -> None:
    token = Token("t", "given", None if scopes is None else frozenset(scopes), None, "test")
    needed = (frozenset({"a", "b:readonly"}), frozenset({"c"}))
    operation: Any = SimpleNamespace(scopes=needed, name="call", source="contract own")
    found = token_provider.check_scopes(token, operation)
    assert (found is None) is is_enough
    if found:
        listed = ", ".join(f"`{each}`" for each in sorted(scopes or ())) or "none"
        assert found.why == f"it has {listed}"


def at(host: str) -> Settings:
    """Return the settings of a host, whose token endpoint is the same for all."""
    flags = {"base_url": f"https://{host}/api"}
    loaded = load_settings(flags, load_shipped_contracts()[0])
    return loaded.with_values(token_url=Setting("https://login.example.com/oauth/token", "test"))


@pytest.mark.usefixtures("settings")
def test_login_belongs_to_one_host_and_profile(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.fail.Keyring")
    here = at("a.example.com")
    stored_logins.save_login(here, {"client_id": "id", "client_secret": "secret"})
    assert stored_logins.find_login(here)["client_secret"] == "secret"
    other_version = here.with_values(base_url=Setting("https://a.example.com/v2", "test"))
    assert stored_logins.find_login(other_version) == stored_logins.find_login(here)
    assert stored_logins.find_login(at("b.example.com")) == {}
    here.is_embedded = True
    assert stored_logins.find_login(here) == {}


CLIENT = OAuthClient("id", "secret", "environment", "https://login.example.com/oauth/token")


@pytest.mark.parametrize(
    "change",
    [
        {"secret": "other"},
        {"application": ("app", "one")},
        {"client_id": "other"},
        {"kind": "access-key"},
        {"token_url": "https://other.example.com/oauth/token"},
        {"layer": Layer.LOGIN},
    ],
)
@pytest.mark.usefixtures("settings")
def test_cached_token_belongs_to_whoever_has_its_secret(change: dict[str, Any]) -> None:
    here, grant = at("a.example.com"), TokenGrant("t" * 20, None, time.time(), time.time() + 3600)
    token_cache.cache_token(here, CLIENT, grant)
    found = token_cache.find_cached_token(here, CLIENT)
    assert found is not None
    assert found.value == grant.value
    assert token_cache.find_cached_token(here, CLIENT._replace(**change)) is None


@pytest.mark.usefixtures("settings")
def test_cached_token_of_a_login_belongs_to_its_host() -> None:
    here, client = at("a.example.com"), CLIENT._replace(layer=Layer.LOGIN, secret="")
    grant = TokenGrant("t" * 20, None, time.time(), time.time() + 3600)
    token_cache.cache_token(here, client, grant)
    assert token_cache.find_cached_token(here, client) is not None
    assert token_cache.find_cached_token(at("b.example.com"), client) is None
    assert token_cache.find_cached_token(here, client._replace(client_id="other")) is None


@pytest.mark.parametrize(
    ("issued", "expires", "is_usable"),
    [
        (-100, 500, True),
        (-3600, 59, False),
        (-3600, 90, True),
        (-100, 10, False),
        (-100, 30, True),
        (60, 3600, False),
        (-100, -1, False),
        (-100, None, False),
    ],
)
@pytest.mark.usefixtures("settings")
def test_cached_token_is_used_until_shortly_before_it_expires(
    issued: float, expires: float | None, *, is_usable: bool
) -> None:
    here, now = at("a.example.com"), time.time()
    grant = TokenGrant("t" * 20, None, now + issued, None if expires is None else now + expires)
    token_cache.cache_token(here, CLIENT, grant)
    assert (token_cache.find_cached_token(here, CLIENT) is not None) is is_usable


def credentials_of(scheme: dict[str, str], secrets: dict[str, str]) -> Credentials | None:
    """Return the credentials of a request whose document declares one way to authorize it."""
    own = document("3.1.0", security=[{"own": []}])
    own["components"] = {"securitySchemes": {"own": scheme}}
    Path("own.json").write_text(json.dumps(own), "utf-8")
    operation = load_operation("callPerson", "own.json")
    flags = {"base_url": "https://a.example.com", "contract": "own.json"}
    values = {name: Setting(text, "environment") for name, text in secrets.items()}
    here = load_settings(flags, operation.contract).with_values(**values)
    return get_credentials(here, operation)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("scheme", "secrets"),
    [
        ({"type": "http", "scheme": "basic"}, {"username": "ada", "password": "pass-of-{}"}),
        ({"type": "apiKey", "in": "header", "name": "X-Key"}, {"api_key": "key-of-{}"}),
        ({"type": "apiKey", "in": "query", "name": "key"}, {"api_key": "query-key-of-{}"}),
        ({"type": "apiKey", "in": "cookie", "name": "key"}, {"api_key": "cookie-key-of-{}"}),
    ],
)
@pytest.mark.usefixtures("settings")
def test_credentials_of_a_document_are_masked_from_then_on(
    tmp_path: Path, scheme: dict[str, str], secrets: dict[str, str]
) -> None:
    texts = {name: text.format(tmp_path.name) for name, text in secrets.items()}
    credentials = credentials_of(scheme, texts)
    *_, secret = texts.values()
    assert isinstance(credentials, RequestCredentials)
    assert secret not in repr(credentials)
    assert secret not in redact(f"the server returned {secret}")


@pytest.mark.parametrize("key", ["a; b=c", "a,b", 'a"b', "a b", "a\nb", "a\\b"])
@pytest.mark.usefixtures("settings")
def test_key_that_would_become_several_cookies_is_not_sent(key: str) -> None:
    scheme = {"type": "apiKey", "in": "cookie", "name": "key"}
    with pytest.raises(CredentialsError, match="cannot be sent"):
        credentials_of(scheme, {"api_key": key})
