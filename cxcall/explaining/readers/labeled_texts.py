"""Read texts in which labels have values: lines such as `Method: POST`, and key=value records."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from cxcall.documents.json_text import find_json
from cxcall.explaining.observed_request import ObservedRequest
from cxcall.explaining.readers.json_values.json_search import find_json_end
from cxcall.explaining.readers.labeled_request import STATUS_LINE, URL_LINE, LabeledRequest
from cxcall.explaining.readers.object_labels import part_of
from cxcall.explaining.readers.request_builder import METHODS
from cxcall.runtime.patterns import compile_on_use

_LINE = compile_on_use(
    r"^[ \t>*+#-]*(?:\*\*|`)?(?P<label>[^\W\d_][\w .-]{0,38}?)(?:\*\*|`)?(?:\*\*)?[ \t]*"
    r"(?::|\t)[ \t]*(?P<value>.*)$"
)
_PAIR = compile_on_use(
    r"(?:^|(?<=[\s,;|\[(]))(?P<label>[A-Za-z][\w.]{0,38})="
    r"(?P<value>\"(?:[^\"\\]|\\.)*\"|[^\s,;|\])]*)"
)
# A method on its own line, or a block of Bruno with its name, and a URL on the line below.
_METHOD_LINE = compile_on_use(
    rf"^[ \t]*(?P<method>{'|'.join(METHODS)})[ \t]*$|^(?P<block>get|post|put|patch|delete) \{{$"
)
# A member of an object in code: `url: 'https://...',`.
_MEMBER = compile_on_use(r"(?i)^\s*['\"]?(?:url|uri|method|type)['\"]?\s*:\s*['\"`].*[,;]\s*$")
# An item of a list, or a task of Ansible, in YAML, which may say what a test expects.
_YAML = compile_on_use(
    r"^([ \t]*)- [a-z_]\w*:[^\n]*\n\1[ \t]+[a-z_][\w.]*:"
    r"|^([ \t]*)(?:[a-z_]+\.)*uri:[ \t]*\n\2[ \t]+[a-z_]\w*:",
    re.MULTILINE,
)
# A step of Karate.
_STEP = compile_on_use(
    r"^\s*(?:Given|When|Then|And|But|\*)\s+(?P<label>url|path|request|method)\s+(?P<value>.+)$"
)
_FEWEST = 2
_MAX_TEXT = 1 << 17


def read_labels(text: str) -> Iterator[ObservedRequest]:
    """Yield the request of each record in a text, or else the one that its lines describe."""
    if len(text) > _MAX_TEXT or _YAML.search(text):
        return
    found = [each for record in _key_values(text) if (each := _take_all(record)).has_target]
    if len(found) == 1:
        target = found[0].target
        found[0].rest = [line for line in text.split("\n") if target not in line]
    if found:
        yield from (each.build() for each in found)
    elif (lines := _read_lines(text)).has_target:
        yield lines.build()


def _depth(line: str) -> int:
    return line.count("{") + line.count("[") - line.count("}") - line.count("]")


def _is_open(value: str) -> bool:
    """Return whether a value starts or continues on the lines below its label."""
    return not value or (value[0] in "{[" and not find_json_end(value, 0))


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


def _read_lines(text: str) -> LabeledRequest:
    """Return the request from labeled lines; lines of code are left out, because their members look like labels."""
    labeled = LabeledRequest()
    lines = text.split("\n")
    if any(map(_MEMBER.match, lines)):
        return labeled
    open_label, waiting, depth = "", "", 0
    for line in lines:
        found = _LINE.match(line) or _STEP.match(line)
        part = part_of(found["label"])[1] if found else ""
        if open_label and (depth > 0 or not part):
            waiting = f"{waiting}\n{line}".strip()
            depth += _depth(line)
            if depth <= 0 and labeled.take_under(open_label, line, waiting):
                open_label = open_label if part_of(open_label)[1] == "headers" else ""
                waiting, depth = "", 0
            continue
        open_label, waiting, depth = "", "", 0
        if _take_line(labeled, line):
            continue
        if found and part and _is_open(value := found["value"].strip()):
            open_label, waiting, depth = found["label"], value, _depth(value)
        elif not (found and labeled.take(found["label"], found["value"])):
            labeled.rest.append(line)
    return labeled


def _take_line(labeled: LabeledRequest, line: str) -> bool:
    """Use a line without a label: a method, a URL below one, both, or a status; return whether it is one."""
    if start := _METHOD_LINE.match(line):
        labeled.parts["method"] = (start["method"] or start["block"]).upper()
    elif "method" in labeled.parts and (url := URL_LINE.match(line)):
        labeled.parts.setdefault("url", url[1])
    elif status := STATUS_LINE.match(line):
        labeled.parts.setdefault("status", status["status"])
    else:
        return False
    return True
