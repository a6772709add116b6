"""The one place that sends: guard, record, send once, record. What may have rung is never sent again."""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit, urlunsplit

from cxcall import answer, pacing
from cxcall.auth import BearerAuth
from cxcall.errors import CxcallError, ExitCode, Finding, Outcome, Severity
from cxcall.ledger import Intent, intent_digest
from cxcall.phone import mask_text
from cxcall.transport import Exchange, Interrupted, exchange

if TYPE_CHECKING:
    from collections.abc import Callable

    from cxcall.auth import Token
    from cxcall.config import Settings
    from cxcall.contract import Operation
    from cxcall.ledger import Ledger
    from cxcall.transport import HttpRequest, HttpResponse

MOST_SENDS = 3
# A redirect that must keep its method was not processed; after the others, a POST may have been.
_UNPROCESSED_REDIRECTS = (301, 307, 308)
_MAY_BE_PROCESSED = (408,)
_CERTAIN_FAILURES = ("certificate", "malformed")


@dataclass(frozen=True)
class Plan:
    """A checked request, and all that its sending needs to know. `numbers` are masked."""

    operation: Operation
    request: HttpRequest
    body: Any = field(repr=False)
    settings: Settings
    numbers: tuple[str, ...] = ()
    engagement_header: str = ""
    again: bool = False

    @property
    def host(self) -> str:
        """The host that the request goes to."""
        return urlsplit(self.request.url).netloc

    def intent(self) -> Intent:
        """Return what the ledger is to know of the plan."""
        parts = urlsplit(self.request.url)
        target = urlunsplit((parts.scheme, parts.netloc, mask_text(parts.path), "", ""))
        return Intent(
            profile=self.settings.profile,
            operation=self.operation.name,
            provenance=self.operation.provenance,
            method=self.request.method,
            target=target,
            digest=intent_digest(
                self.settings.profile,
                self.operation.name,
                self.request.method,
                self.request.url,
                self.body,
            ),
            numbers=self.numbers,
            again=self.again,
        )


@dataclass(frozen=True)
class Delivery:
    """How the sending of one request ended."""

    id: str
    outcome: Outcome
    exit_code: ExitCode
    exchange: Exchange | None = None
    engagement_id: str | None = None
    engagement_id_source: str | None = None
    correlation_id: str | None = None
    attempts: int = 1
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True)
class _Verdict:
    """What one attempt came to. `wait` (seconds) says that it was not processed and may go again."""

    outcome: Outcome
    exit_code: ExitCode
    findings: tuple[Finding, ...] = ()
    wait: float | None = None
    refresh: bool = False
    reason: str = ""


def deliver(
    plan: Plan,
    ledger: Ledger,
    tokens: Callable[[bool], Token],
    *,
    on_wait: Callable[[float, str], None] = lambda _seconds, _reason: None,
    sleep: Callable[[float], None] = time.sleep,
) -> Delivery:
    """Send a request once, and again only where it provably was not processed; record all of it.

    `tokens(True)` must give a fresh token. Raises AlreadySentError when the guard stops it, and
    LedgerError when it cannot be recorded: in both cases nothing was sent.
    """
    token = tokens(False)  # noqa: FBT003 - "fresh" is its only meaning
    delivery = ledger.begin(plan.intent(), plan.settings.duplicate_window)
    return _Attempts(plan, ledger, tokens, on_wait, sleep, delivery).run(token)


