"""Read the rows of a batch from the ledger: those that were sent, and those that were not."""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
from itertools import chain
from typing import TYPE_CHECKING, Any

from cxcall.findings.errors import UsageError
from cxcall.findings.exit_codes import Outcome
from cxcall.ledger.errors import MissingRecordsError
from cxcall.ledger.row_ranges import count_rows, parse_ranges
from cxcall.named_tuple import NamedTuple
from cxcall.phone.number_masking import join_numbers

if TYPE_CHECKING:
    from collections.abc import Container, Iterator, Mapping
    from datetime import datetime

    from cxcall.ledger.ledger import Ledger
    from cxcall.ledger.record_types import Batch, FileContent, Record, UnsentRow

NOT_SENT = "not-sent"
"""The outcome of a row that a batch has not reached."""
_CALLED = (Outcome.ACCEPTED, Outcome.UNKNOWN)
"""The outcomes of requests that called somebody, or may have."""


class ReportRow(NamedTuple):
    """One row of a batch with its last result; `at` is the time of its result, `latency` is in milliseconds.

    `is_in_file` is false for a request that is not in the present content of a file that was changed, or may not be.

    `reason` is the API's code, the finding, or why the row was skipped; numbers in it are masked. `columns`
    are cells of the file of rows.
    """

    row: int
    key: str
    outcome: str
    reason: str
    message: str
    numbers: str = ""
    status: int | None = None
    engagement_id: str = ""
    correlation_id: str = ""
    delivery: str = ""
    attempts: int = 0
    began: datetime | None = None
    at: datetime | None = None
    latency: float | None = None
    columns: Mapping[str, str] = {}
    is_in_file: bool = True

    def as_dict(self) -> dict[str, Any]:
        """Return the row as JSON."""
        return {
            "row": self.row,
            "key": self.key,
            "outcome": self.outcome,
            "reason": self.reason,
            "message": self.message,
            "numbers": self.numbers,
            "status": self.status,
            "engagementId": self.engagement_id,
            "correlationId": self.correlation_id,
            "deliveryId": self.delivery,
            "attempts": self.attempts,
            "beganAt": self.began.isoformat() if self.began else None,
            "at": self.at.isoformat() if self.at else None,
            "latencyMs": self.latency,
            "columns": dict(self.columns),
        }


class BatchReport(NamedTuple):
    """A batch with its rows in the order of the file; `missing` rows have no result yet."""

    batch: Batch
    rows: list[ReportRow]
    missing: int


def find_batch(ledger: Ledger, identifier: str | None) -> Batch:
    """Return a batch by its ID or the start of it, or the newest one; raises UsageError unless one fits."""
    prefix = (identifier or "").strip().upper()
    found = [each for each in ledger.batches.all() if each.id.startswith(prefix)]
    if found and (identifier is None or len(found) == 1):
        return found[0]
    problem = (
        f"no batch starts with `{identifier}`" if identifier is not None else "there is no batch"
    )
    if found:
        problem = f"{len(found)} batches start with `{identifier}`"
    raise UsageError(problem, where="ID", fix="see `cxcall batch list` for the IDs")


def read_report(ledger: Ledger, batch: Batch) -> BatchReport:
    """Return the last result of each row; if a row has several deliveries, one that may have been processed counts.

    If the file was changed, row numbers are those of its present content, which is the file of the report. An earlier
    request that called somebody, or may have called, and is no longer in it, is a result of its own.
    """
    content = ledger.batches.content(batch.id)
    after = content.last_unsent if content else 0
    present = _PresentRows(ledger, batch.id, content) if content else None
    unsent = ledger.batches.unsent_rows([batch.id], after=after)
    rows = {number: _unsent(each) for number, each in unsent.items()}
    placed = {number for number, each in rows.items() if each.outcome == Outcome.UNKNOWN}
    others, own = [], set()
    for record in ledger.records(batch=batch.id):  # newest first
        own.add(record.id)
        ranges = parse_ranges(record.rows)
        numbers = chain.from_iterable(range(first, last + 1) for first, last in ranges)
        sent = _sent(record)
        if present and not ranges:
            sent, has_newer = present.place(sent), present.has_newer(record)
            if not sent.is_in_file:
                others += [sent] * (not has_newer)
                continue
        if count_rows(record.rows) > 1:  # its numbers and its ID are not those of each row
            sent = sent._replace(numbers="", engagement_id="")
        for number in numbers if ranges else (sent.row,):
            if number in placed and not record.may_be_processed:
                continue
            if number not in placed or rows[number].outcome == Outcome.UNDELIVERED:
                rows[number] = sent._replace(row=number) if ranges else sent
                placed.add(number)
    for sent in _sent_by_other_batches(ledger, batch.id, own):
        if sent.row not in rows or rows[sent.row].outcome not in _CALLED:
            rows[sent.row] = sent
    missing = max((rows_in_file(batch, content) or 0) - len(rows), 0)
    # An earlier request is a result if it called somebody, or if its row has no later result.
    kept = (each for each in others if each.outcome in _CALLED or each.row not in rows)
    known = [*rows.values(), *kept]
    known.sort(key=lambda row: row.row)
    file_digest = content.digest if content else batch.file_digest
    return BatchReport(batch._replace(file_digest=file_digest), known, missing)


