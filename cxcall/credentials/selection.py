"""Which credentials are used: a given token, an access key, an OAuth client, or what a login kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cxcall.credentials import store
from cxcall.credentials.oauth_client import (
    ACCESS_KEY,
    AUTHORIZATION_CODE,
    CLIENT_CREDENTIALS,
    Client,
    build_client,
    check_id,
    check_secret,
    credentials_error,
)
from cxcall.credentials.store import EXPLICIT, KEYRING_SOURCE, LOGIN_SOURCE, Token
from cxcall.findings.finding import Finding, Severity
from cxcall.settings import tenants
from cxcall.settings.settings import CXONE
from cxcall.transport.urls import host_of, is_loopback_url

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cxcall.findings.errors import CredentialsError
    from cxcall.settings.private_file import StoredRecord
    from cxcall.settings.settings import Settings

_PAIRS = {
    ACCESS_KEY: ("access_key_id", "access_key_secret"),
    CLIENT_CREDENTIALS: ("client_id", "client_secret"),
}
_DERIVED = ("from base_url", "from issuer", "not set", tenants.DISCOVERY_SOURCE)


def find_explicit_token(settings: Settings) -> Token | None:
    """Return the token that was given, by a setting or by a login; raises CredentialsError for no token."""
    value, source = settings.access_token, settings.values["access_token"].source
    if not value:
        kept = store.find_login(settings)
        source = store.login_source(kept)
        if "access_token" in store.keyring_secret_names(kept):
            kept = store.load_keyring_secrets(settings, kept)
        value = str(kept.get("access_token", ""))
    if not value:
        return None
    return Token(check_secret("access token", value, source), EXPLICIT, None, None, source)


def rejected_token_error(settings: Settings, token: Token) -> CredentialsError:
    """Return the error for a given token that the API refused."""
    return credentials_error(
        f"the access token (from {token.source}) was refused, and a given one cannot be renewed",
        settings.login_command()
        if token.source in (LOGIN_SOURCE, KEYRING_SOURCE)
        else f"put a new one there, or unset it and {settings.login_command()}",
        code="token-expired",
    )


def grant_kind(settings: Settings) -> str:
    """Return how the platform hands out tokens to programs; a sandbox knows its client for every platform."""
    is_sandbox = is_loopback_url(settings.token_url) and settings.token_url.endswith("/oauth/token")
    return ACCESS_KEY if settings.platform == CXONE and not is_sandbox else CLIENT_CREDENTIALS


def select_client(settings: Settings, *, unlock: bool = False) -> Client:
    """Return who asks for tokens: who is set, else who a login kept; raises CredentialsError for nobody.

    A person's login goes before the secret of the same client: it can do what that can, and more.
    What the keyring holds is left there unless `unlock` asks for it.
    """
    kept, kind = store.find_login(settings), grant_kind(settings)
    if _is_used(settings, kept):
        return _of_login(store.load_keyring_secrets(settings, kept) if unlock else kept)
    known, secret = (settings.values[name] for name in _PAIRS[kind])
    if not (known.value and secret.value):
        raise _missing(settings, kind)
    return client_from_pair(settings, (known.value, secret.value), (known.source, secret.source))


def client_from_pair(settings: Settings, pair: tuple[str, str], sources: tuple[str, str]) -> Client:
    """Return the client of an ID and a secret of the platform's kind; raises CredentialsError for none."""
    kind = grant_kind(settings)
    client = build_client(pair, sources, require_token_url(settings), kind)
    if kind != ACCESS_KEY:
        return client
    if bool(settings.client_id) != bool(settings.client_secret):
        raise _incomplete_pair(settings, "client_id", "client_secret")
    return client._replace(app=(settings.client_id, settings.client_secret))


def browser_client(settings: Settings) -> Client:
    """Return the client that a person logs in by; raises CredentialsError for none."""
    known, secret = settings.values["client_id"], settings.client_secret
    return Client(
        check_id("client ID", known.value, known.source),
        check_secret("client secret", secret, LOGIN_SOURCE) if secret else "",
        LOGIN_SOURCE,
        require_token_url(settings),
        AUTHORIZATION_CODE,
    )


