"""Find what is wrong with the body of a 2xx response that is not JSON, and does not say what became of the request."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from cxcall.responses.start_evidence import is_open_error

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cxcall.contracts.operation import Operation
    from cxcall.transport.http_messages import HttpResponse

_JSON_START = re.compile(r"\{|\[\s*[\[{\"]")
_ERROR_START = re.compile(r"(?i)(?:error|exception|fail(?:ed|ure)?|fault)\b")


def describe_body(response: HttpResponse, operation: Operation) -> str:
    """Return what is wrong with a body that is not JSON; empty if the API may have sent it.

    An API may respond with a text such as `OK`, but not with markup, unless the document declares a
    response that is not JSON: cxcall asks for JSON.
    """
    text = response.text.lstrip("\ufeff \t\r\n")
    if _JSON_START.match(text):
        return "a body that is not valid JSON"
    if text.startswith("<") and all("json" in media for media in _declared_types(operation)):
        return "a body that is XML, although the document does not declare it"
    if _ERROR_START.match(text) or is_open_error(text):
        return "a text that reports an error"
    return ""


def _declared_types(operation: Operation) -> Iterator[str]:
    """Yield the media types that a document declares for the bodies of successful responses."""
    resolve = operation.contract.resolve
    for status, declared in operation.declared.get("responses", {}).items():
        if status[:1] == "2" or status == "default":
            yield from resolve(declared).get("content", {})
