"""Find the status of a refusal that prose or a log names: anywhere in a text, or in a sentence that names its path.

`We get a 400.`, `Bad Request` alone, or `POST /path returns 403.` above the code that sends it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from http import HTTPStatus
from itertools import chain, filterfalse

from cxcall.explaining.observed_request import ObservedRequest, SourceKind
from cxcall.explaining.operations.known_operations import READ_METHODS
from cxcall.explaining.readers.messages.responses_in_text import handles_status
from cxcall.explaining.readers.messages.sentences import (
    CLAUSE_END,
    SENTENCE_END,
    is_as_expected,
    is_assumption,
)
from cxcall.explaining.readers.messages.status_patterns import (
    BARE_STATUS,
    COUNT,
    ERROR_STATUS,
    LOG_STATUS,
    NAMED_STATUS,
    STATUS_BY_NAME,
    STATUS_LINE,
    STATUS_OF,
    TOLD_FORMS,
    TOLD_PHRASE,
    TOLD_STATUS,
    find_first,
    is_status_received,
    with_line_above,
)
from cxcall.explaining.readers.request_builder import (
    METHODS,
    build_observed_request,
    build_response,
)
from cxcall.explaining.readers.several_requests import NAME_IN_PATH
from cxcall.findings.finding import Finding
from cxcall.named_tuple import NamedTuple
from cxcall.runtime.patterns import compile_on_use, fold_name

_TARGET = compile_on_use(
    rf"(?:\b(?P<method>{'|'.join(METHODS)})[`'\"*]* (?:(?:request )?to )?)?[`'\"(*<]{{0,3}}"
    r"(?<![\w.:/})-])(?:(?P<scheme>https?)://(?P<host>[\w.-]+\.[a-z]+(?::[0-9]+)?))?(?P<path>/[\w/.{}<>$:%-]*[\w}>])"
)
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
    numbers = [each for each in lines if re.search("[45][0-9]{2}", each[0])]
    found = {status for each in numbers for status in _statuses(*each)}
    if (response is not None or request.body) and not found:
        alone = ((ERROR_STATUS.fullmatch(line), above) for line, above in numbers)
        found = {
            int(each[0][:3]) for each, above in alone if each and is_status_received(each, above)
        }
    if not found:
        told = (each for line, _ in lines for each in TOLD_PHRASE.finditer(line))
        statuses = (STATUS_BY_NAME.get(fold_name(each["phrase"]), 0) for each in told)
        found = {int(each) for each in statuses if each >= HTTPStatus.BAD_REQUEST}
    if len(found) != 1:
        return request
    status = found.pop()
    known = response._replace(status=status) if response else build_response(status)
    return replace(request, response=known)


def with_count(request: ObservedRequest, text: str) -> ObservedRequest:
    """Return a request; if a text tells only a number of things of its response, with a finding on the open outcome."""
    is_write = bool(request.method) and request.method not in READ_METHODS
    if not is_write or request.response or request.failure or request.kind is SourceKind.CODE:
        return request
    counts = map(COUNT.search, filterfalse(is_assumption, text.split("\n")))
    count = next(filter(None, counts), None)
    if count is None or not is_status_received(count):
        return request
    found = Finding.warning(
        "outcome-unknown",
        "response",
        f"the text does not state the outcome: {count['status']} may be the status, or a number of things",
        fix="add the status line of the response, and check in the platform whether the request was processed",
        why=f"the text says `{count[0]}`",
    )
    return replace(request, findings=(*request.findings, found))


def _statuses(line: str, above: str) -> Iterator[int]:
    """Yield the error statuses that a line below another one names."""
    forms = (*TOLD_FORMS, STATUS_LINE, BARE_STATUS)
    found = chain(*(each.finditer(line) for each in forms), filter(None, [TOLD_STATUS.match(line)]))
    for each in found:
        if each["status"] >= "400" and is_status_received(each, above):
            yield int(each["status"])


def with_told_statuses(requests: list[ObservedRequest], text: str) -> list[ObservedRequest]:
    """Return requests; one without a status has the only error status of the sentences that name its path."""
    is_open = any(_lacks_status(each) for each in requests)
    told = [*_told_requests(text)] if is_open else []
    return [_with_told_status(each, told) if _lacks_status(each) else each for each in requests]


def _lacks_status(request: ObservedRequest) -> bool:
    is_open = request.response is None or (not request.status and request.is_refused)
    return is_open and bool(request.path.strip("/"))


def _with_told_status(request: ObservedRequest, told: list[_Told]) -> ObservedRequest:
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
        for sentence in filterfalse(is_as_expected, SENTENCE_END.split(line)):
            target, status = None, 0
            for clause in CLAUSE_END.split(sentence):
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
