"""Read the rows of a batch from the ledger: those that were sent, and those that were not."""

from __future__ import annotations

from contextlib import suppress
from itertools import chain
from typing import TYPE_CHECKING, Any

from cxcall.findings.errors import UsageError
from cxcall.findings.exit_codes import Outcome
from cxcall.findings.text_lists import list_first
from cxcall.ledger.batches import CALLED
from cxcall.ledger.errors import LedgerError, MissingRecordsError
from cxcall.ledger.row_ranges import count_rows, parse_ranges
from cxcall.named_tuple import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from collections.abc import Set as AbstractSet
    from datetime import datetime

    from cxcall.ledger.ledger import Ledger
    from cxcall.ledger.record_types import Batch, Record, UnsentRow

NOT_SENT = "not-sent"
"""The outcome of a row that a batch has not reached."""


class ReportRow(NamedTuple):
    """One row of a batch with its last result; `at` is the time of its result, `latency` is in milliseconds.

    `reason` is the API's code, the finding, or why the row was skipped; numbers in it are masked. `columns`
    are cells of the file of rows. `request` is the delivery of the request, which may have
    had rows of other deliveries, too.
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
    request: str = ""

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
            "requestDeliveryId": self.request,
            "attempts": self.attempts,
            "beganAt": self.began.isoformat() if self.began else None,
            "at": self.at.isoformat() if self.at else None,
            "latencyMs": self.latency,
            "columns": dict(self.columns),
        }


class BatchReport(NamedTuple):
    """A batch with its rows in the order of the file; `missing` rows have no result yet.

    `is_queued` says whether workers will send some of them.
    """

    batch: Batch
    rows: list[ReportRow]
    missing: int
    is_queued: bool = False


def find_batch(ledger: Ledger, identifier: str | None, where: str = "ID") -> Batch:
    """Return a batch by its ID or the start of it, or the newest one; raises UsageError, at `where`, unless one fits."""
    prefix = (identifier or "").strip().upper()
    found = [each for each in ledger.batches.all() if each.id.startswith(prefix)]
    if found and (identifier is None or len(found) == 1):
        return found[0]
    if identifier is None:
        fix = "run one: `cxcall batch FILE --operation NAME`"
        raise UsageError("no batch has been run yet", where=where, fix=fix)
    problem = f"no batch starts with `{identifier}`"
    if found:
        problem = f"{len(found)} batches start with `{identifier}`"
    raise UsageError(problem, where=where, fix="see `cxcall batch list` for the IDs")


def read_report(ledger: Ledger, batch: Batch) -> BatchReport:
    """Return the last result of each row; if a row has several deliveries, one that may have been processed counts."""
    unsent = ledger.batches.unsent_rows([batch.id])
    rows = {number: _unsent(each) for number, each in unsent.items()}
    placed = {number for number, each in rows.items() if each.outcome == Outcome.UNKNOWN}
    own, loads = set(), {}
    split: dict[tuple[str, datetime] | None, str] = {}
    for record in ledger.records(batch=batch.id):  # newest first
        own.add(record.id)
        if record.is_load:
            loads[record.id] = record.digest, record.at
        if record.is_split:
            split[record.digest, record.at] = record.id
        ranges = parse_ranges(record.rows)
        numbers = chain.from_iterable(range(first, last + 1) for first, last in ranges)
        sent = _sent(record)
        for number in numbers if ranges else (sent.row,):
            if number in placed and not record.may_be_processed:
                continue
            if number not in placed or rows[number].outcome == Outcome.UNDELIVERED:
                rows[number] = sent._replace(row=number) if ranges else sent
                placed.add(number)
    for sent in _sent_by_other_batches(ledger, batch.id, own):
        if sent.row not in rows or rows[sent.row].outcome not in CALLED:
            rows[sent.row] = sent
    for number, each in rows.items() if split else ():
        request = split.get(loads.get(each.delivery), each.request)
        rows[number] = each._replace(request=request)
    missing = max((batch.rows or 0) - len(rows), 0)
    is_queued = False
    with suppress(LedgerError):  # such as of a standby, on which no queue was ever opened
        is_queued = not batch.is_finished and ledger.has_queued_rows(batch.id)
    return BatchReport(batch, sorted(rows.values(), key=lambda row: row.row), missing, is_queued)


def _sent_by_other_batches(
    ledger: Ledger, batch: str, own: AbstractSet[str]
) -> Iterator[ReportRow]:
    """Yield the rows that `--resume` did not send because another batch of the same rows called their people.

    `own` are the deliveries of the batch itself.
    """
    rows: dict[str, list[int]] = {}
    for row, delivery in ledger.batches.other_deliveries(batch).items():
        rows.setdefault(delivery, []).append(row)
    for delivery in rows.keys() - own:
        with suppress(UsageError, MissingRecordsError):  # it was pruned
            record = ledger.get(delivery)
            if record.known_outcome in CALLED:
                yield from (_sent(record)._replace(row=row) for row in rows[delivery])


def _unsent(row: UnsentRow) -> ReportRow:
    return ReportRow(row.row, row.key, str(row.outcome), row.reason, row.message, at=row.at)


def _sent(record: Record) -> ReportRow:
    outcome = record.known_outcome
    is_accepted = outcome is Outcome.ACCEPTED
    reason = record.code or (f"HTTP {record.status}" if record.status else record.note)
    reason = reason or record.resolution or ("its end is not recorded" if record.latest_end else "")
    message = record.message.removesuffix(f" ({record.code})")
    total = record.timings.get("total")
    has_others = count_rows(record.rows) > 1  # its numbers and its ID are not those of each row
    return ReportRow(
        record.row or 0,
        record.key,
        str(outcome),
        "" if is_accepted else reason,
        "" if is_accepted else message or record.note,
        "" if has_others else list_first(record.numbers),
        record.status,
        "" if has_others else record.engagement_id or "",
        record.correlation_id or "",
        record.id,
        record.attempts,
        record.at,
        record.ended_at,
        None if total is None else round(total - record.timings.get("turn", 0.0), 1),
        request=record.id,
    )
