"""Find in a response that reports an error what shows that a call was placed, or may have been.

A response shows a call if it has the ID of a call, a link that ends in one, a state or flag of a call, or a sentence
that says that it was placed. A member is about a call if its own name says so (`callId`, `X-Call-Id`), or else that of
the object around it: what is about an agent, an error, a limit, or a part of the request is no evidence. A text is an
ID if it has a digit, or ten letters in mixed case that are not words; a code of an error, a limit, and what was sent are
not. If the request would be sent again, or after a conflict (409), any text counts unless it is a placeholder or a word of the
error, and so does a state that another request may have, too.
Headers and sentences may be about an earlier call, and a `contactId` about a person, so they only keep a request from
being sent again. A 2xx response that reports a failure needs less: any new ID, state, count, or time, or an error such as
a timeout.
"""

from __future__ import annotations

import json
import re
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote, urlsplit

from cxcall.documents.json_pointer import leaves
from cxcall.responses.call_references import (
    ACT,
    CALL,
    DETAIL,
    ERROR,
    OF_LIMIT,
    OTHER,
    RESPONSE,
    STATE,
    Member,
    is_act,
    is_id,
    is_link_to_call,
    leads_to_documentation,
    letters_of,
    members,
    refers_to_call,
)
from cxcall.responses.failure_words import SUCCESS_WORDS, separate_words
from cxcall.responses.failures_in_2xx import SUCCESS_NAMES
from cxcall.responses.identifiers import correlation_id, engagement_id
from cxcall.runtime.patterns import LazyPattern, compile_on_use

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cxcall.contracts.operation import Operation
    from cxcall.transport.http_messages import HttpRequest, HttpResponse

