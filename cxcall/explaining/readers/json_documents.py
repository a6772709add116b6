"""Read a JSON document: a HAR file, a Postman collection, exchanges, or an object of a client or platform."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cxcall.explaining.readers.objects import is_error_body, is_exchange, read_exchange, read_object
from cxcall.explaining.readers.request_builder import build_observed_request

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cxcall.explaining.observed_request import ObservedRequest


def read_json(values: list[Any], name: str, entry: int | None) -> Iterator[ObservedRequest]:
    """Yield the requests in JSON values: one document, or one value per line."""
    first: Any = values[0] if values else None
    if len(values) == 1 and isinstance(first, dict) and isinstance(first.get("log"), dict):
        from cxcall.explaining.readers.har import read_har

        yield from read_har(first, name, entry)
        return
    if len(values) == 1 and not is_exchange(first) and not is_error_body(first):
        from cxcall.explaining.meant_operation import is_request_body

        if is_request_body(first):
            yield build_observed_request("request body", body=first, headers_are_shown=False)
            return
    from cxcall.explaining.readers.postman import is_collection, read_collection

    if len(values) == 1 and is_collection(first):
        yield from read_collection(first)
        return
    is_read = False
    items = (
        first
        if len(values) == 1 and isinstance(first, list) and not read_object(first, "")
        else values
    )
    for number, value in enumerate(items, 1):
        origin = f"exchange {number}" if len(items) > 1 else "exchange"
        if is_exchange(value):
            yield read_exchange(value, origin)
            is_read = True
        elif found := read_object(value, "HTTP response" if len(items) == 1 else origin):
            yield found
            is_read = True
    if not is_read and len(values) == 1 and (body := _read_body(first)):
        yield body


def _read_body(value: Any) -> ObservedRequest | None:
    """Return a request of which only the body is shown, if the body is one of an operation."""
    if not isinstance(value, dict | list) or not value:
        return None
    from cxcall.explaining.meant_operation import find_meant_operation
    from cxcall.explaining.route_check import match_route

    request = build_observed_request("request body", body=value, headers_are_shown=False)
    return request if find_meant_operation(request, match_route(request)) else None
