"""Find evidence in a response that something was or may be started, although it reports a failure."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote, urlsplit

from cxcall.documents.json_pointer import leaves
from cxcall.responses.call_references import CALL, names_new_call
from cxcall.responses.failures_in_2xx import SUCCESS_NAMES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cxcall.transport.http_messages import HttpRequest, HttpResponse

_ID_NAME = re.compile(
    r"(?:id|ids|guid|uuid|selfuri|href|location)$|^(?:self|(?:call_?|conversation_?)?ur[il])$"
)
# These name the exchange, the error, or the caller; `valid` and `paid` only end like an ID.
_OTHER_IDS = re.compile(
    r"^(?:(?:context|correlation|request|trace|span|error|log|event|message|transaction"
    r"|support|incident|session"
    r"|tenant|org|organization|business|bu|client|user)_?-?(?:id|ids|guid|uuid)"
    r"|(?:is)?(?:in)?valid|(?:un)?paid|void)$"
)
_STATE_NAME = re.compile(r"(?:state|status|phase|stage|progress|disposition)$")
_NOT_STARTED = re.compile(
    r"fail|error|reject|refus|invalid|denied|abort|cancel|not|none|null|unknown|skip|block"
    r"|bad|^\d+\b"
)
# The states of an existing call or job; an error has other states.
_STARTED = re.compile(
    r"(?:is |was |call |now )?"
    r"(?:dial(?:l?ing|l?ed)|ringing|alerting|contacting|connect(?:ing|ed)|answered|talking"
    r"|in ?call"
    r"|start(?:ing|ed)|running|initiat(?:ing|ed)|placed|queued|scheduled|created|accepted"
    r"|(?:in )?progress(?:ing)?|processing)"
)
_ACT_NAME = re.compile(
    r"^(?:is|was|has|been|calls?)?_?"
    r"(?:started|dialed|dialled|dialing|ringing|rang|queued|created|accepted|scheduled"
    r"|initiated|connected|answered|placed|succeeded|processed)"
    r"(?:_?(?:at|on|time|date|count|calls?))?$"
    r"|^(?:start|dial|creation|creat|queue|connect|answer|ring)_?(?:ed)?_?(?:time|date|at)$"
    r"|^(?:call|talk|ring)_?(?:duration|seconds)(?:_?(?:seconds|ms))?$"
)
_COUNT_NAME = re.compile(
    r"^(?:success(?:es|ful)?|succeeded|accepted|processed|created|queued)_?(?:count)?$"
)
_ERROR_NAME = re.compile(r"^(?:errors?|faults?|failures?|exception)$")
_CODE_NAME = re.compile(r"^(?:http_?)?(?:status|status_?code|error_?code|code)$")
_OPEN_CODE = re.compile(r"(?:http/\S+ )?(?:5\d\d|408|460|499)(?!\d)")
# What gateways and servers say if it is not known whether the request was processed.
_OPEN_ERROR = re.compile(
    r"^time ?out\b(?! (?:in )?(?:ms|seconds)\b)|\btimed ?out\b|\be(?:socket)?timedout\b"
    r"|\b(?:backend|connection|gateway|network|operation|read|request|response|server|socket|upstream) time ?out\b"
    r"|\b(?:bad gateway|(?:internal|server) error|service unavailable)\b|^unavailable$"
    r"|\bdeadline exceeded\b|\b(?:unknown|unexpected) error\b|\bno (?:response|answer|reply) (?:from|received)\b"
    r"|\bconnection (?:was |has been )?(?:lost|reset|closed|aborted|dropped|broken)\b"
    r"|\be(?:conn(?:reset|aborted)|pipe)\b|\b(?:socket hang ?up|broken pipe|unexpected eof)\b|^eof$"
)
_STATED_CALL = re.compile(
    r"\balready (?:being )?(?:called|dial(?:l?ed|l?ing)|connected|queued|(?:in )?progress)\b"
    r"|^(?:the |your |outbound )*call (?:is |was |has been |now )*"
    r"(?:answered|connected|created|dial(?:l?ed|l?ing)|disconnected|dropped|ended|in progress|initiated"
    r"|placed|queued|ringing|started)\b"
)
"""What an error says of a call that was placed."""
_PLACED_CALL = re.compile(
    _STATED_CALL.pattern
    + r"|^(?:line |user )?busy(?: here)?$|^no ?answer\b(?! (?:method|ur[il]))|^unanswered$|\bhung up\b"
    r"|\b(?:did not|didn't) answer\b|\b(?:not|never) answered\b"
)
"""What a failure says if a call was placed."""
# They name a part of the request, such as `requestTimeout`.
_PLACE_NAME = re.compile(
    r"^(?:attribute|field|name|param(?:eter)?|path|pointer|property)_?(?:name)?$"
)
_DOCUMENTATION = re.compile(
    r"https?://[^/\s]+/(?:[\w.-]+/){0,4}(?:docs|documentation|errors)(?:[/#?]|$)"
)
"""A link to the documentation of an error, not to what was started."""
_DOCUMENTATION_HOST = re.compile(
    rf"https?://(?:[\w-]+\.)*(?:docs?|developers?|kb|wiki)\.(?!\S*/{CALL}s?/[^/\s]*\d[^/\s]*$)"
)
"""As above, by its host, unless it is the API's own host."""
# In an error, these are the error's own, or lead to its documentation.
_OF_ERROR = frozenset({"id", "self", "url", "uri"})


