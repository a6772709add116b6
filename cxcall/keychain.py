"""What is kept on this machine, in files that only its owner can read: logins, and tokens in use."""

from __future__ import annotations

import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from cxcall import config
from cxcall.errors import CredentialsError
from cxcall.grant import Client, Grant, check_secret, fetch
from cxcall.storage import PrivateFile, Record, UnwritableError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cxcall.config import Settings

CLIENT_CREDENTIALS = "client-credentials"
GIVEN = "given"
LOGIN_SOURCE = "cxcall auth login (credentials.json)"
_MARGIN = 60.0
_MARGIN_SHARE = 0.1


@dataclass(frozen=True)
class Token:
    """An access token; `scopes` and `expires_at` (seconds since 1970) are None when not known."""

    value: str = field(repr=False)
    kind: str
    scopes: frozenset[str] | None
    expires_at: float | None
    source: str


def find_login(settings: Settings) -> Record:
    """Return what a login kept for the profile and its host; empty when there is none.

    It is bound to its host: no flag and no `.env` can have a kept secret sent to another. Raises
    UsageError when others can read the file.
    """
    if settings.embedded:
        return {}
    return next(iter(_logins().find(_login_key(settings))), {})


def login_hosts(settings: Settings) -> list[str]:
    """Return the addresses that the profile is logged in to."""
    records = _logins().find({"profile": settings.profile})
    return sorted({str(record.get("base_url", "")) for record in records})


def keep_login(settings: Settings, secrets: Record) -> None:
    """Keep secrets for the profile and its host, in place of earlier ones; raises UnwritableError."""
    _logins().put(secrets, _login_key(settings))


def find_token(settings: Settings, client: Client) -> Token | None:
    """Return the token in use for a client, unless it expires within a minute or a tenth of its life."""
    for record in _tokens().find(_token_key(settings, client)):
        with suppress(CredentialsError, KeyError, TypeError, ValueError, OverflowError):
            if _is_good(record):
                scopes = record["scopes"]
                grant = Grant(
                    check_secret("access token", str(record["value"]), "tokens.json"),
                    None if scopes is None else frozenset(map(str, scopes)),
                    record["issued_at"],
                    record["expires_at"],
                )
                return _token(grant, client)
    return None


def fetch_token(settings: Settings, client: Client) -> Token:
    """Fetch a token in place of the one in use, and keep it; raises as `grant.fetch` does."""
    if settings.embedded:
        return _token(fetch(client, settings.timeout), client)
    key = _token_key(settings, client)
    with suppress(UnwritableError):
        _tokens().remove(key)
    grant = fetch(client, settings.timeout)
    if grant.expires_at is not None:
        record = {
            "value": grant.value,
            "scopes": None if grant.scopes is None else sorted(grant.scopes),
            "issued_at": grant.issued_at,
            "expires_at": grant.expires_at,
        }
        with suppress(UnwritableError):  # a token that cannot be kept is as good for this once
            _tokens().put(record, key, alive=_is_alive)
    return _token(grant, client)


def forget(settings: Settings) -> tuple[list[Record], list[Record]]:
    """Drop the logins and the tokens of the profile, whatever the host, and return them."""
    key = {"profile": settings.profile}
    return _logins().remove(key), _tokens().remove(key)


@contextmanager
def locked(settings: Settings) -> Iterator[None]:
    """Keep other processes from changing what is kept, for as long as one exchange may take."""
    with _tokens().locked(settings.timeout):
        yield


def secret_of(record: Record) -> str:
    """Name the secret that a login kept."""
    return "access token" if "access_token" in record else "client secret"


def _tokens() -> PrivateFile:
    return PrivateFile(config.state_dir() / "tokens.json")


def _logins() -> PrivateFile:
    return PrivateFile(config.state_dir() / "credentials.json")


def _login_key(settings: Settings) -> dict[str, str]:
    return {"profile": settings.profile, "base_url": settings.base_url}


def _token_key(settings: Settings, client: Client) -> dict[str, str]:
    return {
        "profile": settings.profile,
        "token_url": client.token_url,
        "client_id": client.client_id,
    }


def _token(grant: Grant, client: Client) -> Token:
    source = f"{CLIENT_CREDENTIALS} ({client.source})"
    return Token(grant.value, CLIENT_CREDENTIALS, grant.scopes, grant.expires_at, source)


def _is_good(record: Record) -> bool:
    """Tell whether a token lasts for another while; one from the future tells of a clock set back."""
    issued, expires = float(record["issued_at"]), float(record["expires_at"])
    margin = min(_MARGIN, _MARGIN_SHARE * (expires - issued))
    return isinstance(record["value"], str) and issued <= time.time() < expires - margin


def _is_alive(record: Record) -> bool:
    expires = record.get("expires_at")
    return isinstance(expires, int | float) and expires > time.time()
