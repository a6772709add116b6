"""Credentials that a user's document declares: which are chosen, where they are sent, and what is refused."""

from __future__ import annotations

from base64 import b64encode
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests

from cxcall.contracts.contract import Contract
from cxcall.contracts.operation import Operation
from cxcall.credentials import keyring_store
from cxcall.credentials.access_token import EXPLICIT, KEYRING_SOURCE, LOGIN_SOURCE, Token
from cxcall.credentials.client_selection import advise_on_rejection
from cxcall.credentials.oauth_client import ACCESS_KEY, AUTHORIZATION_CODE, CLIENT_CREDENTIALS
from cxcall.credentials.request_credentials import (
    RequestCredentials,
    describe_places,
    get_credentials,
    stop_without_credentials,
    store_credentials,
)
from cxcall.findings.errors import CredentialsError, RejectedCredentialsError
from cxcall.runtime.secrets.known_secrets import redact
from cxcall.settings.sources import Layer
from helpers.cases import each_case
from helpers.token_endpoint import NONE, TOKEN, LoadSettings, TokenEndpoint
from helpers.vendor_documents import secured_api

pytestmark = pytest.mark.usefixtures("state")

BASIC = {"account": {"type": "http", "scheme": "basic"}}
BEARER = {"token": {"type": "http", "scheme": "bearer"}}
TLS = {"tls": {"type": "mutualTLS"}}
KEY = "k3y-9f8e7d6c5b4a"
PASSWORD = "p4ss-9f8e7d6c5b4a"
SHIPPED = Operation(Contract("shipped", {}, is_shipped=True), "POST", "/x", {})
TOKEN_PLACE = ("header", "Authorization", "Bearer $CXCALL_ACCESS_TOKEN")


def api_key(place: str, name: str = "api_key") -> dict[str, Any]:
    return {name: {"type": "apiKey", "in": place, "name": name}}


def operation(*alternatives: dict[str, Any]) -> Operation:
    return Contract("own", secured_api(*alternatives)).operations[0]


HEADER, QUERY = api_key("header", "X-Key"), api_key("query", "key")


@each_case(
    "alternatives, flags, sent",
    [
        ([{}], {}, None),
        ([HEADER, {}], {}, None),
        ([{}, HEADER], {"api_key": KEY}, {"X-Key": KEY}),
        ([BASIC, HEADER], {"api_key": KEY, "username": "me"}, {"X-Key": KEY}),
        ([{**BEARER, **HEADER}], {"api_key": KEY, "access_token": TOKEN}, {"X-Key": KEY, "Authorization": f"Bearer {TOKEN}"}),
        ([BEARER], {"api_key": KEY, "access_token": TOKEN}, {"Authorization": f"Bearer {TOKEN}"}),
        ([BASIC], {"username": "me", "password": PASSWORD}, {"Authorization": f"Basic {b64encode(f'me:{PASSWORD}'.encode()).decode()}"}),
        ([BASIC], {"username": "me", "password": "p4s"}, {"Authorization": f"Basic {b64encode(b'me:p4s').decode()}"}),
        ([api_key("header", "Authorization")], {"api_key": KEY}, {"Authorization": KEY}),
        ([api_key("header", "Authorization")], {"access_token": TOKEN}, {"Authorization": f"Bearer {TOKEN}"}),
        ([{**QUERY, **HEADER}], {"api_key": "key=a,X-Key=b"}, {"X-Key": "b", "query": "key=a"}),
        ([{**QUERY, **HEADER}], {"api_key": "key=a,x-kEY=b"}, {"X-Key": "b", "query": "key=a"}),
        ([QUERY], {"api_key": "key=a"}, {"query": "key=a"}),
        ([QUERY], {"api_key": "key=a,b"}, {"query": "key=key%3Da%2Cb"}),
        ([QUERY], {"api_key": "key=a,b=c"}, {"query": "key=key%3Da%2Cb%3Dc"}),
        ([api_key("query", "host")], {"api_key": KEY}, {"query": f"host={KEY}"}),
        ([HEADER], {"api_key": "a;b"}, {"X-Key": "a;b"}),
        ([api_key("cookie", "s")], {"api_key": KEY}, {"Cookie": f"s={KEY}"}),
    ],
)  # fmt: skip
def test_credentials_are_sent_where_the_document_says(
    load: LoadSettings, alternatives: list[Any], flags: dict[str, str], sent: dict[str, str] | None
) -> None:
    settings = load(**NONE, **flags)
    declared = operation(*alternatives)
    stop_without_credentials(settings, declared)
    found = get_credentials(settings, declared)
    if found is None:
        assert sent is None
        return
    url = f"{settings.base_url}/calls"
    request = requests.Request("POST", url, auth=found.authorize(settings.base_url)).prepare()
    names = {"Authorization", "Cookie", "X-Key"}
    shown = {name: value for name, value in request.headers.items() if name in names}
    query = urlsplit(request.url or "").query
    assert shown | ({"query": query} if query else {}) == sent
    assert (found.kind, found.scopes) == (EXPLICIT, None)
    assert not [secret for secret in (KEY, PASSWORD, TOKEN) if secret in repr(found)]
    scheme, _, value = shown.get("Authorization", "").partition(" ")
    assert scheme != "Basic" or value not in redact(value)


