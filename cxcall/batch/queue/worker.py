"""A worker: claim rows of queued batches, send them with several threads, and end them in the queue."""

from __future__ import annotations

import math
import time
from collections import deque
from queue import Empty
from typing import TYPE_CHECKING

from cxcall.batch.beginning_and_end import find_record
from cxcall.batch.queue.claimed_rows import GIVEN_BACK, ClaimedRows, RowEnd, settle_batch
from cxcall.batch.row_result import result_of_record, result_without_sending
from cxcall.batch.row_sender import StoppableRun
from cxcall.batch.skip_reasons import SkipReason
from cxcall.ledger.errors import (
    RECORDS_MISSING,
    LastingLedgerError,
    LedgerError,
    MissingRecordsError,
)
from cxcall.runtime.signals import SIGNAL_INTERVAL
from cxcall.sending.call_times import find_next_calling_time

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from cxcall.batch.failure_limit import FailureLimit
    from cxcall.batch.queue.worker_batches import Destination, Destinations
    from cxcall.batch.row_checks import CheckedRow
    from cxcall.batch.row_result import RowResult
    from cxcall.findings.errors import CxcallError
    from cxcall.findings.finding import Finding
    from cxcall.ledger.ledger import Ledger
    from cxcall.ledger.postgres.queued_rows import Claim, QueuedRow, QueuedRows

_POLL_SECONDS = 1.0
"""Seconds after which a worker without rows looks for new ones."""

_LAST_WAIT = (
    "waiting for the database, to record how rows ended; another signal ends this without it"
)


