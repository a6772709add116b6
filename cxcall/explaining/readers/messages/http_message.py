"""Read HTTP messages in text: raw, in `.http` files, as `curl -v` shows them, in log lines, and in prose."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from cxcall.documents.text_files import split_lines
from cxcall.explaining.observed_request import ObservedRequest, SourceKind
from cxcall.explaining.readers.json_values.json_search import (
    argument_of,
    find_body,
    is_json_complete,
    is_json_line,
    is_json_start,
    json_values,
    without_json,
    without_prose,
)
from cxcall.explaining.readers.json_values.request_objects import (
    find_error_body,
    is_error_body,
    status_of,
)
from cxcall.explaining.readers.messages.client_failures import find_failure, without_failure
from cxcall.explaining.readers.messages.message_lines import (
    HEADER,
    HEADING,
    REQUEST,
    SENT_BODY,
    find_form,
    is_header_line,
    own_phrase,
    read_header_object,
    reason_of,
    request_in_line,
    rest_of_line,
    server_words,
    start_of_status,
    without_quotes,
)
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
from cxcall.explaining.readers.named_bodies import received_below
from cxcall.explaining.readers.paste_cleanup import SIGN_OFF
from cxcall.explaining.readers.request_builder import (
    build_observed_request,
    build_response,
    join_chunks,
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
_MEMBER = compile_on_use(r"\s*(?:$|- |[\"'\w-]+ *:(?: |$))")  # of YAML
_CUT_BODY = compile_on_use(r"[{\[]\s*[\"{\[]")
_BODY_START = compile_on_use(r"[{<]|\[\s*[\"{\[]")
_PAGE = compile_on_use(r"\s*<(?:!doctype html|html)\b", re.IGNORECASE)
_MAX_LINE = 1 << 16


class _Message:
    """A request or a response while its lines are read."""

    def __init__(self, kind: str, match: re.Match[str], *, is_raw: bool, host: str = "") -> None:
        self.is_request = kind == "request"
        self.match, self.is_raw, self.host = match, is_raw, host
        self.number = "" if self.is_request else match["status"]
        self.status = 0  # before a request in its line, as in `404 Not Found from POST ...`
        self._headers: dict[str, str] = {}
        self._body: list[str] = []
        self.may_have_body, self._is_in_headers = False, True

    @property
    def headers(self) -> dict[str, str]:
        return self._headers if self.is_raw else without_quotes(self._headers)

    @property
    def body(self) -> str | None:
        text = without_failure(self.text) if self.is_request else self.text
        text = text if self.is_request or self.headers else SIGN_OFF.sub("", text)
        if self.is_raw or not text:
            whole = join_chunks(text, self.headers)
            length = Headers(self.headers.items()).get("Content-Length", "")
            is_sent = length.isdecimal() and int(length) >= len(whole.encode("utf-8", "replace"))
            if not is_sent:
                whole = (
                    without_prose(whole) if self.is_request else server_words(whole, self.headers)
                )
            return whole or ("" if self.is_request and length == "0" else None)
        if not self.is_request and _PAGE.match(text):
            return text  # of a proxy or a firewall
        content = find_body(text, is_request=self.is_request)
        is_yaml = self.headers and all(map(_MEMBER.match, text.splitlines()))
        is_sent = self.is_request and bool(is_yaml or _CUT_BODY.match(text))
        return text if content is None and is_sent else content

    def is_above_status(self, line: str) -> bool:
        """Return whether a line is a status alone, below a body that ends as it starts."""
        is_status = self.is_request and STATUS_ALONE.match(line) is not None
        return is_status and is_json_start(self.text) and is_json_complete(self.text)

    def take_request_body(self) -> str | None:
        """Remove and return the request body that precedes the error body of a response; None if there is none."""
        values = list(json_values(text := self.text))
        if len(values) < 2 or is_error_body(values[0][2]) or not is_error_body(values[1][2]):
            return None
        start, end, _ = values[0]
        self._body = [text[:start] + text[end:]]
        _, form = argument_of(text, start, end)
        return form % text[start:end] if form else None

    def take_response_body(self) -> Any:
        """Remove and return the object below a request that is its response; None if there is none."""
        start, end, value = received_below(self.text, is_refused=self.status > 0)
        self._body = [self.text[:start] + self.text[end:]]
        return value

    @property
    def text(self) -> str:
        """The text after the headers."""
        return "\n".join(self._body).strip()

    def _continues_header(self, line: str) -> bool:
        """Return whether a line continues the last header: it is folded, or it is the token after the scheme."""
        last = next(reversed(self.headers.values()), "-").strip().lower()
        is_next = (self.is_raw and line[:1] in (" ", "\t")) or last in ("bearer", "basic")
        return is_next and bool(self.headers and line.strip()) and not is_json_line(line)

    def add_line(self, line: str) -> None:
        if not self.is_request and not self.is_raw and SENT_BODY.search(line):
            return  # a line of the log with what was sent
        header = HEADER.match(line) if self._is_in_headers else None
        if self.is_raw and not self._body and HEADING.match(line):
            self._is_in_headers = not self._headers
        elif self._is_in_headers and not self.is_raw and (listed := read_header_object(line)):
            self._headers |= listed
        elif self._is_in_headers and not header and self._continues_header(line):
            self._headers[next(reversed(self._headers))] += f" {line.strip()}"
        elif header and (self.is_raw or is_header_line(header)):
            name, value = header.groups()
            others = self._headers.get(name)
            self._headers[name] = f"{others}, {value}" if others is not None else value
        elif self._is_in_headers and not line.strip() and (self.is_raw or self.headers):
            self._is_in_headers = False
        elif line.strip() or self._body:
            self._is_in_headers = (
                self._is_in_headers and not self.is_raw and not self.headers and "{" not in line
            )
            self._body.append(line)
            self.may_have_body |= _BODY_START.search(line) is not None


def read_messages(text: str) -> Iterator[ObservedRequest]:
    """Yield each request with the response that follows it; a response without a request also makes one."""
    text = fill_braces(text, dict(_ASSIGNMENT.findall(text)) if "{{" in text else {})
    request: _Message | None = None
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


def _messages(text: str) -> Iterator[_Message]:
    """Yield the messages in a text, but no told success if the text of its request tells an error or a client's failure."""
    parts: list[list[_Message]] = [[]]
    for each in _split_messages(text):
        if each.number[:1] == "1":
            continue  # an interim response such as 100 Continue, which precedes another one
        if each.is_request and any(other.is_request for other in parts[-1]):
            parts.append([])
        parts[-1].append(each)
    for part in parts:
        shown = [each for each in part if not (each.is_raw or is_record(each.match))]
        told = [each for each in shown if each.number[:1] == "2"]
        refused = (each.match for each in part if each.number >= "400")
        # A status in JSON may be that of a leg of the call.
        is_refused = any(start_of_status(each.string, each) == each.start() for each in refused)
        lines = (
            [text] if len(parts) == 1 else [f"{each.match.string}\n{each.text}" for each in part]
        )
        has_failed = is_refused or (told and find_failure(without_json("\n".join(lines))))
        yield from (each for each in part if not (has_failed and each in told))


