"""Read a JSON document: a HAR file, a Postman collection, exchanges, or an object of a client or platform."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cxcall.explaining.readers.objects import is_exchange, read_exchange, read_object

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
    from cxcall.explaining.readers.postman import is_collection, read_collection

    if len(values) == 1 and is_collection(first):
        yield from read_collection(first)
        return
    items = (
        first
        if len(values) == 1 and isinstance(first, list) and not read_object(first, "")
        else values
    )
    for number, value in enumerate(items, 1):
        origin = f"exchange {number}" if len(items) > 1 else "exchange"
        if is_exchange(value):
            yield read_exchange(value, origin)
        elif found := read_object(value, "HTTP response" if len(items) == 1 else origin):
            yield found
