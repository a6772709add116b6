"""A worker: claim rows of queued batches, send them with several threads, and end them in the queue."""

from __future__ import annotations

import sys
import time
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING

from cxcall.batch.opening_times import find_opening
from cxcall.batch.queue.held_rows import GIVEN_BACK, EndedRow, HeldRows, settle_batch
from cxcall.batch.row_result import RowResult, result_of_invalid_row, result_of_skipped_row
from cxcall.batch.skips import SkipReason
from cxcall.batch.totals import BatchStatistics
from cxcall.findings.exit_codes import ExitCode
from cxcall.ledger.errors import LastingLedgerError, LedgerError
from cxcall.ledger.marker import RECORDS_MISSING, MissingRecordsError
from cxcall.named_tuple import NamedTuple
from cxcall.runtime import signals
from cxcall.runtime.signals import block_in_thread

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from contextlib import AbstractContextManager

    from cxcall.batch.job import CheckedRow
    from cxcall.batch.queue.destinations import Destination, Destinations
    from cxcall.batch.totals import FailureLimit
    from cxcall.findings.errors import CxcallError
    from cxcall.findings.finding import Finding
    from cxcall.ledger.ledger import Ledger
    from cxcall.ledger.queued_rows import Claim, QueuedRow, QueuedRows

_SWITCH_INTERVAL = 0.0005
_POLL_SECONDS = 1.0
"""Seconds after which a worker without rows looks for new ones."""


class Worked(NamedTuple):
    """A row that a thread has finished, with its result; a row that is given back has none."""

    row: QueuedRow
    destination: Destination
    checked: CheckedRow
    result: RowResult | None