@each_case(
    "alternatives, flags, words",
    [
        ([HEADER, QUERY], {}, "requires `apiKey in header X-Key` or `apiKey in query key`"),
        ([BASIC], {"username": "me"}, "requires `http basic`"),
        ([BASIC], {"username": "a:b", "password": "x"}, "the user name or the password has a character"),
        ([BASIC], {"username": "me", "password": "x\x01"}, "the user name or the password has a character"),
        ([{**QUERY, **HEADER}], {"api_key": KEY}, "the API requires 2 keys, but only one is set"),
        ([{**QUERY, **HEADER}], {"api_key": "key=,X-Key=b"}, "the API key for query `key` is empty"),
        ([api_key("cookie", "s")], {"api_key": "a;b"}, "the API key for cookie `s` has a character"),
        ([HEADER], {"api_key": "a\nb"}, "the API key for header `X-Key` has a character"),
        ([api_key("cookie", "a=b")], {"api_key": KEY}, "an API key cannot be sent in the cookie `a=b`"),
        ([api_key("header", "hOst")], {"api_key": KEY}, "an API key cannot be sent in the header `hOst`"),
        ([HEADER], {"api_key": KEY, "base_url": None}, "comes only from the document, so no secret is sent to it"),
    ],
)  # fmt: skip
def test_credentials_that_cannot_be_sent_are_refused(
    load: LoadSettings, alternatives: list[Any], flags: dict[str, str | None], words: str
) -> None:
    with pytest.raises(CredentialsError) as caught:
        get_credentials(load(**NONE, **flags), operation(*alternatives))
    found = caught.value.findings[0]
    assert words in found.message
    assert found.where in ("token", "--password", "--api-key")


def test_advice_names_each_setting_once_and_the_host_that_only_the_document_names(
    load: LoadSettings,
) -> None:
    for settings, host in (
        (load(**NONE), ""),
        (load(**NONE, base_url=None), " --base-url https://api.mypurecloud.com"),
    ):
        with pytest.raises(CredentialsError) as caught:
            stop_without_credentials(settings, operation(HEADER, QUERY, TLS))
        assert caught.value.findings[0].fix == (
            f"set `CXCALL_API_KEY`, or run `cxcall auth login --api-key{host}`; or send it with another client: "
            "cxcall does not support `mutualTLS`"
        )


def test_client_without_a_secret_is_reported_before_a_call_is_confirmed(load: LoadSettings) -> None:
    with pytest.raises(CredentialsError, match="`client_secret` is not"):
        stop_without_credentials(load(client_secret=None), SHIPPED)
    stop_without_credentials(load(), SHIPPED)


