"""Queue the rows of a batch for workers, show their progress, and cancel them."""

from __future__ import annotations

from contextlib import ExitStack, closing, contextmanager, suppress
from typing import TYPE_CHECKING, Any

from cxcall.batch.queue.claimed_rows import settle_batch, settle_unknown
from cxcall.batch.queue.worker_batches import row_content
from cxcall.batch.report.report_rows import find_batch
from cxcall.batch.resume import stop_on_end
from cxcall.batch.row_result import COMMAND
from cxcall.batch.row_sender import result_of_unsent_row
from cxcall.batch.skip_reasons import SkipReason
from cxcall.batch.statistics import BatchStatistics
from cxcall.batch.unsent_rows import UnsentRows
from cxcall.findings.errors import UsageError
from cxcall.findings.exit_codes import ExitCode, Outcome
from cxcall.findings.hinted_commands import command as command_line
from cxcall.findings.hinted_commands import resolve_commands
from cxcall.ledger.postgres.queued_rows import OPEN_STATES, QueuedBatch, QueuedRow
from cxcall.output.count_phrases import count_phrase, format_counts
from cxcall.output.report import Report, Table
from cxcall.output.screen import Screen
from cxcall.runtime.signals import sleep
from cxcall.sending.configured_ledger import open_ledger

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cxcall.batch.input.row_keys import RowKeys
    from cxcall.batch.job import Job
    from cxcall.batch.row_selection import RowSelection
    from cxcall.batch.statistics import CheckStatistics
    from cxcall.ledger.ledger import Ledger
    from cxcall.ledger.postgres.queued_rows import QueuedRows
    from cxcall.ledger.record_types import Batch
    from cxcall.output.output_options import OutputOptions

_WATCH_SECONDS = 1.0


def fill_queue(ledger: Ledger, queued: QueuedBatch, selection: RowSelection, keys: RowKeys) -> int:
    """Queue the rows of a batch that are to be sent, record the others, and return how many were queued."""
    unsent = UnsentRows(ledger, queued.batch, keys.key_of)
    again = bool(queued.options["again"])

    def queued_rows() -> Iterator[QueuedRow]:
        for checked in selection.rows():
            result = result_of_unsent_row(
                checked, selection, ledger, unsent, batch=queued.batch, again=again
            )
            if result:
                unsent.add(result)
            elif checked.request:
                content = row_content(checked, checked.request, keys.key_of(checked.row))
                yield QueuedRow(queued.batch, checked.row.number, content)

    with closing(ledger.open_queue()) as queue:
        guard = _while_open(ledger, queued.batch, selection.last_end)
        settle_unknown(ledger, queue, queued.batch)
        count = queue.fill(queued, queued_rows(), guard)
    unsent.flush()
    return count


@contextmanager
def _while_open(ledger: Ledger, batch: str, last_end: int) -> Iterator[None]:
    """Keep a batch open during a block; raises StoppedError if it has been closed since the end with a number."""
    with ledger.writing():
        stop_on_end(ledger, batch, last_end)
        yield


def queued_report(job: Job, totals: CheckStatistics, batch: str, count: int) -> Report:
    """Return the report of a batch that was queued, with the next commands."""
    worker = command_line("cxcall", "worker", "--profile", job.settings.profile)
    next_commands = [
        f"to send them, run on any machine: {worker}",
        f"to follow them: `cxcall batch status {batch} --watch`",
    ]
    return Report(
        COMMAND,
        Outcome.OK,
        ExitCode.OK,
        operation=job.operation,
        data={"batch": batch, "queued": count, **totals.as_dict()},
        text=batch,
        diagnostics=[
            f"batch {batch}: {count_phrase(count, 'row')} queued",
            *(next_commands * bool(count)),
        ],
        is_last_json_line=True,
    )


