"""Send the checked rows of a batch with several threads, each row at most once."""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime
from heapq import heappop, heappush
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING

from cxcall.batch.row_result import (
    RowResult,
    result_of_invalid_row,
    result_of_record,
    result_of_skipped_row,
)
from cxcall.batch.row_sender import RowSender, SharedToken
from cxcall.batch.totals import BatchStatistics
from cxcall.findings.errors import CxcallError
from cxcall.findings.exit_codes import ExitCode
from cxcall.runtime import signals
from cxcall.runtime.signals import block_in_thread
from cxcall.sending.plan import Plan

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from contextlib import AbstractContextManager

    from cxcall.batch.job import CheckedRow, Job
    from cxcall.batch.rate_limiter import RateLimiter
    from cxcall.batch.rows import Row
    from cxcall.batch.selection import Selection
    from cxcall.batch.totals import FailureLimit
    from cxcall.findings.finding import Finding
    from cxcall.ledger.ledger import Ledger
    from cxcall.ledger.records import Record
    from cxcall.sending.draft import CheckedRequest

_SWITCH_INTERVAL = 0.0005
"""Seconds after which a thread yields to others: a tenth of the default, so that slots are met in time."""

_CLOCK_INTERVAL = 30.0
"""Seconds after which a wait for calling hours reads the clock again."""

_MAX_HELD_RESULTS = 1000
"""How many results wait for an earlier row, so that they come in input order."""


