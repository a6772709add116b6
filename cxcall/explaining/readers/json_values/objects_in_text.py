"""Read the requests in a text that are written as objects: JSON, what a console prints, and YAML."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from cxcall.documents.yaml_document import YamlError, load_yaml
from cxcall.explaining.observed_request import ObservedRequest, SourceKind
from cxcall.explaining.readers.json_values.json_search import json_values
from cxcall.explaining.readers.json_values.request_objects import (
    find_request,
    find_response,
    read_object,
)
from cxcall.explaining.readers.messages.responses_in_text import (
    dumped_objects,
    object_text,
    read_response,
)
from cxcall.explaining.readers.unresolved_variables import fill_braces, mark_unresolved
from cxcall.transport.http_messages import HttpResponse

_DUMP = re.compile(r"^(?:[A-Z]\w+ )?\{\s*(?:$|\w+: )", re.MULTILINE)
_KEY = re.compile(r"^[ \t]*(?:- )?[A-Za-z_][\w .-]{0,40}:(?:[ \t]+\S|[ \t]*$)", re.MULTILINE)
_FEWEST_KEYS = 3
# Other readers read JSON and report its errors, some of which YAML accepts.
_JSON_VALUE = re.compile(
    r":[ \t]*(?:\n[ \t]*)?(?:\{(?!\{|[ \t]*[\w-]+: [^\n]*\}[ \t]*$)|\[(?![^\[\]{}\n]*\]))",
    re.MULTILINE,
)
_NUMBER = re.compile(r"([:-][ \t]+)(\+[0-9][0-9 ().-]*)$", re.MULTILINE)
_DOCUMENT = re.compile(r"^---[ \t]*$", re.MULTILINE)
_STATUS = re.compile(r"[1-5][0-9]{2}\b")
_TARGETS = ("url", "uri", "path", "endpoint")
_USUAL_NAMES = {"status code": "status", "verb": "method", "payload": "body", "data": "body"}
_OUTPUT = re.compile(r"(?m)^E {2,}|^(?:fatal|failed|ok|changed): \[|^[\w.]*(?:Error|Exception)\b")
_EXPRESSION = re.compile(r"\{\{\s*([\[{].*[\]}])\s*(?:\|\s*to_(?:nice_)?json.*)?\}\}", re.DOTALL)
"""An object in an expression of Jinja, as in `{{ {'name': 'value'} | to_json }}`."""
_MAX_DEPTH = 12


def read_objects(text: str) -> Iterator[ObservedRequest]:
    """Yield the request of each object that has a method and a URL, with the response that is in it or follows it."""
    spans = [each for each in json_values(text) if isinstance(each[2], dict)]
    spans = [each for each in spans if not _is_argument(text, each[0])]
    ends = [0, *(end for _, end, _ in spans)]
    starts = [*(start for start, *_ in spans), len(text)]
    rest = "".join(text[end:start] for end, start in zip(ends, starts, strict=True))
    values = [value for *_, value in spans]
    if not any(map(_has_target, values)) and _DUMP.search(text):
        values, rest = dumped_objects(text), ""
        if all(map(_has_target, values)):
            return  # code, which other readers read better
    found = list(_combine(values))
    if len(found) == 1:
        found = [replace(found[0], response=_with_stated_body(found[0].response, rest))]
    yield from found


def _with_stated_body(known: HttpResponse | None, text: str) -> HttpResponse | None:
    """Return a response, with the error in the text around it if it has the same status and no body of its own."""
    stated = read_response(text) if known is None or not known.body else None
    if known is None or stated is None or stated.status != known.status:
        return known or stated
    return known._replace(body=stated.body)


def _is_argument(text: str, start: int) -> bool:
    """Return whether the sign before an object shows that it is an argument, a value, or an item."""
    while start and text[start - 1].isspace():
        start -= 1
    return text[max(start - 1, 0) : start] in {*"(=,["}


def _combine(values: list[dict[str, Any]]) -> Iterator[ObservedRequest]:
    """Yield requests; an object without a request is the response to the one before it."""
    request: ObservedRequest | None = None
    for value in values:
        if _has_target(value):
            if request is not None:
                yield request
            request = read_object(value, "object", SourceKind.OBJECT)
        elif request is not None and (response := find_response(value)):
            known = request.response
            if known is None or not known.body:
                status = response.status or (known.status if known else 0)
                request = replace(request, response=response._replace(status=status))
    if request is not None:
        yield request


def _has_target(value: dict[str, Any]) -> bool:
    parts = find_request(value)
    return bool(parts.get("method") and (parts.get("url") or parts.get("path")))


def read_yaml(text: str) -> Iterator[ObservedRequest]:
    """Yield the requests in a text that is YAML as a whole; none if it is not."""
    end = _OUTPUT.search(text)
    text, output = (text[: end.start()], text[end.start() :]) if end else (text, "")
    has_keys = text.lstrip()[:1] != "{" and len(_KEY.findall(text)) >= _FEWEST_KEYS
    if not has_keys or _JSON_VALUE.search(text):
        return
    quoted = _NUMBER.sub(r'\1"\2"', text)  # else `+1202...` is an integer
    try:
        documents = [load_yaml(part) for part in _DOCUMENT.split(quoted) if part.strip()]
    except (YamlError, ValueError, RecursionError):
        return
    found = [each for document in documents for each in _find_requests(document, 0)]
    if len(found) == 1 and found[0].response is None and output:
        found = [replace(found[0], response=read_response(output))]
    yield from found


def _find_requests(value: Any, depth: int) -> Iterator[ObservedRequest]:
    """Yield each innermost mapping with a URL and a method as a request."""
    if depth > _MAX_DEPTH:
        return
    if isinstance(value, dict):
        members = {_fold(name): each for name, each in value.items()}
        targets = (members.get(name) for name in _TARGETS)
        target = next((each for each in targets if isinstance(each, str) and "/" in each), None)
        if target is not None and isinstance(members.get("method"), str):
            members = _with_json_type(members)
            if depth:  # a task or a test, whose variables are filled in when it runs
                members, target = _mark_variables(members), _mark_variables(target)
            if status := _STATUS.match(str(members.get("status"))):
                members["status"] = int(status[0])
            name = "url" if "://" in target else "path"
            if found := read_object({**members, name: target}, "YAML"):
                yield found
            return
    children = (
        value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    )
    for child in children:
        yield from _find_requests(child, depth + 1)


def _with_json_type(members: dict[str, Any]) -> dict[str, Any]:
    """Return the members of an Ansible task: the body of an expression, the header of `body_format`, no expected status."""
    if made := _EXPRESSION.fullmatch(str(members.get("body", "")).strip()):
        members = {**members, "body": object_text(made[1]) or mark_unresolved("{...}")}
    if str(members.get("status_code"))[:1] in ("2", "["):
        del members["status_code"]
    headers = members.get("headers") or {}
    if members.get("body_format") != "json" or not isinstance(headers, dict):
        return members
    return {**members, "headers": {"Content-Type": "application/json", **headers}}


def _mark_variables(value: Any) -> Any:
    if isinstance(value, str):
        return fill_braces(value, {})
    if isinstance(value, dict):
        return {name: _mark_variables(each) for name, each in value.items()}
    return [_mark_variables(each) for each in value] if isinstance(value, list) else value


def _fold(name: Any) -> str:
    """Return a name as the other readers expect it: `Request URL` as `url`, `Status Code` as `status`."""
    folded = re.sub(r"^(?:request|http)[ _-]+", "", str(name).strip().lower())
    return _USUAL_NAMES.get(folded, folded)
