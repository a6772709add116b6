"""How a delivery ends: outcome, exit code and findings, by what its last exchange proves."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, NamedTuple

from cxcall.findings.exit_codes import ExitCode, Outcome
from cxcall.findings.finding import Finding, Severity
from cxcall.responses import evidence, identifiers, platform_words
from cxcall.responses.evidence import Evidence
from cxcall.transport import retry_after

if TYPE_CHECKING:
    from cxcall.contracts.contract import Operation
    from cxcall.findings.errors import CxcallError
    from cxcall.transport.messages import Exchange, HttpResponse

_RESOLVE = "`cxcall history resolve {id} --rang` or `--did-not-ring`"
_CONNECTION_FAILURES = {
    "dns": (
        "host-unknown",
        "cannot be found",
        "check the region or `base_url`: `cxcall config show`",
    ),
    "connect": ("undelivered", "takes no connection", "check `base_url`, and that it is running"),
    "certificate": (
        "undelivered",
        "has a certificate that is not trusted",
        "set `REQUESTS_CA_BUNDLE` to the file of your network's own authority",
    ),
    "tls": ("undelivered", "makes no secure connection", "check that it is an `https://` address"),
    "proxy": (
        "undelivered",
        "cannot be reached through the proxy",
        "check `HTTPS_PROXY` and `NO_PROXY`",
    ),
}
_OTHER_FAILURE = (
    "undelivered",
    "cannot be sent this request",
    "check the URL and the headers: `-n`",
)


class DeliveryContext(NamedTuple):
    """What was sent where, under which ID of the ledger; `first_header` is looked into first."""

    id: str
    operation: Operation
    host: str
    first_header: str = ""


class DeliveryResult(NamedTuple):
    """How a delivery ends, and the exchange that decided it."""

    outcome: Outcome
    exit_code: ExitCode
    exchange: Exchange | None
    findings: tuple[Finding, ...] = ()


def result_of_exchange(
    delivered: DeliveryContext, proof: Evidence, exchange: Exchange | None
) -> DeliveryResult:
    """Return the ending of a delivery that is not sent again."""
    response = exchange.response if exchange else None
    if exchange is None or (proof is not Evidence.UNSENT and response is None):
        return _unknown(delivered, exchange)
    if proof is Evidence.UNSENT or response is None:
        finding = _unsent_finding(delivered, exchange)
        return DeliveryResult(Outcome.UNDELIVERED, ExitCode.UNDELIVERED, exchange, (finding,))
    if proof is Evidence.ACCEPTED:
        findings = _acceptance_warnings(delivered, response)
        return DeliveryResult(Outcome.ACCEPTED, ExitCode.OK, exchange, findings)
    if proof is Evidence.BUSY:
        finding = _busy_finding(delivered, response)
        return DeliveryResult(Outcome.UNDELIVERED, ExitCode.UNDELIVERED, exchange, (finding,))
    return _refused(delivered, proof, exchange, response)


def result_of_early_interrupt(exchange: Exchange | None) -> DeliveryResult:
    """Return the ending of a delivery that a signal stopped while nothing was processed."""
    finding = Finding(
        Severity.ERROR,
        "undelivered",
        "host",
        "interrupted; nothing was processed",
        fix="run it again when you are ready",
    )
    return DeliveryResult(Outcome.UNDELIVERED, ExitCode.INTERRUPTED, exchange, (finding,))


def result_of_failed_retry(
    delivered: DeliveryContext, proof: Evidence, exchange: Exchange, error: CxcallError
) -> DeliveryResult:
    """Return the ending where no next attempt can be: no token, no record, or another process was faster."""
    ended = result_of_exchange(delivered, proof, exchange)
    findings = (*ended.findings, *error.findings)
    if error.exit_code in (ExitCode.UNDELIVERED, ExitCode.STOPPED):
        return DeliveryResult(Outcome.UNDELIVERED, error.exit_code, exchange, findings)
    return DeliveryResult(ended.outcome, ended.exit_code, exchange, findings)


def result_of_unsent_request(error: CxcallError) -> DeliveryResult:
    """Return the ending where the request was not even put together."""
    return DeliveryResult(Outcome.UNDELIVERED, error.exit_code, None, error.findings)


def _refused(
    delivered: DeliveryContext, proof: Evidence, exchange: Exchange, response: HttpResponse
) -> DeliveryResult:
    if proof is Evidence.INCONCLUSIVE:
        return _unknown(delivered, exchange)
    hidden = (
        evidence.hidden_failure(response) if response.status < HTTPStatus.MULTIPLE_CHOICES else None
    )
    if hidden:
        findings: tuple[Finding, ...] = (hidden,)
    else:
        from cxcall.responses.refusals import explain_refusal

        findings = explain_refusal(delivered.operation, response, delivered.host)
    is_token = proof is Evidence.UNAUTHORIZED
    code = ExitCode.CREDENTIALS if is_token else ExitCode.REFUSED
    return DeliveryResult(Outcome.REFUSED, code, exchange, findings)


def _unsent_finding(delivered: DeliveryContext, exchange: Exchange) -> Finding:
    code, problem, fix = _CONNECTION_FAILURES.get(exchange.failure, _OTHER_FAILURE)
    return Finding(
        Severity.ERROR,
        code,
        "host",
        f"`{delivered.host}` {problem}",
        fix=f"{fix}; then run it again",
        why=f"nothing was sent: {exchange.detail}",
    )


def _busy_finding(delivered: DeliveryContext, response: HttpResponse) -> Finding:
    asked = retry_after.wait_asked(response.headers, response.body, datetime.now(UTC))
    limited = response.status == HTTPStatus.TOO_MANY_REQUESTS
    again = f"in {math.ceil(asked)} s" if asked else "in a minute"
    said = platform_words.platform_message(response)
    return Finding(
        Severity.ERROR,
        "rate-limited" if limited else "undelivered",
        "response",
        f"`{delivered.host}` takes no request {'for now' if asked is None else f'for {asked:g} s'}"
        f", it answered HTTP {response.status}",
        fix=f"run it again {again}; `CXCALL_MAX_WAIT` is the longest that cxcall waits by itself",
        why="a request answered so was not processed" + (f"; the API says: {said}" if said else ""),
        source=platform_words.SOURCE,
    )


def _unanswered_read(delivered: DeliveryContext, exchange: Exchange | None) -> DeliveryResult:
    """Return the ending of a read without a usable answer: it changed nothing, so nothing is unknown."""
    finding = Finding(
        Severity.ERROR,
        "undelivered",
        "response",
        _describe_uncertainty(delivered, exchange),
        fix="run it again",
        why="it only reads: nothing was changed",
    )
    return DeliveryResult(Outcome.UNDELIVERED, ExitCode.UNDELIVERED, exchange, (finding,))


def _unknown(delivered: DeliveryContext, exchange: Exchange | None) -> DeliveryResult:
    if delivered.operation.is_read:
        return _unanswered_read(delivered, exchange)
    rings = delivered.operation.rings
    may = "the call may have been placed" if rings else "the request may have been processed"
    finding = Finding(
        Severity.ERROR,
        "outcome-unknown",
        "response",
        f"{_describe_uncertainty(delivered, exchange)}; {may}",
        fix=f"do not run it again: find out, then {_RESOLVE.format(id=delivered.id)}",
        why="the request had left: sending it again could "
        + ("ring the person twice" if rings else "do the same thing twice"),
    )
    response = exchange.response if exchange else None
    hidden = (
        evidence.hidden_failure(response)
        if response and response.status in range(200, 300)
        else None
    )
    findings = (finding, hidden) if hidden else (finding,)
    return DeliveryResult(Outcome.UNKNOWN, ExitCode.UNKNOWN, exchange, findings)


def _describe_uncertainty(delivered: DeliveryContext, exchange: Exchange | None) -> str:
    """Say why the outcome is not known."""
    host = f"`{delivered.host}`"
    if exchange is None or exchange.failure == "interrupted":
        return f"interrupted while waiting for {host}"
    if exchange.failure or exchange.response is None:
        return f"no whole answer from {host}: {exchange.detail}"
    response = exchange.response
    status = f"{host} answered HTTP {response.status}"
    if response.status not in range(200, 300):
        said = platform_words.platform_message(response)
        return f'{status}, which says "{said}"' if said else status
    kind = evidence.unreadable_reason(response)
    return f"{status} with {kind}" if kind else f"{status}, and its body reports a failure"


def _acceptance_warnings(delivered: DeliveryContext, response: HttpResponse) -> tuple[Finding, ...]:
    """Return the warnings on an accepted request: no ID, or a body that hides what it says."""
    found = identifiers.engagement_id(delivered.operation, response, delivered.first_header)
    kind = evidence.unreadable_reason(response)
    doubts = []
    if found is None and delivered.operation.engagement_id:
        looked = (*delivered.operation.engagement_id, "location")
        doubts.append(
            Finding(
                Severity.WARNING,
                "engagement-id-missing",
                "response",
                "accepted, and the answer names no engagement ID",
                fix="if your host sends it in a header, name it: `--engagement-header NAME`",
                why=f"looked in {', '.join(f'`{place}`' for place in looked)}",
                source=platform_words.SOURCE,
            )
        )
    if kind:
        doubts.append(
            Finding(
                Severity.WARNING,
                "not-provable",
                "response",
                f"accepted, by its status and engagement ID alone: the body is {kind}",
                fix="check on the platform what became of it",
                source=platform_words.SOURCE,
            )
        )
    return tuple(doubts)
