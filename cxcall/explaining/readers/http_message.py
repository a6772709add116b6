"""HTTP messages as text: raw, as `curl -v` shows them, or out of a log; a request, an answer, or both."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from cxcall.explaining.readers.json_exchange import observed_request_of, response_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cxcall.explaining.observed_request import ObservedRequest
    from cxcall.transport.messages import HttpResponse

_REQUEST = re.compile(r"^([A-Z]{3,7}) (\S+)(?: HTTP/[0-9.]+)?\s*$")
_STATUS = re.compile(r"^HTTP/[0-9.]+ ([0-9]{3})(?: (.*))?$")
_HEADER = re.compile(r"^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]?(.*)$")
_MARK = re.compile(r"^(?:\d{2}:\d{2}:\d{2}[.\d]* )?(?:([><*]) ?|([{}]) \[\d+ bytes)")


class _Part:
    """A message while it is read: its first line, its headers, its body."""

    def __init__(self, first: re.Match[str]) -> None:
        self.first = first
        self.headers: dict[str, str] = {}
        self.body: list[str] = []
        self.is_head = True

    def take(self, line: str) -> None:
        """Take the next line: a header, the empty line, or one of the body."""
        header = _HEADER.match(line) if self.is_head else None
        if header:
            name, value = header.groups()
            self.headers[name] = f"{self.headers[name]}, {value}" if name in self.headers else value
        elif self.is_head and not line.strip():
            self.is_head = False
        elif line.strip() or self.body:
            self.is_head = False
            self.body.append(line)

    @property
    def text(self) -> str | None:
        """The body, None where there is none."""
        return "\n".join(self.body).strip() or None


def read_message(text: str) -> Iterator[ObservedRequest]:
    """Yield each request with the answer that follows it; an answer alone is an attempt, too."""
    request: _Part | None = None
    for part in _parts(text):
        if part.first.re is _REQUEST:
            if request is not None:
                yield _attempt(request, None)
            request = part
        elif part.first[1][0] != "1":  # 100 Continue is no answer yet
            yield _attempt(request, part)
            request = None
    if request is not None:
        yield _attempt(request, None)


def read_response(text: str) -> HttpResponse | None:
    """Return the first answer in a text, past the interim ones; None where there is none."""
    return next(
        (
            _response(part)
            for part in _parts(text)
            if part.first.re is _STATUS and part.first[1][0] != "1"
        ),
        None,
    )


def _parts(text: str) -> Iterator[_Part]:
    part: _Part | None = None
    for line in text.splitlines():
        mark = _MARK.match(line)
        if mark and mark[1] in ("*", None):
            continue  # what curl says of itself
        plain = line[mark.end() :] if mark else line
        first = _STATUS.match(plain) or _REQUEST.match(plain)
        if first:
            if part is not None:
                yield part
            part = _Part(first)
        elif part is not None:
            part.take(plain)
    if part is not None:
        yield part


def _attempt(request: _Part | None, answer: _Part | None) -> ObservedRequest:
    response = _response(answer) if answer is not None else None
    if request is None:
        return observed_request_of("HTTP answer", response=response)
    target = request.first[2]
    host = next((value for name, value in request.headers.items() if name.lower() == "host"), None)
    is_whole = "://" in target
    return observed_request_of(
        "HTTP message",
        method=request.first[1],
        url=target if is_whole else None,
        host=None if is_whole else host,
        path=None if is_whole else target,
        headers=request.headers,
        body=request.text,
        response=response,
    )


def _response(part: _Part) -> HttpResponse | None:
    return response_of(int(part.first[1]), part.headers, part.text, part.first[2] or "")