def names_something_started(body: Any, request: HttpRequest) -> bool:
    """Return whether a body has a new ID, a state, or a time of something that was started.

    In doubt it returns True: a request that a 2xx response refuses counts as not processed only if there
    is no such evidence.
    """
    sent, host = values_sent(request), (urlsplit(request.url).hostname or "")
    return names_new_call(body, sent, with_ids=False) or any(
        _says_started(name, value, sent, host) for name, value in _members(body)
    )


def body_leaves_outcome_open(body: Any, request: HttpRequest) -> bool:
    """Return whether a body reports an error that leaves open whether the request was processed: 500, 504, a timeout.

    As the status of a response, it would leave that open, too. Values that were sent say nothing.
    """
    sent = values_sent(request)
    for name, value in _members(body):
        text = str(value).strip().lower()
        if text in sent:
            continue
        if _CODE_NAME.search(name) and _OPEN_CODE.match(text):
            return True
        if name in SUCCESS_NAMES and text == "0":  # no success, or no error
            return True
        if _PLACE_NAME.match(name):
            continue
        if is_open_error(str(value)) or _PLACED_CALL.search(_words(str(value))):
            return True
    return False


def states_call(response: HttpResponse, request: HttpRequest) -> bool:
    """Return whether a text in a response, or the response itself, states that a call was placed."""
    body, sent = response.json(), values_sent(request)
    return any(
        isinstance(value, str) and _STATED_CALL.search(_words(value)) and value.lower() not in sent
        for _, value in _members({"": response.text} if body is None else body)
    )


def is_open_error(text: str) -> bool:
    """Return whether a text reports an error that leaves open whether a request was processed."""
    return _OPEN_ERROR.search(_words(text)) is not None


def _words(text: str) -> str:
    """Return a text in lower case, with the words of a code separated: `GatewayTimeout`, `gateway.timeout`."""
    stripped = text.strip()
    if not re.search(r"\s", stripped):
        stripped = re.sub(r"(?<=[a-z])(?=[A-Z])|[.-]", " ", stripped)
    return re.sub(r"[\s_]+", " ", stripped.replace("-", " ")).lower()


def names_started_state(body: Any) -> bool:
    """Return whether a body has a state of something that was started, such as `dialing`.

    Unlike `names_something_started`, it ignores IDs and times: the body of an error has many that belong to
    the error, or that the request contained.
    """
    return any(
        isinstance(value, str) and _STATE_NAME.search(name) and _STARTED.fullmatch(_words(value))
        for name, value in _members(body)
    )


def values_sent(request: HttpRequest) -> frozenset[str]:
    """Return the values in the path, query, and body of a request, in lower case."""
    parts = urlsplit(request.url)
    found = [request.url, parts.path, *parts.path.split("/")]
    found += [value for _, value in parse_qsl(parts.query, keep_blank_values=True)]
    text = (request.body or b"").decode("utf-8", "replace")
    try:
        found += [str(value) for _, value in leaves(json.loads(text))]
    except (ValueError, RecursionError):
        found += [value for _, value in parse_qsl(text)]
    return frozenset(unquote(each).strip().lower() for each in found)


def _members(body: Any, *, in_error: bool = False) -> Iterator[tuple[str, Any]]:
    """Yield all members at any depth, with names in lower case; the `id` and `url` of an error are left out."""
    if isinstance(body, list):
        for item in body:
            yield from _members(item, in_error=in_error)
    elif isinstance(body, dict):
        for member, value in body.items():
            name = member.lower()
            if isinstance(value, dict | list):
                is_error = in_error or bool(_ERROR_NAME.match(name))
                yield from _members(value, in_error=is_error)
                if isinstance(value, list):
                    yield from ((name, item) for item in value if isinstance(item, str | int))
            elif not (in_error and name in _OF_ERROR):
                yield name, value


def _says_started(name: str, value: Any, sent: frozenset[str], host: str) -> bool:
    """Return whether a member is a new ID, a state, or a time of anything; `host` is that of the request."""
    if value is None or value is False or value in ("", 0):
        return False
    text = str(value).strip().lower()
    if _ID_NAME.search(name) and not _OTHER_IDS.match(name):
        is_documentation = not name.startswith("self") and _is_documentation(text, host)
        return value is not True and text not in sent and not is_documentation
    if _STATE_NAME.search(name):
        return isinstance(value, str) and not _NOT_STARTED.search(text)
    if _COUNT_NAME.match(name) and isinstance(value, int):
        return True
    return bool(_ACT_NAME.match(name)) and text not in ("false", "no", "0", "none", "null")


def _is_documentation(text: str, host: str) -> bool:
    """Return whether a text in lower case is a link to documentation; `host` is the API's own."""
    if _DOCUMENTATION.match(text):
        return True
    found = _DOCUMENTATION_HOST.match(text)
    return found is not None and not re.match(rf"https?://{re.escape(host)}(?![\w.-])", text)
