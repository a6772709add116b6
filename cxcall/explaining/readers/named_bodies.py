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
    find_request,
    has_error_status,
    is_error_body,
    is_resource,
)
from cxcall.explaining.readers.labeled_request import part_of
from cxcall.explaining.readers.messages.dumped_objects import object_text
from cxcall.named_tuple import NamedTuple
from cxcall.runtime.patterns import compile_on_use
from cxcall.runtime.text_decoding import straighten_quotes

_OPENING = compile_on_use(r"(?<![\w${])\{(?![\w.-]*\}|\{)|(?<!\w)\[(?=\s*[\[{\]\"':])")
_BEFORE_OBJECT = compile_on_use(r"(?:\b[\w.]+\()?\b[bru]?[\"'`]?$")
"""The start of a literal before an object: `json.dumps(`, `b'`, or a quotation mark."""
_CONNECTOR = compile_on_use(
    r"(?:\s+(?:is|was|becomes|looks like|contains)(?: (?:then|now|this)){0,2})?\s*(?::|:?=|[=-]>)\s*$"
    r"|\s*\b(?:was|is)\s*$"
)
_TOLD = compile_on_use(r"\b(?:was|is)\s*$")  # `The contact was {...}` does not say that it was sent
_REASON = compile_on_use(
    r"\bBad Request\W*$", re.IGNORECASE
)  # the reason of a status, and not a label
_COLUMN_END = compile_on_use(r"\]|\||\t|\s{2,}")  # in the line of a log
_WORDS = compile_on_use(r"[\w.-]+")
_MOST_WORDS = 3
_MAX_HEAD, _MAX_OBJECTS, _MAX_BODY = 200, 64, 1 << 15
_RECEIVED = compile_on_use(
    r"(?<![A-Za-z])[Rr](?:es(?:p|ponse|ult)?|eceived|eturn(?:s|ed)|eply)(?![a-z])"
    r"|(?<![A-Za-z])(?:[Ee]rr(?:or)?|[Aa]nswer(?:s|ed)?|[Ee]xpected|[Gg]ot|[Oo]utput)(?![a-z])"
    # Of a server, not `our payload says` or `to call her back`.
    r"|\b(?:(?:[Ss]erver|API|[Ii]t) says|(?:comes?|gets?|sends?|sent) back|back this)\b"
)
"""Words before a label that say that the server sent the object; a log's level `ERROR` does not."""
_ERROR_NAME = compile_on_use(
    r"\w*(?:error|exception|fault)\w*|success|ok|detail|status_?code"
    r"|(?:context|correlation|trace|request)_?id",
    re.IGNORECASE,
)
"""Names in the errors of any API; `message`, `description`, and `status` are also names in bodies that are sent."""
# What says that a status was received, not the object behind it: `POST /path returns 400 with this body:`.
_STATUS = compile_on_use(
    r"\b(?:returns?|returned|response|responds?|get(?:s|ting)?|got|receiv(?:es?|ed|ing)|answers?|errors?)\b"
    r"(?:[ :]+(?:with|is|an?|the|http|status|code|error|response)){0,4}[ :]+[45][0-9]{2}\b",
    re.IGNORECASE,
)
_DUMPED_RESPONSE = compile_on_use(
    r"(?:^[< ]*HTTP/[0-9.]+ [^\n]*\s*"
    r"|^\W*(?:response |http )?(?:status|code)\b[^\n]{0,40}[45][0-9]{2}\b[^\n]*\n[^\n{]*)\Z",
    re.MULTILINE | re.IGNORECASE,
)
"""The text up to an object in the output of a program, below the status of the response."""
_STATUS_ABOVE = compile_on_use(r"^[ \t]*[45][0-9]{2}[ \t]*\n\s*[^\n{\[]*\Z", re.MULTILINE)
"""The text up to an object below a line with nothing but a status."""
_ERROR_WORD = compile_on_use(
    r"me?ssa?ge?|reason|hint|text|result|status|code|title|descri|detail|info|^type$|help|advice"
    r"|error|exception|fault|success|invalid|problem|issue|violation",
    re.IGNORECASE,
)
_SHOWN_STATUS = compile_on_use(r"\b[45][0-9]{2}\b")
_OWN = compile_on_use(
    r"\b(?:(?:I|[Ww]e)\b(?!.*\b(?:get|getting|receiv\w+|back)\b).*\b(?:send|sending|sent)"
    r"|(?:[Mm]y|[Oo]ur)(?: \w+){0,2} (?:payload|body|JSON|json))\b(?:\W+(?:https?://\S+|\w+)){0,3}\W*$"
)
"""Words of a person for what was sent, at the end of a label: `my payload`, `I am sending`."""
_SENTENCE_END = compile_on_use(r"[.!?]\s+")
_MOST = 0.5
"""The share of the names in an object that an operation must know."""
_SENT_LABEL, _OWN_LABEL, _BODY_LABEL, _ALONE, _OTHER_LABEL, _NOT_SENT = range(6)


