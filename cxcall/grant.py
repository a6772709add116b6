"""The client-credentials grant: an OAuth client -> an access token, or why there is none."""

from __future__ import annotations

import json
import time
from base64 import b64encode
from dataclasses import dataclass, field
from http import HTTPStatus
from math import isfinite
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from cxcall.authorization import Authorization
from cxcall.endpoint import host_of
from cxcall.errors import CredentialsError, CxcallError, ExitCode, Finding, Outcome, Severity

if TYPE_CHECKING:
    from cxcall.transport import Exchange, HttpResponse

LONGEST_LIFE = 38880000.0  # genesys-cloud.md section 2.1: the longest that a client may be given
_SHOWN = 200


class UndeliveredError(CxcallError):
    """The token endpoint cannot be reached or is busy: no token, so nothing was sent."""

    exit_code = ExitCode.UNDELIVERED
    outcome = Outcome.UNDELIVERED


@dataclass(frozen=True)
class Client:
    """An OAuth client, where its secret came from, and where it is exchanged for a token."""

    client_id: str
    secret: str = field(repr=False)
    source: str
    token_url: str

    @property
    def host(self) -> str:
        """The host that hands out the tokens."""
        return host_of(self.token_url)


@dataclass(frozen=True)
class Grant:
    """What the token endpoint granted; `expires_at` is None when it did not say."""

    value: str = field(repr=False)
    scopes: frozenset[str] | None
    issued_at: float
    expires_at: float | None


def check_secret(name: str, text: str, source: str) -> str:
    """Return a token, ID or secret without blanks around it; raises CredentialsError when it is none.

    The text itself is never quoted, only the character that no secret has.
    """
    secret = text.strip()
    odd = next((place for place, sign in enumerate(secret) if not "!" <= sign <= "~"), None)
    if not secret:
        raise _credential(f"the {name} is empty", "give it again", where=source)
    if odd is not None:
        raise _credential(
            f"the {name} holds U+{ord(secret[odd]):04X} at position {odd + 1}, which none has",
            f"copy the {name} alone, without `Bearer`, quotes or line breaks",
            where=source,
        )
    return secret


def check_client(pair: tuple[str, str], sources: tuple[str, str], token_url: str) -> Client:
    """Return the client of an ID and its secret; raises CredentialsError when either is none."""
    client_id = check_secret("client ID", pair[0], sources[0])
    if ":" in client_id:
        message = "the client ID holds a `:`, which would end it"
        raise _credential(message, "copy the client ID alone", where=sources[0])
    secret = check_secret("client secret", pair[1], sources[1])
    return Client(client_id, secret, sources[1], token_url)


def fetch(client: Client, timeout: float) -> Grant:
    """Exchange the client's credentials for a token.

    Raises CredentialsError when the endpoint refuses them or grants nothing that can be used, and
    UndeliveredError when it does not answer or asks to come back later.
    """
    from cxcall.transport import HttpRequest, Interrupted, exchange

    headers = {"Accept": "application/json", "Content-Type": "application/x-www-form-urlencoded"}
    request = HttpRequest("POST", client.token_url, headers, b"grant_type=client_credentials")
    asked_at = time.time()
    header = Authorization(client.token_url, f"Basic {_pair(client)}")
    try:
        done = exchange(request, auth=header, timeout=timeout)
    except Interrupted:  # it was a token that was asked for: no call can have gone out
        raise KeyboardInterrupt from None
    if done.response is None or done.failure:
        raise _unanswered(done, client, timeout)
    answer = _Answer.of(done.response, client)
    answer.check_status()
    return answer.grant(asked_at)


def _pair(client: Client) -> str:
    return b64encode(f"{client.client_id}:{client.secret}".encode()).decode()


def _credential(message: str, fix: str, why: str = "", *, where: str = "token") -> CredentialsError:
    return CredentialsError(Finding(Severity.ERROR, "credential", where, message, fix, why))


def _undelivered(code: str, message: str, fix: str, why: str = "") -> UndeliveredError:
    return UndeliveredError(Finding(Severity.ERROR, code, "host", message, fix, why))


def _unanswered(done: Exchange, client: Client, timeout: float) -> UndeliveredError:
    host = client.host
    message, fix = {
        "dns": (f"`{host}` cannot be found", "check the region or `token_url`, and the network"),
        "connect": (f"`{host}` takes no connection", "check `token_url`, and that it is running"),
        "tls": (
            f"no secure connection to `{host}`",
            "check that `token_url` is an `https://` address",
        ),
        "certificate": (
            f"the certificate of `{host}` is not trusted",
            "set `REQUESTS_CA_BUNDLE` to the file of your network's own authority",
        ),
        "proxy": (
            f"the proxy does not let us through to `{host}`",
            "check `HTTPS_PROXY`, `NO_PROXY`",
        ),
        "timeout": (
            f"`{host}` did not answer within {timeout:g} s",
            "run it again, with a longer `--timeout`",
        ),
        "reset": (f"`{host}` broke the connection", "run it again"),
        "malformed": (f"`{host}` does not speak HTTP", "check `token_url`"),
    }.get(done.failure, (f"the answer of `{host}` was cut", "run it again"))
    # The detail quotes nothing of the request.
    told = f" ({done.detail})" if done.detail else ""
    return _undelivered("undelivered", message, fix, f"no token, so nothing was sent{told}")