@each_case(
    "alternatives, flags, words",
    [
        ([BEARER], {"client_secret": "a b"}, "the client secret contains U+0020 at position 2"),
        ([BASIC, BEARER], {"client_secret": "a b"}, "the client secret contains U+0020"),
        ([BEARER], {"client_secret": None}, "`client_secret` is not"),
        ([BASIC], {"client_secret": "a b"}, "requires `http basic`"),
        ([{**BEARER, **HEADER}], {}, "requires `http bearer` with `apiKey in header"),
        ([BEARER], NONE, "requires `http bearer`"),
    ],
)
def test_client_that_cannot_be_used_is_the_reason_for_missing_credentials(
    load: LoadSettings, alternatives: list[Any], flags: dict[str, str | None], words: str
) -> None:
    with pytest.raises(CredentialsError) as caught:
        stop_without_credentials(load(**flags), operation(*alternatives))
    assert words in caught.value.findings[0].message


def test_advice_on_a_missing_token_names_the_settings_of_a_client(load: LoadSettings) -> None:
    with pytest.raises(CredentialsError) as caught:
        stop_without_credentials(load(**NONE), operation(BEARER))
    assert caught.value.findings[0].fix == (
        "set `CXCALL_ACCESS_TOKEN`, or `CXCALL_CLIENT_ID`, `CXCALL_CLIENT_SECRET`, and `CXCALL_TOKEN_URL`,"
        " or run `cxcall auth login --with-token`"
    )


@each_case(
    "alternatives, flags, expected",
    [
        ([{}], {}, []),
        ([], {"access_token": TOKEN}, []),
        ([TLS, HEADER], {}, [("header", "X-Key", "$CXCALL_API_KEY")]),
        ([BASIC], {}, [("user", "Authorization", "$CXCALL_USERNAME:$CXCALL_PASSWORD")]),
        ([BASIC, QUERY], {"api_key": KEY}, [("query", "key", "$CXCALL_API_KEY")]),
        ([HEADER], {"api_key": f"x-key={KEY}"}, [("header", "X-Key", "$CXCALL_API_KEY[X-Key]")]),
        (
            [{**HEADER, **QUERY}],
            {},
            [
                ("header", "X-Key", "$CXCALL_API_KEY[X-Key]"),
                ("query", "key", "$CXCALL_API_KEY[key]"),
            ],
        ),
    ],
)
def test_dry_run_names_the_place_of_each_credential(
    load: LoadSettings, alternatives: list[Any], flags: dict[str, str], expected: list[Any]
) -> None:
    assert describe_places(load(**NONE, **flags), operation(*alternatives)) == expected


def test_public_operation_needs_no_credentials(load: LoadSettings) -> None:
    document = {**secured_api(HEADER), "security": []}
    (public,) = Contract("own", document).operations
    public_in_itself = Operation(
        Contract("own", secured_api(HEADER)), "POST", "/x", {"security": []}
    )
    settings = load(**NONE, access_token=TOKEN, api_key=KEY)
    for each in (public, public_in_itself):
        assert (get_credentials(settings, each), describe_places(settings, each)) == (None, [])
        stop_without_credentials(load(**NONE), each)


def test_operation_without_declared_security_takes_a_token_if_there_is_one(
    load: LoadSettings,
) -> None:
    document = secured_api()
    del document["security"]
    (undeclared,) = Contract("own", document).operations
    settings = load(**NONE)
    stop_without_credentials(settings, undeclared)
    assert get_credentials(settings, undeclared) is None
    assert describe_places(settings, undeclared) == [TOKEN_PLACE]
    with pytest.raises(CredentialsError, match="`client_secret` is not"):
        get_credentials(load(client_secret=None), undeclared)
    settings = load(**NONE, access_token=TOKEN)
    found = get_credentials(settings, undeclared)
    assert isinstance(found, Token)
    assert found.value == TOKEN
    assert describe_places(settings, undeclared) == [TOKEN_PLACE]
    assert describe_places(load(**NONE), SHIPPED) == [TOKEN_PLACE]


def test_dry_run_refuses_what_cannot_be_sent(load: LoadSettings) -> None:
    for declared in (TLS, api_key("header", "host")):
        with pytest.raises(CredentialsError):
            describe_places(load(), operation(declared))


