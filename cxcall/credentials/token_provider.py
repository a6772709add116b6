"""Provide the token for a request: get one, and check it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cxcall.credentials.access_token import EXPLICIT, Token, explicit_token
from cxcall.findings.errors import CredentialsError
from cxcall.findings.finding import Finding, Severity, add_notice

if TYPE_CHECKING:
    from cxcall.contracts.operation import Operation
    from cxcall.contracts.parameters import Flag
    from cxcall.credentials.request_credentials import Credentials
    from cxcall.settings.settings import Settings
    from cxcall.settings.sources import Layer


def get_token(
    settings: Settings, *, refused: Token | None = None, operation: Operation | None = None
) -> Token:
    """Return the explicit token, else a cached one that is still valid, else a new one.

    A token that the API `refused` is not returned: RejectedCredentialsError, if it is explicit, or the token endpoint
    returns it again. `operation` is what the token is for, if it is known. Raises CredentialsError, UndeliveredError, or
    UsageError if other users can read the stored secrets.
    """
    stop_on_conflicts(settings)
    token = explicit_token(settings)
    if token and not refused:
        check_trust(settings, token.layer)
        _report_unused_login(settings, token.layer)
        return token
    from cxcall.credentials import client_selection  # not needed for a token in the settings

    if token := client_selection.find_explicit_token(settings):
        check_trust(settings, token.layer)
        if refused and token.value == refused.value:
            raise client_selection.rejected_token_error(settings, token)
        return token
    from cxcall.credentials import token_cache

    client = client_selection.select_client(settings, operation=operation)
    check_trust(settings, client.layer)
    _report_unused_login(settings, client.layer)
    if settings.is_embedded:
        return token_cache.fetch_token(settings, client)
    if cached := token_cache.find_cached_token(settings, client, refused):
        return cached
    # The platform limits token requests, so one of many processes requests a token for all.
    with token_cache.lock_tokens(settings.timeout):
        if cached := token_cache.find_cached_token(settings, client, refused):
            return cached
        # Another process may have renewed the login while this one waited for the lock.
        token = token_cache.fetch_token(
            settings, client_selection.select_client(settings, load_secrets=True)
        )
    if refused and token.value == refused.value:
        raise client_selection.rejected_token_error(settings, token)
    return token


def _report_unused_login(settings: Settings, layer: Layer) -> None:
    """Add the warning that credentials from `.env`, which someone else may have written, replace a stored login."""
    if layer.is_dotenv:
        from cxcall.credentials.client_selection import find_unused_credentials

        for finding in find_unused_credentials(settings):
            add_notice(finding)


def has_token_source(settings: Settings) -> bool:
    """Return whether a token, or credentials to request one, are set; does not read the keyring."""
    if settings.access_token:
        return True
    from cxcall.credentials import client_selection, stored_logins

    login = stored_logins.find_login(settings)
    if stored_logins.has_stored_value(login, "access_token"):
        return True
    try:
        return bool(client_selection.select_client(settings))
    except CredentialsError:
        return False


def _describe_flags(operation: Operation, other: Operation) -> str:
    """Return which flags lead to another operation of the same command: those that only one of both requires."""
    added = [f"with `--{each.name} {each.metavar}`" for each in _flags_beside(other, operation)]
    removed = [f"without `--{each.name}`" for each in _flags_beside(operation, other)]
    return " and ".join([*added, *removed])


def _flags_beside(operation: Operation, base: Operation) -> list[Flag]:
    names = {flag.name for flag in base.flags}
    return [flag for flag in operation.flags if flag.required and flag.name not in names]


def check_token_kind(
    settings: Settings, token: Credentials, operation: Operation
) -> Finding | None:
    """Return a finding if the operation does not accept the kind of the token; None if it may accept it."""
    kinds = operation.token_kinds
    if not kinds or token.kind == EXPLICIT or token.kind in kinds:
        return None
    needs_user = operation.needs_user_token
    others = [
        f"run `cxcall {entry.command}` {_describe_flags(operation, entry)}, which accepts this token"
        for entry in operation.sharing_command
        if token.kind in entry.token_kinds
    ]
    how = f"run {settings.login_command()}"
    if needs_user:
        from cxcall.credentials.oauth_client import ACCESS_KEY

        key = "set `CXCALL_ACCESS_KEY_ID` and `CXCALL_ACCESS_KEY_SECRET`; or " * (
            ACCESS_KEY in kinds
        )
        secret = settings.values["client_secret"]
        unset = f", and leave out the client secret from {secret.source}" * bool(secret.value)
        how = f"{key}log in as a user: {settings.login_command('--web')}{unset}"
    return Finding.error(
        "token-user-context" if needs_user else "token-grant",
        "token",
        f"`{operation.name}` requires a token obtained with {' or '.join(f'`{kind}`' for kind in kinds)}; this one was obtained with `{token.kind}`",
        fix="; or ".join([how, *others]),
        why="it acts as a user, but this token does not belong to a user" if needs_user else "",
        source=operation.source,
    )


def check_scopes(token: Credentials, operation: Operation) -> Finding | None:
    """Return a finding if the scopes of the token are known and are not sufficient."""
    scopes, alternatives = token.scopes, operation.scopes
    if scopes is None or not alternatives:
        return None
    # `<domain>` reads and writes, `<domain>:readonly` only reads (docs/platforms/genesys-cloud.md#scopes-and-permissions).
    if any(
        all(scope in scopes or scope.removesuffix(":readonly") in scopes for scope in needed)
        for needed in alternatives
    ):
        return None
    scope_names = " or ".join(
        " with ".join(f"`{scope}`" for scope in sorted(needed)) for needed in alternatives
    )
    return Finding.error(
        "token-scope",
        "token",
        f"the token lacks the scope that `{operation.name}` needs: {scope_names}",
        "add that scope to the OAuth client and get a new token, or send with `--force`",
        f"it has {', '.join(f'`{scope}`' for scope in sorted(scopes)) or 'none'}",
        source=operation.source,
    )


def stop_on_conflicts(settings: Settings) -> None:
    """Raise CredentialsError for the conflicts of the settings that are errors."""
    errors = [found for found in settings.conflicts if found.severity is Severity.ERROR]
    if errors:
        raise CredentialsError(*errors)


def check_trust(settings: Settings, layer: Layer) -> None:
    """Raise CredentialsError if a secret of `layer` may not go to the destination in the settings.

    Only a secret from `.env` is used with a destination from `.env`.
    """
    if settings.untrusted and not layer.is_dotenv:
        raise CredentialsError(*settings.untrusted)


def check_request_trust(settings: Settings, queued_as: Operation | None = None) -> None:
    """Raise CredentialsError if `.env` would redirect a request without credentials, or replace it by another one.

    A worker sends the rows that are `queued_as` an operation, with its own credentials if the operation needs any.
    """
    is_public = queued_as is None or queued_as.is_public or () in queued_as.security
    if errors := settings.untrusted_request if is_public else settings.untrusted_queue:
        raise CredentialsError(*errors)
