"""Read a text without a request line: calls of an SDK, or a response without a request."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from cxcall.explaining.observed_request import SourceKind
from cxcall.explaining.readers.code.code_with_response import RAW_MESSAGE
from cxcall.explaining.readers.code.sdk_calls import read_sdk_calls
from cxcall.explaining.readers.messages.http_message import read_messages
from cxcall.explaining.readers.messages.responses_in_text import (
    read_failed_url,
    read_response,
    read_response_alone,
)
from cxcall.explaining.readers.request_builder import build_observed_request, build_response
from cxcall.responses.platform_codes import find_platform_codes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cxcall.explaining.observed_request import ObservedRequest

_URL = re.compile(r"https?://[\w.-]+/[^\s\"'<>`|,;)\]}]+")


def read_calls_and_responses(text: str) -> Iterator[ObservedRequest]:
    """Yield calls of an SDK, or else a response without a request."""
    calls = list(read_sdk_calls(text, read_response(text)))
    if calls:
        yield from calls
    elif alone := read_failed_url(text) or read_response_alone(text):
        yield _with_url(alone, text)
    elif RAW_MESSAGE.search(text):
        yield from read_messages(text)
    elif "\n" not in text and find_platform_codes(text):
        yield build_observed_request(
            "HTTP response",
            SourceKind.RESPONSE,
            response=build_response(0, None, text),
            null_means_unknown=True,
        )


def _with_url(request: ObservedRequest, text: str) -> ObservedRequest:
    """Return a response without a request, with the URL of the text if it has only one."""
    urls = dict.fromkeys(_URL.findall(text))
    if request.host or request.path or len(urls) != 1:
        return request
    return build_observed_request(
        request.origin,
        SourceKind.RESPONSE,
        url=next(iter(urls)),
        response=request.response,
        null_means_unknown=True,
    )
