"""Explain a response that refuses a request, by the platform's code, its message, or the status."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from functools import cache, lru_cache
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from cxcall.findings.finding import Finding
from cxcall.responses.evidence import UNPROCESSED_REDIRECTS, unreadable_reason
from cxcall.responses.identifiers import correlation_id, location_url
from cxcall.responses.platform_messages import (
    SOURCE,
    meaning_of,
    member_text,
    member_texts,
    platform_message,
    shorten,
)
from cxcall.responses.refusal_advice import (
    KEEP_JSON,
    advise_on_rights,
    advise_on_valid_body,
    advise_to_wait,
)
from cxcall.responses.refusal_causes import (
    BY_CODE,
    BY_STATUS,
    BY_WORDS,
    CHECK_BODY,
    LOOK,
    NO_CAUSE,
    NO_TOKEN,
    SEND_JSON,
    Cause,
)
from cxcall.responses.refused_places import place_refusal
from cxcall.transport import retry_after

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from cxcall.contracts.operation import Operation
    from cxcall.responses.platform_codes import PlatformCode
    from cxcall.transport.messages import HttpResponse


_VAGUE_CODES = (
    "",
    "invalid_request",
    "bad.request",
    "general.bad.request",
    "client.failed.request",
    "no.results",
)
"""Codes that say less than the message beside them."""
_TRANSITION = (
    r"(invalid|bad|illegal) (status |state )?transition|does not match the current version"
)
_TRANSITION_CAUSE = Cause(
    "state", "the object does not have the state or version that the request assumes", LOOK
)
_ASK_GATEWAY = (
    "ask the operator of the proxy, gateway, or firewall in between why it refused the request"
)
_PERMISSION = re.compile(r"\b[A-Za-z]+:[A-Za-z*]+:[A-Za-z*]+")
_VALUE = "value-not-allowed"
_ABOUT_VALUES = (_VALUE, "property-missing")
_ABOUT_TOKEN = (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN)
"""Statuses that no word about a value in their code overrides."""
_MIN_WORDS = 3
_KEPT_CAUSES = 64
_VAGUE_TEXTS = {
    *(status.phrase.lower() for status in HTTPStatus),
    "invalid",
    "invalid request",
    "invalid input",
    "validation failed",
    "invalid value",
    "invalid_value",
    "error",
    "failed",
    "failure",
    "an error occurred",
}
_CODE_IN_TEXT = re.compile(r"(?<![a-z])[a-z]++(?:[._][a-z]++)+", re.IGNORECASE)


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

    `operation` is None where the request fits none; `host` may be empty; `is_token` is for requests
    to a token endpoint; `body` is the parsed body of the request, as far as it is known; `is_valid` says
    that it fits the schema of the operation, so that checking it again is no advice; `media_type` is the
    `Content-Type` of the request, empty if it is not known.
    """
    if response.status in UNPROCESSED_REDIRECTS:
        return (_redirect_finding(response, host),)
    text = platform_text(response)
    main = _main_finding(operation, response, host, text, is_token=is_token)
    main, named = place_refusal(main, operation, response, text, body)
    if is_valid and CHECK_BODY in main.fix:
        main = main._replace(fix=advise_on_valid_body(operation, response))
    if main.fix == SEND_JSON and "json" in media_type.lower():
        main = main._replace(fix=KEEP_JSON)
    return (main, *_note_contradiction(response), *named, *_unpublished_path(operation, response))


def _main_finding(
    operation: Operation | None, response: HttpResponse, host: str, text: str, *, is_token: bool
) -> Finding:
    cause = _find_cause(response, text)
    if is_token and cause.code in ("token-expired", "permission-missing"):
        cause = NO_TOKEN  # there is no token yet that could have expired
    if cause.code in ("permission-missing", "not-provable") and unreadable_reason(response):
        cause = Cause("not-provable", "", _ASK_GATEWAY)
    correlation, fix = correlation_id(response), cause.fix
    if cause.code == "permission-missing":
        rights = dict.fromkeys(_PERMISSION.findall(text))
        if rights:
            names = ", ".join(f"`{name}`" for name in rights)
            cause = cause._replace(meaning=f"the role of the token does not have {names}")
        fix = advise_on_rights(operation, known=rights)
    # The reset of the rate limit is in every response; only one that refuses for it asks for that wait.
    headers = (
        response.headers
        if cause.code == "rate-limited"
        else {"Retry-After": response.headers.get("Retry-After", "")}
    )
    seconds = retry_after.requested_wait(headers, response.body, datetime.now(UTC))
    if cause.code == "rate-limited" or (
        seconds is not None and cause.code in ("state", "not-provable")
    ):
        fix = advise_to_wait(seconds)
    if correlation and cause.code == "not-provable":
        fix = f"{fix}; for support, give correlation ID `{correlation}`"
    message, why = _headline(response, host, cause, text)
    return Finding.error(cause.code, "response", message, fix=fix, why=why, source=SOURCE)


