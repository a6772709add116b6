"""What a token endpoint said: a grant, or why there is none, with nothing in it that is a secret."""

from __future__ import annotations

import json
from base64 import b64encode
from http import HTTPStatus
from math import isfinite
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import quote

from cxcall.credentials.oauth_client import (
    ACCESS_KEY,
    AUTHORIZATION_CODE,
    Client,
    TokenGrant,
    UndeliveredError,
    check_secret,
    credentials_error,
    token_undelivered,
)
from cxcall.runtime.redaction import redacted_repr
from cxcall.transport.urls import host_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cxcall.transport.messages import Exchange, HttpResponse

LONGEST_LIFETIME = 38880000.0  # seconds; docs/platforms/genesys-cloud.md#client-credentials
_SHOWN = 200


def no_response_error(done: Exchange, client: Client, timeout: float) -> UndeliveredError:
    """Return the error for an exchange with the token endpoint that brought no answer."""
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
    return token_undelivered("undelivered", message, fix, f"no token, so nothing was sent{told}")


class TokenResponse(NamedTuple):
    """What the token endpoint said, with nothing in it that could be the secret."""

    client: Client
    response: HttpResponse
    declared: dict[str, Any]

    def __repr__(self) -> str:
        return redacted_repr(self, "response", "declared")

    @classmethod
    def of(cls, response: HttpResponse, client: Client) -> TokenResponse:
        """Read an answer; what is no JSON object declares nothing."""
        declared = response.json()
        return cls(client, response, declared if isinstance(declared, dict) else {})

    @property
    def error(self) -> str:
        """The error's code; empty where there is none."""
        return str(self.declared.get("error") or "")

    @property
    def description(self) -> str:
        """The error in the endpoint's own words."""
        told = self.declared.get("error_description") or self.declared.get("description") or ""
        return str(told).strip()

    @property
    def told(self) -> str:
        """The status, and the endpoint's own words where it has some."""
        status = f"HTTP {self.response.status} from `{self.client.host}`"
        words = ": ".join(part for part in (self.error, self.description) if part)
        return f'{status}, which says "{_masked(words, self.client)}"' if words else status

    def raise_for_status(self) -> None:
        """Raise unless the endpoint granted something."""
        status, host = self.response.status, self.client.host
        if status == HTTPStatus.TOO_MANY_REQUESTS or self._is_limited:
            wait = str(self.response.headers.get("Retry-After", ""))
            when = f"in {wait} s" if wait.isascii() and wait.isdigit() else "in a minute"
            message = f"`{host}` hands out no more tokens for now"
            raise token_undelivered("rate-limited", message, f"run it again {when}", self.told)
        if status >= HTTPStatus.INTERNAL_SERVER_ERROR or status == HTTPStatus.REQUEST_TIMEOUT:
            message = f"`{host}` failed to hand out a token"
            raise token_undelivered("undelivered", message, "run it again in a minute", self.told)
        if not HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
            message, fix = self._refusal()
            raise credentials_error(message, fix, self.told)

    @property
    def _is_limited(self) -> bool:
        # The token endpoint's own rate limit is a 400, not a 429 (docs/platforms/genesys-cloud.md#client-credentials).
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
        if self.error == "invalid_grant" and known.kind == AUTHORIZATION_CODE:
            return "the login has ended", "`cxcall auth login --web`"
        if self.error in {"unauthorized_client", "unsupported_grant_type"}:
            return (
                f"client `{known.client_id}` may not use the {known.kind} grant",
                "give it that grant type and a role, or keep a token: `cxcall auth login --with-token`",
            )
        if status < HTTPStatus.BAD_REQUEST:
            to = host_of(str(self.response.headers.get("Location", ""))) or "elsewhere"
            return f"`{host}` redirects to `{to}`, and secrets follow no redirect", self._check_url
        return self._refused_secret() or self._refused_status()

    def _refused_secret(self) -> tuple[str, str] | None:
        known, host = self.client, self.client.host
        if self.error == "invalid_client" and known.kind == ACCESS_KEY:
            return (
                f"`{host}` refused the application that presents the access key",
                "check `client_id` and `client_secret`; the access key itself was not looked at",
            )
        if self.error == "invalid_client" and not known.secret:
            return (
                f"`{host}` takes client `{known.client_id}` with its secret only, or is the wrong region",
                "set `CXCALL_CLIENT_SECRET`, or check the region",
            )
        if self.error == "invalid_client":
            return (
                f"the client secret (from {known.source}) is wrong, or `{host}` is the wrong region",
                "check both: right credentials in the wrong region are refused in the same words",
            )
        if self.error == "invalid_grant" and known.kind == ACCESS_KEY:
            return (
                f"`{host}` refused the access key (from {known.source})",
                "check `access_key_id` and `access_key_secret`, and that the key is active",
            )
        return None

    def _refused_status(self) -> tuple[str, str]:
        known, host = self.client, self.client.host
        is_key = known.kind == ACCESS_KEY
        whose = "access key" if is_key else "client's credentials"
        nothing = (f"`{host}` has no token endpoint at `{known.token_url}`", self._check_url)
        refusals: dict[int, tuple[str, str]] = {
            HTTPStatus.BAD_REQUEST: (f"`{host}` refused the token request", self._check_url),
            HTTPStatus.UNAUTHORIZED: (
                f"`{host}` refused the {whose} (from {known.source})",
                "check `access_key_id`, `access_key_secret` and the area"
                if is_key
                else "check `client_id`, `client_secret` and the region",
            ),
            HTTPStatus.FORBIDDEN: (
                f"{known.label} `{known.client_id}` is not allowed to get a token",
                "check that it is active, has a role, and that this network may use it",
            ),
        }
        return refusals.get(self.response.status, nothing)

    @property
    def _check_url(self) -> str:
        return f"check `token_url`: it is `{self.client.token_url}`"

    def grant(self, asked_at: float) -> TokenGrant:
        """Return what was granted; raises CredentialsError when it is nothing that can be used."""
        if problem := self._problem():
            raise credentials_error(f"`{self.client.host}` {problem}", self._check_url, self.told)
        value = check_secret("access token", str(self.declared["access_token"]), self.client.host)
        scope, life = self.declared.get("scope"), _seconds(self.declared.get("expires_in"))
        return TokenGrant(
            value=value,
            scopes=frozenset(scope.split()) if isinstance(scope, str) and scope.strip() else None,
            issued_at=asked_at,
            expires_at=asked_at + min(life, LONGEST_LIFETIME) if life else None,
            refresh=self._text("refresh_token"),
            identity=self._text("id_token"),
        )

    def _text(self, name: str) -> str:
        value = self.declared.get(name)
        return (
            check_secret(name, value, self.client.host) if value and isinstance(value, str) else ""
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


def encode_basic(client_id: str, secret: str) -> str:
    """Return the pair as Basic authorization has it."""
    return b64encode(f"{client_id}:{secret}".encode()).decode()


def _masked(text: str, client: Client) -> str:
    """Return a server's words, short, and without a secret in any form that it was sent in."""
    for form in _secret_forms(client):
        text = text.replace(form, "****")
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."


def _secret_forms(client: Client) -> Iterator[str]:
    """Yield what is to be masked: pairs first, as they hold the others."""
    app_id, app_secret = client.app
    pairs = [
        (client.client_id, client.secret),
        (app_id, app_secret),
        (quote(app_id, safe=""), quote(app_secret, safe="")),
    ]
    yield from (encode_basic(*pair) for pair in pairs if all(pair))
    for secret in filter(None, (client.secret, app_secret, client.refresh)):
        yield from (secret, quote(secret, safe=""), json.dumps(secret)[1:-1])
