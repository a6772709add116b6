"""Get and check the token for a request, log in, and log out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cxcall.credentials import selection, store
from cxcall.credentials.oauth_client import check_secret
from cxcall.credentials.store import EXPLICIT, KEYRING_SOURCE, LOGIN_SOURCE, Token
from cxcall.findings.errors import CredentialsError
from cxcall.findings.finding import Finding, Severity
from cxcall.settings.setting_values import CXONE

if TYPE_CHECKING:
    from collections.abc import Callable

    from cxcall.contracts.operation import Operation
    from cxcall.credentials.oauth_client import Client, TokenGrant
    from cxcall.credentials.request_credentials import Credentials
    from cxcall.credentials.status import CredentialsStatus
    from cxcall.settings.settings import Settings


def get_token(settings: Settings, *, fresh: bool = False) -> Token:
    """Return the explicit token, else a cached one that is still valid, else a new one.

    `fresh` replaces a token that the API refused; an explicit token cannot be replaced. Raises
    CredentialsError, UndeliveredError, or UsageError if other users can read the stored secrets.
    """
    _raise_errors(settings)
    if token := selection.find_explicit_token(settings):
        _check_trust(settings, token.source)
        if fresh:
            raise selection.rejected_token_error(settings, token)
        return token
    client = selection.select_client(settings)
    _check_trust(settings, client.source)
    if settings.is_embedded:
        return store.fetch_token(settings, client)
    cached = store.find_cached_token(settings, client)
    if cached and not fresh:
        return cached
    # The platform limits token requests, so of many processes, one requests a token for all.
    with store.lock_store(settings):
        found = store.find_cached_token(settings, client)
        if found and (cached is None or found.value != cached.value):
            return found
        # Another process may have renewed the login while this one waited for the lock.
        return store.fetch_token(settings, selection.select_client(settings, load_secrets=True))


def has_token_source(settings: Settings) -> bool:
    """Return whether a token is set, or credentials to request one with; reads no keyring."""
    login = store.find_login(settings)
    if settings.access_token or "access_token" in (*login, *store.keyring_secret_names(login)):
        return True
    try:
        return bool(selection.select_client(settings))
    except CredentialsError:
        return False


def check_use(settings: Settings, source: str) -> None:
    """Raise CredentialsError if a password or an API key from `source` may not go where the settings say.

    Only a secret of `.env` is used with the choices of that file.
    """
    _raise_errors(settings)
    if settings.untrusted and not source.startswith(".env:"):
        raise CredentialsError(*settings.untrusted)


def log_in(settings: Settings, client_id: str, secret: str) -> Token:
    """Store an OAuth client or, for CXone, an access key, after requesting a token with it.

    The login is stored for the profile and the API's host; for CXone, for the host that tenant
    discovery finds. Raises CredentialsError, UndeliveredError, or UnwritableError.
    """
    from cxcall.credentials.token_request import request_grant

    _raise_errors(settings)
    _check_trust(settings, LOGIN_SOURCE)
    sources = LOGIN_SOURCE, LOGIN_SOURCE
    client = selection.client_from_pair(settings, (client_id, secret), sources)
    with store.lock_store(settings):
        return _save(settings, client, request_grant(client, settings.timeout))


def log_in_with_browser(settings: Settings, show: Callable[[str], None], *, port: int = 0) -> Token:
    """Let the user log in at the page that `show` receives, and store the login.

    `port` is the port of the redirect URI, 0 for any free port. Raises as `log_in` does, and
    UsageError if the port is not available.
    """
    from cxcall.credentials import browser_login

    _raise_errors(settings)
    _check_trust(settings, LOGIN_SOURCE)
    client = selection.browser_client(settings)
    grant = browser_login.log_in(
        client,
        show,
        port=port,
        # docs/platforms/nice-cxone.md#tokens; Genesys Cloud sets the scopes on the client.
        scope="openid" if settings.platform == CXONE else "",
        timeout=settings.timeout,
    )
    with store.lock_store(settings):
        return _save(settings, client._replace(refresh_token=grant.refresh_token), grant)


def log_in_with_token(settings: Settings, token: str) -> Token:
    """Store an access token for the profile and its host, to be used until it expires."""
    _check_trust(settings, LOGIN_SOURCE)
    value = check_secret("access token", token, LOGIN_SOURCE)
    with store.lock_store(settings):
        store.save_login(settings, {"access_token": value})
    return Token(value, EXPLICIT, None, None, LOGIN_SOURCE)


def log_out(settings: Settings) -> list[str]:
    """Delete the secrets and tokens of the profile for every host, and return a description of each."""
    with store.lock_store(settings):
        logins, tokens = store.delete_profile(settings)
    return [
        *(
            f"the {store.describe_secret(login)} for {login.get('base_url')}"
            + (f" (but {login['kept']})" if "kept" in login else "")
            for login in logins
        ),
        *(f"the token from {token.get('token_url')}" for token in tokens),
    ]


def check_token_kind(
    settings: Settings, token: Credentials, operation: Operation
) -> Finding | None:
    """Return a finding if the operation does not accept the kind of the token; None if it may accept it."""
    kinds = operation.token_kinds
    if not kinds or token.kind == EXPLICIT or token.kind in kinds:
        return None
    needs_user = operation.needs_user_token
    others = [
        f"`{entry.name}` takes this token: {' '.join(f'`--{flag.name} {flag.metavar}`' for flag in entry.flags if flag.required)}"
        for entry in operation.sharing_command
        if token.kind in entry.token_kinds
    ]
    how = (
        f"{settings.login_command('--web')} logs a person in"
        if needs_user
        else settings.login_command()
    )
    return Finding.error(
        "token-user-context" if needs_user else "token-grant",
        "token",
        f"`{operation.name}` requires a token obtained with {' or '.join(f'`{kind}`' for kind in kinds)}; this one was obtained with `{token.kind}`",
        fix="; or ".join([how, *others]),
        why="it acts as a user, and this token belongs to no user" if needs_user else "",
        source=f"contract {operation.contract.name}",
    )


def check_scopes(token: Credentials, operation: Operation) -> Finding | None:
    """Return a finding if the scopes of the token are known and are not sufficient."""
    scopes, alternatives = token.scopes, operation.scopes
    if scopes is None or not alternatives:
        return None
    if any(all(_covers(scopes, scope) for scope in needed) for needed in alternatives):
        return None
    wanted = " or ".join(
        " with ".join(f"`{scope}`" for scope in sorted(needed)) for needed in alternatives
    )
    return Finding.error(
        "token-scope",
        "token",
        f"the token lacks the scope that `{operation.name}` needs: {wanted}",
        "give the OAuth client that scope and a new token, or send with `--force`",
        f"it has {', '.join(f'`{scope}`' for scope in sorted(scopes)) or 'none'}",
        source=f"contract {operation.contract.name}",
    )


def get_status(settings: Settings) -> CredentialsStatus:
    """Return the credentials that would be used, without sending anything.

    Raises UsageError if other users can read the stored secrets.
    """
    from cxcall.credentials.status import CredentialsStatus

    token = client = None
    source = ""
    findings = [*settings.conflicts, *selection.find_unused_credentials(settings)]
    try:
        token = selection.find_explicit_token(settings)
        if token is None:
            client = selection.select_client(settings)
            token = store.find_cached_token(settings, client)
        source = client.source if client else token.source if token else ""
        _check_trust(settings, source)
    except CredentialsError as error:
        if not (settings.password or settings.api_key):  # what only a user's document takes
            findings += error.findings
    places = {found.where for found in findings}
    # Without a secret, nothing is refused yet: a login would be. A secret beside the choice is used with it.
    findings += [
        choice._replace(severity=Severity.WARNING)
        for choice in settings.untrusted
        if choice.where not in places and not source.startswith(".env:")
    ]
    return CredentialsStatus(
        settings, token, client, tuple(findings), store.describe_storage(settings)
    )


def _raise_errors(settings: Settings) -> None:
    errors = [found for found in settings.conflicts if found.severity is Severity.ERROR]
    if errors:
        raise CredentialsError(*errors)


def _check_trust(settings: Settings, source: str) -> None:
    """Raise CredentialsError if `.env` decides where a secret from a login or the user goes."""
    if source in (LOGIN_SOURCE, KEYRING_SOURCE) and settings.untrusted:
        raise CredentialsError(*settings.untrusted)


def _save(settings: Settings, client: Client, grant: TokenGrant) -> Token:
    """Store a login and its first token for the host of the API."""
    if settings.base_url_from_tenant:
        tenant = store.find_and_save_tenant(settings, client, grant)
        settings = settings.with_api_endpoint(tenant.api_endpoint)
    store.save_login(settings, client.as_login())
    return store.cache_token(settings, client, grant)


def _covers(scopes: frozenset[str], needed: str) -> bool:
    # `<domain>` reads and writes, `<domain>:readonly` only reads (docs/platforms/genesys-cloud.md#scopes-and-permissions).
    return needed in scopes or needed.removesuffix(":readonly") in scopes
