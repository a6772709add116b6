"""Run `cxcall batch`: check all rows, ask, send, print each result, report the totals."""

from __future__ import annotations

import sys
import time
from contextlib import ExitStack
from typing import TYPE_CHECKING

from cxcall.batch.beginning_and_end import begin_batch, check_batch, end_run, record_batch
from cxcall.batch.failure_limit import FailureLimit
from cxcall.batch.input.row_keys import RowKeys
from cxcall.batch.rate_limiter import Rate
from cxcall.batch.report.reject_file import RejectFile
from cxcall.batch.resume import describe_repetition, find_by_request
from cxcall.batch.row_result import COMMAND, RowResult
from cxcall.batch.row_selection import RowSelection
from cxcall.batch.run import Run
from cxcall.batch.skip_reasons import SkipReason
from cxcall.cli.actions.batch.dry_run import print_requests
from cxcall.cli.actions.batch.queue_commands import fill_queue, queued_report
from cxcall.cli.actions.batch.result_printer import (
    ProgressLines,
    RowPrinter,
    describe_continuation,
    describe_progress,
    describe_rejects,
    describe_speed,
    outcome_table,
    total_lines,
    unwritable_reason,
)
from cxcall.cli.actions.batch.setup import enforce_hours, new_job, open_row_file, report_errors
from cxcall.cli.actions.send import load_settings_for, start_log
from cxcall.cli.shared_options import flags_of
from cxcall.contracts.contract import load_operation
from cxcall.contracts.parameters import parse_parameters
from cxcall.credentials.token_provider import check_request_trust
from cxcall.documents.paths import unused_name
from cxcall.findings.exit_codes import ExitCode, Outcome
from cxcall.ledger.postgres.queued_rows import QueuedBatch
from cxcall.named_tuple import NamedTuple
from cxcall.output.count_phrases import count_phrase
from cxcall.output.report import Report
from cxcall.output.terminal_text import terminal_columns
from cxcall.runtime.garbage_collection import collect_garbage
from cxcall.runtime.signals import defer_signals
from cxcall.sending.confirmation_prompt import ask_count
from cxcall.settings.settings import find_columns
from cxcall.settings.stricter_guards import guards_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from cxcall.batch.beginning_and_end import BegunBatch
    from cxcall.batch.job import Job
    from cxcall.batch.resume import FindEarlier
    from cxcall.batch.row_checks import CheckedRow
    from cxcall.batch.statistics import BatchStatistics, CheckStatistics
    from cxcall.cli.commands.batch import BatchOptions
    from cxcall.cli.commands.campaign import LoadOptions
    from cxcall.cli.shared_options import RequestOptions
    from cxcall.contracts.operation import Operation
    from cxcall.ledger.ledger import Ledger
    from cxcall.output.screen import Screen


def run_batch(options: BatchOptions, common: RequestOptions) -> Report:
    """Check all rows, then send the valid ones; print the result of each and return the totals."""
    return report_errors(lambda screen: _run(options, common, screen), common, COMMAND)


def _run(options: BatchOptions, common: RequestOptions, screen: Screen) -> Report:
    operation = load_operation(options.operation, common.target.own_contract)
    rate = Rate.parse(options.rate or operation.rate)
    limit = FailureLimit.parse(options.max_failures or ())
    collect_garbage()
    with ExitStack() as stack:
        flags = flags_of(common)
        start_log(common.log, stack, flags, options.file)
        settings = load_settings_for(operation, common, stack)
        settings = enforce_hours(settings) if options.wait_for_hours else settings
        job = new_job(
            operation,
            open_row_file(options, operation, screen, stack, find_columns(flags)),
            settings,
            parse_parameters(operation, options.param or ()),
            options.set or (),
            options,
            common,
            waits_in_queue=options.queue and options.wait_for_hours,
        )
        mode = RunMode(options.queue, options.wait_for_hours, options.unordered)
        batch = BatchCommand(job, options, common, screen, rate, limit, mode)
        return print_requests(batch, stack) if common.is_dry_run else batch.run()


class RunMode(NamedTuple):
    """How the rows are sent: by workers, within their calling hours, with results as they arrive.

    Loads use none of these modes, because the platform dials the contacts later.
    """

    is_queued: bool = False
    waits_for_hours: bool = False
    is_unordered: bool = False


