"""Read requests from labels with values: lines such as `Method: POST`, tables, key=value records, CSV, and tags.

A label says by its words what its value is: `http.request.method`, `Request Method`, and `req_method` are the method.
"""

from __future__ import annotations

import csv
import json
import re
from io import StringIO
from typing import TYPE_CHECKING, Any

from cxcall.explaining.readers.json_search import find_json_end, is_printed_map, json_values
from cxcall.explaining.readers.objects import find_error_body, is_error_body
from cxcall.explaining.readers.request_builder import build_observed_request, build_response
from cxcall.explaining.readers.responses import object_text, read_response
from cxcall.explaining.readers.unresolved_variables import mark_unresolved

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from cxcall.explaining.observed_request import ObservedRequest

_METHOD = "GET|POST|PUT|PATCH|DELETE|HEAD|OPTIONS"
_SIDES = {
    "request": "request", "req": "request", "sent": "request", "input": "request",
    "response": "response", "resp": "response", "res": "response", "output": "response",
}  # fmt: skip
_PARTS = {
    "method": "method", "verb": "method", "httpverb": "method", "httpmethod": "method",
    "url": "url", "uri": "url", "endpoint": "url", "address": "url", "fullurl": "url", "urlfull": "url",
    "path": "path", "route": "path", "resource": "path", "requestpath": "path", "urlpath": "path",
    "host": "host", "hostname": "host",
    "headers": "headers", "header": "headers",
    "body": "body", "payload": "body", "content": "body", "data": "body", "json": "body", "requestcontent": "body",
    "bodycontent": "body", "bodytext": "body",
    "status": "status", "statuscode": "status", "httpstatus": "status", "code": "status",
}  # fmt: skip
_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")
_LINE = re.compile(
    r"^[ \t>*+#-]*(?:\*\*|`)?(?P<label>[A-Za-z][\w .-]{0,38}?)(?:\*\*|`)?(?:\*\*)?[ \t]*(?::|\t)[ \t]*(?P<value>.*)$"
)
_SECTION = re.compile(
    r"^[ \t>*#]*(?P<label>(?:request|response) (?:headers|body|payload))[ \t*]*$", re.IGNORECASE
)
_ROW = re.compile(r"^\s*\|{1,2}\s*(?P<label>[^|]{1,40}?)\s*\|{1,2}\s*(?P<value>.*?)\s*\|{0,2}\s*$")
_STEP = re.compile(
    r"^\s*(?:Given|When|Then|And|But|\*)\s+(?P<label>url|path|request|method)\s+(?P<value>.+)$"
)
_TAG = re.compile(
    r"<(?:\w+:)?(?P<label>\w+)[^<>]*>\s*(?:<!\[CDATA\[(?P<text>(?:(?!\]\]>|<!\[CDATA\[).)*)\]\]>|(?P<value>[^<]*))</",
    re.DOTALL,
)
_ATTRIBUTE = re.compile(r"\b(method|url|path|host)=\"([^\"<>]*)\"")
_PAIR = re.compile(
    r"(?:^|(?<=[\s,;|\[(]))(?P<label>[A-Za-z][\w.]{0,38})=(?P<value>\"(?:[^\"\\]|\\.)*\"|[^\s,;|\])]*)"
)
_REQUEST_LINE = re.compile(rf"^(?P<method>{_METHOD}) (?P<url>https?://\S+)$")
_STATUS_LINE = re.compile(r"^(?P<status>[1-5][0-9]{2})(?: [A-Z][A-Za-z' ]+)?$")
_STATUS_START = re.compile(r"^([1-5][0-9]{2})(?=\s|\{|$)")
_STATUS = re.compile(r"^\D{0,12}?([1-5][0-9]{2})\b")
_TYPED = re.compile(r"^(?:Str|Int|Bool|Double)\((.*)\)$")
_MARKUP = re.compile(r"\{(?:code|noformat)(?::\w+)?\}")
_HEADER_NAME = re.compile(r"[A-Za-z]+(?:-[A-Za-z]+)+")
_HEADER = re.compile(r"^([A-Za-z][\w-]*): ?(.*)$")
# A member of an object in code: `url: 'https://...',`.
_MEMBER = re.compile(
    r"^\s*['\"]?(?:url|uri|method|type)['\"]?\s*:\s*['\"`].*[,;]\s*$", re.IGNORECASE
)
_FEWEST = 2
_MAX_TEXT = 1 << 17


