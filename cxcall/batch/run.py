"""Many requests from a file: all checked first, then sent at a pace, each at most once, resumable."""

from __future__ import annotations

import signal
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from heapq import heappop, heappush
from queue import SimpleQueue
from threading import Lock, local
from typing import TYPE_CHECKING

from cxcall.batch.rate_limiter import RateLimitSlot
from cxcall.batch.row_result import (
    COMMAND,
    RowResult,
    result_of_delivery,
    result_of_error,
    result_of_invalid_row,
    result_of_record,
)
from cxcall.batch.totals import BatchStatistics
from cxcall.findings.errors import CxcallError
from cxcall.findings.exit_codes import ExitCode
from cxcall.ledger.ledger import intent_digest
from cxcall.output.report import error_report
from cxcall.phone import phone_numbers
from cxcall.runtime.signals import heeded
from cxcall.sending.dialer import Plan, SendHooks, deliver

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cxcall.batch.job import CheckedRow, Job
    from cxcall.batch.rate_limiter import RateLimiter
    from cxcall.batch.rows import Row
    from cxcall.batch.totals import FailureLimit
    from cxcall.credentials.store import Token
    from cxcall.findings.finding import Finding
    from cxcall.ledger.ledger import Ledger, Record
    from cxcall.sending.draft import CheckedRequest
    from cxcall.settings.settings import Settings

_SWITCH_INTERVAL = 0.0005
"""Seconds that a thread may keep others from running: a tenth of what is usual, so that a turn comes in time."""

_MAX_HELD_RESULTS = 1000
"""Results kept back while an earlier row is still under way, so that they come in input order."""


class SharedToken:
    """One token for all threads; when the API refuses it, one of them fetches the next for all."""

    def __init__(self, settings: Settings, first: Token) -> None:
        self._settings, self._current = settings, first
        self._lock, self._mine = Lock(), local()

    def __call__(self, fresh: bool) -> Token:  # noqa: FBT001 - as the dialer asks
        """Return the current token; `fresh` when the one that this thread got last was refused."""
        from cxcall.credentials.tokens import get_token

        with self._lock:
            if fresh and self._mine.token is self._current:
                self._current = get_token(self._settings, fresh=True)
            self._mine.token = self._current
            return self._current


