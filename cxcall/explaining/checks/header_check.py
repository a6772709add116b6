"""Check the headers of a request: what is missing, and whether the token is sent correctly."""

from __future__ import annotations

from collections.abc import Iterator
from http import HTTPStatus

from cxcall.contracts.media_types import accepts_media_type
from cxcall.contracts.operation import JSON, MULTIPART, URLENCODED, Operation, is_json
from cxcall.contracts.parameter_styles import text_of_parts
from cxcall.documents.json_text import find_json
from cxcall.explaining.checks.credentials.authorization_check import check_authorization
from cxcall.explaining.checks.credentials.token_check import check_claims
from cxcall.explaining.checks.credentials.token_request_check import expected_endpoint
from cxcall.explaining.checks.url.host_check import is_foreign
from cxcall.explaining.checks.url.route_check import RouteMatch
from cxcall.explaining.observed_request import ObservedRequest, SourceKind
from cxcall.explaining.operations.known_operations import CXONE, is_upload
from cxcall.findings.finding import Finding, Severity
from cxcall.payloads.errors.broken_rules import with_description
from cxcall.payloads.form_bodies import has_headers
from cxcall.payloads.payload import is_form
from cxcall.payloads.placeholders import is_redacted, is_withheld
from cxcall.payloads.schema_check import check_parameters
from cxcall.responses.refusals.finding_code_table import Advice
from cxcall.runtime.secrets.likely_secrets import is_secret_header
from cxcall.transport.http_messages import Headers

_WITHOUT_BODY = ("GET", "HEAD", "DELETE", "OPTIONS")
_NOT_PARAMETERS = ("accept", "authorization", "content-type")
_SET_BY_CLIENTS = tuple(
    """
    user-agent host content-length accept-encoding accept-language connection origin referer cookie
    """.split()
)
"""Headers that clients add themselves: the source need not show them."""


def check_headers(request: ObservedRequest, route: RouteMatch) -> Iterator[Finding]:
    """Yield what is wrong with the headers; nothing if the source does not show them."""
    if request.headers is None:
        return
    for finding in (
        *_check_content_type(request, route),
        *_check_accept(request, route),
        *check_authorization(request, request.headers, route),
        *check_claims(request, route.platform),
        *_check_header_parameters(request, request.headers, route.operation),
    ):
        if not request.is_unobserved(finding):
            yield finding


def _check_content_type(request: ObservedRequest, route: RouteMatch) -> Iterator[Finding]:
    actual, length = request.content_type, request.header("Content-Length")
    has_body = bool(request.body) or "" in request.unknown or length.strip("0") != ""
    may_be_empty = request.method in _WITHOUT_BODY or (
        route.operation and not request.body and not length
    )
    if may_be_empty and not (route.operation and route.operation.takes_body):
        return
    if not has_body or (not actual and request.null_means_unknown):
        return
    expected = _expected_content_type(request, route)
    if actual == expected == MULTIPART and has_headers(request.body or ""):
        yield from _check_boundary(request)
    if not expected or actual == expected or (is_json(actual) and expected == JSON):
        return
    if actual and route.rules and accepts_media_type(route.rules, actual, request.body or ""):
        return
    is_json_body = isinstance(find_json(request.body or "", None), dict | list)
    if expected != JSON and not actual and not is_json_body:
        return  # curl and `requests` send the type of a form by themselves
    is_fields, is_text = is_json_body and is_form(expected), is_json_body and not is_json(actual)
    severity = Severity.ERROR
    if route.is_token and expected != JSON and is_json_body:
        severity = Severity.NOTE  # the error on the body names the required type
    elif route.is_token and is_foreign(request):
        severity = Severity.WARNING  # another server may have its own rules
    yield Finding(
        severity,
        "header-missing",
        "header:Content-Type",
        f"`Content-Type` must be `{expected}`; got `{actual}`" + " with a JSON body" * is_text
        if actual
        else f"`Content-Type` must be `{expected}`, but the body is sent without one",
        fix=f"send `Content-Type: {expected}`"
        if not is_fields
        else f"send the fields as `{expected}`, not as JSON; clients then set this header",
        why=_why_wrong_type(expected, actual),
        source=route.operation.source if route.operation else "",
    )


