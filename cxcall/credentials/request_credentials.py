"""Select the credentials of a request by the security that its operation declares.

A shipped operation accepts a token. A user's document may declare Basic credentials or API keys instead:
they come from the settings `username`, `password`, and `api_key`, or from `cxcall auth login`, and are
sent only to the host that the user named for them, never to one that only a document names.
"""

from __future__ import annotations

import re
from base64 import b64encode
from types import MappingProxyType
from typing import TYPE_CHECKING

from cxcall.contracts.security_schemes import API_KEY, BASIC, BEARER, Alternative, SecurityScheme
from cxcall.credentials import stored_logins, token_cache
from cxcall.credentials.access_token import EXPLICIT, LOGIN_SOURCE, Token, credentials_error
from cxcall.credentials.token_provider import check_use, get_token, has_token_source
from cxcall.findings.errors import CredentialsError, RejectedCredentialsError
from cxcall.findings.finding import Finding, printable
from cxcall.named_tuple import NamedTuple
from cxcall.runtime.known_secrets import redacted_repr, remember_secrets
from cxcall.transport.authorization import Authorization
from cxcall.transport.curl import KEY, named_key
from cxcall.transport.http_messages import is_header
from cxcall.transport.origins import host_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from cxcall.contracts.operation import Operation
    from cxcall.settings.settings import Settings

