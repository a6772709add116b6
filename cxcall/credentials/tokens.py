"""Who we are to the platform: which token is used, where it may go, and how that stands."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cxcall.credentials import selection, store
from cxcall.credentials.oauth_client import ACCESS_KEY, CLIENT_CREDENTIALS, check_secret
from cxcall.credentials.store import EXPLICIT, LOGIN_SOURCE, Token
from cxcall.findings.errors import CredentialsError
from cxcall.findings.finding import Finding, Severity
from cxcall.settings.settings import CXONE
from cxcall.transport.authorization import Authorization

if TYPE_CHECKING:
    from collections.abc import Callable

    from cxcall.contracts.contract import Operation
    from cxcall.credentials.oauth_client import Client, TokenGrant
    from cxcall.credentials.status import CredentialsStatus
    from cxcall.settings.settings import Settings


class BearerAuth(Authorization):
    """Send a token to the scheme, host and port of `base_url`, and nowhere else."""

    def __init__(self, token: Token, base_url: str) -> None:
        super().__init__(base_url, f"Bearer {token.value}")


def get_token(settings: Settings, *, fresh: bool = False) -> Token:
    """Return a token: the one that was given, else one still good from the cache, else a new one.

    `fresh` is for a token that the API refused: a given one cannot be renewed, and raises. Raises
    CredentialsError, UndeliveredError, or UsageError when others can read the kept secrets.
    """
    _stop_on_errors(settings)
    if given := selection.find_explicit_token(settings):
        if fresh:
            raise selection.rejected_token_error(settings, given)
        return given
    client = selection.select_client(settings)
    if settings.is_embedded:
        return store.fetch_token(settings, client)
    held = store.find_cached_token(settings, client)
    if held and not fresh:
        return held
    # Each token counts against a limit of its own: of many processes, one fetches for all.
    with store.lock_store(settings):
        found = store.find_cached_token(settings, client)
        if found and (held is None or found.value != held.value):
            return found
        # Whoever held the lock before may have renewed the login.
        return store.fetch_token(settings, selection.select_client(settings, unlock=True))


def log_in(settings: Settings, known: str, secret: str) -> Token:
    """Try an OAuth client's ID and secret, or for CXone an access key's, and keep them when good.

    They are kept for the profile and the API's host: for CXone, the one that the tenant is found at.
    Raises CredentialsError, UndeliveredError, or UnwritableError when they cannot be kept.
    """
    from cxcall.credentials.token_request import request_grant

    _stop_on_errors(settings)
    client = selection.client_from_pair(settings, (known, secret), (LOGIN_SOURCE, LOGIN_SOURCE))
    kept = {"token_url": client.token_url, "kind": client.kind}
    if client.kind == ACCESS_KEY:
        kept |= {"access_key_id": client.client_id, "access_key_secret": client.secret}
        if all(client.app):
            kept |= {"client_id": client.app[0], "client_secret": client.app[1]}
    else:
        kept |= {"client_id": client.client_id, "client_secret": client.secret}
    with store.lock_store(settings):
        return _keep(settings, client, request_grant(client, settings.timeout), kept)


def log_in_with_browser(
    settings: Settings,
    show: Callable[[str], None],
    *,
    port: int = 0,
    patience: float | None = None,
) -> Token:
    """Let a person log in by the browser, at the page that `show` is given, and keep the login.

    `port` is that of the redirect URI, 0 for a free one; `patience` is in seconds. Raises as `login`
    does, and UsageError when the port cannot be had.
    """
    from cxcall.credentials import browser_login

    _stop_on_errors(settings)
    client = selection.browser_client(settings)
    grant = browser_login.log_in(
        client,
        show,
        port=port,
        # docs/platforms/nice-cxone.md#tokens; Genesys Cloud sets the scopes on the client.
        scope="openid" if settings.platform == CXONE else "",
        timeout=settings.timeout,
        patience=browser_login.PATIENCE if patience is None else patience,
    )
    kept = {"token_url": client.token_url, "kind": client.kind, "client_id": client.client_id}
    kept |= {"client_secret": client.secret} if client.secret else {}
    kept |= {"refresh_token": grant.refresh} if grant.refresh else {}
    with store.lock_store(settings):
        return _keep(settings, client, grant, kept)


def log_in_with_token(settings: Settings, token: str) -> Token:
    """Keep an access token for the profile and its host; it is used as it is until it expires."""
    value = check_secret("access token", token, LOGIN_SOURCE)
    with store.lock_store(settings):
        store.save_login(settings, {"access_token": value})
    return Token(value, EXPLICIT, None, None, LOGIN_SOURCE)


def log_out(settings: Settings) -> list[str]:
    """Forget the secrets and tokens kept for the profile, whatever the host; returns what they were."""
    with store.lock_store(settings):
        logins, tokens = store.delete_profile(settings)
    return [
        *(
            f"the {store.describe_secret(record)} for {record.get('base_url')}"
            + (f" (but {record['kept']})" if "kept" in record else "")
            for record in logins
        ),
        *(f"the token from {record.get('token_url')}" for record in tokens),
    ]


def check_token_kind(settings: Settings, token: Token, operation: Operation) -> Finding | None:
    """Return the finding for a token of a grant that the operation does not take; a given one is not known."""
    kinds = operation.token_kinds
    if not kinds or token.kind == EXPLICIT or token.kind in kinds:
        return None
    is_for_person = CLIENT_CREDENTIALS not in kinds
    others = [
        f"`{entry.name}` takes this token: {' '.join(f'`--{flag.name} {flag.metavar}`' for flag in entry.flags if flag.required)}"
        for entry in operation.contract.operations
        if entry.command and entry.command == operation.command and token.kind in entry.token_kinds
    ]
    how = (
        f"{settings.login_command('--web')} logs a person in"
        if is_for_person
        else settings.login_command()
    )
    return Finding(
        Severity.ERROR,
        "token-user-context" if is_for_person else "token-grant",
        "token",
        f"`{operation.name}` takes a token by {' or '.join(f'`{kind}`' for kind in kinds)}, this one is by `{token.kind}`",
        fix="; or ".join([how, *others]),
        why="it acts as a user, and this token belongs to no user" if is_for_person else "",
        source=f"contract {operation.contract.name}",
    )


def check_scopes(token: Token, operation: Operation) -> Finding | None:
    """Return the finding for a token whose scopes are known and satisfy no alternative."""
    granted, alternatives = token.scopes, operation.scopes
    if granted is None or not alternatives:
        return None
    if any(all(_covers(granted, scope) for scope in wanted) for wanted in alternatives):
        return None
    wanted = " or ".join(
        " with ".join(f"`{scope}`" for scope in sorted(scopes)) for scopes in alternatives
    )
    return Finding(
        Severity.ERROR,
        "token-scope",
        "token",
        f"the token lacks the scope that `{operation.name}` needs: {wanted}",
        "give the OAuth client that scope and a new token, or send with `--force`",
        f"it has {', '.join(f'`{scope}`' for scope in sorted(granted)) or 'none'}",
        source=f"contract {operation.contract.name}",
    )


def get_status(settings: Settings) -> CredentialsStatus:
    """Say who would send, to which host and until when; nothing is sent, and no secret is shown.

    Raises UsageError when others can read the kept secrets.
    """
    from cxcall.credentials.status import CredentialsStatus

    token = client = None
    findings = [*settings.conflicts, *selection.find_unused_credentials(settings)]
    try:
        token = selection.find_explicit_token(settings)
        if token is None:
            client = selection.select_client(settings)
            token = store.find_cached_token(settings, client)
    except CredentialsError as error:
        findings += error.findings
    return CredentialsStatus(
        settings, token, client, tuple(findings), store.describe_storage(settings)
    )


def _stop_on_errors(settings: Settings) -> None:
    errors = [found for found in settings.conflicts if found.severity is Severity.ERROR]
    if errors:
        raise CredentialsError(*errors)


def _keep(settings: Settings, client: Client, grant: TokenGrant, kept: dict[str, str]) -> Token:
    """Keep a login and its first token, once it is known where they are good."""
    if settings.base_url_from_tenant:
        found = store.find_and_save_tenant(settings, client, grant)
        settings = settings.with_api_endpoint(found.api_endpoint)
    store.save_login(settings, kept)
    return store.cache_token(settings, client, grant)


def _covers(granted: frozenset[str], wanted: str) -> bool:
    # `<domain>` reads and writes, `<domain>:readonly` only reads (docs/platforms/genesys-cloud.md#scopes-and-permissions).
    return wanted in granted or wanted.removesuffix(":readonly") in granted
