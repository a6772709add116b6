"""Send the checked rows of a batch with several threads, each row at most once."""

from __future__ import annotations

from contextlib import suppress
from functools import partial
from heapq import heappop, heappush
from queue import Empty
from threading import Event, Thread
from typing import TYPE_CHECKING

from cxcall.batch.resume import stop_on_end
from cxcall.batch.row_result import (
    RowResult,
    result_of_recorded_row,
    result_of_unread_record,
)
from cxcall.batch.row_sender import RowSender, StoppableRun, result_of_unsent_row
from cxcall.batch.skip_reasons import SkipReason
from cxcall.batch.unsent_rows import UnsentRows
from cxcall.findings.errors import CxcallError, StoppedError
from cxcall.findings.hinted_commands import command
from cxcall.ledger.errors import LedgerError, already_sent_error
from cxcall.ledger.row_ranges import format_ranges
from cxcall.runtime.signals import SIGNAL_INTERVAL

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from concurrent.futures import ThreadPoolExecutor
    from datetime import datetime

    from cxcall.batch.beginning_and_end import BegunBatch
    from cxcall.batch.row_checks import CheckedRow
    from cxcall.batch.row_selection import RowSelection
    from cxcall.ledger.ledger import Ledger
    from cxcall.responses.delivery import Delivery
    from cxcall.sending.checked_request import CheckedRequest


_MAX_HELD_RESULTS = 1000
"""The most results that wait for an earlier row, to be in input order."""


