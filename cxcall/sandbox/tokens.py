"""The token endpoint and the tokens that it issued (docs/platforms/genesys-cloud.md#client-credentials)."""

from __future__ import annotations

import secrets
from base64 import b64decode
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from cxcall.sandbox.logins import Logins
from cxcall.sandbox.messages import HttpProblem, SandboxRequest, SandboxResponse

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from cxcall.contracts.contract import Operation

CLIENT_ID = "sandbox"
CLIENT_SECRET = "sandbox-secret"  # noqa: S105 - made up, printed by `cxcall sandbox`, opens nothing

READ_ONLY_SCOPES = frozenset({"outbound:readonly"})
THROTTLED_CLIENT = "sandbox-throttled"
CLIENTS: dict[str, str] = {
    CLIENT_ID: "every scope of the contracts",
    "sandbox-readonly": "outbound:readonly alone, so that no call may be placed: 403",
    THROTTLED_CLIENT: "never gets a token: 400 invalid_request, rate limit exceeded",
}
"""The client ids that are known, and what each is for; all share one secret.

As IDs of CXone access keys they go with that secret, too; any other access key is taken as it is.
"""

_PERSONS = ("authorization_code", "refresh_token")


@dataclass(frozen=True, slots=True)
class _Grant:
    scopes: frozenset[str]
    expires_at: float


class TokenIssuer:
    """Tokens by their value; they expire by `clock`, after `life` seconds."""

    def __init__(self, scopes: frozenset[str], life: float, clock: Callable[[], float]) -> None:
        self._scopes = scopes
        self._life = life
        self._clock = clock
        self._grants: dict[str, _Grant] = {}
        self._logins = Logins()

    def authorize(self, request: SandboxRequest) -> SandboxResponse:
        """Answer `GET /oauth/authorize`, where a person would log in."""
        return self._logins.authorize(request, CLIENTS)

    def answer(self, request: SandboxRequest) -> SandboxResponse:
        """Answer `POST /oauth/token`: a grant, or why not."""
        if request.method != "POST":
            raise HttpProblem(405, headers={"Allow": "POST"})
        form = dict(parse_qsl(request.body.decode("latin-1")))
        client, secret = _basic(request.headers.get("authorization", "")) or (
            form.get("client_id", ""),
            form.get("client_secret", ""),
        )
        refusal = self._refuse(client, secret, form)
        if refusal is not None:
            return refusal
        if form["grant_type"] in _PERSONS:
            if not self._logins.redeem(form, client):
                return _error("invalid_grant", "the code or the refresh token is not valid")
            refresh = {"refresh_token": self._logins.refresh_token(client)}
            return self._give(self._scopes_of(client), told=False, more=refresh)
        scopes = self._scopes_of(client)
        wanted = frozenset(form.get("scope", "").split())
        if not wanted <= scopes | {f"{scope}:readonly" for scope in scopes}:
            return _error("invalid_scope", "the client does not have the requested scope")
        return self._give(wanted or scopes, told=bool(wanted))

    def scopes(self, authorization: str) -> frozenset[str]:
        """Return the scopes of the token in an Authorization header; raise the 401 otherwise."""
        challenge = {"WWW-Authenticate": "Bearer"}
        token = bearer_token(authorization)
        if not token:
            raise HttpProblem(
                401,
                "authentication.required",
                "No authentication bearer token specified in authorization header.",
                headers=challenge,
            )
        grant = self._grants.get(token)
        if grant is None:
            raise HttpProblem(401, headers=challenge)
        if self._clock() >= grant.expires_at:
            raise expired_token()
        return grant.scopes

    def revoke(self, authorization: str) -> None:
        """End the life of the token in an Authorization header."""
        token = bearer_token(authorization)
        if token in self._grants:
            self._grants[token] = _Grant(frozenset(), float("-inf"))

    def _scopes_of(self, client: str) -> frozenset[str]:
        return self._scopes if client == CLIENT_ID else READ_ONLY_SCOPES

    def _refuse(self, client: str, secret: str, form: dict[str, str]) -> SandboxResponse | None:
        if "grant_type" not in form:
            return _error("invalid_request", "grant_type is required")
        if form["grant_type"] not in ("client_credentials", *_PERSONS):
            return _error("unsupported_grant_type", "unsupported grant type")
        if client not in CLIENTS:
            return _error("invalid_client", "client not found")
        is_public = form["grant_type"] in _PERSONS and not secret
        if secret != CLIENT_SECRET and not is_public:
            return _error("invalid_client", "authentication failed")
        if client == THROTTLED_CLIENT:
            return _error("invalid_request", "rate limit exceeded; wait and try again")
        return None

    def issue(self, scopes: frozenset[str] | None = None) -> str:
        """Return a new token, of every scope unless told."""
        token = secrets.token_urlsafe(48)
        granted = self._scopes if scopes is None else scopes
        self._grants[token] = _Grant(granted, self._clock() + self._life)
        return token

    def _give(
        self, scopes: frozenset[str], *, told: bool, more: Mapping[str, str] | None = None
    ) -> SandboxResponse:
        body = {
            "access_token": self.issue(scopes),
            "token_type": "bearer",
            # A life under a second is for tests of expiry; the platform counts whole seconds.
            "expires_in": max(int(self._life), 1),
        }
        told_scopes = {"scope": " ".join(sorted(scopes))} if told else {}
        return SandboxResponse(
            200, {**body, **told_scopes, **(more or {})}, {"Cache-Control": "no-store"}
        )


def check_access_key(body: object) -> None:
    """Raise the refusal of a CXone access key whose ID is known here, and whose secret is wrong."""
    given = body if isinstance(body, dict) else {}
    known = given.get("accessKeyId") or given.get("username")
    if known in CLIENTS and CLIENT_SECRET not in (
        given.get("accessKeySecret"),
        given.get("password"),
    ):
        status = 400 if "grant_type" in given else 401
        raise HttpProblem(status, "invalid_grant", "The access key is not valid.")


def expired_token() -> HttpProblem:
    """Return the refusal of a token whose life is over."""
    return HttpProblem(
        401,
        "credentials.expired",
        "The supplied credentials have expired.",
        headers={"WWW-Authenticate": "Bearer"},
    )


def bearer_token(authorization: str) -> str:
    """Return the token of an Authorization header; empty when it carries none."""
    scheme, _, token = authorization.partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def requires_token(operation: Operation) -> bool:
    """Tell whether an operation asks for a token: its security has no empty alternative."""
    declared = operation.declared.get("security", operation.contract.declared.get("security", ()))
    return bool(declared) and {} not in declared


def require_scopes(alternatives: Sequence[frozenset[str]], scopes: frozenset[str]) -> None:
    """Raise the 403 unless `scopes` hold one of the alternatives."""
    if alternatives and not any(needed <= scopes for needed in alternatives):
        raise HttpProblem(403)


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
    # The status of invalid_client is published nowhere; a third party's tests name it a bad request.
    body = {"error": error, "description": description, "error_description": description}
    return SandboxResponse(400, body, {"Cache-Control": "no-store"})
