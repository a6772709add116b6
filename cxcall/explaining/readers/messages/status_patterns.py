"""Find the status of a response in a line of a message, a log, code, or prose, that was received and is not expected."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from http import HTTPStatus
from itertools import chain

from cxcall.explaining.readers.messages.sentences import (
    SENTENCE_END,
    asks_whether,
    is_assumption,
    is_untrue,
    part_around,
)
from cxcall.explaining.readers.messages.status_phrases import (
    ERROR_LABELS,
    NOUNS,
    SIGNS,
    THINGS,
    VAGUE,
    VERBS,
)
from cxcall.runtime.patterns import LazyPattern, compile_on_use, fold_name


def _any(*phrases: Iterable[str]) -> str:
    return f"(?:{'|'.join(each for group in phrases for each in group)})"


STATUS_BY_NAME = {fold_name(each.phrase): each for each in HTTPStatus}
PHRASES = _any(re.escape(each.phrase).replace("\\ ", "[ _]?") for each in HTTPStatus)
"""The phrases of HTTP, also as .NET writes them (`BadRequest`), and nginx (`Gateway Time-out`)."""
PHRASES = PHRASES.replace("Timeout", "Time-?out")
_FINAL = "(?P<status>[2-5][0-9]{2})"  # 1xx is never the final one
_ERROR = "(?P<status>[45][0-9]{2})"
_LINK = "(?:always|an?|back|code|error|http|in|is|just|me|of|only|response|status|still|the|us|was|with)"
"""A word between a verb, or another word, and its status."""

STATUS_LINE = compile_on_use(
    r"HTTP/[0-9.]+\"? (?P<status>[1-5][0-9]{2})"
    r"(?: (?P<reason>(?!(?:returned|from|for|on|in|after|at|when|while|(?i:I|we|my|our|what|why))\b)"
    r"[A-Za-z](?:(?! in \S+ on line )[\w '-])*))?"  # PHP: `504 Gateway Time-out in /x.php on line 5`
)
BARE_STATUS = compile_on_use(
    rf"(?:^|[\s(\[:>=`\"']){_FINAL}\)?[ :-]+(?P<reason>{PHRASES})\b", re.IGNORECASE
)
_UNIT = r"[ \t](?:ms|msec|milliseconds?|s|sec|seconds?|bytes|[kKM]?B)\b(?![ \t]*[=:])"
# What is a number of things, and what a status. Right behind a URL, or a sign such as `HTTP` or an arrow, it is a status.
_COUNTED = rf"[ \t](?-i:{_any(THINGS)}s|people|per)\b(?![ \t]*[=:])"
"""Behind other words it is one of things if they follow: `with 400 users`; not `429 calls=3` in a log."""
_RETURNED = (
    rf"[ \t](?-i:(?:(?!time){_any(THINGS)}s|people)\b(?:[ \t]per[ \t]\w+)?|per[ \t]\w+)"
    r"(?=\W*$|[.,;!?)]\s|[ \t](?:a|and|as|at|back|but|for|from|if|in|instead|of|on|only|or|than|that|to|when|with)\b)"
)
"""Behind the verb of a response, if its clause ends with them: `returned 400 users`; not `returned 404 users not found`."""
# What may follow a status, and no number of things: the end of a clause, a code, a name, `missing`, `tokens expired`.
_BEHIND = (
    r"(?=[^\w\s%.:]|[.:](?!\d)|\s*$|\s+(?:[^\w\s]|[a-z]+[._][a-z]|[A-Z][a-z]*(?<!s)\b"
    r"|(?!max)\w+\s(?:not|must|cannot|already|denied|exceeded|expired|failed|required)\b"
    r"|(?!max)\w+(?<!s)\s(?:is|was|does|has)\b"
    r"|(?i:errors?|response|status|when|if|because|but|for|with|on|from|in|here|again|since|as|after|back|every"
    rf"|until|even|now|so|zur\u00fcck|I|we|it|the|this|that|invalid|missing|wrong|no|cannot|must|{PHRASES})\b))"
)
_OF_OWN_SERVER = compile_on_use(r"\b(?:my|our) own (?:\w+ ){1,3}$", re.IGNORECASE)
"""Before the status of a program that is not the API: `but my own server logs status 500`."""
CLIENT_STATUS = compile_on_use(
    rf"\b{_ERROR} (?:Client|Server) Error: (?!None\b|for url)"
    r"(?P<reason>\S[^\n]*?(?= for url)|[A-Z][^\n\"'`]*?(?=\s*$))"
)
"""As requests prints it, also with the own phrase of a server: `400 Client Error: Invalid phone for url: https://...`."""
_LAST = r"[ \t]+[45][0-9]{2}[.!]?\s*$"
"""A status as the last word of a line."""
NAMED_STATUS = compile_on_use(
    rf"(?:(?<!expected[ _])(?<!Then )\b(?:{_any(NOUNS)}|(?P<verb>{_any(VERBS)})|(?P<vague>{_any(VAGUE)}))"
    rf"(?:[ _-]?{_LINK}){{0,3}}|(?<=[.!?])(?={_LAST})|{_any(SIGNS)})"
    r"[\"']?[ \t]*[:=]?[ \t]*[\"'(\[<]{0,2}(?:Response \[|HTTP[ /]?)?"
    rf"{_FINAL}"
    rf"(?(verb)s?)(?![\w-]|\.\w|{_UNIT}|, ?[1-5][0-9]{{2}}[],]|[>\"')\]]?,? but (?:got|was|received)\b)"
    rf"(?(verb)(?!{_RETURNED}))(?(vague)(?-i:{_BEHIND}))",
    re.IGNORECASE,
)
COUNT = compile_on_use(
    rf"\b{_any(VERBS)}(?: {_LINK}){{0,3}} {_FINAL}(?! per |[^\n]* per ){_RETURNED}", re.IGNORECASE
)
"""A number of things behind the verb of a response, but no rate: `returned 400 items`."""
STATUS_ALONE = compile_on_use(rf"^[ \t]*{_FINAL}[ \t]*$")
STATUS_OF = compile_on_use(rf"\b{_ERROR} (?:from|for|on|at|with|to)\W*$")  # `400 from POST ...`
TIMED_STATUS = compile_on_use(
    rf" (?:-?\d+/){{4}}\+?-?\d+ {_ERROR} "
)  # of HAProxy, behind five times: `0/0/12/-1/30013 504 194 ... "POST ..."`
LINE_STATUS = compile_on_use(
    r"^[#>/*= -]*(?P<status>[1-5][0-9]{2})[ :-]+(?:(?P<reason>[A-Z][\w '-]*)|(?=\{))"
)
LOG_STATUS = compile_on_use(
    rf"(?:(?P<record>\A[\s\"'`*)\]>:]*)|(?:(?<!took)(?<!\bof)[\s,;|]|(?<!expected_status)=)(?![0-9]{{3}}{_COUNTED}))"
    rf"(?P<status>[1-5][0-9]{{2}})(?=[\s,;|)]|[.?!:]?(?:\s|$))(?!{_UNIT}| as )"
)
STATUSES_IN_LINE = (STATUS_LINE, CLIENT_STATUS, BARE_STATUS, LINE_STATUS, NAMED_STATUS)
STATUSES_BEFORE_TARGET = (TIMED_STATUS, STATUS_OF, BARE_STATUS, NAMED_STATUS)
STATUSES_BEHIND_TARGET = (STATUS_LINE, CLIENT_STATUS, BARE_STATUS, NAMED_STATUS, LOG_STATUS)
ERROR_STATUS = compile_on_use(r"(?<![\w./-])(?<!\":)(?<!\": )[45][0-9]{2}s?\b(?![/-]|\.[0-9])")
"""A number that may be an error status, not in JSON."""
_NOT_BEFORE = "agent and building by case ext extension for in line number of on or page port queue room skill station than ticket to"
_NUMBER = compile_on_use(
    rf"(?<![./-])(?<!\":)(?:^|[^\w ]|\b(?!(?:{_NOT_BEFORE.replace(' ', '|')})\b)[^\W\d]+)[ \"'`(]*"
    r"(?<![\w./-])(?P<status>4(?:[0-2][0-9]|31|51)|50[0-9]|51[01])(?=[\"'`)]*(?:[.,;!?](?:\s|$)|\s*$))",
    re.IGNORECASE,
)
"""A number that ends a clause, and may be an error status beside a success, in any language."""
_IN_CALL = compile_on_use(r"\w\([^()]*$")
TOLD_FORMS = tuple(
    compile_on_use(form, re.IGNORECASE)
    for form in (
        rf"\b{_any(ERROR_LABELS)}[\"']? ?(?:=>|[:=])? ?(?:Number\()?{_ERROR}\b",
        rf"\b{_ERROR}(?: ?[-:,(] ?| )(?:(?:client |server )?error|response(?! (?:size|time)))\b",
        rf"\b{PHRASES} ?\({_ERROR}\)",  # `Bad Request (400)`
        rf"\({_ERROR}\): {PHRASES}",
        # Of .NET, in the user's language: `Le serveur distant a retourn\u00e9 une erreur : (400) Demande incorrecte.`
        rf": ?\({_ERROR}\) [^\W\d_]",
    )
)
"""Forms of an error status anywhere in a line, also of code."""
# A sentence or label with a status: `It returns 400.`, `We get a 400 from it`, `Result: 400`; not `returns 400 rows`.
TOLD_STATUS = compile_on_use(
    r"(?:^|.*\)(?=\s+\w))[\s>*/#-]{0,8}(?!(?-i:[a-z]+):? [0-9])(?:[\w'\u2019-]{1,30}[ ,:.]{1,3}){0,12}?"
    rf"{_any(NOUNS, VERBS, VAGUE)}(?:[ :]+{_LINK}){{0,4}}[ :]+{_ERROR}s?(?-i:{_BEHIND})",
    re.IGNORECASE,
)
# Without its number: `Getting 'Bad Request' as the response`, `Unsupported Media Type({...})`. One word has a capital.
TOLD_PHRASE = compile_on_use(
    rf"(?:(?P<start>^\W*)|\bStatusCode ?[:=] ?"
    rf"|\b(?:{_any(VERBS)}|actual|results? in|(?:fail|respond|answer)\w* with|error|response)"
    rf"(?: {_LINK}){{0,3}}:? [\"'`(]{{0,2}})"
    rf"(?P<phrase>(?-i:(?=[A-Z])){PHRASES}"  # also of .NET: `BadRequest`
    r"|bad request|method not allowed|unsupported media type)"
    r"(?(start) ?[(:] ?\{|[\"'`)]{0,2}(?:[.,;!?]|\s*$| (?:as|back|error|for|from|on|response|when)\b))",
    re.IGNORECASE,
)
# The sign of a comment or of output, perhaps words that end in one that tells of a response, a status, and no counted noun.
NOTED_STATUS = compile_on_use(
    r"(?:(?<!:)//|(?:^|[);,])\s*\#|\#(?=[\s=>-])|;;|--+>"
    r"|^\s*(?:=>|%|\[1\]|\"(?=\s))|(?:^|\s)'(?=\s|[45]\d\d\s*$)|(?=\bstatus\W))"
    rf"(?:.{{0,80}}?\b(?i:{_any(NOUNS, VERBS, VAGUE)})(?:\s{_LINK}){{0,3}})?"
    rf"\W{{0,12}}\b{_ERROR}\b{_BEHIND}"
)
"""In a comment of code, or below code: `// returns 400`."""
# What was received stands behind one of these, not what is expected.
_RECEIVED = r"\b(?:actual|but|current|got|happen(?:ed|s)|instead|kein|no|not|reality|received?|returned|without)\b"
_EXPECTED = compile_on_use(
    rf"\b(?:should|would|expect\w*|docs|documentation)\b"
    rf"(?:(?! and |{_RECEIVED})(?:HTTP/[0-9.]+|/[\w/{{}}-]*+|[^\n.;,/])){{0,60}}$",
    re.IGNORECASE,
)
# `Expected: 201 Created`, `Erwartet: Liste wird angelegt (201).`, or the line above: `### Expected behavior`.
_LABEL = compile_on_use(
    r"[ \t>*_#-]*(?:what (?:did )?(?:I|you) )?"
    r"(?:expect\w{0,10}|desired|erwartet\w{0,4}|attendue?|esperad[ao]|(?:should|soll(?:te)?)(?=[^\n]*:))"
    r"(?: \w{1,30}){0,3}[ *_]*(?P<sign>[:?]?)[ *_]*",
    re.IGNORECASE,
)
_LABELED = compile_on_use(
    rf"(?:(?!{_RECEIVED}|[.!?;]\s)(?:HTTP/[0-9.]+|[^\n{{/])){{0,200}}+",
    re.IGNORECASE,
)
_PHONE_NUMBER = compile_on_use(
    r"(?:\)[ .-]?[0-9]{3}[ .-]?|[ .-][0-9]{3}[.-]|(?:(?<=[a-z] [0-9]{3})|(?<=\+1 [0-9]{3})) [0-9]{3} "
    r"|(?<=[a-z] [0-9]{3} [0-9]{3}) )[0-9]{4}\b"
)
"""The rest of a phone number behind its area code: `(415) 555-2671`."""
_FENCE = compile_on_use(r"\s*(?:[`~]{3}.*)?$")
_MAX_CLAUSE = 200


def find_first(text: str, *patterns: LazyPattern) -> re.Match[str] | None:
    """Return the match of the first pattern that matches; None if none does."""
    return next((found for each in patterns if (found := each.search(text))), None)


def status_in_line(line: str, *patterns: LazyPattern, above: str = "") -> re.Match[str] | None:
    """Return the status that a line below another one names; None if it names none.

    An error that is expected counts only if the line has no other status, and not behind a label such as `Expected:`.
    A success counts only if it is told as a fact, and the line has no number that may be an error status, except
    right behind the target of its request, as in a log.
    """
    found = [each for pattern in patterns for each in pattern.finditer(line)]
    received = next((each for each in found if is_status_received(each, above)), None)
    if received is None:
        known = (each for each in found if each["status"] >= "400" and not _is_area_code(each))
        return next((each for each in known if not _is_labeled(each, above)), None)
    if received["status"] >= "300" or is_record(received):
        return received
    numbers = (each for each in chain(found, _NUMBER.finditer(line)) if each["status"] >= "400")
    error = next(filter(is_status_received, numbers), None)
    return error or (received if _is_fact(received) else None)


def is_record(status: re.Match[str]) -> bool:
    """Return whether a status is that of a log: nothing is between it and the target of its request."""
    return status.groupdict().get("record") is not None


def _is_fact(status: re.Match[str]) -> bool:
    """Return whether a sentence tells a status, not a question, an assumption, the contrary, or the argument of a call."""
    start = status.start("status")
    before, behind = part_around(status.string, start, SENTENCE_END)
    sentence = f"{before.rpartition(' but ')[2]} {behind.partition(', but ')[0]}"  # `Expected 200 but got 202`
    is_open = is_assumption(sentence) or asks_whether(sentence) or is_untrue(before)
    return not (is_open or _IN_CALL.search(status.string, 0, start))


def with_line_above(lines: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Yield each line with the last one above it that has text."""
    above = ""
    for line in lines:
        yield line, above
        above = above if _FENCE.match(line) else line


