"""Request access tokens, and keep them on this machine until they expire, readable only by their owner."""

from __future__ import annotations

import time
from contextlib import suppress
from hashlib import sha256
from typing import TYPE_CHECKING

from cxcall.credentials.access_token import Token, check_secret, credentials_error
from cxcall.credentials.oauth_client import AUTHORIZATION_CODE, OAuthClient, TokenGrant
from cxcall.credentials.stored_logins import check_logins_can_be_saved, find_login, save_login
from cxcall.documents.private_files import PrivateFile, StoredRecord, UnwritableError
from cxcall.findings.errors import CredentialsError
from cxcall.settings import addresses
from cxcall.settings.settings import state_dir
from cxcall.settings.sources import Layer
from cxcall.transport.origins import host_url

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from cxcall.settings.settings import Settings

_EXPIRY_MARGIN = 60.0
_EXPIRY_MARGIN_SHARE = 0.1
_EXCHANGES_UNDER_LOCK = 2
"""The token request, and the discovery of the tenant."""


def find_cached_token(
    settings: Settings, client: OAuthClient, refused: Token | None = None
) -> Token | None:
    """Return the cached token of a client; None if it expires in a minute or a tenth of its lifetime, or was `refused`.

    None, too, if the API's host is not known to be that of the token's tenant: `fetch_token` finds it.
    """
    if _is_tenant_unknown(settings):
        return None
    for record in _tokens().find(_token_key(settings, client)):
        with suppress(CredentialsError, KeyError, TypeError, ValueError, OverflowError):
            if _is_usable(record) and not (refused and record["value"] == refused.value):
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
    also if the user must log in again, or if the tenant's API is on another host than `base_url`,
    and UnwritableError if a new refresh token could not be stored.
    """
    from cxcall.credentials.token_request import request_grant

    if settings.is_embedded:
        return _token(request_grant(client, settings.timeout), client)
    if client.kind == AUTHORIZATION_CODE and not client.refresh_token:
        raise credentials_error(
            "the login is no longer valid",
            f"run {settings.login_command('--web')}",
            f"`{client.host}` did not issue a refresh token",
            code="token-expired",
        )
    if client.kind == AUTHORIZATION_CODE:
        check_logins_can_be_saved()  # else a refresh token that replaces the old one would be lost
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
    if _is_tenant_unknown(settings):
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


def try_to_save_tenant(settings: Settings, tenant: addresses.Tenant) -> None:
    """Save the CXone tenant of the profile, if its file can be written."""
    with suppress(UnwritableError):
        addresses.save_tenant(state_dir(), settings.profile, settings.issuer, tenant)


def delete_tokens(profile: str) -> list[StoredRecord]:
    """Delete the cached tokens of a profile for every host, and return them."""
    return _tokens().remove({"profile": profile})


def lock_tokens(timeout: float) -> AbstractContextManager[bool]:
    """Keep other processes from changing tokens and logins while a token is requested, each exchange within `timeout`."""
    return _tokens().lock(_EXCHANGES_UNDER_LOCK * timeout)


def _is_tenant_unknown(settings: Settings) -> bool:
    layer = settings.values["base_url"].layer
    return settings.base_url_from_tenant and layer is not Layer.DISCOVERY


def _check_tenant(settings: Settings, client: OAuthClient, grant: TokenGrant) -> None:
    """Raise CredentialsError if the tenant's API is on another host than `base_url`; save the correct tenant."""
    from cxcall.credentials.tenant_discovery import discover_tenant

    found = discover_tenant(settings.issuer, client, grant, settings.timeout)
    try_to_save_tenant(settings, found)
    if host_url(found.api_endpoint) != host_url(settings.base_url):
        raise credentials_error(
            f"the tenant's API is at `{found.api_endpoint}`, not at `{host_url(settings.base_url)}`",
            f"run it again: the address is now stored; if it cannot be stored, set `CXCALL_BASE_URL={found.api_endpoint}`",
            f"`{settings.base_url}` was derived from the area; nothing was sent",
            where="host",
            code="region-mismatch",
        )


def _tokens() -> PrivateFile:
    return PrivateFile(state_dir() / "tokens.json", is_cache=True)


def _token_key(settings: Settings, client: OAuthClient) -> dict[str, str]:
    return {
        "profile": settings.profile,
        "token_url": client.token_url,
        "kind": client.kind,
        "client_id": client.client_id,
        "owner": _owner(settings, client),
    }


def _owner(settings: Settings, client: OAuthClient) -> str:
    """Return the proof that a token belongs to its user: the host of the login, or a hash of the secret.

    A `.env` file that names the ID of another person's client must not get a token that is cached for it.
    """
    if client.layer is Layer.LOGIN:
        return f"login {host_url(settings.base_url)}"
    text = "\0".join((client.client_id, client.secret, *client.application))
    return f"secret {sha256(text.encode()).hexdigest()}"


def _token(grant: TokenGrant, client: OAuthClient) -> Token:
    source = f"{client.kind} ({client.source})"
    return Token(grant.value, client.kind, grant.scopes, grant.expires_at, source, client.layer)


def _is_usable(record: StoredRecord) -> bool:
    """Return whether a cached token is usable. A token from the future means that the clock was set back."""
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