class Worker:
    """One worker. `on_result` gets each row's result and batch, `on_problem` why the queue cannot be reached."""

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
        self._ledger, self._queue, self._claim = ledger, queue, claim
        self._destinations, self._limit = destinations, limit
        self._on_result, self._on_problem = on_result, on_problem
        self._held = HeldRows(ledger, queue)
        self._events: SimpleQueue[Worked | None] = SimpleQueue()
        self._waiting: deque[tuple[QueuedRow, Destination]] = deque()
        self._in_flight = 0
        self._is_reachable = True
        self._kept_at = self._next_look_at = 0.0
        self._poll_seconds = min(_POLL_SECONDS, claim.lease.total_seconds() / 4)
        self._is_empty = False
        self.statistics = BatchStatistics()
        self.stop_reason = ""
        self.problems: Sequence[Finding] = ()
        self._is_abandoned = False
        self.interrupts = 0

    def stop(self, reason: str) -> None:
        """Claim no more rows; those in flight are finished, and the others given back."""
        self.stop_reason = self.stop_reason or reason
        self._destinations.stop()

    def catch_signals(self) -> AbstractContextManager[None]:
        """Stop at the first signal; at the second one, leave the rows in flight to their leases."""
        return signals.call_on_signals(self._interrupt)

    def _interrupt(self) -> None:
        self.interrupts += 1
        self.stop("interrupted")
        self._events.put(None)

    def run(self, *, threads: int, until_empty: bool) -> None:
        """Send rows until a signal or a reason to stop, or until no row is left to send now."""
        sys.setswitchinterval(_SWITCH_INTERVAL)
        pool = ThreadPoolExecutor(threads, "cxcall-worker", initializer=block_in_thread)
        while not (self._is_done(until_empty=until_empty) or self.interrupts > 1):
            self._receive(self._wait_seconds(threads))
            try:
                self._tend_rows(threads)
            except (LastingLedgerError, MissingRecordsError) as error:
                self._give_up(error)
            except LedgerError as error:
                self._on_problem(str(error))
                self._look_later()
                self._is_reachable = False
            while self._waiting and self._in_flight < threads and not self.stop_reason:
                self._start(pool, *self._waiting.popleft())
        pool.shutdown(wait=self.interrupts <= 1)

    def _give_up(self, error: CxcallError) -> None:
        """Send no more; the rows that are held wait for their leases, and are ended by what the ledger then knows."""
        self._on_problem(str(error))
        self.stop(str(error))
        self.problems, self._is_abandoned = self.problems or error.findings, True
        self._waiting.clear()
        self._held.claims.clear()
        self._look_later()
        self._is_reachable = False

    def _is_done(self, *, until_empty: bool) -> bool:
        if self._is_abandoned and not self._in_flight:
            return True
        if self._in_flight or self._held.claims or self._waiting:
            return False
        return bool(self.stop_reason) or (until_empty and self._is_empty)

    def _look_later(self) -> None:
        self._next_look_at = time.monotonic() + self._poll_seconds

    def _wait_seconds(self, threads: int) -> float:
        """Return how long to wait for an event: not at all while rows can be claimed."""
        if self._in_flight >= threads or (self.stop_reason and self._in_flight):
            return self._poll_seconds
        if self.stop_reason and self._is_reachable:
            return 0.0
        return max(self._next_look_at - time.monotonic(), 0.0)

    def _receive(self, seconds: float) -> None:
        """Take the rows that threads are done with; wait for the first one."""
        try:
            event = self._events.get(timeout=seconds) if seconds > 0 else self._events.get_nowait()
            while True:
                if event is not None:
                    self._in_flight -= 1
                    self._finish(event)
                event = self._events.get_nowait()
        except Empty:
            return

    def _tend_rows(self, threads: int) -> None:
        """End, keep, and claim rows; raises LedgerError while the database cannot be reached."""
        if self.stop_reason:
            while self._waiting:
                row, _ = self._waiting.popleft()
                self._held.end(EndedRow(row.batch, row.number))
        now = time.monotonic()
        if not self._is_reachable and now < self._next_look_at:
            return
        self._held.settle()
        self._is_reachable = True
        now = time.monotonic()
        if now - self._kept_at > self._claim.lease.total_seconds() / 4:
            self._queue.keep(self._held.claims, self._claim.lease)
            self._kept_at = now
            self._sweep()
        has_room = not self._waiting and self._in_flight < threads
        if has_room and not self.stop_reason and now >= self._next_look_at:
            self._claim_rows(threads)

    def _sweep(self) -> None:
        """Free or end the rows of workers that died."""
        if self._queue.expire():
            for destination in self._destinations.open():
                settle_batch(self._ledger, self._queue, destination.batch)

    def _claim_rows(self, threads: int) -> None:
        """Claim rows of the oldest batch that has some; note when to look again if none has."""
        found = self._destinations.open()
        for destination in found:
            held = [number for batch, number in self._held.claims if batch == destination.batch]
            rows = self._queue.claim(self._claim, destination.batch, threads, held)
            self._held.claims.update({(row.batch, row.number): row.claim for row in rows})
            self._waiting.extend((row, destination) for row in rows)
            if rows:
                self._is_empty = False
                return
        self._look_later()
        self._sweep()
        for destination in found:
            settle_batch(self._ledger, self._queue, destination.batch)
        self._is_empty = not any(self._queue.has_rows(each.batch) for each in found)

    def _start(self, pool: ThreadPoolExecutor, row: QueuedRow, destination: Destination) -> None:
        self._in_flight += 1
        pool.submit(self._work, row, destination)

    def _work(self, row: QueuedRow, destination: Destination) -> None:
        """Check and send one row, on a thread of the pool; an event reports its end, whatever happens."""
        checked, result = destination.check(row), None
        if checked.request is None:
            result = RowResult(checked.row, result_of_invalid_row(checked.findings))
        elif checked.skip:
            result = result_of_skipped_row(checked, checked.skip)
        else:
            result = destination.send(row, checked, checked.request)
        self._events.put(Worked(row, destination, checked, result))

    def _finish(self, worked: Worked) -> None:
        """Count and print a result, and let the row be ended; one that waits for its hours is given back."""
        row, result = worked.row, worked.result
        ended = EndedRow(row.batch, row.number, str(row.content["key"]), result)
        is_held_back = result is not None and result.skip is SkipReason.OUTSIDE_HOURS
        if is_held_back and worked.checked.request and worked.destination.waits_for_hours:
            opening = find_opening(worked.checked.request, worked.checked.values)
            not_before = opening or datetime.now(UTC)
            self._held.end(ended._replace(result=None, not_before=not_before))
            return
        self._held.end(ended)
        if ended.error_code == RECORDS_MISSING and result is not None:
            self.problems = self.problems or result.report.findings
            self.stop(result.report.findings[-1].message)
        if result is None or ended.error_code in GIVEN_BACK:
            return
        self.statistics.add(str(row.number), result.report, skip=result.skip)
        self._on_result(result, row.batch)
        if result.report.exit_code in (ExitCode.CREDENTIALS, ExitCode.FAULT, ExitCode.USAGE):
            self.stop(result.report.findings[-1].message)
        elif reason := self._destinations.excessive_wait or self.statistics.reason_to_stop(
            self._limit
        ):
            self.stop(reason)
