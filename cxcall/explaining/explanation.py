"""Explain why a request failed: all findings on request and response, the root cause first."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from cxcall.contracts.contract import Contract, load_user_contract
from cxcall.contracts.operation import Operation
from cxcall.explaining.checks.body.body_check import (
    MAY_BE_ADDED,
    check_parameter_values,
    check_sent_body,
    is_unchecked_body,
    read_body,
)
from cxcall.explaining.checks.body.lost_body import check_piped_list, check_removed_quotes
from cxcall.explaining.checks.body.named_value_check import check_refused_numbers
from cxcall.explaining.checks.credentials.authorization_check import read_credentials
from cxcall.explaining.checks.credentials.token_check import (
    check_sent_token_kind,
    find_twin,
)
from cxcall.explaining.checks.header_check import check_headers, note_sent_header
from cxcall.explaining.checks.hidden_value_check import check_hidden_values
from cxcall.explaining.checks.no_response_check import check_failure, check_unknown_outcome
from cxcall.explaining.checks.published_rules import (
    check_products,
    check_published,
    judge_version,
    note_unchecked_body,
)
from cxcall.explaining.checks.url.path_value_check import (
    path_values,
    places_in_url,
    with_masked_path,
)
from cxcall.explaining.checks.url.route_check import RouteMatch, match_route
from cxcall.explaining.finding_order import rank_findings
from cxcall.explaining.missing_evidence import note_missing_evidence, note_no_evidence
from cxcall.explaining.observed_request import ObservedRequest, SourceKind
from cxcall.explaining.operations.enum_constants import with_enum_values
from cxcall.explaining.operations.intended_operation import (
    find_intended_operation,
    intended_operation_note,
    with_method_of_body,
)
from cxcall.explaining.operations.known_operations import READ_METHODS
from cxcall.explaining.readers.json_values.json_search import shown_json
from cxcall.explaining.readers.messages.client_failures import with_reported_failure
from cxcall.explaining.request_masking import mask_finding, mask_request, with_masked_unknown
from cxcall.explaining.support_ticket import ticket_facts
from cxcall.findings.finding import Finding, Severity
from cxcall.named_tuple import NamedTuple
from cxcall.phone.number_masking import mask_text
from cxcall.responses.identifiers import correlation_id
from cxcall.responses.platform_codes import find_platform_codes
from cxcall.transport.http_messages import HttpResponse


class Explanation(NamedTuple):
    """The findings on one request, and the operation that it matches or is nearest to."""

    request: ObservedRequest
    route: RouteMatch
    findings: tuple[Finding, ...]

    @property
    def root(self) -> Finding | None:
        """The most likely cause: the first error, or else the first warning."""
        causes = (each for each in self.findings if each.severity is not Severity.NOTE)
        return next(causes, None)

    @property
    def unknown_outcome(self) -> Finding | None:
        """The finding that the request may have been processed although no response says so."""
        return next((each for each in self.findings if each.code == "outcome-unknown"), None)

    @property
    def operation(self) -> Operation | None:
        """The operation of `send` that the request matches, or else the nearest operation."""
        found = self.route.operation or self.route.nearest_operation
        return found if found and found.is_sendable else None

    @property
    def ticket(self) -> dict[str, str]:
        """The facts for a support ticket; for an unknown fact, the value says where to find it."""
        return ticket_facts(self.request, self.route.platform)

    @property
    def correlation_id(self) -> str | None:
        """The platform's ID of this exchange; None if the source does not show it."""
        return correlation_id(self.request.response) if self.request.response else None

    @property
    def is_unexplained(self) -> bool:
        """Return whether the API refused the request, and no certain cause is visible."""
        return self.request.is_refused and not _has_error(self.findings) and self.is_for_support

    @property
    def was_accepted(self) -> bool:
        """Return whether the API accepted the request, and nothing shows that it failed all the same."""
        request = self.request
        return bool(request.status) and request.is_successful and not _has_error(self.findings)

    @property
    def is_for_support(self) -> bool:
        """Return whether the platform's support may be needed to find the cause, or a further cause."""
        is_open = any(each.code == "not-provable" for each in self.findings)
        return is_open and not self.route.is_of_other_vendor

    def as_dict(self) -> dict[str, Any]:
        """Return the JSON form, without the findings."""
        request, route, root = self.request, self.route, self.root
        return {
            "origin": request.origin,
            "method": request.method or None,
            "host": request.host or None,
            "path": mask_text(request.path) or None,
            "status": request.status or None,
            "platform": route.platform or None,
            "operation": route.operation.name if route.operation and self.operation else None,
            "nearest": str(route.nearest) if route.nearest else None,
            "root": root.code if root else None,
            "correlationId": self.correlation_id,
        }