def _split_messages(text: str) -> Iterator[_Message]:
    """Yield the messages in a text."""
    message: _Message | None = None
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


def _is_repeated(message: _Message, status: _Message) -> bool:
    """Return whether a status is that of the response before it, whose body is missing or sent."""
    if message.is_request or message.is_raw or status.is_raw or message.number != status.number:
        return False
    body = message.body if message.may_have_body else None
    return not body or (status.number >= "400" and find_error_body(body) is None)


def _first_line(line: str, message: _Message | None, above: str) -> _Message | None:
    """Return the message that starts in a line below a part of another one; None if none does."""
    status = STATUS_LINE.match(line)
    # One of an error is never a wish: `Should work:` above it is about the request.
    if status and (status["status"] >= "400" or is_status_received(status, above)):
        return _Message("status", status, is_raw=True)
    if message is not None and is_json_line(line):
        return None
    if request := request_in_line(line):
        is_whole = request.start("method") == 0 and request.end() >= len(line.rstrip())
        host = (_HOST.search(line[: request.start()]) or ["", ""])[1]
        is_raw = bool(request["version"]) and is_whole
        return _Message("request", request, is_raw=is_raw, host=host)
    alone = STATUS_ALONE if message is not None and message.is_above_status(line) else STATUS_LINE
    status = status_in_line(line, *STATUSES_IN_LINE, alone, above=above)
    return _Message("status", status, is_raw=False) if status else None


def _status_after(line: str, message: _Message) -> _Message | None:
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
    response = _Message("status", status, is_raw=False)
    if after := rest_of_line(rest, status):
        response.add_line(after)
    return response


def _build_request(request: _Message | None, response: _Message | None) -> ObservedRequest:
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


def _build_response(message: _Message | None) -> HttpResponse | None:
    if message is None:
        return None
    body = message.body
    body = find_error_body(message.text) if body is None and not message.is_raw else body
    reason = reason_of(message.match, message.text)
    return build_response(int(message.match["status"]), message.headers, body, reason)
