"""Send one request: guard, record, send, record, and decide whether and when to send it again.

A request that may have been processed is never sent again.
"""

from __future__ import annotations

import time
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from math import inf
from typing import TYPE_CHECKING

from cxcall.contracts.openapi_document import READS
from cxcall.findings.errors import CxcallError, RejectedCredentialsError
from cxcall.ledger.boot_clock import uptime
from cxcall.responses.processing_evidence import Evidence, classify, unread_reason
from cxcall.runtime.signals import DeferredSignals
from cxcall.sending.call_guards import read_lists, stop_before_sending
from cxcall.sending.delivery_log import LoggedDelivery
from cxcall.sending.delivery_outcome import (
    add_identifiers,
    result_of_early_interrupt,
    result_of_exchange,
    result_of_failed_retry,
    result_of_unsent_request,
    warn_of_missing_record,
)
from cxcall.sending.send_plan import DEFAULT_HOOKS, DeliveryWatch, NullLedger, Plan, SendHooks
from cxcall.transport.exchange import InterruptedExchange, load_client
from cxcall.transport.exchange import exchange as send_request

if TYPE_CHECKING:
    from collections.abc import Callable

    from cxcall.credentials.request_credentials import Credentials
    from cxcall.ledger.ledger import Ledger
    from cxcall.responses.delivery import Delivery
    from cxcall.responses.refusals.refused_request import SentCredentials
    from cxcall.transport.http_messages import Exchange

    Tokens = Callable[[Credentials | None], Credentials | None]

_POSSIBLY_PROCESSED = (Evidence.ACCEPTED, Evidence.INCONCLUSIVE)
_NOT_PROCESSED = (Evidence.BUSY, Evidence.UNSENT, Evidence.UNAUTHORIZED)
_TRANSIENT_FAILURES = ("dns", "connect", "tls", "no-tls", "proxy")
_HELD_BACK = "held"
"""The failure of a request that had to wait for its slot again: it has no limit, because nothing was sent."""
_MAX_SENDS = 3
"""The most attempts to send a request that provably was not processed; a renewed token allows one more."""


def send_read(
    plan: Plan, tokens: Tokens | None, hooks: SendHooks = DEFAULT_HOOKS, patience: float = 0.0
) -> Delivery:
    """Send a request that changes nothing, repeat it after a transient failure, and record nothing.

    With `patience`, it is repeated until the waits together would be longer than these seconds, or than `max_wait`.
    `tokens` is as in `deliver`, but its errors are part of the result. A signal ends the read at once (KeyboardInterrupt).
    """
    found = plan.operation
    if not found.is_read:  # such as a search by POST
        declared = {**found.declared, READS: True}
        found = type(found)(found.contract, found.method, found.path, declared)
        plan = plan._replace(checked=plan.checked._replace(operation=found))
    attempts = _Attempts(plan, NullLedger(), tokens, hooks)
    attempts.patience = patience
    try:
        token = tokens(None) if tokens else None
    except CxcallError as error:  # an earlier read got no token in place of a refused one
        return result_of_unsent_request(plan, error)
    attempts.log_start(plan.intent())
    result = attempts.record(attempts.run(token))
    attempts.log_end(result)
    return result


def deliver(
    plan: Plan,
    ledger: Ledger,
    tokens: Tokens | None,
    hooks: SendHooks = DEFAULT_HOOKS,
    watch: DeliveryWatch | None = None,
) -> Delivery:
    """Send a request once, repeat it only if it provably was not processed, and record every step.

    `tokens(refused)` must return a token other than the refused one; `tokens` is None for an operation that needs none.
    `watch` tells the caller afterwards whether a signal came, or what a signal handler of the program raised.
    Raises AlreadySentError when the duplicate guard stops the request, LedgerError when it cannot be
    recorded, and the errors of `tokens(None)`: nothing was sent in these cases. A signal after that point is
    part of the result; without `watch`, another exception is raised again when the result is recorded.
    """
    read_lists(plan.settings)  # a long list now, rather than in the transaction
    token = tokens(None) if tokens else None
    attempts = _Attempts(plan, ledger, tokens, hooks)
    signals = attempts.signals = watch.signals if watch else attempts.signals
    try:
        with signals:
            return _deliver_once(attempts, ledger, token, watch)
    finally:  # again, if an exception of the program comes at the start or the end of the block
        signals.restore()


