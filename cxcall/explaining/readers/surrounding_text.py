"""Complete a request from the text around it: its response, or parts of the response."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from http import HTTPStatus
from urllib.parse import urlencode

from cxcall.documents.json_text import find_json
from cxcall.explaining.checks.credentials.token_request_check import (
    check_token_request,
    is_token_request,
)
from cxcall.explaining.checks.url.host_check import domain_of, intended_platform, platform_of_host
from cxcall.explaining.observed_request import ObservedRequest, SourceKind
from cxcall.explaining.operations.known_operations import (
    CXONE,
    GENESYS,
    PLATFORM_NAMES,
    READ_METHODS,
)
from cxcall.explaining.readers.json_values.json_search import json_values, printed_maps
from cxcall.explaining.readers.json_values.request_objects import (
    find_error_body,
    find_response,
    is_error_body,
    status_of,
)
from cxcall.explaining.readers.messages.dumped_objects import dumped_error
from cxcall.explaining.readers.messages.message_lines import REQUEST
from cxcall.explaining.readers.messages.quoted_words import quoted_refusal
from cxcall.explaining.readers.messages.sentences import SENTENCE_END
from cxcall.explaining.readers.messages.status_patterns import ERROR_STATUS
from cxcall.explaining.readers.request_builder import METHODS, build_response, with_body
from cxcall.explaining.readers.unresolved_variables import mark_inputs, resolve_body
from cxcall.findings.finding import Finding, Severity
from cxcall.responses.identifiers import correlation_id
from cxcall.responses.platform_codes import find_platform_codes
from cxcall.responses.refusals.reason_choice import own_reason
from cxcall.runtime.patterns import compile_on_use
from cxcall.transport.http_messages import Headers, HttpResponse

_CORRELATION = compile_on_use(
    r"\b(?:inin-|genesys-)?[ck]orr[e\u00e9]la[ct]i[o\u00f3]n"
    r"(?:s?[-_ ]?id)?[\"']?\s*[=:]\s*[\"']?([\w-]{3,64})"
    r"|\bcorrelation[-_ ]?id[\"']?\s*(?:=>|,|#|is)?\s*[\[\"'`]{0,2}((?=[\w-]*\d)[\w-]{3,64})",
    re.IGNORECASE,
)
_DOTTED = compile_on_use(r"(?<![\w./@-])[a-z]+(?:\.[a-z]+)+(?![\w/@-]|\.\w)")
_WAIT = compile_on_use(r"\bretry-after[\"']?\s*[=:]\s*[\"']?([0-9]{1,5})\b", re.IGNORECASE)
_CLIENT_GRANT = compile_on_use(
    r"grant_type\W{1,12}client_credentials\b|get_?client_?credentials_?token *\("
    r"|login_?client_?credentials(?:_?grant)? *\(|authorizeClientCredentials *\(",
    re.IGNORECASE,
)
_USER_GRANT = compile_on_use(
    r"authori[sz]ation_?code|pkce|implicit_?grant|refresh_?token|saml|grant_type\W{1,12}password",
    re.IGNORECASE,
)
_CHARACTER = r"[\w.:/{}<>?&=%-]"
_SHOWN = rf"[`'\"(]?\b(?:(?:{'|'.join(METHODS)}) )?[`'\"(]?(?<!{_CHARACTER})(?:https?://|/){_CHARACTER}*[\w}}>]"
_OWN_URL = r"https?://[\w.{}<>-]+/(?:[\w-]+/)*(?:api/v[0-9]|incontactapi)/"
_API = compile_on_use(_OWN_URL, re.IGNORECASE)
_SENDING = compile_on_use(rf"\b(?:send|post)(?:ing)?\b[^\n.]{{0,60}}?{_OWN_URL}")
# `GET https://... works`, `https://...: it returns a token`, `the token works with GET https://...`.
_WORKING = compile_on_use(
    rf"(?:{_SHOWN}[`'\")]{{0,2}}[:,]?(?i:(?: which| it| api| also| still| and| everything){{0,2}}) "
    r"(?i:works?|succeeds|was successful|is working|is fine|is ok|returns (?:a token|successfully))\b(?: \w+){0,6}?"
    rf"|(?i:\bworks(?: \w+)?) (?:with|for|on) {_SHOWN}[`'\")]{{0,2}}"
    rf"|(?i:\bsuccessfully (?:call|send|use|get|(?:\w+ ){{1,6}}(?:using|via|with)(?: the)?)) {_SHOWN}[`'\")]{{0,2}}"
    r"(?: (?:endpoint|request))?)(?=[.!?,;](?:\s|$)|\s*(?:\n|$)| but )",
    needs=("work", "return", "succe", " is "),
)
_WHOLE = (SourceKind.COMMAND, SourceKind.CAPTURE, SourceKind.EXCHANGE)
"""Kinds of sources that show a whole request, so that other text is not its body."""
# Not in a host, a path, or an identifier, which only the code that sends the request names so.
_START, _END = r"(?<![\w./@-])", r"(?![\w./@-]*[\w/@])"
_NAMES = {
    CXONE: compile_on_use(rf"{_START}(?:NICE[ -]?)?(?:CXone|in ?Contact){_END}", re.IGNORECASE),
    GENESYS: compile_on_use(rf"{_START}(?:Genesys(?: Cloud)?|PureCloud){_END}", re.IGNORECASE),
}

_OF_PATRONS = compile_on_use(r"chat|callback|promise|work-?item", re.IGNORECASE)
"""In the paths of what a customer asks for, which NICE CXone calls Patron API."""


def without_working_requests(text: str) -> str:
    """Return a text without the requests that it says work, if it names another one that failed or is sent.

    It failed if it is before the last error status, or in its sentence.
    """
    if (rest := _WORKING.sub("", text)) == text:
        return text
    *_, status = (0, *(each.end() for each in ERROR_STATUS.finditer(rest)))
    end = SENTENCE_END.search(rest, status) if status else None
    told = rest[: end.start()] if end else rest
    return rest if REQUEST.search(told) or _API.search(told) or _SENDING.search(rest) else text


def with_sent_body(request: ObservedRequest, text: str) -> ObservedRequest:
    """Return a request; if it shows no body, with the one that the text names: `payload = {...}`.

    What was read as its response is not the response if it is the same object.
    """
    is_open = request.kind not in _WHOLE and request.method not in READ_METHODS
    if request.body is not None or not is_open:
        return _without_repeated_body(request, request.body or "")
    from cxcall.explaining.readers.labeled_request import labeled_form
    from cxcall.explaining.readers.named_bodies import find_received, find_sent_body

    if request.path and (form := labeled_form(text)):
        body, unknown = resolve_body(form)
        return replace(request, body=body, unknown={**request.unknown, **unknown})
    has_path = bool(request.path.strip("/"))
    is_vague = not request.is_refused and (not has_path or request.kind is SourceKind.MESSAGE)
    is_named = is_vague or request.kind is SourceKind.CODE
    at = text.find(request.path) if has_path else len(text)
    shown = _untyped_refusal(request)
    sent = find_sent_body(text, at, is_named=is_named, shown=shown, path=request.path)
    if sent is None:
        return request
    is_json = text[: sent.start].rstrip(": =").endswith("json")
    is_form = request.path.endswith("/token") and isinstance(sent.value, dict) and not is_json
    # A client sends a map to a token endpoint as a form.
    body, unknown = resolve_body(urlencode(sent.value) if is_form else sent.text)
    # What is printed below the call is what it sent; above it, code may still change it.
    is_printed = 0 <= at < sent.start
    known = {place: x for place, x in request.unknown.items() if place or not is_printed}
    request = replace(request, body=body, unknown=known | unknown)
    request = _without_repeated_body(request, text[sent.start : sent.end])
    response = request.response
    if response and request.is_refused and not response.body:
        return replace(request, response=with_body(response, find_received(text, sent)))
    return request


def with_inputs(request: ObservedRequest) -> ObservedRequest:
    """Return a request; the inputs of a data action in its body are unknown, unless the response repeats one unfilled."""
    body, answer = request.body or "", request.response.text if request.response else ""
    # In a command and in code, `'${input.x}'` has the wrong quotation marks.
    is_code = request.kind in (SourceKind.CODE, *_WHOLE)
    if is_code or mark_inputs(body) == body or mark_inputs(answer) != answer:
        return request
    sent, unknown = resolve_body(mark_inputs(body))
    return replace(request, body=sent, unknown={**request.unknown, **unknown})


def _untyped_refusal(request: ObservedRequest) -> str:
    """Return the text that was read as the response to a refused request, if nothing but its place says so."""
    response = request.response
    is_told = request.is_refused and request.kind is not SourceKind.CODE and bool(request.path)
    return response.text if is_told and response and not response.headers else ""


def _without_repeated_body(request: ObservedRequest, sent: str) -> ObservedRequest:
    """Return a request; without the body of its response if it is the body that was sent."""
    response = request.response
    if response is None or not response.body:
        return request
    shown = [find_json(request.body or "", 0), *printed_maps(sent)]
    is_same = response.text == sent or response.json() in shown
    if not is_same:
        return request
    headers, reason = response.headers, response.reason
    response = build_response(response.status or None, headers, None, reason)
    return replace(request, response=response)


def with_response(request: ObservedRequest, text: str) -> ObservedRequest:
    """Return a request; if its response has no body, with the error body from anywhere in the text but what was sent."""
    from cxcall.explaining.readers.named_bodies import labeled_bodies

    for sent in (request.body, *labeled_bodies(text)):
        text = text.replace(sent or "\n", "\n")
        request = _without_repeated_body(request, sent or "")
    known = request.response
    has_body = known is not None and bool(known.body)
    if known is not None and has_body and (known.json() or "{'" not in text):
        told = _told_response(known, text)
        return replace(request, response=told) if told else request
    body = find_error_body(text)
    if not is_error_body(body) and request.is_refused and (not has_body or "{'" in text):
        body = dumped_error(text)
    if not is_error_body(body):
        return request
    told = find_response(body)
    if told is not None and told.status and not status_of(body):
        body = told.text  # within the error of a tool
    status = told.status if told else status_of(body)
    return replace(request, response=with_body(known, body, status))


def with_quoted_error(request: ObservedRequest, text: str) -> ObservedRequest:
    """Return a request; if its response has no body, with the words and the only code that a text names: `not.a.user`."""
    from cxcall.explaining.readers.named_bodies import labeled_bodies

    response = request.response
    if response is not None and response.body:
        return request
    for sent in (request.body or "", *labeled_bodies(text)):
        text = text.replace(sent or "\n", "\n")
    codes = {each for each in _DOTTED.findall(text) if find_platform_codes(each)}
    stated = own_reason(response) if response else ""
    code = codes.pop() if len(codes) == 1 and request.is_refused else ""
    quoted = quoted_refusal(text, response, is_code=request.kind is SourceKind.CODE)
    body = ({"code": code, "message": stated or code} if code else {}) | (quoted or {})
    return replace(request, response=with_body(response, body)) if body else request


def _told_response(known: HttpResponse, text: str) -> HttpResponse | None:
    """Return the response within the error of a tool, of which all or a part was read; None if it tells no other one."""
    body = known.json()
    if not is_error_body(body):
        around = (each for start, end, each in json_values(text) if known.text in text[start:end])
        body = next(filter(is_error_body, around), None)
    told = find_response(body) if is_error_body(body) else None
    if told is None or not known.status:
        return told
    is_other = told.status == known.status and told.json() != known.json()
    return known._replace(body=told.body) if is_other and not status_of(known.json()) else None


def without_sent_error(request: ObservedRequest, text: str) -> ObservedRequest:
    """Return a request; if what was read as its body was received, it is that of its response."""
    from cxcall.explaining.readers.named_bodies import is_received

    known, body = request.response, request.body
    is_open = known is not None and request.is_refused and request.kind not in _WHOLE
    if not (is_open and body and is_received(text, body, request.path)):
        return request
    response = known if known and known.body else with_body(known, find_json(body, body))
    return replace(request, body=None, response=response)


def with_told_headers(request: ObservedRequest, text: str) -> ObservedRequest:
    """Return a request; if its response lacks a correlation ID or a wait, with the one from anywhere in the text.

    After a 503, only the response itself proves that nothing was created: the text may name a wait that it does not have.
    """
    response, found, wait = request.response, _CORRELATION.search(text), _WAIT.search(text)
    if response is None:
        return request
    headers = [*response.headers.items()]
    if found and not correlation_id(response):
        headers.append(("CorrelationId", found[1] or found[2]))
    is_limited = response.status == HTTPStatus.TOO_MANY_REQUESTS
    if wait and is_limited and "Retry-After" not in response.headers:
        headers.append(("Retry-After", wait[1]))
    return replace(request, response=response._replace(headers=Headers(headers)))


def with_named_platform(
    requests: Iterable[ObservedRequest], text: str
) -> Iterator[ObservedRequest]:
    """Yield the requests of a text with the platforms that it names, and a finding if it names only the other one.

    It is a note if the host belongs to the platform of the path: the text may be about both.
    """
    named = tuple(platform for platform, names in _NAMES.items() if names.search(text))
    for each in requests:
        request = replace(each, platforms=named)
        own = intended_platform(request)
        if len(named) == 1 and own and named[0] != own:
            severity = Severity.NOTE if platform_of_host(request.host) else Severity.WARNING
            found = Finding(
                severity,
                "platform-mismatch",
                "path",
                f"the text names {PLATFORM_NAMES[named[0]]}, but the path has the form of those of {PLATFORM_NAMES[own]}",
                fix="find out which platform your organization uses; they do not share tokens or paths",
            )
            request = replace(request, findings=(*request.findings, found))
        yield request


def with_token_origin(requests: Sequence[ObservedRequest], text: str) -> Iterator[ObservedRequest]:
    """Yield requests; one that the token of the text is not for has a finding: it is of another region or kind."""
    if _CLIENT_GRANT.search(text) and not _USER_GRANT.search(text):
        requests = [replace(each, has_client_token=True) for each in requests]
    tokens = {domain_of(each.hostname) for each in requests if each.path == "/oauth/token"} - {""}
    grants = [*_refused_grants(requests)]
    for request in requests:
        region = domain_of(request.hostname)
        if len(tokens) == 1 and region not in ("", *tokens):
            [token] = tokens
            found = Finding(
                Severity.ERROR if request.status == HTTPStatus.UNAUTHORIZED else Severity.WARNING,
                "region-mismatch",
                "host",
                f"the token is from `{token}`, but the request goes to `{region}`",
                fix=f"send it to `api.{token}` if your organization is there, or get the token from `login.{region}`",
                why="a token is valid only in its own region",
            )
            request = replace(request, findings=(*request.findings, found))  # noqa: PLW2901
        is_refused = request.status == HTTPStatus.FORBIDDEN and not is_token_request(request)
        if is_refused and not _OF_PATRONS.search(request.path):
            request = replace(request, findings=(*request.findings, *grants))  # noqa: PLW2901
        yield request


def _refused_grants(requests: Iterable[ObservedRequest]) -> Iterator[Finding]:
    """Yield the findings on the only token request of a text that say that other operations respond with 403."""
    tokens = [each for each in requests if is_token_request(each)]
    for found in check_token_request(tokens[0], "") if len(tokens) == 1 else ():
        if found.code == "token-grant" and found.severity is Severity.WARNING:
            yield found._replace(severity=Severity.ERROR, where="header:Authorization")
