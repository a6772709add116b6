"""Choose the reason of a refusal: its text, and its cause by the most exact part of the response (code, message, or status)."""

from __future__ import annotations

import re
from functools import cache, lru_cache
from http import HTTPStatus
from typing import TYPE_CHECKING

from cxcall.responses.message_in_body import member_texts, platform_message, shorten
from cxcall.responses.processing_evidence import is_compressed, unreadable_reason
from cxcall.responses.refusals.finding_code_table import (
    NO_CAUSE,
    Advice,
    Cause,
    cause_of_status,
    load_causes,
)
from cxcall.runtime.patterns import compile_on_use

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cxcall.responses.platform_codes import PlatformCode
    from cxcall.transport.http_messages import HttpResponse

_VAGUE_CODES = (
    "",
    *"invalid_request bad.request general.bad.request client.failed.request no.results".split(),
)
"""Codes that are less exact than the message beside them."""
_TRANSITION = r"(invalid|bad|illegal) (status |state )?transition"
_TRANSITION_CAUSE = Cause(
    "state", "the object does not have the state that the request assumes", Advice.LOOK
)
_OTHER_VERSION = "invalid.update.wrong.version"
_ABOUT_VALUES = ("value-not-allowed", "property-missing", "type-mismatch", "body-malformed")
_INEXACT = ("not-provable", "token-expired", "value-not-allowed")
"""Codes of causes by status that the words of a message can tell more of."""
_ABOUT_OTHERS = (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND)
"""Statuses about a token, a right, or an object, that a word about a value in their code does not override."""
LOGIN_CODES = (
    *"access_denied invalid_client invalid_grant invalid_scope unauthorized_client".split(),
    *"unsupported_grant_type unsupported_response_type".split(),
)
"""Errors of a login server (RFC 6749, sections 4.1.2.1 and 5.2)."""
_KEPT_CAUSES = 64
# Not a path of properties, such as `body.active must be a boolean`.
_CODE_IN_TEXT = compile_on_use(
    r"(?<![a-z])(?<!field )(?<!property )(?<!parameter )(?<!for )[a-z]++(?:[._][a-z]++)+"
    r"(?! (?:are|cannot|has|is|may|must|should|was)\b)",
    re.IGNORECASE,
)
_MIN_WORDS = 3
_CHALLENGE_MEMBER = compile_on_use(r'\b(error|error_description|scope)="([^"]*)"')
_UNNAMED = compile_on_use(r'(?<= )"([^"=]+)"')
_XML_MESSAGE = compile_on_use(
    r"<(?:\w+:)?(?:message|description|error_?description|faultstring|detail|reason)>\s*([^<>]{3,2000})<",
    re.IGNORECASE,
)
_QUOTED_WORD = compile_on_use(r"(?<![\w'\"])(['\"\[<])[\w./$-]+['\"\]>](?![\w'\"])")
_ALLOWED_VALUES = compile_on_use(
    r"\b((?:must|should|has to|can only) be (?:either )?one of|not one of"
    r"|(?:accepted|allow(?:ed|able)|permitted|possible|supported|valid) (?:options|values)(?: are|:))[^.;\n]*",
    re.IGNORECASE,
)
_STRING = compile_on_use(r"\"(?:[^\"\\]|\\.)*+(?:\"|$)|'[^']*'")
_TITLE = compile_on_use(r"<title[^>]{0,200}>\s*([^<]{1,200})<", re.IGNORECASE)
_MAX_HEAD = 10_000
_OTHER_PHRASES = (
    *(
        "Content Too Large",
        "Unprocessable Content",
    ),  # of RFC 9110, also where Python has the older ones
    *("Service Temporarily Unavailable", "unknown"),  # of proxies
)
_SCOPE_ERROR = "insufficient_scope"
_OF_TOKENS = "(?:another|clients?|granted|insufficient|invalid|lacks?|missing|needs?|needed|oauth2?|requires?|required|tokens?)"
_SCOPE_OF_TOKEN = compile_on_use(
    rf"(?i)\b{_OF_TOKENS}\b.{{0,40}}\bscopes?\b|\bscopes?\b.{{0,40}}\b{_OF_TOKENS}\b"
)
_SCOPE_OF_OTHERS = compile_on_use(
    r"(?i)\b(?:beyond|in|out|outside|within)(?: of)?(?: the| your)? scope\b"
)
_VAGUE_TEXTS = {
    *(status.phrase.lower() for status in HTTPStatus),
    "invalid",
    "invalid request",
    "invalid input",
    "the request could not be understood",
    "validation failed",
    "invalid value",
    "invalid_value",
    "error",
    "failed",
    "failure",
    "an error occurred",
}


