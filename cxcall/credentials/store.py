"""What is kept on this machine, for its owner alone: logins, and tokens in use."""

from __future__ import annotations

import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, NamedTuple

from cxcall.credentials import keyring_store
from cxcall.credentials.oauth_client import (
    ACCESS_KEY,
    AUTHORIZATION_CODE,
    CLIENT_CREDENTIALS,
    Client,
    TokenGrant,
    check_secret,
    credentials_error,
)
from cxcall.findings.errors import CredentialsError
from cxcall.runtime.redaction import redacted_repr
from cxcall.settings import tenants
from cxcall.settings.private_file import PrivateFile, StoredRecord, UnwritableError
from cxcall.settings.settings import state_dir
from cxcall.transport.urls import host_url

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cxcall.settings.settings import Settings

EXPLICIT = "given"
LOGIN_SOURCE = "cxcall auth login (credentials.json)"
KEYRING_SOURCE = "cxcall auth login (keyring)"
SECRET_FIELDS = ("client_secret", "access_key_secret", "access_token", "refresh_token")
_LOCKED = "in_keyring"
_WHY = "not_in_keyring"
_MARGIN = 60.0
_MARGIN_SHARE = 0.1
_EXCHANGES = 2
"""How many exchanges one holder of the lock may need: a token, and where its tenant is."""


class Token(NamedTuple):
    """An access token; `scopes` and `expires_at` (seconds since 1970) are None when not known.

    `kind` says how it was got, in the words of `Operation.token_kinds`: `client-credentials`,
    `access-key`, `authorization-code`; or `given`, which tells nothing of it.
    """

    value: str
    kind: str
    scopes: frozenset[str] | None
    expires_at: float | None
    source: str

    def __repr__(self) -> str:
        return redacted_repr(self, "value")


def find_login(settings: Settings) -> StoredRecord:
    """Return what a login kept for the profile and its host; empty when there is none.

    It is bound to its host: no flag and no `.env` can have a kept secret sent to another. Raises
    UsageError when others can read the file.
    """
    if settings.is_embedded:
        return {}
    return next(iter(_logins().find(_login_key(settings))), {})


def login_hosts(settings: Settings) -> list[str]:
    """Return the addresses that the profile is logged in to."""
    records = _logins().find({"profile": settings.profile})
    return sorted({str(record.get("base_url", "")) for record in records})


def save_login(settings: Settings, login: StoredRecord) -> None:
    """Keep a login for the profile and its host, in place of an earlier one; raises UnwritableError.

    Its secrets go into the keyring where one is installed and takes them, else beside it.
    """
    key = _login_key(settings)
    secrets = {name: str(login[name]) for name in SECRET_FIELDS if name in login}
    record = {name: value for name, value in login.items() if name not in (_LOCKED, _WHY)}
    if keyring_store.is_installed():
        try:
            keyring_store.save_secrets(_account(key), secrets)
        except keyring_store.KeyringError as error:
            record[_WHY] = str(error)
        else:
            record = {name: value for name, value in record.items() if name not in secrets}
            record[_LOCKED] = sorted(secrets)
    _logins().put(record, key)


def load_keyring_secrets(settings: Settings, login: StoredRecord) -> StoredRecord:
    """Return a login with what the keyring holds of it; raises CredentialsError when that is not to be had."""
    if not login.get(_LOCKED):
        return login
    try:
        return {**login, **keyring_store.load_secrets(_account(login)), _LOCKED: []}
    except keyring_store.KeyringError as error:
        raise credentials_error(
            str(error),
            f"unlock it, or {settings.login_command()} again: what it does not take goes into a file",
            f"it holds the {describe_secret(login)} of profile `{login.get('profile')}`",
        ) from None


def keyring_secret_names(login: StoredRecord) -> tuple[str, ...]:
    """Return the names of a login's secrets that are in the keyring."""
    names = login.get(_LOCKED)
    return tuple(map(str, names)) if isinstance(names, list) else ()


def login_source(login: StoredRecord) -> str:
    """Say where a login's secrets are kept."""
    return KEYRING_SOURCE if keyring_secret_names(login) else LOGIN_SOURCE


def describe_storage(settings: Settings) -> str:
    """Say where the secrets of the profile's login are, and why not in the keyring; empty without one."""
    login = find_login(settings)
    if not login:
        return ""
    if keyring_secret_names(login):
        return "the system's keyring"
    why = login.get(_WHY)
    return f"credentials.json, mode 0600{f', as {why}' if why else ''}"


def find_cached_token(settings: Settings, client: Client) -> Token | None:
    """Return the token in use for a client, unless it expires within a minute or a tenth of its life."""
    for record in _tokens().find(_token_key(settings, client)):
        with suppress(CredentialsError, KeyError, TypeError, ValueError, OverflowError):
            if _is_good(record):
                scopes = record["scopes"]
                grant = TokenGrant(
                    check_secret("access token", str(record["value"]), "tokens.json"),
                    None if scopes is None else frozenset(map(str, scopes)),
                    record["issued_at"],
                    record["expires_at"],
                )
                return _token(grant, client)
    return None