_NO_STATUS = "its status is not shown; a 2xx status means that the request was accepted, not that it was completed"


def explain(
    source: str | os.PathLike[str] | Mapping[str, Any],
    *,
    contract: str | os.PathLike[str] | None = None,
) -> tuple[Explanation, ...]:
    """Return one explanation per request in a source, as `cxcall explain` does. Offline; runs nothing.

    `source` is a text that contains a request or a response, such as a curl command, a HAR file, an HTTP
    message, code, or a log line; the `pathlib.Path` of a file with one; or an exchange as a mapping of
    method, host, path (or url), headers, body, status, and response. `contract` is the path of your
    own OpenAPI or Swagger document.

    Raises UsageError (a CxcallError) if the source contains neither, cannot be read, or
    is nested too deep; TypeError for a source or a body of another type, and ValueError for a body
    that JSON cannot hold, such as one that contains itself.
    """
    from cxcall.explaining.readers.format_detection import read_exchanges, read_source_file
    from cxcall.explaining.readers.json_values.exchanges import read_exchange

    if isinstance(source, str):
        requests = list(read_exchanges(source, "text"))
    elif isinstance(source, os.PathLike):
        requests = list(read_exchanges(read_source_file(os.fspath(source)), os.fspath(source)))
    elif isinstance(source, Mapping):
        requests = [read_exchange(source, "exchange")]
    else:
        raise TypeError(f"pass text, a `pathlib.Path`, or a mapping; got {type(source).__name__}")
    own = load_user_contract(os.fspath(contract)) if contract is not None else None
    return tuple(explain_request(request, own) for request in requests)


def _with_shown_json(request: ObservedRequest) -> ObservedRequest:
    """Return a request; if its response starts as JSON, without what is below it, or the member in which it was cut."""
    response = request.response
    if response is None or response.body[:1] not in (b"{", b"[") or response.json() is not None:
        return request
    shown = shown_json(response.body.decode("utf-8", "replace"))
    return replace(request, response=response._replace(body=shown.encode()))


def explain_request(request: ObservedRequest, own: Contract | None = None) -> Explanation:
    """Explain one request and its response, as far as the source shows them.

    `own` is the user's own contract: what it declares counts as published.
    """
    request = with_reported_failure(_with_shown_json(request))
    sent = with_masked_unknown(with_method_of_body(request, own))
    request, mask = mask_request(with_masked_path(sent, own))
    route = match_route(request, own)
    failures = [mask_finding(finding.map_texts(mask)) for finding in check_failure(request)]
    if route.is_of_other_vendor:
        return Explanation(request, route, (*failures, *_check_of_other_vendor(request, route)))
    operation = find_intended_operation(request, route)
    request = with_enum_values(request, operation)
    in_body = [*check_piped_list(request, operation, check_sent_body(request, route, operation))]
    is_valid = all(each.severity is Severity.NOTE and each.why != MAY_BE_ADDED for each in in_body)
    in_body = judge_version(request, route, in_body)
    in_url = list(check_parameter_values(request, route))
    hidden = [*check_hidden_values(sent, request, route, operation, [*in_url, *in_body])]
    is_valid = is_valid and not hidden
    findings = [
        *request.findings,
        *failures,
        *(finding.map_texts(mask_text) for finding in route.findings),
        *check_products(request, route),
        *(finding.map_texts(mask) for finding in check_headers(request, route)),
        *in_url,
        *in_body,
        *hidden,
        *check_published(request, route, [*in_url, *in_body]),
        *(
            each
            for each in _check_response(request, route, operation, in_body, is_valid=is_valid)
            if each.where != "path" or not _has_error(route.findings)
        ),
    ]
    if operation not in (None, route.operation, route.nearest_operation):
        findings.append(intended_operation_note(request, operation))
    findings += check_removed_quotes(request, in_body)
    if all(each.code != "token-user-context" for each in findings):
        findings += check_sent_token_kind(request, operation)
    if any(each.code == "platform-mismatch" and _has_error([each]) for each in findings):
        findings = [*map(_note_other_rules, findings)]
    findings = list(rank_findings(findings, request)) or note_no_evidence(request)
    findings += [*note_missing_evidence(request, findings), *note_unchecked_body(request, route)]
    return Explanation(request, route, tuple(map(mask_finding, findings)))


