"""Read a JSON exchange (method, host, path, headers, body, status, response) or cxcall's own JSON output."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cxcall.explaining.readers.request_builder import build_observed_request, build_response

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cxcall.explaining.observed_request import ObservedRequest

_MEMBERS = {"method", "host", "path", "url", "status", "response", "response_body", "request"}


def is_exchange(value: Any) -> bool:
    """Tell whether a JSON value is an exchange."""
    return isinstance(value, dict) and len(_MEMBERS & value.keys()) > 1


def read_exchange(value: Mapping[str, Any], origin: str) -> ObservedRequest:
    """Return the request of an exchange. A member that is null or absent is unknown.

    Raises UsageError for an exchange that is nested too deep, and TypeError or ValueError for a body
    that is not JSON.
    """
    request = value["request"] if isinstance(value.get("request"), dict) else value
    body = value.get("response", value.get("response_body"))
    status, headers = value.get("status"), None
    if isinstance(body, dict) and "status" in body and "headers" in body:
        status, headers, body = body["status"], body["headers"], body.get("body")
    return build_observed_request(
        origin,
        **{
            name: request.get(name) for name in ("method", "url", "host", "path", "headers", "body")
        },
        response=build_response(status, headers, body),
        null_means_unknown=True,
    )
