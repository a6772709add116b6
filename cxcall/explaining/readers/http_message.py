"""Read HTTP messages as text: raw, as `curl -v` shows them, or from a log; a request, a response, or both."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from cxcall.explaining.readers.request_builder import build_observed_request, build_response

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cxcall.explaining.observed_request import ObservedRequest
    from cxcall.transport.messages import HttpResponse

_REQUEST_LINE = re.compile(r"^([A-Z]{3,7}) (\S+)(?: HTTP/[0-9.]+)?\s*$")
_STATUS_LINE = re.compile(r"^HTTP/[0-9.]+ ([0-9]{3})(?: (.*))?$")
_HEADER = re.compile(r"^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]?(.*)$")
_CURL_PREFIX = re.compile(r"^(?:\d{2}:\d{2}:\d{2}[.\d]* )?(?:([><*]) ?|([{}]) \[\d+ bytes)")


class _Message:
    """A message while it is read: its first line, its headers, its body."""

    def __init__(self, first_line: re.Match[str]) -> None:
        self.first_line = first_line
        self.headers: dict[str, str] = {}
        self._body: list[str] = []
        self._is_in_headers = True

    @property
    def is_request(self) -> bool:
        return self.first_line.re is _REQUEST_LINE

    @property
    def is_interim(self) -> bool:
        """Tell whether it is a response such as 100 Continue, which another one follows."""
        return not self.is_request and self.first_line[1].startswith("1")

    @property
    def body(self) -> str | None:
        return "\n".join(self._body).strip() or None

    def add_line(self, line: str) -> None:
        header = _HEADER.match(line) if self._is_in_headers else None
        if header:
            name, value = header.groups()
            self.headers[name] = f"{self.headers[name]}, {value}" if name in self.headers else value
        elif self._is_in_headers and not line.strip():
            self._is_in_headers = False
        elif line.strip() or self._body:
            self._is_in_headers = False
            self._body.append(line)


def read_messages(text: str) -> Iterator[ObservedRequest]:
    """Yield each request with the response that follows it; a response alone also makes one."""
    request: _Message | None = None
    for message in _messages(text):
        if not message.is_request:
            yield _build_request(request, message)
        elif request is not None:
            yield _build_request(request, None)
        request = message if message.is_request else None
    if request is not None:
        yield _build_request(request, None)


def read_response(text: str) -> HttpResponse | None:
    """Return the first final response in a text; None where there is none."""
    responses = (message for message in _messages(text) if not message.is_request)
    return _build_response(next(responses, None))


def _messages(text: str) -> Iterator[_Message]:
    """Yield the messages in a text, without interim responses."""
    message: _Message | None = None
    for line in text.splitlines():
        prefix = _CURL_PREFIX.match(line)
        if prefix and prefix[1] in ("*", None):
            continue  # progress that curl reports
        content = line[prefix.end() :] if prefix else line
        first_line = _STATUS_LINE.match(content) or _REQUEST_LINE.match(content)
        if first_line:
            if message is not None and not message.is_interim:
                yield message
            message = _Message(first_line)
        elif message is not None:
            message.add_line(content)
    if message is not None and not message.is_interim:
        yield message


def _build_request(request: _Message | None, response: _Message | None) -> ObservedRequest:
    if request is None:
        return build_observed_request("HTTP response", response=_build_response(response))
    target = request.first_line[2]
    host = next((value for name, value in request.headers.items() if name.lower() == "host"), None)
    is_url = "://" in target
    return build_observed_request(
        "HTTP message",
        method=request.first_line[1],
        url=target if is_url else None,
        host=None if is_url else host,
        path=None if is_url else target,
        headers=request.headers,
        body=request.body,
        response=_build_response(response),
    )


def _build_response(message: _Message | None) -> HttpResponse | None:
    if message is None:
        return None
    status, reason = message.first_line.groups()
    return build_response(int(status), message.headers, message.body, reason or "")