class BatchCommand:
    """One run of the command; `campaign load` has its own requests and question.

    Raises UsageError for a column of keys or a file of rejects that cannot be used.
    """

    command, noun, verb = COMMAND, "request", "sent"

    def __init__(
        self,
        job: Job,
        options: BatchOptions | LoadOptions,
        common: RequestOptions,
        screen: Screen,
        rate: Rate,
        limit: FailureLimit,
        mode: RunMode,
    ) -> None:
        self.job, self.options, self.common, self.screen = job, options, common, screen
        self.mode = mode
        self.rate, self.limit = rate, limit
        self.printer = RowPrinter(screen)
        self.seconds = 0.0
        self.rejects = RejectFile(options.rejects or "", job.rows)
        self.keys = RowKeys(job.rows, options.reading.key or "")

    def run(self) -> Report:
        """Check the rows, ask, send, and return the totals."""
        from cxcall.sending.configured_ledger import open_ledger

        with open_ledger() as ledger:
            selection = RowSelection.open(
                self.job,
                ledger,
                resume=self.options.resume,
                waits_for_hours=self.mode.waits_for_hours and not self.mode.is_queued,
                finder=self.new_finder,
            )
            with selection, self.rejects:
                return self._run(ledger, selection)

    def new_finder(self, ledger: Ledger, batches: Sequence[str]) -> FindEarlier:
        """Return a function that returns the delivery of a request and its row by the batches that this run continues."""
        return find_by_request(ledger, batches)

    def combine(self, rows: Iterator[CheckedRow]) -> Iterator[CheckedRow]:
        """Return the requests that send some rows: each row has its own."""
        return rows

    def ask(self, totals: CheckStatistics, operation: Operation) -> None:
        """Ask a person to confirm the number of calls, unless `--confirm` does."""
        ask = self.screen.read_line if self.screen.is_interactive else None
        confirmed = self.options.confirm
        ask_count(
            operation,
            self.job.settings,
            totals.to_send,
            confirmed=confirmed,
            stopped=totals.stopped,
            names_people=totals.names_people,
            ask=ask,
            is_resumed=self.options.resume,
            needs_credentials=not self.mode.is_queued,
        )

    def new_run(self, begun: BegunBatch, selection: RowSelection) -> Run:
        """Return the run that sends the rows."""
        return Run(begun, selection)

    def _run(self, ledger: Ledger, selection: RowSelection) -> Report:
        job, settings = self.job, self.job.settings
        totals = self._check(selection)
        count = totals.to_send
        if totals.call and not selection.batch and (message := describe_repetition(ledger, job)):
            self.tell_progress(message)
        self.ask(totals, totals.call or job.operation)
        if self.options.resume and not count:
            self.tell_progress(f"nothing is left to be {self.verb}")
        if self.mode.is_queued:
            return self._queue(ledger, selection, totals)
        begun = begin_batch(
            job, selection, ledger, totals, self.keys, rate=self.rate, limit=self.limit
        )
        run = self.new_run(begun, selection)
        if count:
            what = f"{count_phrase(count, self.noun)} to {settings.base_url}, at most {self.rate}"
            self.tell_progress(f"batch {run.batch}: {what}")
        defer_signals()  # from here on, the run itself handles signals
        self._send(run, totals)
        report = self._report(run, totals)
        if problem := run.unsent.problem:
            self._tell(f"the report does not include the rows that were not sent: {problem}")
        return report._replace(findings=(*report.findings, *end_run(run)))

    def _queue(self, ledger: Ledger, selection: RowSelection, totals: CheckStatistics) -> Report:
        """Queue the rows for workers, which have their own credentials."""
        job = self.job
        check_request_trust(job.settings, job.operation)
        ledger.open_queue().close()  # a file has none: before a batch is recorded
        batch = record_batch(job, selection, ledger, totals, self.keys)
        options = {
            "rate": str(self.rate),
            "guards": guards_of(job.settings),  # no worker applies weaker ones
            "force": job.force,
            "again": job.again,
            "waits_for_hours": self.mode.waits_for_hours,
        }
        queued = QueuedBatch(batch, *job.identity[:3], options)
        count = fill_queue(ledger, queued, selection, self.keys)
        return queued_report(job, totals, batch, count)

    def _print_totals(self, statistics: BatchStatistics, speed: str, lines: list[str]) -> None:
        """Print the totals on stderr: on a terminal, the outcomes as a table."""
        stream = self.screen.stderr
        columns = terminal_columns(stream) if statistics.total else None
        if columns:
            self.screen.print_table(outcome_table(statistics, columns), stream)
        self._tell("\n".join([*total_lines(statistics, speed, has_table=bool(columns)), *lines]))

    def _tell(self, text: str) -> None:
        """Print a message on stderr in every output format: stdout may be a file."""
        self.screen.print_diagnostic(text, always=True)

    def tell_progress(self, text: str) -> None:
        """Print a message that requires no action."""
        if not self.screen.options.quiet:
            self._tell(text)

    def _check(self, selection: RowSelection) -> CheckStatistics:
        """Check all rows, and print the findings that do not stop the batch."""
        totals = check_batch(self.job, selection, skip_invalid=self.options.skip_invalid)
        is_text = self.screen.options.output == "text"  # JSON has those of a row in its result
        for finding in totals.findings if is_text else totals.of_file:
            self.screen.print_finding(finding)
        self.tell_progress(totals.summary())
        return totals

    def _send(self, run: Run, totals: CheckStatistics) -> None:
        began = time.monotonic()
        run.on_interrupt = self._tell_interrupt
        progress_lines = ProgressLines(self.screen, totals.rows, self._tell)
        with run.catch_signals(), self.screen.progress(totals.rows) as progress:

            def show_progress() -> None:
                self.seconds = time.monotonic() - began
                text = describe_progress(run.statistics, self.seconds, self.rate)
                progress(run.statistics.total, text)
                progress_lines.update(run.statistics.total, text, self.seconds)
                if (wait := run.rate_limiter.take_long_wait()) and not run.stop_reason:
                    self.tell_progress(f"the API asks to wait: nothing is sent for {wait} s")

            run.on_progress = show_progress
            results = run.results(
                in_order=self._is_in_order,
                threads=self.options.concurrency,
                on_wait=self._tell_wait,
            )
            for result in results:
                self._print_safely(result, run)

    @property
    def _is_in_order(self) -> bool:
        """Whether results are in the order of the rows; on a terminal, a person sees a refused row at once."""
        shows_at_once = self.printer.shows_few_rows and not self.rejects.path
        return not (self.mode.is_unordered or shows_at_once)

    def _tell_wait(self, opening: datetime) -> None:
        local = opening.astimezone()
        self.tell_progress(
            f"the remaining rows are outside their calling hours; the next one can be called at {local:%Y-%m-%d %H:%M %Z}"
        )

    def _tell_interrupt(self) -> None:
        self.tell_progress(
            "interrupted: waiting for the requests in flight; Ctrl-C again exits at once, and leaves them unknown"
        )

    def _print_safely(self, result: RowResult, run: Run) -> None:
        """Print a result; if that fails, stop the batch, but let requests in flight finish."""
        try:
            self.rejects.add(result)
        except OSError as error:
            run.stop(unwritable_reason(error))
        self.printer.print_or_stop(result, run.batch, run.stop)

    def _report(self, run: Run, totals: CheckStatistics) -> Report:
        statistics = run.statistics
        left = totals.rows - statistics.total
        outside_hours = statistics.skipped[SkipReason.OUTSIDE_HOURS]
        is_complete = not (left or outside_hours or self.printer.is_broken)
        is_complete = is_complete and statistics.is_complete
        code = ExitCode.OK if is_complete else ExitCode.PARTIAL
        if run.interrupts and not statistics.sent:
            code = ExitCode.INTERRUPTED
        is_empty = code is ExitCode.INTERRUPTED and not statistics.total
        lines: list[str] = []
        if run.stop_reason:
            lines.append(f"stopped: {run.stop_reason}" if left else run.stop_reason)
        if left:
            by_this = " by this command" if run.replaced else ""
            lines.append(f"not sent{by_this}: {count_phrase(left, 'row')}")
        if outside_hours:
            lines.append(f"outside their calling hours: {count_phrase(outside_hours, 'row')}")
        if self.rejects.count and (self.rejects.path or code is not ExitCode.OK):
            lines.append(describe_rejects(self.rejects, self.job.rows, run.batch))
        if not run.replaced and (left or outside_hours or statistics.not_processed):
            guards = self.job.guards if self.job.may_place_call else []
            wait = run.rate_limiter.wait_left
            lines.append(describe_continuation(sys.argv[1:], guards, self.job.rows, wait))
        report = unused_name("report.html")
        lines.append(f"report: `cxcall batch report {run.batch} --format html > {report}`")
        speed = describe_speed(statistics.latencies, self.seconds, self.rate)
        if code is not ExitCode.OK or not self.screen.options.quiet:
            self._print_totals(statistics, speed, lines)
        return Report(
            self.command,
            Outcome.ERROR if is_empty else statistics.outcome_of_run(code),
            code,
            operation=self.job.operation,
            data={
                "batch": run.batch,
                **statistics.as_dict(),
                "numbersWritten": totals.numbers_written,
                "notSent": left,
                "seconds": round(self.seconds, 3),
                "latencyP50Ms": statistics.latencies.percentile(0.5),
                "latencyP95Ms": statistics.latencies.percentile(0.95),
                "stopped": run.stop_reason,
            },
            is_last_json_line=True,
        )