class NamedBody(NamedTuple):
    """An object in a text that may be the body of a request, with its place; the lower the rank, the more certain."""

    start: int
    end: int
    rank: int
    text: str
    """The body as JSON; empty if its end or the types of its values are not shown."""
    value: Any


def is_received(text: str, body: str, path: str) -> bool:
    """Return whether what was read as the body of a refused request is the response, by its names or below the status."""
    for each in _objects(text):
        if _is_same(text, each, body):
            is_below = _STATUS_ABOVE.search(text[: each.start][-_MAX_HEAD:]) is not None
            is_open = is_below or is_error_body(each.value)
            return is_open and not _is_sent(text, each, body if is_below else "", path)
    return is_error_body(find_json(body, None))


def labeled_bodies(text: str) -> Iterator[str]:
    """Yield the objects that a text says were sent: `Request body: {...}`, `POST /path body={...} -> 400`."""
    for each in _objects(text):
        if each.rank <= _OWN_LABEL and _is_sent(text, each):
            yield text[each.start : each.end]


def find_sent_body(
    text: str, position: int, *, is_named: bool, shown: str = "", path: str = ""
) -> NamedBody | None:
    """Return the body that a text shows beside an error at a position; None if it shows none, or several.

    Of several bodies, the last one before the error was sent with it. With `is_named`, a label must say that it is a
    body. `shown` is an object that was read as the response, only because it is behind the status of a refusal of a
    request to `path`.
    """
    limit = _BODY_LABEL if is_named else _OTHER_LABEL
    found = [each for each in _objects(text) if each.rank <= limit and each.text]
    found = [each for each in found if _is_sent(text, each, shown, path)]
    best = min((each.rank for each in found), default=limit)
    found = [each for each in found if each.rank == best]
    before = [each for each in found if each.end <= position] or found
    is_one = len({each.text if each.value is None else repr(each.value) for each in found}) == 1
    return before[-1] if is_one or before is not found else None


def _is_sent(text: str, found: NamedBody, shown: str = "", path: str = "") -> bool:
    """Return whether an object was sent, not received: the one place that decides, in this order.

    A clear label, or the status that the object has or is printed below; its names; a person's own words before it. Of what was
    read as `shown`, by its place alone, also a vague label, words of an error in it, and whether it resembles a body.
    """
    value, above = found.value, text[: found.start][-_MAX_HEAD:]
    if has_error_status(value) or found.rank == _NOT_SENT:
        return False
    if found.rank == _SENT_LABEL:
        return True
    if _DUMPED_RESPONSE.search(above) or _is_received(value):
        return False
    if is_request_body(value) or found.rank == _OWN_LABEL:
        return True
    if not (shown and _is_same(text, found, shown)):
        return False
    share = share_of_names(path, found.text)
    if share >= _MOST or found.rank == _BODY_LABEL or may_be_error(value):
        return share >= _MOST or found.rank == _BODY_LABEL
    last = _SENTENCE_END.split(above.rstrip())[-1]
    is_apart = last[-1:] in (".", "?", "!") and not _SHOWN_STATUS.search(last)
    is_like = share > 0 and not _SHOWN_STATUS.search(above.rpartition("\n")[2])
    return is_apart or is_like or isinstance(value, list)


def _is_same(text: str, found: NamedBody, shown: str) -> bool:
    """Return whether an object is one that was read."""
    is_same = text[found.start : found.end] == shown
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


