"""Send rows of a batch on threads: wait for a slot, deliver, report; and the common part of a run and a worker."""

from __future__ import annotations

import math
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from queue import Empty, SimpleQueue
from threading import Lock, Thread, current_thread
from typing import TYPE_CHECKING, Any

from cxcall.batch.failure_limit import FailureCounts
from cxcall.batch.rate_limiter import RateLimitSlot
from cxcall.batch.row_result import (
    COMMAND,
    RowResult,
    fault_of_row,
    result_of_recorded_row,
    result_of_skipped_row,
    result_without_sending,
)
from cxcall.batch.skip_reasons import SkipReason, not_agreed_finding
from cxcall.batch.statistics import BatchStatistics
from cxcall.credentials.oauth_client import UndeliveredError
from cxcall.findings.errors import CxcallError, StoppedError
from cxcall.findings.exit_codes import ExitCode
from cxcall.ledger.calls_to_people import TooManyCallsError
from cxcall.ledger.database_interface import never, no_fence
from cxcall.ledger.errors import LedgerError
from cxcall.ledger.row_ranges import format_ranges
from cxcall.output.report import delivery_report, error_report
from cxcall.runtime import signals
from cxcall.sending.call_guards import GuardError
from cxcall.sending.request_sender import deliver
from cxcall.sending.send_plan import Plan, SendHooks

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from cxcall.batch.failure_limit import FailureLimit
    from cxcall.batch.input.rows import Row
    from cxcall.batch.rate_limiter import RateLimiter
    from cxcall.batch.row_checks import CheckedRow
    from cxcall.batch.row_selection import RowSelection
    from cxcall.batch.unsent_rows import UnsentRows
    from cxcall.credentials.access_token import SharedToken
    from cxcall.credentials.request_credentials import Credentials
    from cxcall.ledger.ledger import Ledger
    from cxcall.responses.delivery import Delivery
    from cxcall.sending.checked_request import CheckedRequest

_TOKEN_PAUSE = 1.0
"""Seconds for which a run pauses after a token endpoint did not respond."""
_SWITCH_INTERVAL = 0.0005
"""Seconds after which a thread yields to others: a tenth of the default, so that slots are met in time."""
_STOPPING = (ExitCode.CREDENTIALS, ExitCode.FAULT, ExitCode.USAGE)
"""The exit codes of rows after which every other row would also fail."""


THREAD_NAME = "cxcall-rows"
"""The start of the names of the threads that send."""


class RowSender:
    """Sends rows on the threads of a run, which share a token and a rate limit."""

    def __init__(
        self,
        ledger: Ledger,
        rate_limiter: RateLimiter,
        tokens: SharedToken | None,
        is_interrupted: Callable[[], bool],
    ) -> None:
        self._ledger, self._rate_limiter, self._tokens = ledger, rate_limiter, tokens
        self._is_interrupted = is_interrupted

    def _get_token(self, refused: Credentials | None) -> Credentials | None:
        """Return the credentials of the run, which renews no token after its end.

        After an error of the token endpoint, the run pauses as it does when the API asks for it.
        """
        assert self._tokens  # noqa: S101 - it is called only if there are credentials
        if refused:
            self._rate_limiter.raise_if_stopped()
        try:
            return self._tokens(refused)
        except UndeliveredError as error:
            if error.wait is None:
                self._rate_limiter.pause(_TOKEN_PAUSE)
            else:
                self._rate_limiter.wait_as_asked(error.wait)
            raise

    def send(
        self,
        checked: CheckedRow,
        request: CheckedRequest,
        *,
        batch: str,
        key_of: Callable[[Row], str],
        again: bool,
        fence: Callable[[str], None] = no_fence,
        review: Callable[[Delivery], Delivery] = lambda delivery: delivery,
        is_closed: Callable[[], bool] = never,
    ) -> RowResult | None:
        """Send one row and return its result, even after a fault; None if it was not sent, because the run stops.

        `fence` and `review` are as in `SendHooks`. It waits no longer when `is_closed` returns True.
        """
        row, slot = checked.row, RateLimitSlot(self._rate_limiter, is_closed)
        try:
            if not slot.acquire():
                return None
            hooks = SendHooks(
                sleep=slot.sleep,
                wait_for_slot=slot.wait_to_send,
                on_exchange=self._rate_limiter.update_from_response,
                is_interrupted=self._is_interrupted,
                fence=fence,
                review=review,
            )
            rows = format_ranges(each.number for each in checked.rows)
            key = "" if rows else request.request.mask_echo(key_of(row))
            plan = Plan(request, again=again, batch=batch, row=row.number, key=key, rows=rows)
            tokens = self._get_token if self._tokens else None
            delivery = deliver(plan, self._ledger, tokens, hooks)
            body = None if checked.rows else request.body  # not part of the results of many rows
            sent = (request.operation, request.request, body)
            report = delivery_report(COMMAND, delivery, *sent, checked.findings)
            return RowResult(row, report, rows=checked.rows, question=plan.effect[1])
        except KeyboardInterrupt:  # another process had locked the ledger: nothing was sent
            return None
        except BaseException as error:  # noqa: BLE001 - it is reported as the row's result, and a fault stops the run
            return _result_of_error(checked, error)
        finally:
            slot.release()