def _check_of_other_vendor(request: ObservedRequest, route: RouteMatch) -> Iterator[Finding]:
    """Yield what is wrong with the syntax of a JSON body, not of GraphQL or several documents, and those of the route."""
    is_json = request.content_type.removeprefix("application/") in ("", "json")
    body = (request.body or "").lstrip()
    is_other = "graphql" in request.path or "}\n{" in body
    is_accepted = bool(request.status) and request.is_successful
    if is_json and not is_accepted and body[:1] in ("{", "[") and not is_other:
        found = check_sent_body(request, route, None)
        malformed = (each for each in found if each.code == "body-malformed")
        yield from (mask_finding(each._replace(severity=Severity.WARNING)) for each in malformed)
    yield from route.findings


def has_failed(request: ObservedRequest, *, reads_body: bool) -> bool:
    """Return whether a request has the status of an error or a failure, or has no response in a recording.

    With `reads_body`, also whether a 2xx response reports a failure.
    """
    response = request.response
    if response is None or not request.is_successful:
        is_shown = bool(request.status or request.failure or request.is_refused)
        return is_shown or request.kind is SourceKind.CAPTURE
    if not reads_body:
        return False
    from cxcall.responses.failures_in_2xx import explain_failures
    from cxcall.responses.processing_evidence import WEB_PAGE, unreadable_reason

    is_page = unreadable_reason(response) == WEB_PAGE
    return (
        is_page or _is_error_text(request) or any(explain_failures(response.json(), is_read=False))
    )


def _is_error_text(request: ObservedRequest) -> bool:
    """Return whether a response is one of the platforms' texts that are an error with any status."""
    response = request.response
    is_text = response is not None and response.json() is None
    return is_text and bool(find_platform_codes(request.response_text))


def _note_other_rules(finding: Finding) -> Finding:
    """Return a finding as a note if it is about a path or an ID of the platform that the host does not belong to."""
    is_other = finding.code in ("path-unpublished", "method-unpublished", "id-format")
    return finding._replace(severity=Severity.NOTE) if is_other else finding


def _has_error(findings: Iterable[Finding]) -> bool:
    return any(finding.severity is Severity.ERROR for finding in findings)


def _check_success(request: ObservedRequest, response: HttpResponse) -> Iterator[Finding]:
    """Yield what a 2xx response reports as failed."""
    from cxcall.responses.failures_in_2xx import explain_failures, web_page_finding
    from cxcall.responses.processing_evidence import WEB_PAGE, unreadable_reason

    is_query = request.path.endswith(("/query", "/search"))
    is_read = is_query or request.method in READ_METHODS
    for each in explain_failures(response.json(), is_read=is_read, is_query=is_query):
        yield each if response.status or not each.why else each._replace(why=_NO_STATUS)
    if unreadable_reason(response) == WEB_PAGE:
        yield web_page_finding(request.host)


def _check_response(
    request: ObservedRequest,
    route: RouteMatch,
    operation: Operation | None,
    in_body: Iterable[Finding],
    *,
    is_valid: bool,
) -> Iterator[Finding]:
    response = request.response
    if response is None or not (response.status or response.body):
        return
    if request.is_successful and not _is_error_text(request):
        yield from _check_success(request, response)
        return
    from cxcall.responses.refusals.refusal_findings import explain_refusal
    from cxcall.responses.refusals.refused_request import RefusedRequest

    payload = read_body(request, route)
    is_checked = operation is not None and operation.takes_body and payload is not None
    is_valid = is_valid and not (operation and is_unchecked_body(request, operation))
    refused = RefusedRequest(
        operation,
        is_token=route.is_token,
        has_body=bool(request.body) or not (request.query or request.method in READ_METHODS),
        body=payload.value if payload else None,
        places=places_in_url(request),
        is_valid=is_checked and is_valid and not request.unknown,
        has_findings=any(each.severity is not Severity.NOTE for each in in_body),
        media_type=request.content_type,
        credentials=read_credentials(request, route),
        parameters=path_values(request.path, operation.path) if operation else {},
    )
    refusals = explain_refusal(response, request.host, refused)
    if is_checked and operation is not None and payload is not None:
        yield from check_refused_numbers(operation, payload, response, refusals)
    for refusal in refusals:
        finding = note_sent_header(refusal, request)
        if operation and finding.code == "token-user-context" and (twin := find_twin(operation)):
            finding = finding._replace(fix=f"{finding.fix}, or use {twin} with a client's token")
        severity = Severity.NOTE if refusal.code == "not-provable" else refusal.severity
        excerpt = payload.find_excerpt(refusal.where) if payload else None
        yield finding._replace(severity=severity, excerpt=excerpt)
    yield from check_unknown_outcome(request, route.operation)