def fetch_token(settings: Settings, client: Client) -> Token:
    """Fetch a token in place of the one in use, and keep it.

    Raises as `grant.fetch` does; CredentialsError when a person must log in again, or when the
    tenant is found elsewhere than where the request would go.
    """
    from cxcall.credentials.token_request import request_grant

    if settings.is_embedded:
        return _token(request_grant(client, settings.timeout), client)
    if client.kind == AUTHORIZATION_CODE and not client.refresh:
        raise credentials_error(
            "the login has ended",
            settings.login_command("--web"),
            f"`{client.host}` gave no refresh token with it",
            code="token-expired",
        )
    with suppress(UnwritableError):
        _tokens().remove(_token_key(settings, client))
    grant = request_grant(client, settings.timeout)
    if client.kind == AUTHORIZATION_CODE and grant.refresh not in ("", client.refresh):
        # The old one may be worth nothing now: should this one be lost, so is the login.
        secret = {"client_secret": client.secret} if client.secret else {}
        save_login(settings, {**find_login(settings), **secret, "refresh_token": grant.refresh})
    token = cache_token(settings, client, grant)
    if (
        settings.base_url_from_tenant
        and settings.values["base_url"].source != tenants.DISCOVERY_SOURCE
    ):
        _check_tenant(settings, client, grant)
    return token


def cache_token(settings: Settings, client: Client, grant: TokenGrant) -> Token:
    """Keep what was granted for as long as it lasts; a token that cannot be kept is good for this once.

    One whose end is not known is fetched anew each time, but for a person's: that is used until it
    is refused.
    """
    if grant.expires_at is not None or client.kind == AUTHORIZATION_CODE:
        record = {
            "value": grant.value,
            "scopes": None if grant.scopes is None else sorted(grant.scopes),
            "issued_at": grant.issued_at,
            "expires_at": grant.expires_at,
        }
        with suppress(UnwritableError):
            _tokens().put(record, _token_key(settings, client), keep_if=_is_alive)
    return _token(grant, client)


def find_and_save_tenant(settings: Settings, client: Client, grant: TokenGrant) -> tenants.Tenant:
    """Discover where a token's CXone tenant is, and keep it; raises as `discovery.discover` does."""
    from cxcall.credentials.tenant_discovery import discover_tenant

    found = discover_tenant(settings.issuer, client, grant, settings.timeout)
    with suppress(UnwritableError):
        tenants.save_tenant(state_dir(), settings.profile, settings.issuer, found)
    return found


def delete_profile(settings: Settings) -> tuple[list[StoredRecord], list[StoredRecord]]:
    """Drop the logins and the tokens of the profile, whatever the host, and return them.

    A login has `kept`, and why, when the keyring did not let go of its secrets.
    """
    key = {"profile": settings.profile}
    tenants.delete_tenant(state_dir(), settings.profile)
    logins, tokens = _logins().remove(key), _tokens().remove(key)
    for login in filter(keyring_secret_names, logins):
        try:
            keyring_store.delete_secrets(_account(login))
        except keyring_store.KeyringError as error:
            login["kept"] = str(error)
    return logins, tokens


@contextmanager
def lock_store(settings: Settings) -> Iterator[None]:
    """Keep other processes from changing what is kept, for as long as the exchanges may take."""
    with _tokens().lock(_EXCHANGES * settings.timeout):
        yield


def describe_secret(record: StoredRecord) -> str:
    """Name the secret that a login kept."""
    kind = record.get("kind", CLIENT_CREDENTIALS)
    names = {ACCESS_KEY: "access key", AUTHORIZATION_CODE: "login by the browser"}
    is_token = "access_token" in (*record, *keyring_secret_names(record))
    return "access token" if is_token else names.get(kind, "client secret")


def _check_tenant(settings: Settings, client: Client, grant: TokenGrant) -> None:
    """Stop when the tenant is not where the request is about to go; the next one will know better."""
    found = find_and_save_tenant(settings, client, grant)
    if host_url(found.api_endpoint) != host_url(settings.base_url):
        raise credentials_error(
            f"the tenant's API is at `{found.api_endpoint}`, and not at `{host_url(settings.base_url)}`",
            f"run it again: this is kept now; where nothing can be kept, set `CXCALL_BASE_URL={found.api_endpoint}`",
            f"`{settings.base_url}` was taken from the area; nothing was sent",
            where="host",
            code="region-mismatch",
        )


def _tokens() -> PrivateFile:
    return PrivateFile(state_dir() / "tokens.json")


def _logins() -> PrivateFile:
    return PrivateFile(state_dir() / "credentials.json")


def _login_key(settings: Settings) -> dict[str, str]:
    # The path is no part of it: CXone's version stands there.
    return {"profile": settings.profile, "base_url": host_url(settings.base_url)}


def _account(key: StoredRecord) -> str:
    return f"{key['profile']} {key['base_url']}"


def _token_key(settings: Settings, client: Client) -> dict[str, str]:
    return {
        "profile": settings.profile,
        "token_url": client.token_url,
        "kind": client.kind,
        "client_id": client.client_id,
    }


def _token(grant: TokenGrant, client: Client) -> Token:
    source = f"{client.kind} ({client.source})"
    return Token(grant.value, client.kind, grant.scopes, grant.expires_at, source)


def _is_good(record: StoredRecord) -> bool:
    """Tell whether a token lasts for another while; one from the future tells of a clock set back."""
    issued = float(record["issued_at"])
    if record["expires_at"] is None and record["kind"] == AUTHORIZATION_CODE:
        return isinstance(record["value"], str)
    expires = float(record["expires_at"])
    margin = min(_MARGIN, _MARGIN_SHARE * (expires - issued))
    return isinstance(record["value"], str) and issued <= time.time() < expires - margin


def _is_alive(record: StoredRecord) -> bool:
    expires = record.get("expires_at")
    if expires is None:
        return record.get("kind") == AUTHORIZATION_CODE
    return isinstance(expires, int | float) and expires > time.time()
