"""Decide how a delivery ends: outcome, exit code, and findings, from what its last exchange proves."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from http import HTTPStatus
from typing import TYPE_CHECKING

from cxcall.findings.errors import CxcallError
from cxcall.findings.exit_codes import ExitCode, Outcome
from cxcall.findings.finding import Finding, Severity
from cxcall.findings.hinted_commands import unknown_fix
from cxcall.responses import identifiers
from cxcall.responses.delivery import Delivery
from cxcall.responses.failures_in_2xx import explain_failures, reported_failure
from cxcall.responses.processing_evidence import (
    REDIRECTS,
    Evidence,
    failure_reason,
    hidden_failure,
    shows_start,
    unread_error,
    unread_reason,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from cxcall.responses.refusals.refused_request import SentCredentials
    from cxcall.sending.send_plan import Plan
    from cxcall.transport.http_messages import Exchange, HttpRequest, HttpResponse

_RESULT_NAMES = frozenset(
    "result results data job jobs item items response responses records".split()
)
_OTHER_FAILURE = "cannot be sent this request", "check the URL and the headers with `--dry-run`"


def _result(
    plan: Plan, outcome: Outcome, code: ExitCode, exchange: Exchange | None, *findings: Finding
) -> Delivery:
    """Return a result without identifiers, which are added when it is recorded.

    A response may repeat secrets and numbers of its request: they are masked in what the findings say of it.
    """
    if exchange is not None and exchange.response is not None:
        mask = exchange.request.mask_echo
        findings = tuple(
            each._replace(message=mask(each.message), fix=mask(each.fix), why=mask(each.why))
            for each in findings
        )
    return Delivery(plan.delivery, outcome, code, exchange, findings=findings)


def _undelivered(plan: Plan, exchange: Exchange | None, finding: Finding) -> Delivery:
    """Return the result of a request that was not processed."""
    return _result(plan, Outcome.UNDELIVERED, ExitCode.UNDELIVERED, exchange, finding)


def result_of_exchange(
    plan: Plan,
    evidence: Evidence,
    exchange: Exchange | None,
    credentials: Callable[[], SentCredentials] | None = None,
    limit: str = "",
) -> Delivery:
    """Return the result of a delivery that is not sent again; `exchange` is its last one, sent with these credentials.

    `limit` says why a busy host gets it no more.
    """
    if exchange is None:
        return _unknown(plan, None)
    if evidence is Evidence.UNSENT:
        return _undelivered(plan, exchange, _unsent_finding(plan, exchange))
    response = exchange.response
    if response is None or evidence is Evidence.INCONCLUSIVE:
        return _unknown(plan, exchange)
    if evidence is Evidence.ACCEPTED:
        warnings = _acceptance_warnings(plan, exchange.request, response)
        return _result(plan, Outcome.ACCEPTED, ExitCode.OK, exchange, *warnings)
    if evidence is Evidence.BUSY:
        return _undelivered(plan, exchange, _busy_finding(plan, response, limit))
    return _refused_result(plan, evidence, exchange, response, credentials)


def add_identifiers(
    plan: Plan, result: Delivery, request: HttpRequest, response: HttpResponse
) -> Delivery:
    """Return the result with the IDs in its response.

    An ID may be the number that was dialed; it is masked, because the ledger stores no whole number.
    """
    found = None
    if result.outcome in (Outcome.ACCEPTED, Outcome.UNKNOWN):
        place = plan.settings.engagement_place
        found = identifiers.engagement_id(plan.operation, response, place)
        found = found or _likely_engagement_id(plan, request, response)
    engagement_id, source = found or (None, None)
    return result._replace(
        correlation_id=identifiers.masked_correlation_id(request, response),
        engagement_id=engagement_id and request.mask_echo(engagement_id),
        engagement_id_source=source,
    )


def _likely_engagement_id(
    plan: Plan, request: HttpRequest, response: HttpResponse
) -> tuple[str, str] | None:
    """Return the ID at a usual place of a response; None if the operation declares a place."""
    if plan.operation.engagement_id or plan.settings.engagement_place or plan.operation.is_read:
        return None
    from cxcall.responses.start_evidence import values_sent

    return identifiers.likely_engagement_id(response, values_sent(request))


def result_of_early_interrupt(plan: Plan, exchange: Exchange | None) -> Delivery:
    """Return the result of a delivery that a signal stopped while nothing had been processed."""
    finding = Finding.error(
        "undelivered",
        "host",
        "interrupted; nothing was processed",
        fix="run it again when you are ready",
    )
    return _result(plan, Outcome.UNDELIVERED, ExitCode.INTERRUPTED, exchange, finding)


def result_of_failed_retry(
    plan: Plan, evidence: Evidence, exchange: Exchange, error: CxcallError
) -> Delivery:
    """Return the result if the next attempt is impossible.

    The cause is an `error` on getting a token, on writing the record, or from a guard, because another process
    has sent an identical request or a list has got the number meanwhile; or the batch has stopped. If it is why the request
    was not sent again, its findings come first.
    """
    result = result_of_exchange(plan, evidence, exchange, _without_renewal)
    findings = result.findings
    if error.exit_code not in (ExitCode.UNDELIVERED, ExitCode.STOPPED):
        return result._replace(findings=(*findings, *error.findings))
    findings = (*error.findings, *findings)
    return result._replace(
        outcome=Outcome.UNDELIVERED, exit_code=error.exit_code, findings=findings
    )


def _without_renewal() -> SentCredentials:
    """Return credentials for which cxcall could not get a new token."""
    from cxcall.responses.refusals.refused_request import SentCredentials

    return SentCredentials(renewal="cxcall could not get a new token: see the other error")


def result_of_unsent_request(plan: Plan, error: CxcallError) -> Delivery:
    """Return the result if an error prevented the request from being built."""
    return _result(plan, Outcome.UNDELIVERED, error.exit_code, None, *error.findings)


def _refused_result(
    plan: Plan,
    evidence: Evidence,
    exchange: Exchange,
    response: HttpResponse,
    credentials: Callable[[], SentCredentials] | None,
) -> Delivery:
    findings = _hidden_failures(response)
    if not findings:
        from cxcall.responses.refusals.refusal_findings import explain_refusal
        from cxcall.responses.refusals.refused_request import RefusedRequest, SentCredentials

        request = RefusedRequest(
            plan.operation,
            is_valid=plan.operation.takes_body,
            media_type=exchange.request.headers.get("Content-Type", ""),
            credentials=credentials() if credentials else SentCredentials(),
            parameters=plan.checked.values,
        )
        findings = explain_refusal(response, plan.host, request)
    is_token = evidence is Evidence.UNAUTHORIZED
    code = ExitCode.CREDENTIALS if is_token else ExitCode.REFUSED
    return _result(plan, Outcome.REFUSED, code, exchange, *findings)


def _hidden_failures(response: HttpResponse) -> tuple[Finding, ...]:
    """Return the failure that the body of a 2xx response reports; empty if there is none."""
    hidden = hidden_failure(response) if response.is_success else None
    return (hidden,) if hidden else ()


def _unsent_finding(plan: Plan, exchange: Exchange) -> Finding:
    from cxcall.transport.failure_descriptions import explain_unreachable

    problem, fix = explain_unreachable(exchange, "base_url") or _OTHER_FAILURE
    return Finding.error(
        "host-unknown" if exchange.failure == "dns" else "undelivered",
        "host",
        f"`{plan.host}` {problem}",
        fix=f"{fix}; then run it again",
        why=f"nothing was sent: {exchange.detail}",
    )


def _busy_finding(plan: Plan, response: HttpResponse, limit: str) -> Finding:
    from cxcall.responses.message_in_body import SOURCE, platform_message
    from cxcall.transport import requested_waits

    seconds = requested_waits.requested_wait(response.headers, response.body, datetime.now(UTC))
    is_rate_limit = response.status == HTTPStatus.TOO_MANY_REQUESTS
    wait = f"in {math.ceil(seconds)} s" if seconds else "in a minute"
    words = platform_message(response)
    return Finding.error(
        "rate-limited" if is_rate_limit else "undelivered",
        "response",
        f"`{plan.host}` {f'asks to wait {math.ceil(seconds)} s' if seconds else 'accepts no requests for now'}"
        f" (HTTP {response.status})",
        fix="; ".join(filter(None, (limit, f"run it again {wait}"))),
        why="a request with this response was not processed"
        + (f"; the API says: {words}" if words else ""),
        source=SOURCE,
    )


def _unknown(plan: Plan, exchange: Exchange | None) -> Delivery:
    cause = _describe_uncertainty(plan, exchange)
    response = exchange.response if exchange else None
    if plan.operation.is_read:  # a read changes nothing, so its outcome is never unknown
        # A 2xx response that cannot be read, such as a login page, is not the API's.
        is_other = response and response.is_success and exchange and not exchange.failure
        fix = "check `base_url`: `cxcall config show`" if is_other else "run it again"
        why = "it only reads: nothing was changed"
        finding = Finding.error("undelivered", "response", cause, fix=fix, why=why)
        return _undelivered(plan, exchange, finding)
    may, question, effect = plan.effect
    finding = Finding.error(
        "outcome-unknown",
        "response",
        f"{cause}; {may}",
        fix=unknown_fix(
            plan.delivery,
            is_load=plan.is_load,
            is_repeatable=plan.operation.is_repeatable,
            question=question,
        ),
        why=f"the request may have arrived: sending it again {effect}",
    )
    hidden = _hidden_failures(response) if response else ()
    return _result(plan, Outcome.UNKNOWN, ExitCode.UNKNOWN, exchange, finding, *hidden)


def _describe_uncertainty(plan: Plan, exchange: Exchange | None) -> str:
    """Return why the outcome is unknown."""
    host = f"`{plan.host}`"
    if exchange is None or exchange.failure == "interrupted":
        return f"interrupted while waiting for {host}"
    if exchange.failure or exchange.response is None:
        return f"no complete response from {host}: {exchange.detail}"
    response = exchange.response
    status = f"{host} responded with HTTP {response.status}"
    if not response.is_success:
        return status + _describe_error(plan, exchange.request, response)
    kind = unread_reason(response, plan.operation)
    kind = kind or failure_reason(exchange.request, response, plan.operation)
    if kind and not reported_failure(response):
        return f"{status} and {kind}"
    if reported_failure(response):
        return f"{status}, and its body reports a failure"
    return f"{status}, and its body does not say that every item succeeded"


def _describe_error(plan: Plan, request: HttpRequest, response: HttpResponse) -> str:
    """Return the message of a response with a status other than 2xx."""
    if hidden := unread_error(response):
        return f" and {hidden}"
    if shows_start(request, response, plan.operation, plan.settings.engagement_place):
        return ", and the response names something that was started"
    if response.status in REDIRECTS:
        return f", {identifiers.describe_redirect(response)}"
    from cxcall.responses.message_in_body import platform_code, platform_message

    words, code = platform_message(response), platform_code(response)
    suffix = f" ({code})"
    if not (code and words.endswith(suffix)):
        return f', with the message "{words}"' if words else ""
    return f', with the message "{words.removesuffix(suffix)}"{suffix}'


def _acceptance_warnings(plan: Plan, request: HttpRequest, response: HttpResponse) -> list[Finding]:
    """Return the warnings on an accepted request: no engagement ID, or an unreadable body."""
    declared = (*filter(None, [plan.settings.engagement_place]), *plan.operation.engagement_id)
    found = identifiers.engagement_id(plan.operation, response, plan.settings.engagement_place)
    kind = unread_reason(response, plan.operation)
    warnings = _failures_inside(plan, response)
    if found is None and not declared:
        _, place = _likely_engagement_id(plan, request, response) or ("", "")
        warnings += identifiers.notes_on_undeclared_id(plan.operation, place)
    if not kind and (found is not None or not declared):
        return warnings
    from cxcall.responses.message_in_body import SOURCE

    if found is None and declared:
        warnings.append(
            Finding.warning(
                "engagement-id-missing",
                "response",
                "accepted, but the response has no engagement ID",
                fix="if your host sends the ID elsewhere, name the place: `--engagement-id header:NAME` or `body:/pointer`",
                why=f"looked in {', '.join(f'`{place}`' for place in (*declared, 'location'))}",
                source=SOURCE,
            )
        )
    if kind:
        warnings.append(
            Finding.warning(
                "not-provable",
                "response",
                f"accepted because of its status and engagement ID, but the response came with {kind}",
                fix="check its result on the platform",
                source=SOURCE,
            )
        )
    return warnings


def _failures_inside(plan: Plan, response: HttpResponse) -> list[Finding]:
    """Return warnings of the failures that a part of an accepted response reports: a job, an item of a list."""
    body = None if plan.operation.is_read else response.json()
    # The state of another object, such as a party that has left, is no failure of the request.
    if isinstance(body, dict):
        body = {name: each for name, each in body.items() if name.lower() in _RESULT_NAMES}
    parts = body.values() if isinstance(body, dict) else body if isinstance(body, list) else ()
    if not any(isinstance(part, dict | list) and part for part in parts):
        return []
    fix = "look near that property: the request as a whole was accepted"
    failures = explain_failures(body, is_read=False)
    return [each._replace(severity=Severity.WARNING, fix=fix) for each in failures]


def warn_of_missing_record(plan: Plan, error: BaseException) -> Finding:
    """Return the warning that an error kept the outcome of a delivery from being recorded."""
    reason = error if isinstance(error, CxcallError) else type(error).__name__
    if isinstance(error, KeyboardInterrupt):
        reason = str(error) or "interrupted"
    return Finding.warning(
        "ledger",
        "ledger",
        f"the outcome was not recorded: {reason}",
        fix=f"note this result: `cxcall history show {plan.delivery}` will list it as unknown",
        why="the ledger could not be written after the request was sent",
    )