def _deliver_once(
    attempts: _Attempts, ledger: Ledger, token: Credentials | None, watch: DeliveryWatch | None
) -> Delivery:
    """Record and send a request while signals are deferred, as `deliver` describes."""
    plan, signals = attempts.plan, attempts.signals
    intent, error = plan.intent(), None
    window, limit = plan.settings.duplicate_window, plan.settings.call_limit
    attempts.recorded_at = _read_clocks()
    ledger.begin(intent, window, attempts.is_interrupted, limit=limit, fence=attempts.before_commit)
    try:
        attempts.log_start(intent)
        signals.open()
        result = attempts.run(token)
        signals.close()
    except BaseException as broken:  # noqa: BLE001 - whatever a signal handler of the program raises
        signals.close()
        error = broken
        result = attempts.result_of_interrupt(broken)
    try:
        result = attempts.record(result)
    except BaseException as broken:  # noqa: BLE001 - as above; the second time, it is part of the result
        attempts.late_error = broken
        result = attempts.record(result)
    attempts.log_end(result)
    if watch:
        watch.delivery, watch.error = result, error or attempts.late_error
    elif error and not isinstance(error, KeyboardInterrupt):
        raise error
    return result


def record_outcome(
    ledger: Ledger | NullLedger, result: Delivery, is_cancelled: Callable[[], bool]
) -> None:
    """Write how a delivery ended to the ledger."""
    values = result.recorded_values()
    ledger.record_outcome(result.id, result.outcome, **values, is_cancelled=is_cancelled)


def _read_clocks() -> tuple[float, float]:
    """Return a clock that nobody can set, and the time of day.

    While its host pauses a virtual machine, the first one stands still; the time of day is usually corrected afterwards.
    """
    return uptime(), time.time()


