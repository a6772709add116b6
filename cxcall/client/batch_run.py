"""Send many requests from Python, as `cxcall batch` does."""

from __future__ import annotations

import json
import os
import sys
from inspect import GEN_CLOSED, GEN_RUNNING, getgeneratorstate
from tempfile import TemporaryFile
from threading import RLock, current_thread
from typing import IO, TYPE_CHECKING, Any, Self

from cxcall.batch.beginning_and_end import begin_batch, check_batch, end_run
from cxcall.batch.failure_limit import FailureLimit
from cxcall.batch.input.row_keys import RowKeys
from cxcall.batch.input.rows import RowFile, RowFormat
from cxcall.batch.rate_limiter import Rate
from cxcall.batch.row_selection import RowSelection
from cxcall.batch.row_sender import THREAD_NAME
from cxcall.batch.run import Run
from cxcall.batch.statistics import BatchStatistics
from cxcall.findings.errors import UsageError
from cxcall.named_tuple import NamedTuple
from cxcall.output.count_phrases import count_phrase
from cxcall.sending.confirmation_prompt import is_confirmed, needs_consent

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
    from contextlib import ExitStack

    from cxcall.batch.job import Job
    from cxcall.batch.row_result import RowResult
    from cxcall.ledger.ledger import Ledger

_ROWS = "rows.jsonl"
"""The name of rows without a file in findings."""
_CONCURRENCY = range(1, 257)
"""The numbers of requests in flight that `--concurrency` accepts."""


class BatchRules(NamedTuple):
    """How a batch is sent: the number of calls agreed to, its pace, and when it stops."""

    rate: Rate
    limit: FailureLimit
    confirm: int | None = None
    concurrency: int = 32
    skip_invalid: bool = False
    resume: bool = False

    @classmethod
    def parse(cls, rate: str, max_failures: int | str | None, concurrency: int) -> Self:
        """Parse values as in `--rate`, `--max-failures`, and `--concurrency`; raises UsageError for any others."""
        texts = () if max_failures is None else (str(max_failures),)
        if concurrency not in _CONCURRENCY:
            raise UsageError(
                f"invalid concurrency `{concurrency!r}`",
                where="concurrency",
                fix=f"give a number from {_CONCURRENCY[0]} to {_CONCURRENCY[-1]}",
            )
        limit = FailureLimit.parse(texts)
        return cls(Rate.parse(str(rate)), limit, concurrency=concurrency)


