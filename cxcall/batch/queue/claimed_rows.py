"""The rows that a worker has claimed; their ends are recorded even after the database was unavailable."""

from __future__ import annotations

from collections import deque
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING

from cxcall.batch.beginning_and_end import find_record, record_late
from cxcall.batch.row_result import result_of_record
from cxcall.batch.skip_reasons import SkipReason
from cxcall.batch.unsent_rows import unsent_row
from cxcall.findings.exit_codes import Outcome
from cxcall.findings.finding import Finding
from cxcall.ledger.errors import RECORDS_MISSING
from cxcall.ledger.postgres.queued_rows import CLAIM_LOST, NOBODY
from cxcall.named_tuple import NamedTuple

if TYPE_CHECKING:
    from datetime import datetime

    from cxcall.batch.row_result import RowResult
    from cxcall.ledger.ledger import Ledger
    from cxcall.ledger.postgres.queued_rows import Claim, QueuedRows

LEDGER = "ledger"
"""The code of the finding that a request could not be recorded, so it was not sent."""
GIVEN_BACK = (CLAIM_LOST, LEDGER, RECORDS_MISSING)
"""The codes of errors after which a row has no result: another worker may send it."""


class RowEnd(NamedTuple):
    """A row to end: with a result, or returned to the queue without one, from a time on if one is known."""

    batch: str
    number: int
    key: str = ""
    result: RowResult | None = None
    not_before: datetime | None = None

    @property
    def error_code(self) -> str:
        """The code of the error that kept the row from being sent; empty for any other row."""
        is_error = self.result is not None and self.result.report.delivery is None
        return self.result.report.findings[-1].code if self.result and is_error else ""


class ClaimedRows:
    """The rows of one worker: those that it is sending, and those to end.

    `claims` has the claim of each row, by batch and number, until the database knows its end. Until then, its lease
    is extended. `lost` has the results of rows that ended because the database was lost, until somebody takes them.
    """

    def __init__(self, ledger: Ledger, queue: QueuedRows) -> None:
        self._ledger, self._queue = ledger, queue
        self.claims: dict[tuple[str, int], Claim] = {}
        self.lost: list[tuple[str, RowResult]] = []
        self._ending: deque[RowEnd] = deque()

    def end(self, row: RowEnd) -> None:
        """Note the end of a row; `settle` writes it to the database."""
        self._ending.append(row)

    def settle(self) -> None:
        """Record in the database how rows ended.

        Raises LedgerError while the database cannot be reached; the next call continues. If a crash of the database loses
        the end of a row in the queue, the lease of the row expires, and it ends as the ledger says.
        """
        while self._ending:
            row = self._ending[0]
            self._settle(row)
            self._ending.popleft()
            self.claims.pop((row.batch, row.number), None)

    def unrecorded_outcomes(self) -> list[Finding]:
        """Return an error for each outcome that only this worker knows, because the database was unavailable."""
        deliveries = [(row, row.result.report.delivery) for row in self._ending if row.result]
        return [
            Finding.error(
                LEDGER,
                "ledger",
                f"the outcome of row {row.number} of batch `{row.batch}` was not recorded: `{delivery.outcome}`",
                fix=f"note this result: `cxcall history show {delivery.id}` will list it as unknown",
                why="the worker ended while the ledger's database could not be used",
            )
            for row, delivery in deliveries
            if delivery and not delivery.is_recorded and delivery.outcome is not Outcome.UNKNOWN
        ]

    def _settle(self, row: RowEnd) -> None:
        result = row.result
        delivery = result.report.delivery if result else None
        if delivery is not None:
            if not delivery.is_recorded:
                record_late(self._ledger, delivery)
            self._queue.end(
                self._claim_of(row), row.batch, row.number, delivery.outcome, delivery.id
            )
        elif (
            result is None or result.report.outcome is Outcome.ERROR or row.error_code in GIVEN_BACK
        ):
            self._give_back(row)
        else:
            unsent = unsent_row(result, row.batch, row.key, self._ledger.now())
            self._ledger.batches.record_unsent([unsent])
            reason = str(result.skip or result.report.outcome)
            self._queue.end(self._claim_of(row), row.batch, row.number, reason)

    def _give_back(self, row: RowEnd) -> None:
        """Return a row that was not sent to the queue.

        If the connection was lost at the very moment at which the intent was recorded, the row is `sending`: it
        ends as undelivered. After a fault in cxcall the state is unknown, so its lease expires.
        """
        claim = self._claim_of(row)
        delivery = self._queue.delivery_of(claim, row.batch, row.number)
        if not delivery:
            self._queue.give_back(claim, row.batch, row.number, row.not_before)
        elif row.error_code == LEDGER and row.result:
            note = "the ledger's database was lost before anything was sent"
            self._ledger.record_outcome(delivery, Outcome.UNDELIVERED, note=note)
            # unlike UNDELIVERED if it was recorded that the request left
            known = find_record(self._ledger, delivery)
            self._queue.end(claim, row.batch, row.number, known.outcome, delivery)
            report = result_of_record(known, None)
            self.lost.append((row.batch, row.result._replace(report=report)))

    def _claim_of(self, row: RowEnd) -> Claim:
        return self.claims.get((row.batch, row.number), NOBODY)


def settle_unknown(ledger: Ledger, queue: QueuedRows, batch: str) -> None:
    """Give unknown rows the outcome that the ledger knows, or that a person has found out."""
    for number, delivery in queue.unknown_deliveries(batch).items():
        record = find_record(ledger, delivery)
        if not record.is_unresolved:
            queue.end(NOBODY, batch, number, record.known_outcome, delivery)


def settle_batch(ledger: Ledger, queue: QueuedRows, batch: str) -> None:
    """Give rows whose worker died the outcome that the ledger knows, and end the batch if no row is left.

    In the ledger, a batch stays open while rows are outside their calling hours, or were cancelled.
    """
    settle_unknown(ledger, queue, batch)
    if queue.is_done(batch):
        unsent = ledger.batches.unsent_rows([batch]).values()
        if all(each.reason != SkipReason.OUTSIDE_HOURS for each in unsent):
            with suppress(_RowsLeftError):
                # The queue ends it last: if the ledger cannot record the end now, a worker tries again.
                ledger.batches.events.record(batch, guard=partial(_stop_on_rows, queue, batch))
        queue.end_batch(batch)


class _RowsLeftError(Exception):
    """Somebody queued rows of the batch again, or cancelled it."""


def _stop_on_rows(queue: QueuedRows, batch: str) -> None:
    if not queue.is_done(batch):
        raise _RowsLeftError