class Worker(StoppableRun):
    """One worker. `on_result` gets each row's result and batch, `on_problem` why the queue is unreachable."""

    def __init__(
        self,
        ledger: Ledger,
        queue: QueuedRows,
        claim: Claim,
        destinations: Destinations,
        limit: FailureLimit,
        on_result: Callable[[RowResult, str], None],
        on_problem: Callable[[str], None],
    ) -> None:
        super().__init__(ledger, limit)
        self._queue, self._claim, self._destinations = queue, claim, destinations
        self._on_result, self._on_problem = on_result, on_problem
        self._claimed_rows = ClaimedRows(ledger, queue)
        self._waiting: deque[tuple[QueuedRow, Destination]] = deque()
        self._in_flight = 0
        self._is_reachable = True
        self._kept_at = self._opened_at = self._next_look_at = -math.inf
        self._poll_seconds = min(_POLL_SECONDS, claim.lease.total_seconds() / 4)
        self._is_empty = False
        self.problems: Sequence[Finding] = ()
        self._unknown: list[Finding] = []
        self._has_given_up = False

    def stop(self, reason: str) -> None:
        """Claim no more rows; rows in flight are finished, the others return to the queue."""
        super().stop(reason)
        self._destinations.stop("" if self.interrupts else reason)

    def run(self, *, threads: int, until_empty: bool) -> None:
        """Send rows until a signal, a reason to stop, or the end of the rows to send now."""
        pool = self._start_threads(threads)
        while not (self._is_done(until_empty=until_empty) or self.is_abandoned):
            self._receive(self._wait_seconds(threads))
            try:
                self._update_rows(threads)
            except (LedgerError, MissingRecordsError) as error:
                self._wait_or_give_up(error)
            while self._waiting and self._in_flight < threads and not self.stop_reason:
                self._in_flight += 1
                pool.submit(self._work, *self._waiting.popleft())
        pool.shutdown(wait=not self.is_abandoned)
        unrecorded = self._claimed_rows.unrecorded_outcomes()
        self.problems = [*self.problems, *self._unknown, *unrecorded]

    def _wait_or_give_up(self, error: LedgerError | MissingRecordsError) -> None:
        """Print why the database cannot be used; go on later if it may become usable by itself."""
        if not isinstance(error, LedgerError) or isinstance(error, LastingLedgerError):
            self._give_up(error)
            return
        self._on_problem(f"{error}\n{_LAST_WAIT}" if self.stop_reason else str(error))
        self._look_later()
        self._is_reachable = False

    def _give_up(self, error: CxcallError) -> None:
        """Stop sending; claimed rows wait until their leases expire, and then end as the ledger says."""
        self._on_problem(str(error))
        self.stop(str(error))
        self.problems, self._has_given_up = self.problems or error.findings, True
        self._waiting.clear()
        self._claimed_rows.claims.clear()
        self._look_later()
        self._is_reachable = False

    def _is_done(self, *, until_empty: bool) -> bool:
        if self._has_given_up and not self._in_flight:
            return True
        if self._in_flight or self._claimed_rows.claims or self._waiting:
            return False
        return bool(self.stop_reason) or (until_empty and self._is_empty)

    def _look_later(self) -> None:
        self._next_look_at = time.monotonic() + self._poll_seconds

    def _wait_seconds(self, threads: int) -> float:
        """Return the seconds to wait for an event; 0 while rows can be claimed."""
        if self._in_flight >= threads or (self.stop_reason and self._in_flight):
            return self._poll_seconds
        if self.stop_reason and self._is_reachable:
            return 0.0
        return max(self._next_look_at - time.monotonic(), 0.0)

    def _receive(self, seconds: float) -> None:
        """Receive the rows that threads have finished; wait for the first one."""
        try:
            wait = min(seconds, SIGNAL_INTERVAL)
            event = self._events.get(timeout=wait) if wait > 0 else self._events.get_nowait()
            while True:
                if event is not None:
                    self._in_flight -= 1
                    self._finish(*event)
                event = self._events.get_nowait()
        except Empty:
            return

    def _update_rows(self, threads: int) -> None:
        """End, keep, and claim rows; raises LedgerError while the database cannot be reached."""
        if self.stop_reason:
            while self._waiting:
                row, _ = self._waiting.popleft()
                self._claimed_rows.end(RowEnd(row.batch, row.number))
        now = time.monotonic()
        if not self._is_reachable and now < self._next_look_at:
            return
        self._claimed_rows.settle()
        self._print_lost_rows()
        self._is_reachable = True
        now = time.monotonic()
        if now - self._kept_at > self._claim.lease.total_seconds() / 4:
            self._queue.keep(self._claimed_rows.claims, self._claim.lease)
            self._kept_at = now
            self._free_expired_rows()
        if self.stop_reason:
            return
        has_room = not self._waiting and self._in_flight < threads
        if has_room and now >= self._next_look_at:
            self._claim_rows(threads)
        elif self._in_flight and now - self._opened_at > self._poll_seconds:
            self._opened_at = now
            self._destinations.open()

    def _print_lost_rows(self) -> None:
        """Count and print the rows that ended because the database was lost before they were sent."""
        for batch, result in self._claimed_rows.lost:
            self._on_result(result, batch)
            self.statistics.add(result)
            self._stop_on(result, None)
        self._claimed_rows.lost.clear()

    def _free_expired_rows(self) -> None:
        """Free or end the rows of workers that died; note those that may have been sent, because only this worker sees it."""
        ended = self._queue.expire()
        for batch in dict.fromkeys(batch for batch, _ in ended):
            settle_batch(self.ledger, self._queue, batch)
            unknown = self._queue.unknown_deliveries(batch)
            lost = [number for each, number in ended if each == batch and number in unknown]
            self._unknown += (
                _unknown_row(self.ledger, batch, each, unknown[each]) for each in lost
            )

    def _claim_rows(self, threads: int) -> None:
        """Claim rows of the oldest batch that has some; if none has, note when to try again."""
        found = self._destinations.open()
        for destination in found:
            claimed = [
                number for batch, number in self._claimed_rows.claims if batch == destination.batch
            ]
            rows = self._queue.claim(self._claim, destination.batch, threads, claimed)
            self._claimed_rows.claims.update({(row.batch, row.number): row.claim for row in rows})
            self._waiting.extend((row, destination) for row in rows)
            if rows:
                self._is_empty = False
                return
        self._look_later()
        self._free_expired_rows()
        for destination in found:
            settle_batch(self.ledger, self._queue, destination.batch)
        self._is_empty = not any(self._queue.has_rows(each.batch) for each in found)

    def _work(self, row: QueuedRow, destination: Destination) -> None:
        """Check and send one row, on a thread of the pool; an event reports its end, whatever happens."""
        checked = destination.check(row)
        result = destination.find_list_error(row) or result_without_sending(checked)
        if result is None and checked.request:
            result = destination.send(row, checked, checked.request)
        self._events.put((row, destination, checked, result))

    def _finish(
        self,
        row: QueuedRow,
        destination: Destination,
        checked: CheckedRow,
        result: RowResult | None,
    ) -> None:
        """Count and print a result, and end the row; without a result, or if it waits for its hours, it is queued again."""
        end = RowEnd(row.batch, row.number, str(row.content["key"]), result)
        is_held_back = result is not None and result.skip is SkipReason.OUTSIDE_HOURS
        if is_held_back and checked.request and destination.waits_for_hours:
            now = self.ledger.now()
            not_before = find_next_calling_time(checked.request, checked.values, now) or now
            self._claimed_rows.end(end._replace(result=None, not_before=not_before))
            return
        self._claimed_rows.end(end)
        if end.error_code == RECORDS_MISSING and result is not None:
            self.problems = self.problems or result.report.findings
            self.stop(result.report.findings[-1].message)
        if result is not None and result.ledger_error:
            self._wait_or_give_up(result.ledger_error)
        if result is None or end.error_code in GIVEN_BACK:
            return
        self._on_result(result, row.batch)
        self.statistics.add(result)
        self._stop_on(result, self._destinations.excessive_wait)
        if not self._in_flight and not self._waiting:
            self._next_look_at = 0.0  # an empty queue ends the worker without another wait


def _unknown_row(ledger: Ledger, batch: str, number: int, delivery: str) -> Finding:
    """Return the error for a row whose worker died before it recorded the outcome."""
    found = result_of_record(find_record(ledger, delivery), None).findings[0]
    place = f"row {number} of batch `{batch}`"
    return found._replace(message=f"{place}: {found.message}; the worker that sent it died")
