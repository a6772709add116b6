"""Read code that is pasted with the response that it got."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from cxcall.explaining.readers.code import powershell
from cxcall.explaining.readers.json_values.json_search import json_values
from cxcall.explaining.readers.messages.responses_in_text import (
    RESPONSE_START,
    read_client_error,
    read_noted_status,
    read_response,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cxcall.explaining.observed_request import ObservedRequest

_PROMPT = re.compile(r"^(?:PS [A-Z]:\\[^>\n]*> ?|>> |>>> |\.\.\. |In \[\d+\]: )", re.MULTILINE)
RAW_MESSAGE = re.compile(
    r"^[>*< ]*(?:[A-Z]{3,7} \S+ HTTP/[0-9.]+\s*$|HTTP/[0-9.]+ [0-9]{3})"
    r"|^(?:GET|POST|PUT|PATCH|DELETE) https?://[^\s\"']+\s*$"
    r"|(?<![\w`.:])(?:GET|POST|PUT|PATCH|DELETE) (?:[a-z]+ ){0,3}[\"']https?://",
    re.MULTILINE,
)
_OPTION_NAMES = {"url", "uri", "method", "hostname", "baseURL"}
_CODE_TARGET = re.compile(
    r"[=(]\s*\|https?://"  # ABAP
    r"""|["'`](?:https?://|callout:"""  # `callout:` of Apex
    r"|\$?\{?[\w.]*\}?/?(?:api/v\d|incontactapi|services/v\d|oauth/|authentication/)"
    r"""|/[\w-]+/|[\w-]+(?:\.[\w-]+)+["'`])"""  # a path, or a host in quotes
    r"|\bcurl_|<<~?[A-Z]",  # libcurl, a here-document
    re.IGNORECASE,
)
_COMMENT = re.compile(r"^[ \t]*(?:#|//)[ \t]*", re.MULTILINE)
_EXCEPTION = re.compile(r"^[\w.]+(?:Error|Exception)\b.*$", re.MULTILINE)
_MAX_SEARCH = 1 << 20


def read_code_text(text: str) -> Iterator[ObservedRequest]:
    """Yield the requests of code, with the response that is shown below it."""
    if failed := read_client_error(text):
        yield failed
    elif not RAW_MESSAGE.search(text) and (
        _CODE_TARGET.search(_EXCEPTION.sub("", _without_bodies(text)))
        or powershell.has_request(text)
    ):
        from cxcall.explaining.readers.code.code_reader import read_code

        start = RESPONSE_START.search(text)
        at = start.start() if start else len(text)
        response = read_response(_COMMENT.sub("", text[at:]))
        if response is None:
            response = read_response("\n".join(_EXCEPTION.findall(text))) or read_noted_status(text)
        code = _PROMPT.sub("", text[:at] or text)
        if powershell.has_request(code):
            code = powershell.quote_urls(code)
        yield from read_code(code, response)


def _without_bodies(text: str) -> str:
    """Return a text without the JSON objects in it, unless they are the options of a call."""
    kept, position = [], 0
    for start, end, value in json_values(text[:_MAX_SEARCH]):
        if not (isinstance(value, dict) and _OPTION_NAMES & value.keys()):
            kept.append(text[position:start])
            position = end
    return "".join([*kept, text[position:]])
