"""Find the words of a server that prose, a log, or lines with labels quote: only behind a label or a status of its response."""

from __future__ import annotations

import re
from http import HTTPStatus
from itertools import chain

from cxcall.explaining.readers.messages.sentences import SENTENCE_END, is_personal
from cxcall.explaining.readers.messages.status_patterns import ERROR_STATUS, PHRASES, find_first
from cxcall.responses.refusals.finding_code_table import NO_CAUSE
from cxcall.responses.refusals.reason_choice import find_cause_of_text
from cxcall.runtime.patterns import compile_on_use
from cxcall.runtime.secrets.known_secrets import MASKED
from cxcall.runtime.secrets.random_texts import is_like_key
from cxcall.transport.http_messages import HttpResponse

# Messages of Genesys Cloud (docs/platforms/genesys-cloud.md#error-codes).
_MISSING_PERMISSION = compile_on_use(
    r"You (?:are missing the following permission\(s\)"
    r"|(?P<any>must have at least one of the following permissions assigned))"
    r": \[?\w+(?::[\w*]+)+(?:, ?\w+(?::[\w*]+)+)*\]?"
)
_BAD_TRANSITION = compile_on_use(
    r"\bInvalid transition from \\?<\w+\\?> to \\?<\w+\\?>", needs=("Invalid transition",)
)

