"""Why a request failed: what it and its answer show, the root cause first, each finding with its source."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Any, NamedTuple

from cxcall.documents.json_pointer import leaves
from cxcall.explaining.body_check import check_content, check_values
from cxcall.explaining.header_check import check_headers, needs_person
from cxcall.explaining.host_check import NAMES, check_region
from cxcall.explaining.observed_request import without_secrets
from cxcall.explaining.published_operations import CXONE
from cxcall.explaining.route_check import RouteMatch, match_route
from cxcall.findings.finding import Finding, Severity
from cxcall.responses.evidence import hidden_failure
from cxcall.responses.identifiers import correlation_id
from cxcall.responses.platform_words import SOURCE, shorten
from cxcall.responses.refusals import explain_refusal
from cxcall.transport.messages import Headers

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from cxcall.contracts.contract import Contract, Operation
    from cxcall.explaining.observed_request import ObservedRequest

_PERSONAL = re.compile(r"personal[-_ ]?connection", re.IGNORECASE)
# What decides comes first: another place, then another token, then the body, then what the API said of it.
_ORDER = (
    "scheme-insecure", "host-unknown", "platform-mismatch", "path-unpublished", "method-unpublished",
    "token-missing", "token-grant", "token-user-context", "token-scope", "token-expired", "credential",
    "permission-missing", "rate-limited", "header-missing", "body-malformed",
)  # fmt: skip


_DEAD_LEGS = (
    "failed", "noanswer", "busy", "badnumber", "error", "rejected", "noports", "agentlegalreadyactive",
    "agentlinktimeout", "invalidstate", "invalidstationid", "invalidcallleg", "invalidcallcount",
    "joinfailed", "linkfailed", "loginfailed", "campaignclosed", "dialersuppressed",
)  # fmt: skip
# What says that something which was accepted came to nothing, by the names of members
# (docs/platforms/genesys-cloud.md#campaigns, docs/platforms/genesys-cloud.md#tracking, docs/platforms/nice-cxone.md#following-a-call).
_FAILING = {
    **dict.fromkeys(("state", "status", "importstate"), ("failed", "error")),
    **dict.fromkeys(("disconnectcode", "resultcode"), _DEAD_LEGS),
    "disconnecttype": ("error", "transport.failure", "uncallable"),
    "campaignstatus": ("invalid", "forced_off", "forced_stopping"),
}


class Explanation(NamedTuple):
    """What was found on one attempt, and the operations that it is, or is nearest to."""

    attempt: ObservedRequest
    route: RouteMatch
    findings: tuple[Finding, ...]

    @property
    def root(self) -> Finding | None:
        """The finding that explains most: the first error, else the first warning."""
        for severity in (Severity.ERROR, Severity.WARNING):
            for finding in self.findings:
                if finding.severity is severity:
                    return finding
        return None

    @property
    def operation(self) -> Operation | None:
        """The contract's operation that the request is, or else the nearest one."""
        return self.route.operation or self.route.advised

    @property
    def ticket(self) -> dict[str, str]:
        """What the platform's support asks for; what is not known says how to find it."""
        attempt, response = self.attempt, self.attempt.response
        headers = response.headers if response else Headers()
        known = correlation_id(response) if response else None
        return {
            "request": f"{attempt.method or '?'} {attempt.host or '<host>'}{attempt.path or ''}",
            "answer": f"HTTP {response.status} {response.reason}".rstrip()
            if response
            else "none shown",
            "correlation ID": known or "the answer's header `ININ-Correlation-Id`",
            "time": headers.get("Date", "") or "in UTC, to the second",
            "region": attempt.host or "the organisation's, as in the host",
        }

    def as_dict(self) -> dict[str, Any]:
        """Return it for a program, without its findings."""
        root, nearest, response = self.root, self.route.nearest, self.attempt.response
        return {
            "origin": self.attempt.origin,
            "method": self.attempt.method,
            "host": self.attempt.host,
            "path": self.attempt.path,
            "status": response.status if response and response.status else None,
            "platform": self.route.platform or None,
            "operation": self.route.operation.name if self.route.operation else None,
            "nearest": str(nearest) if nearest else None,
            "root": root.code if root else None,
            "correlationId": correlation_id(response) if response else None,
        }


def explain(
    source: str | os.PathLike[str] | Mapping[str, Any],
    *,
    contract: str | os.PathLike[str] | None = None,
) -> tuple[Explanation, ...]:
    """Say why requests failed, as `cxcall explain` does; offline, and nothing in the source is run.

    `source` is the text of a curl command, a HAR file, a JSON exchange, an HTTP message or a Python
    `requests` call; the `pathlib.Path` of a file that holds one; or an exchange as a mapping of
    method, host, path (or url), headers, body, status and response. One explanation a request.
    `contract` is an OpenAPI or Swagger document of one's own.

    Raises UsageError (a CxcallError) where it is none of these.
    """
    from cxcall.contracts.contract import load
    from cxcall.explaining.readers.detect import read, read_path
    from cxcall.explaining.readers.json_exchange import read_exchange

    if isinstance(source, str):
        attempts = list(read(source, "text"))
    elif isinstance(source, os.PathLike):
        attempts = list(read_path(os.fspath(source)))
    else:
        attempts = [read_exchange(source, "exchange")]
    own = load(os.fspath(contract)) if contract is not None else None
    return tuple(explain_request(attempt, own) for attempt in attempts)


