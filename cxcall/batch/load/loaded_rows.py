"""Find the rows of a file that earlier runs of a load have sent, by the row numbers that each delivery has."""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING

from cxcall.findings.errors import StoppedError
from cxcall.findings.finding import Finding
from cxcall.ledger.row_ranges import parse_key

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cxcall.batch.job import Job
    from cxcall.ledger.ledger import Ledger
    from cxcall.ledger.records import Record


class LoadedRows:
    """The rows that were, or may have been, processed; one entry for each range of rows, not for each row.

    The delivery `besides` does not count.
    """

    def __init__(self, ledger: Ledger, batches: Sequence[str], besides: str = "") -> None:
        spans: list[tuple[int, int, Record]] = []
        for batch in batches:
            for record in ledger.records(batch=batch):
                if record.may_be_processed and record.id != besides:
                    spans += [(first, last, record) for first, last in _ranges_of(record)]
        self._spans = sorted(spans, key=lambda span: span[0])
        self._starts = [first for first, *_ in self._spans]

    def find(self, row: int) -> Record | None:
        """Return the delivery that has a row; None for a row that is still to be sent."""
        place = bisect_right(self._starts, row) - 1
        if place < 0:
            return None
        _, last, record = self._spans[place]
        return record if row <= last else None


def _ranges_of(record: Record) -> list[tuple[int, int]]:
    """Return the rows of a delivery; raises StoppedError if its record does not say which."""
    ranges = parse_key(record.key, record.row)
    if ranges:
        return ranges
    raise StoppedError(
        Finding.error(
            "ledger",
            "ledger",
            f"the record of delivery {record.id} does not say which rows it sent",
            fix="load the remaining rows as a file of their own",
            why="a contact that is sent twice may be called twice",
            source="ledger",
        )
    )


def stop_on_earlier_load(ledger: Ledger, job: Job) -> None:
    """Raise StoppedError if a file with the same content was loaded into the same list before, unless `again`.

    A platform adds the contacts of a file again, each as another one, and calls them again.
    """
    if job.again or job.settings.is_embedded:
        return
    profile, operation, target, values_digest, _, digest = job.identity
    for earlier in ledger.batches_of("", digest):
        known = (earlier.operation, earlier.target, earlier.values_digest)
        if earlier.is_ended and known == (operation, target, values_digest):
            other = f" with profile `{earlier.profile}`" if earlier.profile != profile else ""
            raise StoppedError(
                Finding.error(
                    "already-sent",
                    "ledger",
                    f"`{job.rows.name}` was loaded into this list at {earlier.at:%Y-%m-%d %H:%M:%S} UTC{other}",
                    fix="to add each of its contacts again: `--again`",
                    why="a contact that is added twice may be called twice",
                    source="ledger",
                )
            )
