"""Recognize the lines that start a request or a response, and their headers, in messages, logs, and prose."""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import takewhile
from urllib.parse import urlencode

from cxcall.documents.json_text import find_json
from cxcall.explaining.readers.json_values.json_search import json_values
from cxcall.explaining.readers.messages.sentences import CLAUSE_END, is_personal
from cxcall.explaining.readers.messages.status_patterns import ERROR_STATUS, PHRASES
from cxcall.explaining.readers.request_builder import METHODS
from cxcall.responses.refusals.finding_code_table import NO_CAUSE
from cxcall.responses.refusals.reason_choice import find_cause_of_text
from cxcall.runtime.patterns import compile_on_use
from cxcall.transport.http_messages import Headers

_METHOD = rf"(?P<method>{'|'.join(METHODS)})"
_CHARACTER = (
    r"(?:[^\s\"'<>`|,\u201c\u201d\u2018\u2019]|(?<=[/=])<[A-Za-z][\w-]{0,40}>|,(?![0-9]{3}\b))"
)
_TARGET = (
    # A URL, a path, `{host}/...`, a variable of code with a path after it, or `example.com/...`.
    r"(?P<target>"
    rf"(?:https?://|/|\{{\{{?[\w.$-]+\}}?\}}|\ufdd0[^\ufdd1]*\ufdd1|[\w-]+(?:\.[\w-]+)+/)"
    rf"{_CHARACTER}*|https?://{_CHARACTER}+)"
)
REQUEST = compile_on_use(
    rf"(?:^|(?<=[\s\"'\[(=:>`*,;|])){_METHOD}[\"'`*\]:,]{{0,3}}[ \t]+"
    # Words between both: `POST request to /api`, and before a whole URL any three: `POST en la URL https://...`.
    r"(?:(?i:(?:to|request|url|uri|path)[ =:]+){1,2}"
    rf"|(?:[^\W\d_]{{1,12}}[ :]+){{1,3}}(?=[\"'`<(\[\u201c\u201e\u2018]?https?://))?"
    rf"[\"'`*(\[\u201c\u201e\u2018]{{0,2}}{_TARGET}"
    r"(?P<version>[\"'`]?,? HTTP/[0-9.]+)?"
)
HEADER = compile_on_use(
    r"^[\s*+-]{0,4}([!#$%&'*+.^_`|~0-9A-Za-z-]+)(?::|(?<=[\w-])[ \t]*[|\t](?=[ \t]*\w))[ \t]*(.*)$"
)
"""A header, also in a table: `Authorization | Bearer ...`."""
SENT_BODY = compile_on_use(  # a label before a body in the form of Python; other readers find it
    r"(?i)\b(?:sent|sending|request)[ _-](?:body|payload|data|json)\b[\"']?\s*[:=]\s*[\[{]+\s*'"
)
HEADING = compile_on_use(
    r"(?i)[^\w\"'{\[]*(?:(?:request|response)(?:[ _-](?:headers?|body))?|headers?|body)[^\w\"'{\[]*$"
)
"""A line above the headers of a message, or above its body."""
_FORM_LINE = compile_on_use(r"^[ \t]*([a-z][\w.-]*):[ \t]*\"?([^\"\n]*?)\"?[ \t]*$", re.MULTILINE)
_FORM_LINES = compile_on_use(
    r"(?:\A\s*|request body\W*\n)(?:[ \t]*[a-z][\w.-]*:(?:[ \t]*\"[^\"\n]*\"[ \t]*|[^\"\n{\[]*)(?:\n|\Z))+",
    re.IGNORECASE,
)
_LABEL = compile_on_use(r"\W*(?:request )?headers?\W*[:=]\s*(?=\{)|\s*(?=\{)", re.IGNORECASE)
QUOTED = compile_on_use(r'"[^"]*"')
_REASON = compile_on_use(
    r"\s*(?:\"(?P<quoted>[^\"]*)\"|\((?P<grouped>(?!\w+=)[A-Za-z][^()\n]{3,100})\)\.?)\s*"
    r"|\s*'(?P<tuple>[A-Za-z][^'\n]{3,100})'(?:, [^\n]*)?\)(?:\n.*)?"
    r"|message='(?P<member>[A-Za-z][^'\n]{3,200})'"
    r"|[^\n=]+ = [^\n]*?, (?:[Rr]eason|[Mm]essage) = (?P<pair>[A-Z][^\n]{3,200}?)(?:, \w+ = [^\n]*)?(?:\n.*)?",
    re.DOTALL,
)
"""The reason behind a status in a log: in quotes, in parentheses (.NET), in a tuple of Python, or named."""
# `HTTP 400: queue not found`, `400 Bad Request - ...`, `[HTTP 400] ...`, `ApiException (400): ...`.
_STATED = compile_on_use(
    r"[\"'`]?(?: ?[)\]])?(?: (?:client |server )?error)?(?::| -|(?<=\])) "
    r"(?P<words>(?:the |an? )?[\"'`(]?[A-Za-z][\w'-]*"
    r" [\[(<'\"`]?\w[^\n{}]{2,300}?)\s*$",
    re.IGNORECASE,
)
_KNOWN_PHRASE = compile_on_use(rf"(?i:{PHRASES})(?= )")
_VERB = compile_on_use(
    r"(?<![\w.])(?:get|got|gave|give|(?!status)[a-z]+(?:s|ed|ing))(?: (?:an?|back|in|me|the|us|with)){0,3}"
    r"(?: (?:an )?(?:HTTP|error|status|code)){0,3} $"
)
_LINE_START = compile_on_use(r"\W*(?:\w+: ?)?")
_DESCRIPTION = compile_on_use(
    r"\bicStatusDescription[\"']?[ \t]*[:=][ \t]*[\"']?(\w.{2,100}?)(?=[\"'\n]|  | [\w-]+=|$)",
    re.IGNORECASE,
)
"""The reason of NICE CXone in a log line, among other members of it."""
_LEVEL = r"^.{0,80}?\b(?:ERROR|WARN(?:ING)?|FATAL|CRITICAL|SEVERE|INFO|DEBUG|level=\w+)\b"
_WORDS = r"[A-Z]\w+(?: \w+){1,5}"
_MAX_SENTENCE = 1000
_SHORT_NAMES = tuple("accept authorization host origin cookie date icstatusdescription".split())
"""Names without a hyphen."""


