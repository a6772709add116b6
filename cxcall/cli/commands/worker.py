"""`cxcall worker`: send the rows of queued batches."""

from __future__ import annotations

import os
import socket
import time
from contextlib import ExitStack
from datetime import timedelta
from typing import TYPE_CHECKING

from cxcall.batch.failure_limit import FailureLimit
from cxcall.batch.queue.worker import Worker
from cxcall.batch.queue.worker_batches import Destinations
from cxcall.batch.rate_limiter import Rate
from cxcall.cli.actions.batch.result_printer import RowPrinter, total_lines
from cxcall.cli.actions.send import start_log
from cxcall.cli.command_classes import CommandGroup
from cxcall.cli.row_file_options import MAX_FAILURES, limit_concurrency
from cxcall.cli.shared_options import GuardOptions, LogOptions, TargetOptions, flags_of
from cxcall.contracts.contract import find_platform_contract, load_operation
from cxcall.findings.errors import UsageError
from cxcall.findings.exit_codes import ExitCode
from cxcall.ledger.postgres.queued_rows import Claim
from cxcall.output.output_options import OptionGroup, OutputOptions, option
from cxcall.output.report import Report
from cxcall.output.screen import Screen
from cxcall.runtime.garbage_collection import collect_garbage
from cxcall.runtime.signals import defer_signals
from cxcall.sending import call_guards
from cxcall.sending.configured_ledger import open_ledger
from cxcall.settings.settings import find_platform, load_settings

if TYPE_CHECKING:
    from cxcall.batch.row_result import RowResult
    from cxcall.contracts.operation import Operation
    from cxcall.ledger.postgres.queued_rows import QueuedBatch
    from cxcall.settings.settings import Settings

_COMMAND = "worker"
_MARGIN = 30.0
"""Seconds that a lease is longer than the longest request."""


app = CommandGroup()


_WEEK = 7 * 24 * 3600


class WorkerOptions(OptionGroup):
    """The options of `worker`."""

    guards: GuardOptions
    target: TargetOptions
    log: LogOptions
    output: OutputOptions
    until_empty: bool = option("--until-empty", "Stop when no row can be sent now.")
    rate: str | None = option("--rate N/s|m|h", "Set a lower rate than that of the batch.")
    concurrency: int = limit_concurrency(8)
    max_failures: list[str] | None = MAX_FAILURES
    lease: float | None = option(
        "--lease SECONDS",
        "Set how long a dead worker keeps its rows.",
        show_default="timeout + 30",
        min=1,
        max=_WEEK,
    )


@app.command(
    "worker",
    "cxcall batch calls.csv --operation execute --queue",
    "cxcall worker --profile prod",
    "cxcall worker --until-empty --concurrency 16 -o jsonl > results.jsonl",
)
def send_queued_rows(options: WorkerOptions) -> Report:
    """Send the rows of queued batches, each at most once.

    The rows come from the queue in the ledger's database (CXCALL_LEDGER); any number of workers may run, on any machine. Each uses its own credentials, and sends only batches of its profile and base URL. When a row is sent, the guards of the batch and of the worker both apply. SIGTERM and Ctrl-C finish the requests in flight and return the other rows to the queue. If a worker dies, its rows that may have been sent become unknown; another worker sends the others.
    """
    flags = flags_of(options)
    rate = Rate.parse(options.rate) if options.rate else None
    limit = FailureLimit.parse(options.max_failures or ())
    settings = load_settings(flags, find_platform_contract(find_platform(flags)))
    call_guards.read_guards(settings)  # else each row would have the error
    name = f"{socket.gethostname()}:{os.getpid()}:{os.urandom(4).hex()}"  # no other worker has it
    claim = Claim(name, timedelta(seconds=lease_seconds(options.lease, settings.timeout)))
    screen, is_quiet = Screen.standard(options.output), options.output.quiet
    collect_garbage()

    def load(queued: QueuedBatch) -> tuple[Operation, Settings]:
        operation = load_operation(queued.operation, options.target.own_contract)
        return operation, load_settings(flags, operation.contract, operation.server)

    with ExitStack() as stack:
        start_log(options.log, stack, flags)
        ledger = stack.enter_context(open_ledger())
        ledger.stop_on_missing_records()
        queue = ledger.open_queue()
        stack.callback(queue.close)
        diagnostics = _Diagnostics(screen)
        destinations = Destinations(queue, ledger, load, rate, diagnostics.print)
        printer = RowPrinter(screen)

        def print_result(result: RowResult, batch: str) -> None:
            printer.print_or_stop(result, batch, worker.stop)

        worker = Worker(ledger, queue, claim, destinations, limit, print_result, diagnostics.print)
        if not is_quiet:
            diagnostics.print(f"worker {claim.worker}: waiting for rows of queued batches")
        defer_signals()  # from here on, the worker itself handles signals
        began = time.monotonic()
        with worker.catch_signals():
            worker.run(threads=options.concurrency, until_empty=options.until_empty)
        seconds = time.monotonic() - began
        problem = destinations.credentials_problem
        if problem and options.until_empty and not worker.stop_reason:
            if not worker.statistics.total:
                raise problem
            worker.problems = worker.problems or problem.findings
        return _report(worker, claim, seconds, diagnostics, printer, is_quiet=is_quiet)


class _Diagnostics:
    """Prints messages on stderr; a repeated message only once."""

    def __init__(self, screen: Screen) -> None:
        self._screen, self._last = screen, ""

    def print(self, text: str) -> None:
        """Print a message in every output format: stdout may be a file."""
        if text != self._last:
            self._last = text
            self._screen.print_diagnostic(text, always=True)


def _report(
    worker: Worker,
    claim: Claim,
    seconds: float,
    diagnostics: _Diagnostics,
    printer: RowPrinter,
    *,
    is_quiet: bool,
) -> Report:
    statistics = worker.statistics
    lines = total_lines(statistics)
    lines += [f"stopped: {worker.stop_reason}"] if worker.stop_reason else []
    if worker.stop_reason or not (is_quiet and statistics.is_complete):
        diagnostics.print("\n".join(lines))
    is_complete = statistics.is_complete and not (worker.problems or printer.is_broken)
    exit_code = ExitCode.OK if is_complete else ExitCode.PARTIAL
    return Report(
        _COMMAND,
        statistics.outcome_of_run(exit_code),
        exit_code,
        findings=worker.problems,
        data={
            "worker": claim.worker,
            **statistics.as_dict(),
            "seconds": round(seconds, 3),
            "stopped": worker.stop_reason,
        },
        is_last_json_line=True,
    )


def lease_seconds(seconds: float | None, timeout: float) -> float:
    """Return the lease of a row in seconds; raises UsageError if it is not longer than a request may take."""
    lease = seconds or timeout + _MARGIN
    if lease <= timeout:
        raise UsageError(
            f"the lease of {lease:g} s is not longer than the timeout of {timeout:g} s",
            where="--lease",
            fix=f"use `--lease {timeout + _MARGIN:g}`, or a shorter `--timeout`",
            why="a row would become unknown while its request is still in flight",
        )
    return lease
