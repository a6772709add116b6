"""Explain a response that refuses a request: the main finding, its headline, and other findings in the response."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from http import HTTPStatus
from typing import TYPE_CHECKING

from cxcall.findings.finding import Finding, Severity
from cxcall.responses.identifiers import correlation_id, describe_redirect
from cxcall.responses.message_in_body import SOURCE, member_text
from cxcall.responses.processing_evidence import REDIRECTS, is_compressed, unreadable_reason
from cxcall.responses.refusals.finding_code_table import COMPRESSED, NO_TOKEN, Advice, Cause
from cxcall.responses.refusals.place_in_request import place_refusal
from cxcall.responses.refusals.reason_choice import (
    find_cause,
    find_cause_of_text,
    is_of_gateway,
    is_vague,
    page_title,
    platform_text,
    split_words,
)
from cxcall.responses.refusals.refused_request import (
    RefusedRequest,
    advise_on_rights,
)
from cxcall.runtime.patterns import compile_on_use
from cxcall.transport import requested_waits

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cxcall.contracts.operation import Operation
    from cxcall.transport.http_messages import HttpResponse

_ASK_GATEWAY = (
    "ask the operator of the proxy, gateway, or firewall in between why it refused the request"
)
_OF_GATEWAY = "an API gateway refused the request, and not the platform"
_OF_GATEWAYS = (
    "credential",
    "not-found",
    "not-provable",
    *"permission-missing token-expired token-missing".split(),
)
_NO_REASON = "no reason was found in the response"
_SERVER_ERRORS = 500
_PROXY = HTTPStatus.PROXY_AUTHENTICATION_REQUIRED
_PERMISSION = compile_on_use(r"\b[A-Za-z]+:[A-Za-z*]+:[A-Za-z*]+")
_REFUSED_OBJECT = compile_on_use(
    r"\baccess to (?:the )?(\w+) \S+ is (?:forbidden|denied|not allowed)\b", re.IGNORECASE
)
_IN_DIVISION = compile_on_use(r"\bin (?:the |this )?division\b|\bdivision\.permission")
_DOCUMENTED = f"{_NO_REASON}; the vendor documents this cause for the operation"


def explain_refusal(
    response: HttpResponse, host: str, request: RefusedRequest
) -> tuple[Finding, ...]:
    """Return the findings on a response that refuses a request, the main one first; `host` may be empty."""
    if response.status in REDIRECTS:
        return (_redirect_finding(response, host),)
    text, operation = platform_text(response), request.operation
    cause, reason = _find_main_cause(request, response, text)
    message, why = _headline(response, host, cause, text)
    fix = request.advise(cause, response)
    main = Finding.error(cause.code, "response", message, fix, reason or why, source=SOURCE)
    main, named = place_refusal(main, cause, request, response, split_words(text))
    return (main, *_note_contradiction(response), *named, *_unpublished_path(operation, response))


def _find_main_cause(
    request: RefusedRequest, response: HttpResponse, text: str
) -> tuple[Cause, str]:
    """Return the cause of a refusal, and the reason for it if the response itself gives none."""
    operation, is_token = request.operation, request.is_token
    cause = find_cause(response, text, is_api=operation is not None and not is_token)
    if is_token and cause.code in ("token-expired", "permission-missing"):
        cause = NO_TOKEN  # no token exists yet that could have expired
    is_open = cause.code in ("permission-missing", "not-provable")
    if is_open and is_compressed(response):
        cause = COMPRESSED
    elif is_open and unreadable_reason(response):
        by_title = find_cause_of_text(page_title(response))
        is_scheme = by_title.code == "scheme-insecure"
        fix = _ASK_GATEWAY if response.status < _SERVER_ERRORS else cause.fix
        cause = by_title if is_scheme else Cause("not-provable", "", fix)
    is_own = operation is not None and not operation.contract.is_shipped
    if cause.code in _OF_GATEWAYS and not is_own and is_of_gateway(response):
        cause = Cause("not-provable", _OF_GATEWAY, _ASK_GATEWAY)
    if cause.code == "permission-missing":
        body = response.json()
        values = body.get("messageParams", "") if isinstance(body, dict) else ""
        cause = _name_rights(cause, f"{text} {values}", operation)
    # Every response contains the reset of the rate limit; only a refusal because of the limit requires a wait.
    headers = (
        response.headers
        if cause.code == "rate-limited"
        else {"Retry-After": response.headers.get("Retry-After", "")}
    )
    seconds = requested_waits.requested_wait(headers, response.body, datetime.now(UTC))
    if cause.code == "rate-limited" or (
        seconds is not None and cause.code in ("state", "not-provable")
    ):
        cause = cause._replace(fix=request.advise_to_wait(seconds))
    if cause.code == "not-provable" and (correlation := correlation_id(response)):
        cause = cause._replace(more=f"; for support, give correlation ID `{correlation}`")
    is_silent = not (text or unreadable_reason(response))
    if documented := _documented_meaning(operation, response.status) if is_silent else "":
        meaning, _, fix = documented.partition(": ")
        cause = cause._replace(meaning=meaning)
        cause = cause._replace(fix=fix, more="") if seconds is None else cause
    return request.reword(cause), _DOCUMENTED if documented else ""


def _name_rights(cause: Cause, text: str, operation: Operation | None) -> Cause:
    """Return the cause that a right is missing with the rights that the response names, and how to get them."""
    rights = dict.fromkeys(_PERMISSION.findall(text))
    names = ", ".join(f"`{name}`" for name in rights)
    meaning = f"the role of the token does not have {names}" if names else cause.meaning
    fix, more = cause.fix, cause.more
    if _IN_DIVISION.search(text):
        meaning = f"{meaning} in the division of the object"
        more = "; if the role has it, grant the role for that division"
    if fix is Advice.ASK_FOR_RIGHT:
        fix = advise_on_rights(operation, known=rights)
    if not rights and (named := _REFUSED_OBJECT.search(text)):
        meaning = f"the user or client of the token may not act on this {named[1].lower()}"
        fix = f"use the token of a user that may, such as a participant; or {fix}"
    return cause._replace(meaning=meaning, fix=fix, more=more)


def _documented_meaning(operation: Operation | None, status: int) -> str:
    """Return what a schema says of a status beside the reference to the general response; empty if it says nothing."""
    responses = operation.declared.get("responses", {}) if operation else {}
    declared = responses.get(str(status), {})
    return str(declared.get("description", "")) if "$ref" in declared else ""


def _headline(response: HttpResponse, host: str, cause: Cause, text: str) -> tuple[str, str]:
    """Return (message, why): the message states the cause, not only the status."""
    who = f"`{host}`" if host else "the API"
    who = "the proxy" if response.status == _PROXY else who
    status = f"HTTP {response.status}" if response.status else "an error"
    suffix = f" ({status})" if response.status else ""
    if (kind := unreadable_reason(response)) and not is_compressed(response):
        title = page_title(response)
        message = (
            f"{cause.meaning}{suffix}"
            if cause.meaning and (title or response.status == _PROXY)
            else f"{who} responded with {status} and {kind}: not the platform's own response, but a proxy's or a gateway's"
        )
        return message, f"the page says: {title}" if title else _NO_REASON
    quotation = f"the {'gateway' if cause.meaning == _OF_GATEWAY else 'API'} says: {text}"
    if cause.meaning and text and not is_vague(text):
        return f"{cause.meaning}{suffix}", quotation
    if text and not is_vague(text):
        return quotation, f"{who} responded with {status}"
    if text and not cause.meaning and cause.code != "not-provable":
        return f"the API says only `{text}`", f"{who} responded with {status}"
    if text and cause.meaning:
        return f"{cause.meaning}{suffix}", quotation
    verb = "refused the request" if 0 < response.status < _SERVER_ERRORS else "responded"
    refusal = f"{who} {verb} with {status}"
    unexplained = " without a specific reason" if text else "; no reason was found"
    refusal += f": {cause.meaning}" if cause.meaning else unexplained
    return (
        refusal,
        quotation if text else _NO_REASON if cause.meaning not in ("", COMPRESSED.meaning) else "",
    )


def _note_contradiction(response: HttpResponse) -> Iterator[Finding]:
    """Yield a note if the code and the status of a response contradict each other."""
    code = member_text(response.json(), "code")
    if response.status == HTTPStatus.FORBIDDEN and code == "unauthorized":
        yield Finding.note(
            "not-provable",
            "response",
            "the response contradicts itself: HTTP 403 means a permission is missing, but its code `unauthorized` means an invalid token",
            fix="check the token with `cxcall doctor`: if it is valid, a permission is missing",
            source=SOURCE,
        )


def _unpublished_path(operation: Operation | None, response: HttpResponse) -> Iterator[Finding]:
    is_unknown = response.status in (HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED)
    if is_unknown and operation is not None and operation.provenance == "community":
        why = "a host without this path responds like this to any request"
        yield unpublished_path(operation)._replace(why=why)


def unpublished_path(operation: Operation) -> Finding:
    """Return the finding that the vendor does not list an operation."""
    return Finding.error(
        "path-unpublished",
        "path",
        f"`{operation.method} {operation.path}` is reported by users and not documented by the vendor",
        fix="published for the same purpose: " + "; or ".join(map(str, operation.nearest)),
        source=operation.source,
    )


def provenance_note(operation: Operation) -> tuple[Finding, ...]:
    """Return the note that the vendor does not list an operation; empty for a published one."""
    if operation.provenance == "published":
        return ()
    return (unpublished_path(operation)._replace(severity=Severity.NOTE),)


def _redirect_finding(response: HttpResponse, host: str) -> Finding:
    who = f"`{host}`" if host else "the API"
    return Finding.error(
        "host-unknown",
        "host",
        f"{who} responded with HTTP {response.status}, {describe_redirect(response)}",
        fix="check `base_url`; if the API is at the address of the redirect, set `base_url` to it",
        why="cxcall follows no redirect: it would send the token and the request to another address",
        source=SOURCE,
    )