def result_of_unsent_row(
    checked: CheckedRow,
    selection: RowSelection,
    ledger: Ledger,
    unsent: UnsentRows,
    *,
    batch: str,
    again: bool,
) -> RowResult | None:
    """Return the result of a row that is invalid, skipped, sent by an earlier run, or stopped; None for a row to send.

    A row that another batch of the same run sent is noted in `unsent`.
    """
    earlier = checked.earlier
    if result := result_without_sending(checked):
        return result
    if earlier is None and checked.is_stopped and checked.request:
        return _stop_row(checked, checked.request, ledger, batch, again=again)
    if earlier is None:
        return None
    if earlier.batch != selection.batch:
        for row in checked.rows or (checked.row,):
            unsent.add_other_delivery(row, earlier)
    may_be_in_flight = earlier.may_be_in_flight(ledger.now())
    result = result_of_recorded_row(checked, earlier)
    return result._replace(is_resumed=True, may_be_in_flight=may_be_in_flight)


def _stop_row(
    checked: CheckedRow, request: CheckedRequest, ledger: Ledger, batch: str, *, again: bool
) -> RowResult:
    """Return the result of a row that the duplicate guard stopped when the rows were counted: it is not sent.

    What stops it now is recorded, as when it is sent, so that the row stays stopped when the batch is resumed.
    """
    intent = Plan(request, again=again, batch=batch, row=checked.row.number).intent()
    problem = "an identical request stopped this row when the requests were counted"
    error: CxcallError = StoppedError(not_agreed_finding("already-sent", problem))

    def stop_always(_delivery: str) -> None:
        raise error

    try:
        ledger.begin(intent, request.settings.duplicate_window, fence=stop_always)
    except CxcallError as found:
        error = found
    return _result_of_error(checked, error)


def _result_of_error(checked: CheckedRow, error: BaseException) -> RowResult:
    if isinstance(error, (GuardError, TooManyCallsError)):
        reason = SkipReason(error.findings[0].code)
        # One person stops a request of many rows; the others are left to `--resume`.
        if not checked.rows or reason is SkipReason.OUTSIDE_HOURS:
            findings = (*checked.findings, error.findings[0])
            return result_of_skipped_row(checked._replace(findings=findings), reason)
    known = error if isinstance(error, CxcallError) else fault_of_row(error)
    ledger_error = error if isinstance(error, LedgerError) else None
    report = error_report(known, COMMAND)
    return RowResult(checked.row, report, rows=checked.rows, ledger_error=ledger_error)


class EventQueue:
    """A `SimpleQueue` for one waiting thread, whose signal handlers may also put events: `get` always ends in time.

    That of CPython waits without end if a signal interrupts it just after its time is over; the wait for a lock does not.
    """

    def __init__(self) -> None:
        self._events: SimpleQueue[Any] = SimpleQueue()
        self._is_empty = Lock()
        self._is_empty.acquire()

    def put(self, event: Any) -> None:
        """Add an event, from any thread or signal handler."""
        self._events.put(event)
        with suppress(RuntimeError):  # it is released: nobody has waited since
            self._is_empty.release()

    def get_nowait(self) -> Any:
        """Return the next event; raises Empty."""
        return self._events.get_nowait()

    def get(self, timeout: float) -> Any:
        """Return the next event; raises Empty, at the latest after so many seconds."""
        with suppress(Empty):
            return self._events.get_nowait()
        self._is_empty.acquire(timeout=timeout)
        return self._events.get_nowait()


class StoppableRun:
    """What a run and a worker have in common: statistics, threads, and reasons to stop.

    Threads put events into `_events`; None there ends a wait for an event. `interrupts` counts the signals.
    """

    def __init__(self, ledger: Ledger, limit: FailureLimit) -> None:
        self.ledger, self._limit = ledger, limit
        self._counts, self._counting = FailureCounts(), Lock()
        self.statistics = BatchStatistics()
        self.stop_reason = ""
        self.interrupts = 0
        self._events = EventQueue()
        self._threads: list[Thread] = []

    @property
    def is_abandoned(self) -> bool:
        """Whether a second signal came: the loop does not wait for the rows in flight."""
        return self.interrupts > 1

    def stop(self, reason: str) -> None:
        """Start no more rows; those in flight are finished."""
        self.stop_reason = self.stop_reason or reason

    def catch_signals(self) -> AbstractContextManager[None]:
        """Stop at the first signal, and abandon the rows in flight at the second."""
        return signals.call_on_signals(self.interrupt)

    def interrupt(self) -> None:
        """Count a signal, and start no more rows."""
        self.interrupts += 1
        self.stop("interrupted")
        self._events.put(None)

    def _start_threads(self, threads: int) -> ThreadPoolExecutor:
        """Return a pool of threads that send; all threads of this process switch more often from now on."""
        sys.setswitchinterval(_SWITCH_INTERVAL)
        return ThreadPoolExecutor(threads, THREAD_NAME, initializer=self._begin_thread)

    def _begin_thread(self) -> None:
        signals.block_in_thread()
        self._threads.append(current_thread())

    def _shut_down(self, pool: ThreadPoolExecutor) -> None:
        """Wait for the threads of a pool, which does not know one whose start was interrupted by an exception."""
        pool.shutdown()
        for thread in self._threads:
            thread.join()

    def _stop_on(self, result: RowResult, excessive_wait: float | None) -> None:
        """Count a request, and stop if its result, the failures, or a wait of so many seconds are a reason.

        A run calls it as soon as the request has ended: its reader may take long for an earlier result.
        """
        with self._counting:
            self._counts.add(result)
            excess = self._limit.find_excess(self._counts)
        if excessive_wait is not None:
            wait = math.ceil(excessive_wait)
            self.stop(f"the API requires a wait of {wait} s, longer than `max_wait`")
        elif result.report.exit_code in _STOPPING:
            self.stop(result.findings[-1].message)
        elif excess:
            self.stop(excess)