def find_cause(response: HttpResponse, text: str, *, is_api: bool) -> Cause:
    """Return the cause by the most exact part of the response: code, message, or status.

    `is_api` says that the request is for an operation, and not for a login server, whose codes have another meaning.
    """
    by_status = cause_of_status(response.status)
    if response.status == HTTPStatus.TOO_MANY_REQUESTS and by_status is not None:
        return by_status
    members = member_texts(response.json())
    found = (members.get(name, "").lower() for name in ("code", "errorcode", "error"))
    codes = tuple("" if is_api and each in LOGIN_CODES else each for each in found)
    return _cause_of(response.status, text, codes)


def is_of_gateway(response: HttpResponse) -> bool:
    """Return whether an error has the form of an API gateway's own: of AWS, Apigee, or Azure API Management.

    Each error of the platforms has a code or an `error`.
    """
    body = response.json()
    if not isinstance(body, dict) or {"code", "contextId", "error"} & {*body}:
        return False
    is_azure = {*body} == {"statusCode", "message"}
    is_apigee = isinstance(body.get("fault"), dict) and "faultstring" in body["fault"]
    return is_azure or is_apigee or "x-amzn-errortype" in response.headers


def find_cause_of_text(text: str) -> Cause:
    """Return the cause that the words of a platform's text name, whatever the status."""
    return _cause_of(0, text, ())


@lru_cache(maxsize=_KEPT_CAUSES)
def _cause_of(status: int, text: str, own_codes: tuple[str, ...]) -> Cause:
    """Return the cause by status, message, and codes; cached, because most responses in a file share them."""
    by_status = cause_of_status(status)
    if re.search(_TRANSITION, text, re.IGNORECASE):
        return _TRANSITION_CAUSE
    codes = [*[_OTHER_VERSION] * ("does not match the current version" in text), *own_codes]
    codes += [code.lower() for code in _CODE_IN_TEXT.findall(text)]
    codes += [
        each.lower()
        for each in (text, split_words(text))
        if any(known.where.startswith("HTTP") for known in _codes_of(each, status))
    ]
    exact = [code for code in codes if code not in _VAGUE_CODES]
    by_code = _by_status_too(_cause_of_codes(exact), status)
    if status in _ABOUT_OTHERS[:2] and _names_scope(text, by_code):
        return _cause_of_codes([_SCOPE_ERROR]) or NO_CAUSE
    if by_code:
        return _with_meaning(by_code, exact, status)
    if status == HTTPStatus.BAD_REQUEST and any(_codes_of(each, status) for each in exact):
        return _with_meaning(Cause("value-not-allowed", "", Advice.CHECK_BODY), exact, status)
    phrases = load_causes("words").items()
    # A pattern does not match across lines, so a code is not read as a part of the sentence before it.
    words = re.sub(r" (?=\([\w.:-]+\))", "\n", _without_values(split_words(text)))
    by_words = next(
        (cause for form, cause in phrases if re.search(form, words, re.IGNORECASE)), None
    )
    by_words = _by_status_too(by_words, status)
    # A 403 whose message blames the token is about the token, not about permissions.
    is_about_token = status == HTTPStatus.FORBIDDEN and (
        by_words is not None and by_words.code == "token-expired"
    )
    is_exact = by_status and by_status.code not in _INEXACT
    if by_status and is_exact and not is_about_token:
        is_known = any(_codes_of(each, status) for each in exact)
        return _with_meaning(
            by_status._replace(meaning="") if is_known else by_status, exact, status
        )
    by_vague_code = None if is_vague(text) else _by_status_too(_cause_of_codes(codes), status)
    return by_words or by_vague_code or by_status or _with_meaning(NO_CAUSE, exact, status)


def _names_scope(text: str, by_code: Cause | None) -> bool:
    """Return whether a message is about the scope of a token, and its code names no other reason."""
    is_open = by_code is None or by_code.code == "permission-missing"
    if not is_open or "permission" in text or _SCOPE_OF_OTHERS.search(text):
        return False
    return _SCOPE_OF_TOKEN.search(text) is not None


def _by_status_too(cause: Cause | None, status: int) -> Cause | None:
    """Return a cause, except one about a value if the status is about the token, an object, or the server."""
    is_other = status in _ABOUT_OTHERS or status >= HTTPStatus.INTERNAL_SERVER_ERROR
    return None if cause and cause.code in _ABOUT_VALUES and is_other else cause


def _with_meaning(cause: Cause, codes: Sequence[str], status: int) -> Cause:
    """Return a cause with the meaning and the advice of the first code that is known for the status."""
    known = next((each for code in codes for each in _codes_of(code, status)), None)
    if known is None or cause.meaning:
        return cause
    return cause._replace(meaning=known.means, fix=known.do or cause.fix)


