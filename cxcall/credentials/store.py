"""Store logins and cached tokens on this machine, readable only by their owner."""

from __future__ import annotations

import time
from contextlib import suppress
from hashlib import sha256
from typing import TYPE_CHECKING

from cxcall.contracts.security import API_KEY, BASIC
from cxcall.credentials import keyring_store
from cxcall.credentials.access_token import (
    KEYRING_SOURCE,
    LOGIN_SOURCE,
    Token,
    check_secret,
    credentials_error,
)
from cxcall.credentials.oauth_client import (
    ACCESS_KEY,
    AUTHORIZATION_CODE,
    CLIENT_CREDENTIALS,
    OAuthClient,
    TokenGrant,
)
from cxcall.documents.private_files import PrivateFile, StoredRecord, UnwritableError
from cxcall.findings.errors import CredentialsError
from cxcall.settings import tenants
from cxcall.settings.settings import state_dir
from cxcall.transport.origins import host_url

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from cxcall.settings.settings import Settings

SECRET_FIELDS = (
    *("client_secret", "access_key_secret", "access_token", "refresh_token"),
    *("password", "api_key"),
)
_KEYRING_NAMES = "in_keyring"
_KEYRING_PROBLEM = "not_in_keyring"
_EXPIRY_MARGIN = 60.0
_EXPIRY_MARGIN_SHARE = 0.1
_EXCHANGES_UNDER_LOCK = 2
"""The token request, and the discovery of the tenant."""


def find_login(settings: Settings) -> StoredRecord:
    """Return the stored login for the profile and its host; empty if there is none.

    A login belongs to one host: no flag and no `.env` file can send its secret to another host.
    Raises UsageError if other users can read the file.
    """
    if settings.is_embedded:
        return {}
    return next(iter(_logins().find(_login_key(settings))), {})


def login_hosts(profile: str) -> list[str]:
    """Return the base URLs that a profile has a stored login for."""
    records = _logins().find({"profile": profile})
    return sorted({str(record.get("base_url", "")) for record in records})


def save_login(settings: Settings, login: StoredRecord) -> None:
    """Store a login for the profile and its host, in place of an earlier one.

    Its secrets go into the keyring if one is installed and accepts them, else into the file. Raises
    UnwritableError.
    """
    key = _login_key(settings)
    secrets = {name: str(login[name]) for name in SECRET_FIELDS if name in login}
    record = {
        name: value
        for name, value in login.items()
        if name not in (_KEYRING_NAMES, _KEYRING_PROBLEM)
    }
    if keyring_store.is_installed():
        try:
            keyring_store.save_secrets(_account(key), secrets)
        except keyring_store.KeyringError as error:
            record[_KEYRING_PROBLEM] = str(error)
        else:
            record = {name: value for name, value in record.items() if name not in secrets}
            record[_KEYRING_NAMES] = sorted(secrets)
    _logins().put(record, key)


def load_keyring_secrets(settings: Settings, login: StoredRecord) -> StoredRecord:
    """Return a login with its secrets from the keyring; raises CredentialsError if that fails."""
    if not login.get(_KEYRING_NAMES):
        return login
    try:
        return {**login, **keyring_store.load_secrets(_account(login)), _KEYRING_NAMES: []}
    except keyring_store.KeyringError as error:
        raise credentials_error(
            str(error),
            f"unlock it, or {settings.login_command()} again: what it does not take goes into a file",
            f"it holds the {describe_secret(login)} of profile `{login.get('profile')}`",
        ) from None


def keyring_secret_names(login: StoredRecord) -> tuple[str, ...]:
    """Return the names of those secrets of a login that are in the keyring."""
    names = login.get(_KEYRING_NAMES)
    return tuple(map(str, names)) if isinstance(names, list) else ()


def login_source(login: StoredRecord) -> str:
    """Return the source name for a login's secrets: the keyring or the file."""
    return KEYRING_SOURCE if keyring_secret_names(login) else LOGIN_SOURCE


def describe_storage(settings: Settings) -> str:
    """Describe where the secrets of the profile's login are, and why not in the keyring; empty if none."""
    login = find_login(settings)
    if not login:
        return ""
    if keyring_secret_names(login):
        return "the system's keyring"
    why = login.get(_KEYRING_PROBLEM)
    return f"credentials.json, mode 0600{f', as {why}' if why else ''}"


def find_cached_token(settings: Settings, client: OAuthClient) -> Token | None:
    """Return the cached token of a client; None if it expires in a minute or a tenth of its lifetime."""
    for record in _tokens().find(_token_key(settings, client)):
        with suppress(CredentialsError, KeyError, TypeError, ValueError, OverflowError):
            if _is_usable(record):
                scopes = record["scopes"]
                grant = TokenGrant(
                    check_secret("access token", str(record["value"]), "tokens.json"),
                    None if scopes is None else frozenset(map(str, scopes)),
                    record["issued_at"],
                    record["expires_at"],
                )
                return _token(grant, client)
    return None