# Headers that control the destination, the length, or the decoding of a message (RFC 9110, sections 7 and 8; RFC 9112).
_FRAMING_HEADERS = frozenset(
    """
    host connection keep-alive proxy-connection expect te trailer upgrade transfer-encoding
    content-length content-type content-encoding
    """.split()
)
_DOCUMENT_HOST = "default"
"""The source of a base URL that only the document names."""


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
        return
    if operation.security:
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
    alternative of the document can be satisfied, or the API refused credentials that cannot be renewed.
    """
    if operation.is_public:
        return None
    alternatives = operation.security
    old = refused.token if isinstance(refused, RequestCredentials) else refused
    if not alternatives:
        return get_token(settings, refused=old, operation=operation)
    chosen = _require_alternative(settings, alternatives)
    if not chosen:
        return None
    secrets = _Secrets(settings)
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
        raise credentials_error("the secret is empty", "enter the secret again")
    if settings.values["base_url"].source == _DOCUMENT_HOST:
        raise credentials_error(
            "`base_url` is not set, so it is not known which host the secret is for",
            "add `--base-url https://HOST`",
            where="--base-url",
        )
    check_use(settings, LOGIN_SOURCE)
    kind, name = (BASIC, "password") if username else (API_KEY, "api_key")
    login = {"kind": kind, name: secret, **({"username": username} if username else {})}
    with token_cache.lock_tokens(settings.timeout):
        stored_logins.save_login(settings, login)
    return stored_logins.describe_storage(settings)


def choose_alternative(
    settings: Settings, alternatives: tuple[Alternative, ...]
) -> Alternative | None:
    """Return the first alternative that the settings have all credentials for; None if there is none."""
    secrets = _Secrets(settings)
    for alternative in alternatives:
        if alternative and all(
            has_token_source(settings) if _takes_token(settings, each) else secrets.has(each)
            for each in alternative
        ):
            return alternative
    return () if () in alternatives else None


def _require_alternative(settings: Settings, alternatives: tuple[Alternative, ...]) -> Alternative:
    chosen = choose_alternative(settings, alternatives)
    if chosen:
        return chosen
    # Also before a request without credentials, which the user may have wanted to send with them.
    if any(alternatives):
        stored_logins.check_logins_can_be_read(settings)
    if any(_takes_token(settings, scheme) for entry in alternatives for scheme in entry):
        _stop_on_unusable_client(settings)
    if chosen is None:
        raise _no_credentials(settings, alternatives)
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
    chosen = choose_alternative(settings, operation.security) if operation.security else None
    is_assumed = any(not scheme.name for entry in operation.security for scheme in entry)
    if chosen is None or (not chosen and is_assumed):
        usable = [each for each in operation.security if all(scheme.kind for scheme in each)]
        if operation.security and not usable:
            raise _no_credentials(settings, operation.security)
        chosen = usable[0] if usable else (SecurityScheme("", BEARER),)
    for each in chosen:
        if each.kind == API_KEY:
            _check_place(each)
    return [_describe_place(settings, each, chosen) for each in chosen]


def _describe_place(
    settings: Settings, scheme: SecurityScheme, alternative: Alternative
) -> tuple[str, str, str]:
    if _takes_token(settings, scheme):
        return ("header", "Authorization", "Bearer $CXCALL_ACCESS_TOKEN")
    if scheme.kind == BASIC:
        return ("user", "Authorization", "$CXCALL_USERNAME:$CXCALL_PASSWORD")
    keys = _keys_of(alternative)
    text = str(settings.values["api_key"].value or "")
    is_part = len(keys) > 1 or _split_keys(text, keys)
    return (scheme.place, scheme.field, named_key(scheme.field) if is_part else KEY)


def _takes_token(settings: Settings, scheme: SecurityScheme) -> bool:
    """Return whether a token is sent for a scheme; it is also sent for a key in `Authorization`, unless a key is set."""
    has_key = scheme.may_be_token and _Secrets(settings).has(scheme)
    return scheme.kind == BEARER or (scheme.may_be_token and not has_key)


class _Secrets:
    """The user name, the password, and the API keys of the settings, or else those of the stored login."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self.source = ""

    def has(self, scheme: SecurityScheme) -> bool:
        """Return whether there are credentials for a scheme, without reading the keyring."""
        login = stored_logins.find_login(self._settings)
        names = (*login, *stored_logins.keyring_secret_names(login))
        needed = {BASIC: ("username", "password"), API_KEY: ("api_key",)}.get(scheme.kind)
        return needed is not None and (
            all(self._settings.values[name].value for name in needed)
            or all(name in names for name in needed)
        )

    def value(self, scheme: SecurityScheme, alternative: Alternative) -> str:
        """Return the value to send for a scheme of an alternative; raises CredentialsError if it may not be sent."""
        names = ("username", "password") if scheme.kind == BASIC else ("api_key",)
        found = self._read(names)
        remember_secrets(*found[-1:])
        _check_destination(self._settings, self.source)
        if scheme.kind == BASIC:
            return self._basic(*found)
        _check_place(scheme)
        value = self._key(found[0], scheme, alternative)
        remember_secrets(value)
        what = f"the API key for {scheme.place} `{printable(scheme.field)}`"
        if not value:
            raise credentials_error(f"{what} is empty", "enter its value", where=self.source)
        if not _is_sendable(scheme, value):
            raise self._unusable(what)
        return value

    def _read(self, names: tuple[str, ...]) -> list[str]:
        settings = [self._settings.values[name] for name in names]
        if all(each.value for each in settings):
            self.source = settings[-1].source
            return [each.value for each in settings]
        login = stored_logins.find_login(self._settings)
        self.source = stored_logins.login_source(login)
        login = stored_logins.load_keyring_secrets(self._settings, login)
        return [str(login.get(name, "")) for name in names]

    def _basic(self, username: str, password: str) -> str:
        if ":" in username or not (username + password).isprintable():
            raise self._unusable("the user name or the password")
        encoded = b64encode(f"{username}:{password}".encode()).decode()
        remember_secrets(encoded)
        return f"Basic {encoded}"

    def _key(self, text: str, scheme: SecurityScheme, alternative: Alternative) -> str:
        """Return the key of a scheme; several keys are written as `NAME=VALUE,NAME=VALUE`."""
        keys = _keys_of(alternative)
        if pairs := _split_keys(text, keys):
            return pairs[scheme.field]
        if len(keys) == 1 or self._settings.is_embedded:
            return text
        names = ",".join(f"{each.field}=..." for each in keys)
        raise credentials_error(
            f"the API requires {len(keys)} keys, but only one is set",
            f"write them as `{names}`",
            where=self.source,
        )

    def _unusable(self, what: str) -> CredentialsError:
        return credentials_error(
            f"{what} has a character that cannot be sent", "copy only the value", where=self.source
        )


