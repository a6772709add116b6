"""Decide what an exchange proves about its request: accepted, refused, not processed, or nothing."""

from __future__ import annotations

from datetime import UTC, datetime
from enum import StrEnum
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from cxcall.findings.finding import Finding
from cxcall.responses.failures_in_2xx import (
    describe_failures,
    reported_failure,
    result_objects,
)
from cxcall.responses.identifiers import engagement_id
from cxcall.runtime.patterns import compile_pattern

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cxcall.contracts.operation import Operation
    from cxcall.transport.http_messages import Exchange, HttpRequest, HttpResponse


REDIRECTS = (301, 302, 303, 307, 308)
# These repeat the method at another address, so this server did not process it; after others, it may have.
_UNPROCESSED_REDIRECTS = (301, 307, 308)
# They do not say how much of the request was processed; a proxy sends 460 or 499 if its client gave up.
_TIMEOUTS = (HTTPStatus.REQUEST_TIMEOUT, 460, 499)
_HTML_START = r"(?is)(?>\s*(?:<\?xml[^>]*>|<!--.*?-->))*+\s*<(?:!doctype )?html"
_START_LENGTH = 4096
# Words in braces are a text.
_JSON_START = r"\{(?!\s*[^\W\d][^\d{}\[\]:\"'=]*\}\s*\Z)|\[\s*[\[{\"]"
# A body that is no text in UTF-8 has replacement characters, but so has the page of a gateway in another encoding.
_BINARY = r"[\x00-\x08\x0e-\x1f]|\A[^<\ufffd]*\ufffd"


