"""Find the status of a refusal that prose or a log names: by its number, or by the phrase of HTTP alone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from http import HTTPStatus

from cxcall.explaining.observed_request import ObservedRequest, SourceKind
from cxcall.explaining.readers.messages.expected_statuses import (
    is_assumption,
    is_status_received,
    with_line_above,
)
from cxcall.explaining.readers.messages.responses_in_text import handles_status
from cxcall.explaining.readers.request_builder import build_response
from cxcall.runtime.patterns import compile_on_use

_BY_NAME = {
    each.phrase.lower().replace(" ", ""): each
    for each in HTTPStatus
    if each >= HTTPStatus.BAD_REQUEST
}
_PHRASES = "|".join(re.escape(each.phrase) for each in _BY_NAME.values())
_NAMES = _PHRASES.replace("\\ ", " ?")
"""The phrases, also as .NET names the statuses: `BadRequest`."""
_ERROR_STATUS = compile_on_use(
    r"\bHTTP/[0-9.]+ ([45][0-9]{2})\b|\b(?:returned error|(?:server|client) error"
    rf"|(?:status|(?:http_)?code|c\u00f3digo|estado|r\u00e9ponse|statut|antwort|stato|codice)[\w ]{{0,24}})"
    rf"[\"']? ?(?:=>|[:=])? ?(?:Number\()?([45][0-9]{{2}})\b"
    # `400 Bad Request`, `Bad Request (400)`, `(400): Bad Request`
    rf"|\b([45][0-9]{{2}})(?: ?[-:,(] ?| )(?:{_PHRASES}|(?:client |server )?error|response(?! (?:size|time)))\b"
    rf"|\b(?:{_PHRASES}) ?\(([45][0-9]{{2}})\)"
    rf"|\(([45][0-9]{{2}})\): (?:{_PHRASES})"
    # A message of .NET, in the user's language: `Le serveur distant a retourné une erreur : (400) Demande incorrecte.`
    r"|: ?\(([45][0-9]{2})\) [^\W\d_]",
    re.IGNORECASE,
)
_ERROR_NUMBER = compile_on_use("[45][0-9]{2}(?![0-9])")
"""What each alternative of `_ERROR_STATUS` has; most texts have none."""
# A sentence or label with a status: `It returns 400.`, `We get a 400 from it`, `Result: 400`; not `returns 400 rows`.
_TOLD_STATUS = compile_on_use(
    r"(?:^|.*\)(?=\s+\w))[\s>*/#-]{0,8}(?!(?-i:[a-z]+):? [0-9])(?:[\w'\u2019-]{1,30}[ ,:.]{1,3}){0,12}?"
    r"(?:return(?:s|ed|ing)|throws|threw|repl(?:ies|ied)|work|get(?:s|ting)?|got|gives?|gave"
    r"|receives?|received|fails?|failed"
    r"|actual|(?:actual |current )behaviou?r"
    r"|response|respond(?:s|ed)|it[\u2019']s(?= an? )|answer(?:s|ed)?|says|said|see|saw|prints|printed|shows|result"
    r"|output|status|error|http|ends|comes)"
    r"(?:[ :]+(?:back|with|in|the|is|was|always|of|me|us))*(?P<kind>(?:[ :]+(?:an?|http|status|code|error))+)?"
    r"[ :]+(?P<status>[45][0-9]{2})s?(?=[.,!?;:]*$|[.,!?;:] | (?:error|response|back|again|every)\b"
    r"| \w+ (?:not|must|cannot|denied|exceeded|expired|failed|required)\b"
    r"| [a-z]+(?:[._][a-z]+)+\b|(?<=[45]0[13]) for\b|(?(kind) (?:from|on|for|when|and|but)\b|(?!)))",
    re.IGNORECASE,
)
# Without its number: `Getting 'Bad Request' as the response`, `Unsupported Media Type({...})`. One word has a capital.
_TOLD_PHRASE = compile_on_use(
    r"(?:(?P<start>^\W*)|\bStatusCode ?[:=] ?"
    r"|\b(?:get(?:s|ting)?|got|receiv(?:es?|ed|ing)|gives?|gave|return(?:s|ed|ing)|results? in|error"
    r"|response|(?:fail|respond|answer)\w* with)(?: (?:me|us|back|with|is|was|an?|the)){0,3}:? [\"'`(]{0,2})"
    rf"(?P<phrase>(?-i:(?=[A-Z]))(?:{_NAMES})|bad request|method not allowed|unsupported media type)"
    r"(?(start) ?[(:] ?\{|[\"'`)]{0,2}(?:[.,;!?]|\s*$| (?:as|back|error|for|from|on|response|when)\b))",
    re.IGNORECASE,
)


def with_status(request: ObservedRequest, text: str) -> ObservedRequest:
    """Return a request; if its response has no status, with the only error status from anywhere in the text."""
    response = request.response
    if response is not None and (response.status or not request.is_refused):
        return request
    is_code = request.kind is SourceKind.CODE
    lines = [
        (line.strip(), above)
        for line, above in with_line_above(text.split("\n"))
        if not is_assumption(line) and not (is_code and handles_status(line))
    ]
    numbers = [each for each in lines if _ERROR_NUMBER.search(each[0])]
    found = {status for each in numbers for status in _statuses(*each)}
    if (response is not None or request.body) and not found:
        alone = ((_ERROR_NUMBER.fullmatch(line), above) for line, above in numbers)
        found = {int(each[0]) for each, above in alone if each and is_status_received(each, above)}
    if not found:
        told = (each for line, _ in lines for each in _TOLD_PHRASE.finditer(line))
        found = {int(_BY_NAME[each["phrase"].lower().replace(" ", "")]) for each in told}
    if len(found) != 1:
        return request
    status = found.pop()
    known = response._replace(status=status) if response else build_response(status)
    return replace(request, response=known)


def _statuses(line: str, above: str) -> Iterator[int]:
    """Yield the error statuses that a line below another one names."""
    for each in (*_ERROR_STATUS.finditer(line), *filter(None, [_TOLD_STATUS.match(line)])):
        if is_status_received(each, above):
            yield int(next(filter(None, each.groups()[::-1])))
