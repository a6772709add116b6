"""Explain a response that refuses a request: the main finding, its headline, and other findings in the response."""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime
from functools import lru_cache
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from cxcall.contracts.contract import find_extended_operations
from cxcall.contracts.openapi_document import DOCTOR
from cxcall.contracts.operation import JSON, URLENCODED, Operation
from cxcall.findings.finding import Finding, Severity
from cxcall.findings.hinted_commands import command
from cxcall.responses.identifiers import correlation_id, describe_redirect
from cxcall.responses.message_in_body import SOURCE, member_text
from cxcall.responses.processing_evidence import (
    REDIRECTS,
    is_compressed,
    unreadable_reason,
)
from cxcall.responses.refusals.cause_table import (
    ASK_FOR_RIGHT,
    CHECK_BODY,
    COMPRESSED,
    NO_TOKEN,
    SEND_JSON,
    Cause,
)
from cxcall.responses.refusals.place_in_request import place_refusal
from cxcall.responses.refusals.reason_choice import (
    find_cause,
    find_cause_of_text,
    is_vague,
    page_title,
    platform_text,
    split_words,
)
from cxcall.transport import retry_waits

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from cxcall.transport.http_messages import HttpResponse

_ASK_GATEWAY = (
    "ask the operator of the proxy, gateway, or firewall in between why it refused the request"
)
_NO_REASON = "the response gives no reason"
_SERVER_ERRORS = 500
_PROXY = HTTPStatus.PROXY_AUTHENTICATION_REQUIRED
_PERMISSION = re.compile(r"\b[A-Za-z]+:[A-Za-z*]+:[A-Za-z*]+")
KEEP_JSON = (
    "the request has `Content-Type: application/json`: ask the operator of the host, or of a gateway in between,"
    " which type it accepts"
)
CHECK_ENCODING = (
    "the body that is shown is valid JSON: compare it with what the client sends, such as its encoding, its"
    " `Content-Length`, and the quotes of the shell"
)

_DOCUMENTED = f"{_NO_REASON}; the vendor documents this cause for the operation"


def explain_refusal(
    operation: Operation | None,
    response: HttpResponse,
    host: str,
    *,
    is_token: bool = False,
    body: Any = None,
    is_valid: bool = False,
    media_type: str = "",
) -> tuple[Finding, ...]:
    """Return the findings on a response that refuses a request, the main one first.

    `operation` is None if the request matches none; `host` may be empty; `is_token` is for requests
    to a token endpoint; `body` is the parsed body of the request, as far as it is known; `is_valid` says
    that it fits the schema of the operation, so that the advice is not to check it again; `media_type` is the
    `Content-Type` of the request, empty if it is not known.
    """
    if response.status in REDIRECTS:
        return (_redirect_finding(response, host),)
    text = platform_text(response)
    main = _main_finding(operation, response, host, text, is_token=is_token)
    main, named = place_refusal(main, operation, response, split_words(text), body)
    if operation is not None and not operation.takes_body:
        advice = f"compare path and query with {operation.listing}"
        main = main._replace(fix=main.fix.replace(CHECK_BODY, advice))
    elif is_valid and CHECK_BODY in main.fix:
        is_unread = main.code == "body-malformed"
        fix = CHECK_ENCODING if is_unread else advise_on_valid_body(operation, response)
        main = main._replace(fix=fix)
    if main.fix == SEND_JSON:
        main = main._replace(fix=_advise_on_type(operation, media_type, is_token=is_token))
    return (main, *_note_contradiction(response), *named, *_unpublished_path(operation, response))