class Evidence(StrEnum):
    """What an exchange proves about its request."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    UNAUTHORIZED = "unauthorized"
    BUSY = "busy"
    UNSENT = "unsent"
    INCONCLUSIVE = "inconclusive"


# Members that may have the result of another system.
_INNER = ("body", "call", "output")
_SENT_AGAIN = (Evidence.BUSY, Evidence.UNAUTHORIZED)


def classify(exchange: Exchange, operation: Operation, first_place: str = "") -> Evidence:
    """Return what an exchange proves; INCONCLUSIVE if the request may have been processed.

    After UNSENT, BUSY, and UNAUTHORIZED the request was provably not processed and may be sent again.
    `first_place` is the user's setting for the place of the engagement ID.
    """
    if exchange.response is None or exchange.failure:
        return Evidence.INCONCLUSIVE if exchange.may_be_sent else Evidence.UNSENT
    response, status = exchange.response, exchange.response.status
    if HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
        return _classify_success(exchange.request, response, operation, first_place)
    if operation.is_read and status in REDIRECTS:
        return Evidence.REFUSED
    is_open = not operation.is_read and (
        unread_error(response) or shows_start(exchange.request, response, operation, first_place)
    )
    return Evidence.INCONCLUSIVE if is_open else _classify_error(response)


def status_leaves_outcome_open(response: HttpResponse) -> bool:
    """Return whether an error status leaves open whether the request was processed; no status (0) says nothing."""
    return response.status > 0 and _classify_error(response) is Evidence.INCONCLUSIVE


def _classify_error(response: HttpResponse) -> Evidence:
    status = response.status
    if status == HTTPStatus.UNAUTHORIZED:
        return Evidence.UNAUTHORIZED
    if status == HTTPStatus.TOO_MANY_REQUESTS or (
        status == HTTPStatus.SERVICE_UNAVAILABLE and _has_retry_after(response)
    ):
        return Evidence.BUSY
    if status in _UNPROCESSED_REDIRECTS:
        return Evidence.REFUSED
    is_client_error = HTTPStatus.BAD_REQUEST <= status < HTTPStatus.INTERNAL_SERVER_ERROR
    is_refusal = is_client_error and status not in _TIMEOUTS
    return Evidence.REFUSED if is_refusal else Evidence.INCONCLUSIVE


def shows_start(
    request: HttpRequest, response: HttpResponse, operation: Operation, first_place: str
) -> bool:
    """Return whether an error says that something was started, against its status; in doubt if it would be sent again."""
    from cxcall.responses.start_evidence import shows_call

    in_doubt = _classify_error(response) in _SENT_AGAIN
    return shows_call(request, response, operation, first_place, in_doubt=in_doubt)


def unread_error(response: HttpResponse) -> str:
    """Return why the body of an error that would be sent again may hide that a call was placed; empty if it can be read.

    Nothing in an empty body, in a text, or in an HTML page is hidden.
    """
    if not response.body or _classify_error(response) not in _SENT_AGAIN:
        return ""
    text = response.text.lstrip("\ufeff \t\r\n")
    if response.is_truncated:
        return _LONG_BODY
    if response.json() is None and compile_pattern(_BINARY).search(text):
        return _NOT_TEXT
    return "" if not compile_pattern(_JSON_START).match(text) or _is_whole_json(text) else _NOT_JSON


def _is_whole_json(text: str) -> bool:
    """Return whether a text is one JSON document without duplicate names, of which Python keeps only the last value."""
    from cxcall.documents.json_document import DocumentError, parse_json

    try:
        return not parse_json(text, "").findings
    except DocumentError:
        return False


def _has_retry_after(response: HttpResponse) -> bool:
    from cxcall.transport import requested_waits

    return requested_waits.retry_after(response.headers, datetime.now(UTC)) is not None


def _classify_success(
    request: HttpRequest, response: HttpResponse, operation: Operation, first_place: str
) -> Evidence:
    """Return what a 2xx response proves: a reported failure is a refusal only if nothing was started."""
    has_id = engagement_id(operation, response, first_place) is not None
    # The body of a read describes another request: a read fails only by its status.
    if operation.is_read:
        return _classify_unreported(request, response, operation, has_id=has_id)
    body = response.json()
    if response.status == HTTPStatus.MULTI_STATUS:
        return Evidence.ACCEPTED if _all_items_succeeded(body) else Evidence.INCONCLUSIVE
    if not reported_failure(response):
        return _classify_unreported(request, response, operation, has_id=has_id)
    from cxcall.responses.start_evidence import leaves_outcome_open

    has_id = has_id or "Location" in response.headers
    is_doubtful = has_id or leaves_outcome_open(body, request)
    return Evidence.INCONCLUSIVE if is_doubtful else Evidence.REFUSED


def _classify_unreported(
    request: HttpRequest, response: HttpResponse, operation: Operation, *, has_id: bool
) -> Evidence:
    is_readable = has_id or not (
        unread_reason(response, operation) or failure_reason(request, response, operation)
    )
    return Evidence.ACCEPTED if is_readable else Evidence.INCONCLUSIVE


def _all_items_succeeded(body: Any) -> bool:
    """Return whether the body of a 207, which reports a status for each item, can be read and reports no failure."""
    if not isinstance(body, dict | list) or not body:
        return False
    inner = body.values() if isinstance(body, dict) else body
    return not any(describe_failures(body)) and all(
        _all_items_succeeded(each) for each in inner if isinstance(each, dict | list) and each
    )


WEB_PAGE = "a web page"
_LONG_BODY = "a body that is far longer than a response of the API"
_NOT_TEXT = "a body that is not text"
_NOT_JSON = "a body that is not valid JSON"
_ERROR_TEXT = "a text that reports an error"


def unreadable_reason(response: HttpResponse) -> str:
    """Return why a body cannot come from the API; empty if it can, or if there is none.

    A login page or a captive portal also responds with 200, and has processed nothing.
    """
    kind = response.headers.get("Content-Type", "").lower()
    body = response.body.strip()
    start = body[:_START_LENGTH].decode("utf-8", "replace").lstrip("\ufeff")
    if compile_pattern(_HTML_START).match(start) or ("html" in kind and not _is_known_text(start)):
        return WEB_PAGE
    if response.is_truncated:
        return _LONG_BODY
    if body and "json" in kind and body != b"null" and response.json() is None:
        return "a body that is not valid JSON, although its `Content-Type` says so"
    return ""


def _is_known_text(text: str) -> bool:
    """Return whether a body is an error text of the platforms that they send with 200, and some as HTML."""
    from cxcall.responses.platform_codes import find_platform_codes

    return any(each.where.startswith("HTTP 200") for each in find_platform_codes(text.strip()))


def unread_reason(response: HttpResponse, operation: Operation) -> str:
    """Return why the body of a 2xx response does not say what became of a request; empty if it does, or if there is none.

    A read may return anything, but that of a platform no error text.
    """
    reason = unreadable_reason(response)
    if reason or not response.body or response.json() is not None:
        return reason
    if operation.contract.is_shipped and _is_known_text(response.text):
        return _ERROR_TEXT
    return "" if operation.is_read else _describe_body(response, operation)


def failure_reason(request: HttpRequest, response: HttpResponse, operation: Operation) -> str:
    """Return that the JSON of a 2xx response without an engagement ID says in another way that a call failed; or nothing."""
    body = response.json()
    is_failure = body is not None and operation.can_place_call and _tells_failure(body, request)
    return "a body that reports an error" if is_failure else ""


def _tells_failure(body: Any, request: HttpRequest | None = None) -> bool:
    """Return whether a body says that a request failed, and names nothing that was started; what was sent says neither."""
    from cxcall.responses.failure_words import tells_failure
    from cxcall.responses.start_evidence import names_something_started, values_sent

    sent = values_sent(request) if request else frozenset()
    results = (each for entry in result_objects(body) for each in result_objects(entry, _INNER))
    is_failed = any(tells_failure(each, sent) for each in results)
    return is_failed and not names_something_started(body, sent)


def is_compressed(response: HttpResponse) -> bool:
    """Return whether a body is shown as it was compressed, so that nothing in it can be read."""
    if not response.body or response.json() is not None:
        return False
    start = response.body.lstrip()[:8]
    is_named = response.headers.get("Content-Encoding", "").lower() not in ("", "identity")
    is_binary = compile_pattern(r"[\x00-\x08\x0e-\x1f\ufffd]|\\x[0-9a-f]{2}").search(response.text)
    return start.startswith((b"\x1f\x8b", b"\\x1f\\x8b")) or (is_named and bool(is_binary))


def _describe_body(response: HttpResponse, operation: Operation) -> str:
    """Return what is wrong with a body that is not JSON; empty if the API may have sent it.

    An API may respond with a text such as `OK`, but not with markup, unless the document declares a
    response that is not JSON: cxcall asks for JSON.
    """
    from urllib.parse import parse_qsl

    from cxcall.responses.failure_words import tells_failure

    text = response.text.lstrip("\ufeff \t\r\n")
    if compile_pattern(_JSON_START).match(text):
        return _NOT_JSON
    if text.startswith("<") and all("json" in media for media in _declared_types(operation)):
        return "a body that is XML, although the document does not declare it"
    if compile_pattern(_BINARY).search(text):
        return _NOT_TEXT
    fields = {} if text.startswith("<") else dict(parse_qsl(text))
    is_failure = _tells_failure(fields) or (text[:1] != "<" and tells_failure(text.strip()))
    return _ERROR_TEXT if is_failure else ""


def _declared_types(operation: Operation) -> Iterator[str]:
    """Yield the media types that a document declares for the bodies of successful responses."""
    resolve = operation.contract.resolve
    for status, declared in operation.declared.get("responses", {}).items():
        if status[:1] == "2" or status == "default":
            yield from resolve(declared).get("content", {})


def hidden_failure(response: HttpResponse) -> Finding | None:
    """Return the failure that the body of a 2xx response reports; None if it reports no failure."""
    from cxcall.responses.message_in_body import platform_message

    failure = reported_failure(response)
    if not failure:
        return None
    words = platform_message(response)
    is_told = words in failure
    return Finding.error(
        "hidden-failure",
        "response",
        f"the API responded with HTTP {response.status}, and its body reports a failure: {failure}",
        fix="do not count the request as successful; read the body",
        why="a 2xx response can report a failure" if is_told else f"the API says: {words}",
        source="response",
    )