_ID_NAME = compile_on_use(
    r"(?:id|ids|guid|uuid|selfuri|href|location)$|^(?:self|(?:call|conversation)?ur[il])$"
)
# These name the exchange, the error, or the caller; `valid` and `paid` only end like an ID.
_OTHER_IDS = compile_on_use(
    r"(?:context|correlation|request|trace|span|error|log|event|message|transaction|support|incident|session"
    r"|tenant|org|organization|business|bu|client|user)(?:ids?|guid|uuid)|(?:is)?(?:in)?valid|(?:un)?paid|void"
)
_NOT_STARTED = compile_on_use(
    r"fail|error|nok|reject|refus|invalid|denied|abort|cancel|not|none|null|unknown|skip|block"
    r"|bad|^\d+\b"
)
_ACT_NAME = compile_on_use(
    rf"(?:calls?)?(?:{ACT.pattern}|rang|succeeded|processed)(?:at|on|time|date|count|calls?)?"
    r"|(?:start|dial|creation|creat|queue|connect|answer|ring)(?:ed)?(?:time|date|at)"
    r"|(?:call|talk|ring)(?:duration|seconds)(?:seconds|ms)?"
)
_COUNT_NAME = compile_on_use(r"success(?:es|ful)?(?:count)?")
_STATE_NAME = compile_on_use(rf"(?:{STATE.pattern})$")
_CODE_NAME = compile_on_use(r"(?:http)?(?:status|statuscode|errorcode|code)")
_OPEN_CODE = compile_on_use(r"(?:http/\S+ )?(?:5\d\d|408|460|499)(?!\d)")
# What gateways and servers say if it is not known whether the request was processed.
_OPEN_ERROR = compile_on_use(
    r"^time ?out\b(?! (?:in )?(?:ms|seconds)\b)|\btimed ?out\b|\be(?:socket)?timedout\b"
    r"|\b(?:backend|connection|gateway|network|operation|read|request|response|server|socket|upstream) time ?out\b"
    r"|\b(?:bad gateway|(?:internal|server) error|service unavailable)\b|^unavailable$"
    r"|\bdeadline exceeded\b|\b(?:unknown|unexpected) error\b|\bno (?:response|answer|reply) (?:from|received)\b"
    r"|\bconnection (?:was |has been )?(?:lost|reset|closed|aborted|dropped|broken)\b"
    r"|\be(?:conn(?:reset|aborted)|pipe)\b|\b(?:socket hang ?up|broken pipe|unexpected eof)\b|^eof$"
)
_PLACED = (
    r"(?:answered|connected|created|dial(?:l?ed|l?ing)|disconnected|dropped|ended|in progress|initiated|placed"
    r"|queued|ringing|started)(?! (?:for|to|with) (?:another|other)\b)"
)
_STATED_CALL = compile_on_use(
    r"(?:^|[.,:;] |(?<!before )(?<!if )(?<!once )(?<!until )\b(?!a call is (?!already|being|now))"
    r"(?:an?|the|this|your) )(?:(?:outbound|phone|voice) )*call (?:(?:for|to|with) (?:(?:that|the|this) \w+ )?)?"
    rf"(?:is|was|(?:has|had|is|was) (?:already )?(?:been|being)) (?:already |now |being |successfully )*{_PLACED}\b"
    rf"|^(?:the |your |outbound )*call (?:already |now |successfully )?{_PLACED}(?: successfully)?"
    r"(?:$|[.,:;!]| ?\(| (?:at|by|for|to|with)\b)|^(?:calling|dial(?:l?ed|l?ing)) \W*\d"
    r"|(?:^|\b(?:contact|customer|lead|number|person) (?:is |was )?)already (?:connected|in progress|queued)\b"
    r"|\balready (?:being )?(?:called|dial(?:l?ed|l?ing))\b"
)
"""A sentence that says that a call was placed."""
_PLACED_CALL = compile_on_use(
    _STATED_CALL.pattern
    + r"|\balready (?:connected|queued|(?:in )?progress)\b|^(?:line |user )?busy(?: here)?$|^no ?answer\b(?! (?:method|ur[il]))"
    r"|^unanswered$|\bhung up\b|\b(?:did not|didn't) answer\b|\b(?:not|never) answered\b"
)
"""What a failure says if a call was placed."""
# They name a part of the request, such as `requestTimeout`.
_PLACE_NAME = compile_on_use(
    r"(?:attribute|field|name|param(?:eter)?|path|pointer|property)(?:name)?"
)
_DOCUMENT_HOST = compile_on_use(
    r"https?://((?:[\w-]+\.)*(?:community|developers?|docs?|help|kb|status|support|wiki)\.[\w.-]+)"
)
_OF_TEXT = compile_on_use(
    r".*(?:code|description|details?|errors?|message|reason|status|title|type)"
)
_TEXT_OF_ERROR = compile_on_use(
    r".*(?:code|description|details?|errors?|message|msg|reason|title)|.*fault.*"
)
_OUTCOME_NAME = compile_on_use(r"message|msg|outcome|result")
_PAIR = compile_on_use(
    r"""(?<![\w.-])(?:[\d_.-]+(?=[A-Za-z]))?((?:[A-Za-z]++[ _-](?=[Ii][Dd]\b))?[A-Za-z][\w.-]*+)"""
    r"""(?=(?:[\\"']*+\s*+[:=>]|(?<=[Ii][Dd])\s)\s*+[\\"'\[]*+([^\s"'\\&;,<>(){}\[\]]{1,256}+))"""
)
"""A name and a value in any text: `Call-ID: C-77`, `callId=C-77`, a part of JSON or of XML that cannot be read whole."""
_TAG = compile_on_use(r"<(/?)(?:[\w.-]++:)?([\w.-]++)([^<>]*+)>([^<]*+)")
_MOST_TEXT = 16384
_TEXT = "text"
"""What a name and a value in a text are about."""
_CREATION = compile_on_use(r"creat(?:ed|ion)(?:at|on|time|date)?")
# In an error, these are the error's own, or lead to its documentation.
_OF_ERROR = frozenset({"id", "self", "url", "uri"})


