"""Begin and end the run of a batch, for the command and for `Client.batch`."""

from __future__ import annotations

from contextlib import closing, suppress
from typing import TYPE_CHECKING

from cxcall.batch.check_statistics import CheckStatistics
from cxcall.batch.row_sender import SharedToken
from cxcall.batch.run import Run
from cxcall.batch.selection import Selection
from cxcall.batch.shared_rate_limiter import open_rate_limiter
from cxcall.batch.skips import SkipReason, no_number_finding
from cxcall.findings.errors import CheckError, CxcallError, StoppedError, UsageError
from cxcall.findings.finding import Finding, Severity
from cxcall.runtime.signals import deferred
from cxcall.sending.draft import stop_on_unsuitable_token
from cxcall.sending.plan import Plan

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from cxcall.batch.job import Job
    from cxcall.batch.rate_limiter import Rate
    from cxcall.batch.row_cells import RowKeys
    from cxcall.batch.totals import FailureLimit
    from cxcall.ledger.ledger import Ledger
    from cxcall.ledger.records import Record
    from cxcall.sending.draft import CheckedRequest

    FindEarlier = Callable[[CheckedRequest, int], Record | None]

OPEN_STATES = ("todo", "waiting", "claimed", "sending")
"""The states of rows in the queue that have no outcome yet."""


def stop_on_queued(ledger: Ledger, batches: Sequence[str]) -> None:
    """Raise StoppedError if rows of a batch that would be resumed are still in the queue."""
    if not (batches and ledger.is_shared):
        return
    with closing(ledger.open_queue()) as queue:
        for batch in batches:
            if any(queue.count(batch).get(state) for state in OPEN_STATES):
                raise StoppedError(
                    Finding.error(
                        "already-sent",
                        "ledger",
                        f"rows of batch `{batch}` are in the queue, and will be sent by workers",
                        fix=f"run `cxcall worker`; to take them out of the queue: `cxcall batch cancel {batch}`",
                        why=f"`cxcall batch status {batch}` shows how far it has come",
                    )
                )


def find_by_request(ledger: Ledger, batches: Sequence[str]) -> FindEarlier:
    """Return a function that returns the delivery of a request, whatever its row, by these batches."""

    def find_earlier(checked: CheckedRequest, _row: int) -> Record | None:
        if not batches:
            return None
        record = ledger.find_row(batches, Plan.of(checked, again=False, batch=batches[0]).intent())
        return record if record is not None and record.may_be_processed else None

    return find_earlier


def new_selection(
    job: Job, ledger: Ledger, find_earlier: FindEarlier, *, waits_for_hours: bool = False
) -> Selection:
    """Return the selection of a batch that sends; `find_earlier` returns the delivery of a request and its row."""

    def find_limit(checked: CheckedRequest) -> Finding | None:
        limit = checked.settings.attempt_limit
        return ledger.find_attempts_finding(checked.possible_people, limit) if limit else None

    return Selection(job, find_earlier, find_limit, waits_for_hours=waits_for_hours)


class InvalidRowsError(CheckError):
    """Rows are invalid, so that none was sent; `summary` counts the rows and the findings."""

    def __init__(self, summary: str, *findings: Finding) -> None:
        super().__init__(*findings)
        self.summary = summary


def check_rows(job: Job, selection: Selection, *, skip_invalid: bool) -> CheckStatistics:
    """Check all rows; raises InvalidRowsError if one is invalid, unless invalid rows are skipped.

    Raises it too if nothing is left to send because of invalid numbers.
    """
    totals = CheckStatistics()
    for checked in selection.check():
        totals.add(checked)
    require_rows(job, totals)
    is_stopped = totals.invalid and not skip_invalid
    if is_stopped or totals.has_no_number:
        more = [no_number_finding()] * (not is_stopped)
        raise InvalidRowsError(totals.summary(), *totals.findings, *more)
    return totals


def require_rows(job: Job, totals: CheckStatistics) -> None:
    """Raise UsageError if the file has no rows."""
    if not totals.rows:
        raise UsageError(
            f"`{job.rows.name}` has no rows",
            where=job.rows.name,
            fix=f"a sample: `cxcall operations {job.operation.name} --skeleton --csv`",
        )


def begin_run(
    job: Job,
    selection: Selection,
    ledger: Ledger,
    totals: CheckStatistics,
    *,
    batch: str,
    rate: Rate,
    limit: FailureLimit,
    keys: RowKeys,
    new_run: Callable[..., Run] = Run,
) -> Run:
    """Get a token if a row is to be sent, record the batch unless `batch` is resumed, and return its run.

    `new_run` makes a run of another kind.
    """
    from cxcall.credentials.request_credentials import get_credentials

    settings = job.settings
    token = get_credentials(settings, job.operation) if totals.to_send else None
    if token:
        stop_on_unsuitable_token(settings, token, job.operation, force=job.force)
    batch = batch or ledger.begin_batch(*job.identity, totals.rows, keys.column)
    rate_limiter = open_rate_limiter(ledger, rate, settings)
    tokens = SharedToken(job.operation, settings, token)
    return new_run(job, selection, batch, ledger, rate_limiter, tokens, limit, keys.key_of)


def end_run(run: Run) -> tuple[Finding, ...]:
    """Record that nothing of the batch is left to send, if so; return what kept it from being recorded, as warnings."""
    is_open = run.stop_reason or run.statistics.skipped[SkipReason.OUTSIDE_HOURS]
    if not run.is_at_end or is_open:
        return ()
    try:
        with suppress(KeyboardInterrupt):  # it can be resumed, and then nothing is left to send
            run.ledger.end_batch(run.batch, lambda: bool(deferred))
    except CxcallError as error:  # the calls were placed all the same
        return tuple(each._replace(severity=Severity.WARNING) for each in error.findings)
    return ()
