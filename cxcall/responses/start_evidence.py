"""Find in a response that reports an error what shows that a call was placed, or may have been.

A response shows a call if it has the ID of a call, a link that ends in one, a state or flag of a call, or a sentence
that says that it was placed. A member is about a call if its own name says so (`callId`, `X-Call-Id`), or else that of
the object around it: what is about an agent, an error, a limit, or a part of the request is no evidence. A text is an
ID if it has a digit, or ten letters in mixed case that are not words; a code of an error, a limit, and what was sent are
not. If the request would be sent again, or after a conflict (409), any text counts unless it is a placeholder or a word of the
error, and so does a state that another request may have, too.
Headers and sentences may be about an earlier call, and a `contactId` about a person, so they only keep a request from
being sent again, like a 2xx code in the body. A 2xx response that reports a failure needs less: any new ID, state, count, or
time, or a message that is not one of a check.
"""

from __future__ import annotations

import json
import re
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote, urlsplit

from cxcall.documents.json_pointer import leaves
from cxcall.responses import call_references as calls
from cxcall.responses.failure_words import (
    DONE,
    MOST_TEXT,
    is_state_of_start,
    says_check,
    says_done,
)
from cxcall.responses.failures_in_2xx import ERROR_NAMES, SUCCESS_NAMES, describe_failures
from cxcall.responses.identifiers import correlation_id, engagement_id
from cxcall.runtime.patterns import compile_on_use

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
_ACT_NAME = compile_on_use(
    rf"(?:calls?)?(?:{calls.ACT.pattern}|rang|succeeded|processed)(?:at|on|time|date|count|calls?)?"
    r"|(?:start|dial|creation|creat|queue|connect|answer|ring)(?:ed)?(?:time|date|at)"
    r"|(?:call|talk|ring)(?:duration|seconds)(?:seconds|ms)?"
)
_COUNT_NAME = compile_on_use(r"(?:num|total)?succe(?:eded|ss(?:es|ful)?)(?:count)?")
_STATE_NAME = compile_on_use(rf"(?:{calls.STATE.pattern})$")
_CODE_NAME = compile_on_use(r"(?:http)?(?:status|statuscode|errorcode|code)")
_SUCCESS_CODE = compile_on_use(r"(?i)(?:http/\S+ )?20[0-6](?!\d)")
_OPEN_CODE = compile_on_use(r"(?:http/\S+ )?(?:5\d\d|408|460|499)(?!\d)")
# They name a part of the request, such as `requestTimeout`.
_PLACE_NAME = compile_on_use(r"(?:attribute|field|name|param\w*|path|pointer|property)(?:name)?")
_DOCUMENT_HOST = compile_on_use(
    r"https?://((?:[\w-]+\.)*(?:community|developers?|docs?|help|kb|status|support|wiki)\.[\w.-]+)"
)
_TEXT_OF_ERROR = compile_on_use(
    r".*(?:code|desc\w*|details?|errors?|fault.*|message|msg|reason|title)"
)
_OUTCOME_NAME = compile_on_use(r"(?:message|msg|outcome|result)?")
_PAIR = compile_on_use(
    r"""(?<![\w.-])(?:[\d_.-]+(?=[A-Za-z]))?((?:[A-Za-z]++[ _-](?=[Ii][Dd]\b))?[A-Za-z][\w.-]*+)"""
    r"""(?=(?:[\\"']*+\s*+[:=>]|(?<=[Ii][Dd])\s)\s*+[\\"'\[]*+([^\s"'\\&;,<>(){}\[\]]{1,256}+))"""
)
"""A name and a value in any text: `Call-ID: C-77`, `callId=C-77`, a part of JSON or of XML that cannot be read whole."""
_OF_SERVER = compile_on_use(
    r"(?i)\bmaintenance\b|^(?:the )?(?:server|service)(?: is)? starting\b|^starting(?: up)?$"
)
_STATE_OF_SERVER = compile_on_use(
    r"(?:schedul(?:ed)?|start(?:ed)?)(?:at|by|date|downtime|end|for|start|time|until)?=.*"
    r"|(?:state|status)=(?:in[ _-]progress|starting)"
)
_ATTRIBUTE = compile_on_use(r"""([\w.:-]++)\s*+=\s*+["']([^"']*+)["']""")
_TAG = compile_on_use(r"<(/?)(?:[\w.-]++:)?([\w.-]++)([^<>]*+)>([^<]*+)")
_TEXT = "text"
"""What a name and a value in a text are about."""
_SENTENCE = compile_on_use(r"[^\W\d_]{3}\S* (?:.* )?[^\W\d_]{3}")
_RUN_NAME = compile_on_use(
    r"(?:call|last|next|will)?(?:attempt|billed|cost|disconnect|duration|end(?:ed)?(?:at|time)|hangup|partial|position"
    r"|price|queueposition|recording|retr(?:y|ies)|sip|talk|upstream)"
    r"(?:s|at|cause|code|count|ms|reason|scheduled|seconds|status|time|type|url)*"
)
"""Members of a call that was placed, or will be."""
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
    inside = list(calls.members(_content(response)))
    texts = {each.value for each in inside if isinstance(each.value, str)}
    # A conflict may be with the first attempt of a request that a proxy has sent twice.
    is_any_form = in_doubt or response.status == HTTPStatus.CONFLICT
    said = _texts_of_error(inside) if is_any_form else None
    if calls.is_id(found, said) and found.lower() not in known:
        return True
    if not operation.can_place_call:
        return False
    is_place_known = operation.engagement_id and operation.contract.is_shipped
    with_ids = not (is_place_known and operation.provenance == "published")
    if response.status == HTTPStatus.SERVICE_UNAVAILABLE and any(map(_OF_SERVER.search, texts)):
        inside = [each for each in inside if not _is_of_server(each)]
    if any(calls.refers_to_call(each, known, with_ids=with_ids, said=said) for each in inside):
        return True
    if not in_doubt:
        return False
    headers = [
        calls.Member(calls.letters_of(name), each)
        for name, value in response.headers.items()
        for each in re.findall("<([^>]*)>", value) or [value]
    ]
    if with_ids:  # a contact is a call, or a person in a list
        ids = (each for each in inside if each.name == "contactid")
        headers += [each._replace(name="callid", about=calls.OTHER) for each in ids]
    named = [
        calls.Member(calls.letters_of(name), value, _TEXT, may_be_error=True)
        for name, value in pairs_in(texts)
    ]
    headers, inside = [*headers, *named], [*inside, *named]
    tells_error = response.json() is None or any(map(_tells_error, inside))
    return (
        any(calls.refers_to_call(each, known, said=said) for each in headers)
        or any(_says_success(each, known, tells_error=tells_error) for each in inside)
        or any(says_done(text) and text.lower() not in known for text in texts)
    )