def show_batch_status(identifier: str | None, output: OutputOptions, *, watch: bool) -> Report:
    """Return how many rows of a batch are in each state; with `watch`, waits until no row is left.

    Then the exit code is that of `batch`: `PARTIAL` if rows were neither accepted nor deliberately skipped.
    """
    screen = Screen.standard(output)
    with open_ledger() as ledger, closing(ledger.open_queue()) as queue:
        batch = find_batch(ledger, identifier)
        status = _read_status(ledger, queue, batch)
        with screen.progress(status["queued"]) as progress:
            while watch and status["open"]:
                progress(status["queued"] - status["open"], format_counts(status["states"].items()))
                if output.output == "jsonl":
                    screen.print_json(status)
                    screen.stdout.flush()
                sleep(_WATCH_SECONDS)
                status = _read_status(ledger, queue, batch)
    rows = [[state, str(count)] for state, count in status["states"].items()]
    unknown = [
        f"row {each['row']} is unknown: {resolve_commands(each['deliveryId'])}"
        for each in status["unknown"]
    ]
    statistics = BatchStatistics()
    for state, count in status["states"].items():
        statistics.outcomes[Outcome.SKIPPED if state in {*SkipReason} else state] += count
    exit_code = ExitCode.PARTIAL if watch and not statistics.is_complete else ExitCode.OK
    return Report(
        "batch status",
        statistics.outcome_of_run(exit_code) if exit_code else Outcome.OK,
        exit_code,
        data=status,
        json_lines=[status],
        table=Table(("STATE", "ROWS"), rows),
        diagnostics=[f"batch {status['batch']}: {status['state']}", *unknown],
    )


def _read_status(ledger: Ledger, queue: QueuedRows, batch: Batch) -> dict[str, Any]:
    """Return the state of a queued batch, after releasing or ending the rows of dead workers."""
    queue.expire()
    settle_batch(ledger, queue, batch.id)
    counts = queue.count(batch.id)
    if not counts:
        raise UsageError(
            f"batch `{batch.id}` was not queued",
            where="batch",
            fix=f"see `cxcall batch report {batch.id}`",
        )
    states = {name: counts.pop(name) for name in OPEN_STATES if name in counts}
    states |= dict(sorted(counts.items()))
    is_open = sum(states.get(name, 0) for name in OPEN_STATES)
    is_cancelled = "cancelled" in states
    unknown = queue.unknown_deliveries(batch.id)
    return {
        "batch": batch.id,
        "at": batch.at.isoformat(),
        "state": "queued" if is_open else "cancelled" if is_cancelled else "done",
        "profile": batch.profile,
        "operation": batch.operation,
        "target": batch.target,
        "rows": batch.rows,
        "queued": sum(states.values()),
        "open": is_open,
        "states": states,
        "unknown": [{"row": row, "deliveryId": each} for row, each in sorted(unknown.items())],
    }


class _RowsLeftError(Exception):
    """Rows were in the queue, so the batch is not ended: it can be resumed."""


def cancel_batch(identifier: str) -> Report:
    """Take the rows of a batch that were not sent out of the queue; if there are none, end the batch."""
    count = in_flight = 0
    with open_ledger() as ledger, ExitStack() as stack:
        batch = find_batch(ledger, identifier)
        queue = stack.enter_context(closing(ledger.open_queue())) if ledger.is_shared else None

        def stop_on_rows() -> None:
            # In the transaction of the end, so that no other command adds rows in between.
            nonlocal count, in_flight
            if queue is not None:
                count = queue.cancel(batch.id)
                in_flight = queue.count(batch.id).get("sending", 0)
            if count or in_flight:
                raise _RowsLeftError

        with suppress(_RowsLeftError):
            ledger.batches.events.record(batch.id, guard=stop_on_rows, is_closed=True)
        is_closed = not (count or in_flight)
    message = f"batch {batch.id}: closed; a command that is still sending it stops, and other commands may send its requests"
    if is_closed and batch.is_finished:
        message = f"batch {batch.id} was finished already: there was nothing to close"
    elif not is_closed:
        message = f"batch {batch.id}: {count_phrase(count, 'row')} taken out of the queue"
        message += f"; {count_phrase(in_flight, 'request')} in flight" * bool(in_flight)
    return Report(
        "batch cancel",
        data={"batch": batch.id, "cancelled": count, "inFlight": in_flight, "isClosed": is_closed},
        diagnostics=[message],
    )
