"""Request an access token with client credentials, an access key, or a browser login, and read the response.

No message has a secret.
"""

from __future__ import annotations

import json
import time
from base64 import b64encode
from http import HTTPStatus
from math import ceil, isfinite
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

from cxcall.credentials.access_token import check_secret, credentials_error
from cxcall.credentials.oauth_client import (
    ACCESS_KEY,
    AUTHORIZATION_CODE,
    OAuthClient,
    TokenGrant,
    UndeliveredError,
    token_undelivered,
)
from cxcall.findings.finding import printable
from cxcall.named_tuple import NamedTuple
from cxcall.responses.identifiers import describe_redirect
from cxcall.runtime.secrets.known_secrets import redact, redacted_repr, remember_secrets
from cxcall.transport.authorization import Authorization

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cxcall.transport.http_messages import Exchange, HttpResponse


_FORM = "application/x-www-form-urlencoded"
_SECRET_FIELDS = ("code", "code_verifier", "refresh_token")


def request_grant(client: OAuthClient, timeout: float) -> TokenGrant:
    """Return a token for the client's credentials.

    Raises CredentialsError if the token endpoint refuses them or returns no usable token, and
    UndeliveredError if it does not respond or limits the rate.
    """
    if client.kind == ACCESS_KEY:
        return _request_with_access_key(client, timeout)
    if client.kind == AUTHORIZATION_CODE:
        form = {"grant_type": "refresh_token", "refresh_token": client.refresh_token}
        return redeem_code(client, form, timeout)
    basic = encode_basic(client.client_id, client.secret)
    return _send_form(client, {"grant_type": "client_credentials"}, timeout, basic)


def redeem_code(client: OAuthClient, form: Mapping[str, str], timeout: float) -> TokenGrant:
    """Return a token for an authorization code or a refresh token; raises as `request_grant` does.

    A client without a secret sends its ID in the form (RFC 6749 section 3.2.1).
    """
    remember_secrets(*(form.get(name, "") for name in _SECRET_FIELDS))
    if client.secret:
        basic = encode_basic(client.client_id, client.secret)
        return _send_form(client, form, timeout, basic)
    return _send_form(client, {**form, "client_id": client.client_id}, timeout)


def _request_with_access_key(client: OAuthClient, timeout: float) -> TokenGrant:
    """Return a token for an access key, with or without a registered application (docs/platforms/nice-cxone.md#tokens)."""
    if all(client.application):
        form = {"grant_type": "password", "username": client.client_id, "password": client.secret}
        basic = encode_basic(*(quote(half, safe="") for half in client.application))
        return _send_form(client, form, timeout, basic)
    key = {"accessKeyId": client.client_id, "accessKeySecret": client.secret}
    return _send(client, "application/json", json.dumps(key), timeout)


def _send_form(
    client: OAuthClient, form: Mapping[str, str], timeout: float, basic: str = ""
) -> TokenGrant:
    return _send(client, _FORM, urlencode(form), timeout, basic)


def _send(
    client: OAuthClient, media_type: str, body: str, timeout: float, basic: str = ""
) -> TokenGrant:
    from cxcall.transport.exchange import InterruptedExchange, exchange
    from cxcall.transport.http_messages import HttpRequest

    headers = {"Accept": "application/json", "Content-Type": media_type}
    request = HttpRequest("POST", client.token_url, headers, body.encode())
    remember_secrets(client.secret, client.application[1], client.refresh_token)
    header = Authorization(client.token_url, f"Basic {basic}" if basic else "")
    requested_at = time.time()
    try:
        done = exchange(request, auth=header, timeout=timeout)
    except InterruptedExchange:  # a token request places no call
        raise KeyboardInterrupt from None
    if done.response is None or done.failure:
        raise no_response_error(done, client, timeout)
    response = TokenResponse.read(done.response, client)
    response.raise_for_status()
    return response.to_grant(requested_at)


LONGEST_LIFETIME = 38880000.0  # seconds; docs/platforms/genesys-cloud.md#client-credentials
_SHOWN = 200
_TEXTS = ("error_description", "description", "message", "errorMessage")
_TOKENS = ("access_token", "refresh_token", "id_token")


