"""The token endpoint and the tokens that it issued (docs/platforms/genesys-cloud.md#client-credentials)."""

from __future__ import annotations

import json
import secrets
from base64 import b64decode
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, parse_qsl

from cxcall.contracts.openapi_document import GENESYS_CLOUD
from cxcall.contracts.security_schemes import API_KEY, BASIC, BEARER, SecurityScheme
from cxcall.sandbox.http_messages import ErrorResponse, SandboxRequest, SandboxResponse
from cxcall.sandbox.inspection.request_log import drop_oldest
from cxcall.sandbox.oauth.authorization_endpoint import AuthorizationEndpoint, encode_base64

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from cxcall.contracts.operation import Operation


CLIENT_ID = "sandbox"
CLIENT_SECRET = "sandbox-secret"  # noqa: S105 - invented, printed by `cxcall sandbox`

READ_ONLY_SCOPES = frozenset({"outbound:readonly"})
THROTTLED_CLIENT = "sandbox-throttled"
CLIENTS: dict[str, str] = {
    CLIENT_ID: "every scope of the contracts",
    "sandbox-readonly": "only outbound:readonly, so a request for a call gets 403",
    THROTTLED_CLIENT: "never gets a token: 400 invalid_request, rate limit exceeded",
}
"""The known client IDs, and the purpose of each. All have the same secret.

As IDs of CXone access keys, they have the same secret. Any other access key is accepted.
"""

_BROWSER_GRANTS = ("authorization_code", "refresh_token")


@dataclass(frozen=True, slots=True)
class _IssuedToken:
    scopes: frozenset[str]
    expires_at: float
    is_of_user: bool = True


class TokenIssuer:
    """Issues tokens that expire after `lifetime` seconds of `clock`, and checks them."""

    def __init__(self, scopes: frozenset[str], lifetime: float, clock: Callable[[], float]) -> None:
        self._scopes = scopes
        self._lifetime = lifetime
        self._clock = clock
        self._issued: dict[str, _IssuedToken] = {}
        self._authorization = AuthorizationEndpoint()

    def authorize(self, request: SandboxRequest) -> SandboxResponse:
        """Respond to `GET /oauth/authorize`."""
        return self._authorization.authorize(request, CLIENTS)

    def respond(self, request: SandboxRequest) -> SandboxResponse:
        """Respond to `POST /oauth/token` with a token or an error."""
        if request.method != "POST":
            raise ErrorResponse(405, headers={"Allow": "POST"})
        form = dict(parse_qsl(request.body.decode("latin-1")))
        client, secret = _basic(request.headers.get("authorization", "")) or (
            form.get("client_id", ""),
            form.get("client_secret", ""),
        )
        error = self._check_request(client, secret, form)
        if error is not None:
            return error
        scopes = self._scopes if client == CLIENT_ID else READ_ONLY_SCOPES
        if form["grant_type"] in _BROWSER_GRANTS:
            if not self._authorization.redeem(form, client):
                return _error("invalid_grant", "the code or the refresh token is not valid")
            refresh_token = self._authorization.refresh_token(client)
            return self._token_response(scopes, refresh_token=refresh_token)
        requested = frozenset(form.get("scope", "").split())
        if not requested <= scopes | {f"{scope}:readonly" for scope in scopes}:
            return _error("invalid_scope", "the client does not have the requested scope")
        if requested:
            return self._token_response(requested, scope=" ".join(sorted(requested)))
        return self._token_response(scopes)

    def scopes(self, authorization: str) -> frozenset[str]:
        """Return the scopes of the token in an Authorization header; raises a 401 ErrorResponse if not valid."""
        challenge = {"WWW-Authenticate": "Bearer"}
        token = bearer_token(authorization)
        if not token:
            raise ErrorResponse(
                401,
                "authentication.required",
                "No authentication bearer token specified in authorization header.",
                headers=challenge,
            )
        issued = self._issued.get(token)
        if issued is None:
            raise ErrorResponse(401, headers=challenge)
        if self._clock() >= issued.expires_at:
            raise expired_token()
        return issued.scopes

    def stop_without_user(self, operation: Operation, authorization: str) -> None:
        """Raise the 400 ErrorResponse of Genesys Cloud if an operation acts as the user of the token, and there is none."""
        issued = self._issued.get(bearer_token(authorization))
        is_of_client = issued is not None and not issued.is_of_user
        if is_of_client and operation.needs_user_token and operation.platform == GENESYS_CLOUD:
            raise ErrorResponse(400, "not.a.user", "The token is not that of a user.")

    def revoke(self, authorization: str) -> None:
        """Expire the token in an Authorization header."""
        token = bearer_token(authorization)
        if token in self._issued:
            self._issued[token] = _IssuedToken(frozenset(), float("-inf"))

    def _check_request(
        self, client: str, secret: str, form: dict[str, str]
    ) -> SandboxResponse | None:
        if "grant_type" not in form:
            return _error("invalid_request", "grant_type is required")
        if form["grant_type"] not in ("client_credentials", *_BROWSER_GRANTS):
            return _error("unsupported_grant_type", "unsupported grant type")
        if client not in CLIENTS:
            return _error("invalid_client", "client not found")
        is_public = form["grant_type"] in _BROWSER_GRANTS and not secret
        if secret != CLIENT_SECRET and not is_public:
            return _error("invalid_client", "authentication failed")
        if client == THROTTLED_CLIENT:
            return _error("invalid_request", "rate limit exceeded; wait and try again")
        return None

    def issue(self, scopes: frozenset[str] | None = None, *, is_of_user: bool = True) -> str:
        """Return a new token with the given scopes, or with every scope, of a user or of an OAuth client."""
        token = secrets.token_urlsafe(48)
        token_scopes = self._scopes if scopes is None else scopes
        drop_oldest(self._issued)
        self._issued[token] = _IssuedToken(token_scopes, self._clock() + self._lifetime, is_of_user)
        return token

    def _token_response(self, scopes: frozenset[str], **members: str) -> SandboxResponse:
        body = {
            "access_token": self.issue(scopes, is_of_user="refresh_token" in members),
            "token_type": "bearer",
            # Tests of expiry use a lifetime below one second; the platform has whole seconds.
            "expires_in": max(int(self._lifetime), 1),
        }
        return SandboxResponse(200, {**body, **members}, {"Cache-Control": "no-store"})