def test_only_a_refused_token_is_replaced(load: LoadSettings, endpoint: TokenEndpoint) -> None:
    settings = load(**NONE, api_key=KEY)
    refused = get_credentials(settings, operation(HEADER))
    with pytest.raises(RejectedCredentialsError, match=r"\(from --api-key\) were refused"):
        get_credentials(settings, operation(HEADER), refused=refused)
    both, settings = operation({**BEARER, **HEADER}), load(api_key=KEY)
    first = get_credentials(settings, both)
    found = [first, get_credentials(settings, both, refused=first)]
    assert [isinstance(each, RequestCredentials) and each.kind for each in found] == 2 * [
        CLIENT_CREDENTIALS
    ]
    assert len(endpoint.asked) == 2
    token = Token(TOKEN, CLIENT_CREDENTIALS, frozenset({"a"}), None, "here")
    assert RequestCredentials("here", token=token).scopes == frozenset({"a"})


def test_secret_is_stored_only_for_a_host_that_the_user_named(load: LoadSettings) -> None:
    with pytest.raises(CredentialsError, match="the secret is empty"):
        store_credentials(load(), "", "")
    with pytest.raises(CredentialsError, match="not known which host"):
        store_credentials(load(base_url=None), "", KEY)
    store_credentials(load(), "me", PASSWORD)
    found = get_credentials(load(), operation(BASIC))
    assert isinstance(found, RequestCredentials)
    assert found.source == LOGIN_SOURCE


def test_damaged_logins_are_the_reason_for_a_missing_password(
    load: LoadSettings, state: Path
) -> None:
    state.mkdir(parents=True)
    (state / "credentials.json").write_text("{", "utf-8")
    (state / "credentials.json").chmod(0o600)
    document = secured_api()
    del document["security"]
    for each in (operation(BASIC), *Contract("own", document).operations):
        for attempt in (stop_without_credentials, get_credentials):
            with pytest.raises(CredentialsError, match=r"`credentials\.json` cannot be read"):
                attempt(load(**NONE), each)


def test_password_in_the_keyring_is_read_when_it_is_sent(
    load: LoadSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept: dict[str, dict[str, str]] = {}
    monkeypatch.setattr(keyring_store, "save_secrets", lambda *each: kept.update([each]))
    store_credentials(load(), "me", PASSWORD)
    stop_without_credentials(load(), operation(BASIC))
    monkeypatch.setattr(keyring_store, "load_secrets", kept.__getitem__)
    found = get_credentials(load(), operation(BASIC))
    assert isinstance(found, RequestCredentials)
    assert found.source == KEYRING_SOURCE
    assert found.headers == {
        "Authorization": f"Basic {b64encode(f'me:{PASSWORD}'.encode()).decode()}"
    }


CACHED = f"{CLIENT_CREDENTIALS} (environment)"


@each_case(
    "credentials, is_new, advice",
    [
        (None, False, "declares no credentials for this operation: correct the document"),
        (RequestCredentials("--api-key"), False, "check that the credentials (from --api-key) are"),
        (Token("t", EXPLICIT, None, None, "--access-token"), False, "replace the access token (from --access-token)"),
        (Token("t", EXPLICIT, None, None, "keyring", Layer.LOGIN), False, "store another token: `cxcall auth login --with-token"),
        (Token("t", AUTHORIZATION_CODE, None, None, CACHED), True, "log in again: `cxcall auth login --web"),
        (Token("t", CLIENT_CREDENTIALS, None, None, "x", Layer.LOGIN), False, "log in again: `cxcall auth login"),
        (Token("t", CLIENT_CREDENTIALS, None, None, CACHED), False, "delete the cached token"),
        (Token("t", CLIENT_CREDENTIALS, None, None, CACHED), True, "check that the OAuth client is active"),
        (Token("t", ACCESS_KEY, None, None, CACHED), True, "check that the access key is active"),
        (RequestCredentials("x", token=Token("t", ACCESS_KEY, None, None, CACHED)), True, "check that the access key is active"),
    ],
)  # fmt: skip
def test_advice_on_refused_credentials_fits_their_source(
    load: LoadSettings, credentials: Any, *, is_new: bool, advice: str
) -> None:
    assert advice in advise_on_rejection(load(), credentials, is_new=is_new)
