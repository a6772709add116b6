"""The records of batches: their beginnings, and their rows that were not sent."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from cxcall.findings.exit_codes import Outcome
from cxcall.ledger.batch_events import BatchEvents
from cxcall.ledger.database_interface import never
from cxcall.ledger.errors import pruned_batch_error
from cxcall.ledger.record_types import Batch, Record, UnsentRow
from cxcall.ledger.row_ranges import count_by_value
from cxcall.ledger.schema import UnsentKind
from cxcall.ledger.stored_values import (
    MAX_NOTE_LENGTH,
    NOT_PLACED,
    PLACED,
    SPLIT,
    mask_for_ledger,
    new_id,
    storable,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Sequence

    from cxcall.ledger.ledger_access import LedgerAccess

CALLED = (Outcome.ACCEPTED, Outcome.UNKNOWN)
"""The outcomes of requests that called somebody, or may have."""
# The last event by the index of deliveries: for a join, or in the order of the numbers, PostgreSQL may read all events.
_OUTCOME = f"""(
    SELECT CASE e.resolution WHEN '{PLACED}' THEN 'accepted' WHEN '{NOT_PLACED}' THEN 'undelivered'
        WHEN '{SPLIT}' THEN '{SPLIT}' ELSE e.outcome END
    FROM event e WHERE e.delivery = d.number ORDER BY e.number + 0 DESC LIMIT 1
)"""  # noqa: S608 - constants
_MOVED = f"FROM unsent u WHERE u.batch = :batch AND u.kind = '{UnsentKind.MOVED}'"
_OUTCOMES = f"""
SELECT {_OUTCOME}, d.rows, count(*), max(d.number)
FROM (
    SELECT max(number) AS number,
        CASE WHEN rows = '' AND row IN (SELECT u.row {_MOVED}) THEN CAST(row AS TEXT) ELSE rows END AS rows
    FROM delivery WHERE batch = :batch AND batch <> '' GROUP BY row, rows
) d GROUP BY 1, 2 ORDER BY 4 DESC
"""  # noqa: S608 - constants
_OTHERS = f"""
SELECT {_OUTCOME}, CAST(u.row AS TEXT) FROM (SELECT DISTINCT u.row, u.reason {_MOVED}) u JOIN delivery d ON d.id = u.reason
"""  # noqa: S608 - constants
_UNSENT = f"""
SELECT count(*) FROM (
    SELECT row FROM unsent WHERE batch = :batch AND row > 0 AND kind <> '{UnsentKind.MOVED}'
    EXCEPT SELECT row FROM delivery WHERE batch = :batch AND batch <> ''
) u
"""  # noqa: S608 - constants
_BATCH_COLUMNS = ("profile", "operation", "target", "given", "file", "digest", "rows", "key")
"""The columns of a batch in the order of the fields of `Batch`, after its ID, its time, and whether it is finished."""
_LAST_SENT = """
SELECT row, max(at) FROM delivery WHERE batch = ? AND batch <> '' AND row > 0 GROUP BY row ORDER BY 2
"""


class BatchRecords:
    """The batches of a ledger."""

    def __init__(self, access: LedgerAccess) -> None:
        self._access, self._rows, self._database = access, access.rows, access.database
        self.events = BatchEvents(access)

    def begin(
        self,
        profile: str,
        operation: str,
        target: str,
        values_digest: str,
        file: str,
        digest: str,
        rows: int | None = None,
        key: str = "",
        *,
        is_load: bool = False,
        again: bool = False,
        guards: Sequence[Sequence[Any]] = (),
        guard: Callable[[], None] = lambda: None,
    ) -> str:
        """Record the start of a batch, and return its ID.

        `values_digest` stands for the values that the flags set in every row, of a load for the list only; `digest` for the
        file's content; `key` is the column that names the rows, `guards` are those that a run must not
        lack when it resumes the batch. With `again`, nothing that was sent before stops its rows. `guard` is called in the
        transaction: what it raises stops the batch, so no other process can begin one between its look and the record.
        """
        batch = new_id(self._access.now())
        with self._access.writing():
            guard()
            self._rows.insert(
                "batch",
                id=batch,
                at=self._access.now().timestamp(),
                profile=profile,
                operation=operation,
                target=target,
                file=storable(file),
                digest=digest,
                given=values_digest,
                rows=rows,
                key=storable(key),
                is_load=is_load,
            )
            self.events.record_beginning(batch, guards, again=again)
        return batch

    def all(self) -> list[Batch]:
        """Return all batches, newest first."""
        with self._database.snapshot():
            batches = self._rows.select_table("batch", "ORDER BY number DESC")
            finished = self.events.finished_batches()
            if len(batches) != self._rows.read_state().batches:
                raise self._database.damage_error("a batch is missing")
        return [
            Batch(
                each["id"],
                datetime.fromtimestamp(each["at"], UTC),
                each["id"] in finished,
                *(each[name] for name in _BATCH_COLUMNS),
            )._replace(is_load=bool(each["is_load"]))
            for each in batches
        ]

    def count_outcomes(self, batch: str, *, with_others: bool = False) -> dict[str, int]:
        """Return the number of rows of a batch by outcome; the newest delivery of each row decides.

        `with_others` also counts deliveries of other batches that sent rows of it; a delivery that called somebody, or
        may have, counts before any other.
        """
        with self._database.snapshot():
            run = self._database.run(_OUTCOMES, {"batch": batch})
            found = [row for row in run if row[0] not in (SPLIT, None)]
            others = self._database.run(_OTHERS, {"batch": batch}).fetchall() if with_others else []
        ranges = [(str(outcome), rows) for outcome, rows, *_ in found]
        if others:
            known = [(Outcome.UNKNOWN if each == SPLIT else each, rows) for each, rows in others]
            called = [(str(outcome), rows) for outcome, rows in known if outcome in CALLED]
            ranges = sorted([*ranges, *called], key=lambda each: each[0] not in CALLED)
        counts = count_by_value(ranges)
        for outcome, rows, count, _ in found:
            if not rows:
                counts[str(outcome)] += int(count)
        return dict(counts)

    def count_unsent(self, batch: str) -> int:
        """Return the number of rows of a batch that have a reason and no delivery."""
        with self._database.snapshot():
            (count,) = self._database.run(_UNSENT, {"batch": batch}).fetchone()
        return int(count)

    def active_since(self, event: int) -> set[str]:
        """Return the batches of the deliveries that have an event after one with a number."""
        statement = "SELECT DISTINCT d.batch FROM event e JOIN delivery d ON d.number = e.delivery WHERE e.number > ?"
        with self._database.snapshot():
            return {str(batch) for (batch,) in self._database.run(statement, (event,))}

    def numbers_by_row(self, batches: Collection[str]) -> Iterator[tuple[int, int]]:
        """Yield the row of each delivery of some batches, with the number of the delivery."""
        statement = "SELECT row, number FROM delivery WHERE batch = ? AND batch <> '' AND row > 0"
        with self._database.snapshot():
            for batch in batches:
                yield from self._database.run(statement, (batch,))

    def deliveries_after(self, number: int) -> list[tuple[int, str, str, int]]:
        """Return the number, ID, batch, and row of each delivery after one with a number; called in a transaction."""
        statement = "SELECT number, id, batch, row FROM delivery WHERE number > ? ORDER BY number"
        return [(int(each[0]), *each[1:]) for each in self._database.run(statement, (number,))]

    def delivery(self, number: int) -> Record:
        """Return the delivery with a number."""
        with self._database.snapshot():
            for found in self._rows.select("WHERE d.number = ?", (number,)):
                return found.record
        raise pruned_batch_error()

    def of_file(self, file: str, digest: str) -> list[Batch]:
        """Return the batches of a file, found by its content or its path, newest first."""
        path = storable(file)
        return [
            each
            for each in self.all()
            if each.file_digest == digest or (path and each.file == path)
        ]

    def record_unsent(
        self, rows: Sequence[UnsentRow], is_cancelled: Callable[[], bool] = never
    ) -> None:
        """Record rows of a batch that were not sent; a later record of the same row replaces an earlier one."""
        if not rows:
            return
        with self._access.writing(is_cancelled, is_durable=False):
            for each in rows:
                message = mask_for_ledger(each.message)[:MAX_NOTE_LENGTH]
                own = {"at": each.at.timestamp(), "key": storable(each.key), "message": message}
                self._rows.insert("unsent", **(each._asdict() | own))

    def has_other_content(self, batch: str) -> bool:
        """Return whether cxcall 0.2.0 resumed a batch with a changed file: the numbers of its rows may differ."""
        where = "WHERE batch = ? AND kind = ? LIMIT 1"
        with self._database.snapshot():
            return bool(self._rows.select_table("unsent", where, (batch, UnsentKind.CONTENT)))

    def other_deliveries(self, batch: str) -> dict[int, str]:
        """Return the rows of a batch that it did not send because another batch had, with the ID of that delivery."""
        where = "WHERE batch = ? AND kind = ? ORDER BY number"
        with self._database.snapshot():
            found = self._rows.select_table("unsent", where, (batch, UnsentKind.MOVED))
        return {int(row["row"]): row["reason"] for row in found}

    def unsent_rows(self, batches: Collection[str]) -> dict[int, UnsentRow]:
        """Return the last record of each row that has no later delivery of its own in some batches, by row number."""
        found: list[dict[str, Any]] = []
        sent: dict[int, float] = {}
        with self._database.snapshot():
            for batch in batches:
                if rows := self._rows.select_table("unsent", "WHERE batch = ?", (batch,)):
                    found += rows
                    sent.update(self._database.run(_LAST_SENT, (batch,)))
        found.sort(key=lambda row: int(row["number"]))
        return {
            row["row"]: UnsentRow(*(row[name] for name in UnsentRow._fields))._replace(
                outcome=Outcome(row["outcome"]),
                at=datetime.fromtimestamp(row["at"], UTC),
                kind=UnsentKind(row["kind"]),
            )
            for row in {row["row"]: row for row in found}.values()
            if row["row"]
            and row["kind"] != UnsentKind.MOVED
            and row["at"] >= sent.get(row["row"], 0.0)
        }