def _objects(text: str) -> Iterator[NamedBody]:
    """Yield the outermost objects of a text with the rank of the name before them."""
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
        written = _literal_text(shown[: find_json_end(shown, 0)])
    else:
        end = find_json_end(text[: start + _MAX_BODY], start)
        written = _literal_text(text[start:end])
    call, form = argument_of(text, start, end)
    rank = _rank_of(_head_of(text, call))
    is_behind = "/" in text[text.rfind("\n", 0, start) + 1 : start]
    if rank == _BODY_LABEL and is_behind and _SHOWN_STATUS.search(text, end, _line_end(text, end)):
        rank = _SENT_LABEL  # `POST /path body={...} -> 400`
    written = form % written if form and written else ""
    if not written:  # cut, or without the types of its values
        return NamedBody(start, end or _line_end(text, start), rank, "", None)
    return NamedBody(start, end, rank, written, find_json(written, None))


def _line_end(text: str, start: int) -> int:
    end = text.find("\n", start)
    return end if end >= 0 else len(text)


def _literal_text(text: str) -> str:
    """Return an object of any language as JSON; empty if it is not complete, or if its values have no quotation marks."""
    straight = straighten_quotes(text)
    has_quotes = '"' in straight or "'" in straight or is_json_text(text)
    if not has_quotes or is_printed_map(text):
        return ""
    return object_text(text)


def _is_received(value: Any) -> bool:
    """Return whether an object is a response by its names or sentences, or contains a whole request."""
    names = [*value] if isinstance(value, dict) else ["-"]
    has_error_name = any(map(_ERROR_NAME.fullmatch, names))
    is_short_error = {each.lower() for each in names} <= SHARED_NAMES
    is_error = has_error_name or is_short_error or _tells_errors(value) or is_error_body(value)
    return is_error or is_resource(value) or bool(find_request(value))


def _tells_errors(value: Any) -> bool:
    """Return whether an object has only lists of sentences, as frameworks send errors: `{"name": ["is required"]}`."""
    lists = [*value.values()] if isinstance(value, dict) else []
    return bool(lists) and all(isinstance(each, list) and may_be_error(each) for each in lists)


def _head_of(text: str, start: int) -> str:
    """Return the text before an object on its line; the line above it if it is alone on its lines."""
    line_start = text.rfind("\n", 0, start) + 1
    head = _BEFORE_OBJECT.sub("", text[max(line_start, start - _MAX_HEAD) : start])
    if head.strip() or not line_start:
        return head.rstrip()
    above = text[:line_start].rstrip("\n")
    above = above[above.rfind("\n") + 1 :]
    sentence = _SENTENCE_END.split(above.rstrip())[-1]
    words = _WORDS.findall(sentence)
    is_label = part_of(sentence)[1] == "body" or part_of(words[-1] if words else "") == ("", "body")
    is_label = (is_label and len(words) <= _MOST_WORDS + 1) or sentence[-1:] in (":", "=")
    return above[-_MAX_HEAD:].rstrip() if is_label else ""


def _rank_of(head: str) -> int:
    """Return how certain a text says that the object behind it is a body that was sent."""
    if not head:
        return _ALONE
    label = _COLUMN_END.split(_CONNECTOR.sub("", head))[-1]
    sentence = _SENTENCE_END.split(label)[-1]
    label = _STATUS.sub("", sentence)
    words = _WORDS.findall(label)[-_MOST_WORDS:] or [""]
    if _REASON.search(label):
        return _ALONE
    is_received = _RECEIVED.search(" ".join(words)) is not None
    is_own = _OWN.search(label) is not None and not _RECEIVED.search(label)
    vague = _OTHER_LABEL if _SHOWN_STATUS.search(sentence) else _BODY_LABEL
    vague = _OWN_LABEL if is_own else vague
    for first in range(len(words)):
        side, part = part_of(" ".join(words[first:]))
        if side == "response" or part not in ("", "body"):
            return _NOT_SENT
        if part and (side or label.strip(" \t-*").lower() == "payload"):
            return _SENT_LABEL
        if part and not is_received:
            return vague
    if is_own or (words[-2:][0].lower() == "payload" and not is_received):
        return vague  # also `Payload snippet: {...}`
    is_told = _TOLD.search(head) is not None
    return _NOT_SENT if is_received or is_told or _is_other_part(words[-1]) else _OTHER_LABEL


def _is_other_part(name: str) -> bool:
    """Return whether a name in code is that of another part, such as `params` of the query."""
    from cxcall.explaining.readers.code.request_roles import OTHER_NAMES, role_of

    is_part = role_of(name) not in ("", "body", "json", "form")
    return is_part or OTHER_NAMES.search(name) is not None