def _why_wrong_type(expected: str, actual: str) -> str:
    """Return the effect of another content type than the body's, and why a client may send it."""
    effect = "the API responds with 415 or ignores the body"
    if expected == JSON and actual in ("", URLENCODED):
        return f"by default, clients send a text with the type of a form or of plain text, or with none; {effect}"
    return effect


def _check_boundary(request: ObservedRequest) -> Iterator[Finding]:
    """Yield an error if the parts of a form were written by hand, and the header lacks their boundary."""
    value = request.header("Content-Type")
    if "boundary=" not in value.lower():
        yield Finding.error(
            "header-missing",
            "header:Content-Type",
            f"`Content-Type: {value}` has no `boundary`, without which the parts cannot be read",
            fix="let the client set this header; or write the separator of the body into it: `; boundary=...`",
            source="RFC 7578, section 4.1",
        )


def _expected_content_type(request: ObservedRequest, route: RouteMatch) -> str:
    """Return the content type that the body must have; empty if any is accepted."""
    if is_upload(request.path):
        return MULTIPART
    if not route.is_token:
        rules = route.rules
        if rules is None and route.is_own:
            return ""  # the document does not say it
        declared = (rules.media_type, *rules.unsupported_media) if rules else ()
        return "" if "*/*" in declared else next(filter(None, declared), JSON)
    endpoint = expected_endpoint(request, route.platform)
    return endpoint.content_type if endpoint else ""


def _check_accept(request: ObservedRequest, route: RouteMatch) -> Iterator[Finding]:
    is_acd = route.platform == CXONE and "/services/" in request.path.lower()
    if is_acd and "json" not in request.header("Accept").lower():
        yield Finding.warning(
            "header-missing",
            "header:Accept",
            "the header `Accept: application/json` is missing",
            fix="send `Accept: application/json`",
            why="without it the ACD API responds with the text `No known way to render data`",
            source="published connectors for NICE CXone (Camunda, cxone-mcp)",
        )


def _check_header_parameters(
    request: ObservedRequest, headers: Headers, operation: Operation | None
) -> Iterator[Finding]:
    """Yield what is wrong with the header parameters that an operation declares.

    Of the headers that have a meaning of their own, OpenAPI ignores such declarations.
    """
    if operation is None:
        return
    declared = {
        each.as_sent.name: each
        for each in operation.parameters
        if each.location == "header" and each.name.lower() not in _NOT_PARAMETERS
    }
    sent = {name: headers[name] for name in declared if name in headers}
    shown = {
        declared[name].name: text_of_parts(declared[name], [value])
        for name, value in sent.items()
        if not is_withheld(value)
    }
    for finding in check_parameters(operation, shown):
        name = finding.origin.removeprefix("header:")
        yield finding._replace(where=f"header:{name}", origin="", why="")
    for name, each in declared.items():
        if each.required and name not in sent and _is_unsent(request, name):
            yield Finding.error(
                "header-missing",
                f"header:{name}",
                f"the header `{name}` is missing",
                fix=f"send `{name}: ...`",
                why=with_description("the operation requires it", each.description),
                source=operation.source,
            )


def _is_unsent(request: ObservedRequest, name: str) -> bool:
    """Return whether a header that the source does not show was not sent.

    People leave secrets out of commands that they paste: only a 401 says that one was not sent.
    """
    is_removed = request.kind is SourceKind.COMMAND and is_secret_header(name, "")
    is_open = name.lower() in _SET_BY_CLIENTS or (
        is_removed and request.status != HTTPStatus.UNAUTHORIZED
    )
    return request.shows_all_headers and not is_open


def note_sent_header(finding: Finding, request: ObservedRequest) -> Finding:
    """Return a refusal because of a missing header with other advice if the request has this header."""
    if finding.fix == Advice.SEND_TOKEN and (value := request.header("Authorization")):
        fix = "the request has `Authorization`: check that the token in it had a value when it was sent"
        if "bearer" not in value.lower() and not is_redacted(value):
            fix = f"{finding.fix}: the value of this header is shown without `Bearer`"
        return finding._replace(fix=fix)
    _, is_header, name = finding.where.partition("header:")
    if finding.code != "header-missing" or not is_header or not request.header(name):
        return finding
    return finding._replace(
        fix=f"the request has `{name}`: check its value, and that no proxy in between removes it"
    )
