"""Read responses in text: status lines, exception texts of SDKs, dumps of objects, error bodies in prose."""

from __future__ import annotations

import re
from ast import literal_eval
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl

from cxcall.explaining.observed_request import ObservedRequest, SourceKind
from cxcall.explaining.readers.json_values.request_objects import (
    find_error_body,
    is_error_body,
    is_resource,
    read_object,
)
from cxcall.explaining.readers.messages.client_failures import (
    find_failure,
    find_unresolved_host,
    is_report,
    without_responses_to_connect,
)
from cxcall.explaining.readers.messages.dumped_objects import (
    dumped_error,
    dumped_object,
    dumped_objects,
)
from cxcall.explaining.readers.messages.http_message import read_status_response
from cxcall.explaining.readers.messages.quoted_words import quoted_refusal
from cxcall.explaining.readers.messages.status_patterns import (
    NOTED_STATUS,
    is_status_received,
    with_line_above,
)
from cxcall.explaining.readers.request_builder import (
    build_observed_request,
    build_response,
    with_body,
)
from cxcall.responses.platform_codes import find_platform_codes
from cxcall.runtime.patterns import compile_on_use
from cxcall.transport.http_messages import HttpResponse

# Starts of lines below code that show the response.
RESPONSE_START = compile_on_use(
    r"^[ \t#/*>-]*"
    r"(?:\{:(?:ok|error), %"  # Elixir
    r"|(?:< )?HTTP/[0-9.]+ [1-5]|[1-5][0-9]{2}:? (?:[A-Z][a-z]|\{)"  # a status line, `400: {...}`
    r"|[A-Za-z][\w ]{0,60}: [45][0-9]{2}:?(?: [A-Z][A-Za-z ]{1,40})? \{"  # of a program: `Login failed: 401 {...}`
    r"|\([1-5][0-9]{2}(?:\)\s*$|, )|<Response \["  # `(400)` and `<Response [400]>` of Python
    r"|Uncaught |\w*Error: |UnhandledPromiseRejection\w*:"  # errors of JavaScript
    r"|Invoke-\w+ ?: "  # and of PowerShell
    r"|(?:Status|Response|Error|Output|Result)[ \w]*:(?!=)"
    r"""|\{ ?["']?(?:message|code|error|status|errors)["']? ?:)"""  # an error body
    r"|^(?:[ \t]*(?:\#|//|>+)[ \t]*)?[1-5][0-9]{2}[ \t]*$",  # a status alone on its line
    re.MULTILINE,
)
_API_EXCEPTION = compile_on_use(
    r"(?:^|[ (])\(?(?P<status>[1-5][0-9]{2})\)?"
    r"\s*\n\s*Reason:\s*(?P<reason>[^\n]*)"
    r"(?:\n\s*HTTP response headers:\s*(?P<headers>[^\n]*))?"
    r"(?:\n\s*HTTP response body:\s*(?P<body>.*))?",
    re.MULTILINE | re.DOTALL,
)
# Of the vendor's SDK for Go, and of Terraform: `API Error: 400 - The name is taken (duplicate.name) (<correlation ID>)`.
_SDK_ERROR = compile_on_use(
    r"(?<![\w.-])(?P<status>[45][0-9]{2}) - (?P<message>[^\n]{3,500}?)"
    r"(?: \((?P<code>[a-z]+(?:\.[a-z]+)+)\))?(?: \((?P<id>[0-9a-f]{4,8}(?:-[0-9a-f]{4,12})*)\))?\.?[ \t]*$",
    re.MULTILINE,
)
# A login server reports an error to the redirect URI (RFC 6749, section 4.1.2.1).
_LOGIN_ERROR = compile_on_use(r"[?#&]error=(?P<error>[a-z_]{3,60})(?P<rest>(?:&[^\s\"'<>]*)?)")
_STATUS_ALONE = compile_on_use(
    rf"^[^\S\n]*({'|'.join(str(each.value) for each in HTTPStatus)})[^\S\n]*$", re.MULTILINE
)
_FAILED_URL = compile_on_use(
    r"\b(?:(?:for|with) url:? |failed for (?=http)|url[=:] ?)(?:URL\()?[\"'(<]?(?P<url>(?:https?:/)?/[^\s\"'<>]+)"
    r"|\bcurl: \(\d+\) [^\n]*?\b(?:host:|to) (?P<host>[\w-]+(?:\.[\w-]+)+)"
)
_POOL = compile_on_use(r"HTTPS?ConnectionPool\(host='([^']+)'")
_URL = compile_on_use(
    r"https?://[\w.{}<>$-]+/(?:\$?\{\{?[\w.$ -]{1,60}\}{1,2}|[^\s\"'<>`|,;)\]}])+"
)
_DOCUMENTATION = compile_on_use(
    r"(?i)//(?:developers?|docs?|help|community)\.(?![^/\s]*api|\S*/api/v)"
    r"|^(?!\S*/api/v)\S*\w/docs?/|/(?:openapi|swagger)\.\w"
)
"""A URL that is read, not called."""
_ABOUT_HTTP = compile_on_use(r"https?\b|\bstatus|response", re.IGNORECASE)
# A line that says what happens in a case, and one that says what happened.
_HANDLING = compile_on_use(
    r"\b(?:if|when|unless|case|default|throws?|raise|assert\w*|expect\w*|mock\w*|responses"
    r"|retr(?:y|ies) on|refresh on|back ?off|handles?|treats?)\b"
    r"|\.(?:status|reply)\([45]|(?:[=!]==?|\w\s*[<>]=?)\s*[45][0-9]{2}\b|\b[45][0-9]{2}\b.{0,99}\bHTTP [45][0-9]{2}\b",
    re.IGNORECASE,
)
_EXPERIENCE = compile_on_use(
    r"(?<!\.)\b(?:I|we|get|gets|got|getting)\b(?!\()"
    r"|^(?!\W*(?:if|elif|else|when|case|unless)\b).*\)[;,]?\s*(?:#|//)",  # a comment behind a call
    re.IGNORECASE,
)
_KNOWN_STATUSES = {status.value for status in HTTPStatus}
_HEADERS = compile_on_use(r"\bheaders['\"]?\s*(?::|=>)")
_MAX_TEXT = 1 << 18
_CODE = compile_on_use(r"[a-z]+(?:[._][a-z]+)+")
_MAX_CODE = 200