class _Attempts(LoggedDelivery):
    """The attempts of one delivery.

    `may_be_processed` is True from before anything can leave until the attempt proves that it was
    not processed.
    """

    def __init__(
        self, plan: Plan, ledger: Ledger | NullLedger, tokens: Tokens | None, hooks: SendHooks
    ) -> None:
        super().__init__(plan)
        self.ledger, self.tokens, self.hooks = ledger, tokens, hooks
        self.held_back, self.total_wait, self.patience = 0, 0.0, 0.0
        self.has_renewed_token = self.may_be_processed = False
        self.recorded_at = inf, inf
        self.signals = DeferredSignals()

    def is_interrupted(self) -> bool:
        """Return whether a signal came, so that the delivery does not wait for another process."""
        return self.signals.caught or self.hooks.is_interrupted()

    def before_commit(self, delivery: str) -> None:
        """Stop at the fence or by a guard, or load the HTTP client during the wait for the disk."""
        self.plan = self.plan._replace(delivery=delivery)
        self.hooks.fence(delivery)
        stop_before_sending(self.plan.checked, self.ledger.now())
        load_client()

    def run(self, token: Credentials | None) -> Delivery:
        """Send until an attempt decides the result."""
        while True:
            try:
                exchange = self._send(token)
            except CxcallError as error:  # the token may not be sent to this host: nothing was sent
                if self.last_exchange is not None:  # a signal handler of the program has raised it
                    raise
                self.may_be_processed = False
                return result_of_unsent_request(self.plan, error)
            evidence = self._classify(exchange)
            with suppress(CxcallError):  # whatever a hook cannot do, this request has left
                self.hooks.on_exchange(exchange)
            self.log_attempt(exchange, evidence)
            sent = partial(self._describe_credentials, token)
            wait = self._retry_wait(evidence, exchange)
            may_renew = (
                evidence is Evidence.UNAUTHORIZED and not self.has_renewed_token and self.tokens
            )
            if wait is None and not may_renew:
                return result_of_exchange(self.plan, evidence, exchange, sent, self._limit)
            try:
                token = self._prepare_retry(token, exchange, wait)
            except RejectedCredentialsError:
                return result_of_exchange(self.plan, evidence, exchange, sent)
            except CxcallError as error:
                return result_of_failed_retry(self.plan, evidence, exchange, error)

    def _describe_credentials(self, token: Credentials | None) -> SentCredentials:
        from cxcall.credentials.client_selection import describe_credentials

        return describe_credentials(self.plan.settings, token, is_new=self.has_renewed_token)

    def _send(self, token: Credentials | None) -> Exchange:
        settings = self.plan.settings
        auth = token.authorize(settings.base_url) if token else None
        self.may_be_processed, self.last_exchange = True, None
        self.last_exchange = send_request(
            self.plan.request,
            auth=auth,
            timeout=settings.timeout,
            turn=self.hooks.wait_for_slot,
            on_break=self._keep,
            is_late=self._is_late,
        )
        return self.last_exchange

    def _is_late(self) -> bool:
        """Return whether the time to start this attempt is over, by any clock."""
        clocks = zip(_read_clocks(), self.recorded_at, strict=True)
        return any(now - then > self.plan.start_seconds for now, then in clocks)

    def _keep(self, exchange: Exchange) -> None:
        self.last_exchange = exchange

    def _classify(self, exchange: Exchange) -> Evidence:
        evidence = classify(exchange, self.plan.operation, self.plan.settings.engagement_place)
        self.may_be_processed = evidence in _POSSIBLY_PROCESSED
        return evidence

    @property
    def _sends(self) -> int:
        """The number of attempts, without those that were held back or had a refused token."""
        return self.attempt - self.held_back - self.has_renewed_token

    @property
    def _limit(self) -> str:
        """Why a request that a host asks to send later is not sent again: it was sent often enough, or the wait is too long."""
        if not self.patience and self._sends >= _MAX_SENDS:
            return f"it was sent {self._sends} times"
        most = self.plan.settings.max_wait
        return f"cxcall waits at most {most:.10g} s by itself (`CXCALL_MAX_WAIT`)"

    def _retry_wait(self, evidence: Evidence, exchange: Exchange) -> float | None:
        """Return the seconds to wait before sending again; None if the request is not sent again."""
        response, wait, most = exchange.response, None, self.plan.settings.max_wait
        sends = self._sends
        if evidence is Evidence.ACCEPTED:
            return None
        from cxcall.transport.requested_waits import backoff, requested_wait

        if evidence is Evidence.UNSENT and exchange.failure == _HELD_BACK:
            return 0.0
        if evidence is Evidence.BUSY and response is not None:
            wait = requested_wait(response.headers, response.body, datetime.now(UTC))
        elif evidence is Evidence.INCONCLUSIVE and self.plan.operation.is_read:
            # A read may be repeated after any failure, except a page that is too large.
            if response is not None and response.is_truncated:
                return None
        elif evidence is not Evidence.UNSENT or exchange.failure not in _TRANSIENT_FAILURES:
            return None
        # A server may ask for no wait at all, again and again.
        if wait is None or sends >= _MAX_SENDS:
            wait = max(wait or 0.0, backoff(sends))
        most = min(most, self.patience) if self.patience else most
        may_send = self.patience or sends < _MAX_SENDS
        return wait if may_send and wait <= most - self.total_wait else None

    def _prepare_retry(
        self, token: Credentials | None, exchange: Exchange, wait: float | None
    ) -> Credentials | None:
        """Wait, or renew the token if `wait` is None; record the next attempt and return its token."""
        problem = "sent no complete response" if exchange.may_be_sent else "was not reached"
        reason = f"`{self.plan.host}` {problem}: {exchange.detail}"
        if exchange.response is not None:
            reason = f"`{self.plan.host}` responded with HTTP {exchange.response.status}"
            if exchange.detail:
                reason += f", but {exchange.detail}"
            elif exchange.response.is_success:  # that of a read
                reason += f" and {unread_reason(exchange.response, self.plan.operation)}"
        with self.signals.defer():
            self.ledger.record_not_processed(
                self.plan.delivery, self.attempt, reason, self.is_interrupted
            )
        if wait is None:
            self.has_renewed_token = True
            token = self.tokens(token) if self.tokens else None
        else:
            self.held_back += exchange.failure == _HELD_BACK
            self.total_wait += wait
            self.hooks.on_wait(wait, reason)
            self.log("wait", seconds=round(wait, 3), reason=reason)
            self.hooks.sleep(wait)
        with self.signals.defer():
            number, fence, self.recorded_at = self.attempt + 1, self.before_commit, _read_clocks()
            self.ledger.record_attempt(
                self.plan.delivery, number, self.is_interrupted, fence, limit=self.plan.limit
            )
            self.attempt += 1
        return token

    def result_of_interrupt(self, interrupt: BaseException) -> Delivery:
        """Return the result of a delivery that an exception stopped, from the facts that are known by then."""
        exchange = self.last_exchange
        if isinstance(interrupt, InterruptedExchange):
            exchange, self.may_be_processed = interrupt.exchange, interrupt.may_be_sent
        elif exchange is not None:
            evidence = self._classify(exchange)
            if evidence not in _NOT_PROCESSED:
                return result_of_exchange(self.plan, evidence, exchange)
        if self.may_be_processed:
            return result_of_exchange(self.plan, Evidence.INCONCLUSIVE, exchange)
        return result_of_early_interrupt(self.plan, exchange)

    def record(self, result: Delivery) -> Delivery:
        """Write the result to the ledger and return it with its identifiers.

        If the ledger cannot be written, the result gets a warning and is otherwise unchanged. Raises what a
        signal handler of the program raises, if `late_error` has none yet.
        """
        exchange = result.exchange
        response = exchange.response if exchange else None
        if response:
            result = add_identifiers(self.plan, result, self.plan.request, response)
        result = self.hooks.review(result)._replace(attempts=self.attempt - self.held_back)
        try:
            record_outcome(self.ledger, result, self.is_interrupted)
        except BaseException as error:
            if not (isinstance(error, CxcallError) or self.is_interrupted() or self.late_error):
                raise
            findings = (*result.findings, warn_of_missing_record(self.plan, error))
            return result._replace(findings=findings, is_recorded=False)
        return result
