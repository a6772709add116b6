"""Who asks for a token and what is granted: the values that secrets live in, none of them in a repr."""

from __future__ import annotations

from typing import NamedTuple

from cxcall.findings.errors import CredentialsError, CxcallError
from cxcall.findings.exit_codes import ExitCode, Outcome
from cxcall.findings.finding import Finding, Severity
from cxcall.runtime.redaction import redacted_repr
from cxcall.transport.urls import host_of

CLIENT_CREDENTIALS = "client-credentials"
ACCESS_KEY = "access-key"
AUTHORIZATION_CODE = "authorization-code"
"""How a token was got, in the words of the contracts (`x-cxcall-token`)."""


class UndeliveredError(CxcallError):
    """The token endpoint cannot be reached or is busy: no token, so nothing was sent."""

    exit_code = ExitCode.UNDELIVERED
    outcome = Outcome.UNDELIVERED


class Client(NamedTuple):
    """Who asks for tokens, where the secret came from, and where it is exchanged.

    `client_id` and `secret` are the OAuth client's, or by `kind` the access key's. `app` is the
    registered application (ID, secret) that presents an access key, where there is one; `refresh`
    is what a person's login left behind, and its `secret` is empty for a public client. `locked`
    names the secrets that are still in the keyring, and not here.
    """

    client_id: str
    secret: str
    source: str
    token_url: str
    kind: str = CLIENT_CREDENTIALS
    app: tuple[str, str] = ("", "")
    refresh: str = ""
    locked: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return redacted_repr(self, "secret", "app", "refresh")

    @property
    def host(self) -> str:
        """The host that hands out the tokens."""
        return host_of(self.token_url)

    @property
    def label(self) -> str:
        """What the ID and the secret belong to."""
        return "access key" if self.kind == ACCESS_KEY else "client"

    @property
    def has_secret(self) -> bool:
        """Whether it has one, here or in the keyring."""
        return bool(self.secret or {"client_secret", "access_key_secret"} & {*self.locked})

    @property
    def is_renewable(self) -> bool:
        """Whether it gets a new token without a person."""
        is_person = self.kind == AUTHORIZATION_CODE
        return not is_person or bool(self.refresh or "refresh_token" in self.locked)


class TokenGrant(NamedTuple):
    """What the token endpoint granted; `expires_at` is None when it did not say.

    `refresh` and `identity` (an OpenID Connect ID token) are empty where none was given.
    """

    value: str
    scopes: frozenset[str] | None
    issued_at: float
    expires_at: float | None
    refresh: str = ""
    identity: str = ""

    def __repr__(self) -> str:
        return redacted_repr(self, "value", "refresh", "identity")


def check_secret(name: str, text: str, source: str) -> str:
    """Return a token, ID or secret without blanks around it; raises CredentialsError when it is none.

    The text itself is never quoted, only the character that no secret has.
    """
    secret = text.strip()
    odd = next((place for place, sign in enumerate(secret) if not "!" <= sign <= "~"), None)
    if not secret:
        raise credentials_error(f"the {name} is empty", "give it again", where=source)
    if odd is not None:
        raise credentials_error(
            f"the {name} holds U+{ord(secret[odd]):04X} at position {odd + 1}, which none has",
            f"copy the {name} alone, without `Bearer`, quotes or line breaks",
            where=source,
        )
    return secret


def check_id(name: str, text: str, source: str) -> str:
    """Return the ID of a client or an access key; raises CredentialsError when it is none."""
    known = check_secret(name, text, source)
    if ":" in known:
        message = f"the {name} holds a `:`, which would end it"
        raise credentials_error(message, f"copy the {name} alone", where=source)
    return known


def build_client(
    pair: tuple[str, str], sources: tuple[str, str], token_url: str, kind: str = CLIENT_CREDENTIALS
) -> Client:
    """Return the client of an ID and its secret; raises CredentialsError when either is none."""
    noun = "access key" if kind == ACCESS_KEY else "client"
    known = check_id(f"{noun} ID", pair[0], sources[0])
    secret = check_secret(f"{noun} secret", pair[1], sources[1])
    return Client(known, secret, sources[1], token_url, kind)


def credentials_error(
    message: str, fix: str, why: str = "", *, where: str = "token", code: str = "credential"
) -> CredentialsError:
    """Return the error for credentials that cannot be used."""
    return CredentialsError(Finding(Severity.ERROR, code, where, message, fix, why))


def token_undelivered(code: str, message: str, fix: str, why: str = "") -> UndeliveredError:
    """Return the error for an endpoint that gave no answer to go by."""
    return UndeliveredError(Finding(Severity.ERROR, code, "host", message, fix, why))
