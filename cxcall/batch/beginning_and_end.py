"""Check all rows of a batch before any is sent, and record its beginning, its end, and late outcomes."""

from __future__ import annotations

from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING

from cxcall.batch.rate_limiter import open_rate_limiter
from cxcall.batch.report.reject_file import unused_reject_file
from cxcall.batch.resume import stop_on_end
from cxcall.batch.skip_reasons import SkipReason, no_number_finding
from cxcall.batch.statistics import CheckStatistics
from cxcall.documents.text_files import STDIN
from cxcall.findings.errors import CheckError, CxcallError, UsageError
from cxcall.findings.exit_codes import Outcome
from cxcall.findings.finding import Finding, Severity
from cxcall.findings.hinted_commands import command
from cxcall.ledger.database_interface import never
from cxcall.ledger.errors import LedgerError, MissingRecordsError
from cxcall.named_tuple import NamedTuple
from cxcall.output.count_phrases import count_phrase
from cxcall.runtime.signals import deferred
from cxcall.sending.checked_request import token_source
from cxcall.sending.request_sender import record_outcome

if TYPE_CHECKING:
    from collections.abc import Callable

    from cxcall.batch.failure_limit import FailureLimit
    from cxcall.batch.input.row_keys import RowKeys
    from cxcall.batch.input.rows import Row
    from cxcall.batch.job import Job
    from cxcall.batch.rate_limiter import Rate, RateLimiter
    from cxcall.batch.row_selection import RowSelection
    from cxcall.batch.run import Run
    from cxcall.credentials.access_token import SharedToken
    from cxcall.ledger.ledger import Ledger
    from cxcall.ledger.record_types import Record
    from cxcall.responses.delivery import Delivery


class BegunBatch(NamedTuple):
    """A batch in the ledger, and what a run over its rows needs; `id` is its ID there."""

    id: str
    job: Job
    ledger: Ledger
    rate_limiter: RateLimiter
    tokens: SharedToken | None
    limit: FailureLimit
    key_of: Callable[[Row], str]


def begin_batch(
    job: Job,
    selection: RowSelection,
    ledger: Ledger,
    totals: CheckStatistics,
    keys: RowKeys,
    *,
    rate: Rate,
    limit: FailureLimit,
) -> BegunBatch:
    """Get a token if there are rows to send, and record that the batch begins or is resumed."""
    settings, tokens = job.settings, None
    if totals.to_send:
        tokens = token_source(settings, job.operation, force=job.force)
    batch = record_batch(job, selection, ledger, totals, keys)
    rate_limiter = open_rate_limiter(ledger, rate, settings)
    return BegunBatch(batch, job, ledger, rate_limiter, tokens, limit, keys.key_of)


def record_batch(
    job: Job, selection: RowSelection, ledger: Ledger, totals: CheckStatistics, keys: RowKeys
) -> str:
    """Record that a batch begins or is resumed, and return its ID; raises StoppedError if it was closed."""
    batch = selection.batch
    if not batch:
        batch = ledger.batches.begin(
            *job.identity,
            totals.rows,
            keys.column,
            is_load=job.is_load,
            again=job.again,
            guards=job.guards,
            guard=selection.guard,
        )
        selection.last_end = ledger.rows.state.last_batch_event
        return batch
    if totals.to_send:
        stop = partial(stop_on_end, ledger, batch, selection.last_end)
        ledger.batches.events.reopen(batch, guards=job.guards, guard=stop)
        selection.last_end = ledger.rows.state.last_batch_event
    return batch


def end_run(run: Run) -> tuple[Finding, ...]:
    """Record outcomes that are not recorded, and the end of the batch if no row is left to send.

    Returns failures to do so as warnings.
    """
    is_open = run.stop_reason or run.statistics.skipped[SkipReason.OUTSIDE_HOURS]
    try:
        with suppress(KeyboardInterrupt):  # the batch can be resumed, with no row left to send
            for delivery in () if run.interrupts else run.unrecorded:
                record_late(run.ledger, delivery, lambda: bool(deferred))
            if not run.is_at_end or is_open:
                return ()
            run.ledger.batches.events.record(run.batch, lambda: bool(deferred))
    except CxcallError as error:  # the calls were placed nevertheless
        findings = tuple(each._replace(severity=Severity.WARNING) for each in error.findings)
        if not isinstance(error, LedgerError):
            return findings
        return tuple(
            each._replace(
                message=f"outcomes, or the end of the batch, were not recorded: {each.message}",
                fix=f"{each.fix}; then run the same command with `--resume`",
                why="a row whose outcome is not recorded counts as unknown: `--resume` does not send it again",
            )
            for each in findings
        )
    return ()