def no_response_error(done: Exchange, client: OAuthClient, timeout: float) -> UndeliveredError:
    """Return the error for an exchange in which the token endpoint sent no complete response."""
    from cxcall.transport.failure_descriptions import explain_unreachable

    others = {
        "timeout": (
            f"did not respond within {timeout:g} s",
            "run it again, with a longer `--timeout`",
        ),
        "reset": ("closed the connection before a complete response", "run it again"),
        "malformed": ("did not send a valid HTTP response", "check `token_url`"),
    }
    known = explain_unreachable(done, "token_url") or others.get(done.failure)
    problem, fix = known or ("sent a response that cannot be read", "run it again")
    message = f"`{client.host}` {problem}"
    # The detail contains nothing from the request.
    detail = f" ({done.detail})" if done.detail and done.failure != "timeout" else ""
    return token_undelivered(
        "undelivered", message, fix, f"cxcall has no token, so nothing was sent{detail}"
    )


class TokenResponse(NamedTuple):
    """The response of the token endpoint to a client. Its messages contain no secret."""

    client: OAuthClient
    response: HttpResponse
    content: dict[str, Any]

    def __repr__(self) -> str:
        return redacted_repr(self, "response", "content")

    @classmethod
    def read(cls, response: HttpResponse, client: OAuthClient) -> TokenResponse:
        """Read a response. The content is empty if the body is not a JSON object.

        Its tokens are masked from now on, even if one cannot be used.
        """
        content = response.json()
        content = content if isinstance(content, dict) else {}
        remember_secrets(*(str(content.get(name) or "") for name in _TOKENS))
        return cls(client, response, content)

    @property
    def error(self) -> str:
        """The error code; empty if there is none."""
        return str(self.content.get("error") or self.content.get("errorCode") or "")

    @property
    def description(self) -> str:
        """The description of the error by the token endpoint."""
        return next(
            (text for name in _TEXTS if (text := str(self.content.get(name) or "").strip())), ""
        )

    @property
    def details(self) -> str:
        """The status, and the error of the token endpoint if there is one, with secrets masked."""
        status = f"HTTP {self.response.status} from `{self.client.host}`"
        text = self._text_of_error
        return f'{status}, with the message "{_shorten(text)}"' if text else status

    @property
    def _text_of_error(self) -> str:
        """The error by its names; the body of another form only of a refusal, because that of a 2xx may be a token."""
        is_refusal = self.response.status >= HTTPStatus.BAD_REQUEST
        if self.content or self._is_page or not is_refusal:
            return ": ".join(part for part in (self.error, self.description) if part)
        return self.response.body.decode("utf-8", "replace").strip()

    @property
    def _is_page(self) -> bool:
        return self.response.body.lstrip().startswith(b"<")

    def raise_for_status(self) -> None:
        """Raise the error for the status; do nothing for a 2xx status."""
        status, host = self.response.status, self.client.host
        code = message = ""
        if status == HTTPStatus.TOO_MANY_REQUESTS or self._is_rate_limited:
            code, message = "rate-limited", f"`{host}` issues no more tokens for now"
        elif status >= HTTPStatus.INTERNAL_SERVER_ERROR or status == HTTPStatus.REQUEST_TIMEOUT:
            code, message = "undelivered", f"`{host}` failed to issue a token"
        if code:
            from datetime import UTC, datetime

            from cxcall.transport.requested_waits import requested_wait

            wait = requested_wait(self.response.headers, self.response.body, datetime.now(UTC))
            fix = f"run it again {f'in {ceil(wait)} s' if wait else 'in a minute'}"
            raise token_undelivered(code, message, fix, self.details, wait=wait)
        if not HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
            message, fix = self._explain_refusal()
            raise credentials_error(message, fix, self.details)

    @property
    def _is_rate_limited(self) -> bool:
        # The token endpoint's own rate limit is a 400, not a 429 (docs/platforms/genesys-cloud.md#client-credentials).
        return (
            self.response.status >= HTTPStatus.BAD_REQUEST
            and self.description.lower().startswith("rate limit exceeded")
        )

    def _explain_refusal(self) -> tuple[str, str]:
        client, host, status = self.client, self.client.host, self.response.status
        if status < HTTPStatus.BAD_REQUEST:
            redirect = describe_redirect(self.response)
            message = f"`{host}` responded with {redirect}, but secrets are not sent there"
            return message, self._check_url
        if self.error == "invalid_client" and "not found" in self.description.lower():
            return (
                f"`{host}` does not know the client `{client.client_id}`",
                "check `client_id`, and that the client was created in this region",
            )
        if self.error == "invalid_grant" and client.kind == AUTHORIZATION_CODE:
            return "the login is no longer valid", "log in again: `cxcall auth login --web`"
        if self.error in {"unauthorized_client", "unsupported_grant_type"}:
            return (
                f"client `{client.client_id}` is not allowed to use the {client.kind} grant",
                "add that grant type and a role to the client, or store a token: `cxcall auth login --with-token`",
            )
        return self._explain_refused_credentials() or self._explain_status()

    def _explain_refused_credentials(self) -> tuple[str, str] | None:
        client, host = self.client, self.client.host
        is_key = client.kind == ACCESS_KEY
        is_named = self.error in ("invalid_client", "invalid_grant")
        if is_named or (self.response.status == HTTPStatus.UNAUTHORIZED and not self._is_page):
            label = "access key" if is_key else "client's credentials"
            fix = "check `client_id`, `client_secret`, and the region: the wrong one refuses correct credentials, too"
            if is_key:
                fix = "check `access_key_id`, `access_key_secret`, the area, and that the key is active"
                fix += "; or the application in `client_id`" if client.application[0] else ""
            return f"`{host}` refused the {label} (from {client.source})", fix
        if self.response.status == HTTPStatus.FORBIDDEN and not self._is_page:
            return (
                f"{client.label} `{client.client_id}` is not allowed to get a token",
                "check that it is active, has a role, and that this network may use it",
            )
        return None

    def _explain_status(self) -> tuple[str, str]:
        host = self.client.host
        status = self.response.status
        if status in (HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED, HTTPStatus.GONE):
            return f"`{host}` has no token endpoint at `{self.client.token_url}`", self._check_url
        if self._is_page:
            return (
                f"`{host}` refused the token request with a web page",
                f"{self._check_url}; and whether a firewall or a proxy blocks the request",
            )
        fix = f"see its message; or {self._check_url}" if self._text_of_error else self._check_url
        return f"`{host}` refused the token request", fix

    @property
    def _check_url(self) -> str:
        return f"check `token_url`: it is `{self.client.token_url}`"

    def to_grant(self, requested_at: float) -> TokenGrant:
        """Return the token, requested at a time in seconds since 1970; raises CredentialsError if unusable."""
        if problem := self._problem():
            raise credentials_error(
                f"`{self.client.host}` {problem}", self._check_url, self.details
            )
        value = self._checked("access token", str(self.content["access_token"]))
        scope, lifetime = self.content.get("scope"), _seconds(self.content.get("expires_in"))
        return TokenGrant(
            value=value,
            scopes=frozenset(scope.split()) if isinstance(scope, str) and scope.strip() else None,
            issued_at=requested_at,
            expires_at=requested_at + min(lifetime, LONGEST_LIFETIME) if lifetime else None,
            refresh_token=self._text("refresh_token"),
            id_token=self._text("id_token"),
        )

    def _text(self, name: str) -> str:
        value = self.content.get(name)
        return self._checked(name, value) if value and isinstance(value, str) else ""

    def _checked(self, name: str, value: str) -> str:
        return check_secret(name, value, self.client.host, self._check_url)

    def _problem(self) -> str:
        """Return what is wrong with a 2xx response; empty if it contains a bearer token."""
        body, token_type = self.response.body.strip(), self.content.get("token_type")
        problems = {
            "sent a response that is too long for a token": self.response.is_truncated,
            "sent an empty response instead of a token": not body,
            "sent a web page instead of a token": self._is_page,
            "did not respond with a JSON object": not self.content,
            "responded without an `access_token`": not isinstance(
                self.content.get("access_token"), str
            ),
            "granted a token that is not a bearer token": str(token_type or "bearer").lower()
            != "bearer",
        }
        return next((problem for problem, is_so in problems.items() if is_so), "")


def _seconds(value: Any) -> float:
    """Return a lifetime in seconds; 0 if it is unknown."""
    try:
        lifetime = 0.0 if isinstance(value, bool) else float(value)
    except (TypeError, ValueError, OverflowError):
        return 0.0
    return lifetime if isfinite(lifetime) and lifetime > 0 else 0.0


def encode_basic(client_id: str, secret: str) -> str:
    """Return an ID and a secret, encoded for Basic authorization."""
    return b64encode(f"{client_id}:{secret}".encode()).decode()


def _shorten(text: str) -> str:
    text = printable(redact(text))
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."