def require_token_url(settings: Settings) -> str:
    """Return where tokens are handed out; raises CredentialsError when nothing says so."""
    if settings.token_url:
        return settings.token_url
    if settings.platform == CXONE:
        raise credentials_error(
            "nothing says which area the access key is for",
            "set `CXCALL_REGION`, or `region` in the profile, to `na1`, `eu1`, `au1` or another; "
            "or `CXCALL_TOKEN_URL`",
            "a key is sent to no guessed place",
        )
    raise credentials_error(
        f"nothing says where tokens for `{host_of(settings.base_url)}` are handed out",
        "set `CXCALL_TOKEN_URL`, or `token_url` in the profile",
    )


def find_unused_credentials(settings: Settings) -> Iterator[Finding]:
    """Yield a warning when what a login kept, and what is set, are not the same."""
    kept = store.find_login(settings)
    token = settings.values["access_token"]
    secret = settings.values[_PAIRS[grant_kind(settings)][1]]
    if not kept or not (token.value or secret.value):
        return
    if not token.value and kept.get("kind") == AUTHORIZATION_CODE and _is_used(settings, kept):
        return
    used, other = (token if token.value else secret).source, store.login_source(kept)
    is_token = store.describe_secret(kept) == "access token"
    if not token.value and is_token:
        used, other = other, used
    noun = "access key" if grant_kind(settings) == ACCESS_KEY else "client secret"
    yield Finding(
        Severity.WARNING,
        "credential",
        "token",
        f"the {'access token' if token.value or is_token else noun} "
        f"from {used} is used, and not what is set by {other}",
        "unset the one, or `cxcall auth logout` the other",
    )


def _is_used(settings: Settings, kept: StoredRecord) -> bool:
    """Tell whether a kept login is for this endpoint, and nothing that is set goes before it."""
    is_derived = settings.values["token_url"].source in _DERIVED
    if not kept.get("token_url") or not (is_derived or kept["token_url"] == settings.token_url):
        return False
    kind = kept.get("kind", CLIENT_CREDENTIALS)
    if kind == AUTHORIZATION_CODE:
        is_same = settings.client_id in ("", kept.get("client_id"))
        return is_same and not settings.access_key_secret
    known, secret = (settings.values[name].value for name in _PAIRS[kind])
    return not secret and known in ("", kept.get(_PAIRS[kind][0]))


def _of_login(kept: StoredRecord) -> Client:
    """Return the client that a login kept; raises CredentialsError when the file is damaged."""
    kind, url = str(kept.get("kind", CLIENT_CREDENTIALS)), str(kept["token_url"])
    texts = {name: str(value) for name, value in kept.items()}
    source, locked = store.login_source(kept), store.keyring_secret_names(kept)
    app = texts.get("client_id", ""), texts.get("client_secret", "")
    if kind == AUTHORIZATION_CODE:
        known = check_id("client ID", app[0], source)
        refresh = texts.get("refresh_token", "")
        return Client(known, app[1], source, url, kind, refresh=refresh, locked=locked)
    pair = texts.get(_PAIRS[kind][0], ""), texts.get(_PAIRS[kind][1], "")
    if locked:
        client = Client(check_id("ID", pair[0], source), "", source, url, kind, locked=locked)
    else:
        client = build_client(pair, (source, source), url, kind)
    return client._replace(app=app) if kind == ACCESS_KEY else client


def _missing(settings: Settings, kind: str) -> CredentialsError:
    first, second = _PAIRS[kind]
    for half, other in ((first, second), (second, first)):
        if settings.values[half].value:
            return _incomplete_pair(settings, half, other)
    is_client = kind == ACCESS_KEY and settings.client_id and settings.client_secret
    return credentials_error(
        f"there are no credentials for `{host_of(settings.base_url)}`",
        f"{settings.login_command()}, or set `CXCALL_{first.upper()}` and `CXCALL_{second.upper()}`",
        "NICE CXone has no client-credentials grant: an application presents a user's access key"
        if is_client
        else _elsewhere(settings),
        code="token-missing",
    )


def _incomplete_pair(settings: Settings, half: str, other: str) -> CredentialsError:
    if not settings.values[half].value:
        half, other = other, half
    return credentials_error(
        f"`{half}` is set (from {settings.values[half].source}), and `{other}` is not",
        f"set `CXCALL_{other.upper()}`, or {settings.login_command()}",
        _elsewhere(settings),
        code="token-missing",
    )


def _elsewhere(settings: Settings) -> str:
    hosts = store.login_hosts(settings)
    return f"profile `{settings.profile}` is logged in to {', '.join(hosts)} only" if hosts else ""
