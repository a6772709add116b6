"""Check the credentials of a request by the security that the user's own document declares."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cxcall.contracts.security_schemes import API_KEY, BASIC, BEARER
from cxcall.findings.finding import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cxcall.contracts.operation import Operation
    from cxcall.contracts.security_schemes import SecurityScheme
    from cxcall.explaining.observed_request import ObservedRequest
    from cxcall.transport.http_messages import Headers

_UNAUTHORIZED = 401
_WORDS = {BASIC: "Basic", BEARER: "Bearer"}


def check_security(
    request: ObservedRequest, headers: Headers, operation: Operation
) -> Iterator[Finding]:
    """Yield an error if a request has the credentials of no alternative that its document declares.

    A request without any credentials is reported only if the API refused it: the source may not show them.
    """
    alternatives = operation.security
    if () in alternatives or any(
        all(_has_credential(request, headers, each) for each in entry) for entry in alternatives
    ):
        return
    value = headers.get("Authorization", "").strip()
    if not value and request.status != _UNAUTHORIZED:
        return
    names = " or ".join(" with ".join(map(_describe, entry)) for entry in alternatives)
    scheme = value.partition(" ")[0]
    is_scheme = scheme.lower() in ("basic", "bearer", "digest", "token")
    sent = f"; got `{scheme}`" if is_scheme else ""
    yield Finding.error(
        "token-grant" if is_scheme else "token-missing",
        "header:Authorization",
        f"`{operation.name}` requires {names}{sent}",
        fix=f"send {names}",
        source=f"contract {operation.contract.name}",
    )


def _describe(scheme: SecurityScheme) -> str:
    """Return how a credential is sent, for a message."""
    if scheme.kind in _WORDS:
        return f"`Authorization: {_WORDS[scheme.kind]} ...`"
    if scheme.kind == API_KEY:
        return f"an API key in the {scheme.place} `{scheme.field}`"
    return f"`{scheme.declared}`"


def _has_credential(request: ObservedRequest, headers: Headers, scheme: SecurityScheme) -> bool:
    """Return whether a request has a credential at the place that a scheme declares; true for an unknown scheme."""
    if scheme.kind in _WORDS:
        word, _, rest = headers.get("Authorization", "").strip().partition(" ")
        return word.lower() == _WORDS[scheme.kind].lower() and bool(rest.strip())
    if scheme.kind != API_KEY:
        return True
    if scheme.place == "query":
        return any(name == scheme.field and value for name, value in request.query)
    if scheme.place == "cookie":
        cookies = (each.strip() for each in headers.get("Cookie", "").split(";"))
        return any(each.startswith(f"{scheme.field}=") for each in cookies)
    return bool(headers.get(scheme.field, "").strip())
