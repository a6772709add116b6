"""Find in a response what says that something was started, beside a failure that it reports."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cxcall.transport.messages import HttpRequest

_ID_NAME = re.compile(r"(?:id|ids|guid|uuid|selfuri|href|location)$")
# These name the exchange, the error, or who asked; `valid` and `paid` only end like an ID.
_OTHER_IDS = re.compile(
    r"^(?:(?:context|correlation|request|trace|span|error|log|event|message|transaction|support|incident|session"
    r"|tenant|org|organization|business|bu|client|user)_?-?(?:id|ids|guid|uuid)|(?:is)?(?:in)?valid|(?:un)?paid|void)$"
)
_STATE_NAME = re.compile(r"(?:state|status|phase|stage|progress|disposition)$")
_NOT_STARTED = re.compile(
    r"fail|error|reject|refus|invalid|denied|abort|cancel|not|none|null|unknown|skip|block|bad|^\d+\b"
)
_ACT_NAME = re.compile(
    r"^(?:is|was|has|been|calls?)?_?(?:started|dialed|dialled|dialing|ringing|rang|queued|created|accepted|scheduled"
    r"|initiated|connected|answered|placed|succeeded|processed)(?:_?(?:at|on|time|date|count|calls?))?$"
    r"|^(?:start|dial|creation|creat|queue|connect|answer|ring)_?(?:ed)?_?(?:time|date|at)$"
)
_COUNT_NAME = re.compile(r"^(?:success|succeeded|accepted|processed|created|queued)_?count$")
_ERROR_NAME = re.compile(r"^(?:errors?|faults?|failures?|exception)$")


def names_something_started(body: Any, request: HttpRequest) -> bool:
    """Return whether a body has an ID that the request did not name, a state, or a time of something started.

    It errs on the side of True: only where nothing says so is a request that a 2xx response refuses
    known not to be processed.
    """
    sent = (request.body or b"").decode("utf-8", "replace") + request.url
    return any(_says_started(name, value, sent) for name, value in _members(body))


def _members(body: Any, *, in_error: bool = False) -> Iterator[tuple[str, Any]]:
    """Yield the names, in lower case, and the values of all members, at any depth.

    A bare `id` inside an error is the ID of the error.
    """
    if isinstance(body, list):
        for item in body:
            yield from _members(item, in_error=in_error)
    elif isinstance(body, dict):
        for member, value in body.items():
            name = member.lower()
            if isinstance(value, dict | list):
                yield from _members(value, in_error=in_error or bool(_ERROR_NAME.match(name)))
                if isinstance(value, list) and not in_error:
                    yield from ((name, item) for item in value if isinstance(item, str | int))
            elif not (in_error and name == "id"):
                yield name, value


def _says_started(name: str, value: Any, sent: str) -> bool:
    if value is None or value is False or value in ("", 0):
        return False
    text = str(value).strip().lower()
    if _ID_NAME.search(name) and not _OTHER_IDS.match(name):
        return value is not True and str(value) not in sent
    if _STATE_NAME.search(name):
        return isinstance(value, str) and not _NOT_STARTED.search(text)
    if _COUNT_NAME.match(name):
        return isinstance(value, int)
    return bool(_ACT_NAME.match(name)) and text not in ("false", "no", "0", "none", "null")