def read_response(text: str) -> HttpResponse | None:
    """Return the response that a text shows; None if it shows none."""
    text = without_responses_to_connect(text[:_MAX_TEXT])
    response = _read_response(text) if text.strip() else None
    if response is None or response.headers or not _HEADERS.search(text):
        return response
    objects = (read_object(each, "") for each in dumped_objects(text))
    dumped = (each.response for each in objects if each and each.response)
    same = (each.headers for each in dumped if each.status == response.status)
    return response._replace(headers=next(filter(None, same), response.headers))


def _read_response(text: str) -> HttpResponse | None:
    if written := _read_written_error(text):
        return written
    response = read_status_response(text)
    if response is None and (alone := _status_alone(text)):
        below = f"\n{text}".partition(f"\n{alone.string}\n")[2].strip()
        page = below if below[:1] == "<" and "<html" in below[:200].lower() else None
        response = build_response(int(alone[1]), body=page)
    body = find_error_body(text)
    if response is not None and response.body and response.json() is None and body is None:
        body = dumped_error(text)  # in the form of Python
        response = response._replace(body=b"") if body else response
    if response is not None and response.body:
        # The first JSON after a status may be the request: an error body elsewhere is the response.
        is_other = is_error_body(body) and not is_error_body(response.json())
        if not (is_other and response.status >= HTTPStatus.BAD_REQUEST):
            return response
    body = dumped_error(text) or dumped_object(text) if body is None else body
    body = quoted_refusal(text, response, is_code=True) if body is None else body
    if body is None:
        return response
    if response is not None:
        return with_body(response, body)
    found_object = read_object(body, "response")
    if found_object is not None and found_object.response is not None:
        return found_object.response
    return build_response(body=body)


def _status_alone(text: str) -> re.Match[str] | None:
    """Return the first status alone on its line, but not below a label such as `Expected:`; None if there is none."""
    lines = with_line_above(text.split("\n"))
    alone = ((_STATUS_ALONE.match(line), above) for line, above in lines)
    return next((each for each, above in alone if each and is_status_received(each, above)), None)


def _read_written_error(text: str) -> HttpResponse | None:
    """Return the response in the error of an SDK, or in a URL of a login server; None if there is none."""
    if found := _API_EXCEPTION.search(text):
        body = find_error_body(found["body"] or "") or (found["body"] or "").strip() or None
        headers = _headers(found["headers"] or "")
        return build_response(int(found["status"]), headers, body, found["reason"])
    if (found := _SDK_ERROR.search(text)) and (found["code"] or found["id"]):
        members = {"message": found["message"], "code": found["code"]}
        headers = _without_empty({"ININ-Correlation-Id": found["id"]})
        return build_response(int(found["status"]), headers, _without_empty(members))
    if found := _LOGIN_ERROR.search(text):
        members = {"error": found["error"], **dict(parse_qsl(found["rest"]))}
        kept = {name: members.get(name) for name in ("error", "error_description")}
        return build_response(body=_without_empty(kept))
    return None