def _sent_by_other_batches(ledger: Ledger, batch: str, own: Container[str]) -> Iterator[ReportRow]:
    """Yield the rows that `--resume` did not send because another batch of the same rows called their people.

    `own` are the deliveries of the batch itself.
    """
    for delivery, row in ledger.batches.moved_rows(batch).items():
        if delivery in own:
            continue
        with suppress(UsageError, MissingRecordsError):  # it was pruned
            record = ledger.get(delivery)
            if record.known_outcome in _CALLED:
                yield _sent(record)._replace(row=row)


def rows_in_file(batch: Batch, content: FileContent | None) -> int | None:
    """Return the number of rows in the present content of a batch's file; None if it was not recorded."""
    return content.rows if content else batch.rows


class _PresentRows:
    """Which deliveries belong to the present content of a file that was changed, and to which of its rows."""

    def __init__(self, ledger: Ledger, batch: str, content: FileContent) -> None:
        self._moved = ledger.batches.moved_rows(batch)
        self._new = ledger.batches.deliveries_after(batch, content.last_delivery)
        self._newer: set[str] = set()

    def has_newer(self, record: Record) -> bool:
        """Return whether a newer delivery of the same request is its result; called for all deliveries, the newest first."""
        has_newer = record.digest in self._newer and not record.may_be_processed
        self._newer.add(record.digest)
        return has_newer

    def place(self, sent: ReportRow) -> ReportRow:
        """Return a delivery with its present row number, or as one that is not in the file."""
        is_in_file = sent.delivery in self._moved or sent.delivery in self._new
        number = self._moved.get(sent.delivery, sent.row)
        return sent._replace(row=number, is_in_file=is_in_file)


class BatchCounts(NamedTuple):
    """The rows of a batch: their number (None if it was not recorded), outcomes, and how many were not sent for a reason."""

    rows: int | None
    outcomes: dict[str, int]
    unsent: int


def count_rows_of(ledger: Ledger, batch: Batch) -> BatchCounts:
    """Return the counts of a batch as its report has them."""
    records = ledger.batches
    if not records.counts_by_row_differ(batch.id):
        outcomes, unsent = records.count_outcomes(batch.id), records.count_unsent(batch.id)
        return BatchCounts(batch.rows, outcomes, unsent)
    report = read_report(ledger, batch)
    sent = [row for row in report.rows if row.delivery or row.outcome == Outcome.UNKNOWN]
    outcomes = dict(Counter(row.outcome for row in sent))
    return BatchCounts(len(report.rows) + report.missing, outcomes, len(report.rows) - len(sent))


def _unsent(row: UnsentRow) -> ReportRow:
    return ReportRow(row.row, row.key, str(row.outcome), row.reason, row.message, at=row.at)


def _sent(record: Record) -> ReportRow:
    outcome = record.known_outcome
    is_accepted = outcome is Outcome.ACCEPTED
    reason = record.code or (f"HTTP {record.status}" if record.status else record.note)
    message = record.message.removesuffix(f" ({record.code})")
    total = record.timings.get("total")
    return ReportRow(
        record.row or 0,
        record.key,
        str(outcome),
        "" if is_accepted else reason or record.resolution,
        "" if is_accepted else message or record.note,
        join_numbers(record.numbers),
        record.status,
        record.engagement_id or "",
        record.correlation_id or "",
        record.id,
        record.attempts,
        record.at,
        record.ended_at,
        None if total is None else round(total - record.timings.get("turn", 0.0), 1),
    )