def is_status_received(status: re.Match[str], above: str = "") -> bool:
    """Return whether a status in a line is neither expected nor a part of a phone number."""
    is_of_api = not _OF_OWN_SERVER.search(status.string, 0, _span(status)[0])
    return is_of_api and not (_is_area_code(status) or _is_expected(status, above))


def _is_area_code(status: re.Match[str]) -> bool:
    """Return whether the number of a match starts a phone number."""
    return _PHONE_NUMBER.match(status.string, _span(status)[1]) is not None


def _is_labeled(status: re.Match[str], above: str = "") -> bool:
    """Return whether a status stands behind a label such as `Expected:` in its line, or alone in the line above."""
    line, (start, _) = status.string, _span(status)
    label = _LABEL.match(line)
    first = label.end() if label and label["sign"] else 0 if _LABEL.fullmatch(above) else start + 1
    between = _LABELED.match(line, first, start) if first <= start else None
    return between is not None and between.end() == start


def _is_expected(status: re.Match[str], above: str = "") -> bool:
    """Return whether the line of a status, or a label directly above it, says that it is expected, or a document does."""
    line, (start, _) = status.string, _span(status)
    return _is_labeled(status, above) or bool(
        _EXPECTED.search(line, max(start - _MAX_CLAUSE, 0), start)
    )


def _span(status: re.Match[str]) -> tuple[int, int]:
    named = status.groupdict().get("status")
    return status.span("status" if named else status.lastindex or 0)
