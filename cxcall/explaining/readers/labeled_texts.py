"""Read texts in which labels have values: lines such as `Method: POST`, tables, key=value records, CSV, and tags."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator
from io import StringIO
from typing import Any

from cxcall.documents.json_text import find_json
from cxcall.explaining.observed_request import ObservedRequest
from cxcall.explaining.readers.json_values.json_search import find_json_end
from cxcall.explaining.readers.labeled_request import STATUS_LINE, URL_LINE, LabeledRequest, part_of
from cxcall.explaining.readers.request_builder import METHODS

_METHOD = "|".join(METHODS)
_LINE = re.compile(
    r"^[ \t>*+#-]*(?:\*\*|`)?(?P<label>[^\W\d_][\w .-]{0,38}?)(?:\*\*|`)?(?:\*\*)?[ \t]*"
    r"(?::|\t)[ \t]*(?P<value>.*)$"
)
_SECTION = re.compile(
    r"^[ \t>*#]*(?P<label>(?:(?:request|response) )?(?:headers|body|payload))[ \t*]*$",
    re.IGNORECASE,
)
_ROW = re.compile(r"^\s*\|{1,2}\s*(?P<label>[^|]{1,40}?)\s*\|{1,2}\s*(?P<value>.*?)\s*\|{0,2}\s*$")
_STEP = re.compile(
    r"^\s*(?:Given|When|Then|And|But|\*)\s+(?P<label>url|path|request|method)\s+(?P<value>.+)$"
)
_TAG = re.compile(
    r"<(?:\w+:)?(?P<label>\w+)[^<>]*>\s*"
    r"(?:<!\[CDATA\[(?P<text>(?:(?!\]\]>|<!\[CDATA\[).)*)\]\]>|(?P<value>[^<]*))</",
    re.DOTALL,
)
_ATTRIBUTE = re.compile(r"\b(method|url|path|host)=\"([^\"<>]*)\"")
_PAIR = re.compile(
    r"(?:^|(?<=[\s,;|\[(]))(?P<label>[A-Za-z][\w.]{0,38})="
    r"(?P<value>\"(?:[^\"\\]|\\.)*\"|[^\s,;|\])]*)"
)
# A method on its own line, or a block of Bruno with its name, and a URL on the line below.
_METHOD_LINE = re.compile(
    rf"^[ \t]*(?P<method>{_METHOD})[ \t]*$|^(?P<block>get|post|put|patch|delete) \{{$"
)
_REQUEST_LINE = re.compile(rf"^(?P<method>{_METHOD}) (?P<url>https?://\S+)$")
# A member of an object in code: `url: 'https://...',`.
_MEMBER = re.compile(r"(?i)^\s*['\"]?(?:url|uri|method|type)['\"]?\s*:\s*['\"`].*[,;]\s*$")
_FEWEST = 2
_MAX_TEXT = 1 << 17


def read_labels(text: str) -> Iterator[ObservedRequest]:
    """Yield the request of each record in a text, or else the one that its lines, rows, or tags describe."""
    if len(text) > _MAX_TEXT:
        return
    for records in (_tags(text), _key_values(text), _csv_rows(text)):
        found = [labeled for record in records if (labeled := _take_all(record)).has_target]
        if len(found) == 1:
            target = found[0].target
            found[0].rest = [line for line in text.split("\n") if target not in line]
        if found:
            yield from (each.build() for each in found)
            return
    if (lines := _read_lines(text)).has_target:
        yield lines.build()


def _depth(line: str) -> int:
    return line.count("{") + line.count("[") - line.count("}") - line.count("]")


def _is_open(value: str) -> bool:
    """Return whether a value starts or continues on the lines below its label."""
    return not value or (value[0] in "{[" and not find_json_end(value, 0))


def read_labeled_members(value: Any) -> ObservedRequest | None:
    """Return the request in an object whose members have labels as names: `http.request.method`."""
    labeled = _take_all(_named_leaves(value, ""))
    return labeled.build() if labeled.has_target and "method" in labeled.parts else None


def _named_leaves(value: Any, name: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for key, member in value.items():
            is_known = name or part_of(str(key)) != ("", "") or key in ("http", "url")
            inner = f"{name}.{key}".lstrip(".") if is_known or not isinstance(member, dict) else ""
            yield from _named_leaves(member, inner)
    elif isinstance(value, list):  # of attributes, as OpenTelemetry exports them
        for each in (each for each in value if isinstance(each, dict) and "key" in each):
            typed = each.get("value")
            leaf = next(iter(typed.values()), "") if isinstance(typed, dict) else typed
            yield from _named_leaves(leaf, str(each["key"]))
    elif isinstance(value, str | int) and not isinstance(value, bool):
        yield name, str(value)


def _take_all(record: Iterable[tuple[str, str]]) -> LabeledRequest:
    labeled = LabeledRequest()
    for label, value in record:
        labeled.take(label, value)
    return labeled


def _key_values(text: str) -> Iterator[list[tuple[str, str]]]:
    """Yield the pairs of each line such as `method=POST url="https://..." status=400`."""
    for line in text.split("\n"):
        pairs = _PAIR.findall(line)
        if len(pairs) >= _FEWEST:
            yield [(label, _unquote(value)) for label, value in pairs]


def _unquote(value: str) -> str:
    return str(find_json(value, value)) if value[:1] == '"' else value


def _csv_rows(text: str) -> Iterator[Iterable[tuple[str, str]]]:
    """Yield the rows of a CSV file whose first line names a method and a URL."""
    head = text.partition("\n")[0]
    parts = {part_of(name.strip(' "'))[1] for name in head.split(",")}
    if {"method", "url"} <= parts or {"method", "path"} <= parts:
        rows = csv.DictReader(StringIO(text))
        yield from (
            [(name, value) for name, value in row.items() if name and isinstance(value, str)]
            for row in rows
        )


def _tags(text: str) -> Iterator[list[tuple[str, str]]]:
    if text.lstrip()[:1] == "<":
        tags = [(found["label"], found["text"] or found["value"]) for found in _TAG.finditer(text)]
        yield [*_ATTRIBUTE.findall(text), *tags]


def _read_lines(text: str) -> LabeledRequest:
    """Return the request from labeled lines; lines of code are left out, because their members look like labels."""
    labeled = LabeledRequest()
    lines = text.split("\n")
    if any(map(_MEMBER.match, lines)):
        return labeled
    has_sections = any(map(_SECTION.match, lines))
    open_label, waiting, depth = "", "", 0
    for line in lines:
        found = _SECTION.match(line) or _LINE.match(line) or _ROW.match(line) or _STEP.match(line)
        part = part_of(found["label"])[1] if found else ""
        if open_label and (depth > 0 or not part):
            waiting = f"{waiting}\n{line}".strip()
            depth += _depth(line)
            if depth <= 0 and labeled.take_under(open_label, line, waiting):
                open_label = open_label if part_of(open_label)[1] == "headers" else ""
                waiting, depth = "", 0
            continue
        open_label, waiting, depth = "", "", 0
        if _take_line(labeled, line, has_sections=has_sections):
            continue
        if found and part and _is_open(value := found.groupdict().get("value", "").strip()):
            open_label, waiting, depth = found["label"], value, _depth(value)
        elif not (found and labeled.take(found["label"], found.groupdict().get("value", ""))):
            labeled.rest.append(line)
    return labeled


def _take_line(labeled: LabeledRequest, line: str, *, has_sections: bool) -> bool:
    """Use a line without a label: a method, a URL below one, both, or a status; return whether it is one."""
    if has_sections and (start := _REQUEST_LINE.match(line)):
        labeled.parts |= start.groupdict()
    elif start := _METHOD_LINE.match(line):
        labeled.parts["method"] = (start["method"] or start["block"]).upper()
    elif "method" in labeled.parts and (url := URL_LINE.match(line)):
        labeled.parts.setdefault("url", url[1])
    elif status := STATUS_LINE.match(line):
        labeled.parts.setdefault("status", status["status"])
    else:
        return False
    return True
