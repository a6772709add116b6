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
    """Return whether a message says no more than a status does, such as `Bad Request`."""
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
