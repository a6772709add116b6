"""One message of a text, a request or a response, while its lines are read."""

from __future__ import annotations

import re
from typing import Any

from cxcall.documents.json_text import find_json
from cxcall.explaining.operations.intended_operation import is_request_body
from cxcall.explaining.readers.json_values.json_search import (
    argument_of,
    find_body,
    is_json_complete,
    is_json_line,
    is_json_start,
    json_values,
    without_prose,
)
from cxcall.explaining.readers.json_values.request_objects import is_error_body
from cxcall.explaining.readers.messages.client_failures import without_failure
from cxcall.explaining.readers.messages.message_lines import (
    HEADER,
    HEADING,
    SENT_BODY,
    is_header_line,
    read_header_object,
    server_words,
    without_quotes,
)
from cxcall.explaining.readers.messages.status_patterns import STATUS_ALONE
from cxcall.explaining.readers.named_bodies import received_below
from cxcall.explaining.readers.paste_cleanup import SIGN_OFF
from cxcall.explaining.readers.request_builder import join_chunks
from cxcall.runtime.patterns import compile_on_use
from cxcall.transport.http_messages import Headers

_HOST = compile_on_use(r"^[a-z]+://[^/\s]+")
_MEMBER = compile_on_use(r"\s*(?:$|- |[\"'\w-]+ *:(?: |$))")  # of YAML
_CUT_BODY = compile_on_use(r"[{\[]\s*[\"{\[]")
_BODY_START = compile_on_use(r"[{<]|\[\s*[\"{\[]")
_PAGE = compile_on_use(r"\s*<(?:!doctype html|html)\b", re.IGNORECASE)


class Message:
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
        """The headers, without the quotation marks of a program."""
        return self._headers if self.is_raw else without_quotes(self._headers)

    @property
    def body(self) -> str | None:
        """The body as it was sent, or the JSON in what the text shows below the headers; None if there is none."""
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
        start, end, value = received_below(
            self.text,
            is_refused=self.status > 0,
            path=_HOST.sub("", self.match["target"]).partition("?")[0],
        )
        self._body = [self.text[:start] + self.text[end:]]
        return value

    @property
    def is_answer(self) -> bool:
        """Return whether it is a response with a body of its own, which is not one that an operation takes."""
        is_told = not self.is_request and self.may_have_body and bool(self.body)
        return is_told and not is_request_body(find_json(self.body or "", None))

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
        """Add a line of the text: a header, or a part of the body."""
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