class Run(StoppableRun):
    """One run over a batch: threads send the rows, one thread receives the results, and records rows that were not sent."""

    def __init__(self, begun: BegunBatch, selection: RowSelection) -> None:
        super().__init__(begun.ledger, begun.limit)
        self.batch, self.job, self.key_of = begun.id, begun.job, begun.key_of
        self.selection = selection
        self.rate_limiter = begun.rate_limiter
        self.sender = RowSender(self.ledger, self.rate_limiter, begun.tokens, self._is_interrupted)
        self.unsent = UnsentRows(self.ledger, self.batch, self.key_of, self._is_ending)
        self.is_at_end = False
        self.replaced = ""
        """Why this run may send no more rows: a person has closed the batch, or another run has finished it."""
        self.others = OtherRuns(self.ledger, selection.last_delivery)
        self.unrecorded: list[Delivery] = []
        """The deliveries whose outcomes could not be recorded."""
        self.on_interrupt: Callable[[], None] = lambda: None
        """Called after the first signal, if requests are in flight."""
        self.on_progress: Callable[[], None] = lambda: None
        """Called after each result, also one that waits for an earlier row, and at intervals while all rows wait."""
        self._has_lost_ledger = False
        self._in_flight: dict[int, CheckedRow] = {}
        self._held: list[tuple[int, RowResult]] = []
        """The results that wait for an earlier row."""

    def _is_interrupted(self) -> bool:
        return self.interrupts > 0

    def _is_ending(self) -> bool:
        """Return whether rows that were not sent are recorded only if the ledger is available: others have waited for it."""
        return self._is_interrupted() or self._has_lost_ledger

    def _rows(self) -> Iterator[CheckedRow]:
        """Yield the rows that are to be sent, and those that are not."""
        return self.selection.rows()

    def stop(self, reason: str) -> None:
        """Start no more rows; those in flight are finished."""
        super().stop(reason)
        self.rate_limiter.stop("" if self.interrupts else reason)

    def results(
        self,
        *,
        in_order: bool,
        threads: int,
        ahead: int = _MAX_HELD_RESULTS,
        on_wait: Callable[[datetime], None] = lambda _opening: None,
    ) -> Iterator[RowResult]:
        """Send the selected rows; yield every row's result as it arrives, or in input order.

        The rows in flight, and those whose results wait for an earlier row, are at most `ahead`.
        Rows that wait for their calling hours are sent by further passes over the file; `on_wait` gets
        the time of the next one.
        """
        pool = self._start_threads(threads)
        try:
            while not self.is_at_end:
                results = self._process(self._rows(), pool, threads=threads, ahead=ahead)
                yield from self._in_order(results) if in_order else results
                opening = self.selection.opening
                if self.stop_reason or opening is None:
                    break
                on_wait(opening)
                self._wait_until(opening)
                self.is_at_end = bool(self.stop_reason)
            if self.is_abandoned:
                yield from self._abandoned_results()
            pool.shutdown(wait=not self.is_abandoned)
        except GeneratorExit:
            raise
        except BaseException as error:  # such as an exception of the program's signal handler
            self.stop(type(error).__name__)
            self._finish(pool)
            raise
        finally:  # also if the caller cannot write a result, and stops reading
            if not self.replaced:
                self.unsent.flush()

    def _finish(self, pool: ThreadPoolExecutor) -> None:
        """Wait for the rows in flight after an exception, even if a signal handler of the program raises again.

        If this ended first, the caller could close the ledger before the outcomes of these rows are recorded.
        """
        finished = Event()

        def shut_down() -> None:
            try:
                self._shut_down(pool)
            finally:
                finished.set()

        # An exception ends a `join` of Python before 3.13 for good: the thread then counts as stopped.
        thread = Thread(target=shut_down, daemon=True)
        while True:
            with suppress(BaseException):  # the caller gets the first exception
                if thread.ident is None:
                    thread.start()
                # Inside, because a handler may also run at a step of the loop.
                while not (finished.is_set() or self.is_abandoned):
                    finished.wait(SIGNAL_INTERVAL)
                return

    def _wait_until(self, opening: datetime) -> None:
        """Wait until a time, or until a signal; the clock is read often, because it may be set."""
        while not self.stop_reason:
            seconds = (opening - self.selection.both_clocks()).total_seconds()
            if seconds <= 0:
                return
            with suppress(Empty):
                self._events.get(timeout=min(seconds, SIGNAL_INTERVAL))
            self._look_for_end()

    def _in_order(self, results: Iterator[RowResult]) -> Iterator[RowResult]:
        """Delay results while an earlier row is in flight."""
        waiting = self._held
        for result in results:
            heappush(waiting, (result.row.number, result))
            first = min(self._in_flight, default=result.row.number + 1)
            while waiting and (waiting[0][0] < first or len(waiting) > _MAX_HELD_RESULTS):
                yield heappop(waiting)[1]
        while waiting:
            yield heappop(waiting)[1]

    def _process(
        self, rows: Iterator[CheckedRow], pool: ThreadPoolExecutor, *, threads: int, ahead: int
    ) -> Iterator[RowResult]:
        """Keep the threads busy, and yield their results."""
        while not self.is_abandoned:
            is_open = not (self.stop_reason or self.is_at_end)
            count = len(self._in_flight)
            has_room = not count or (count < threads and count + len(self._held) < ahead)
            checked = self._next_row(rows) if is_open and has_room else None
            result = None
            if checked is not None:
                result = result_of_unsent_row(
                    checked,
                    self.selection,
                    self.ledger,
                    self.unsent,
                    batch=self.batch,
                    again=self.job.again,
                )
                if result is not None:
                    self._stop_on(result, None)
                elif checked.request is not None:
                    self._in_flight[checked.row.number] = checked
                    pool.submit(self._send, checked, checked.request)
            elif self._in_flight:
                result = self._next_result()
            elif not is_open:
                return
            if result:
                yield from map(self._recorded, self._results_of(result))

    def _next_row(self, rows: Iterator[CheckedRow]) -> CheckedRow | None:
        """Return the next row; None at the end, or if the file can no longer be read."""
        try:
            checked = next(rows, None)
        except CxcallError as error:
            checked, finding = None, error.findings[0]
            self.stop("; ".join(filter(None, (finding.message, finding.fix))))
        self.is_at_end = checked is None
        return checked

    def _next_result(self) -> RowResult | None:
        """Wait for an event, and return the result if it is one; if the event is a number, that row was not sent."""
        try:
            event: RowResult | int | None = self._events.get(timeout=SIGNAL_INTERVAL)
        except Empty:
            self._look_for_end()
            self.on_progress()
            return None
        if isinstance(event, int):
            del self._in_flight[event]
        elif event is not None:
            checked = self._in_flight.pop(event.row.number)
            if not (event.skip is SkipReason.OUTSIDE_HOURS and self.selection.waits_for_hours):
                return event
            self.selection.defer(checked)
        elif not self.is_abandoned:
            self.on_interrupt()
        return None

    def _results_of(self, result: RowResult) -> Iterable[RowResult]:
        """Return the results of the rows of a request, one for each outcome."""
        return (result,)

    def _recorded(self, result: RowResult) -> RowResult:
        """Count a result, record it if its row was not sent, and return it."""
        self.statistics.add(result)
        self._has_lost_ledger = self._has_lost_ledger or result.ledger_error is not None
        if not self.replaced:
            self.unsent.add(result)
        if result.delivery and not result.delivery.is_recorded:
            self.unrecorded.append(result.delivery)
        self.on_progress()
        return result

    def _send(self, checked: CheckedRow, request: CheckedRequest) -> None:
        """Send one row on a thread of the pool; an event reports its end, even after a fault."""
        result = self.sender.send(
            checked,
            request,
            batch=self.batch,
            key_of=self.key_of,
            again=self.job.again,
            fence=partial(self._fence, checked, request),
            review=partial(self._review, checked),
        )
        if self.replaced:
            self.stop(self.replaced)
        if result is not None:
            self._stop_on(result, self.rate_limiter.excessive_wait)
        self._events.put(result or checked.row.number)

    def _fence(self, checked: CheckedRow, _request: CheckedRequest, delivery: str) -> None:
        """Raise StoppedError if the batch has ended, or another run sent the row; called in the transaction of the record."""
        self._stop_if_ended()
        self.others.stop_on_row(self.batch, checked.row.number, delivery)

    def _stop_if_ended(self) -> None:
        try:
            stop_on_end(self.ledger, self.batch, self.selection.last_end)
        except StoppedError as error:
            self.replaced = str(error)
            raise

    def _look_for_end(self) -> None:
        """Stop, while all rows wait, if the batch has ended."""
        if self.stop_reason:
            return
        # If the ledger cannot be read now, the next record says so.
        with suppress(CxcallError), self.ledger.database.snapshot():
            self.ledger.rows.state = self.ledger.rows.read_state()
            self._stop_if_ended()
        if self.replaced:
            self.stop(self.replaced)

    def _review(self, _checked: CheckedRow, delivery: Delivery) -> Delivery:
        """Return a delivery as it is recorded."""
        return delivery

    def _abandoned_results(self) -> Iterator[RowResult]:
        """Yield the results of the rows that were in flight when the run was abandoned, from the ledger.

        If it cannot be read now, each of them may have been sent.
        """
        try:
            records = [*self.ledger.records(batch=self.batch, limit=_MAX_HELD_RESULTS)]
        except LedgerError as error:
            for each in self._in_flight.values():
                result = result_of_unread_record(each, error)
                self.statistics.add(result)
                yield result
            return
        for record in records:
            checked = self._in_flight.get(record.row or 0)
            if checked is not None and record.rows == format_ranges(x.number for x in checked.rows):
                del self._in_flight[checked.row.number]
                yield self._recorded(result_of_recorded_row(checked, record))


class OtherRuns:
    """The rows of a batch that other runs have recorded since a delivery with a number.

    The duplicate guard compares requests, and those of a row differ if a document was corrected in between.
    """

    def __init__(self, ledger: Ledger, last_delivery: int) -> None:
        self._ledger, self._last = ledger, last_delivery
        self._own: set[str] = set()
        """The own deliveries after the last one that was read; a transaction that failed may have given an ID to none."""
        self._rows: dict[int, str] = {}

    def stop_on_row(self, batch: str, row: int, delivery: str) -> None:
        """Raise StoppedError if another run has recorded a row; called in the transaction that records its delivery."""
        self._own.add(delivery)
        newer = self._ledger.batches.deliveries_after(self._last)
        for number, each, its_batch, its_row in newer:
            if each not in self._own and its_batch == batch:
                self._rows[its_row] = each
            if each != delivery:
                self._last = number
                self._own.discard(each)
        other = self._rows.get(row)
        if other:
            raise already_sent_error(
                f"another command has sent row {row} of this batch meanwhile, by another request: delivery {other}",
                fix=f"wait until it ends, and see what it sent: {command('cxcall', 'batch', 'report', batch)}",
                why="the row would be called twice",
            )
