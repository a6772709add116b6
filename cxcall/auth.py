"""Who we are to the platform: which token is used, where it may go, and how that stands."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from cxcall import keychain
from cxcall.authorization import Authorization
from cxcall.endpoint import host_of
from cxcall.errors import CredentialsError, Finding, Severity
from cxcall.grant import Client, UndeliveredError, check_client, check_secret
from cxcall.keychain import GIVEN, LOGIN_SOURCE, Token

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cxcall.config import Settings
    from cxcall.contract import Operation

__all__ = [
    "BearerAuth",
    "Status",
    "Token",
    "UndeliveredError",
    "get_token",
    "login",
    "login_with_token",
    "logout",
    "missing_scope",
    "status",
    "wrong_kind",
]


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
    if given := _given(settings):
        if fresh:
            raise _expired(given)
        return given
    client = _client(settings)
    if settings.embedded:
        return keychain.fetch_token(settings, client)
    held = keychain.find_token(settings, client)
    if held and not fresh:
        return held
    # Each token counts against a limit of its own: of many processes, one fetches for all.
    with keychain.locked(settings):
        found = keychain.find_token(settings, client)
        if found and (held is None or found.value != held.value):
            return found
        return keychain.fetch_token(settings, client)


def login(settings: Settings, client_id: str, client_secret: str) -> Token:
    """Try the client's credentials, and keep them for the profile and its host when they are good.

    Raises CredentialsError, UndeliveredError, or UnwritableError when they cannot be kept.
    """
    _stop_on_errors(settings)
    sources = LOGIN_SOURCE, LOGIN_SOURCE
    client = check_client((client_id, client_secret), sources, _token_url(settings))
    kept = {
        "token_url": client.token_url,
        "client_id": client.client_id,
        "client_secret": client.secret,
    }
    with keychain.locked(settings):
        token = keychain.fetch_token(settings, client)
        keychain.keep_login(settings, kept)
    return token


def login_with_token(settings: Settings, token: str) -> Token:
    """Keep an access token for the profile and its host; it is used as it is until it expires."""
    value = check_secret("access token", token, LOGIN_SOURCE)
    with keychain.locked(settings):
        keychain.keep_login(settings, {"access_token": value})
    return Token(value, GIVEN, None, None, LOGIN_SOURCE)


def logout(settings: Settings) -> list[str]:
    """Forget the secrets and tokens kept for the profile, whatever the host; returns what they were."""
    with keychain.locked(settings):
        logins, tokens = keychain.forget(settings)
    return [
        *(f"the {keychain.secret_of(record)} for {record.get('base_url')}" for record in logins),
        *(f"the token from {record.get('token_url')}" for record in tokens),
    ]


def wrong_kind(token: Token, operation: Operation) -> Finding | None:
    """Return the finding for a token of a grant that the operation does not take; a given one is not known."""
    kinds = operation.token_kinds
    if not kinds or token.kind == GIVEN or token.kind in kinds:
        return None
    is_for_person = keychain.CLIENT_CREDENTIALS not in kinds
    others = [
        f"`{entry.name}` takes this token: {' '.join(f'`--{flag.name} {flag.metavar}`' for flag in entry.flags if flag.required)}"
        for entry in operation.contract.operations
        if entry.command and entry.command == operation.command and token.kind in entry.token_kinds
    ]
    how = "`cxcall auth login --web` logs a person in" if is_for_person else "`cxcall auth login`"
    return Finding(
        Severity.ERROR,
        "token-user-context" if is_for_person else "token-grant",
        "token",
        f"`{operation.name}` takes a token by {' or '.join(f'`{kind}`' for kind in kinds)}, this one is by `{token.kind}`",
        fix="; or ".join([how, *others]),
        why="it acts as a user, and this token belongs to no user" if is_for_person else "",
        source=f"contract {operation.contract.name}",
    )


def missing_scope(token: Token, operation: Operation) -> Finding | None:
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


@dataclass(frozen=True)
class Status:
    """Who would send, to which host and until when, as far as that is known without the network."""

    settings: Settings
    token: Token | None
    client: Client | None
    findings: tuple[Finding, ...]

    @property
    def usable(self) -> bool:
        """Whether there is a token, or what it takes to fetch one."""
        errors = any(found.severity is Severity.ERROR for found in self.findings)
        return not errors and bool(self.token or self.client)

    @property
    def kind(self) -> str:
        """`given`, `client-credentials`, or nothing."""
        if self.token:
            return self.token.kind
        return keychain.CLIENT_CREDENTIALS if self.client else ""

    def as_dict(self) -> dict[str, Any]:
        """Return it for a program; the names of the settings tell where each value came from."""
        token = self.token
        scopes = sorted(token.scopes) if token and token.scopes is not None else None
        return {
            "usable": self.usable,
            "profile": self.settings.profile,
            "baseUrl": self.settings.base_url,
            "tokenUrl": self.settings.token_url,
            "kind": self.kind,
            "clientId": self.client.client_id if self.client else "",
            "scopes": scopes,
            "expiresAt": _iso(token.expires_at) if token and token.expires_at else None,
            "sources": {name: source for name, _, source in self.rows() if source},
        }

    def rows(self) -> list[tuple[str, str, str]]:
        """Return (name, value, source) of what matters, for a table; secrets are masked."""
        token, client, values = self.token, self.client, self.settings.values
        shown = [
            (name.replace("_", " "), values[name].value, values[name].source)
            for name in ("profile", "base_url", "token_url")
        ]
        if client:
            kept = client.source == LOGIN_SOURCE
            source = LOGIN_SOURCE if kept else values["client_id"].source
            shown += [
                ("client id", client.client_id, source),
                ("client secret", "****", client.source),
            ]
        if token and token.kind == GIVEN:
            shown.append(("access token", "****", token.source))
        shown.append(("grant", self.kind or "none", ""))
        if token and token.scopes is not None:
            shown.append(("scopes", " ".join(sorted(token.scopes)), ""))
        expiry = _iso(token.expires_at) if token and token.expires_at else "not known"
        shown.append(("expires", expiry if token else "no token yet", ""))
        return shown


def status(settings: Settings) -> Status:
    """Say who would send, to which host and until when; nothing is sent, and no secret is shown.

    Raises UsageError when others can read the kept secrets.
    """
    token = client = None
    findings = [*settings.conflicts, *_unused_logins(settings)]
    try:
        token = _given(settings)
        if token is None:
            client = _client(settings)
            token = keychain.find_token(settings, client)
    except CredentialsError as error:
        findings += error.findings
    return Status(settings, token, client, tuple(findings))


def _refused(code: str, message: str, fix: str, why: str = "") -> CredentialsError:
    return CredentialsError(Finding(Severity.ERROR, code, "token", message, fix, why))


def _stop_on_errors(settings: Settings) -> None:
    errors = [found for found in settings.conflicts if found.severity is Severity.ERROR]
    if errors:
        raise CredentialsError(*errors)


def _given(settings: Settings) -> Token | None:
    value, source = settings.access_token, settings.values["access_token"].source
    if not value:
        value, source = str(keychain.find_login(settings).get("access_token", "")), LOGIN_SOURCE
    if not value:
        return None
    return Token(check_secret("access token", value, source), GIVEN, None, None, source)


def _expired(given: Token) -> CredentialsError:
    kept = given.source == LOGIN_SOURCE
    return _refused(
        "token-expired",
        f"the access token (from {given.source}) was refused, and a given one cannot be renewed",
        "`cxcall auth login`"
        if kept
        else "put a new one there, or unset it and `cxcall auth login`",
    )


def _client(settings: Settings) -> Client:
    """Return the client that is set, else the one that a login kept."""
    known, secret = settings.values["client_id"], settings.values["client_secret"]
    pair, sources = (known.value, secret.value), (known.source, secret.source)
    if not secret.value:
        kept = keychain.find_login(settings)
        is_ours = kept.get("token_url") == settings.token_url
        if is_ours and known.value in ("", kept.get("client_id")):
            pair = str(kept.get("client_id", "")), str(kept.get("client_secret", ""))
            sources = LOGIN_SOURCE, LOGIN_SOURCE
    if not all(pair):
        raise _missing(settings)
    return check_client(pair, sources, _token_url(settings))


def _token_url(settings: Settings) -> str:
    if not settings.token_url:
        raise _refused(
            "credential",
            f"nothing says where tokens for `{host_of(settings.base_url)}` are handed out",
            "set `CXCALL_TOKEN_URL`, or `token_url` in the profile",
        )
    return settings.token_url


def _missing(settings: Settings) -> CredentialsError:
    hosts = keychain.login_hosts(settings)
    why = f"profile `{settings.profile}` is logged in to {', '.join(hosts)} only" if hosts else ""
    halves = {"client_id": "client_secret", "client_secret": "client_id"}
    for half, other in halves.items():
        if settings.values[half].value:
            return _refused(
                "token-missing",
                f"`{half}` is set (from {settings.values[half].source}), and `{other}` is not",
                f"set `CXCALL_{other.upper()}`, or `cxcall auth login`",
                why,
            )
    return _refused(
        "token-missing",
        f"there are no credentials for `{host_of(settings.base_url)}`",
        "`cxcall auth login`, or set `CXCALL_CLIENT_ID` and `CXCALL_CLIENT_SECRET`",
        why,
    )


def _unused_logins(settings: Settings) -> Iterator[Finding]:
    """Yield a warning when what a login kept, and what is set, are not the same."""
    kept = keychain.find_login(settings)
    token, secret = settings.values["access_token"], settings.values["client_secret"]
    if not kept or not (token.value or secret.value):
        return
    used, unused = (token if token.value else secret).source, LOGIN_SOURCE
    if not token.value and "access_token" in kept:
        used, unused = unused, used
    yield Finding(
        Severity.WARNING,
        "credential",
        "token",
        f"the {'access token' if token.value or 'access_token' in kept else 'client secret'} "
        f"from {used} is used, and not what is set by {unused}",
        "unset the one, or `cxcall auth logout` the other",
    )


def _iso(moment: float) -> str:
    return datetime.fromtimestamp(moment, UTC).isoformat(timespec="seconds")


def _covers(granted: frozenset[str], wanted: str) -> bool:
    # genesys-cloud.md section 2.4: `<domain>` reads and writes, `<domain>:readonly` only reads.
    return wanted in granted or wanted.removesuffix(":readonly") in granted
