"""Explain why a request failed: all findings on request and response, the root cause first."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from cxcall.documents.json_pointer import leaves
from cxcall.explaining.body_check import check_body, check_parameter_values
from cxcall.explaining.header_check import check_headers, check_token_kind
from cxcall.explaining.host_check import check_region
from cxcall.explaining.masking import make_masker, mask_request
from cxcall.explaining.published_operations import CXONE, published_source
from cxcall.explaining.route_check import RouteMatch, match_route
from cxcall.findings.finding import Finding, Severity
from cxcall.named_tuple import NamedTuple
from cxcall.responses.evidence import hidden_failure
from cxcall.responses.identifiers import correlation_id
from cxcall.responses.platform_words import SOURCE, shorten
from cxcall.responses.refusals import explain_refusal

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from cxcall.contracts.contract import Contract
    from cxcall.contracts.operation import Operation
    from cxcall.explaining.observed_request import ObservedRequest

_PERSONAL_CONNECTION = re.compile(r"personal[-_ ]?connection", re.IGNORECASE)
# Root causes first: a wrong destination, then a wrong token, then the body, then the API's own message.
_ORDER = (
    "scheme-insecure", "host-unknown", "platform-mismatch", "path-unpublished", "method-unpublished",
    "token-missing", "token-grant", "token-user-context", "token-scope", "token-expired", "credential",
    "permission-missing", "rate-limited", "header-missing", "body-malformed",
)  # fmt: skip
_FAILED_CALL_CODES = (
    "failed", "noanswer", "busy", "badnumber", "error", "rejected", "noports", "agentlegalreadyactive",
    "agentlinktimeout", "invalidstate", "invalidstationid", "invalidcallleg", "invalidcallcount",
    "joinfailed", "linkfailed", "loginfailed", "campaignclosed", "dialersuppressed",
)  # fmt: skip
# Values of response members, in lower case, that mean that an accepted request failed later. Sources:
# campaigns and tracking in docs/platforms/genesys-cloud.md, following a call in docs/platforms/nice-cxone.md.
_FAILED_VALUES = {
    **dict.fromkeys(("state", "status", "importstate"), ("failed", "error")),
    **dict.fromkeys(("disconnectcode", "resultcode"), _FAILED_CALL_CODES),
    "disconnecttype": ("error", "transport.failure", "uncallable"),
    "campaignstatus": ("invalid", "forced_off", "forced_stopping"),
}


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
    def operation(self) -> Operation | None:
        """The contract's operation that the request matches, or else the nearest one."""
        return self.route.operation or self.route.nearest_operation

    @property
    def ticket(self) -> dict[str, str]:
        """What a support ticket needs; a value that is not known says where to find it."""
        request, response = self.request, self.request.response
        status = f"HTTP {response.status} {response.reason}".rstrip() if response else "unknown"
        correlation = correlation_id(response) if response else None
        return {
            "request": f"{request.method or '?'} {request.host or '<host>'}{request.path}",
            "response": status,
            "correlation ID": correlation or "in the response header `ININ-Correlation-Id`",
            "time": (response.headers.get("Date") if response else "") or "in UTC, to the second",
            "region": request.host or "the host that you send requests to",
        }

    def as_dict(self) -> dict[str, Any]:
        """Return the JSON form, without the findings."""
        request, route, root = self.request, self.route, self.root
        return {
            "origin": request.origin,
            "method": request.method or None,
            "host": request.host or None,
            "path": request.path or None,
            "status": request.status or None,
            "platform": route.platform or None,
            "operation": route.operation.name if route.operation else None,
            "nearest": str(route.nearest) if route.nearest else None,
            "root": root.code if root else None,
            "correlationId": correlation_id(request.response) if request.response else None,
        }


def explain(
    source: str | os.PathLike[str] | Mapping[str, Any],
    *,
    contract: str | os.PathLike[str] | None = None,
) -> tuple[Explanation, ...]:
    """Return one explanation per request in a source, as `cxcall explain` does. Offline; runs nothing.

    `source` is the text of a curl command, a HAR file, a JSON exchange, an HTTP message, or a Python
    `requests` call; the `pathlib.Path` of a file with one of these; or an exchange as a mapping of
    method, host, path (or url), headers, body, status, and response. `contract` is the path of your
    own OpenAPI or Swagger document.

    Raises UsageError (a CxcallError) where the source has none of these formats, cannot be read, or
    is nested too deep; TypeError for a source or a body of another type, and ValueError for a body
    that JSON cannot hold, such as one that contains itself.
    """
    from cxcall.contracts.contract import load_user_contract
    from cxcall.explaining.readers.detect import read, read_path
    from cxcall.explaining.readers.json_exchange import read_exchange

    if isinstance(source, str):
        requests = list(read(source, "text"))
    elif isinstance(source, os.PathLike):
        requests = list(read_path(os.fspath(source)))
    elif isinstance(source, Mapping):
        requests = [read_exchange(source, "exchange")]
    else:
        raise TypeError(f"pass text, a `pathlib.Path`, or a mapping; got {type(source).__name__}")
    own = load_user_contract(os.fspath(contract)) if contract is not None else None
    return tuple(explain_request(request, own) for request in requests)


