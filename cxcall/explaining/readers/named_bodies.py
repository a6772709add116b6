"""Decide whether an object in a text was sent or received, and find the body of the request beside an error.

A clear label decides (`Request body: {...}`, `The server says: {...}`), else the names in the object: those of an error,
or of a body of the request. Only if they leave it open, a vague label (`my JSON:`) or the place decides.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from cxcall.documents.json_text import find_json
from cxcall.explaining.operations.intended_operation import (
    SHARED_NAMES,
    is_request_body,
    share_of_names,
)
from cxcall.explaining.readers.json_values.json_search import (
    argument_of,
    find_json_end,
    is_array_start,
    is_json_text,
    is_printed_map,
)
from cxcall.explaining.readers.json_values.request_objects import (
    find_error_body,
    find_request,
    has_error_status,
    is_error_body,
    is_resource,
)
from cxcall.explaining.readers.messages.dumped_objects import object_text
from cxcall.explaining.readers.messages.sentences import SENTENCE_END
from cxcall.explaining.readers.messages.status_patterns import ERROR_STATUS, PHRASES
from cxcall.explaining.readers.object_labels import (
    LONGEST,
    Label,
    label_before,
)
from cxcall.named_tuple import NamedTuple
from cxcall.responses.message_in_body import problems_by_name
from cxcall.responses.platform_codes import find_platform_codes
from cxcall.runtime.patterns import compile_on_use
from cxcall.runtime.text_decoding import straighten_quotes

_OPENING = compile_on_use(r"(?<![\w${])\{(?![\w.-]*\}|\{)|(?<!\w)\[(?=\s*[\[{\]\"':])")
_MAX_OBJECTS, _MAX_BODY = 64, 1 << 15
_ERROR_NAME = compile_on_use(
    r"\w*(?:error|exception|fault)\w*|success|ok|detail|status_?code"
    r"|(?:context|correlation|trace|request)_?id",
    re.IGNORECASE,
)
"""Names in the errors of any API; `message`, `description`, and `status` are also names in bodies that are sent."""
_ERROR_WORD = compile_on_use(
    r"me?ssa?ge?|reason|hint|text|result|status|code|title|descri|detail|info|^type$"
    r"|error|exception|fault|success|invalid|problem|issue",
    re.IGNORECASE,
)
"""Words in the names of errors, which bodies that are sent have, too."""
_PHRASE = compile_on_use(PHRASES, re.IGNORECASE)
_BELOW_STATUS_LINE = compile_on_use(
    r"^(?:[< ]*HTTP/[0-9.]+ [^\n]*\s*|\W*status\b[^\n]{0,40}[45][0-9]{2}\b[^\n]*\n[^\n{]*)\Z",
    re.MULTILINE | re.IGNORECASE,
)
_BELOW_STATUS = compile_on_use(r"^[ \t]*[45][0-9]{2}[ \t]*\n\s*[^\n{\[]*\Z", re.MULTILINE)
"""The text up to an object below the status of a response, or below a line with nothing but a status."""
_MOST = 0.5
"""The share of the names in an object that an operation must know."""


class NamedBody(NamedTuple):
    """An object in a text that may be the body of a request, with its place and what the text calls it."""

    start: int
    end: int
    label: Label
    source: str
    """The object as the text shows it."""
    text: str
    """The same as JSON; empty if its end or the types of its values are not shown."""
    value: Any
    above: str
    """The text before it."""


def is_received(text: str, body: str, path: str) -> bool:
    """Return whether what was read as the body of a refused request is the response, by its names or below the status."""
    for each in _objects(text):
        if _is_same(each, body):
            is_below = _BELOW_STATUS.search(each.above) is not None
            is_open = is_below or is_error_body(each.value)
            return is_open and not _is_sent(each, body if is_below else "", path)
    return is_error_body(find_json(body, None))


def labeled_bodies(text: str) -> Iterator[str]:
    """Yield the objects that a text says were sent: `Request body: {...}`, `POST /path body={...} -> 400`."""
    for each in _objects(text):
        if each.label <= Label.OWN and _is_sent(each):
            yield each.source


def find_sent_body(
    text: str, position: int, *, is_named: bool, shown: str = "", path: str = ""
) -> NamedBody | None:
    """Return the body that a text shows beside an error at a position; None if it shows none, or several.

    Of several bodies, the last one before the error was sent with it. With `is_named`, a label must say that it is a
    body. `shown` is an object that was read as the response, only because it is behind the status of a refusal of a
    request to `path`.
    """
    limit = Label.BODY if is_named else Label.OTHER
    found = [each for each in _objects(text) if each.label <= limit and each.text]
    found = [each for each in found if _is_sent(each, shown, path)]
    best = min((each.label for each in found), default=limit)
    found = [each for each in found if each.label == best]
    before = [each for each in found if each.end <= position]
    is_one = len({each.text if each.value is None else repr(each.value) for each in found}) == 1
    if before:
        return before[-1]
    return found[-1] if is_one else None


def find_received(text: str, sent: NamedBody) -> Any:
    """Return the only other object of a text that has the names of a response; None if there is none."""
    others = [each for each in _objects(text) if each.text and each.start != sent.start]
    found = [each.value for each in others if _has_names_of_response(each.value)]
    return found[0] if len(found) == 1 else None


def received_below(text: str, *, is_refused: bool, path: str = "") -> tuple[int, int, Any]:
    """Return (start, end, value) of the response in the text below a request; (0, 0, None) if there is none.

    A label says so, or a status in it, or a refusal beside the request. `I get an error: {...}` above the only body that
    the operation takes does not.
    """
    for each in _objects(text):
        error = find_error_body(each.text)
        is_error = is_error_body(error)
        is_told = has_error_status(error) or (is_refused and is_error)
        is_named = each.label is Label.RECEIVED and (
            is_error or not _is_only_body(each.value, path, text)
        )
        if each.text and (is_told or is_named):
            return each.start, each.end, error if is_error else each.value
    return 0, 0, None


def _is_only_body(value: Any, path: str, text: str) -> bool:
    """Return whether a value is a body that the operation at a path takes, and a text shows no other one."""
    is_body = is_request_body(value) and share_of_names(path, value) >= _MOST
    return is_body and not any(map(_is_sent, _objects(text)))


def _is_sent(found: NamedBody, shown: str = "", path: str = "") -> bool:
    """Return whether an object was sent, not received: the one place that decides, in this order.

    A clear label, or the status that the object has or is printed below; its names; a person's own words before it. Of
    what was read as `shown`, by its place alone, also whether it resembles a body.
    """
    if has_error_status(found.value) or found.label >= Label.NOT_SENT:
        return False
    if found.label is Label.SENT:
        return True
    if _BELOW_STATUS_LINE.search(found.above) or _has_names_of_response(found.value):
        return False
    if is_request_body(found.value) or found.label is Label.OWN:
        return True
    return _is_same(found, shown) and _resembles_body(found, path)


def _resembles_body(found: NamedBody, path: str) -> bool:
    """Return whether an object behind a status is like a body, by its names, a vague label, or the sentence before it."""
    share = share_of_names(path, found.text)
    if share >= _MOST or found.label is Label.BODY or _describes_object(found.value):
        return True
    if may_be_error(found.value):
        return False
    sentence = SENTENCE_END.split(found.above.rstrip())[-1]
    is_apart = sentence[-1:] in (".", "?", "!") and not ERROR_STATUS.search(sentence)
    is_known = share > 0 and not ERROR_STATUS.search(found.above.rpartition("\n")[2])
    return is_apart or is_known or isinstance(found.value, list)


def _describes_object(value: Any) -> bool:
    """Return whether an object has a name and a description, and no word for an error beside them."""
    names = [each for each in value if each != "description"] if isinstance(value, dict) else []
    is_named = "name" in names and len(names) < len(value)
    name = str(value["name"]) if is_named else ""
    if not name or _PHRASE.fullmatch(name) or ("." in name and find_platform_codes(name)):
        return False
    return not any(map(_ERROR_WORD.search, (*names, name)))


def _is_same(found: NamedBody, shown: str) -> bool:
    """Return whether an object is one that was read."""
    is_same = found.source == shown
    return is_same or (found.value is not None and found.value == find_json(shown, None))


def may_be_error(value: Any) -> bool:
    """Return whether a value has a word for an error among its names, or sentences as its values."""
    if isinstance(value, dict):
        names = any(_ERROR_WORD.search(each) for each in value)
        return names or any(may_be_error(each) for each in value.values())
    if isinstance(value, list):
        sentences = any(isinstance(each, str) and " " in each for each in value)
        return sentences or any(may_be_error(each) for each in value)
    return isinstance(value, str) and value.strip().count(" ") > 1


def _has_names_of_response(value: Any) -> bool:
    """Return whether an object is a response by its names or sentences, or contains a whole request."""
    names = [*value] if isinstance(value, dict) else ["-"]
    has_error_name = any(map(_ERROR_NAME.fullmatch, names))
    is_short_error = {each.lower() for each in names} <= SHARED_NAMES
    is_error = has_error_name or is_short_error or _lists_errors(value) or is_error_body(value)
    return is_error or is_resource(value) or bool(find_request(value))


def _lists_errors(value: Any) -> bool:
    """Return whether an object has only sentences on what is wrong, or lists of any: `{"name": ["is required"]}`."""
    lists = [*value.values()] if isinstance(value, dict) else []
    are_errors = all(isinstance(each, list) and may_be_error(each) for each in lists)
    return bool(problems_by_name(value) or (lists and are_errors))


def _objects(text: str) -> Iterator[NamedBody]:
    """Yield the outermost objects of a text with what it calls them."""
    position = 0
    for _ in range(_MAX_OBJECTS):
        if (opening := _OPENING.search(text, position)) is None:
            return
        start = opening.start()
        if text[start] == "[" and not is_array_start(text, start):
            position = start + 1
            continue
        found = _read_object(text, start)
        yield found
        if not found.text and len(text) - start > _MAX_BODY:
            return  # the search for the end of each of many open objects takes too long
        position = max(found.end, start + 1)


def _read_object(text: str, start: int) -> NamedBody:
    if text.startswith("\\", start + 1):  # JSON as a text in a log: `"{\"name\": 1}"`
        end = min(_line_end(text, start), start + _MAX_BODY)
        shown = text[start:end].replace('\\"', '"')
        written = _as_json(shown[: find_json_end(shown, 0)])
    else:
        end = find_json_end(text[: start + _MAX_BODY], start)
        written = _as_json(text[start:end])
    call, form = argument_of(text, start, end)
    label, line = label_before(text, call), text[text.rfind("\n", 0, start) + 1 : start]
    if label is Label.BODY and "/" in line and ERROR_STATUS.search(text, end, _line_end(text, end)):
        label = Label.SENT  # `POST /path body={...} -> 400`
    written = form % written if form and written else ""
    end = end if written else end or _line_end(text, start)
    value = find_json(written, None) if written else None
    return NamedBody(start, end, label, text[start:end], written, value, text[:start][-LONGEST:])


def _line_end(text: str, start: int) -> int:
    end = text.find("\n", start)
    return end if end >= 0 else len(text)


def _as_json(text: str) -> str:
    """Return an object of any language as JSON; empty if it is not complete, or if its values have no quotation marks."""
    straight = straighten_quotes(text)
    has_quotes = '"' in straight or "'" in straight or is_json_text(text)
    return object_text(text) if has_quotes and not is_printed_map(text) else ""
