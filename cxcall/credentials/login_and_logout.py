"""Log in and log out: store and delete credentials of a profile."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from cxcall.credentials import client_selection, stored_logins, token_cache
from cxcall.credentials.access_token import Token, check_area, login_value, new_explicit_token
from cxcall.credentials.token_provider import check_trust, stop_on_conflicts
from cxcall.settings.addresses import delete_tenant
from cxcall.settings.settings import state_dir
from cxcall.settings.sources import DEFAULTS, Layer

if TYPE_CHECKING:
    from collections.abc import Callable

    from cxcall.credentials.oauth_client import OAuthClient, TokenGrant
    from cxcall.findings.finding import Finding
    from cxcall.settings.settings import Settings


def store_login(settings: Settings, client_id: str, secret: str) -> Token:
    """Store an OAuth client or, for CXone, an access key, after requesting a token with it.

    The login is stored for the profile and the API's host; for CXone, for the host that tenant
    discovery finds. Raises CredentialsError, UndeliveredError, or UnwritableError.
    """
    from cxcall.credentials.token_request import request_grant

    stop_on_conflicts(settings)
    check_trust(settings, Layer.LOGIN)
    pair = login_value(client_id), login_value(secret)
    client = client_selection.client_from_pair(settings, *pair)
    with token_cache.lock_tokens(settings.timeout):
        return _save(settings, client, request_grant(client, settings.timeout))


def log_in_with_browser(settings: Settings, show: Callable[[str], None], *, port: int) -> Token:
    """Let the user log in at the page that `show` receives, and store the login.

    `port` is the port of the redirect URI, 0 for any free port. Raises as `store_login` does, and
    UsageError if the port is not available.
    """
    from cxcall.credentials import browser_login

    stop_on_conflicts(settings)
    check_trust(settings, Layer.LOGIN)
    client = client_selection.browser_client(settings)
    grant = browser_login.log_in_by_browser(
        client, show, port=port, platform=settings.platform, timeout=settings.timeout
    )
    with token_cache.lock_tokens(settings.timeout):
        return _save(settings, client._replace(refresh_token=grant.refresh_token), grant)


def log_in_with_token(settings: Settings, token: str) -> Token:
    """Store an access token for the profile and its host, to be used until it expires."""
    check_trust(settings, Layer.LOGIN)
    check_area(settings)
    new_token = new_explicit_token(login_value(token))
    with token_cache.lock_tokens(settings.timeout):
        stored_logins.save_login(settings, {"access_token": new_token.value})
    return new_token


def delete_login(profile: str) -> tuple[list[str], list[Finding]]:
    """Delete the secrets and tokens of a profile for every host; its settings need not be valid.

    Returns a description of each, and an error for each secret that the keyring did not delete. Raises UsageError
    if the file of the logins cannot be changed, and then nothing is deleted.
    """
    with token_cache.lock_tokens(float(DEFAULTS["timeout"])):
        logins, problems = stored_logins.delete_logins(profile)
        tokens = token_cache.delete_tokens(profile)
        delete_tenant(state_dir(), profile)
    # Each login may have left a token of the same address.
    counts = Counter(str(token.get("token_url")) for token in tokens)
    removed = [
        *dict.fromkeys(
            f"the {stored_logins.describe_secret(login)} for {login.get('base_url')}"
            for login in logins
        ),
        *(
            f"the token from {url}" if count == 1 else f"{count} tokens from {url}"
            for url, count in counts.items()
        ),
    ]
    return removed, problems


def _save(settings: Settings, client: OAuthClient, grant: TokenGrant) -> Token:
    """Store a login and its first token for the host of the API."""
    tenant = None
    if settings.base_url_from_tenant:
        from cxcall.credentials.tenant_discovery import discover_tenant

        tenant = discover_tenant(settings.issuer, client, grant, settings.timeout)
        settings = settings.with_api_endpoint(tenant.api_endpoint)
    stored_logins.save_login(settings, client.as_login())
    if tenant:  # only now, because a login that cannot be stored leaves the earlier one usable
        token_cache.try_to_save_tenant(settings, tenant)
    return token_cache.cache_token(settings, client, grant)