class InvalidRowsError(CheckError):
    """Rows are invalid, so no row was sent; `totals` are the counts of the check, and `summary` says how to go on."""

    def __init__(self, job: Job, totals: CheckStatistics, *, is_stopped: bool) -> None:
        more = () if is_stopped else (no_number_finding(totals.skipped),)
        super().__init__(*totals.findings, *more)
        self.totals = totals
        reason = f": {describe_correction(job, totals)}" if is_stopped else ""
        done = "loaded" if job.is_load else "sent"
        if is_stopped and totals.omits_findings:
            option = command("--dry-run", "--rejects", unused_reject_file(job.rows))
            reason += f"; to write a file of them: {option}"
        self.summary = f"{totals.summary()}\nnothing was {done}{reason}"


def check_batch(job: Job, selection: RowSelection, *, skip_invalid: bool) -> CheckStatistics:
    """Check all rows; raises InvalidRowsError if one is invalid, unless invalid rows are skipped.

    Also raises it if no row is left to send because of invalid numbers.
    """
    totals = CheckStatistics()
    for checked in selection.check():
        totals.add(checked)
    add_blank_lines(job, totals, is_allowed=skip_invalid or bool(selection.batch))
    require_rows(job, totals)
    is_stopped = totals.has_unread_lines or (bool(totals.invalid) and not skip_invalid)
    if is_stopped or totals.has_no_number:
        raise InvalidRowsError(job, totals, is_stopped=is_stopped)
    return totals


def add_blank_lines(job: Job, totals: CheckStatistics, *, is_allowed: bool) -> None:
    """Add the finding on lines that only look blank: an error, or a warning if rows are sent without them.

    A batch that is resumed began without them; a file with values would be another one.
    """
    found = job.rows.blank_lines
    if found is None:
        return
    if is_allowed and totals.rows:
        fix = "if they are for people to call, send these from a separate file, with values"
        found = found._replace(severity=Severity.WARNING, fix=fix)
    totals.of_file = (found,)
    totals.findings.insert(0, found)
    totals.counts[found.code, found.severity] += 1


def describe_correction(job: Job, totals: CheckStatistics) -> str:
    """Return how to go on with a batch or load that invalid rows, or lines that only look blank, stop."""
    invalid = totals.invalid
    parts = [f"{invalid} {'row is' if invalid == 1 else 'rows are'} not valid"] if invalid else []
    parts += ["the file has lines without values"] if totals.has_unread_lines else []
    them = "it" if invalid == 1 and not totals.has_unread_lines else "them"
    others = (
        f"to {'load' if job.is_load else 'send'} the {count_phrase(totals.to_send, 'other row')}"
    )
    skip = f", or add `--skip-invalid` {others}" if totals.to_send > 0 else ""
    return f"{' and '.join(parts)}; correct {them}{skip}"


def require_rows(job: Job, totals: CheckStatistics) -> None:
    """Raise UsageError if the file has no rows, and no lines that only look blank."""
    name = job.rows.name
    if not (totals.rows or totals.of_file):
        raise UsageError(
            "standard input is empty"
            if name == STDIN and job.rows.is_empty
            else f"`{name}` has no rows",
            where=name,
            fix=f"a sample: `cxcall operations {job.operation.name} --skeleton --csv`",
        )


def record_late(
    ledger: Ledger, delivery: Delivery, is_cancelled: Callable[[], bool] = never
) -> None:
    """Record an outcome unless it is unknown, or somebody has resolved the delivery meanwhile; raises LedgerError."""
    is_known = delivery.outcome is not Outcome.UNKNOWN
    if is_known and find_record(ledger, delivery.id).is_unresolved:
        record_outcome(ledger, delivery, is_cancelled)


def find_record(ledger: Ledger, delivery: str) -> Record:
    """Return a delivery that was recorded; raises MissingRecordsError, and stops all machines, if it is lost."""
    try:
        return ledger.get(delivery)
    except (MissingRecordsError, UsageError):
        problem = f"the ledger has lost delivery `{delivery}`, which was sent"
        ledger.share_stop(problem)
        raise MissingRecordsError(problem) from None