class Run:
    """The sending of a batch's rows by several threads, its results on the one that asks for them."""

    def __init__(
        self,
        job: Job,
        batch: str,
        ledger: Ledger,
        rate_limiter: RateLimiter,
        tokens: SharedToken,
        limit: FailureLimit,
    ) -> None:
        self.job, self.batch, self.ledger = job, batch, ledger
        self.rate_limiter, self.tokens, self.limit = rate_limiter, tokens, limit
        self.statistics = BatchStatistics()
        self.stopped = ""
        self.at_end = False
        self.interrupts = 0
        self._events: SimpleQueue[RowResult | int | None] = SimpleQueue()
        self._under_way: dict[int, Row] = {}

    @property
    def is_abandoned(self) -> bool:
        """Whether it was interrupted twice: not even what is in flight is waited for."""
        return self.interrupts > 1

    def stop(self, reason: str) -> None:
        """Start no more rows; those in flight go on to their end."""
        self.stopped = self.stopped or reason
        self.rate_limiter.stop()

    @contextmanager
    def catch_signals(self) -> Iterator[None]:
        """Turn the first SIGINT or SIGTERM into a stop, and the second into leaving at once."""

        def interrupt(_number: int, _frame: object) -> None:
            self.interrupts += 1
            self.stop("interrupted")
            self._events.put(None)

        before = {number: signal.signal(number, interrupt) for number in heeded()}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def results(
        self, rows: Iterator[CheckedRow], *, resume: bool, in_order: bool, threads: int
    ) -> Iterator[RowResult]:
        """Send the rows that passed the check, and yield what became of each, as they come or in input order."""
        sys.setswitchinterval(_SWITCH_INTERVAL)
        pool = ThreadPoolExecutor(threads, thread_name_prefix="cxcall-batch")
        found = self._found(rows, pool, resume=resume, threads=threads)
        yield from self._in_order(found) if in_order else found
        if self.is_abandoned:
            yield from self._left_in_flight()
        pool.shutdown(wait=not self.is_abandoned)

    def _in_order(self, found: Iterator[RowResult]) -> Iterator[RowResult]:
        """Keep results back while an earlier row is under way."""
        waiting: list[tuple[int, RowResult]] = []
        for done in found:
            heappush(waiting, (done.row.number, done))
            first = min(self._under_way, default=done.row.number + 1)
            while waiting and (waiting[0][0] < first or len(waiting) > _MAX_HELD_RESULTS):
                yield heappop(waiting)[1]
        while waiting:
            yield heappop(waiting)[1]

    def _found(
        self, rows: Iterator[CheckedRow], pool: ThreadPoolExecutor, *, resume: bool, threads: int
    ) -> Iterator[RowResult]:
        """Feed the threads, and yield what comes back from them."""
        while not self.is_abandoned:
            is_open = not (self.stopped or self.at_end)
            has_room = is_open and len(self._under_way) < threads
            checked = self._next(rows) if has_room else None
            done = None
            if checked is not None:
                done = self._without_sending(checked, resume=resume)
                if done is None and checked.request is not None:
                    self._under_way[checked.row.number] = checked.row
                    pool.submit(self._send, checked.row, checked.request, checked.findings)
            elif self._under_way:
                done = self._take()
            elif not is_open:
                return
            if done is not None:
                self._count(done)
                yield done

    def _next(self, rows: Iterator[CheckedRow]) -> CheckedRow | None:
        """Return the next row; none at the end, or where the file cannot be read any more."""
        try:
            checked = next(rows, None)
        except CxcallError as error:
            checked = None
            self.stop(str(error))
        self.at_end = checked is None
        return checked

    def _take(self) -> RowResult | None:
        """Wait for an event: a row that is done, one that was not sent after all, or an interrupt."""
        event = self._events.get()
        if isinstance(event, int):
            del self._under_way[event]
        elif event is not None:
            del self._under_way[event.row.number]
            return event
        return None

    def _count(self, done: RowResult) -> None:
        self.statistics.add(done.row.number, done.report, is_resumed=done.is_resumed)
        if self.rate_limiter.excessive_wait is not None:
            self.stop(
                f"the API asks for a wait of {self.rate_limiter.excessive_wait:g} s, longer than `max_wait`"
            )
        elif done.report.exit_code in (ExitCode.CREDENTIALS, ExitCode.FAULT, ExitCode.USAGE):
            self.stop(done.report.findings[-1].message)
        elif reason := self.statistics.reason_to_stop(self.limit):
            self.stop(reason)

    def _without_sending(self, checked: CheckedRow, *, resume: bool) -> RowResult | None:
        """Return what became of a row that is not to be sent: invalid, or done by an earlier run."""
        if checked.request is None:
            return RowResult(checked.row, result_of_invalid_row(checked.findings))
        record = (
            find_previous_delivery(self.ledger, self.batch, checked.request) if resume else None
        )
        if record is None or record.row in self._under_way:
            return None  # its equal is being sent right now: the guard will say so when it is known
        return RowResult(checked.row, result_of_record(record, checked.request), is_resumed=True)

    def _send(self, row: Row, draft: CheckedRequest, findings: tuple[Finding, ...]) -> None:
        """Send one row, on a thread of the pool; whatever happens, its end is told."""
        turn = RateLimitSlot(self.rate_limiter)
        try:
            if not turn.enter():
                self._events.put(row.number)
                return
            pace = SendHooks(sleep=turn.sleep, turn=turn.leave, on_exchange=self.rate_limiter.learn)
            delivery = deliver(self._plan(row, draft), self.ledger, self.tokens, pace)
            report = result_of_delivery(draft, delivery, findings)
        except CxcallError as error:
            report = error_report(error, COMMAND)
        except BaseException as fault:  # noqa: BLE001 - the batch must hear of it, and does not go on
            report = error_report(result_of_error(fault), COMMAND)
        finally:
            turn.end()
        self._events.put(RowResult(row, report))

    def _plan(self, row: Row, draft: CheckedRequest) -> Plan:
        value = draft.payload.value
        return Plan(
            operation=draft.operation,
            request=draft.request,
            body=value,
            settings=draft.settings,
            numbers=tuple(phone_numbers.numbers_in(value)),
            engagement_header=draft.settings.engagement_header,
            again=self.job.again,
            batch=self.batch,
            row=row.number,
        )

    def _left_in_flight(self) -> Iterator[RowResult]:
        """Yield the rows that were under way when the run was left, as the ledger knows them."""
        for record in self.ledger.records(batch=self.batch, limit=_MAX_HELD_RESULTS):
            row = self._under_way.pop(record.row or 0, None)
            if row is not None:
                done = RowResult(row, result_of_record(record, None))
                self._count(done)
                yield done


def find_previous_delivery(ledger: Ledger, batch: str, draft: CheckedRequest) -> Record | None:
    """Return what an earlier run of a batch did with a row; None where it is still to be sent."""
    request, profile = draft.request, draft.settings.profile
    value = draft.payload.value
    digest = intent_digest(profile, draft.operation.name, request.method, request.url, value)
    record = ledger.find_row(batch, digest)
    return record if record is not None and record.may_be_processed else None