class BatchRun:
    """A checked batch, whose rows are sent while you iterate over it; each item is a RowResult, in the order of the rows.

    Leaving the loop early closes the batch: the requests in flight are finished, and no others are sent. `id` is the
    ID of the batch in the ledger, from the first item on; `totals` counts the results so far; `checked`
    counts the rows, and how many are to be sent; `stop_reason` says why it stopped before its end.
    """

    def __init__(
        self,
        job: Job,
        ledger: Ledger,
        rules: BatchRules,
        stack: ExitStack,
        *,
        on_close: Callable[[BatchRun], None],
    ) -> None:
        stack.callback(on_close, self)
        self._job, self._ledger, self._rules = job, ledger, rules
        self._run: Run | None = None
        self._lock, self._process = RLock(), os.getpid()
        self._closed = ""
        selection = RowSelection.open(job, ledger, resume=rules.resume)
        self._selection = stack.enter_context(selection)
        self.checked = check_batch(job, self._selection, skip_invalid=rules.skip_invalid)
        self._stop_without_consent()
        self._results = self._send()
        self._stack = stack.pop_all()  # from here on, the run closes these resources

    @property
    def id(self) -> str:
        """The ID of the batch in the ledger; empty before the first result."""
        return self._run.batch if self._run else ""

    @property
    def totals(self) -> BatchStatistics:
        """The counts of the results so far."""
        return self._run.statistics if self._run else BatchStatistics()

    @property
    def stop_reason(self) -> str:
        """Why no more rows are sent, such as too many failures; empty if there is no reason."""
        return self._run.stop_reason if self._run else ""

    def __iter__(self) -> Iterator[RowResult]:
        """Yield the results; who leaves the loop drops this iterator, and Python then closes it."""
        try:
            while (result := self._next()) is not None:
                yield result
        finally:
            self._close("the loop over the results ended early")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Send no more rows, and wait for those in flight; a loop that waits for a result ends after them."""
        self._close("the batch was closed")

    def _close(self, reason: str) -> None:
        state = getgeneratorstate(self._results)
        if self._is_forked or state == GEN_CLOSED:
            return
        self._closed = self._closed or reason
        if self._run:
            self._run.stop(reason)
        # A loop that waits for a result ends by itself. A thread that sends must not wait for itself: Python may drop
        # an iterator there, in a collection of garbage.
        if state != GEN_RUNNING and not current_thread().name.startswith(THREAD_NAME):
            with self._lock:
                self._results.close()
                self._stack.close()

    def _next(self) -> RowResult | None:
        """Return the next result; None at the end, also if another thread has closed the batch."""
        if self._is_forked:
            raise UsageError(
                "this batch belongs to the process that opened it",
                where="batch",
                fix="iterate over it in that process; begin another batch here, or send with the client",
            )
        with self._lock:
            return next(self._results, None)

    @property
    def _is_forked(self) -> bool:
        """Whether this process was forked from the one that goes on with the batch, and has none of its threads."""
        return os.getpid() != self._process

    def _stop_without_consent(self) -> None:
        """If real calls may be placed, raise UsageError unless `confirm` is the number of requests."""
        count, confirm = self.checked.to_send, self._rules.confirm
        operation, settings = self.checked.call or self._job.operation, self._job.settings
        if confirm is None and not (count and needs_consent(operation, settings)):
            return
        number = -1 if confirm is None or isinstance(confirm, bool) else confirm
        if is_confirmed(number, count, self.checked.stopped):
            return
        raise UsageError(
            f"`confirm={count}` is required: real calls may be placed"
            if confirm is None
            else f"`confirm={confirm!r}` does not match: {count_phrase(count, 'request')} would be sent",
            where="confirm",
            why=f"{operation.name}, profile {settings.profile}, {settings.base_url}",
            fix=f"check the rows; if it is right, give `confirm={count}`",
        )

    def _send(self) -> Generator[RowResult, None, None]:
        """Send the rows and yield their results; after an exception, such as Ctrl-C, the requests in flight are finished."""
        rules = self._rules
        with self._stack:
            begun = begin_batch(
                self._job,
                self._selection,
                self._ledger,
                self.checked,
                RowKeys(self._job.rows, ""),
                rate=rules.rate,
                limit=rules.limit,
            )
            run = self._run = Run(begun, self._selection)
            if self._closed:  # by another thread meanwhile
                run.stop(self._closed)
            interval = sys.getswitchinterval()
            count = rules.concurrency
            results = run.results(in_order=True, threads=count, ahead=count)
            try:
                for result in results:  # noqa: UP028 - who leaves the loop must not close the results
                    yield result
            except BaseException:
                if self._is_forked:
                    run.replaced = run.stop_reason = "the process that began the batch goes on"
                    raise
                run.stop("the loop over the results ended early")
                for _ in results:
                    pass  # the requests in flight
                raise
            finally:
                end_run(run)
                sys.setswitchinterval(interval)


def open_rows(
    rows: os.PathLike[str] | Iterable[Mapping[str, Any]], row_format: RowFormat
) -> RowFile:
    """Return the rows of a file or of a program; raises UsageError for any other value."""
    if isinstance(rows, os.PathLike):
        return RowFile(os.fspath(rows), row_format)
    source: object = rows  # even if its type differs
    if isinstance(source, str | bytes) or not hasattr(source, "__iter__"):
        raise UsageError(
            f"the rows are of the type `{type(source).__name__}`",
            where="rows",
            fix="give the `pathlib.Path` of a file, or an iterable of rows",
        )
    content: IO[bytes] = TemporaryFile()  # noqa: SIM115 - the rows are read twice
    try:
        content.writelines(map(_encode_row, rows))
    except BaseException:
        content.close()
        raise
    return RowFile(_ROWS, row_format, content)


def _encode_row(row: Mapping[str, Any]) -> bytes:
    """Return a row as a line of JSON; raises UsageError for a row that JSON cannot represent."""
    try:
        return json.dumps(row, allow_nan=False).encode() + b"\n"
    except (TypeError, ValueError, RecursionError) as error:
        raise UsageError(
            f"a row is not a JSON value: {error}",
            where="rows",
            fix="give rows that `json.dumps` accepts",
        ) from None
