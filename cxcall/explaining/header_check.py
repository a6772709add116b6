"""The headers of a request that was made: what is missing, what is left unfilled, which token it is."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from cxcall.explaining.published_operations import CXONE
from cxcall.explaining.token_request_check import JSON, endpoint_meant
from cxcall.findings.finding import Finding, Severity
from cxcall.payloads.placeholders import is_placeholder
from cxcall.transport.messages import Headers

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cxcall.explaining.observed_request import ObservedRequest
    from cxcall.explaining.route_check import RouteMatch

_PERSON = "authorization-code"
_LONGEST_SCHEME = 20


def check_headers(attempt: ObservedRequest, route: RouteMatch) -> Iterator[Finding]:
    """Yield what is wrong with the headers that the source shows; of what it does not show, nothing."""
    if attempt.headers is not None:
        for check in (_content_type, _accept, _authorization):
            yield from (each for each in check(attempt, route) if not attempt.is_unobserved(each))


def needs_person(attempt: ObservedRequest, route: RouteMatch) -> Iterator[Finding]:
    """Yield the warning that an operation takes a person's token only, where the request may have had none."""
    kinds = route.operation.token_kinds if route.operation else ()
    succeeded = attempt.response is not None and 200 <= attempt.response.status < 300  # noqa: PLR2004 - a 2xx
    if set(kinds) != {_PERSON} or succeeded or route.operation is None:
        return
    yield Finding(
        Severity.WARNING,
        "token-user-context",
        "token",
        f"`{route.operation.name}` takes the token of a person only",
        fix="log in as the person who places the call, or take the operation that acts for a user",
        why="a client-credentials token is refused there with `not.a.user`",
        source=f"contract {route.operation.contract.name}",
    )


def _content_type(attempt: ObservedRequest, route: RouteMatch) -> Iterator[Finding]:
    headers = attempt.headers or Headers()
    kind = headers.get("Content-Type", "").partition(";")[0].strip().lower()
    is_sent = bool(attempt.body) or "" in attempt.unknown
    if not is_sent or (not kind and attempt.null_means_unknown):
        return
    wanted = _wanted_type(attempt, route)
    is_json = _is_json(attempt.body or "")
    if kind in (wanted, "") and wanted != JSON and not is_json:
        return  # who sends a form need not say so: curl and `requests` do
    if not wanted or kind == wanted or (kind.endswith("+json") and wanted == JSON):
        return
    yield Finding(
        Severity.ERROR,
        "header-missing",
        "header:Content-Type",
        f"`Content-Type: {kind}` is sent with {'JSON' if is_json else 'the body'}, and `{wanted}` is wanted"
        if kind
        else f"the body is sent without a `Content-Type`, and `{wanted}` is wanted",
        fix=f"send `Content-Type: {wanted}`",
        why="curl's `-d` sends a form unless told otherwise, and `requests` nothing for text; the API answers 415, or reads no body",
        source=f"contract {route.operation.contract.name}" if route.operation else "",
    )


def _wanted_type(attempt: ObservedRequest, route: RouteMatch) -> str:
    """Return the type that the body must have; empty where it may have any."""
    if not route.is_token:
        return JSON
    endpoint = endpoint_meant(attempt, route.platform)
    return endpoint.takes if endpoint else ""


def _accept(attempt: ObservedRequest, route: RouteMatch) -> Iterator[Finding]:
    accept = (attempt.headers or Headers()).get("Accept", "").lower()
    is_acd = route.platform == CXONE and "/services/" in (attempt.path or "").lower()
    if is_acd and "json" not in accept:
        yield Finding(
            Severity.WARNING,
            "header-missing",
            "header:Accept",
            "`Accept: application/json` is not among the headers",
            fix="send `Accept: application/json`",
            why="without it the ACD API answers the text `No known way to render data`",
            source="published connectors for NICE CXone (Camunda, cxone-mcp)",
        )


def _authorization(attempt: ObservedRequest, route: RouteMatch) -> Iterator[Finding]:
    value = (attempt.headers or Headers()).get("Authorization", "").strip()
    if route.is_token or not (attempt.path or ""):
        return
    scheme, _, rest = value.partition(" ")
    if not value:
        elsewhere = _token_elsewhere(attempt.headers or Headers())
        was_refused = attempt.response is not None and attempt.response.status == 401  # noqa: PLR2004 - unauthorised
        if elsewhere or was_refused:
            instead = f": its token stands in `{elsewhere}`" if elsewhere else ""
            yield _token(
                "token-missing",
                f"the request shows no `Authorization`{instead}",
                "send `Authorization: Bearer <token>`",
            )
    elif scheme.lower() == "basic":
        yield _token("token-grant", "`Basic` credentials are for the token endpoint, not for the API", "get a token with them, then send `Authorization: Bearer <token>`")  # fmt: skip
    elif scheme.lower() != "bearer":
        # What is no word may be the token itself, and is not shown.
        is_scheme = bool(rest) and len(scheme) <= _LONGEST_SCHEME and scheme.isalpha()
        yield _token(
            "credential",
            f"`Authorization` has the scheme `{scheme}`, and `Bearer` is wanted"
            if is_scheme
            else "`Authorization` has no scheme before the token",
            "send `Authorization: Bearer <token>`",
        )
    elif problem := _wrong_token(rest.strip()):
        yield _token("credential", problem, "send `Authorization: Bearer <token>`, the token as it was granted")  # fmt: skip
    elif is_placeholder(rest) and rest[0] not in "[${":
        yield _token("placeholder", "the token is a placeholder that was never filled in", "put the token there: `cxcall auth token`", Severity.WARNING)  # fmt: skip


def _token_elsewhere(headers: Headers) -> str:
    """Return the name of a header that looks as if it held the token; empty where there is none."""
    words = ("access-token", "auth-token", "api-key", "apikey", "x-token")
    return next((name for name in headers if any(word in name.lower() for word in words)), "")


def _wrong_token(token: str) -> str:
    """Say what is wrong with how a token is written behind its scheme; who pastes a request may leave it out."""
    if token.lower().startswith("bearer "):
        return "`Bearer` stands twice before the token"
    return "the token stands in quotes" if token[:1] in ('"', "'") else ""


def _token(code: str, message: str, fix: str, severity: Severity = Severity.ERROR) -> Finding:
    return Finding(severity, code, "header:Authorization", message, fix=fix)


def _is_json(body: str) -> bool:
    try:
        return isinstance(json.loads(body), dict | list)
    except (ValueError, RecursionError):
        return False
