"""Complete a request by the sentence that names its path: `POST /path returns 403.` above the code that sends it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import filterfalse

from cxcall.explaining.observed_request import ObservedRequest, SourceKind
from cxcall.explaining.readers.mentions import NAME_IN_PATH
from cxcall.explaining.readers.messages.expected_statuses import (
    is_as_expected,
    is_assumption,
    is_status_received,
)
from cxcall.explaining.readers.messages.message_lines import (
    BARE_STATUS,
    ERROR_STATUS,
    LOG_STATUS,
    NAMED_STATUS,
    STATUS_OF,
    find_first,
)
from cxcall.explaining.readers.request_builder import (
    METHODS,
    build_observed_request,
    build_response,
)
from cxcall.named_tuple import NamedTuple
from cxcall.runtime.patterns import compile_on_use

_TARGET = compile_on_use(
    rf"(?:\b(?P<method>{'|'.join(METHODS)})[`'\"*]* (?:(?:request )?to )?)?[`'\"(*<]{{0,3}}"
    r"(?<![\w.:/})-])(?:(?P<scheme>https?)://(?P<host>[\w.-]+\.[a-z]+(?::[0-9]+)?))?(?P<path>/[\w/.{}<>$:%-]*[\w}>])"
)
_SENTENCE = compile_on_use(r"(?:[^.!?\n]|[.!?](?!\s|$))+")
_CLAUSE_END = compile_on_use(r"[,;] | (?:but|and|while|then) ")
_CALL = compile_on_use(r"[\w!]\([^()\n]*?(?:/|[\"'`]\{)")
"""A call with a path as an argument, also in a template."""
_MAX_LINE = 2000


class _Told(NamedTuple):
    """A request that a sentence names, and its status."""

    method: str
    scheme: str
    host: str
    path: str
    status: int


def with_told_statuses(requests: list[ObservedRequest], text: str) -> list[ObservedRequest]:
    """Return requests; one without a status has the only error status of the sentences that name its path."""
    is_open = any(_lacks_status(each) for each in requests)
    told = [*_told_requests(text)] if is_open else []
    return [_with_status(each, told) if _lacks_status(each) else each for each in requests]


def _lacks_status(request: ObservedRequest) -> bool:
    is_open = request.response is None or (not request.status and request.is_refused)
    return is_open and bool(request.path.strip("/"))


def _with_status(request: ObservedRequest, told: list[_Told]) -> ObservedRequest:
    told = [each for each in told if _is_of(each, request)]
    if len({each.status for each in told}) != 1:
        return request
    status, known = told[0].status, request.response
    response = known._replace(status=status) if known else build_response(status)
    named = next((each for each in told if each.host and not request.host), None)
    scheme, host = (named.scheme, named.host) if named else (request.scheme, request.host)
    return replace(request, scheme=scheme, host=host, response=response)


def _told_requests(text: str) -> Iterator[_Told]:
    """Yield the requests whose status a sentence tells, each from one clause or two beside each other."""
    for line in text.split("\n"):
        if len(line) > _MAX_LINE or not ERROR_STATUS.search(line) or _CALL.search(line):
            continue
        for sentence in filterfalse(is_as_expected, _SENTENCE.findall(line)):
            target, status = None, 0
            for clause in _CLAUSE_END.split(sentence):
                found = next(_TARGET.finditer(clause), None)
                target, status = found or target, _status_in(clause, found) or status
                if target and status:
                    yield _Told(**target.groupdict(""), status=status)
                    target, status = None, 0


def _status_in(clause: str, target: re.Match[str] | None) -> int:
    """Return the error status of a clause that says what happened; 0 if there is none."""
    behind = LOG_STATUS.match(clause[target.end() :]) if target else None
    found = behind or find_first(clause, BARE_STATUS, NAMED_STATUS, STATUS_OF)
    if found is None or found["status"] < "400" or is_assumption(clause):
        return 0
    return int(found["status"]) if is_status_received(found) else 0


def with_named_exchange(
    requests: Sequence[ObservedRequest], text: str
) -> Sequence[ObservedRequest]:
    """Return requests of code; a failure whose message names another request is that of this one: `POST URL resulted in 400`.

    An SDK sends requests of its own, such as the one for a token.
    """
    failed = [each for each in requests if each.kind is SourceKind.CODE and each.is_refused]
    for told in _told_requests(text) if failed else ():
        is_whole = told.host and (told.method or told.path.endswith("/token"))
        is_other = not any(_is_path(told.path, each.path) for each in requests)
        shown = [each for each in failed if each.status == told.status]
        if is_whole and is_other and shown:
            url = f"{told.scheme}://{told.host}{told.path}"
            named = build_observed_request(
                "HTTP message",
                SourceKind.MESSAGE,
                method=told.method or "POST",
                url=url,
                response=shown[0].response,
                headers_are_shown=False,
            )
            return [
                named,
                *(replace(each, response=None) if each in shown else each for each in requests),
            ]
    return requests


def _is_of(told: _Told, request: ObservedRequest) -> bool:
    same_host = not (told.host and request.host) or told.host == request.host
    return _is_path(told.path, request.path) and same_host and told.method in ("", request.method)


def _is_path(told: str, own: str) -> bool:
    """Return whether two paths are the same, but for the values in them and the base that one of them lacks."""
    pairs = [NAME_IN_PATH.sub("{}", each).strip("/").split("/") for each in (told, own)]
    first, second = (each[::-1] for each in pairs)
    is_same = all("{}" in pair or pair[0] == pair[1] for pair in zip(first, second, strict=False))
    return is_same and (len(first) == len(second) or min(map(len, pairs)) > 1 or pairs[1] == [""])
