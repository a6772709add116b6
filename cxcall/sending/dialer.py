"""The one place that sends: guard, record, send once, record. What may have rung is never sent again."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import unquote, urlsplit, urlunsplit

from cxcall.credentials.tokens import BearerAuth
from cxcall.findings.errors import CxcallError
from cxcall.findings.exit_codes import Outcome
from cxcall.findings.finding import Finding, Severity
from cxcall.ledger.ledger import Intent, intent_digest
from cxcall.phone.phone_numbers import mask_text
from cxcall.responses import evidence, identifiers
from cxcall.responses.delivery import Delivery
from cxcall.responses.evidence import Evidence
from cxcall.runtime.redaction import redacted_repr
from cxcall.runtime.signals import DeferredSignals
from cxcall.sending.delivery_result import (
    DeliveryContext,
    DeliveryResult,
    result_of_early_interrupt,
    result_of_exchange,
    result_of_failed_retry,
    result_of_unsent_request,
)
from cxcall.transport import retry_after
from cxcall.transport.exchange import Interrupted, exchange

if TYPE_CHECKING:
    from collections.abc import Callable

    from cxcall.contracts.contract import Operation
    from cxcall.credentials.store import Token
    from cxcall.ledger.ledger import Ledger
    from cxcall.settings.settings import Settings
    from cxcall.transport.messages import Exchange, HttpRequest

MAX_SENDS = 3
"""How often a request is sent that provably was not processed; once more with a renewed token."""

_HELD_BACK = "held"
_TRANSIENT_FAILURES = ("dns", "connect", "tls", "proxy", _HELD_BACK)
_MAY_BE_PROCESSED = (Evidence.ACCEPTED, Evidence.INCONCLUSIVE)
_NOT_PROCESSED = (Evidence.BUSY, Evidence.UNSENT, Evidence.UNAUTHORIZED)


class SendHooks(NamedTuple):
    """When a delivery may go on: what a batch shares among its requests, and a single send has alone.

    `on_wait` is told each wait and its reason, `sleep` waits; `turn` waits right before the first
    byte leaves; `on_exchange` sees every exchange.
    """

    on_wait: Callable[[float, str], None] = lambda _seconds, _reason: None
    sleep: Callable[[float], None] = time.sleep
    turn: Callable[[], None] | None = None
    on_exchange: Callable[[Exchange], None] = lambda _exchange: None


DEFAULT_HOOKS = SendHooks()
"""The pace of what is sent by itself."""


class Plan(NamedTuple):
    """A checked request, and all that its sending needs to know. `numbers` are masked."""

    operation: Operation
    request: HttpRequest
    body: Any
    settings: Settings
    numbers: tuple[str, ...] = ()
    engagement_header: str = ""
    again: bool = False
    batch: str = ""
    row: int | None = None

    def __repr__(self) -> str:
        return redacted_repr(self, "body")

    @property
    def host(self) -> str:
        """The host that the request goes to."""
        return urlsplit(self.request.url).netloc

    def intent(self) -> Intent:
        """Return what the ledger is to know of the plan."""
        request, profile, name = self.request, self.settings.profile, self.operation.name
        parts = urlsplit(request.url)
        return Intent(
            profile=profile,
            operation=name,
            provenance=self.operation.provenance,
            method=request.method,
            target=urlunsplit((parts.scheme, parts.netloc, mask_text(unquote(parts.path)), "", "")),
            digest=intent_digest(profile, name, request.method, request.url, self.body),
            numbers=self.numbers,
            # What rings nobody may be sent as often as one likes: no guard looks at it.
            again=self.again or not self.operation.rings,
            batch=self.batch,
            row=self.row,
        )


class NullLedger:
    """What a read is recorded in: nothing. It changes nothing, and may be made again at will."""

    def begin(self, _intent: Intent, _window: float, _is_cancelled: Callable[[], bool]) -> str:
        """Take no note; a read has no delivery ID."""
        return ""

    def record_not_processed(self, delivery: str, attempt: int, note: str) -> None:
        """Take no note."""

    def record_attempt(self, delivery: str, attempt: int) -> None:
        """Take no note."""

    def record_outcome(self, delivery: str, outcome: Outcome, **_: Any) -> None:
        """Take no note."""


def read(
    plan: Plan, tokens: Callable[[bool], Token] | None, pace: SendHooks = DEFAULT_HOOKS
) -> Delivery:
    """Send a request that changes nothing, again where it failed in passing; the ledger is not told.

    `tokens` is None for an operation that takes none. A signal ends it at once (KeyboardInterrupt).
    """
    attempts = _Attempts(plan, NullLedger(), tokens, pace)
    return attempts.record(attempts.run(tokens(False) if tokens else None))  # noqa: FBT003 - as above


def deliver(
    plan: Plan,
    ledger: Ledger,
    tokens: Callable[[bool], Token] | None,
    pace: SendHooks = DEFAULT_HOOKS,
) -> Delivery:
    """Send a request once, and again only where it provably was not processed; record all of it.

    `tokens(True)` must give a fresh token; None is for an operation that takes none. Raises
    AlreadySentError when the guard stops it, LedgerError when it cannot be recorded, and what
    `tokens(False)` raises: nothing was sent then.
    A signal after that is an outcome like any other.
    """
    token = tokens(False) if tokens else None  # noqa: FBT003 - "fresh" is its only meaning
    attempts = _Attempts(plan, ledger, tokens, pace)
    with attempts.signals as signals:
        window = plan.settings.duplicate_window
        attempts.id = ledger.begin(plan.intent(), window, lambda: signals.caught)
        try:
            signals.open()
            ending = attempts.run(token)
            signals.close()
        except KeyboardInterrupt as interrupt:
            ending = attempts.stop(interrupt)
        return attempts.record(ending)


class _Attempts:
    """The attempts of one delivery.

    `in_flight` is True from before anything can leave until an attempt proved not to be processed.
    """

    def __init__(
        self,
        plan: Plan,
        ledger: Ledger | NullLedger,
        tokens: Callable[[bool], Token] | None,
        pace: SendHooks,
    ) -> None:
        self.plan, self.ledger, self.tokens, self.pace = plan, ledger, tokens, pace
        self.id, self.attempt, self.sends, self.waited = "", 1, 1, 0.0
        self.renewed = self.in_flight = False
        self.last: Exchange | None = None
        self.signals = DeferredSignals()

    @property
    def delivered(self) -> DeliveryContext:
        """What is being delivered, for the words that it ends in."""
        plan = self.plan
        return DeliveryContext(self.id, plan.operation, plan.host, plan.engagement_header)

    def run(self, token: Token | None) -> DeliveryResult:
        """Go on until an attempt ends the delivery."""
        while True:
            try:
                done = self._send(token)
            except CxcallError as error:  # the token may not go to this host: nothing left
                self.in_flight = False
                return result_of_unsent_request(error)
            proof = self._judge(done)
            wait = self._wait_after(proof, done)
            may_renew = proof is Evidence.UNAUTHORIZED and not self.renewed and self.tokens
            if wait is None and not may_renew:
                return result_of_exchange(self.delivered, proof, done)
            try:
                token = self._prepare_next(token, done, wait)
            except CxcallError as error:
                return result_of_failed_retry(self.delivered, proof, done, error)

    def _send(self, token: Token | None) -> Exchange:
        settings = self.plan.settings
        auth = BearerAuth(token, settings.base_url) if token else None
        self.in_flight, self.last = True, None
        self.last = exchange(
            self.plan.request, auth=auth, timeout=settings.timeout, turn=self.pace.turn
        )
        self.pace.on_exchange(self.last)
        return self.last

    def _judge(self, done: Exchange) -> Evidence:
        proof = evidence.classify(done, self.plan.operation, self.plan.engagement_header)
        self.in_flight = proof in _MAY_BE_PROCESSED
        return proof

    def _wait_after(self, proof: Evidence, done: Exchange) -> float | None:
        """Return the seconds to wait before sending again; None when that is not to be."""
        asked = None
        if proof is Evidence.BUSY and done.response is not None:
            response = done.response
            asked = retry_after.wait_asked(response.headers, response.body, datetime.now(UTC))
        elif proof is Evidence.INCONCLUSIVE and self.plan.operation.is_read:
            pass  # it changed nothing, whatever became of it
        elif proof is not Evidence.UNSENT or done.failure not in _TRANSIENT_FAILURES:
            return None
        elif done.failure == _HELD_BACK:
            return 0.0
        wait = retry_after.backoff(self.sends) if asked is None else asked
        within = self.waited + wait <= self.plan.settings.max_wait
        return wait if within and self.sends < MAX_SENDS else None

    def _prepare_next(
        self, token: Token | None, done: Exchange, wait: float | None
    ) -> Token | None:
        """Wait, or get another token where there is nothing to wait for; then record the next attempt."""
        reason = f"`{self.plan.host}` was not reached: {done.detail}"
        if done.response is not None:
            reason = f"`{self.plan.host}` answered HTTP {done.response.status}"
        with self.signals.closed():
            self.ledger.record_not_processed(self.id, self.attempt, reason)
        if wait is None:
            self.renewed = True
            token = self.tokens(True) if self.tokens else None  # noqa: FBT003 - "fresh" is its only meaning
        else:
            self.sends += done.failure != _HELD_BACK
            self.waited += wait
            self.pace.on_wait(wait, reason)
            self.pace.sleep(wait)
        with self.signals.closed():
            self.ledger.record_attempt(self.id, self.attempt + 1)
            self.attempt += 1
        return token

    def stop(self, interrupt: KeyboardInterrupt) -> DeliveryResult:
        """Return the ending of a delivery that a signal stopped: the truth that is known by now."""
        done = self.last
        if isinstance(interrupt, Interrupted):
            done, self.in_flight = interrupt.exchange, interrupt.left
        elif done is not None and self._judge(done) not in _NOT_PROCESSED:
            return result_of_exchange(self.delivered, self._judge(done), done)
        return (
            result_of_exchange(self.delivered, Evidence.INCONCLUSIVE, done)
            if self.in_flight
            else result_of_early_interrupt(done)
        )

    def record(self, ending: DeliveryResult) -> Delivery:
        """Write the ending to the ledger, and return the delivery; a ledger that fails changes nothing of it."""
        delivery = self._delivery(ending)
        done = ending.exchange
        response = done.response if done else None
        try:
            self.ledger.record_outcome(
                self.id,
                delivery.outcome,
                attempts=delivery.attempts,
                status=response.status if response else None,
                engagement_id=delivery.engagement_id,
                correlation_id=delivery.correlation_id,
                note=done.detail if done else "",
            )
        except Exception as error:  # noqa: BLE001 - a phone may ring: nothing may hide the outcome
            return delivery._replace(findings=(*delivery.findings, self._unrecorded(error)))
        return delivery

    def _delivery(self, ending: DeliveryResult) -> Delivery:
        response = ending.exchange.response if ending.exchange else None
        found = None
        if response and ending.outcome in (Outcome.ACCEPTED, Outcome.UNKNOWN):
            found = identifiers.engagement_id(
                self.plan.operation, response, self.plan.engagement_header
            )
        return Delivery(
            id=self.id,
            outcome=ending.outcome,
            exit_code=ending.exit_code,
            exchange=ending.exchange,
            engagement_id=found[0] if found else None,
            engagement_id_source=found[1] if found else None,
            correlation_id=identifiers.correlation_id(response) if response else None,
            attempts=self.attempt,
            findings=ending.findings,
        )

    def _unrecorded(self, error: Exception) -> Finding:
        known = isinstance(error, CxcallError)
        return Finding(
            Severity.WARNING,
            "ledger",
            "ledger",
            f"the outcome was not recorded: {error if known else type(error).__name__}",
            fix=f"keep this: `cxcall history show {self.id}` does not know how it ended",
            why="the ledger could not be written once the request was sent",
        )