class _Labeled:
    """What labels say of one request and its response."""

    def __init__(self) -> None:
        self.parts: dict[str, str] = {}
        self.headers: dict[str, str] = {}
        self.response_headers: dict[str, str] = {}
        self.body, self.response_body = "", ""
        self.rest: list[str] = []

    @property
    def has_target(self) -> bool:
        """Tell whether a URL or path is named, and a method or a status with it."""
        target = self.parts.get("url", self.parts.get("path", ""))
        return "/" in target and bool({"method", "status"} & self.parts.keys())

    def _side_and_part(self, label: str) -> tuple[str, str]:
        """Return what a label is about; behind the status of the answer it is about the answer."""
        side, part = _part_of(label)
        is_below = "status" in self.parts and bool(self.body or self.headers)
        return side or ("response" if is_below else ""), part

    def take(self, label: str, value: str) -> bool:
        """Take over a value if its label says what it is; tell whether it does."""
        side, part = self._side_and_part(label)
        value = _plain(value)
        if (verb := label.partition(" ")[0]) in _METHOD.split("|"):
            self.parts.setdefault("method", verb)  # `POST payload: {...}`
        if part == "body" and side != "request" and (status := _STATUS_START.match(value)):
            self.parts.setdefault("status", status[1])
            return self._take_body("response", value) or True
        if part == "body":
            return self._take_body(side, value)
        if part == "method":
            value = value.upper()
        elif part == "status":
            value = (_STATUS.match(value) or ["", ""])[1]
        elif part == "headers" or (part and not value):
            return False
        is_wrong = (part == "method" and not re.fullmatch(_METHOD, value)) or (
            part in ("url", "path") and "/" not in value
        )
        if not part or is_wrong or not value:
            return self._take_header(side, label, value)
        base = self.parts.get("url", "").rstrip("/")
        if part in ("url", "path") and "://" not in value and base.count("/") == len("//"):
            self.parts["url"] = f"{base}/{value.lstrip('/')}"
        else:
            self.parts.setdefault(part, value)
        return True

    def take_under(self, label: str, line: str, text: str) -> bool:
        """Take over a line under a label: a header, or the end of a body, of which `text` is all; tell whether it did."""
        side, part = self._side_and_part(label)
        if part == "headers" and text[:1] == "{":
            return self._take_header_object(side, text)
        if part == "headers" and (header := _HEADER.match(line.strip())):
            return self._take_header(side or "request", header[1], header[2], is_any=True)
        return part != "headers" and self.take(label, text)

    def _take_header_object(self, side: str, text: str) -> bool:
        written = object_text(text)
        try:
            members = json.loads(written) if written else {}
        except ValueError:
            members = {}
        for name, value in members.items():
            self._take_header(side, name, str(value), is_any=True)
        return bool(written)

    def _take_body(self, side: str, value: str) -> bool:
        start = min((at for at in (value.find("{"), value.find("[")) if at >= 0), default=-1)
        text = object_text(value[start:]) if start >= 0 else ""
        if not text:
            return False
        if side != "response" and is_printed_map(value[start:]):
            self.body = self.body or mark_unresolved("{...}")  # nobody knows what was sent
            return True
        if side == "response" or (not side and find_error_body(text) is not None):
            self.response_body = self.response_body or text
        else:
            self.body = self.body or text
        return True

    def _take_header(self, side: str, label: str, value: str, *, is_any: bool = False) -> bool:
        is_header = (
            is_any
            or _HEADER_NAME.fullmatch(label) is not None
            or label.lower() in ("authorization", "accept", "host")
        )
        if is_header and value and " " not in label:
            headers = self.response_headers if side == "response" else self.headers
            headers.setdefault(label, value)
        return is_header

    def build(self) -> ObservedRequest:
        """Return the request; what has no label may be its body or its response."""
        rest = "\n".join(self.rest)
        left = read_response(rest)
        bodies = (
            rest[start:end] for start, end, value in json_values(rest) if not is_error_body(value)
        )
        self.body = self.body or next(bodies, "")
        status = int(self.parts.get("status") or (left.status if left else 0))
        body = self.response_body or (left.text if left else "") or None
        headers = self.response_headers or (dict(left.headers) if left else None)
        url = self.parts.get("url")
        return build_observed_request(
            "labels",
            method=self.parts.get("method"),
            url=url if url and "://" in url else None,
            path=self.parts.get("path") if not url or "://" in url else url,
            host=self.parts.get("host"),
            headers=self.headers or None,
            headers_are_shown=bool(self.headers),
            body=self.body or None,
            response=build_response(status or None, headers, body, left.reason if left else ""),
        )


def _part_of(label: str) -> tuple[str, str]:
    """Return (side, part) of a label; empty where its words name none."""
    words = [word.lower() for word in _WORD.findall(label)]
    side = ""
    while words and (words[0] in _SIDES or words[0] in ("http", "raw", "full")):
        side = _SIDES.get(words.pop(0), side)
    if words and words[-1] in ("body", "payload") and words[0].upper() in _METHOD.split("|"):
        words = words[-1:]
    name = "".join(words)
    if not name:
        return side, "body" if side else ""
    return side, _PARTS.get(name, "")