def shows_call(
    request: HttpRequest,
    response: HttpResponse,
    operation: Operation,
    first_place: str,
    *,
    in_doubt: bool,
) -> bool:
    """Return whether a response that reports an error shows a new call; `in_doubt` also counts what may be an earlier one.

    `first_place` is the user's setting for the place of the engagement ID. An ID by its own name, such as `callId`, does not
    count if the vendor has published another place. Of a request that places no call, only its own ID counts.
    """
    known = values_sent(request) | {str(response.status), (correlation_id(response) or "").lower()}
    found, _ = engagement_id(operation, response, first_place) or ("", "")
    inside = list(members(_content(response)))
    texts = {each.value for each in inside if isinstance(each.value, str)}
    # A conflict may be with the first attempt of a request that a proxy has sent twice.
    is_any_form = in_doubt or response.status == HTTPStatus.CONFLICT
    said = _texts_of_error(inside) if is_any_form else None
    if is_id(found, said) and found.lower() not in known:
        return True
    if not operation.can_place_call:
        return False
    is_place_known = operation.engagement_id and operation.contract.is_shipped
    with_ids = not (is_place_known and operation.provenance == "published")
    if any(refers_to_call(each, known, with_ids=with_ids, said=said) for each in inside):
        return True
    if not in_doubt:
        return False
    headers = [
        Member(letters_of(name), each)
        for name, value in response.headers.items()
        for each in re.findall("<([^>]*)>", value) or [value]
    ]
    if with_ids:  # a contact is a call, or a person in a list
        ids = (each for each in inside if each.name == "contactid")
        headers += [each._replace(name="callid", about=OTHER) for each in ids]
    named = [
        Member(letters_of(name), value, _TEXT, may_be_error=True) for name, value in pairs_in(texts)
    ]
    headers, inside = [*headers, *named], [*inside, *named]
    tells_error = response.json() is None or any(map(_tells_error, inside))
    return (
        any(refers_to_call(each, known, said=said) for each in headers)
        or any(_says_success(each, known, tells_error=tells_error) for each in inside)
        or any(_says(_STATED_CALL, text) and text.lower() not in known for text in texts)
    )


def pairs_in(texts: Iterable[str]) -> list[tuple[str, str]]:
    """Return the names and values in texts, of which the shortest are read first, and all together up to a limit."""
    found: list[tuple[str, str]] = _PAIR.findall(";".join(sorted(texts, key=len))[:_MOST_TEXT])
    return found


def _tells_error(member: Member) -> bool:
    """Return whether a member is about an error or a limit, or has a text or code of one."""
    is_text = _TEXT_OF_ERROR.fullmatch(member.name) and member.value
    return bool(is_text or member.about == ERROR or member.name in OF_LIMIT)


def _says_success(member: Member, known: frozenset[str], *, tells_error: bool) -> bool:
    """Return whether a member says that something was started, against the status of a response that would be sent again.

    If something tells an error, IDs may be its own, and so may the time of creation; the states, counts, and times of
    other things, such as maintenance, a token, or a dependency, say nothing of a call.
    """
    name, value, about, _ = member
    if about == DETAIL or not value:
        return False
    is_other = tells_error and about in (ERROR, OTHER)
    word, is_own = letters_of(str(value)), STATE.fullmatch(name) or _OUTCOME_NAME.fullmatch(name)
    if is_own or _STATE_NAME.search(name):
        is_call = is_own and about in (CALL, RESPONSE) and word != "running"
        is_success = word in SUCCESS_WORDS and not is_other
        return is_success or is_act(word, CALL if is_call else RESPONSE)
    if _ID_NAME.search(name):
        return not tells_error and is_id(str(value).strip()) and _says_started(member, known)
    is_of_error = tells_error and about != CALL and _CREATION.fullmatch(name)
    if is_other or (is_of_error and re.search(r"\d{4}", word)):
        return False
    is_flag = name in SUCCESS_NAMES and word in ("true", "yes", "y", "1")
    return is_flag or _says_started(member, known)


def names_something_started(body: Any, sent: frozenset[str]) -> bool:
    """Return whether a body has a new ID, a state, or a time of something that was started.

    In doubt it returns True: a request that a 2xx response refuses counts as not processed only if there
    is no such evidence.
    """
    inside = list(members(body))
    said = _texts_of_error(inside)
    return any(
        refers_to_call(each, sent, said=said) or _says_started(each, sent) for each in inside
    )