def _main_finding(
    operation: Operation | None, response: HttpResponse, host: str, text: str, *, is_token: bool
) -> Finding:
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
    correlation, fix = correlation_id(response), cause.fix
    if cause.code == "permission-missing":
        rights = dict.fromkeys(_PERMISSION.findall(text))
        if rights:
            names = ", ".join(f"`{name}`" for name in rights)
            cause = cause._replace(meaning=f"the role of the token does not have {names}")
        if fix == ASK_FOR_RIGHT:
            fix = advise_on_rights(operation, known=rights)
    # Every response contains the reset of the rate limit; only a refusal because of the limit requires a wait.
    headers = (
        response.headers
        if cause.code == "rate-limited"
        else {"Retry-After": response.headers.get("Retry-After", "")}
    )
    seconds = retry_waits.requested_wait(headers, response.body, datetime.now(UTC))
    if cause.code == "rate-limited" or (
        seconds is not None and cause.code in ("state", "not-provable")
    ):
        fix = advise_to_wait(seconds)
    if correlation and cause.code == "not-provable":
        fix = f"{fix}; for support, give correlation ID `{correlation}`"
    is_silent = not (text or unreadable_reason(response))
    if documented := _documented_meaning(operation, response.status) if is_silent else "":
        meaning, _, advice = documented.partition(": ")
        cause, fix = cause._replace(meaning=meaning), advice if seconds is None else fix
    message, why = _headline(response, host, cause, text)
    why = _DOCUMENTED if documented else why
    return Finding.error(cause.code, "response", message, fix=fix, why=why, source=SOURCE)


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
    quotation = f"the API says: {text}"
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
    unexplained = " without a specific reason" if text else " and gives no reason"
    refusal += f": {cause.meaning}" if cause.meaning else unexplained
    return (
        refusal,
        quotation if text else _NO_REASON if cause.meaning and cause != COMPRESSED else "",
    )


def _advise_on_type(operation: Operation | None, media_type: str, *, is_token: bool) -> str:
    """Return which `Content-Type` to send after a 415; most token endpoints expect a form (RFC 6749, section 4)."""
    expected = operation.media_type if operation else ""
    if not expected and is_token:
        expected = URLENCODED
    if expected and expected != JSON:
        return f"send the body as `{expected}`, with this `Content-Type`"
    return KEEP_JSON if "json" in media_type.lower() else SEND_JSON


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
        f"`{operation.method} {operation.path}` is reported by users; not documented by the vendor",
        fix="published for the same purpose: " + "; or ".join(map(str, operation.nearest)),
        source=f"contract {operation.contract.name}",
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
        fix="check `base_url`; if the API is at that address, set `base_url` to it",
        why="cxcall follows no redirect: it would send the token and the request to another address",
        source=SOURCE,
    )


def advise_to_wait(seconds: float | None) -> str:
    """Return when to send a request again; `seconds` is the wait in the response."""
    if seconds is None:
        return "wait a minute, then send it again; to send fewer requests per minute: `cxcall batch --rate`"
    return f"send it again in {math.ceil(seconds)} s, as the response asks"


def advise_on_rights(operation: Operation | None, known: Collection[str]) -> str:
    """Return how to get the missing right: the right that the response names (`known`), or that the contract requires."""
    advice = ASK_FOR_RIGHT
    if known:
        names = ", ".join(f"`{name}`" for name in known)
        advice = f"ask an administrator to add {names} to the role of the client or user"
    if operation is None:
        return advice
    alternatives = operation.permissions or [each for each in operation.scopes if each]
    if all(name in known for each in alternatives for name in each):
        return advice
    kind = "permission" if operation.permissions else "scope"
    names = " or ".join(f"`{' '.join(sorted(each))}`" for each in alternatives)
    return f"{advice}; the contract names the {kind} {names}"


def advise_on_valid_body(operation: Operation | None, response: HttpResponse) -> str:
    """Return what to check after a refusal of a body that matches its schema."""
    doctor = _doctor_command(operation) if operation else ""
    check = (
        f"check the objects that it names: {doctor}" if doctor else "check the IDs and names in it"
    )
    known = correlation_id(response)
    support = f"give the correlation ID `{known}`" if known else "give the time and the host"
    return f"the body matches its schema: {check}; for support, {support}"


@lru_cache(maxsize=16)
def _doctor_command(operation: Operation) -> str:
    """Return the command that looks up the objects of a request with a body; empty if there is no read for any of them."""
    in_body = {pointer.rpartition("/")[2] for pointer in operation.pointers}
    own = _required(operation)
    reads = [
        read
        for read in find_extended_operations(DOCTOR)
        if read.platform == operation.platform and in_body.union(own).intersection(_required(read))
    ]
    if not reads:
        return ""
    found = {name for read in reads for name in read.declared[DOCTOR].get("values", {})}
    wanted = [*own, *(name for read in reads for name in _required(read))]
    names = [name for name in dict.fromkeys(wanted) if name not in in_body | found]
    flags = (flag for name in names for flag in ("--param", f"{name}=ID"))
    return command("cxcall", "doctor", "--for", operation.name, *flags, "--file", "FILE")


def _required(operation: Operation) -> list[str]:
    return [each.name for each in operation.parameters if each.required]