def _codes_of(text: str, status: int) -> tuple[PlatformCode, ...]:
    """Return the meanings of a code or text; those for one operation only with the status that it has there.

    A single word such as `client` has the meaning only in the field of an event, and none in an error.
    """
    from cxcall.responses.platform_codes import find_platform_codes

    found = find_platform_codes(text) if text else ()
    return tuple(
        each
        for each in found
        if (each.where.startswith("HTTP") or not text.isalpha())
        and (not status or ", " not in each.where or f"{status}" in each.where.partition(",")[0])
    )


def _cause_of_codes(codes: Sequence[str]) -> Cause | None:
    """Return the cause of the first known code; None if there is none."""
    forms = load_causes("code").items()
    causes = (cause for code in codes for form, cause in forms if re.fullmatch(form, code))
    return next(causes, None)


def split_words(text: str) -> str:
    """Return a reason that is one word, such as `InvalidSkillId`, as the words in it; other texts unchanged."""
    is_one_word = re.fullmatch("(?:[A-Z][a-z]+){2,}", text)
    return re.sub("(?<=[a-z])(?=[A-Z])", " ", text) if is_one_word else text


def _without_values(text: str) -> str:
    """Return a message without the values that it quotes or allows: `running` in quotes says nothing of a state."""
    return _ALLOWED_VALUES.sub(r"\1", _QUOTED_WORD.sub("x", text))


def is_vague(text: str) -> bool:
    """Return whether a message only repeats a status, such as `Bad Request`."""
    words = re.sub("[_.]", " ", re.sub(r" \(.*?\)$", "", text)).strip(" !").lower()
    words = re.sub(r"^http [0-9]{3} ", "", words)
    return len(words) < _MIN_WORDS or words in _VAGUE_TEXTS or "malformed syntax" in words


def platform_text(response: HttpResponse) -> str:
    """Return the platform's message: from the body, from headers, the reason, else the whole body."""
    words = platform_message(response) or response.headers.get("icStatusDescription", "").strip()
    words = words or own_reason(response)
    words = _challenge_text(response) or words if is_vague(words) else words
    body = response.json()
    is_unread = is_compressed(response) or unreadable_reason(response)
    if words or is_unread or isinstance(body, dict | list):
        return words
    text = body if isinstance(body, str) else response.text.strip()
    if _is_code(text):
        return ""  # of the user, below an error that a client printed
    element = _XML_MESSAGE.search(text)
    return shorten(element[1] if element else text)


def _is_code(text: str) -> bool:
    """Return whether a text is an object with an assignment or a call, as in code, and not JSON that was cut."""
    outside = _STRING.sub('""', text[:_MAX_HEAD]) if text[:1] in ("{", "[", "@") else ""
    return re.search(r'(?<!=)=\s*(?:""|[(\[@$])|\w\(|^\{\s*return\b', outside) is not None


def challenge_error(response: HttpResponse) -> str:
    """Return the code of the error that `WWW-Authenticate` names (RFC 6750, section 3); empty without one."""
    return _challenge(response).get("error", "")


def _challenge_text(response: HttpResponse) -> str:
    """Return what `WWW-Authenticate` says of an error: its description, or its code; empty without one."""
    members, error = _challenge(response), challenge_error(response)
    description = members.get("error_description", "")
    if scope := members.get("scope", "") if error == _SCOPE_ERROR else "":
        description = f"{description or 'the request requires another scope'}: {scope}"
    return shorten(f"{description} ({error})" if error and description else error or description)


def _challenge(response: HttpResponse) -> dict[str, str]:
    """Return the members of `WWW-Authenticate` about an error, also if they have no names; empty without one."""
    value = response.headers.get("WWW-Authenticate", "")
    if found := dict(_CHALLENGE_MEMBER.findall(value)):
        return found
    unnamed = _UNNAMED.findall(value)  # `OAuth "Realm" "invalid_request" "The text"`
    return dict(zip(("error_description", "error"), unnamed[:0:-1], strict=False))


def page_title(response: HttpResponse) -> str:
    """Return the title of a web page, in which proxies and gateways say what they object to; empty without one."""
    title = _TITLE.search(response.text[:_MAX_HEAD])
    return shorten(title[1]) if title else ""


def own_reason(response: HttpResponse) -> str:
    """Return the reason phrase of a response if it is the platform's own: not that of the status in HTTP."""
    reason = "" if _fold_phrase(response.reason) in _known_phrases() else response.reason
    return shorten(reason) if len(reason) >= _MIN_WORDS else ""


def _fold_phrase(phrase: str) -> str:
    return re.sub("[^a-z]", "", phrase.lower())


@cache
def _known_phrases() -> set[str]:
    return {*map(_fold_phrase, (*(each.phrase for each in HTTPStatus), *_OTHER_PHRASES))}