def fetch_token(settings: Settings, client: OAuthClient) -> Token:
    """Request a token, and cache it in place of the old one.

    Raises CredentialsError and UndeliveredError as `request_grant` does. Raises CredentialsError
    also if the user must log in again, or if the tenant's API is on another host than `base_url`.
    """
    from cxcall.credentials.token_request import request_grant

    if settings.is_embedded:
        return _token(request_grant(client, settings.timeout), client)
    if client.kind == AUTHORIZATION_CODE and not client.refresh_token:
        raise credentials_error(
            "the login has ended",
            settings.login_command("--web"),
            f"`{client.host}` gave no refresh token with it",
            code="token-expired",
        )
    with suppress(UnwritableError):
        _tokens().remove(_token_key(settings, client))
    grant = request_grant(client, settings.timeout)
    if client.kind == AUTHORIZATION_CODE and grant.refresh_token not in ("", client.refresh_token):
        # The old refresh token may be invalid now, so save the new one before anything else.
        secret = {"client_secret": client.secret} if client.secret else {}
        save_login(
            settings, {**find_login(settings), **secret, "refresh_token": grant.refresh_token}
        )
    token = cache_token(settings, client, grant)
    if (
        settings.base_url_from_tenant
        and settings.values["base_url"].source != tenants.DISCOVERY_SOURCE
    ):
        _check_tenant(settings, client, grant)
    return token


def cache_token(settings: Settings, client: OAuthClient, grant: TokenGrant) -> Token:
    """Cache a token until it expires, and return it even if the cache cannot be written.

    A token without a known expiry is not cached, except one from a browser login, which is used
    until the API refuses it.
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


def find_and_save_tenant(
    settings: Settings, client: OAuthClient, grant: TokenGrant
) -> tenants.Tenant:
    """Find the CXone tenant of a token, and save it; raises as `discover_tenant` does."""
    from cxcall.credentials.tenant_discovery import discover_tenant

    found = discover_tenant(settings.issuer, client, grant, settings.timeout)
    with suppress(UnwritableError):
        tenants.save_tenant(state_dir(), settings.profile, settings.issuer, found)
    return found


def delete_profile(settings: Settings) -> tuple[list[StoredRecord], list[StoredRecord]]:
    """Delete the logins and tokens of the profile for every host, and return them.

    The member `kept` of a login says why the keyring did not delete its secrets.
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


def lock_store(settings: Settings) -> AbstractContextManager[bool]:
    """Keep other processes from changing the store while tokens are requested."""
    return _tokens().lock(_EXCHANGES_UNDER_LOCK * settings.timeout)


def describe_secret(record: StoredRecord) -> str:
    """Return a name for the secret of a login, for messages."""
    kind = record.get("kind", CLIENT_CREDENTIALS)
    names = {
        ACCESS_KEY: "access key",
        AUTHORIZATION_CODE: "login by the browser",
        BASIC: "password",
        API_KEY: "API key",
    }
    is_token = "access_token" in (*record, *keyring_secret_names(record))
    return "access token" if is_token else names.get(kind, "client secret")


def _check_tenant(settings: Settings, client: OAuthClient, grant: TokenGrant) -> None:
    """Raise CredentialsError if the tenant's API is on another host than `base_url`; save the right one."""
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
    # Without the path, because CXone has the API's version there.
    return {"profile": settings.profile, "base_url": host_url(settings.base_url)}


def _account(key: StoredRecord) -> str:
    return f"{key['profile']} {key['base_url']}"


def _token_key(settings: Settings, client: OAuthClient) -> dict[str, str]:
    return {
        "profile": settings.profile,
        "token_url": client.token_url,
        "kind": client.kind,
        "client_id": client.client_id,
        "owner": _owner(settings, client),
    }


def _owner(settings: Settings, client: OAuthClient) -> str:
    """Return what proves that a token belongs to its user: the host of the login, or a hash of the secret.

    A `.env` file that names the ID of another person's client must not get a token that is cached for it.
    """
    if client.source in (LOGIN_SOURCE, KEYRING_SOURCE):
        return f"login {host_url(settings.base_url)}"
    text = "\0".join((client.client_id, client.secret, *client.application))
    return f"secret {sha256(text.encode()).hexdigest()}"


def _token(grant: TokenGrant, client: OAuthClient) -> Token:
    source = f"{client.kind} ({client.source})"
    return Token(grant.value, client.kind, grant.scopes, grant.expires_at, source)


def _is_usable(record: StoredRecord) -> bool:
    """Return whether a cached token is usable. One from the future means that the clock was set back."""
    issued = float(record["issued_at"])
    if record["expires_at"] is None and record["kind"] == AUTHORIZATION_CODE:
        return isinstance(record["value"], str)
    expires = float(record["expires_at"])
    margin = min(_EXPIRY_MARGIN, _EXPIRY_MARGIN_SHARE * (expires - issued))
    return isinstance(record["value"], str) and issued <= time.time() < expires - margin


def _is_alive(record: StoredRecord) -> bool:
    expires = record.get("expires_at")
    if expires is None:
        return record.get("kind") == AUTHORIZATION_CODE
    return isinstance(expires, int | float) and expires > time.time()
