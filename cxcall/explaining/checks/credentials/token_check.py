"""Check the token of a request: its claims, if it is a JWT, and whether it must be a user's."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any

from cxcall.contracts.operation import Operation
from cxcall.documents.json_text import read_token_claims
from cxcall.explaining.observed_request import ObservedRequest
from cxcall.explaining.operations.known_operations import CXONE, GENESYS, PLATFORM_NAMES
from cxcall.findings.finding import Finding, Severity
from cxcall.findings.times_in_text import utc_text
from cxcall.named_tuple import NamedTuple
from cxcall.runtime.patterns import compile_on_use
from cxcall.transport.requested_waits import http_date

_WHERE = "header:Authorization"
_AREA = compile_on_use(r"(?:^api-|^|-)([a-z]{2}[0-9])\.(?:nice-?incontact|nicecxone)")
_ID_TOKEN = "ID token"  # noqa: S105 - the name of a kind of token
_USER_TOKEN = "authorization-code"  # noqa: S105 - the name of a kind of token
_REFUSALS_OF_TOKENS = (
    0,
    HTTPStatus.BAD_REQUEST,
    HTTPStatus.UNAUTHORIZED,
    HTTPStatus.FORBIDDEN,
)
_FOR_ME = compile_on_use(r"/users/me(?:/|$)")
_DOCUMENTATION = "Genesys Cloud developer documentation, OAuth"
_MAX_SECONDS = 1e11
_ISSUERS = {
    "niceincontact": CXONE,
    "nice-incontact": CXONE,
    "nicecxone": CXONE,
    "mypurecloud": GENESYS,
    "pure.cloud": GENESYS,
}


class TokenClaims(NamedTuple):
    """The claims of a JWT that can be shown; `expires` is None if the token never expires."""

    kind: str
    issuer: str
    audience: str
    area: str
    expires: datetime | None

    def __str__(self) -> str:
        parts = [f"JWT, {self.kind}"]
        parts += [f"issuer {self.issuer}"] if self.issuer else []
        parts += [f"audience {self.audience}"] if self.audience else []
        parts += [f"expires {utc_text(self.expires)}"] if self.expires else []
        return ", ".join(parts)


def read_claims(request: ObservedRequest) -> TokenClaims | None:
    """Return the claims of the bearer token of a request; None if it is not a JWT. The token itself is not returned."""
    token = request.header("Authorization").rpartition(" ")[2].strip("'\"")
    has_parts = token.count(".") == 2  # noqa: PLR2004 - between header, claims, and signature
    claims = read_token_claims(token) if has_parts else None
    if claims is None:
        return None
    expires = claims.get("exp")
    is_time = isinstance(expires, int | float) and 0 < expires < _MAX_SECONDS
    return TokenClaims(
        _kind(claims),
        str(claims.get("iss", ""))[:100],
        str(claims.get("aud", ""))[:100],
        str(claims.get("area", ""))[:20],
        datetime.fromtimestamp(float(expires or 0), UTC) if is_time else None,
    )


def _kind(claims: dict[str, Any]) -> str:
    """Return the kind of a token: an ID token says who logged in, an access token what is allowed."""
    if "nonce" in claims or "at_hash" in claims:
        return _ID_TOKEN
    is_user = any(map(claims.get, ("icAgentId", "userId", "email", "preferred_username")))
    return "access token of a user" if is_user else "access token"


def check_claims(request: ObservedRequest, platform: str) -> Iterator[Finding]:
    """Yield the findings on the claims of a JWT: it has expired, or belongs to the other platform."""
    claims = read_claims(request)
    if claims is not None:
        yield from _check_expiry(request, claims)
        yield from _check_target(request, claims, platform)


def _check_expiry(request: ObservedRequest, claims: TokenClaims) -> Iterator[Finding]:
    """Yield a finding if the token had expired, or if it is of a kind that no API accepts."""
    sent = http_date(request.response.headers.get("Date", "")) if request.response else None
    more = {
        "fix": "get a new token, for example with `cxcall auth token`",
        "source": "the token's `exp`",
    }
    if claims.expires and claims.expires < (sent or datetime.now(UTC)):
        expired = f"the token expired at {utc_text(claims.expires)}"
        if sent or request.status == HTTPStatus.UNAUTHORIZED:
            when = f", before the response of {utc_text(sent)}" if sent else ""
            yield Finding.error("token-expired", _WHERE, expired + when, **more)
        elif not request.is_successful:
            message = f"{expired}; it may have been valid when it was sent"
            yield Finding.note("token-expired", _WHERE, message, **more)
    if claims.kind == _ID_TOKEN and not request.is_successful:
        yield Finding(
            Severity.ERROR if request.status == HTTPStatus.UNAUTHORIZED else Severity.WARNING,
            "credential",
            _WHERE,
            "the token is an ID token, which says who logged in",
            fix="send the `access_token` of the same response",
            source="the token's claims",
        )


def _check_target(
    request: ObservedRequest, claims: TokenClaims, platform: str
) -> Iterator[Finding]:
    """Yield a finding if the token belongs to another area or platform than the host."""
    host_area = _AREA.search(request.hostname)
    if claims.area and host_area and host_area[1] != claims.area.lower():
        yield Finding.error(
            "region-mismatch",
            "host",
            f"the token is for the area `{claims.area}`, but the request goes to `{host_area[1]}`",
            fix=f"send it to the host of `{claims.area}`, or get a token of `{host_area[1]}`",
            why="an area does not accept the tokens of another one",
            source="the token's `area`",
        )
    issuer = next((name for part, name in _ISSUERS.items() if part in claims.issuer), "")
    if issuer and platform and issuer != platform:
        yield Finding.error(
            "platform-mismatch",
            _WHERE,
            f"the token is from {PLATFORM_NAMES[issuer]}, but the request goes to {PLATFORM_NAMES[platform]}",
            fix=f"get a token from {PLATFORM_NAMES[platform]}",
            why="the two platforms share no paths, tokens, or IDs",
            source="the token's `iss`",
        )


def find_twin(operation: Operation) -> str:
    """Return the operation that does the same on behalf of a user, in backquotes; empty if there is none."""
    twin = next((each for each in operation.sharing_command if len(each.token_kinds) > 1), None)
    path = twin.path if twin else f"{operation.path}/user/{{userId}}"
    routes = operation.contract.routes
    is_known = twin or any((operation.method, path) == route[:2] for route in routes)
    return f"`{operation.method} {path}`" if is_known else ""


def check_sent_token_kind(
    request: ObservedRequest, operation: Operation | None
) -> Iterator[Finding]:
    """Yield a note if the operation requires a user's token, and the request may have had another kind of token.

    It is a warning if the source gets a token with client credentials.

    Only a status with which the API refuses such a token leaves that open. After a 403 it is likely; a 401 is about a
    token that is not valid at all, and a client's token is refused with 400 (`not.a.user`).
    """
    is_open = request.status in _REFUSALS_OF_TOKENS and not request.is_successful
    is_for_me = _FOR_ME.search(request.path) is not None and request.status > 0
    requires_user = operation is not None and set(operation.token_kinds) == {_USER_TOKEN}
    if not is_open or not (is_for_me or requires_user):
        return
    if operation is None or is_for_me:
        name, instead, source = request.path, "the ID of the user in place of `me`", _DOCUMENTATION
    else:
        instead = find_twin(operation) or "an operation that acts on behalf of a user"
        name, source = operation.name, operation.source
    yield Finding(
        Severity.WARNING
        if request.status == HTTPStatus.FORBIDDEN or request.has_client_token
        else Severity.NOTE,
        "token-user-context",
        "token",
        f"`{name}` requires the token of the user who acts, not a client's or another user's",
        fix=f"log in as that user, or use {instead}",
        why="the API refuses a client-credentials token with `not.a.user`",
        source=source,
    )
