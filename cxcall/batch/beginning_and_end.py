"""Record the beginning and the end of a batch."""

from __future__ import annotations

from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING

from cxcall.batch.late_outcomes import record_late
from cxcall.batch.rate_limit.shared_rate_limiter import open_rate_limiter
from cxcall.batch.resume import stop_on_end
from cxcall.batch.skip_reasons import SkipReason
from cxcall.findings.errors import CxcallError
from cxcall.findings.finding import Finding, Severity
from cxcall.named_tuple import NamedTuple
from cxcall.runtime.signals import deferred
from cxcall.sending.checked_request import token_source

if TYPE_CHECKING:
    from collections.abc import Callable

    from cxcall.batch.failure_limit import FailureLimit
    from cxcall.batch.input.row_keys import RowKeys
    from cxcall.batch.input.rows import Row
    from cxcall.batch.job import Job
    from cxcall.batch.rate_limit.configured_rate import Rate
    from cxcall.batch.rate_limit.rate_limiter import RateLimiter
    from cxcall.batch.row_selection import RowSelection
    from cxcall.batch.run import Run
    from cxcall.batch.statistics.check_counts import CheckStatistics
    from cxcall.credentials.access_token import SharedToken
    from cxcall.ledger.ledger import Ledger


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
            guards=job.guards,
            guard=selection.guard,
        )
        selection.last_end = ledger.rows.state.last_batch_event
        return batch
    if totals.to_send:
        stop = partial(stop_on_end, ledger, batch, selection.last_end)
        ledger.batches.events.reopen(batch, guards=job.guards, guard=stop)
        selection.last_end = ledger.rows.state.last_batch_event
    selection.record_change(batch)
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
            called = run.called
            guard = partial(called.content.stop_on_change, run.batch) if called else lambda: None
            run.ledger.batches.events.record(run.batch, lambda: bool(deferred), guard=guard)
    except CxcallError as error:  # the calls were placed nevertheless
        return tuple(each._replace(severity=Severity.WARNING) for each in error.findings)
    return ()
