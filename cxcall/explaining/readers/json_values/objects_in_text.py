"""Read the requests in a text that are written as objects: JSON, and what a console prints."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from cxcall.explaining.observed_request import ObservedRequest, SourceKind
from cxcall.explaining.readers.json_values.json_search import json_values
from cxcall.explaining.readers.json_values.request_objects import (
    find_request,
    find_response,
    read_object,
)
from cxcall.explaining.readers.messages.dumped_objects import dumped_objects
from cxcall.explaining.readers.messages.message_lines import HEADER, REQUEST
from cxcall.explaining.readers.messages.responses_in_text import read_response
from cxcall.runtime.patterns import compile_on_use
from cxcall.transport.http_messages import HttpResponse

_DUMP = compile_on_use(r"^(?:[A-Z]\w+ )?\{\s*(?:$|\w+: )", re.MULTILINE)

_MAX_ABOVE = 4096


def read_objects(text: str) -> Iterator[ObservedRequest]:
    """Yield the request of each object that has a method and a URL, with the response that is in it or follows it."""
    spans = [each for each in json_values(text) if isinstance(each[2], dict)]
    spans = [each for each in spans if not is_argument(text, each[0])]
    ends = [0, *(end for _, end, _ in spans)]
    starts = [*(start for start, *_ in spans), len(text)]
    rest = "".join(text[end:start] for end, start in zip(ends, starts, strict=True))
    values = [each for start, _, each in spans if not _is_sent_body(each, text[:start], rest)]
    if not any(map(_has_target, values)) and _DUMP.search(text):
        values, rest = dumped_objects(text), ""
        if all(map(_has_target, values)):
            return  # code, which other readers read better
    found = list(_combine(values))
    if len(found) == 1:
        found = [replace(found[0], response=_with_stated_body(found[0].response, rest))]
    yield from found


def _with_stated_body(known: HttpResponse | None, text: str) -> HttpResponse | None:
    """Return a response, with the error in the text around it if it has the same status and no body of its own."""
    stated = read_response(text) if known is None or not known.body else None
    if known is None or stated is None or stated.status != known.status:
        return known or stated
    return known._replace(body=stated.body)


def is_argument(text: str, start: int) -> bool:
    """Return whether the sign before an object shows that it is an argument, a value, or an item."""
    while start and text[start - 1].isspace():
        start -= 1
    return text[max(start - 1, 0) : start] in {*"(=,["}


def _is_sent_body(value: dict[str, Any], above: str, text: str) -> bool:
    """Return whether an object with a URL is the body of another request, whose line is right above it.

    If the object has nothing else of a request, the line is anywhere in the text outside objects.
    """
    parts = find_request(value)
    url = str(parts.get("url") or parts.get("path") or "")
    is_whole = any(map(parts.get, ("headers", "body", "status"))) or find_response(value)
    lines = (each for each in reversed(above[-_MAX_ABOVE:].splitlines()) if each.strip())
    named = next((each for each in lines if not HEADER.match(each)), "") if is_whole else text
    targets = [each["target"].rstrip(".,;:") for each in REQUEST.finditer(named)]
    return bool(url and targets) and not any(each in url or url in each for each in targets)


def _combine(values: list[dict[str, Any]]) -> Iterator[ObservedRequest]:
    """Yield requests; an object without a request is the response to the one before it."""
    request: ObservedRequest | None = None
    for value in values:
        if _has_target(value):
            if request is not None:
                yield request
            request = read_object(value, "object", SourceKind.OBJECT)
        elif request is not None and (response := find_response(value)):
            known = request.response
            if known is None or not known.body:
                status = response.status or (known.status if known else 0)
                request = replace(request, response=response._replace(status=status))
    if request is not None:
        yield request


def _has_target(value: dict[str, Any]) -> bool:
    parts = find_request(value)
    return bool(parts.get("method") and (parts.get("url") or parts.get("path")))
