"""Build a request from labels with values.

The words of a label say what its value is: `http.request.method`, `Request Method`, and `req_method` are the method.
"""

from __future__ import annotations

import re

from cxcall.documents.json_text import find_json
from cxcall.explaining.observed_request import ObservedRequest
from cxcall.explaining.readers.json_values.json_search import is_printed_map, json_values
from cxcall.explaining.readers.json_values.request_objects import find_error_body, is_error_body
from cxcall.explaining.readers.messages.dumped_objects import object_text
from cxcall.explaining.readers.messages.responses_in_text import read_response
from cxcall.explaining.readers.object_labels import part_of
from cxcall.explaining.readers.request_builder import (
    METHODS,
    build_observed_request,
    build_response,
)
from cxcall.explaining.readers.unresolved_variables import UNKNOWN
from cxcall.runtime.patterns import compile_on_use

_SENT_BODY = (("", "body"), ("request", "body"))
URL_LINE = compile_on_use(r"^[ \t]*(https?://\S+)[ \t]*$")
STATUS_LINE = compile_on_use(r"^(?P<status>[1-5][0-9]{2})(?: [A-Z][A-Za-z' ]+)?$")
_STATUS_START = compile_on_use(r"^([1-5][0-9]{2})(?=\s|\{|$)")
_STATUS = compile_on_use(r"^\D{0,12}?([1-5][0-9]{2})\b")
_METHOD = rf"[(\[]?(?P<{{}}>{'|'.join(METHODS)})\b[)\]]?"
# `POST https://...`, `https://... (POST)`, `https://..., method POST`
_TARGET = compile_on_use(
    rf"(?is)(?:{_METHOD.format('before')}:?\s+(?:to:?\s+)?){{0,2}}(?P<target>\S*/\S*)"
    rf"(?:\s+(?:-\s+|method[ :]+)?{_METHOD.format('behind')})?(?P<rest>.*)"
)
_IN_PARENTHESES = compile_on_use(r"\s+\([^()]*\)")
_HEADER_NAME = compile_on_use(r"[A-Za-z]+(?:-[A-Za-z]+)+")
_HEADER = compile_on_use(r"^([A-Za-z][\w-]*)(?:: ?|[ \t]*[|\t][ \t]*|[ \t]+=[ \t]+)(.*)$")
_CONTENT_TYPE = compile_on_use(r"(?i)[ \t]*(content type)[ \t]*:[^/\n]*?([\w.+-]+/[\w.+-]+)")
_PAIRS = r"(?:grant_type=[^\s&]+|[\w.%-]+=[^\s&]*(?=&))(?:&[\w.%-]+=[^\s&]*)*"
_FORM = compile_on_use(_PAIRS)
_FORM_BEHIND = compile_on_use(
    rf"^[ \t>*-]{{0,8}}([A-Za-z][\w -]{{0,30}}):[ \t]*\n?[ \t]*({_PAIRS})[ \t]*$", re.MULTILINE
)