def explain_request(request: ObservedRequest, own: Contract | None = None) -> Explanation:
    """Explain one request and its response, as far as the source shows them.

    `own` is the user's own contract: what it declares counts as published.
    """
    mask = make_masker(request)
    request = mask_request(request, mask)
    route = match_route(request, own)
    is_elsewhere = route.operation is None or _has_error(route.findings)
    findings = [
        *request.findings,
        *route.findings,
        *(finding.map_texts(mask) for finding in check_region(request)),
        *_check_personal_connection(request, route),
        *(finding.map_texts(mask) for finding in check_headers(request, route)),
        *check_parameter_values(request, route),
        *check_body(request, route, is_elsewhere=is_elsewhere),
        *_check_response(request, route),
    ]
    codes = {finding.code for finding in findings}
    if "token-user-context" not in codes:
        findings += check_token_kind(request, route)
    if not _has_error(findings) and not request.is_successful:
        if request.unknown:
            findings.append(_unknown_values(request))
        elif "not-provable" not in codes:
            findings.append(_no_cause(request))
    return Explanation(request, route, tuple(sorted(dict.fromkeys(findings), key=_rank)))


def _has_error(findings: Iterable[Finding]) -> bool:
    return any(finding.severity is Severity.ERROR for finding in findings)


def _rank(finding: Finding) -> tuple[int, int]:
    rank = _ORDER.index(finding.code) if finding.code in _ORDER else len(_ORDER)
    return list(Severity).index(finding.severity), rank


def _check_personal_connection(request: ObservedRequest, route: RouteMatch) -> Iterator[Finding]:
    """Yield a warning where a request for NICE's Personal Connection has a path like Genesys Cloud's."""
    text = f"{request.path} {request.body or ''}"
    if route.operation is None and "/api/v" in request.path and _PERSONAL_CONNECTION.search(text):
        yield Finding.warning(
            "platform-mismatch",
            "path",
            "Personal Connection is a product of NICE CXone, but `/api/v2` paths belong to Genesys Cloud",
            fix="find out which platform your organization uses; they do not share tokens or paths",
            source=published_source(CXONE),
        )


def _check_response(request: ObservedRequest, route: RouteMatch) -> Iterator[Finding]:
    response = request.response
    if response is None or not (response.status or response.body):
        return
    if request.is_successful:
        failure = hidden_failure(response) or _later_failure(response.json())
        yield from (failure,) if failure else ()
        return
    operation = route.operation or route.nearest_operation
    for finding in explain_refusal(operation, response, request.host, is_token=route.is_token):
        is_vague = finding.code == "not-provable"
        yield finding._replace(severity=Severity.NOTE) if is_vague else finding


def _later_failure(body: Any) -> Finding | None:
    """Return the failure of something that an accepted request started, if the response reports one."""
    for pointer, leaf in leaves(body):
        name, value = pointer.rpartition("/")[2].lower(), str(leaf).lower()
        has_failed = value in _FAILED_VALUES.get(name, ()) or name == "failurereason"
        if leaf and (has_failed or value.startswith("error.inin")):
            return Finding.error(
                "hidden-failure",
                "response",
                f"the request was accepted, but what it started failed: `{pointer}` is `{shorten(str(leaf))}`",
                fix="look for the cause near that property; the request need not be changed",
                why="a 2xx response means that the request was accepted, not that it was completed",
                source=SOURCE,
            )
    return None


def _unknown_values(request: ObservedRequest) -> Finding:
    """Return the note that names the variables whose values the source does not show."""
    names = dict.fromkeys(
        f"`{name if name != '...' else place or 'body'}`"
        for place, listed in request.unknown.items()
        for name in listed
    )
    *first, last = names
    values = f"values of {', '.join(first)} and {last} are" if first else f"value of {last} is"
    source = request.origin.rpartition(" ")[2]
    return Finding.note(
        "not-provable",
        "request",
        f"the {values} not in the {source}, and no cause was found in the rest",
        fix="replace each name with its value, or check the body: `cxcall validate FILE`",
    )


def _no_cause(request: ObservedRequest) -> Finding:
    """Return the note that says so, with what the platform's support needs."""
    return Finding.note(
        "not-provable",
        "request",
        "no cause found in the request or response",
        fix="to continue, capture: method, URL, body, status, response, its `ININ-Correlation-Id`, time, and region; "
        "then explain that, or paste it into a support ticket",
        why="" if request.response else "the source shows no response",
    )
