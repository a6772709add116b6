"""Find what earlier loads sent: rows of the same file by row number, contacts of other files by phone number."""

from __future__ import annotations

from bisect import bisect_right
from datetime import UTC, datetime
from functools import lru_cache
from operator import itemgetter
from typing import TYPE_CHECKING

from cxcall.findings.errors import StoppedError, UsageError
from cxcall.findings.times_in_text import utc_text
from cxcall.ledger.duplicates import find_out_fix
from cxcall.ledger.errors import already_sent_error, ledger_finding
from cxcall.ledger.row_ranges import without_overlaps

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cxcall.batch.job import Job
    from cxcall.findings.finding import Finding
    from cxcall.ledger.ledger import Ledger
    from cxcall.ledger.record_types import Batch, Record
    from cxcall.sending.checked_request import CheckedRequest

MOST_ALTERNATING = 16
"""How many deliveries whose rows alternate are kept together, such as those of a request that was split several times."""


class LoadedRows:
    """The rows that were, or may have been, processed; one entry for each range of rows, not for each row.

    If several deliveries sent a row on purpose, the newest one of the first of the batches counts. The delivery
    `besides` is ignored.
    """

    def __init__(self, ledger: Ledger, batches: Sequence[str], besides: str = "") -> None:
        self._ledger, self._batches = ledger, batches
        # The rows of a delivery, or of the parts of split ones, follow each other.
        self._people_of = lru_cache(maxsize=MOST_ALTERNATING)(ledger.people.of_delivery)
        self._records = [
            record
            for batch in batches
            for record in ledger.records(batch=batch)
            if record.may_be_processed and record.id != besides
        ]
        self._spans = [*without_overlaps(map(_ranges_of, self._records))]

    def find(self, row: int) -> Record | None:
        """Return the delivery that has a row; None for a row that was not sent yet."""
        after = bisect_right(self._spans, row, key=itemgetter(0))
        _, last, place = self._spans[after - 1] if after else (0, 0, 0)
        return self._records[place] if row <= last else None

    def find_same(self, request: CheckedRequest, row: int) -> Record | None:
        """Return the delivery that has a row; raises UsageError if no delivery of these batches has its contact.

        Another sheet, mapping, or country makes other contacts of the same file.
        """
        record = self.find(row)
        if record is None or self._has_contact(record, request):
            return record
        raise _other_contact_error(record, row)

    def _has_contact(self, record: Record, request: CheckedRequest) -> bool:
        """Return whether a number of a contact is in a delivery, or in another one of these batches."""
        people, known = self._ledger.people, self._people_of(record.id)
        if not (known and request.people) or not known.isdisjoint(people.digests(request.people)):
            return True
        return people.find_contact(request.possible_people, self._batches) is not None


def _other_contact_error(record: Record, row: int) -> UsageError:
    return UsageError(
        f"row {row} is not the contact that the load to resume sent as row {row}: it had a different sheet, mapping, or country",
        where="--resume",
        fix="run the command that began it, with `--resume`; to load another sheet or column, save it as a separate file:"
        " contacts that may be in the list are recognized",
        why=f"delivery `{record.id}` loaded {record.name or 'the row'}, but no number of this contact",
    )


def _ranges_of(record: Record) -> str:
    """Return the rows of a delivery; raises StoppedError if its record does not say which."""
    if record.rows:
        return record.rows
    raise StoppedError(
        ledger_finding(
            "ledger",
            f"the record of delivery {record.id} does not say which rows it sent",
            fix="load the remaining rows from a separate file",
            why="a contact that is sent twice may be called twice",
        )
    )


class LoadedContacts:
    """The contacts that loads of other files (may) have added to the same list, found by any spelling of a number.

    `count` is the number of contacts that were found.
    """

    def __init__(self, ledger: Ledger, job: Job) -> None:
        self._ledger, self._job = ledger, job
        self.count = 0
        self.refresh()

    def refresh(self) -> None:
        """Read the list of loads again: another process may have started one meanwhile."""
        self._last_event = self._ledger.read_state().last_event
        self._batches = self._read_batches()

    def _read_batches(self) -> set[str]:
        """Return the loads of other files into the list."""
        digest = self._job.rows.digest
        same_list = _loads_into_list(self._ledger, self._job)
        return {each.id for each in same_list if each.file_digest != digest}

    def find_meanwhile(self, request: CheckedRequest) -> Record | None:
        """Return the delivery of a contact by a load that has sent requests since the last refresh; else None.

        That load may have been finished: `--resume` sends the rows that it had left.
        """
        batches = self._ledger.batches.active_since(self._last_event) & self._read_batches()
        return (
            self._ledger.people.find_contact(request.possible_people, batches) if batches else None
        )

    def find(self, request: CheckedRequest) -> Record | None:
        """Return the delivery that has a number of a contact; None for a contact that was not sent yet."""
        if not self._batches:
            return None
        found = self._ledger.people.find_contact(request.possible_people, self._batches)
        self.count += found is not None
        return found


def _loads_into_list(ledger: Ledger, job: Job) -> list[Batch]:
    """Return all loads into the list of a job, newest first."""
    _, operation, target, values_digest, _, _ = job.identity
    return [
        each
        for each in ledger.batches.all()
        if (each.operation, each.values_digest) == (operation, values_digest)
        and each.goes_to(target)
    ]


def stop_on_earlier_load(ledger: Ledger, job: Job) -> None:
    """Raise StoppedError if a file with the same content was loaded into the same list, unless `again`.

    A platform would add the contacts of the file a second time, and call them again.
    """
    if job.again or job.settings.is_embedded:
        return
    found = [each for each in _loads_into_list(ledger, job) if each.file_digest == job.rows.digest]
    for earlier in found:
        for record in ledger.records(batch=earlier.id, unresolved=True, limit=1):
            raise StoppedError(_unknown_finding(job, record))
    if found:
        raise _loaded_error(job, found[0])


def _unknown_finding(job: Job, unknown: Record) -> Finding:
    return ledger_finding(
        "outcome-unknown",
        f"{unknown.name or 'rows'} of `{job.rows.name}` may be in this list: the outcome of delivery `{unknown.id}` is unknown",
        fix=f"{find_out_fix(unknown, datetime.now(UTC))}; `--resume` then loads the remaining rows",
        why=f"it was sent at {utc_text(unknown.at)}, and a contact that is added twice may be called twice",
    )


def _loaded_error(job: Job, earlier: Batch) -> StoppedError:
    profile = earlier.profile
    other = f" with profile `{profile}`" if profile != job.settings.profile else ""
    return already_sent_error(
        f"a load of `{job.rows.name}` into this list began at {utc_text(earlier.at)}{other}",
        fix="to load only the rows that were not sent then, add `--resume`; to add all its contacts again, add `--again`",
        why="a contact that is added twice may be called twice",
    )