def _headline(response: HttpResponse, host: str, cause: Cause, text: str) -> tuple[str, str]:
    """Return (message, why): the message states the cause, the status alone is none."""
    who = f"`{host}`" if host else "the API"
    status = f"HTTP {response.status}" if response.status else "an error"
    suffix = f" ({status})" if response.status else ""
    if kind := unreadable_reason(response):
        return (
            f"{who} responded with {status} and {kind}: not the platform's own response, but a proxy's or a gateway's",
            "the response gives no reason",
        )
    quotation = f"the API says: {text}"
    if cause.meaning and text and not _is_vague(text):
        return f"{cause.meaning}{suffix}", quotation
    if text and not _is_vague(text):
        return quotation, f"{who} responded with {status}"
    if text and not cause.meaning and cause.code != "not-provable":
        return f"the API says only `{text}`", f"{who} responded with {status}"
    if text and cause.meaning:
        return f"{cause.meaning}{suffix}", quotation
    verb = "refused the request" if response.status else "responded"
    refusal = f"{who} {verb} with {status}"
    refusal += f": {cause.meaning}" if cause.meaning else " and gives no reason"
    return refusal, quotation if text else "the response gives no reason"


def _is_vague(text: str) -> bool:
    """Tell whether a message says no more than a status does, such as `Bad Request`."""
    words = re.sub("[_.]", " ", re.sub(r" \(.*?\)$", "", text)).strip(" !").lower()
    return len(words) < _MIN_WORDS or words in _VAGUE_TEXTS or "malformed syntax" in words


def platform_text(response: HttpResponse) -> str:
    """Return the platform's message: from the body, from `icStatusDescription`, the reason, else the whole body."""
    words = platform_message(response) or response.headers.get("icStatusDescription", "").strip()
    words = words or own_reason(response)
    body = response.json()
    if words or unreadable_reason(response) or isinstance(body, dict | list):
        return words
    return shorten(body if isinstance(body, str) else response.text.strip())


def own_reason(response: HttpResponse) -> str:
    """Return the reason phrase of a response if it is the platform's own: not that of the status in HTTP."""
    reason = "" if _fold_phrase(response.reason) in _known_phrases() else response.reason
    return shorten(reason) if len(reason) >= _MIN_WORDS else ""


def _fold_phrase(phrase: str) -> str:
    return re.sub("[^a-z]", "", phrase.lower())


@cache
def _known_phrases() -> set[str]:
    return {_fold_phrase(each.phrase) for each in HTTPStatus}


def _find_cause(response: HttpResponse, text: str) -> Cause:
    """Return the cause by the most exact part of the response: code, message, or status."""
    by_status = BY_STATUS.get(response.status)
    if response.status == HTTPStatus.TOO_MANY_REQUESTS and by_status is not None:
        return by_status
    members = member_texts(response.json())
    codes = tuple(members.get(name, "").lower() for name in ("code", "errorcode", "error"))
    return _cause_of(response.status, text, codes)


def find_cause_of_text(text: str) -> Cause:
    """Return the cause that a text of a platform names by its words, whatever the status."""
    return _cause_of(0, text, ())


