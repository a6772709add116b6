"""Read exchanges: objects with a request and its response in cxcall's own form, or in that of a logger's record."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from cxcall.explaining.observed_request import ObservedRequest, SourceKind
from cxcall.explaining.readers.json_values.member_names import (
    BODY_NAMES,
    CLIENT_RESPONSE_NAMES,
    OF_RESPONSE,
    all_members,
    first_member,
    members_behind,
    with_query_beside,
)
from cxcall.explaining.readers.json_values.request_objects import (
    is_error_body,
    sent_body,
    status_of,
)
from cxcall.explaining.readers.request_builder import build_observed_request, build_response
from cxcall.transport.http_messages import HttpResponse

_EXCHANGE_NAMES = frozenset("method host path url status response response_body request".split())
_MESSAGE_NAMES = frozenset(
    "message msg log event error err exception exc_info stack stacktrace stack_trace @message textpayload".split()
)
_STATUS_ONLY = {"status", "statusText", "reason"}
_MAX_NAMES, _MAX_DEPTH = 4, 2


def is_exchange(value: Any) -> bool:
    """Return whether a JSON value is an exchange in cxcall's own form."""
    if not isinstance(value, dict) or ("name" in value and value.get("name") == "AxiosError"):
        return False
    if CLIENT_RESPONSE_NAMES & value.keys() and not {"method", "request"} & value.keys():
        return False
    if any(isinstance(value.get(name), dict) for name in ("url", "host")):
        return False  # a record in the form of Elastic
    is_error = is_error_body(value) and "method" not in value
    return len(_EXCHANGE_NAMES & value.keys()) > 1 and not is_error


def read_exchange(value: Mapping[str, Any], origin: str) -> ObservedRequest:
    """Return the request of an exchange. A member that is null or absent is unknown.

    Raises UsageError for an exchange that is nested too deep, and TypeError or ValueError for a body
    that is not JSON.
    """
    request = value["request"] if isinstance(value.get("request"), dict) else value
    if request is not value and "method" in value:  # a logger that calls the body so
        request = {**value, **request}
    body = request["body"] if "body" in request else sent_body(request, status_of(value))
    if body is None and request is not value and not _EXCHANGE_NAMES & value["request"].keys():
        body = value["request"]  # of a logger that calls the body so
    return build_observed_request(
        origin,
        SourceKind.EXCHANGE,
        method=request.get("method"),
        url=with_query_beside(request.get("url"), request),
        host=request.get("host"),
        path=with_query_beside(request.get("path"), request),
        headers=request.get("headers"),
        body=body,
        response=_exchange_response(value),
        null_means_unknown=True,
    )


def _exchange_response(value: Mapping[str, Any]) -> HttpResponse | None:
    body = value.get("response", value.get("response_body"))
    status, headers = value.get("status"), value.get("response_headers")
    if isinstance(body, dict) and not is_error_body(body):
        shown = first_member(body, ("body",) if status else BODY_NAMES, (dict, list, str))
        is_status = status is None and body.keys() <= _STATUS_ONLY
        if "status" in body and ("headers" in body or shown is not None or is_status):
            status, headers, body = body["status"], body.get("headers"), shown
    status = status if isinstance(status, int) else status_of(value) or None
    if body is None:
        named = members_behind(value, OF_RESPONSE, BODY_NAMES, (dict, list, str))
        errors = (each for each in all_members(value, BODY_NAMES, dict) if is_error_body(each))
        is_refused = status is not None and status >= HTTPStatus.BAD_REQUEST
        body = next(named, None) or (next(errors, None) if is_refused else None)
    return build_response(status, headers, body)


def message_of(value: Mapping[str, Any], depth: int = 0) -> str:
    """Return the message of a logger's record, with that of the error in it; empty without one."""
    texts = [
        each if isinstance(each, str) else message_of(each, depth + 1)
        for name, each in value.items()
        if name.lower() in _MESSAGE_NAMES
        and (isinstance(each, str) or (isinstance(each, dict) and depth < _MAX_DEPTH))
    ]
    return "\n".join(filter(None, texts))