class LabeledRequest:
    """The parts of a request and its response, from labels."""

    def __init__(self) -> None:
        self.parts: dict[str, str] = {}
        self.headers: dict[str, str] = {}
        self.response_headers: dict[str, str] = {}
        self.body, self.response_body = "", ""
        self.has_header_list = self._has_unread_headers = False
        self._name = ""
        """The name of a header whose value is on the next line."""
        self.rest: list[str] = []

    @property
    def target(self) -> str:
        """The URL or the path; empty if none is named."""
        return self.parts.get("url") or self.parts.get("path", "")

    @property
    def has_target(self) -> bool:
        """Return whether a URL or path is named, and a method or a status with it."""
        return "/" in self.target and bool({"method", "status"} & self.parts.keys())

    def _side_and_part(self, label: str) -> tuple[str, str]:
        """Return the side and part that a label names; after the status of a response, it is the response."""
        side, part = part_of(label)
        is_below = "status" in self.parts and bool(self.body or self.headers)
        return side or ("response" if is_below else ""), part

    def take(self, label: str, value: str) -> bool:
        """Use a value if its label says what it is; return whether it does."""
        side, part = self._side_and_part(label)
        value = _plain(value)
        if (verb := label.partition(" ")[0]) in METHODS:
            self.parts.setdefault("method", verb)  # `POST payload: {...}`
        if not part:
            return self._take_header(side, label, value)
        if part == "body" and side != "request" and (status := _STATUS_START.match(value)):
            self.parts.setdefault("status", status[1])
            return self._take_body("response", value) or True
        if part == "body":
            return self._take_body(side, value)
        if part == "headers" or not value:
            return False
        part = "url" if part == "path" and "://" in value else part
        shown, value = value, self._value_of(part, value)
        if not value:
            return self._take_header(side, label, shown)
        base = self.parts.get("url", "").rstrip("/")
        if part in ("url", "path") and "://" not in value and base.count("/") == len("//"):
            self.parts["url"] = f"{base}/{value.lstrip('/')}"
        else:
            self.parts.setdefault(part, value)
        return True

    def _value_of(self, part: str, value: str) -> str:
        """Return the value of a part; empty if it is not one. Use the method beside a URL or path: `POST https://...`."""
        if part == "method":
            return value.upper() if value.upper() in METHODS else ""
        if part == "status":
            return (_STATUS.match(value) or ["", ""])[1]
        if part not in ("url", "path"):
            return value
        if (shown := _TARGET.match(value)) is None:
            return ""
        method, target = shown["before"] or shown["behind"], shown["target"].rstrip(",;")
        if method:
            self.parts.setdefault("method", method.upper())
            self.rest.append(shown["rest"])
        return target if method or _IN_PARENTHESES.fullmatch(shown["rest"]) else value.rstrip(",;")

    def take_under(self, label: str, line: str, text: str) -> bool:
        """Use a line under a label: a header, or a body that ends with it, then `text`; return whether it is one."""
        side, part = self._side_and_part(label)
        if part == "headers" and text[:1] == "{":
            return self._take_header_object(side, text)
        if part == "headers" and (header := _HEADER.match(line.strip())):
            if header[1].lower() in ("name", "key"):
                self._name = header[2]
                return True
            name = self._name if header[1].lower() == "value" else ""
            return self._take_header(side or "request", name or header[1], header[2], is_any=True)
        if part == "headers" and (typed := _CONTENT_TYPE.match(line)):
            return self._take_header(side or "request", typed[1], typed[2])
        if part == "headers":
            is_item = line.strip() != "" and line[0] in " \t-*"
            self._has_unread_headers = self._has_unread_headers or is_item
        return part != "headers" and self.take(label, text)

    def _take_header_object(self, side: str, text: str) -> bool:
        found = find_json(object_text(text), None)
        for name, value in found.items() if isinstance(found, dict) else ():
            self._take_header(side, name, str(value), is_any=True)
        return found is not None

    def _take_body(self, side: str, value: str) -> bool:
        start = min((at for at in (value.find("{"), value.find("[")) if at >= 0), default=-1)
        if side != "response" and _FORM.fullmatch(value):
            self.body = self.body or value
            return True
        text = object_text(value[start:]) if start >= 0 else ""
        if not text:
            return False
        if side != "response" and (
            value[start : start + 2] == "{{" or is_printed_map(value[start:])
        ):
            self.body = self.body or UNKNOWN  # the sent value is not known
            return True
        if side == "response" or (not side and find_error_body(text) is not None):
            self.response_body = self.response_body or text
        else:
            self.body = self.body or text
        return True

    def _take_header(self, side: str, label: str, value: str, *, is_any: bool = False) -> bool:
        if (typed := _CONTENT_TYPE.match(f"{label}: {value}")) is not None:
            label, value, is_any = "Content-Type", typed[2], True
        self.has_header_list = self.has_header_list or (is_any and side != "response")
        is_known = label.lower() in ("authorization", "accept", "host")
        is_header = is_any or is_known or _HEADER_NAME.fullmatch(label) is not None
        if is_header and value and " " not in label:
            headers = self.response_headers if side == "response" else self.headers
            headers.setdefault(label, value)
        return is_header

    def build(self) -> ObservedRequest:
        """Return the request; text without a label may be its body or its response."""
        rest = "\n".join(self.rest)
        left = read_response(rest)
        found = [each for each in json_values(rest) if each[2] and not is_error_body(each[2])]
        bodies = [rest[start:end] for start, end, _ in found]
        self.body = self.body or (bodies[0] if len(bodies) == 1 else "")
        status = int(self.parts.get("status") or (left.status if left else 0))
        body = self.response_body or (left.text if left else "") or None
        headers = self.response_headers or (left.headers if left else None)
        is_typed = any(name.lower() == "content-type" for name in self.headers)
        # A label with a hyphen may be an ID of the report, so it alone does not show that other headers are missing.
        is_list = self.has_header_list and not self._has_unread_headers
        headers_sent = self.headers if is_list or is_typed else None
        url = self.parts.get("url")
        return build_observed_request(
            "labels",
            method=self.parts.get("method"),
            url=url if url and "://" in url else None,
            path=self.parts.get("path") if not url or "://" in url else url,
            host=self.parts.get("host"),
            headers=headers_sent,
            headers_are_shown=bool(headers_sent),
            body=self.body or None,
            response=build_response(status or None, headers, body, left.reason if left else ""),
        )


def labeled_form(text: str) -> str:
    """Return the form behind the label of a body: `Payload: grant_type=...`; empty if there is none."""
    labels = (each for each in _FORM_BEHIND.finditer(text))
    return next((each[2] for each in labels if part_of(each[1]) in _SENT_BODY), "")


def _plain(value: str) -> str:
    value = value.strip().removeprefix("* ")
    for mark in ("**", "`", "'", '"', "<>"):
        is_marked = value.startswith(mark[0]) and value.endswith(mark[-1])
        if is_marked and len(value) > 1 and value[1] != "{":
            value = value.removeprefix(mark[:1]).removesuffix(mark[-1:])
    return value.strip()