class _Attempts:
    """The attempts of one delivery."""

    def __init__(
        self,
        plan: Plan,
        ledger: Ledger,
        tokens: Callable[[bool], Token],
        on_wait: Callable[[float, str], None],
        sleep: Callable[[float], None],
        delivery: str,
    ) -> None:
        self.plan, self.ledger, self.tokens = plan, ledger, tokens
        self.on_wait, self.sleep, self.delivery = on_wait, sleep, delivery
        self.attempt, self.waited, self.refreshed = 1, 0.0, False

    def run(self, token: Token) -> Delivery:
        """Go on until an attempt ends the delivery."""
        while True:
            try:
                done = self._send(token)
                verdict = self._judge(done)
                if verdict.wait is None and not verdict.refresh:
                    return self._end(done, verdict)
                self.ledger.not_processed(self.delivery, self.attempt, verdict.reason)
            except Interrupted as interrupt:
                return self._end(interrupt.exchange, _interrupted(left=interrupt.exchange.left))
            try:
                token = self._prepare_next(verdict, token)
            except KeyboardInterrupt:
                return self._end(done, _interrupted(left=False))
            except CxcallError as error:
                refused = _Verdict(
                    Outcome.REFUSED, ExitCode.CREDENTIALS, (*verdict.findings, *error.findings)
                )
                return self._end(done, refused)
            self.attempt += 1
            self.ledger.sending(self.delivery, self.attempt)

    def _send(self, token: Token) -> Exchange:
        settings = self.plan.settings
        try:
            return exchange(
                self.plan.request,
                auth=BearerAuth(token, settings.base_url),
                timeout=settings.timeout,
            )
        except KeyboardInterrupt as interrupt:
            if isinstance(interrupt, Interrupted):
                raise
            # It came while the exchange was being put together, or its answer taken apart.
            raise Interrupted(
                Exchange(self.plan.request, None, left=True, failure="interrupted")
            ) from None

    def _prepare_next(self, verdict: _Verdict, token: Token) -> Token:
        if verdict.refresh:
            self.refreshed = True
            return self.tokens(True)  # noqa: FBT003 - "fresh" is its only meaning
        seconds = verdict.wait or 0.0
        self.waited += seconds
        self.on_wait(seconds, verdict.reason)
        self.sleep(seconds)
        return token

    def _judge(self, done: Exchange) -> _Verdict:
        if done.failure and not done.left:
            return self._judge_unsent(done)
        if done.failure or done.response is None:
            return _unknown(self.plan, done.detail or "no answer came")
        return self._judge_answer(done.response)

    def _judge_unsent(self, done: Exchange) -> _Verdict:
        reason = f"{done.detail} ({self.plan.host})"
        fix = "check the network and the host's name, then run this again"
        if done.failure in _CERTAIN_FAILURES:
            fix = "check `base_url`; for a private authority, set `REQUESTS_CA_BUNDLE`"
        ended = _Verdict(
            Outcome.UNDELIVERED,
            ExitCode.UNDELIVERED,
            (
                _undelivered(
                    f"nothing was sent: {reason}", fix, f"connecting failed: {done.failure}"
                ),
            ),
        )
        wait = pacing.backoff(self.attempt)
        if done.failure in _CERTAIN_FAILURES or not self._may_wait(wait):
            return ended
        return replace(ended, wait=wait, reason=reason)

    def _judge_answer(self, response: HttpResponse) -> _Verdict:
        status = response.status
        if 200 <= status < 300:
            hidden = answer.hidden_failure(response)
            return _refused(hidden) if hidden else _Verdict(Outcome.ACCEPTED, ExitCode.OK)
        if status in _UNPROCESSED_REDIRECTS:
            return _refused(_redirect(response, self.plan))
        if status == 429 or (status == 503 and "Retry-After" in response.headers):
            return self._judge_busy(response)
        if status in _MAY_BE_PROCESSED or not 400 <= status < 500:
            return _unknown(self.plan, f"HTTP {status} {response.reason}".rstrip())
        refused = _refused(*answer.refusal(self.plan.operation, response, self.plan.host))
        if status != 401:
            return refused
        reason = "401: the token was refused"
        return replace(
            refused, exit_code=ExitCode.CREDENTIALS, refresh=not self.refreshed, reason=reason
        )

    def _judge_busy(self, response: HttpResponse) -> _Verdict:
        asked = pacing.wait_asked(response.headers, response.body, datetime.now(UTC))
        wait = pacing.backoff(self.attempt) if asked is None else asked
        told = (
            f"HTTP {response.status}: the API asks to wait {wait:g} s"
            if asked is not None
            else f"HTTP {response.status}"
        )
        finding = _undelivered(
            f"not processed after {self.attempt} {'try' if self.attempt == 1 else 'tries'}; {told}",
            f"run this again in {max(wait, 1):.0f} s",
            "a request answered so was not processed",
            code="rate-limited",
        )
        ended = _Verdict(Outcome.UNDELIVERED, ExitCode.UNDELIVERED, (finding,))
        return replace(ended, wait=wait, reason=told) if self._may_wait(wait) else ended

    def _may_wait(self, seconds: float) -> bool:
        return self.attempt < MOST_SENDS and self.waited + seconds <= self.plan.settings.max_wait

    def _end(self, done: Exchange, verdict: _Verdict) -> Delivery:
        response, plan = done.response, self.plan
        found = (
            answer.engagement_id(plan.operation, response, plan.engagement_header)
            if response
            else None
        )
        if verdict.outcome in (Outcome.REFUSED, Outcome.UNDELIVERED):
            found = None
        correlation = answer.correlation_id(response) if response else None
        findings = verdict.findings
        if verdict.outcome is Outcome.ACCEPTED and found is None:
            findings = (*findings, _no_id(plan))
        try:
            self.ledger.end(
                self.delivery, verdict.outcome, attempts=self.attempt, status=response.status if response else None,
                engagement_id=found[0] if found else None, correlation_id=correlation, note=done.detail,
            )  # fmt: skip
        except CxcallError as error:
            findings = (
                *findings,
                *(replace(entry, severity=Severity.WARNING) for entry in error.findings),
            )
        return Delivery(
            self.delivery, verdict.outcome, verdict.exit_code, done,
            engagement_id=found[0] if found else None, engagement_id_source=found[1] if found else None,
            correlation_id=correlation, attempts=self.attempt, findings=findings,
        )  # fmt: skip


