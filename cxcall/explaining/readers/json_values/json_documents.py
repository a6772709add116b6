"""Read a JSON document: a HAR file, a Postman collection, exchanges, or an object of a client or platform."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Literal

from cxcall.explaining.observed_request import ObservedRequest, SourceKind
from cxcall.explaining.operations.intended_operation import is_request_body
from cxcall.explaining.readers.json_values.exchanges import is_exchange, read_exchange
from cxcall.explaining.readers.json_values.request_objects import is_error_body, read_object
from cxcall.explaining.readers.json_values.saved_requests import (
    LeavesOut,
    is_collection,
    is_har_entry,
    read_collection,
    read_har,
)
from cxcall.explaining.readers.request_builder import build_observed_request

_Kind = Literal["HAR", "body", "collection", "objects"]


def is_har(values: list[Any]) -> bool:
    """Return whether JSON values are a HAR file, whose entries are numbered."""
    return _kind_of(values) == "HAR"


def read_json(
    values: list[Any],
    name: str,
    entry: int | None = None,
    is_left_out: LeavesOut | None = None,
) -> Iterator[ObservedRequest]:
    """Yield the requests in JSON values: one document, or one value per line."""
    kind = _kind_of(values)
    if kind == "HAR":
        yield from read_har(_har_of(values), name, entry, is_left_out)
    elif kind == "body":
        yield build_observed_request("request body", body=values[0], headers_are_shown=False)
    elif kind == "collection":
        yield from read_collection(values[0])
    else:
        yield from _with_answers(list(_read_objects(_objects_of(values))))


def _har_of(values: list[Any]) -> dict[str, Any]:
    """Return the HAR file of JSON values, also if they are only its entries; empty if they are not."""
    first = values[0] if len(values) == 1 else None
    if isinstance(first, dict) and isinstance(first.get("log"), dict):
        return first
    entries = first if isinstance(first, list) else values
    return {"log": {"entries": entries}} if entries and all(map(is_har_entry, entries)) else {}


def _kind_of(values: list[Any]) -> _Kind:
    if _har_of(values):
        return "HAR"
    if len(values) != 1:
        return "objects"
    first = values[0]
    if not (is_exchange(first) or is_error_body(first)) and is_request_body(first):
        return "body"
    return "collection" if is_collection(first) else "objects"


def _objects_of(values: list[Any]) -> list[Any]:
    """Return the objects of which each may be an exchange: the values, or the items of a single list."""
    first: Any = values[0] if len(values) == 1 else None
    return first if isinstance(first, list) and not read_object(first, "") else values


def _with_answers(found: list[ObservedRequest]) -> list[ObservedRequest]:
    """Return requests with the responses that a log has in records of their own, each below its request.

    Unchanged if more than one request is without a response where one follows: the log may be of parallel requests.
    """
    joined: list[ObservedRequest] = []
    waiting = 0
    for each in found:
        if each.path or each.host:
            joined.append(each)
            waiting += each.response is None
        elif waiting == 1 and joined[-1].response is None and each.status and not each.method:
            joined[-1] = replace(joined[-1], response=each.response)
            waiting = 0
        else:
            return found
    return joined


def _read_objects(items: list[Any]) -> Iterator[ObservedRequest]:
    alone = ("HTTP response", SourceKind.RESPONSE)
    for number, value in enumerate(items, 1):
        origin = f"exchange {number}" if len(items) > 1 else "exchange"
        if is_exchange(value):
            found: ObservedRequest | None = read_exchange(value, origin)
        else:
            found = read_object(value, *alone if len(items) == 1 else (origin, SourceKind.EXCHANGE))
        if found and found.method and found.response is None and not is_exchange(value):
            found = replace(found, origin="request")
        if found:
            yield found