def request_in_line(line: str) -> re.Match[str] | None:
    """Return the request in a line that has an error status in its clause, or else the first one; None if there is none."""
    found, start = list(REQUEST.finditer(line)), 0
    stops = [*(each.start() for each in found[1:]), len(line)]
    for request, stop in zip(found, stops, strict=False):
        between = line[request.end() : stop]
        if between.count("{") != between.count("}"):
            break
        is_last = stop == len(line)
        ends = [] if is_last else CLAUSE_END.finditer(line, request.end(), stop)
        end = max((each.end() for each in ends), default=stop)
        if ERROR_STATUS.search(line[start:end]):
            return request
        start = end
    return found[0] if found else None


def start_of_status(line: str, status: re.Match[str]) -> int:
    """Return the start of a status in a line, or of the JSON that contains it."""
    starts = (start for start, end, _ in json_values(line) if start < status.start("status") < end)
    return next(starts, status.start())


def rest_of_line(line: str, status: re.Match[str]) -> str:
    """Return the rest of a line after a status, with the whole JSON that contains it."""
    start = start_of_status(line, status)
    return line[status.end() if start == status.start() else start :].strip(" \t\r,;")


def reason_of(status: re.Match[str], text: str) -> str:
    """Return the reason of a status: in its line, or else behind the same status in a line with the level of a log.

    The text is what follows the status; without a level, it is prose.
    """
    named = status.groupdict().get("reason") or ""
    is_own = bool(named) and not _KNOWN_PHRASE.match(f"{named} ")
    if not is_own and (stated := _stated_reason(status)):
        return stated
    if of_http := _KNOWN_PHRASE.match(named):
        return of_http[0]
    if own := own_phrase(status):
        return own
    is_beside = bool(status.string[status.end() :].strip(" \t\r,;"))
    if is_beside and (found := _REASON.fullmatch(text)):
        return next(filter(None, found.groups()), "") or named
    if described := _DESCRIPTION.search(text):
        return described[1]
    if named not in ("", "None"):
        return named
    again = re.search(rf"{_LEVEL}.*\b{status['status']} ({_WORDS})$", text, re.MULTILINE)
    return again[1] if again else named