def explain_request(attempt: ObservedRequest, own: Contract | None = None) -> Explanation:
    """Find out why a request failed, from the request and its answer, as far as they show it.

    `own` is a contract of the user's own: what it declares is as good as published.
    """
    attempt = without_secrets(attempt)
    route = match_route(attempt, own)
    is_elsewhere = route.operation is None or any(
        finding.severity is Severity.ERROR for finding in route.findings
    )
    found = [
        *attempt.findings,
        *route.findings,
        *check_region(attempt),
        *_other_platform(attempt, route),
        *check_headers(attempt, route),
        *check_values(attempt, route),
        *check_content(attempt, route, is_advice=is_elsewhere),
        *_response(attempt, route),
    ]
    if not any(finding.code == "token-user-context" for finding in found):
        found += needs_person(attempt, route)
    if not any(each.severity is Severity.ERROR for each in found):
        if attempt.unknown:
            found += _not_shown(attempt)
        elif not any(each.code == "not-provable" for each in found):
            found += _not_provable(attempt)
    return Explanation(attempt, route, _ordered(found))


def _ordered(found: list[Finding]) -> tuple[Finding, ...]:
    ranks = {code: rank for rank, code in enumerate(_ORDER)}
    severities = list(Severity)
    unique = dict.fromkeys(found)
    return tuple(
        sorted(
            unique,
            key=lambda each: (severities.index(each.severity), ranks.get(each.code, len(ranks))),
        )
    )


def _other_platform(attempt: ObservedRequest, route: RouteMatch) -> Iterator[Finding]:
    """Yield a warning where a request for NICE's Personal Connection is in Genesys Cloud's form."""
    text = f"{attempt.path or ''} {attempt.body or ''}"
    is_ours = route.operation is not None
    if not is_ours and "/api/v" in (attempt.path or "") and _PERSONAL.search(text):
        yield Finding(
            Severity.WARNING,
            "platform-mismatch",
            "path",
            "Personal Connection is a product of NICE CXone, and `/api/v2` a form of path of Genesys Cloud",
            fix="ask which platform the organisation is on; their tokens and paths are not shared",
            source=f"the published operations of {NAMES[CXONE]}",
        )


def _response(attempt: ObservedRequest, route: RouteMatch) -> Iterator[Finding]:
    response = attempt.response
    if response is None:
        return
    if 200 <= response.status < 300:  # noqa: PLR2004 - a 2xx
        yield from filter(None, (hidden_failure(response) or _failed_later(response.json()),))
        return
    if not response.status and not response.body:
        return
    operation = route.operation or route.advised
    found = explain_refusal(operation, response, attempt.host or "", is_token=route.is_token)
    for finding in found:
        is_vague = finding.code == "not-provable"
        yield finding._replace(severity=Severity.NOTE) if is_vague else finding


def _failed_later(body: Any) -> Finding | None:
    """Return the failure of something that an accepted request started, if its body tells of one."""
    for pointer, value in leaves(body):
        name, said = pointer.rpartition("/")[2].lower(), str(value).lower()
        has_failed = said in _FAILING.get(name, ()) or name == "failurereason"
        if value and (has_failed or said.startswith("error.inin")):
            return Finding(
                Severity.ERROR,
                "hidden-failure",
                "response",
                f"the request was accepted, and what it started failed: `{pointer}` is `{shorten(str(value))}`",
                fix="read on at that place; the request itself need not be changed",
                why="a 2xx says that it was taken on, not that it came to its end",
                source=SOURCE,
            )
    return None


def _not_shown(attempt: ObservedRequest) -> Iterator[Finding]:
    """Yield the note that names what the source does not show, where nothing that it shows explains a failure."""
    response = attempt.response
    if response is not None and 200 <= response.status < 300:  # noqa: PLR2004 - a 2xx
        return
    names = dict.fromkeys(
        f"`{name if name != '...' else place or 'body'}`"
        for place, listed in attempt.unknown.items()
        for name in listed
    )
    *first, last = names
    shown = f"values of {', '.join(first)} and {last} are" if first else f"value of {last} is"
    source = attempt.origin.rpartition(" ")[2]
    yield Finding(
        Severity.NOTE,
        "not-provable",
        "request",
        f"the {shown} not in the {source}, and nothing that it shows explains a failure",
        fix="put what it holds in place of the name, or check the body: `cxcall validate FILE`",
    )


def _not_provable(attempt: ObservedRequest) -> Iterator[Finding]:
    """Yield the note that says so, with what to capture for the platform's support."""
    response = attempt.response
    if response is not None and 200 <= response.status < 300:  # noqa: PLR2004 - a 2xx
        return
    yield Finding(
        Severity.NOTE,
        "not-provable",
        "request",
        "nothing in what is shown explains a failure",
        fix="capture method, URL, body, status, answer, its `ININ-Correlation-Id`, the time and the region; "
        "then explain that, or paste it into a ticket",
        why="" if response else "there is no answer in it",
    )
