"""Convert a sent request and its response to the form that `explain` reads."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cxcall.findings.errors import UsageError

if TYPE_CHECKING:
    from cxcall.responses.delivery import Delivery


def exchange_as_mapping(delivery: Delivery) -> dict[str, Any]:
    """Return the exchange of a delivery in the form of `explain`; raises UsageError if there is none."""
    exchange = delivery.exchange
    if exchange is None:
        raise UsageError(
            "the delivery has no request: nothing was sent", where="source", fix="see its findings"
        )
    request, response = exchange.request, exchange.response
    return {
        "method": request.method,
        "url": request.url,
        "headers": dict(request.headers),
        "body": None if request.body is None else request.body.decode("utf-8", "replace"),
        "status": response.status if response else None,
        "response": response.text if response else None,
        "response_headers": dict(response.headers) if response else None,
    }