# The words: in quotation marks, or up to the end of the sentence.
_QUOTES = (
    rf"(?!\W(?:{PHRASES})\W)(?:[\"\u201c]([A-Za-z'][^\n\"\u201d]{{7,300}})[\"\u201d]|`([A-Za-z][^\n`]{{7,300}})`"
    r"|['\u2018]([A-Za-z](?:[^\n'\u2019]|['\u2019](?=\w)){7,300})['\u2019])"
)
_SENTENCE = (
    r"(?!(?:It|This|That|There|None|No)\b)([A-Za-z][\w'-]* [^\n\"{}]{3,300}?)(?=\.(?:\s|\Z)|\n|\Z)"
)
# Before them, in prose: `the error message in the response is vague, stating that`, `the API says`.
_CLAUSE_START = r"(?:^|[.!?;,:]\s+|\s(?:and|but)\s+)[>*#\s-]{0,4}(?:the\s+)?"
_SENDER = r"(?:the )?(?:response(?: body)?|server|API|platform|Genesys(?: Cloud)?|CXone)"
_NOUN = r"(?:message|response|body|text|description|reason)"
_GOT = r"(?: returned|(?: that)? (?:I|we) (?:get|got|see|receive))"
_IN_IT = rf"(?: (?:in|inside|of|from) (?:{_SENDER}|the body))"
_FROM = f"{_GOT}?{_IN_IT}?"
_RESPONSE = (
    rf"(?:(?:(?:error|response|answer)(?: {_NOUN})?|message){_FROM}|{_NOUN}(?:{_GOT}|{_IN_IT}))"
)
_HOW = r"(?: (?!(?:never|not?)\b)\w+)"
_SAYS = (
    rf"(?: (?:is|was){_HOW}{{1,2}},?)?(?: \w+ly)?,?"
    r" (?:(?:answer|complain|contain|read|respond|return|show)(?:s|ed|ing)|(?:cit|stat)(?:es|ed|ing)"
    r"|repl(?:ies|ied|ying)|sa(?:id|ys|ying)|tell(?:s|ing)|told|gives|gave)"
    rf"(?: (?:back|me|us|that|with)){{0,2}}(?: (?:the|this|an?)(?: following)?(?: (?:error|{_NOUN})){{1,2}})?:?"
)
_IS = rf"(?: (?:is|was)(?! (?:never|not?)\b){_HOW}{{0,2}}:?|:)"
# Or a status: `400 Bad Request with the message`, `400, citing`.
_NAMED_STATUS = (
    r"(?P<other>\b(?:should|would|expect\w*|docs|documentation|we (?:answer|return|send))\b"
    r"(?:(?! but )[^\n.;,]){0,60})?"
    rf"(?<![\"'])\b[45][0-9]{{2}}\)?(?: \(?(?:error|response|back|{PHRASES})\)?){{0,2}}"
)
"""A status; with the group `other`, one that somebody expects or sends."""
_WITH_MESSAGE = (
    r",? (?:with|and) (?:(?:the|an?|this|following) ){0,2}(?:error )?(?:message|error):?"
)
_GETS = (
    r"\b(?:I|we|it|API|server) (?:am |are |keep )?"
    r"(?:gets?|getting|got|see(?:s|ing)?|receiv(?:es?|ed|ing)|return(?:s|ed))"
    rf" (?:(?:an?|following|the|this) ){{1,2}}(?:error|response)(?: message)?(?:(?: that)?{_SAYS}|:)?"
)
_BEHIND = rf"[.,;]?(?: and)?(?: (?:it|that|which))?{_SAYS}"
_QUOTED = compile_on_use(
    rf"(?i:(?:{_CLAUSE_START}(?:{_RESPONSE}(?:{_SAYS}|{_IS})|{_SENDER}{_SAYS})|{_GETS}"
    rf"|{_NAMED_STATUS}(?:{_WITH_MESSAGE}|{_BEHIND}|(?P<bare>[:,]?(?! \W[\w.-]+/[0-9])))) )"
    rf"{_QUOTES}(?(bare)(?=[.,;)]|\s*$))",
    re.MULTILINE,
)
_PLAIN = compile_on_use(
    rf"(?i:{_CLAUSE_START}error message{_FROM}(?:{_SAYS}|{_IS})(?<=:) ){_SENTENCE}"
    rf"|(?i:{_NAMED_STATUS}(?:(?:{_WITH_MESSAGE}|,? saying)(?-i:(?= [A-Z]))"
    rf"|[.,] (?:the )?error(?: is)?:(?!.* [45][0-9]{{2}}\b)"
    rf"|(?P<vague>{_BEHIND}|{_WITH_MESSAGE}(?: that|(?! (?:about|code|for|in|of|on|when)\b))|[.,;]?\n+error:"
    rf"|[.,;] (?:the )?(?:error|message|reason|response)(?: (?:data|{_NOUN}))?(?: is)?:)) ){_SENTENCE}",
    re.MULTILINE,
)
_CERTAIN = compile_on_use(
    r"error|response|answer|\bsa(?:y|id)|\bstat(?:e|ing)|complain|\brepl|\bcit|\breads|[45][0-9]{2}",
    re.IGNORECASE,
)
"""Words before quoted ones that say whose they are; others, as `the message is`, quote a refusal if they name a cause."""
_CLAUSE_END = compile_on_use(rf"{SENTENCE_END.pattern}|;\s|\n|\bbut\b")
_OF_OTHERS = compile_on_use(
    r"\b(?:docs?|documentation|swagger|colleague|expect\w*|earlier|previous(?:ly)?|yesterday"
    r"|last (?:month|time|week|year)|normally|usually|(?:Genesys(?: Cloud)?|CXone) (?:told|repl\w+))\b",
    re.IGNORECASE,
)
_PROVEN = compile_on_use(r"response|answer|[45][0-9]{2}", re.IGNORECASE)
_ELSEWHERE = compile_on_use(
    r"\W (?:as|at|by|in|on|to|under)\b(?! (?:(?:the|an?) )?(?:body|description|error|message|reason|response)\b)",
    re.IGNORECASE,
)
"""Behind quoted words that need not be of the response: they stand in a form, on a page, in a ticket."""
_CONDITION = compile_on_use(
    r"\b(?:unless|without|if(?! (?:I|we)\b)"
    r"|(?:if|when) (?:I|we) (?:(?:change|drop|leave|omit|remove|skip)"
    r"|[^.,;]{0,40}\b(?:an?other|different|empty|invalid|wrong)))\b",
    re.IGNORECASE,
)
"""Words around or before quoted words that are not those of the response to this request: a document, a day, another case."""
_MAX_SENTENCE = 200
_MARKED = compile_on_use(
    r"\bapi error (\w+: [^\n]{3,300})"
    r"|(?i:</\w*(?:code|status)>|<\w*(?:error|result)>|\b[45][0-9]{2}\b)"
    r"[^<>]{0,20}<message>([^<\n]{8,300})</message>"
    r"|(?i:\b[45][0-9]{2}\b[\w ()]{0,40} with error_?code: )([a-z]+(?:_[a-z]+)+)\b"
)
"""The words that an SDK, or an element of XML behind a status, marks as those of the response."""
_LISTED = compile_on_use(
    r"^[ \t]*(?:(?:error )?message:[ \t]+"
    r"([A-Za-z][\w'-]* [^\n\"{}]{4,300}(?<![,;])(?=\n|\Z)(?:\n\n\"\w[^\n]{3,200})?)"
    r"|error_?code:[ \t]+([a-z]+(?:_[a-z]+)+)[ \t]*$)",
    re.MULTILINE | re.IGNORECASE,
)
_LONG_WORD = compile_on_use(
    r"(?i:(?<!key )(?<!token )(?<!secret )\b(id|reference|trace|correlation|incident|request)\W{1,3})?"
    r"((?i:(?<=key )|(?<=token )|(?<=secret ))[\w+~/-]{16,}|[\w+~-]{16,})"
)
_LABEL = compile_on_use(r"[\s*#>-]{0,8}([A-Za-z][\w .-]{0,38}):(?=\s|$)")
_ERROR_LABEL = compile_on_use(
    r"(?:\b|_)(?:answer|code|context|description|details?|errors?|fields?|http|id|message|method|param(?:eter)?|path"
    r"|reason|resource|response|status|time(?:stamp)?|title|type|ur[il])(?:\b|_)|-|Code$"
    r"|(?:context|correlation|request|trace)Id$",
    re.IGNORECASE,
)
"""Labels in a list of the members of an error, or of the headers above it."""
_MAX_ABOVE = 6
# Of the SDKs that OpenAPI Generator makes: `com.example.ApiException: The name is taken`. Beside code only in a line of
# a log or of a stack trace, which has a call below it: comments, documentation, and strings of code have the same words.
_PACKAGE = r"(?:[\w$]{1,60}\.){1,10}"
_THROWN = r"ApiException: (?P<message>\w\S* \S+ [^\n{}]{1,400}?)(?: in /\S+)?\s*$"
_EXCEPTION_MESSAGE = compile_on_use(
    r"^(?:[^\n#*\"'`/]{0,200}?\b(?:Caused by:|Uncaught|threw|nested exception is"
    rf"|Exception in thread (?:\"[^\"\n]{{0,80}}\"|\w[\w.-]{{0,80}})) (?:{_PACKAGE})?"
    rf"|(?:\[?[0-9]{{2,4}}[-/:.][0-9]{{2}}|\[?(?:ERROR|WARN|FATAL|SEVERE)\b)[^\n\"'`]{{0,200}}?[ :]{_PACKAGE}"
    rf"|{_PACKAGE}(?=[^\n]{{0,500}}\n\s{{0,8}}at ))"
    rf"{_THROWN}",
    re.MULTILINE,
    needs=("ApiException: ",),
)
_BESIDE_PROSE = compile_on_use(
    rf"^[^\n#*\"'`/]{{0,200}}?(?<![a-z] )\b{_THROWN}", re.MULTILINE, needs=("ApiException: ",)
)


