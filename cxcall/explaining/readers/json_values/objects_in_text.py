"""Read the objects in a text that contain a request, its response, or both, as workflows and consoles print them."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from cxcall.explaining.observed_request import SourceKind
from cxcall.explaining.readers.json_values.json_search import json_values
from cxcall.explaining.readers.json_values.request_objects import (
    find_request,
    find_response,
    read_object,
)
from cxcall.explaining.readers.messages.responses_in_text import dumped_objects, read_response
from cxcall.explaining.readers.unresolved_variables import mark_unresolved

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cxcall.explaining.observed_request import ObservedRequest

_ARGUMENT = re.compile(r"[(=,\[]\s*\Z")
_DUMP = re.compile(r"^(?:[A-Z]\w+ )?\{\s*(?:$|\w+: )", re.MULTILINE)
_LEFT_OUT = re.compile(r"\[(?:Object|Array|Function|Circular)[^\[\]\n]*\]")


def read_objects(text: str) -> Iterator[ObservedRequest]:
    """Yield the request of each object that has a method and a URL, with the response that is in it or follows it."""
    spans = [each for each in json_values(text) if isinstance(each[2], dict)]
    spans = [each for each in spans if not _ARGUMENT.search(text[: each[0]])]
    rest = text
    for start, end, _ in reversed(spans):
        rest = rest[:start] + rest[end:]
    values = [value for *_, value in spans]
    if not any(map(_has_target, values)) and _DUMP.search(text):
        values, rest = dumped_objects(_mark_left_out(text)), ""
        if all(map(_has_target, values)):
            return  # code, which other readers read better
    found = list(_combine(values))
    if len(found) == 1 and found[0].response is None:
        found = [replace(found[0], response=read_response(rest))]
    yield from found


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


def _mark_left_out(text: str) -> str:
    """Return a text with a mark for each value that a console leaves out, such as `[Object]`."""
    return _LEFT_OUT.sub(lambda found: f'"{mark_unresolved("{" + found[0][1:-1] + "}")}"', text)