def _without_empty(members: dict[str, str | None]) -> dict[str, str]:
    return {name: value for name, value in members.items() if value}


def read_noted_status(text: str) -> HttpResponse | None:
    """Return the error status in a comment of code, or below the code, with a code of a platform behind it, or None."""
    matches = filter(None, map(NOTED_STATUS.search, text.split("\n")))
    told = (each for each in matches if not handles_status(each.string))
    found = [each for each in told if is_status_received(each)]
    status = int(found[-1][1]) if found else 0
    if status not in _KNOWN_STATUSES:
        return None
    return build_response(status, body=_code_after(found[-1]) or None)


def handles_status(line: str) -> bool:
    """Return whether a line of code says what happens in a case: `throw`, `if`, `mock`, `404 if ...`, not what happened."""
    return _HANDLING.search(line) is not None and not _EXPERIENCE.search(line)


def _code_after(status: re.Match[str]) -> str:
    """Return the code or the known text of a platform that follows a status on its line; empty for other words."""
    words = status.string[status.end() :].strip(" \t.,:;()[]\"'`>-")[:_MAX_CODE]
    return words if _CODE.fullmatch(words) or find_platform_codes(words) else ""


def read_response_alone(text: str) -> ObservedRequest | None:
    """Return a request of which a text shows only the response; None if it shows no response."""
    response = read_response(text)
    body = response.json() if response else None
    is_certain = response is not None and response.status and is_error_body(body)
    if not is_certain and (found := read_object(dumped_object(text), "response")):
        return found
    if response is None or not (response.status or is_error_body(body) or is_resource(body)):
        return None
    is_vague = response.status < HTTPStatus.MULTIPLE_CHOICES and not response.body
    if is_vague and not _ABOUT_HTTP.search(text):
        return None  # `200 people` is not a response
    return build_observed_request(
        "HTTP response", SourceKind.RESPONSE, response=response, null_means_unknown=True
    )


def find_urls(text: str) -> list[str]:
    """Return the URLs of a text but those of documentation, each once."""
    found = dict.fromkeys(_URL.findall(text))
    return [each for each in found if not _DOCUMENTATION.search(each)]


def read_failed_url(text: str) -> ObservedRequest | None:
    """Return the request whose URL or host a client's error names; None if there is none."""
    found, failure = _FAILED_URL.search(text), find_failure(text)
    in_pool = pool[1] if (pool := _POOL.search(text)) else None
    if found is None:
        alone = next(iter(find_urls(text)), None) if failure else None
        named = None if alone else find_unresolved_host(failure) or (in_pool if failure else None)
        return _failed_request(failure, url=alone, host=named) if alone or named else None
    url, host = (found["url"] or "").rstrip(".,;:)"), found["host"] or in_pool
    return _failed_request(
        failure,
        url=url if "://" in url else None,
        host=host if "://" not in url else None,
        path=url if "://" not in url else None,
        response=read_response(text[text.rfind("\n", 0, found.start()) + 1 : found.start()]),
    )


def read_failure(text: str) -> ObservedRequest | None:
    """Return a request of which a text shows nothing but a client's report; None if there is none."""
    failure = find_failure(text)
    return _failed_request(failure) if is_report(failure) else None


def _failed_request(failure: str, **parts: Any) -> ObservedRequest:
    return build_observed_request("client error", failure=failure, **parts, headers_are_shown=False)


def read_client_error(text: str) -> ObservedRequest | None:
    """Return the request in an error that a client prints with its options and the response; None if there is none."""
    if not re.search(
        r"\b(?:config|options|request)['\"]?\s*(?::|=>)\s*\{|^HttpErrorResponse \{", text
    ):
        return None
    found = read_object(dumped_object(text), "client error")
    return found if found is not None and found.path and found.response else None


def _headers(text: str) -> dict[str, str]:
    """Return headers that Python prints as `HTTPHeaderDict({...})` or `{...}`."""
    start, end = text.find("{"), text.rfind("}")
    try:
        value = literal_eval(text[start : end + 1]) if 0 <= start < end else {}
    except (ValueError, SyntaxError, RecursionError, MemoryError):
        return {}
    pairs = value.items() if isinstance(value, dict) else ()
    return {str(name): str(content) for name, content in pairs}