@lru_cache(maxsize=_KEPT_CAUSES)
def _cause_of(status: int, text: str, own_codes: tuple[str, ...]) -> Cause:
    """Return the cause by status, message, and codes, which most responses in a file share."""
    by_status = BY_STATUS.get(status)
    if re.search(_TRANSITION, text, re.IGNORECASE):
        return _TRANSITION_CAUSE
    codes = [*own_codes]
    codes += [code.lower() for code in _CODE_IN_TEXT.findall(text)]
    codes += (
        [text.lower()] if any(each.where.startswith("HTTP") for each in _codes_of(text)) else []
    )
    exact = [code for code in codes if code not in _VAGUE_CODES]
    by_code = _by_status_too(_cause_of_codes(exact), status)
    if by_code:
        return _with_meaning(by_code, exact)
    if status == HTTPStatus.BAD_REQUEST and any(map(meaning_of, exact)):
        return _with_meaning(Cause("value-not-allowed", "", CHECK_BODY), exact)
    by_words = next(
        (cause for form, cause in BY_WORDS if re.search(form, text, re.IGNORECASE)), None
    )
    by_words = _by_status_too(by_words, status)
    # A 403 whose message blames the token is about the token, not about permissions.
    is_about_token = status == HTTPStatus.FORBIDDEN and (
        by_words is not None and by_words.code == "token-expired"
    )
    is_exact = by_status and by_status.code not in ("not-provable", "token-expired")
    if by_status and is_exact and not is_about_token:
        is_known = any(map(meaning_of, exact))
        return _with_meaning(by_status._replace(meaning="") if is_known else by_status, exact)
    by_vague_code = None if _is_vague(text) else _by_status_too(_cause_of_codes(codes), status)
    return by_words or by_vague_code or by_status or _with_meaning(NO_CAUSE, exact)


def _by_status_too(cause: Cause | None, status: int) -> Cause | None:
    """Return a cause, but none that is about a value where the status says that it is the token or a right."""
    return None if cause and cause.code in _ABOUT_VALUES and status in _ABOUT_TOKEN else cause


def _with_meaning(cause: Cause, codes: Sequence[str]) -> Cause:
    """Return a cause with what the first known code means and what to do about it."""
    known = next((each for code in codes for each in _codes_of(code)), None)
    if known is None or cause.meaning:
        return cause
    return cause._replace(meaning=known.means, fix=known.do or cause.fix)


def _codes_of(text: str) -> tuple[PlatformCode, ...]:
    from cxcall.responses.platform_codes import find_platform_codes

    return find_platform_codes(text) if text else ()


def _cause_of_codes(codes: Sequence[str]) -> Cause | None:
    """Return the cause of the first known code; None without one."""
    causes = (cause for code in codes for form, cause in BY_CODE if re.fullmatch(form, code))
    return next(causes, None)


def _note_contradiction(response: HttpResponse) -> Iterator[Finding]:
    """Yield a note where the code and the status of a response contradict each other."""
    code = member_text(response.json(), "code")
    if response.status == HTTPStatus.FORBIDDEN and code == "unauthorized":
        yield Finding.note(
            "not-provable",
            "response",
            "the response contradicts itself: HTTP 403 means a permission is missing, but its code `unauthorized` means an invalid token",
            fix="test the token with a read that requires no permission: `GET /api/v2/tokens/me`",
            source=SOURCE,
        )


def _unpublished_path(operation: Operation | None, response: HttpResponse) -> Iterator[Finding]:
    is_unknown = response.status in (HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED)
    if is_unknown and operation is not None and operation.provenance == "community":
        why = "a host without this path responds like this to any request"
        yield unpublished_path(operation)._replace(why=why)


def unpublished_path(operation: Operation) -> Finding:
    """Return the finding that an operation is in no vendor's published list."""
    return Finding.error(
        "path-unpublished",
        "path",
        f"`{operation.method} {operation.path}` is reported by users; not documented by the vendor",
        fix="published for the same purpose: " + "; or ".join(map(str, operation.nearest)),
        source=f"contract {operation.contract.name}",
    )


def _redirect_finding(response: HttpResponse, host: str) -> Finding:
    target = location_url(response).netloc.rpartition("@")[2]
    return Finding.error(
        "host-unknown",
        "host",
        f"`{host}` responded with HTTP {response.status}, a redirect to `{target or host}`",
        fix="if that host is correct, set `base_url` to it",
        why="cxcall follows no redirect: it would send the token and the call to another address",
        source=SOURCE,
    )
