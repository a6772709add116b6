"""Read exchanges: objects with a request and its response in cxcall's own form, or in that of a logger's record."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from cxcall.explaining.observed_request import ObservedRequest, SourceKind
from cxcall.explaining.readers.json_values.member_names import (
    BODY_NAMES,
    CLIENT_RESPONSE_NAMES,
    OF_RESPONSE,
    all_members,
    members_behind,
)
from cxcall.explaining.readers.json_values.request_objects import (
    is_error_body,
    sent_body,
    status_of,
)
from cxcall.explaining.readers.request_builder import build_observed_request, build_response

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cxcall.transport.http_messages import HttpResponse

_EXCHANGE_NAMES = frozenset("method host path url status response response_body request".split())
_STORED_NAMES = {"text", "charset", "encoding", "mimeType", "size", "type"}


def is_exchange(value: Any) -> bool:
    """Return whether a JSON value is an exchange in cxcall's own form."""
    if not isinstance(value, dict) or ("name" in value and value.get("name") == "AxiosError"):
        return False
    if CLIENT_RESPONSE_NAMES & value.keys() and not {"method", "request"} & value.keys():
        return False
    return len(_EXCHANGE_NAMES & value.keys()) > 1 and not (
        is_error_body(value) and "method" not in value
    )


def read_exchange(value: Mapping[str, Any], origin: str) -> ObservedRequest:
    """Return the request of an exchange. A member that is null or absent is unknown.

    Raises UsageError for an exchange that is nested too deep, and TypeError or ValueError for a body
    that is not JSON.
    """
    request = value["request"] if isinstance(value.get("request"), dict) else value
    if request is not value and "method" in value:  # in the form of Charles
        request = {**value, **request}
    body = request["body"] if "body" in request else sent_body(request, status_of(value))
    if body is None and request is not value and not _EXCHANGE_NAMES & value["request"].keys():
        body = value["request"]  # of a logger that calls the body so
    return build_observed_request(
        origin,
        SourceKind.EXCHANGE,
        method=request.get("method"),
        url=request.get("url"),
        host=request.get("host"),
        path=request.get("path"),
        headers=request.get("headers"),
        body=_stored_text(body),
        response=_exchange_response(value),
        null_means_unknown=True,
    )


def _exchange_response(value: Mapping[str, Any]) -> HttpResponse | None:
    body = value.get("response", value.get("response_body"))
    status, headers = value.get("status"), value.get("response_headers")
    if (
        isinstance(body, dict)
        and "status" in body
        and ("headers" in body or "body" in body)
        and not is_error_body(body)
    ):
        status, headers, body = body["status"], body.get("headers"), body.get("body")
    status = status if isinstance(status, int) else status_of(value) or None
    if body is None:
        named = members_behind(value, OF_RESPONSE, BODY_NAMES, (dict, list, str))
        errors = (each for each in all_members(value, BODY_NAMES, dict) if is_error_body(each))
        body = next(named, None) or (
            next(errors, None) if (status or 0) >= HTTPStatus.BAD_REQUEST else None
        )
    return build_response(status, headers, _stored_text(body))


def _stored_text(body: Any) -> Any:
    """Return the text of a body that a tool stores with its encoding; any other body unchanged."""
    is_stored = isinstance(body, dict) and isinstance(body.get("text"), str)
    return body["text"] if is_stored and body.keys() <= _STORED_NAMES else body
