"""The client that the settings and the stored login name, and why others cannot be used."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cxcall.contracts.contract import Contract, find_platform_contract, load_operation
from cxcall.contracts.operation import Operation
from cxcall.credentials import keyring_store, stored_logins, tenant_discovery
from cxcall.credentials.access_token import LOGIN_SOURCE, Token
from cxcall.credentials.client_selection import (
    browser_client,
    find_unused_credentials,
    select_client,
)
from cxcall.credentials.oauth_client import ACCESS_KEY, AUTHORIZATION_CODE, OAuthClient
from cxcall.credentials.status import get_status
from cxcall.credentials.token_provider import check_token_kind, get_token, has_token_source
from cxcall.findings import finding
from cxcall.findings.errors import CredentialsError
from cxcall.findings.finding import Finding, Severity
from cxcall.settings import settings as config
from cxcall.settings.addresses import Tenant
from helpers.cases import each_case
from helpers.token_endpoint import NONE, SECRET, LoadSettings, TokenEndpoint

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.usefixtures("state")

URL = "https://cxone.example.com/token"
KEY = {"kind": ACCESS_KEY, "token_url": URL, "access_key_id": "key", "access_key_secret": "s"}
LOGIN = {"kind": AUTHORIZATION_CODE, "client_id": "me", "refresh_token": "r"}


def cxone(**flags: str) -> config.Settings:
    given = {"platform": "nice-cxone", "base_url": "https://api.example.com", "token_url": URL}
    return config.load_settings({**given, **flags}, find_platform_contract("nice-cxone"))


def reason(settings: config.Settings) -> str:
    with pytest.raises(CredentialsError) as caught:
        select_client(settings)
    return caught.value.findings[0].why


def test_access_key_of_a_login_keeps_its_application() -> None:
    stored_logins.save_login(cxone(), {**KEY, "client_id": "app", "client_secret": "word"})
    client = select_client(cxone())
    assert (client.client_id, client.secret, client.application) == ("key", "s", ("app", "word"))
    stored_logins.save_login(cxone(), KEY)
    assert select_client(cxone()).application == ("", "")


def test_secret_in_the_settings_replaces_a_login(load: LoadSettings) -> None:
    login = {"client_id": "me", "client_secret": "old", "token_url": load().token_url}
    stored_logins.save_login(load(), login)
    assert select_client(load()).secret == SECRET
    assert select_client(load(**NONE)).secret == "old"
    stored_logins.save_login(cxone(), KEY)
    (found,) = find_unused_credentials(cxone(access_key_secret="other"))
    assert found.message.startswith("the access key from --access-key-secret is used")


def test_browser_login_is_used_with_its_refresh_token(load: LoadSettings) -> None:
    stored_logins.save_login(load(), {**LOGIN, "token_url": load().token_url})
    client = select_client(load())
    assert (client.kind, client.refresh_token) == (AUTHORIZATION_CODE, "r")
    assert browser_client(load()).secret == SECRET
    assert browser_client(load(client_secret=None)).secret == ""


def test_missing_credentials_name_what_there_is(load: LoadSettings) -> None:
    settings = load(**NONE)
    assert reason(settings) == ""
    config.config_dir().mkdir()
    (config.config_dir() / "config.toml").write_text("[profiles.eu]\n[profiles.us]\n", "utf-8")
    assert reason(settings) == "no profile is selected; `--profile` selects `eu` or `us`"
    assert reason(load(**NONE, profile="default")) == ""
    settings = load(**NONE, token_url="https://login.example.com/token")
    for login, owner in (
        ({"kind": "basic", "username": "ann"}, "password of `ann`"),
        (KEY, f"access key of `key` for {URL}"),
    ):
        stored_logins.save_login(settings, login)
        assert reason(settings) == f"the stored login for this host is the {owner}"
    with pytest.raises(CredentialsError) as caught:
        select_client(settings, operation=load_operation("place-call"))
    assert "auth login --web" in caught.value.findings[0].fix
    assert "`place-call` acts as a user" in caught.value.findings[0].fix


@each_case(
    "client, login",
    [
        (OAuthClient("me", "s", "", URL), {"token_url": URL, "kind": "client-credentials", "client_id": "me", "client_secret": "s"}),
        (OAuthClient("key", "s", "", URL, ACCESS_KEY), KEY),
        (OAuthClient("key", "s", "", URL, ACCESS_KEY, ("app", "word")), {**KEY, "client_id": "app", "client_secret": "word"}),
        (OAuthClient("me", "", "", URL, AUTHORIZATION_CODE, refresh_token="r"), {**LOGIN, "token_url": URL}),
    ],
)  # fmt: skip
def test_login_of_a_client_has_only_what_is_set(client: OAuthClient, login: dict[str, str]) -> None:
    assert client.as_login() == login


@each_case(
    "names, has_secret, is_renewable",
    [
        ((), False, False),
        (("client_secret",), True, False),
        (("refresh_token",), False, True),
    ],
)
def test_secret_in_the_keyring_counts_without_being_read(
    names: tuple[str, ...], *, has_secret: bool, is_renewable: bool
) -> None:
    client = OAuthClient("me", "", LOGIN_SOURCE, URL, AUTHORIZATION_CODE, keyring_secrets=names)
    assert (client.has_secret, client.is_renewable) == (has_secret, is_renewable)


def rows(settings: config.Settings) -> dict[str, tuple[str, str]]:
    return {name: (value, source) for name, value, source in get_status(settings).rows()}


def test_status_names_the_source_of_each_part_of_an_access_key() -> None:
    key = {"access_key_id": "key", "access_key_secret": "word"}
    own = rows(cxone(**key, client_id="app", client_secret="word-2"))
    assert own["access_key_id"] == ("key", "--access-key-id")
    assert own["application"] == ("app", "--client-id")
    assert "application" not in rows(cxone(**key))
    assert "renewed" not in own
    stored_logins.save_login(cxone(), {**KEY, "client_id": "app", "client_secret": "word"})
    stored = rows(cxone())
    for name, value in (
        ("access_key_id", "key"),
        ("access_key_secret", "****"),
        ("application", "app"),
    ):
        assert stored[name] == (value, LOGIN_SOURCE)


def test_status_says_how_a_browser_login_is_renewed(load: LoadSettings) -> None:
    login = {**LOGIN, "token_url": load().token_url}
    for refresh_token, how in (("r", "automatically"), ("", "only by a new login")):
        stored_logins.save_login(load(), {**login, "refresh_token": refresh_token})
        assert rows(load())["renewed"][0].startswith(how)
        assert get_status(load()).as_dict()["renewable"] is bool(refresh_token)


def test_status_repeats_no_finding_about_an_address_of_env(load: LoadSettings) -> None:
    choice = Finding.error("credential", ".env:1", "`.env` would send it elsewhere")
    for settings, expected in (
        (load(**NONE), ["error token-missing", "warning credential"]),
        (load(), ["error credential"]),
    ):
        settings.untrusted = (choice,)
        assert [
            f"{each.severity} {each.code}" for each in get_status(settings).findings
        ] == expected
    settings = load()
    settings.untrusted = settings.conflicts = (choice,)
    assert len(get_status(settings).findings) == 1
    assert not get_status(settings).is_usable
    stored_logins.save_login(load(), {"access_token": "t0ken"})
    settings = load(**NONE)
    settings.untrusted = (choice,)
    assert [str(each.severity) for each in get_status(settings).findings] == ["error"]
    settings.conflicts = (choice._replace(severity=Severity.WARNING),)
    assert [str(each.severity) for each in get_status(settings).findings] == ["warning", "error"]
    assert not get_status(settings).is_usable


@each_case(
    "lines, message",
    [
        (["CXCALL_ACCESS_TOKEN=another"], "the access token from .env:1 CXCALL_ACCESS_TOKEN is used"),
        (["CXCALL_CLIENT_ID=me", "CXCALL_CLIENT_SECRET=word"], "the client secret from .env:2 CXCALL_CLIENT_SECRET is used"),
    ],
)  # fmt: skip
@pytest.mark.usefixtures("endpoint")
def test_secret_of_env_in_place_of_a_login_is_noticed(
    load: LoadSettings,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    lines: list[str],
    message: str,
) -> None:
    monkeypatch.setattr(finding, "_of_run", {})
    login = {"client_id": "me", "client_secret": "old", "token_url": load().token_url}
    stored_logins.save_login(load(), login)
    (tmp_path / ".env").write_text("\n".join(lines), "utf-8")
    get_token(load(**NONE))
    notices = [each.message for each in finding.with_notices(())]
    assert [each.startswith(message) for each in notices].count(True) == 1, notices


def test_source_of_a_token_is_found_without_a_request(
    load: LoadSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    flags: list[dict[str, str | None]] = [{}, {**NONE, "access_token": "t"}, {**NONE}]
    assert [has_token_source(load(**each)) for each in flags] == [True, True, False]
    monkeypatch.setattr(keyring_store, "save_secrets", lambda *_: None)
    stored_logins.save_login(load(), {"access_token": "in-the-keyring"})
    assert has_token_source(load(**NONE))
    assert stored_logins.describe_secret(stored_logins.find_login(load())) == "access token"


def test_status_of_a_secret_of_env_has_no_warning_about_an_address_of_env(
    load: LoadSettings, tmp_path: Path
) -> None:
    (tmp_path / ".env").write_text("CXCALL_CLIENT_ID=me\nCXCALL_CLIENT_SECRET=word", "utf-8")
    settings = load(**NONE)
    settings.untrusted = (Finding.error("credential", ".env:3", "`.env` would send it elsewhere"),)
    assert get_status(settings).findings == ()


def test_status_of_a_password_or_a_key_needs_no_token(load: LoadSettings) -> None:
    for flags, is_usable in (
        ({"username": "me"}, False),
        ({"username": "me", "password": "p"}, True),
    ):
        found = get_status(load(**NONE, **flags))
        assert (found.is_usable, bool(found.findings)) == (is_usable, not is_usable)
        assert ("username", "me", "--username") in found.rows()
        assert ("password", "****", "--password") in found.rows() or not is_usable


@each_case(
    "name, kind, code, fix",
    [
        ("place-call", "client-credentials", "token-user-context", "log in as a user: `cxcall auth login --web`; or run `cxcall call` with `--as USER`, which accepts this token"),
        ("place-call", AUTHORIZATION_CODE, "", ""),
        ("place-call", "given", "", ""),
        ("cxone-start-session", "client-credentials", "token-user-context", "set `CXCALL_ACCESS_KEY_ID` and `CXCALL_ACCESS_KEY_SECRET`; or log in as a user: `cxcall auth login --web`"),
    ],
)  # fmt: skip
def test_token_of_the_wrong_kind_is_found(
    load: LoadSettings, name: str, kind: str, code: str, fix: str
) -> None:
    token = Token("t", kind, None, None, "test")
    found = check_token_kind(load(**NONE), token, load_operation(name))
    assert (found.code if found else "", found.fix if found else "") == (code, fix)


def test_login_that_a_client_secret_would_hide_names_the_secret(load: LoadSettings) -> None:
    settings = load(client_id="c", client_secret="s")
    token = Token("t", "client-credentials", None, None, "test")
    found = check_token_kind(settings, token, load_operation("place-call"))
    assert found is not None
    assert "--web`, and leave out the client secret from --client-secret; or run" in found.fix


def test_token_without_a_user_is_not_called_that_of_no_user(load: LoadSettings) -> None:
    declared = {"operationId": "op", "x-cxcall-token": ["client-credentials"]}
    own = Operation(Contract("own", {}), "POST", "/x", declared)
    found = check_token_kind(load(), Token("t", ACCESS_KEY, None, None, "test"), own)
    assert found is not None
    assert (found.code, found.fix, found.why) == ("token-grant", "run `cxcall auth login`", "")


def test_tenant_on_the_host_of_its_area_is_no_mismatch(
    endpoint: TokenEndpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = config.load_settings(
        {
            "platform": "nice-cxone",
            "region": "na1",
            "token_url": endpoint.base_url,
            "access_key_id": "key",
            "access_key_secret": "word",
        },
        find_platform_contract("nice-cxone"),
    )
    assert settings.base_url_from_tenant
    host = "https://api-na1.niceincontact.com"
    for api, is_same in ((host, True), ("https://api-b32.nice-incontact.com", False)):
        tenant = Tenant(api, settings.token_url, "t-1")
        monkeypatch.setattr(tenant_discovery, "discover_tenant", lambda *_, known=tenant: known)
        if is_same:
            assert get_token(settings).kind == ACCESS_KEY
        else:
            with pytest.raises(CredentialsError, match="not at `https://api-na1"):
                get_token(settings)
