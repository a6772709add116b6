"""The people whom the batch to resume has called, and those of earlier rows of the file, whom a row would call again."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from itertools import chain
from typing import TYPE_CHECKING, Any

from cxcall.batch.resume import ContentGuard
from cxcall.findings.errors import StoppedError
from cxcall.ledger.duplicates import find_out_fix
from cxcall.ledger.errors import ledger_finding
from cxcall.ledger.stored_values import keyed_digest
from cxcall.sending.send_plan import Plan

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Iterator, Sequence

    from cxcall.batch.job import Job
    from cxcall.findings.finding import Finding
    from cxcall.ledger.checksummed_rows import StoredDelivery
    from cxcall.ledger.ledger import Ledger
    from cxcall.ledger.record_types import Record
    from cxcall.sending.checked_request import CheckedRequest

_MAX_DIGESTS = 500
"""The number of digests in one statement."""
_END_LENGTH = 6


class CalledPeople:
    """The people whom a batch called, or may have called, before this run.

    A changed row is another request than the row that was sent, but would call the same person. If the file was
    changed since the batch began (`is_changed`, also if it was restored), each delivery of the batch stops other rows of its
    people. Without a batch to resume, nobody was called. A load compares its contacts itself.
    """

    def __init__(self, ledger: Ledger, job: Job, resumed: Sequence[str]) -> None:
        self._ledger, self._job = ledger, job
        state = ledger.read_state()
        self._last = state.last_delivery
        self.content = ContentGuard(ledger, state.last_unsent)
        batches = {each.id: each for each in ledger.batches.all()} if resumed else {}
        newest = batches.get(resumed[0]) if resumed else None
        digest = newest.file_digest if newest else ""
        self.is_changed = newest is not None and (
            digest != job.rows.digest or ledger.batches.content(newest.id) is not None
        )
        # A finished batch of another content is another list, whose people the batch itself would call, too.
        same = (each for each in resumed if each in batches)
        self._batches = {each for each in same if batches[each].file_digest == digest}
        self._in_file: set[str] = set()
        self._is_changed_row_left = self._is_nameless_row_left = False
        self._own: set[str] = set()

    def record_change(self, batch: str, rows: int) -> None:
        """Record the present content of a file that was changed since the batch to resume began, with so many rows.

        From then on, no run with another content records a delivery: all that did are known now.
        """
        if self.is_changed:
            digest = self._job.rows.digest
            self.content.number = self._ledger.batches.record_content(batch, digest, rows)
            self._last = self._ledger.read_state().last_delivery

    def note(self, request: CheckedRequest, earlier: Record | None, *, is_left: bool) -> None:
        """Remember of a row which delivery it is, and whether it is left to be sent; called for each row of the file."""
        if self._is_off or not self.is_changed:
            return
        is_nameless = not request.people
        is_known = self._is_nameless_row_left or (self._is_changed_row_left and not is_nameless)
        if earlier:
            self._in_file.add(earlier.id)
        elif is_left and not is_known and request.operation.can_place_call:
            is_changed = not self._was_tried(request)
            self._is_changed_row_left |= is_changed
            self._is_nameless_row_left |= is_changed and is_nameless

    def stop_on_nameless(self) -> None:
        """Raise StoppedError if a changed row that is left cannot be compared with the people of rows that are gone.

        The row, or the earlier call, has no whole number and no ID of a person. Called after `note` of all rows.
        """
        if not self._is_changed_row_left:
            return
        calls = self._ledger.batches.calls(
            self._batches, without_people=not self._is_nameless_row_left
        )
        name, count = self._job.rows.name, len(calls - self._in_file)
        if not count:
            return
        which = "1 row that it sent is" if count == 1 else f"{count} rows that it sent are"
        batch = min(self._batches)
        reason = "these or the changed rows have no whole number and no ID of a person (`x-cxcall-person`)"
        raise StoppedError(
            ledger_finding(
                "already-sent",
                f"`{name}` was changed, and {which} no longer in it; the people whom these rows called cannot be compared"
                " with those of changed rows, which could call them again",
                fix="restore these rows as they were, and run the same command again; or send the rows that are left from a"
                " separate file; `--again` sends all rows that the batch did not send",
                why=f"{reason}: `cxcall history list --batch {batch}`",
            )
        )

    @property
    def _is_off(self) -> bool:
        return self._job.again or self._job.is_load or not self._batches

    def find(self, request: CheckedRequest) -> Record | None:
        """Return the delivery of the batch that called a person of a changed row; None for a row that may be sent."""
        if self._is_off or not self.is_changed:
            return None
        people = request.possible_people
        return self._ledger.people.find_contact(people, self._batches, is_counted=self._was_before)

    def _was_before(self, delivery: StoredDelivery) -> bool:
        return int(delivery.delivery["number"]) <= self._last

    def _was_tried(self, request: CheckedRequest) -> bool:
        """Return whether the batch has a delivery of a row, which was not processed: the row is not a changed one."""
        batch = next(iter(self._batches))
        intent = Plan(request, batch=batch).intent()
        return self._ledger.find_row(self._batches, intent) is not None

    def stop_on_new_call(self, request: CheckedRequest, delivery: str) -> None:
        """Raise StoppedError if another process has called the person meanwhile; called in the transaction of the record."""
        self._own.add(delivery)
        found = self._ledger.people.find_contact(
            request.possible_people, self._batches, is_counted=self._is_new
        )
        if found is not None:
            raise StoppedError(called_finding(found))

    def _is_new(self, delivery: StoredDelivery) -> bool:
        is_own = delivery.delivery["id"] in self._own
        return not is_own and int(delivery.delivery["number"]) > self._last

    @property
    def guards_each_record(self) -> bool:
        """Whether `stop_on_new_call` must be called for each record."""
        return self.is_changed and not self._is_off


def called_finding(earlier: Record) -> Finding:
    """Return the finding on a changed row that would call a person whom its batch has called, or may have called."""
    unknown = earlier.is_unresolved
    code, did = ("outcome-unknown", "may have called") if unknown else ("already-sent", "called")
    fix = f"see `cxcall history show {earlier.id}`; to call this person again on purpose, send this row from a separate file"
    if unknown:
        fix = f"{find_out_fix(earlier, datetime.now(UTC))}; if no call was placed, `--resume` sends this row"
    return ledger_finding(
        code,
        f"this batch {did} this person already, by another request: delivery `{earlier.id}`",
        fix=fix,
        why="the file was changed since the batch began, and this row is not the one that was sent",
    )


def describe_change(job: Job) -> str:
    """Return a message about a file that has changed since its batch began."""
    return (
        f"`{job.rows.name}` was changed since the batch began: rows that were sent are not sent again, in any order,"
        " nor are changed rows of people whom the batch called, or may have called"
    )


class FileContacts:
    """The people of the rows to send or to load, as digests in tables of a temporary database.

    Most rows are found to be new by the end of their numbers alone, which all spellings share.
    """

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database, self._key = database, os.urandom(8).hex()
        database.execute(
            "CREATE TABLE contact (digest TEXT PRIMARY KEY, row INTEGER) WITHOUT ROWID"
        )
        database.execute("CREATE TABLE contact_end (digest TEXT PRIMARY KEY) WITHOUT ROWID")

    def add(self, request: CheckedRequest, row: int) -> None:
        """Store the people who are called for a row."""
        people = request.people
        digests = ((each, row) for each in self._digests(people))
        self._database.executemany("INSERT OR IGNORE INTO contact VALUES (?, ?)", digests)
        ends = ((each,) for each in self._digests(map(_end, people)))
        self._database.executemany("INSERT OR IGNORE INTO contact_end VALUES (?)", ends)

    def find(self, request: CheckedRequest) -> int | None:
        """Return the first row that calls a person whom the request calls; None if no row does."""
        ends = {*map(_end, request.people)}
        statement = "SELECT count(*) FROM contact_end WHERE digest IN ({})"
        if "" not in ends and not sum(self._select(statement, {"", *ends})):
            return None
        people = chain.from_iterable(request.possible_people)
        rows = self._select("SELECT min(row) FROM contact WHERE digest IN ({})", people)
        return min((row for row in rows if row is not None), default=None)

    def _digests(self, texts: Iterable[str]) -> list[str]:
        return [keyed_digest(each, self._key) for each in texts]

    def _select(self, statement: str, texts: Iterable[str]) -> Iterator[Any]:
        """Yield the result of a statement for some digests at a time."""
        digests = self._digests(texts)
        for start in range(0, len(digests), _MAX_DIGESTS):
            some = digests[start : start + _MAX_DIGESTS]
            marks = ", ".join("?" * len(some))
            yield self._database.execute(statement.format(marks), some).fetchone()[0]


def _end(person: str) -> str:
    """Return the end of a number or an ID, which is the same in all spellings; empty for a short number."""
    end = person[-_END_LENGTH:]
    return "" if " " in end else end