class Run:
    """One run over a batch: threads send the rows, one thread receives the results."""

    def __init__(
        self,
        job: Job,
        selection: Selection,
        batch: str,
        ledger: Ledger,
        rate_limiter: RateLimiter,
        tokens: SharedToken,
        limit: FailureLimit,
        key_of: Callable[[Row], str] = lambda _row: "",
    ) -> None:
        self.key_of = key_of
        self.job, self.selection, self.batch, self.ledger = job, selection, batch, ledger
        self.rate_limiter, self.limit = rate_limiter, limit
        self.sender = RowSender(ledger, rate_limiter, tokens, lambda: self.interrupts > 0)
        self.statistics = BatchStatistics()
        self.stop_reason = ""
        self.is_at_end = False
        self.interrupts = 0
        # A result, the number of a row that was not sent, or None to wake the receiving thread.
        self._events: SimpleQueue[RowResult | int | None] = SimpleQueue()
        self._in_flight: dict[int, CheckedRow] = {}

    @property
    def is_abandoned(self) -> bool:
        """Whether a second signal came: not even the rows in flight are waited for."""
        return self.interrupts > 1

    def stop(self, reason: str) -> None:
        """Start no more rows; those in flight are finished."""
        self.stop_reason = self.stop_reason or reason
        self.rate_limiter.stop()

    def catch_signals(self) -> AbstractContextManager[None]:
        """Stop at the first signal, and abandon the run at the second."""
        return signals.call_on_signals(self._interrupt)

    def _interrupt(self) -> None:
        self.interrupts += 1
        self.stop("interrupted")
        self._events.put(None)

    def results(
        self,
        *,
        in_order: bool,
        threads: int,
        on_wait: Callable[[datetime], None] = lambda _opening: None,
    ) -> Iterator[RowResult]:
        """Send the selected rows; yield every row's result as it comes, or in input order.

        Rows that wait for their calling hours are sent by further passes over the file; `on_wait` gets
        the time of the next one.
        """
        sys.setswitchinterval(_SWITCH_INTERVAL)
        pool = ThreadPoolExecutor(threads, "cxcall-batch", initializer=block_in_thread)
        while not self.is_at_end:
            results = self._process(self.selection.rows(), pool, threads=threads)
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

    def _wait_until(self, opening: datetime) -> None:
        """Wait until a time, or until a signal; the clock is read often, because it may be set."""
        while not self.stop_reason:
            seconds = (opening - datetime.now(UTC)).total_seconds()
            if seconds <= 0:
                return
            with suppress(Empty):
                self._events.get(timeout=min(seconds, _CLOCK_INTERVAL))

    def _in_order(self, results: Iterator[RowResult]) -> Iterator[RowResult]:
        """Hold results back while an earlier row is in flight."""
        held: list[tuple[int, RowResult]] = []
        for result in results:
            heappush(held, (result.row.number, result))
            first = min(self._in_flight, default=result.row.number + 1)
            while held and (held[0][0] < first or len(held) > _MAX_HELD_RESULTS):
                yield heappop(held)[1]
        while held:
            yield heappop(held)[1]

    def _process(
        self, rows: Iterator[CheckedRow], pool: ThreadPoolExecutor, *, threads: int
    ) -> Iterator[RowResult]:
        """Keep the threads busy, and yield their results."""
        while not self.is_abandoned:
            is_open = not (self.stop_reason or self.is_at_end)
            has_room = is_open and len(self._in_flight) < threads
            checked = self._next_row(rows) if has_room else None
            result = None
            if checked is not None:
                result = self._result_without_sending(checked)
                if result is None and checked.request is not None:
                    self._in_flight[checked.row.number] = checked
                    pool.submit(self._send, checked, checked.request)
            elif self._in_flight:
                result = self._next_result()
            elif not is_open:
                return
            for each in self.split(result) if result else ():
                self._count(each)
                yield each

    def split(self, result: RowResult) -> Sequence[RowResult]:
        """Return the results that one request has: a single one, unless its rows ended differently."""
        return (result,)

    def _next_row(self, rows: Iterator[CheckedRow]) -> CheckedRow | None:
        """Return the next row; None at the end, or where the file can no longer be read."""
        try:
            checked = next(rows, None)
        except CxcallError as error:
            checked = None
            self.stop(str(error))
        self.is_at_end = checked is None
        return checked

    def _next_result(self) -> RowResult | None:
        """Wait for an event, and return the result if it is one."""
        event = self._events.get()
        if isinstance(event, int):
            del self._in_flight[event]
        elif event is not None:
            checked = self._in_flight.pop(event.row.number)
            if not (event.skip and self.selection.waits_for_hours):
                return event
            self.selection.defer(checked)
        return None

    def _count(self, result: RowResult) -> None:
        """Add a result to the statistics, and stop the run where they give a reason."""
        report = result.report
        self.statistics.add(
            result.label,
            report,
            is_resumed=result.is_resumed,
            skip=result.skip,
            count=result.row_count,
        )
        self.statistics.may_be_in_flight += result.may_be_in_flight
        if (wait := self.rate_limiter.excessive_wait) is not None:
            self.stop(f"the API asks for a wait of {wait:g} s, longer than `max_wait`")
        elif report.exit_code in (ExitCode.CREDENTIALS, ExitCode.FAULT, ExitCode.USAGE):
            self.stop(report.findings[-1].message)
        elif reason := self.statistics.reason_to_stop(self.limit):
            self.stop(reason)

    def _result_without_sending(self, checked: CheckedRow) -> RowResult | None:
        """Return the result of a row that is invalid, skipped, or was sent by an earlier run; None for any other."""
        row, request, earlier = checked.row, checked.request, checked.earlier
        if request is None:
            return RowResult(row, result_of_invalid_row(checked.findings), rows=checked.rows)
        if checked.skip:
            return result_of_skipped_row(checked, checked.skip)
        if earlier is None or (earlier.batch == self.batch and earlier.row in self._in_flight):
            return None  # an identical row is in flight: the duplicate guard waits for its outcome
        return RowResult(
            row,
            result_of_record(earlier, None if checked.rows else request),
            is_resumed=True,
            may_be_in_flight=earlier.may_be_in_flight(datetime.now(UTC)),
            rows=checked.rows,
        )

    def _send(self, checked: CheckedRow, request: CheckedRequest) -> None:
        """Send one row, on a thread of the pool; an event reports its end, whatever happens."""
        result = self.sender.send(
            checked, request, batch=self.batch, key_of=self.key_of, again=self.job.again
        )
        self._events.put(result or checked.row.number)

    def _abandoned_results(self) -> Iterator[RowResult]:
        """Yield the results of the rows that were in flight when the run was abandoned, from the ledger."""
        for record in self.ledger.records(batch=self.batch, limit=_MAX_HELD_RESULTS):
            checked = self._in_flight.pop(record.row or 0, None)
            if checked is not None:
                report = result_of_record(record, None)
                result = RowResult(checked.row, report, rows=checked.rows)
                self._count(result)
                yield result


def find_previous_delivery(
    ledger: Ledger, batches: Sequence[str], checked: CheckedRequest
) -> Record | None:
    """Return the delivery of a row by one of some batches, newest first; None where the row is still to be sent."""
    if not batches:
        return None
    record = ledger.find_row(batches, Plan.of(checked, again=False, batch=batches[0]).intent())
    return record if record is not None and record.may_be_processed else None


def find_attempts_finding(ledger: Ledger, checked: CheckedRequest) -> Finding | None:
    """Return the finding on a row whose person may not be called now; None where a call is allowed."""
    limit = checked.settings.attempt_limit
    return ledger.find_attempts_finding(checked.possible_people, limit) if limit else None