def _stated_reason(status: re.Match[str]) -> str:
    """Return the words behind a status and a colon, a hyphen, or a bracket; empty if they are those of a person.

    In a sentence, `it returns 400: ...`, they are those of a server if they name a cause.
    """
    line, is_error = status.string, status["status"] >= "400"
    stated = _STATED.match(line, status.end()) if is_error else None
    words = stated["words"] if stated else ""
    if is_personal(words):
        return ""
    is_sentence = _VERB.search(line, 0, status.start("status"))
    return "" if is_sentence and find_cause_of_text(words) == NO_CAUSE else words


def server_words(text: str, headers: Mapping[str, str]) -> str:
    """Return the text below a status line and headers up to the first paragraph of plain words of a person."""
    known = Headers(headers.items())
    if known.get("Content-Length") == "0":
        return ""
    if text[:1] in "{[<" or known.get("Content-Type", "").startswith("text/"):
        return text
    paragraphs = text.split("\n\n")
    return "\n\n".join(takewhile(lambda each: not is_personal(each[:_MAX_SENTENCE]), paragraphs))


def own_phrase(status: re.Match[str]) -> str:
    """Return the rest of a status line whose phrase is the server's own; empty for a phrase of HTTP, or in a sentence."""
    named = status.groupdict().get("reason")
    is_line = status[0].startswith("HTTP/") and _LINE_START.fullmatch(
        status.string, 0, status.start()
    )
    is_known = not named or _KNOWN_PHRASE.match(f"{named} ")
    return status.string[status.start("reason") :].strip() if is_line and not is_known else ""


def is_header_line(header: re.Match[str]) -> bool:
    """Return whether a line of prose that matches `HEADER` is a header."""
    return _is_name(header[1]) and not header[2].startswith("//")


def without_quotes(headers: dict[str, str]) -> dict[str, str]:
    """Return headers without the quotes that the console of Postman puts around each value."""
    is_quoted = len(headers) > 1 and all(map(QUOTED.fullmatch, headers.values()))
    return {name: value[1:-1] if is_quoted else value for name, value in headers.items()}


def read_header_object(line: str) -> dict[str, str]:
    """Return the headers in a line such as `Headers: {"Accept": "*/*"}`; empty for any other line.

    Without a label, all names must be those of headers.
    """
    label = _LABEL.match(line)
    found = find_json(line[label.end() :], None) if label else None
    headers = {name: f"{each}" for name, each in found.items()} if isinstance(found, dict) else {}
    is_labeled = label is not None and bool(label[0].strip())
    return headers if is_labeled or all(map(_is_name, headers)) else {}


def _is_name(name: str) -> bool:
    return "-" in name or name.lower() in _SHORT_NAMES


def find_form(text: str, headers: Mapping[str, str]) -> str | None:
    """Return the form that lines such as `name: "value"` show below headers that say so; None if none do."""
    kind = Headers(headers.items()).get("Content-Type", "")
    lines = _FORM_LINES.search(text) if "x-www-form-urlencoded" in kind else None
    return urlencode(_FORM_LINE.findall(lines[0])) if lines else None
