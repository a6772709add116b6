"""Select the credentials of a request by the security that its operation declares.

A shipped operation accepts a token. A user's document may declare Basic credentials or API keys instead:
they come from the settings `username`, `password`, and `api_key`, or from `cxcall auth login`, and are
sent only to the host that the user named for them, never to one that only a document names.
"""

from __future__ import annotations

from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING

from cxcall.contracts.security_schemes import (
    API_KEY,
    BASIC,
    BEARER,
    Alternative,
    SecurityScheme,
    keys_of,
)
from cxcall.credentials import stored_logins, token_cache
from cxcall.credentials.access_token import (
    EXPLICIT,
    Token,
    credentials_error,
    missing_credentials_error,
)
from cxcall.credentials.declared_secrets import DeclaredSecrets, check_place, split_keys
from cxcall.credentials.token_provider import (
    check_request_trust,
    check_trust,
    get_token,
    has_token_source,
    stop_on_conflicts,
)
from cxcall.findings.errors import CredentialsError, RejectedCredentialsError
from cxcall.findings.finding import Finding
from cxcall.named_tuple import NamedTuple
from cxcall.runtime.secrets.known_secrets import redacted_repr, remember_secrets
from cxcall.settings.credential_variables import credential_places, usable_alternative
from cxcall.settings.sources import Layer
from cxcall.transport.authorization import Authorization
from cxcall.transport.origins import host_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cxcall.contracts.operation import Operation
    from cxcall.settings.settings import Settings


class RequestCredentials(NamedTuple):
    """Credentials in the places that a document declares, with a token if one is also needed.

    `source` says where the secrets come from. Only the token can be renewed.
    """

    source: str
    headers: Mapping[str, str] = MappingProxyType({})
    query: Mapping[str, str] = MappingProxyType({})
    cookies: Mapping[str, str] = MappingProxyType({})
    token: Token | None = None

    def __repr__(self) -> str:
        return redacted_repr(self, "headers", "query", "cookies")

    @property
    def kind(self) -> str:
        """How the credentials were obtained, as in `Token.kind`."""
        return self.token.kind if self.token else EXPLICIT

    @property
    def scopes(self) -> frozenset[str] | None:
        """The scopes of the token; None if they are not known."""
        return self.token.scopes if self.token else None

    def authorize(self, base_url: str) -> Authorization:
        """Return the authorization that adds the credentials to a request to `base_url`."""
        bearer = f"Bearer {self.token.value}" if self.token else ""
        return Authorization(
            base_url, bearer, headers=self.headers, query=self.query, cookies=self.cookies
        )


Credentials = Token | RequestCredentials
"""The credentials of a request; both types have `kind`, `scopes`, and `authorize`."""


def stop_without_credentials(settings: Settings, operation: Operation) -> None:
    """Raise CredentialsError if no credentials for an operation are set; opens no connection, and reads no keyring.

    A person who is asked to confirm a call should not learn only then that it cannot be sent.
    """
    if operation.is_public:
        check_request_trust(settings)
    elif operation.security:
        _require_alternative(settings, operation.security)
    elif not has_token_source(settings):
        from cxcall.credentials import client_selection

        # Raises the error that says what is missing.
        client_selection.select_client(settings, operation=operation)


def get_credentials(
    settings: Settings, operation: Operation, *, refused: Credentials | None = None
) -> Credentials | None:
    """Return the credentials that an operation needs; None if it needs none.

    The token of credentials that the API `refused` is replaced. Raises as `get_token` does, and CredentialsError if no
    alternative of the document can be satisfied, the API refused credentials that cannot be renewed, or a file of the
    working directory would direct a request without credentials.
    """
    if operation.is_public:
        check_request_trust(settings)
        return None
    alternatives = operation.security
    old = refused.token if isinstance(refused, RequestCredentials) else refused
    if not alternatives:
        return get_token(settings, refused=old, operation=operation)
    chosen = _require_alternative(settings, alternatives)
    if not chosen:
        return None
    secrets = DeclaredSecrets(settings)
    places: dict[str, dict[str, str]] = {"header": {}, "query": {}, "cookie": {}}
    token = None
    for scheme in chosen:
        if _takes_token(settings, scheme):
            token = get_token(settings, refused=old)
        else:
            places[scheme.place][scheme.field] = secrets.value(scheme, chosen)
    if token and not any(places.values()):
        return token
    if refused and not token:
        raise RejectedCredentialsError(
            Finding.error(
                "credential",
                "token",
                f"the credentials (from {secrets.source}) were refused",
                fix="check that they are for this account and host",
            )
        )
    headers, query, cookies = places.values()
    return RequestCredentials(secrets.source, headers, query, cookies, token)


def store_credentials(settings: Settings, username: str, secret: str) -> str:
    """Store Basic credentials, or without a user name an API key, for the profile and its host.

    Returns where they are stored. Raises CredentialsError for an empty secret, and if the user named no
    host.
    """
    remember_secrets(secret)
    if not secret:
        raise credentials_error("the secret is empty", "run the command again with the secret")
    if settings.values["base_url"].layer is Layer.DEFAULT:
        raise credentials_error(
            "`base_url` is not set, so it is not known which host the secret is for",
            "add `--base-url https://HOST`",
            where="--base-url",
        )
    stop_on_conflicts(settings)
    check_trust(settings, Layer.LOGIN)
    kind, name = (BASIC, "password") if username else (API_KEY, "api_key")
    login = {"kind": kind, name: secret, **({"username": username} if username else {})}
    with token_cache.lock_tokens(settings.timeout):
        stored_logins.save_login(settings, login)
    return stored_logins.describe_storage(settings)


