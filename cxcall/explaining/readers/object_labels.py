"""Find out what the words before an object in a text call it: what was sent, what was received, or something else."""

from __future__ import annotations

import re
from enum import IntEnum

from cxcall.explaining.readers.messages.sentences import SENTENCE_END
from cxcall.explaining.readers.messages.status_patterns import ERROR_STATUS, NAMED_STATUS
from cxcall.explaining.readers.request_builder import first_words
from cxcall.runtime.patterns import compile_on_use


class Label(IntEnum):
    """What the words before an object call it; the lower, the more certain it was sent."""

    SENT = 0
    """`Request body:`"""
    OWN = 1
    """`I am sending`, `my JSON:`"""
    BODY = 2
    """`body =`, which may also be a response"""
    OTHER = 3
    """Nothing, or any other words: `POST /path -> 400`, `contact =`"""
    NOT_SENT = 4
    """`headers =`, `Expected response:`"""
    RECEIVED = 5
    """`Response:`, `The server says:`"""


_SIDES = first_words(
    """
    request request req sent input
    response response resp res output antwort respuesta
    """
)
_PARTS = first_words(
    """
    method method verb
    url url urlfull uri endpoint address
    path path urlpath route resource
    host host hostname
    headers header headers
    body body bodycontent bodytext payload content data formdata json
    status status statuscode code
    """
)
"""The parts of a request and a response by the words of their labels, without words that may precede any of them."""
LONGEST = 200
"""Characters before an object that may belong to it."""
_MOST_WORDS = 3

_WORDS = compile_on_use(r"[\w.-]+")
_PART_OF_WORD = compile_on_use(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")
_COLUMN_END = compile_on_use(r"\]|\||\t|\s{2,}")  # in the line of a log
# The start of a literal: `json.dumps(`, `b'`, or a quotation mark.
_LITERAL_START = compile_on_use(r"(?:\b[\w.]+\()?\b[bru]?[\"'`]?$")
# Between a label and the object: `:`, `=`, `=>`, `looks like this:`, `is`.
_CONNECTOR = compile_on_use(
    r"(?:\s+(?:is|was|looks like|contains)(?: (?:then|this)){0,2})?\s*(?::|:?=|[=-]>)\s*$|\s+is\s*$"
)
_TOLD = compile_on_use(r"\b(?:was|is)$")  # `The contact was {...}` does not say that it was sent
_REASON = compile_on_use(r"(?i)\bBad Request\W*$")  # of a status, and not a label
_SUPPOSED = compile_on_use(
    r"\b(?:expect\w*|erwart\w+|esperad[ao]|should|would|docs?|document\w+|examples?|samples?|mock\w*)\b",
    re.IGNORECASE,
)
"""Of a response that was not received."""
# Words before a label that say that the server sent the object; a log's level `ERROR` does not.
_RECEIVED = compile_on_use(
    r"(?<![A-Za-z])[Rr](?:es(?:p|ponse|ult)?|eceived?|eturn(?:s|ed)|eply|espon(?:ds|ded))(?![a-z])"
    r"|(?<![A-Za-z])(?:[Ee]rr(?:or)?|[Aa]nswer(?:s|ed)?|[Ee]xpected|[Gg](?:ot|et(?=$))|[Oo]utput)(?![a-z])"
    # Of a server, not `our payload says` or `to call her back`.
    r"|\b(?:(?:[Ss]erver|API|[Ii]t) says|(?:comes?|gets?|sends?|sent) back|back this)\b"
)
_RETURNS = compile_on_use(
    r"\b(?:returns|returned|responds|responded|answers|answered|says|(?:gets?|got|comes|sends) back)$"
)
"""The last word of a line above what was received, without a colon."""
# Words of a person for what was sent, at the end of a label: `my payload`, `I am sending`.
_OWN = compile_on_use(
    r"\b(?:(?:I|[Ww]e)\b(?!.*\b(?:get|getting|receiv\w+|back)\b).*\b(?:send|sending|sent)"
    r"|(?:[Mm]y|[Oo]ur)(?: \w+){0,2} (?:payload|body|JSON))\b(?:\W+(?:https?://\S+|\w+)){0,3}\W*$"
)


def label_before(text: str, start: int) -> Label:
    """Return what the words before an object call it: those on its line, or a label on the line above."""
    head = _head(text, start)
    sentence = SENTENCE_END.split(_COLUMN_END.split(_CONNECTOR.sub("", head))[-1])[-1]
    name = NAMED_STATUS.sub("", sentence)
    words = _WORDS.findall(name)[-_MOST_WORDS:] or [""]
    is_received = _RECEIVED.search(" ".join(words)) is not None
    is_own = _OWN.search(name) is not None and not _RECEIVED.search(name)
    received = Label.NOT_SENT if _SUPPOSED.search(sentence) else Label.RECEIVED
    vague = Label.OWN if is_own else Label.OTHER if ERROR_STATUS.search(sentence) else Label.BODY
    if _REASON.search(name):
        return Label.OTHER
    for first in range(len(words)):
        side, part = part_of(" ".join(words[first:]))
        if side == "response":
            return received
        if part not in ("", "body"):
            return Label.NOT_SENT
        if part and (side or name.strip(" \t-*").lower() == "payload"):
            return Label.SENT
        if part and not is_received:
            return vague
    if is_own or (words[-2:][0].lower() == "payload" and not is_received):
        return vague  # also `Payload snippet: {...}`
    if is_received:
        return received
    is_other = _TOLD.search(head) is not None or _is_other_part(words[-1])
    return Label.NOT_SENT if is_other else Label.OTHER


def _head(text: str, start: int) -> str:
    """Return the text before an object on its line; a label on the line above if it is alone on its lines."""
    line_start = text.rfind("\n", 0, start) + 1
    head = _LITERAL_START.sub("", text[max(line_start, start - LONGEST) : start])
    if head.strip() or not line_start:
        return head.rstrip()
    above = text[:line_start].rstrip().rpartition("\n")[2]
    sentence = SENTENCE_END.split(above)[-1]
    words = _WORDS.findall(sentence)
    names_body = part_of(sentence)[1] == "body" or part_of(words[-1] if words else "") == (
        "",
        "body",
    )
    is_label = (names_body and len(words) <= _MOST_WORDS + 1) or sentence[-1:] in (":", "=")
    is_label = is_label or _RETURNS.search(sentence) is not None
    return above[-LONGEST:] if is_label else ""


def _is_other_part(name: str) -> bool:
    """Return whether a name in code is that of another part, such as `params` of the query."""
    from cxcall.explaining.readers.code.request_roles import OTHER_NAMES, role_of

    is_part = role_of(name) not in ("", "body", "json", "form")
    return is_part or OTHER_NAMES.search(name) is not None


def part_of(label: str) -> tuple[str, str]:
    """Return (side, part) of a label; empty texts if its words do not name a part."""
    words = [word.lower() for word in _PART_OF_WORD.findall(label)]
    side = ""
    while words and (words[0] in _SIDES or words[0] in ("http", "raw", "full", "actual")):
        side = _SIDES.get(words.pop(0), side)
    name = "".join(words)
    if not name:
        return side, "body" if side else ""
    return side, _PARTS.get(name, "")


def is_labeled_status(status: re.Match[str]) -> bool:
    """Return whether a label of a response stands before a status in its line: `Response: 202`, `Status code: 202`."""
    label = status.string[: status.start("status")].strip(" \t*_#>-")
    side, part = part_of(label.rstrip(":= "))
    return label[-1:] in (":", "=") and side != "request" and part in ("body", "status")