def check_access_key(body: object) -> None:
    """Raise an ErrorResponse for a CXone access key with a known ID and a wrong secret."""
    key = body if isinstance(body, dict) else {}
    key_id = key.get("accessKeyId") or key.get("username")
    if key_id in CLIENTS and CLIENT_SECRET not in (key.get("accessKeySecret"), key.get("password")):
        status = 400 if "grant_type" in key else 401
        raise ErrorResponse(status, "invalid_grant", "The access key is not valid.")


def expired_token() -> ErrorResponse:
    """Return the error response to an expired token."""
    return ErrorResponse(
        401,
        "credentials.expired",
        "The supplied credentials have expired.",
        headers={"WWW-Authenticate": "Bearer"},
    )


def bearer_token(authorization: str) -> str:
    """Return the token in an Authorization header; empty if it has none."""
    scheme, _, token = authorization.partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def require_security(operation: Operation, request: SandboxRequest, tokens: TokenIssuer) -> None:
    """Raise a 401 or 403 ErrorResponse unless a request satisfies one of the alternatives of its operation."""
    authorization = request.headers.get("authorization", "")
    alternatives = operation.security
    if not alternatives:
        declared = operation.contract.declared.get("security", ())
        declared = operation.declared.get("security", declared)
        if declared and {} not in declared:
            require_scopes(operation.scopes, tokens.scopes(authorization))
            tokens.stop_without_user(operation, authorization)
    elif not any(all(_has_key(each, request) for each in entry) for entry in alternatives):
        schemes = [each for entry in alternatives for each in entry]
        is_of_token = [each.kind == BEARER or each.may_be_token for each in schemes]
        if not any(is_of_token) or not (all(is_of_token) or bearer_token(authorization)):
            raise ErrorResponse(401)
        require_scopes(operation.scopes, tokens.scopes(authorization))


def _has_key(scheme: SecurityScheme, request: SandboxRequest) -> bool:
    """Return whether a request has the Basic credentials or the API key of the sandbox."""
    if scheme.kind == BASIC:
        client, secret = _basic(request.headers.get("authorization", "")) or ("", "")
        return client in CLIENTS and secret == CLIENT_SECRET
    if scheme.kind != API_KEY:
        return False
    if scheme.place == "query":
        return CLIENT_SECRET in parse_qs(request.query).get(scheme.field, ())
    if scheme.place == "cookie":
        return CLIENT_SECRET in request.cookies.get(scheme.field, ())
    # The server drops headers with an underscore in their names, as many servers do, so such a key is not visible.
    return "_" in scheme.field or request.headers.get(scheme.field.lower(), "") == CLIENT_SECRET


def require_scopes(alternatives: Sequence[frozenset[str]], scopes: frozenset[str]) -> None:
    """Raise a 403 ErrorResponse unless `scopes` contain one of the alternatives."""
    if alternatives and not any(needed <= scopes for needed in alternatives):
        raise ErrorResponse(403)


def _basic(authorization: str) -> tuple[str, str] | None:
    scheme, _, encoded = authorization.partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        client, _, secret = b64decode(encoded, validate=True).decode().partition(":")
    except ValueError:
        return "", ""
    return client, secret


def _error(error: str, description: str) -> SandboxResponse:
    # The vendor does not document the status of invalid_client; a third party's tests expect 400.
    body = {"error": error, "description": description, "error_description": description}
    return SandboxResponse(400, body, {"Cache-Control": "no-store"})


TENANT_ID = "11111111-2222-4333-8444-555555555555"


def fill_cxone_response(response: SandboxResponse, request: SandboxRequest) -> SandboxResponse:
    """Return a CXone response with the addresses and tokens of this sandbox (docs/platforms/nice-cxone.md#tenant-discovery).

    The sandbox simulates every host of the vendor, so each address in a response is its own.
    """
    if not isinstance(response.body, dict):
        return response
    base_url = f"http://{request.headers.get('host', '')}"
    own: dict[str, Any] = {
        "api_endpoint": base_url,
        "auth_endpoint": base_url,
        "refresh_token": secrets.token_urlsafe(24),
        "id_token": _id_token(base_url),
    }
    body = {name: own.get(name, value) for name, value in response.body.items()}
    return replace(response, body=body)


def _id_token(issuer: str) -> str:
    head, claims = {"alg": "none"}, {"iss": issuer, "tenantId": TENANT_ID, "area": "na1"}
    return (
        f"{encode_base64(json.dumps(head).encode())}.{encode_base64(json.dumps(claims).encode())}."
    )
