"""Read HTTP messages in text: raw, in `.http` files, as `curl -v` shows them, in log lines, and in prose."""

from __future__ import annotations

import re
from collections.abc import Iterator

from cxcall.documents.text_files import split_lines
from cxcall.explaining.observed_request import ObservedRequest, SourceKind
from cxcall.explaining.readers.json_values.json_search import (
    is_json_line,
    without_json,
)
from cxcall.explaining.readers.json_values.request_objects import (
    find_error_body,
    is_error_body,
    status_of,
)
from cxcall.explaining.readers.messages.client_failures import find_failure
from cxcall.explaining.readers.messages.message import Message
from cxcall.explaining.readers.messages.message_lines import (
    REQUEST,
    find_form,
    own_phrase,
    reason_of,
    request_in_line,
    rest_of_line,
    start_of_status,
)
from cxcall.explaining.readers.messages.sentences import OTHER_REQUEST, without_others
from cxcall.explaining.readers.messages.status_patterns import (
    STATUS_ALONE,
    STATUS_LINE,
    STATUSES_BEFORE_TARGET,
    STATUSES_BEHIND_TARGET,
    STATUSES_IN_LINE,
    is_record,
    is_status_received,
    status_in_line,
    with_line_above,
)
from cxcall.explaining.readers.object_labels import is_labeled_status
from cxcall.explaining.readers.request_builder import (
    build_observed_request,
    build_response,
    with_body,
)
from cxcall.explaining.readers.unresolved_variables import fill_braces
from cxcall.runtime.patterns import compile_on_use
from cxcall.transport.http_messages import Headers, HttpResponse

_CURL_PREFIX = compile_on_use(
    r"^(?:\d{2}:\d{2}:\d{2}[.\d]* )?(?:([>*]|<(?![!-]|/?[A-Za-z][\w-]*[ >])) ?|\| (?=[{\[])|([{}]) \[\d+ bytes)"
)
_HOST = compile_on_use(r"https?://([\w.-]+(?::\d+)?)")
_ASSIGNMENT = compile_on_use(r"^@([\w.-]+)\s*=\s*(.*?)\s*$", re.MULTILINE)
_MAX_LINE = 1 << 16


def read_messages(text: str) -> Iterator[ObservedRequest]:
    """Yield each request with the response that follows it; a response without a request also makes one."""
    text = fill_braces(text, dict(_ASSIGNMENT.findall(text)) if "{{" in text else {})
    request: Message | None = None
    messages = list(_messages(text))
    kinds = [each.is_request for each in messages]
    if kinds == [False, True]:
        messages.reverse()  # a report that starts with the response
    if kinds == [False, True, False] and not messages[0].is_raw:
        first, _, last = (each.match.groupdict().get("status") for each in messages)
        messages = messages[first == last :]  # prose names the status of the response below
    for message in messages:
        if not message.is_request:
            yield _build_request(request, message)
        elif request is not None:
            yield _build_request(request, None)
        request = message if message.is_request else None
    if request is not None:
        yield _build_request(request, None)


def read_requests(text: str) -> Iterator[ObservedRequest]:
    """Yield the messages of a text that has a line with a method and a URL or path."""
    if REQUEST.search(text):
        yield from read_messages(text)


def read_status_response(text: str) -> HttpResponse | None:
    """Return the first final response in a text; None if there is none."""
    return _build_response(next((each for each in _messages(text) if each.number), None))


def _messages(text: str) -> Iterator[Message]:
    """Yield the messages in a text, but no told success if the text of its request tells an error or a client's failure."""
    parts: list[list[Message]] = [[]]
    for each in _split_messages(text):
        if each.number[:1] == "1":
            continue  # an interim response such as 100 Continue, which precedes another one
        if each.is_request and any(other.is_request for other in parts[-1]):
            parts.append([])
        parts[-1].append(each)
    for part in parts:
        shown = [each for each in part if not (each.is_raw or is_record(each.match))]
        told = [each for each in shown if each.number[:1] == "2" and not each.is_answer]
        lines = (
            [text] if len(parts) == 1 else [f"{each.match.string}\n{each.text}" for each in part]
        )
        if told and not _is_refused(part):
            failure = find_failure(without_others(without_json("\n".join(lines))))
            told = [each for each in told if failure and not is_labeled_status(each.match)]
        yield from (each for each in part if each not in told)


def _is_refused(part: list[Message]) -> bool:
    """Return whether the text of a request tells an error that is not that of another request."""
    for before, each in zip([None, *part], part, strict=False):
        above = before.text.rpartition("\n")[2] if before else ""
        is_error = each.number >= "400" and not OTHER_REQUEST.search(
            f"{above}\n{each.match.string}"
        )
        # A status in JSON may be that of a leg of the call.
        if is_error and start_of_status(each.match.string, each.match) == each.match.start():
            return True
    return False


