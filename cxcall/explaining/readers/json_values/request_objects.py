"""Read objects that contain requests and responses: exchanges, errors of clients, platform responses, log records."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import Any

from cxcall.documents.json_text import find_json
from cxcall.explaining.observed_request import ObservedRequest, SourceKind
from cxcall.explaining.operations.intended_operation import is_request_body
from cxcall.explaining.operations.known_operations import READ_METHODS
from cxcall.explaining.readers.json_values.error_words import has_error_words, is_plain_error
from cxcall.explaining.readers.json_values.json_search import json_values
from cxcall.explaining.readers.json_values.member_names import (
    BODY_NAMES,
    CLIENT_RESPONSE_NAMES,
    HEADER_NAMES,
    METHOD_NAMES,
    OF_REQUEST,
    OF_RESPONSE,
    REQUEST_NAMES,
    RESPONSE_NAMES,
    SENT_BODY_NAMES,
    SENT_HEADER_NAMES,
    STATUS_NAMES,
    URL_NAMES,
    all_members,
    first_member,
    members_behind,
    with_query_beside,
)
from cxcall.explaining.readers.request_builder import build_observed_request, build_response
from cxcall.responses.platform_codes import find_platform_codes
from cxcall.responses.refusals.reason_choice import LOGIN_CODES
from cxcall.runtime.patterns import compile_on_use
from cxcall.transport.http_messages import HttpResponse

_ERROR_NAMES = frozenset(
    """
    message code status contextId errors error error_description details messageParams errorCode
    userMessage messageWithParams correlationId errorMessage resultSet fault
    """.split()
)
_EXCHANGE_ERROR_NAMES = frozenset(
    "contextId correlationId errors details messageParams messageWithParams".split()
)
_RESOURCE_NAMES = tuple(
    """
    entities conversations participants selfUri pageCount conversationId originatingDirection
    conversationStart segments contactId jobId errorInfo disconnectType resultSet totalHits
    sessionId events importStatus
    """.split()
)
_OTHER_VALUE_NAMES = ("data", "json", "payload")
"""Names of a body that a record also gives to other values."""
_REFUSED = HTTPStatus.BAD_REQUEST
_STATUS_TEXT = compile_on_use(r"[1-5][0-9]{2}(?=\s|$)")
_MAX_DEPTH = 6


def is_error_body(value: Any) -> bool:
    """Return whether a value is the body of an error of a platform, an OAuth server, or a gateway."""
    if not isinstance(value, dict) or "config" in value:  # the error of a client has its settings
        return False
    names = _ERROR_NAMES & value.keys()
    has_text = any(
        isinstance(value.get(name), str) for name in ("message", "userMessage")
    ) or isinstance(value.get("error"), str | dict)
    errors = value.get("errors")
    has_errors = isinstance(errors, list) and bool(errors) and len(value) < 4
    has_error_name = bool({"error_description", "error_code", "errorMessage"} & value.keys())
    code = value.get("code") if len(names) == len(value) else None
    is_code = isinstance(code, str) and "." in code and bool(find_platform_codes(code))
    is_code = is_code or value.get("error") in LOGIN_CODES
    is_told = is_plain_error(value) or is_error_body(value.get("error")) or has_error_words(value)
    return (has_text and len(names) > 1) or has_errors or has_error_name or is_code or is_told


def has_error_status(value: Any) -> bool:
    """Return whether an error body has members of a response: a status, the ID of the exchange, or lists of errors."""
    if not is_error_body(value):
        return False
    is_of_response = bool(_EXCHANGE_ERROR_NAMES & value.keys()) or is_plain_error(value)
    return is_of_response or status_of(value) >= HTTPStatus.BAD_REQUEST


def is_resource(value: Any) -> bool:
    """Return whether a value is a resource that a platform returned; a body that an operation takes is none."""
    items = value if isinstance(value, list) and value else [value]
    objects = (each for each in items if isinstance(each, dict))
    found = [any(name in each for name in _RESOURCE_NAMES) for each in objects]
    return len(found) == len(items) and all(found) and not is_request_body(value)


def read_object(
    value: Any, origin: str, kind: SourceKind = SourceKind.OTHER
) -> ObservedRequest | None:
    """Return the request and response in an object; None if it has neither."""
    parts = find_request(value)
    status = parts.pop("status", 0)
    response = find_response(value)
    code = value.get("code") if isinstance(value, dict) else None
    failure = code if isinstance(code, str) and code.isupper() else ""
    if not parts and response is None:
        return None
    if parts and parts["body"] is None and str(parts["method"]).upper() not in READ_METHODS:
        parts["body"] = _body_beside(value, response)
    if response is None:
        response = build_response(status_of(value) or status or None)
    elif not response.status:
        response = response._replace(status=status or find_status(value))
    return build_observed_request(
        origin, kind, **parts, response=response, failure=failure, null_means_unknown=True
    )


def _body_beside(value: Mapping[str, Any], response: HttpResponse | None) -> Any:
    """Return the body that a logger writes beside a request and not into it, as `body` or `reqBody`; None without one."""
    kinds = (dict, list, str)
    named = members_behind(value, OF_REQUEST, SENT_BODY_NAMES, kinds)
    for each in (*named, *all_members(value, ("body",), kinds)):
        content = _content(each)
        is_received = is_error_body(content) or is_resource(content)
        is_received = is_received or (response is not None and response.json() == content)
        if isinstance(content, dict | list) and not is_received:
            return each
    return None


def find_request(value: Any, depth: int = 0) -> dict[str, Any]:
    """Return method, URL, headers, and body of the first object that has a URL or a path."""
    if depth > _MAX_DEPTH or not isinstance(value, dict):
        return {}
    for name in REQUEST_NAMES:
        if parts := find_request(value.get(name), depth + 1):
            return parts
    url = first_member(value, URL_NAMES, str, OF_REQUEST)
    if url is None and isinstance(parsed := value.get("url"), dict):
        url = first_member(parsed, ("href", "full"), str)
    method = first_member(value, METHOD_NAMES, str, OF_REQUEST)
    path = first_member(value, ("path", "pathname"), str)
    base = value.get("baseURL", value.get("baseUrl"))
    if url and isinstance(base, str) and "://" not in url:
        url = base.rstrip("/") + "/" + url.lstrip("/")
    if (url or path) and (method or depth or "headers" in value or _is_refused_record(value)):
        return {
            "method": method,
            "url": with_query_beside(url, value) if url and "/" in url else None,
            "host": _host(value),
            "path": with_query_beside(path, value) if not url else None,
            "headers": first_member(value, SENT_HEADER_NAMES, (dict, list)),
            "body": sent_body(value, status_of(value)),
            "status": status_of(value),
        }
    for child in value.values():
        if parts := find_request(_record(child), depth + 1):
            return parts
    return {}


def _record(value: Any) -> Any:
    """Return the object in the JSON text of a log record; any other value unchanged."""
    if isinstance(value, str) and value.lstrip()[:1] == "{" and "http" in value:
        return next((each for _, _, each in json_values(value)), None)
    return value


def _host(value: Mapping[str, Any]) -> Any:
    sent = first_member(value, SENT_HEADER_NAMES, dict) or {}
    return value.get("host") or value.get("hostname") or sent.get("Host") or sent.get("host")


def _is_refused_record(value: Mapping[str, Any]) -> bool:
    """Return whether a logger's record has the status of an error with the URL; a client's response has other members."""
    is_response = bool(CLIENT_RESPONSE_NAMES & value.keys()) or "headers" in value
    return status_of(value) >= _REFUSED and not is_response


def sent_body(value: Mapping[str, Any], status: int = 0) -> Any:
    """Return the body of a request; the text of a body that tools store with its kind.

    A record with a status may have other values in `data`, `json`, and `payload`, such as the response.
    """
    bodies = all_members(value, SENT_BODY_NAMES, object, OF_REQUEST)
    if status:
        uncertain = [value.get(name) for name in _OTHER_VALUE_NAMES]
        bodies = (each for each in bodies if each not in uncertain or _may_be_sent(each))
    is_refused = status >= _REFUSED
    sent = (each for each in bodies if not (is_refused and is_error_body(_content(each))))
    body: Any = next(sent, None)
    for name in ("raw", "string", "text") if isinstance(body, dict) and len(body) > 1 else ():
        if isinstance(body.get(name), str):
            return body[name] or None
    is_expression = isinstance(body, str) and body is value.get("jsonBody")
    return body.removeprefix("=") if is_expression else body  # the mark of an expression in n8n


def _may_be_sent(body: Any) -> bool:
    """Return whether a value that a logger names vaguely is a body that an operation takes."""
    content = _content(body)
    return not is_resource(content) and is_request_body(content)


def _content(body: Any) -> Any:
    """Return a body as a value, also if it is JSON in a text."""
    return find_json(body, None) if isinstance(body, str) else body


def find_response(value: Any, depth: int = 0) -> HttpResponse | None:
    """Return the response in an object: a named member, an object with a status, or an error body."""
    if depth > _MAX_DEPTH:
        return None
    if isinstance(value, str):
        body = find_error_body(value) if "{" in value else None
        return build_response(status_of(body), body=body) if body is not None else None
    if not isinstance(value, dict):
        return build_response(body=value) if is_resource(value) else None
    found = _named_response(value, depth) or _plain_response(value)
    if found is not None and not found.status and is_error_body(value):
        inner = _response_within(value, depth)
        return inner if inner and inner.status else found._replace(status=find_status(value))
    if found is not None:
        return found
    if found := _response_within(value, depth):
        return found
    is_response = "statusText" in value or value.keys() == {"status", "headers"}
    status = status_of(value) if is_response else 0
    return build_response(status or None, _headers_of(value))


def _response_within(value: Mapping[str, Any], depth: int) -> HttpResponse | None:
    """Return the first response in the members of an object."""
    for name, each in value.items():
        children = each if isinstance(each, list) and not is_resource(each) else [each]
        for child in children if name not in REQUEST_NAMES else ():
            is_response = isinstance(child, dict | str)
            if is_response and (found := find_response(child, depth + 1)):
                return found
    return None


def _named_response(value: Mapping[str, Any], depth: int) -> HttpResponse | None:
    for name in RESPONSE_NAMES:
        child = value.get(name)
        if isinstance(child, dict) and (found := find_response(child, depth + 1)):
            return found if found.status else found._replace(status=status_of(value))
        if isinstance(child, dict) and status_of(child):
            return build_response(status_of(child), child.get("headers"))
        if isinstance(child, str) and child and status_of(value):
            return build_response(status_of(value), body=child)
    return None


def _plain_response(value: Mapping[str, Any]) -> HttpResponse | None:
    """Return an object as a response: a status with a body, an error body, or a resource."""
    status = status_of(value)
    body = first_member(value, BODY_NAMES, (dict, list, str)) or None
    if body is None and isinstance(value.get("error"), dict) and "statusText" in value:
        body = value["error"]  # the name in Angular
    is_request = "url" in value and ("method" in value or _is_refused_record(value))
    if status and body is not None and not is_request:
        reason = str(value.get("statusText", value.get("reason", "")) or "")
        return build_response(status, _headers_of(value), body, reason)
    if is_error_body(value):
        return build_response(status, body=value)
    return build_response(body=value) if is_resource(value) and not is_request else None


def _headers_of(value: Mapping[str, Any]) -> Any:
    return first_member(value, HEADER_NAMES, (dict, list))


def status_of(value: Any) -> int:
    """Return the status in an object; 0 if it has none."""
    if not isinstance(value, dict):
        return 0
    found = (value[name] for name in STATUS_NAMES if name in value)
    behind = members_behind(value, OF_RESPONSE, ("status", "statusCode"), (str, int))
    for each in (*found, *behind):
        text = _STATUS_TEXT.match(each) if isinstance(each, str) else None
        status = int(text[0]) if text else each
        if isinstance(status, int) and not isinstance(status, bool) and 100 <= status < 600:
            return status
    return 0


def find_status(value: Any, depth: int = 0) -> int:
    """Return the first status of an error that an object has, at any depth; 0 if it has none."""
    if not isinstance(value, dict) or depth > _MAX_DEPTH:
        return 0
    status = status_of(value)
    found = (find_status(each, depth + 1) for each in value.values())
    return status if status >= HTTPStatus.BAD_REQUEST else next(filter(None, found), 0)


def find_error_body(text: str) -> Any:
    """Return the first error body, or else the first platform response, in a text; None if there is none."""
    found, unescaped = None, text.replace('\\\\"', '\\"').replace('\\"', '"')
    for candidate in dict.fromkeys((text, unescaped)):
        for _, _, value in json_values(candidate):
            for each in _objects(value, 0):
                if is_error_body(each):
                    return each
            if found is None and is_resource(value):
                found = value
        if found is not None:
            break
    return found


def _objects(value: Any, depth: int) -> Iterator[dict[str, Any]]:
    """Yield the objects in a value, also those that are JSON in a text."""
    if depth > _MAX_DEPTH:
        return
    if isinstance(value, str) and value.lstrip()[:1] == "{":
        value = find_json(value, None)
    if isinstance(value, dict):
        yield value
    children = (
        value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    )
    for child in children:
        yield from _objects(child, depth + 1)