def _is_of_server(member: calls.Member) -> bool:
    """Return whether a member may be a state or time of a server that starts, or of its maintenance."""
    found = _STATE_OF_SERVER.fullmatch(f"{member.name}={member.value}")
    return found is not None and member.about != calls.CALL


def pairs_in(texts: Iterable[str]) -> list[tuple[str, str]]:
    """Return the names and values in texts, of which the shortest are read first, and all together up to a limit."""
    found: list[tuple[str, str]] = _PAIR.findall(";".join(sorted(texts, key=len))[:MOST_TEXT])
    return found


def _tells_error(member: calls.Member) -> bool:
    """Return whether a member is about an error or a limit, or has a text or code of one."""
    is_text = _TEXT_OF_ERROR.fullmatch(member.name) and member.value
    return bool(is_text or member.about == calls.ERROR or member.name in calls.OF_LIMIT)


def _says_success(member: calls.Member, known: frozenset[str], *, tells_error: bool) -> bool:
    """Return whether a member says that something was started, against the status of a response that would be sent again.

    If something tells an error, IDs may be its own, and so may the time of creation; the states, counts, and times of
    other things, such as maintenance, a token, or a dependency, say nothing of a call.
    """
    name, value, about, _ = member
    if about == calls.DETAIL or not value:
        return False
    is_other = tells_error and about in (calls.ERROR, calls.OTHER)
    word = calls.letters_of(str(value))
    is_success = _SUCCESS_CODE.match(str(value)) or (not is_other and word in ("ok", "success"))
    if about != calls.ERROR and _CODE_NAME.fullmatch(name) and is_success:
        return True
    is_own = calls.STATE.fullmatch(name) or _OUTCOME_NAME.fullmatch(name)
    if is_own or _STATE_NAME.search(name):
        is_call = is_own and about in (calls.CALL, calls.RESPONSE) and word != "running"
        is_done = not is_other and DONE.fullmatch(word) and word != "starting"
        return bool(is_done) or calls.is_act(word, calls.CALL if is_call else calls.RESPONSE)
    if _ID_NAME.search(name):
        return not tells_error and calls.is_id(str(value).strip()) and _says_started(member, known)
    is_of_error = tells_error and about != calls.CALL and _CREATION.fullmatch(name)
    if is_other or (is_of_error and re.search(r"\d{4}", word)):
        return False
    is_flag = name in SUCCESS_NAMES and word in ("true", "yes", "y", "1")
    return is_flag or _says_started(member, known)