def _texts_of_error(inside: Iterable[Member]) -> frozenset[str]:
    """Return what an error says, to compare with an ID that may repeat it."""
    texts = (str(each.value) for each in inside if _OF_TEXT.fullmatch(each.name))
    return frozenset(map(letters_of, texts))


def body_leaves_outcome_open(body: Any, request: HttpRequest) -> bool:
    """Return whether a body reports an error that leaves open whether the request was processed: 500, 504, a timeout.

    As the status of a response, it would leave that open, too. Values that were sent say nothing.
    """
    sent = values_sent(request)
    for name, value, *_ in members(body):
        text = str(value).strip().lower()
        if text in sent:
            continue
        if _CODE_NAME.fullmatch(name) and _OPEN_CODE.match(text):
            return True
        if name in SUCCESS_NAMES and text == "0":  # no success, or no error
            return True
        if not _PLACE_NAME.fullmatch(name) and (
            is_open_error(str(value)) or _says(_PLACED_CALL, str(value))
        ):
            return True
    return False


def is_open_error(text: str) -> bool:
    """Return whether a text reports an error that leaves open whether a request was processed."""
    return _OPEN_ERROR.search(separate_words(text)) is not None


def values_sent(request: HttpRequest) -> frozenset[str]:
    """Return the values in the host, path, query, and body of a request, in lower case."""
    parts = urlsplit(request.url)
    found = [request.url, parts.hostname or "", parts.path, *parts.path.split("/")]
    found += [value for _, value in parse_qsl(parts.query, keep_blank_values=True)]
    text = (request.body or b"").decode("utf-8", "replace")
    try:
        found += [str(value) for _, value in leaves(json.loads(text))]
    except (ValueError, RecursionError):
        found += [value for _, value in parse_qsl(text)]
    return frozenset(unquote(each).strip().lower() for each in found)


def _says(pattern: LazyPattern, text: str) -> bool:
    """Return whether a text says something of a call, whose ID may be in it: `Call C-7 was placed`."""
    return pattern.search(separate_words(re.sub(r"(?<=\s)(?=\S*\d)\S+\s", "", text))) is not None


def _content(response: HttpResponse) -> Any:
    """Return the JSON of a body; for a form, XML, or a text, its members, and the whole text."""
    body, text = response.json(), response.text
    if body is not None:
        return body
    found: list[dict[str, Any]] = [{"": text}, dict(parse_qsl(text[:_MOST_TEXT]))]
    above = ["data"]
    for end, tag, rest, value in _TAG.findall(text[:_MOST_TEXT]):
        if not end:
            found.append({above[-1]: {tag: value.strip()}})
            above += [] if rest.endswith("/") else [tag]
        elif above[1:]:
            above.pop()
    return found


def _says_started(member: Member, sent: frozenset[str]) -> bool:
    """Return whether a member is a new ID, a state, or a time of anything."""
    name, value, about, _ = member
    text = str(value).strip().lower()
    if value is None or text in ("", "0", "false", "no", "none", "null"):
        return False
    if _ID_NAME.search(name) and not _OTHER_IDS.fullmatch(name):
        is_of_error = about == ERROR and name in _OF_ERROR
        is_documentation = not name.startswith("self") and _is_documentation(text, sent)
        return not (value is True or text in sent or is_of_error or is_documentation)
    if _STATE_NAME.search(name):
        return isinstance(value, str) and not _NOT_STARTED.search(text)
    is_count = isinstance(value, int) and _COUNT_NAME.fullmatch(name)
    return bool(is_count or _ACT_NAME.fullmatch(name))


def _is_documentation(text: str, sent: frozenset[str]) -> bool:
    """Return whether a text is a link to documentation, by its path, or by its host if that is not the API's own."""
    host = _DOCUMENT_HOST.match(text)
    is_other_host = host is not None and host[1] not in sent
    return leads_to_documentation(text) or (
        is_other_host and not is_link_to_call(text, frozenset())
    )