def _keys_of(alternative: Alternative) -> list[SecurityScheme]:
    return [each for each in alternative if each.kind == API_KEY]


def _split_keys(text: str, keys: list[SecurityScheme]) -> dict[str, str]:
    """Return the value of each key in a text `NAME=VALUE,NAME=VALUE` by its field; empty if a text has another form."""
    found: dict[str, str] = {}
    parts = [part.partition("=") for part in text.split(",")]
    for name, sign, value in parts:
        # The names of headers have no case.
        same = (
            each.field
            for each in keys
            if name == each.field or (each.place == "header" and name.lower() == each.field.lower())
        )
        found[next(same, "") if sign else ""] = value
    return found if "" not in found and len(found) == len(keys) == len(parts) else {}


def _is_sendable(scheme: SecurityScheme, value: str) -> bool:
    """Return whether a key can be sent in its place, as one value that the document cannot change."""
    if scheme.place == "query":
        return True
    is_plain = scheme.place == "header" or not re.search(r"[\s;,\"\\]", value)
    return is_plain and is_header("Cookie", value)


def _check_place(scheme: SecurityScheme) -> None:
    """Raise CredentialsError if a document names a place for a key that would change the request."""
    name = scheme.field
    is_framing = scheme.place == "header" and name.lower() in _FRAMING_HEADERS
    is_safe = is_header(name, "") and not is_framing
    if scheme.place == "query" or is_safe:
        return
    raise credentials_error(
        f"an API key cannot be sent in the {scheme.place} `{printable(name)}`, which the document declares",
        "correct the name in the document",
        "a key in that place would change the request itself",
    )


def _check_destination(settings: Settings, source: str) -> None:
    """Raise CredentialsError if a secret from `source` may not go to the host of the settings."""
    check_use(settings, source)
    base_url = settings.values["base_url"]
    if base_url.source == _DOCUMENT_HOST:
        raise credentials_error(
            f"the host `{host_of(base_url.value)}` comes only from the document, so no secret is sent to it",
            "set `base_url` where the secret is set, or add `--base-url`",
            "a document must not decide where a secret goes",
        )


def _no_credentials(settings: Settings, alternatives: tuple[Alternative, ...]) -> CredentialsError:
    """Return the error that names the credentials that the document requires, and their settings."""
    return credentials_error(
        f"there are no credentials for `{host_of(settings.base_url)}`: the document requires "
        + " or ".join(
            " with ".join(f"`{each.declared}`" for each in entry) for entry in alternatives
        ),
        "; or ".join(dict.fromkeys(_advice(settings, alternatives))),
        code="token-missing",
    )


def _advice(settings: Settings, alternatives: tuple[Alternative, ...]) -> Iterator[str]:
    base_url = settings.values["base_url"]
    # A secret is sent only to a host that the user names.
    host = ("--base-url", base_url.value) if base_url.source == _DOCUMENT_HOST else ()
    for scheme in (each for entry in alternatives for each in entry):
        if scheme.kind == BASIC:
            yield f"set `CXCALL_USERNAME` and `CXCALL_PASSWORD`, or {settings.login_command('--basic', *host)}"
        elif scheme.kind == API_KEY:
            yield f"set `CXCALL_API_KEY`, or {settings.login_command('--api-key', *host)}"
        elif scheme.kind == BEARER:
            yield (
                "set `CXCALL_ACCESS_TOKEN`, or `CXCALL_CLIENT_ID`, `CXCALL_CLIENT_SECRET`, and `CXCALL_TOKEN_URL`,"
                f" or {settings.login_command('--with-token', *host)}"
            )
        else:
            yield f"send it with another client: cxcall does not support `{scheme.declared}`"