def quoted_refusal(
    text: str, response: HttpResponse | None, *, is_code: bool
) -> dict[str, str] | None:
    """Return the error body whose message prose or an exception quotes; None if they quote none."""
    may_be_it = response is None or response.status == HTTPStatus.FORBIDDEN
    if may_be_it and (found := _MISSING_PERMISSION.search(text)):
        code = "missing.any.permissions" if found["any"] else "missing.permissions"
        return {"message": found[0], "code": code}
    may_be_it = response is None or response.status == HTTPStatus.BAD_REQUEST
    if may_be_it and (found := _BAD_TRANSITION.search(text)):
        message = found[0].replace("\\", "")  # of Markdown
        return {"message": message, "error": message}
    is_refused = response is not None and response.status >= HTTPStatus.BAD_REQUEST
    words = _thrown_message(text, is_code=is_code) or (
        _words_of_refusal(text) if is_refused else ""
    )
    return {"message": mask_keys(words), "error": "ApiException"} if words else None


def mask_keys(words: str) -> str:
    """Return words of a server with masked keys."""
    return _LONG_WORD.sub(_mask_key, words)


def _mask_key(word: re.Match[str]) -> str:
    """Mask a token that a server repeats, which nothing else in the text may show to be one, and no ID for support."""
    return MASKED if not word[1] and is_like_key(word[2]) else word[0]


def _thrown_message(text: str, *, is_code: bool) -> str:
    """Return the message of the exception of an SDK in a log, a stack trace, or beside no code; empty if there is none."""
    patterns = (_EXCEPTION_MESSAGE,) if is_code else (_EXCEPTION_MESSAGE, _BESIDE_PROSE)
    thrown = find_first(text, *patterns)
    return thrown["message"] if thrown else ""


def _words_of_refusal(text: str) -> str:
    """Return the words that a text quotes of the response to a refused request; empty if it quotes none."""
    marked = map(_words, _MARKED.finditer(text))
    found = chain(_QUOTED.finditer(text), _PLAIN.finditer(text))
    told = (_words(each) for each in found if not each["other"] and _is_of_response(each))
    told = (each for each in told if not is_personal(each))
    listed = (_words(each) for each in _LISTED.finditer(text) if _is_below_status(text, each))
    return next(chain(marked, told, listed), "")


def _is_of_response(quoted: re.Match[str]) -> bool:
    """Return whether nothing in the sentence around quoted words says that they are no response to this request."""
    text, (start, end) = quoted.string, quoted.span(quoted.lastindex or 0)
    before = _CLAUSE_END.split(text[max(start - _MAX_SENTENCE, 0) : start])[-1]
    behind = _CLAUSE_END.split(text[end : end + _MAX_SENTENCE])[0]
    if _OF_OTHERS.search(f"{before} {behind}") or _CONDITION.search(before):
        return False
    if not _PROVEN.search(text, quoted.start(), start) and _ELSEWHERE.match(behind):
        return False
    is_vague = quoted.groupdict().get("vague") or not _CERTAIN.search(text, quoted.start(), start)
    return not is_vague or find_cause_of_text(text[start:end]) != NO_CAUSE


def _words(found: re.Match[str]) -> str:
    return str(found[found.lastindex or 0])


def _is_below_status(text: str, message: re.Match[str]) -> bool:
    """Return whether a line `message: ...` is below one with a status, and beside it are only lines of an error."""
    above = text[: message.start()].split("\n")[-_MAX_ABOVE - 1 : -1]
    last = max((at for at, line in enumerate(above) if ERROR_STATUS.search(line)), default=-1)
    below = text[message.end() :].partition("\n\n")[0].split("\n")
    labels = filter(None, map(_LABEL.match, [*above[last + 1 :], *below]))
    return last >= 0 and all(_ERROR_LABEL.search(each[1]) for each in labels)