def _plain(value: str) -> str:
    """Return a value without the quotes and markup around it."""
    value = _MARKUP.sub("", value).strip()
    if found := _TYPED.match(value):
        value = found[1]
    for mark in ("**", "`", "'", '"', "<>"):
        if (
            len(value) > 1
            and value.startswith(mark[0])
            and value.endswith(mark[-1])
            and value[1:2] != "{"
        ):
            value = value.removeprefix(mark[:1]).removesuffix(mark[-1:])
    return value.strip()


def read_labels(text: str) -> Iterator[ObservedRequest]:
    """Yield the request of each record in a text; or else the one that its lines, rows, or tags describe."""
    if len(text) > _MAX_TEXT:
        return
    for records in (_tags(text), _key_values(text), _csv_rows(text)):
        found = [labeled for record in records if (labeled := _take_all(record)).has_target]
        if len(found) == 1:
            url = found[0].parts.get("url", found[0].parts.get("path", ""))
            found[0].rest = [line for line in text.split("\n") if url not in line]
        if found:
            yield from (each.build() for each in found)
            return
    if (lines := _read_lines(text)).has_target:
        yield lines.build()


def _depth(line: str) -> int:
    """Return how many more brackets a line opens than it closes."""
    return line.count("{") + line.count("[") - line.count("}") - line.count("]")


def _is_open(value: str) -> bool:
    """Tell whether a value is on the lines below its label, or goes on there."""
    return not value or (value[0] in "{[" and not find_json_end(value, 0))


def read_members(value: Any) -> ObservedRequest | None:
    """Return the request that the members of an object describe by their names: `http.request.method`."""
    labeled = _take_all(_named_leaves(value, ""))
    return labeled.build() if labeled.has_target and "method" in labeled.parts else None


def _named_leaves(value: Any, name: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for key, member in value.items():
            is_known = name or _part_of(str(key)) != ("", "") or key in ("http", "url")
            inner = f"{name}.{key}".lstrip(".") if is_known or not isinstance(member, dict) else ""
            yield from _named_leaves(member, inner)
    elif isinstance(value, str | int) and not isinstance(value, bool):
        yield name, str(value)


def _take_all(record: Iterable[tuple[str, str]]) -> _Labeled:
    labeled = _Labeled()
    for label, value in record:
        labeled.take(label, value)
    return labeled


def _key_values(text: str) -> Iterator[list[tuple[str, str]]]:
    """Yield the pairs of each line such as `method=POST url="https://..." status=400`."""
    for line in text.split("\n"):
        pairs = [(found["label"], _unescaped(found["value"])) for found in _PAIR.finditer(line)]
        if len(pairs) >= _FEWEST:
            yield pairs


def _unescaped(value: str) -> str:
    try:
        return str(json.loads(value)) if value[:1] == '"' else value
    except ValueError:
        return value


def _csv_rows(text: str) -> Iterator[Iterable[tuple[str, str]]]:
    """Yield the rows of a CSV file whose first line names a method and a URL."""
    head = text.partition("\n")[0]
    parts = {_part_of(name.strip(' "'))[1] for name in head.split(",")}
    if {"method", "url"} <= parts or {"method", "path"} <= parts:
        rows = csv.DictReader(StringIO(text))
        yield from (
            [(name, value) for name, value in row.items() if name and isinstance(value, str)]
            for row in rows
        )


def _tags(text: str) -> Iterator[list[tuple[str, str]]]:
    """Yield the tags of XML with text in them."""
    if text.lstrip()[:1] == "<":
        tags = [(found["label"], found["text"] or found["value"]) for found in _TAG.finditer(text)]
        yield [*_ATTRIBUTE.findall(text), *tags]


def _read_lines(text: str) -> _Labeled:
    """Return what the labels of lines say; nothing of code, whose members look like labels."""
    labeled = _Labeled()
    lines = text.split("\n")
    if any(map(_MEMBER.match, lines)):
        return labeled
    has_sections = any(map(_SECTION.match, lines))
    open_label, waiting, depth = "", "", 0
    for line in lines:
        found = _SECTION.match(line) or _LINE.match(line) or _ROW.match(line) or _STEP.match(line)
        part = _part_of(found["label"])[1] if found else ""
        if open_label and (depth > 0 or not part):
            waiting = f"{waiting}\n{line}".strip()
            depth += _depth(line)
            if depth <= 0 and labeled.take_under(open_label, line, waiting):
                open_label = open_label if _part_of(open_label)[1] == "headers" else ""
                waiting, depth = "", 0
            continue
        open_label, waiting, depth = "", "", 0
        if has_sections and (start := _REQUEST_LINE.match(line)):
            labeled.parts |= start.groupdict()
        elif status := _STATUS_LINE.match(line):
            labeled.parts.setdefault("status", status["status"])
        elif found and part and _is_open(value := found.groupdict().get("value", "").strip()):
            open_label, waiting, depth = found["label"], value, _depth(value)
        elif not (found and labeled.take(found["label"], found.groupdict().get("value", ""))):
            labeled.rest.append(line)
    return labeled
