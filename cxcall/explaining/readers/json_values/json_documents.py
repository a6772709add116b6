"""Read a JSON document: a HAR file, a Postman collection, exchanges, or an object of a client or platform."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Literal

from cxcall.explaining.observed_request import ObservedRequest, SourceKind
from cxcall.explaining.operations.intended_operation import is_request_body
from cxcall.explaining.operations.known_operations import READ_METHODS
from cxcall.explaining.readers.json_values.exchanges import (
    is_exchange,
    message_of,
    read_exchange,
    with_unread_members,
)
from cxcall.explaining.readers.json_values.request_objects import (
    find_record_body,
    find_request,
    is_error_body,
    read_object,
)
from cxcall.explaining.readers.json_values.saved_requests import (
    is_collection,
    read_collection,
    read_har,
)
from cxcall.explaining.readers.labeled_texts import read_labeled_members
from cxcall.explaining.readers.request_builder import body_text, build_observed_request

_MAX_DEPTH = 3
_Kind = Literal["HAR", "body", "collection", "stored requests", "objects"]


def is_har(values: list[Any]) -> bool:
    """Return whether JSON values are a HAR file, whose entries are numbered."""
    return _kind_of(values) == "HAR"


def read_json(values: list[Any], name: str, entry: int | None) -> Iterator[ObservedRequest]:
    """Yield the requests in JSON values: one document, or one value per line."""
    kind = _kind_of(values)
    if kind == "HAR":
        yield from read_har(values[0], name, entry)
    elif kind == "body":
        yield build_observed_request("request body", body=values[0], headers_are_shown=False)
    elif kind == "collection":
        yield from read_collection(values[0])
    elif kind == "stored requests":
        stored = _stored_requests(values[0], 0)
        names = [f"request {number}" for number in range(1, len(stored) + 1)]
        names = names if len(names) > 1 else ["request"]
        found = [*filter(None, map(read_object, stored, names))]
        yield from [_with_record_body(found[0], values[0])] if len(found) == 1 else found
    else:
        yield from _read_objects(_objects_of(values))


def _with_record_body(found: ObservedRequest, value: Any) -> ObservedRequest:
    """Return the only request of a record; if it shows no body, with the one elsewhere in the record."""
    if found.body is not None or found.method in READ_METHODS:
        return found
    body = find_record_body(value, found.path)
    return found if body is None else replace(found, body=body_text(body))


def _kind_of(values: list[Any]) -> _Kind:
    if len(values) != 1:
        return "objects"
    first = values[0]
    if isinstance(first, dict) and isinstance(first.get("log"), dict):
        return "HAR"
    if not (is_exchange(first) or is_error_body(first)) and is_request_body(first):
        return "body"
    if is_collection(first):
        return "collection"
    return "stored requests" if _stored_requests(first, 0) else "objects"


def _objects_of(values: list[Any]) -> list[Any]:
    """Return the objects of which each may be an exchange: the values, or the items of a single list."""
    first: Any = values[0] if len(values) == 1 else None
    return first if isinstance(first, list) and not read_object(first, "") else values


def _read_objects(items: list[Any]) -> Iterator[ObservedRequest]:
    alone = ("HTTP response", SourceKind.RESPONSE)
    for number, value in enumerate(items, 1):
        origin = f"exchange {number}" if len(items) > 1 else "exchange"
        if is_exchange(value):
            found: ObservedRequest | None = read_exchange(value, origin)
        else:
            found = read_object(value, *alone if len(items) == 1 else (origin, SourceKind.EXCHANGE))
            if found is None or not found.method:
                found = read_labeled_members(value) or found
        if found and found.method and found.response is None and not is_exchange(value):
            found = replace(found, origin="request")
        if found:
            yield _complete(found, value) if isinstance(value, dict) else found


def _complete(found: ObservedRequest, value: dict[str, Any]) -> ObservedRequest:
    """Return the request of a record with the status that its message names, and with the members that were not read."""
    if found.response is None and (text := message_of(value)):
        from cxcall.explaining.readers.surrounding_text import with_status

        found = with_status(found, text)
    return with_unread_members(found, value)


def _stored_requests(value: Any, depth: int) -> list[Any]:
    """Return the list of requests in an object of a client; empty if it has none."""
    members = value.values() if isinstance(value, dict) and not is_exchange(value) else ()
    for each in members:
        items = each if isinstance(each, list) else []
        found = [one for one in items if "method" in find_request(one)]
        # Insomnia has folders among the requests.
        if found and (len(found) == len(each) or "_type" in value):
            return found
        if depth < _MAX_DEPTH and (found := _stored_requests(each, depth + 1)):
            return found
    return []