@dataclass(frozen=True)
class _Answer:
    """What the token endpoint said, with nothing in it that could be the secret."""

    client: Client
    response: HttpResponse = field(repr=False)
    declared: dict[str, Any] = field(repr=False)

    @classmethod
    def of(cls, response: HttpResponse, client: Client) -> _Answer:
        declared = response.json()
        return cls(client, response, declared if isinstance(declared, dict) else {})

    @property
    def error(self) -> str:
        return str(self.declared.get("error") or "")

    @property
    def description(self) -> str:
        told = self.declared.get("error_description") or self.declared.get("description") or ""
        return str(told).strip()

    @property
    def told(self) -> str:
        """The status, and the endpoint's own words where it has some."""
        status = f"HTTP {self.response.status} from `{self.client.host}`"
        words = ": ".join(part for part in (self.error, self.description) if part)
        return f"{status}, which says `{_masked(words, self.client)}`" if words else status

    def check_status(self) -> None:
        """Raise unless the endpoint granted something."""
        status, host = self.response.status, self.client.host
        if status == HTTPStatus.TOO_MANY_REQUESTS or self._is_limited:
            wait = str(self.response.headers.get("Retry-After", ""))
            when = f"in {wait} s" if wait.isascii() and wait.isdigit() else "in a minute"
            message = f"`{host}` hands out no more tokens for now"
            raise _undelivered("rate-limited", message, f"run it again {when}", self.told)
        if status >= HTTPStatus.INTERNAL_SERVER_ERROR or status == HTTPStatus.REQUEST_TIMEOUT:
            message = f"`{host}` failed to hand out a token"
            raise _undelivered("undelivered", message, "run it again in a minute", self.told)
        if not HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
            message, fix = self._refusal()
            raise _credential(message, fix, self.told)

    @property
    def _is_limited(self) -> bool:
        # genesys-cloud.md section 2.1: the token endpoint's own limit is a 400, not a 429.
        return (
            self.response.status >= HTTPStatus.BAD_REQUEST
            and self.description.lower().startswith("rate limit exceeded")
        )

    def _refusal(self) -> tuple[str, str]:
        known, host, status = self.client, self.client.host, self.response.status
        if self.error == "invalid_client" and "not found" in self.description.lower():
            return (
                f"`{host}` knows no client `{known.client_id}`",
                "check `client_id`, and that the region is the one the client was made in",
            )
        if self.error == "invalid_client":
            return (
                f"the client secret (from {known.source}) is wrong, or `{host}` is the wrong region",
                "check both: right credentials in the wrong region are refused in the same words",
            )
        if self.error in {"unauthorized_client", "unsupported_grant_type"}:
            return (
                f"client `{known.client_id}` may not use the client-credentials grant",
                "give it that grant type and a role, or keep a token: `cxcall auth login --with-token`",
            )
        if status < HTTPStatus.BAD_REQUEST:
            to = host_of(str(self.response.headers.get("Location", ""))) or "elsewhere"
            return f"`{host}` redirects to `{to}`, and secrets follow no redirect", self._check_url
        nothing = (f"`{host}` has no token endpoint at `{known.token_url}`", self._check_url)
        refusals: dict[int, tuple[str, str]] = {
            HTTPStatus.BAD_REQUEST: (f"`{host}` refused the token request", self._check_url),
            HTTPStatus.UNAUTHORIZED: (
                f"`{host}` refused the client's credentials (from {known.source})",
                "check `client_id`, `client_secret` and the region",
            ),
            HTTPStatus.FORBIDDEN: (
                f"client `{known.client_id}` is not allowed to get a token",
                "check that it is active, has a role, and that this network may use it",
            ),
        }
        return refusals.get(status, nothing)

    @property
    def _check_url(self) -> str:
        return f"check `token_url`: it is `{self.client.token_url}`"

    def grant(self, asked_at: float) -> Grant:
        """Return what was granted; raises CredentialsError when it is nothing that can be used."""
        if problem := self._problem():
            raise _credential(f"`{self.client.host}` {problem}", self._check_url, self.told)
        value = check_secret("access token", str(self.declared["access_token"]), self.client.host)
        scope, life = self.declared.get("scope"), _seconds(self.declared.get("expires_in"))
        return Grant(
            value=value,
            scopes=frozenset(scope.split()) if isinstance(scope, str) and scope.strip() else None,
            issued_at=asked_at,
            expires_at=asked_at + min(life, LONGEST_LIFE) if life else None,
        )

    def _problem(self) -> str:
        """Say what is wrong with an answer that should hold a token; nothing when it does."""
        body, kind = self.response.body.strip(), self.declared.get("token_type")
        problems = {
            "answered with far more than a token": self.response.truncated,
            "answered with nothing, instead of a token": not body,
            "answered with a web page, instead of a token": body.startswith(b"<"),
            "answered with something else than a JSON object": not self.declared,
            "answered without an `access_token`": not isinstance(
                self.declared.get("access_token"), str
            ),
            "granted a token that is no bearer token": str(kind or "bearer").lower() != "bearer",
        }
        return next((problem for problem, is_so in problems.items() if is_so), "")


def _seconds(value: Any) -> float:
    """Return the life that was granted, in seconds; 0 when that is not known."""
    try:
        life = 0.0 if isinstance(value, bool) else float(value)
    except (TypeError, ValueError, OverflowError):
        return 0.0
    return life if isfinite(life) and life > 0 else 0.0


def _masked(text: str, client: Client) -> str:
    """Return a server's words, short, and without the secret in any form that it was sent in."""
    secret = client.secret
    for form in (_pair(client), secret, quote(secret, safe=""), json.dumps(secret)[1:-1]):
        text = text.replace(form, "****")
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."