def _choose_alternative(
    settings: Settings, alternatives: tuple[Alternative, ...]
) -> Alternative | None:
    """Return the first alternative that the settings have all credentials for; None if there is none."""
    for alternative in alternatives:
        if alternative and all(_is_set(settings, each) for each in alternative):
            return alternative
    return () if () in alternatives else None


def _is_set(settings: Settings, scheme: SecurityScheme) -> bool:
    if _takes_token(settings, scheme):
        return has_token_source(settings)
    return DeclaredSecrets(settings).has(scheme)


def _require_alternative(settings: Settings, alternatives: tuple[Alternative, ...]) -> Alternative:
    chosen = _choose_alternative(settings, alternatives)
    if chosen:
        return chosen
    # Also before a request without credentials, which the user may have wanted to send with them.
    if any(alternatives):
        stored_logins.check_logins_can_be_read(settings)
    if any(_takes_token(settings, scheme) for entry in alternatives for scheme in entry):
        _stop_on_unusable_client(settings)
    if chosen is None:
        raise _no_credentials(settings, alternatives)
    check_request_trust(settings)
    return chosen


def _stop_on_unusable_client(settings: Settings) -> None:
    """Raise the error that says why no token can be requested with the client that the settings name."""
    from cxcall.credentials import client_selection
    from cxcall.credentials.oauth_client import CREDENTIAL_SETTINGS

    names = CREDENTIAL_SETTINGS[client_selection.grant_kind(settings)]
    if any(settings.values[name].value for name in names):
        client_selection.select_client(settings)


def describe_places(settings: Settings, operation: Operation) -> list[tuple[str, str, str]]:
    """Return (place, name, variable) of each credential that would be sent, for a dry run; reads no secret.

    The variable stands for the value in a shell; for Basic credentials, for the value of curl's `--user`.
    Raises CredentialsError for a place in which no key can be sent, and for schemes that are not supported.
    """
    if operation.is_public:
        return []
    chosen = _choose_alternative(settings, operation.security) if operation.security else None
    if chosen == () and any(not scheme.name for entry in operation.security for scheme in entry):
        chosen = None  # the document declares no `security`
    if chosen is None:
        chosen = usable_alternative(operation)
        if chosen is None:
            raise _no_credentials(settings, operation.security)
    for each in chosen:
        if each.kind == API_KEY:
            check_place(each)
    text = str(settings.values["api_key"].value or "")
    is_named = bool(split_keys(text, keys_of(chosen)))
    return credential_places(chosen, partial(_takes_token, settings), is_named=is_named)


def _takes_token(settings: Settings, scheme: SecurityScheme) -> bool:
    """Return whether a token is sent for a scheme; it is also sent for a key in `Authorization`, unless a key is set."""
    has_key = scheme.may_be_token and DeclaredSecrets(settings).has(scheme)
    return scheme.kind == BEARER or (scheme.may_be_token and not has_key)


def _no_credentials(settings: Settings, alternatives: tuple[Alternative, ...]) -> CredentialsError:
    """Return the error that names the credentials that the document requires, and their settings."""
    return missing_credentials_error(
        settings,
        f"there are no credentials for `{host_of(settings.base_url)}`: the document requires "
        + " or ".join(
            " with ".join(f"`{each.declared}`" for each in entry) for entry in alternatives
        ),
        "; or ".join(dict.fromkeys(_advice(settings, each) for each in alternatives)),
    )


def _advice(settings: Settings, alternative: Alternative) -> str:
    """Return how to set what an alternative lacks: a profile keeps only the last login for a host."""
    missing = [each for each in alternative if not _is_set(settings, each)]
    if len({each.kind for each in alternative}) == 1:
        return _advice_on(settings, missing[0])
    advice = dict.fromkeys(_advice_on(settings, each, has_login=False) for each in missing)
    return "; and ".join(advice) + "; `cxcall auth login` keeps only one login for a host"


def _advice_on(settings: Settings, scheme: SecurityScheme, *, has_login: bool = True) -> str:
    base_url = settings.values["base_url"]
    # A secret is sent only to a host that the user names.
    host = ("--base-url", base_url.value) if base_url.layer is Layer.DEFAULT else ()
    flag, names = {
        BASIC: ("--basic", "`CXCALL_USERNAME` and `CXCALL_PASSWORD`"),
        API_KEY: ("--api-key", "`CXCALL_API_KEY`"),
        BEARER: (
            "--with-token",
            "`CXCALL_ACCESS_TOKEN`, or `CXCALL_CLIENT_ID`, `CXCALL_CLIENT_SECRET`, and `CXCALL_TOKEN_URL`",
        ),
    }.get(scheme.kind, ("", ""))
    if not names:
        return f"send it with another client: cxcall does not support `{scheme.declared}`"
    return f"set {names}" + (f", or run {settings.login_command(flag, *host)}" if has_login else "")