def _split_messages(text: str) -> Iterator[Message]:
    """Yield the messages in a text."""
    message: Message | None = None
    host = ""
    for whole_line, above in with_line_above(split_lines(text)):
        line = whole_line[:_MAX_LINE]
        prefix = _CURL_PREFIX.match(line)
        if prefix and (prefix[1] == "*" or prefix[2]):
            host = (_HOST.search(line) or [host, host])[1]
            continue  # progress that curl reports
        content = line[prefix.end() :] if prefix else line
        if content.startswith("###"):
            if message is not None:
                yield message
            message = None
            continue
        is_in_body = message is not None and message.is_raw and not message.is_request
        is_read = not is_in_body or STATUS_LINE.match(content) or REQUEST.match(content)
        found = _first_line(content, message, above) if is_read else None
        if found is None or (message is not None and _is_repeated(message, found)):
            if message is not None:
                message.add_line(content + whole_line[_MAX_LINE:])
                message.match = found.match if found and own_phrase(found.match) else message.match
            continue
        if message is not None:
            yield message
        found.host = found.host or (_HOST.match(content) or ["", ""])[1]
        message = found
        if (second := _status_after(content, message)) is not None:
            yield message
            message = second
    if message is not None:
        yield message


def _is_repeated(message: Message, status: Message) -> bool:
    """Return whether a status is that of the response before it, whose body is missing or sent."""
    if message.is_request or message.is_raw or status.is_raw or message.number != status.number:
        return False
    body = message.body if message.may_have_body else None
    return not body or (status.number >= "400" and find_error_body(body) is None)


def _first_line(line: str, message: Message | None, above: str) -> Message | None:
    """Return the message that starts in a line below a part of another one; None if none does."""
    status = STATUS_LINE.match(line)
    # One of an error is never a wish: `Should work:` above it is about the request.
    if status and (status["status"] >= "400" or is_status_received(status, above)):
        return Message("status", status, is_raw=True)
    if message is not None and is_json_line(line):
        return None
    if request := request_in_line(line):
        is_whole = request.start("method") == 0 and request.end() >= len(line.rstrip())
        host = (_HOST.search(line[: request.start()]) or ["", ""])[1]
        is_raw = bool(request["version"]) and is_whole
        return Message("request", request, is_raw=is_raw, host=host)
    alone = STATUS_ALONE if message is not None and message.is_above_status(line) else STATUS_LINE
    status = status_in_line(line, *STATUSES_IN_LINE, alone, above=above)
    return Message("status", status, is_raw=False) if status else None


def _status_after(line: str, message: Message) -> Message | None:
    """Return the response that a line names after its request: `GET /path 403`."""
    if not message.is_request:
        if not message.is_raw and (rest := rest_of_line(line, message.match)):
            message.add_line(rest)
        return None
    rest = line[message.match.end() :]
    status = status_in_line(without_json(rest, is_error_body), *STATUSES_BEHIND_TARGET)
    if status is None:
        before = line[: message.match.start()]
        found = status_in_line(before, *STATUSES_BEFORE_TARGET)
        message.status = int(found["status"]) if found and found["status"] >= "400" else 0
        if rest.strip(" \"'`"):
            message.add_line(rest)
        return None
    if between := rest[: start_of_status(rest, status)].strip():
        message.add_line(between)
    response = Message("status", status, is_raw=False)
    if after := rest_of_line(rest, status):
        response.add_line(after)
    return response


def _build_request(request: Message | None, response: Message | None) -> ObservedRequest:
    if request is None:
        alone = _build_response(response)
        return build_observed_request("HTTP response", SourceKind.RESPONSE, response=alone)
    received = None if request.is_raw else request.take_response_body()
    body = find_form(request.text, request.headers) or request.body
    if body is None and response is not None and not response.is_raw:
        body = response.take_request_body()
    if body is None and response is not None and response.is_raw and request.headers:
        body = request.text or None  # between two parts that are shown as they were sent
    answer = _build_response(response) or build_response(request.status or None)
    if is_error_body(received) or (received and not (answer and answer.body)):
        answer = with_body(answer, received, status_of(received))
    target = request.match["target"].rstrip(".,;:)]\"'")
    host = Headers(request.headers.items()).get("Host", request.host)
    is_url = "://" in target or target[:1] not in ("/", "{", "\ufdd0")
    if not is_url and target[:1] != "/":
        target = target[target.find("/") :] if "/" in target else f"/{target}"
    # In prose, `Host:` alone does not show that the other headers are missing.
    is_shown = request.is_raw or any(name.lower() != "host" for name in request.headers)
    return build_observed_request(
        "HTTP message",
        SourceKind.MESSAGE,
        method=request.match["method"],
        url=target if is_url else None,
        host=None if is_url else host,
        path=None if is_url else target,
        headers=request.headers if is_shown else None,
        headers_are_shown=is_shown,
        body=body,
        response=answer,
    )


def _build_response(message: Message | None) -> HttpResponse | None:
    if message is None:
        return None
    body = message.body
    body = find_error_body(message.text) if body is None and not message.is_raw else body
    reason = reason_of(message.match, message.text)
    return build_response(int(message.match["status"]), message.headers, body, reason)
