"""Choose the text of a refusal: the message in the body, a header, the reason phrase, or the whole body."""

from __future__ import annotations

import re
from functools import cache
from http import HTTPStatus
from typing import TYPE_CHECKING

from cxcall.responses.message_in_body import platform_message, shorten
from cxcall.responses.processing_evidence import unreadable_reason

if TYPE_CHECKING:
    from cxcall.transport.http_messages import HttpResponse

_MIN_WORDS = 3
_CHALLENGE_MEMBER = re.compile(r'\b(error|error_description|scope)="([^"]*)"')
_XML_MESSAGE = re.compile(
    r"<(?:\w+:)?(?:message|description|error_?description|faultstring|detail|reason)>\s*([^<>]{3,2000})<",
    re.IGNORECASE,
)
_TITLE = re.compile(r"<title[^>]{0,200}>\s*([^<]{1,200})<", re.IGNORECASE)
_MAX_HEAD = 10_000
_SCOPE_ERROR = "insufficient_scope"
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


def is_vague(text: str) -> bool:
    """Return whether a message only repeats a status, such as `Bad Request`."""
    words = re.sub("[_.]", " ", re.sub(r" \(.*?\)$", "", text)).strip(" !").lower()
    return len(words) < _MIN_WORDS or words in _VAGUE_TEXTS or "malformed syntax" in words


def platform_text(response: HttpResponse) -> str:
    """Return the platform's message: from the body, from headers, the reason, else the whole body."""
    words = platform_message(response) or response.headers.get("icStatusDescription", "").strip()
    words = words or own_reason(response)
    words = _challenge_text(response) or words if is_vague(words) else words
    body = response.json()
    if words or unreadable_reason(response) or isinstance(body, dict | list):
        return words
    text = body if isinstance(body, str) else response.text.strip()
    element = _XML_MESSAGE.search(text)
    return shorten(element[1] if element else text)


def challenge_error(response: HttpResponse) -> str:
    """Return the code of the error that `WWW-Authenticate` names (RFC 6750, section 3); empty without one."""
    return _challenge(response).get("error", "")


def _challenge_text(response: HttpResponse) -> str:
    """Return what `WWW-Authenticate` says of an error: its description, or its code; empty without one."""
    members, error = _challenge(response), challenge_error(response)
    description = members.get("error_description", "")
    if scope := members.get("scope", "") if error == _SCOPE_ERROR else "":
        description = f"{description or 'the request requires another scope'}: {scope}"
    return shorten(f"{description} ({error})" if error and description else error or description)


def _challenge(response: HttpResponse) -> dict[str, str]:
    """Return the members of `WWW-Authenticate` about an error; empty without one."""
    challenge = response.headers.get("WWW-Authenticate", "")
    return dict(_CHALLENGE_MEMBER.findall(challenge)) if "error" in challenge else {}


def page_title(response: HttpResponse) -> str:
    """Return the title of a web page, in which proxies and gateways say what they object to; empty without one."""
    title = _TITLE.search(response.text[:_MAX_HEAD])
    return shorten(title[1]) if title else ""


def own_reason(response: HttpResponse) -> str:
    """Return the reason phrase of a response if it is the platform's own: not that of the status in HTTP."""
    reason = "" if _fold_phrase(response.reason) in _known_phrases() else response.reason
    return shorten(reason) if len(reason) >= _MIN_WORDS else ""


def _fold_phrase(phrase: str) -> str:
    return re.sub("[^a-z]", "", phrase.lower())


@cache
def _known_phrases() -> set[str]:
    return {_fold_phrase(each.phrase) for each in HTTPStatus}