def names_something_started(body: Any, sent: frozenset[str]) -> bool:
    """Return whether a body has a new ID, a state, or a time of something that was started; in doubt it has."""
    inside = list(calls.members(body))
    said = _texts_of_error(inside)
    return any(
        calls.refers_to_call(each, sent, said=said) or _says_started(each, sent) for each in inside
    )


def _texts_of_error(inside: Iterable[calls.Member]) -> frozenset[str]:
    """Return what an error says, to compare with an ID that may repeat it."""
    texts = (str(each.value) for each in inside if _TEXT_OF_ERROR.fullmatch(each.name))
    return frozenset(map(calls.letters_of, texts))


def leaves_outcome_open(body: Any, request: HttpRequest) -> bool:
    """Return whether a body that reports a failure leaves open whether the request was processed.

    It does not if nothing in it was started, and it has no message, or only those of a check before anything began. What was
    sent and places say nothing; an ID, a code, or a word that is unknown is no message if there is another one.
    """
    sent, is_check, is_told, is_plain = values_sent(request), False, False, False
    is_partial = isinstance(body, list) and any(not any(describe_failures(each)) for each in body)
    if is_partial or names_something_started(body, sent):
        return True
    for name, value, *_ in calls.members(body):
        text = str(value).strip()
        is_sent = text.lower() in sent and not DONE.fullmatch(text.lower())
        if _is_open(name, text.lower(), is_sent=is_sent):
            return True
        if is_sent or _PLACE_NAME.fullmatch(name):
            continue
        is_failure = name not in ERROR_NAMES and any(describe_failures({name: value}))
        is_plain = is_plain or is_failure
        if is_failure or not isinstance(value, str):
            continue
        is_of_check = says_check(text)
        if is_of_check is False or (is_of_check is None and _SENTENCE.search(text)):
            return True
        is_check = is_check or is_of_check is True
        is_told = is_told or (_TEXT_OF_ERROR.fullmatch(name) is not None and text != "")
    return not is_check and (is_told or not is_plain)


def _is_open(name: str, text: str, *, is_sent: bool) -> bool:
    """Return whether a member is a code such as 504, may be a success, or tells of a call that was placed."""
    if name in SUCCESS_NAMES:
        return text in ("0", "true")
    is_code = _CODE_NAME.fullmatch(name) and _OPEN_CODE.match(text)
    is_run = _RUN_NAME.fullmatch(name) and text not in ("", "0", "false", "none")
    return bool(is_code or (is_run and not is_sent))


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


def _content(response: HttpResponse) -> Any:
    """Return the JSON of a body; for a form, XML, or a text, its calls.members, and the whole text."""
    body, text = response.json(), response.text
    if body is not None:
        return body
    found: list[dict[str, Any]] = [{"": text}, dict(parse_qsl(text[:MOST_TEXT]))]
    above = ["data"]
    for end, tag, rest, value in _TAG.findall(re.sub(r"<!\[CDATA\[|\]\]>", "", text[:MOST_TEXT])):
        if not end:
            found += [{above[-1]: {tag: value.strip()}}, {tag: dict(_ATTRIBUTE.findall(rest))}]
            above += [] if rest.endswith("/") else [tag]
        elif above[1:]:
            above.pop()
    return found


def _says_started(member: calls.Member, sent: frozenset[str]) -> bool:
    """Return whether a member is a new ID, a state, or a time of anything."""
    name, value, about, _ = member
    text = str(value).strip().lower()
    if value is None or text in ("", "0", "false", "no", "none", "null"):
        return False
    if _ID_NAME.search(name) and not _OTHER_IDS.fullmatch(name):
        is_of_error = about == calls.ERROR and name in _OF_ERROR
        is_documentation = not name.startswith("self") and _is_documentation(text, sent)
        return not (value is True or text in sent or is_of_error or is_documentation)
    if _STATE_NAME.search(name):
        return isinstance(value, str) and is_state_of_start(value)
    is_count = isinstance(value, int) and _COUNT_NAME.fullmatch(name)
    return bool(is_count or _ACT_NAME.fullmatch(name))


def _is_documentation(text: str, sent: frozenset[str]) -> bool:
    """Return whether a text is a link to documentation, by its path, or by its host if that is not the API's own."""
    host = _DOCUMENT_HOST.match(text)
    is_other_host = host is not None and host[1] not in sent
    return calls.leads_to_documentation(text) or (
        is_other_host and not calls.is_link_to_call(text, frozenset())
    )