def _refused(*findings: Finding) -> _Verdict:
    return _Verdict(Outcome.REFUSED, ExitCode.REFUSED, findings)


def _interrupted(*, left: bool) -> _Verdict:
    if left:
        return _Verdict(
            Outcome.UNKNOWN,
            ExitCode.UNKNOWN,
            (_may_have_rung("interrupted while it was being sent"),),
        )
    finding = _undelivered(
        "interrupted before anything left", "run it again when you are ready", ""
    )
    return _Verdict(Outcome.UNDELIVERED, ExitCode.INTERRUPTED, (finding,))


def _unknown(plan: Plan, what: str) -> _Verdict:
    return _Verdict(
        Outcome.UNKNOWN, ExitCode.UNKNOWN, (_may_have_rung(f"{what}, from {plan.host}"),)
    )


def _may_have_rung(what: str) -> Finding:
    return Finding(
        Severity.ERROR,
        "outcome-unknown",
        "response",
        f"{what}; the call may have been placed",
        fix="do not run it again; find out, then `cxcall history resolve ID --rang` or `--did-not-ring`",
        why="the request had left this machine: sending it again could ring the person twice",
    )


def _undelivered(message: str, fix: str, why: str, code: str = "undelivered") -> Finding:
    return Finding(Severity.ERROR, code, "host", message, fix, why)


def _redirect(response: HttpResponse, plan: Plan) -> Finding:
    there = urlsplit(response.headers.get("Location", "")).netloc or plan.host
    return Finding(
        Severity.ERROR,
        "host-unknown",
        "host",
        f"HTTP {response.status}: {plan.host} sends the request on to {there}",
        fix="if that host is yours, set `base_url` to it",
        why="no redirect is followed: it would hand the token and the call to another address",
        source="response",
    )


def _no_id(plan: Plan) -> Finding:
    return Finding(
        Severity.WARNING,
        "engagement-id-missing",
        "response",
        "accepted, but the answer holds no engagement ID where one was looked for",
        fix="if your host sends it in a header, name it: `--engagement-header NAME`",
        why=f"looked in {', '.join((*plan.operation.engagement_id, 'location'))}",
        source="response",
    )
