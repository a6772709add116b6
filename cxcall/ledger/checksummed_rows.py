"""Read and write rows of the ledger with their checksums."""

from __future__ import annotations

import hashlib
import json
import os
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING, Any, Self

from cxcall.findings.exit_codes import Outcome
from cxcall.ledger.errors import LedgerError
from cxcall.ledger.request_identity import ANY_HOST_DIGESTS
from cxcall.ledger.schema import COLUMNS, KINDS, columns_of, insert_statement, select_statement
from cxcall.ledger.stored_values import time_in_flight
from cxcall.named_tuple import NamedTuple
from cxcall.runtime.host_spellings import vendor_host

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from cxcall.ledger.boot_clock import BootTime
    from cxcall.ledger.database_interface import LedgerDatabase
    from cxcall.ledger.record_types import Record

# The last event of a delivery by each of two indexes, because a damaged page could hide it in one.
_LAST = "(SELECT max(number) FROM event INDEXED BY {index} WHERE delivery = d.number)"
_NUMBERS_BY_DIGEST = (
    "SELECT number FROM delivery INDEXED BY delivery_digest WHERE digest = ?",
    "SELECT number FROM delivery INDEXED BY delivery_digest_at WHERE digest = ?",
)
# cxcall 0.2.0 wrote all records before the first one with a digest for any host. Without `|| ''`, SQLite would look for that
# one by an index of the digests, and sort them.
_TARGETS_OF_OLDER_DIGESTS = """
SELECT DISTINCT target FROM delivery WHERE number <
    COALESCE((SELECT number FROM delivery WHERE digest || '' >= ? ORDER BY number LIMIT 1), ?)
"""
_FIRST_EVENT = (
    "SELECT min(number) FROM event INDEXED BY event_delivery WHERE delivery = ?",
    "SELECT min(number) FROM event INDEXED BY event_delivery_at WHERE delivery = ?",
)
_SINCE = "(at >= ? OR EXISTS (SELECT 1 FROM event e WHERE e.delivery = person.delivery AND e.boot = ? AND e.uptime >= ?))"
_NUMBERS_BY_PERSON = (
    f"SELECT delivery FROM person INDEXED BY person_digest WHERE digest IN ({{}}) AND {_SINCE}",  # noqa: S608 - constants
    f"SELECT delivery FROM person INDEXED BY person_digest_at WHERE digest IN ({{}}) AND {_SINCE}",  # noqa: S608 - constants
)
COUNTERS = {"delivery": "deliveries", "event": "events", "batch": "batches", "person": "people"}
"""The number in the state that counts the rows of a table."""
# Most records of rows that were not sent are only for reports.
LEDGER_COUNTS = {**COUNTERS, "batch_event": "last_batch_event", "decision": "last_decision"}
"""The numbers in the state that a whole ledger has of the rows of a table."""
_ENCODE = json.JSONEncoder().encode
_DELIVERY_WIDTH = len(COLUMNS["delivery"]) + 1


_SELECT = (
    f"SELECT {columns_of('delivery', 'd')}, {columns_of('event', 'e')}, {_LAST.format(index='event_delivery_at')} "  # noqa: S608 - constants
    f"FROM delivery d LEFT JOIN event e ON e.number = {_LAST.format(index='event_delivery')} "
)


def row_checksum(table: str, values: Sequence[Any]) -> str:
    """Return the checksum of a row: 16 hexadecimal digits over the table's name and all values."""
    return hashlib.blake2b(_ENCODE([table, *values]).encode(), digest_size=8).hexdigest()


def is_intact(table: str, values: Sequence[Any], checksum: str) -> bool:
    """Return whether a row matches its checksum; False for a value of a type that is never stored."""
    try:
        return row_checksum(table, values) == checksum
    except (TypeError, ValueError):
        return False


def with_checksum(table: str, values: Sequence[Any]) -> tuple[Any, ...]:
    """Return a row with its checksum, as it is stored."""
    return (*values, row_checksum(table, values))


def plain_value(value: Any) -> Any:
    """Return a value as SQLite returns it: an enumeration's member as text or number."""
    if isinstance(value, int):
        return int(value)
    return str(value) if isinstance(value, str) else value


def changes_of_id(ledger: str) -> int:
    """Return how often a ledger became another ledger, from its ID."""
    _, _, more = ledger.partition("-")
    count, _, _ = more.partition("-")
    return int(count) if count.isdecimal() else 0


class State(NamedTuple):
    """The ledger's record of itself, updated in the same transaction as each change.

    `generation` grows with each change. The last numbers are never used again, even after pruning. An `id` is the
    key of the digests of people; if the ledger became another one, also how often, and a random text.
    """

    number: int
    id: str
    generation: int
    last_delivery: int = 0
    last_event: int = 0
    last_batch: int = 0
    last_batch_event: int = 0
    last_decision: int = 0
    deliveries: int = 0
    events: int = 0
    batches: int = 0
    last_unsent: int = 0
    last_person: int = 0
    people: int = 0

    @classmethod
    def new(cls) -> Self:
        """Return the state of a new ledger."""
        return cls(1, os.urandom(8).hex(), 1)

    @property
    def digest_key(self) -> str:
        """The key of the digests that only this ledger has; it is kept when the ledger becomes another one."""
        return self.id.partition("-")[0]

    def become_another(self) -> Self:
        """Return the state as that of another ledger, whose generations are not comparable with earlier ones."""
        new = f"{self.digest_key}-{changes_of_id(self.id) + 1}-{os.urandom(8).hex()}"
        return self._replace(id=new)


class StoredDelivery(NamedTuple):
    """A delivery and its last event, both by column."""

    delivery: Mapping[str, Any]
    event: Mapping[str, Any]

    @property
    def record(self) -> Record:
        """The delivery as the ledger returns it."""
        from cxcall.ledger.record_types import Record

        return Record.of_rows(self.delivery, self.event)

    @property
    def last_event(self) -> int:
        """The number of the last event."""
        return int(self.event["number"])

    def is_within(self, window: float, now: float, boot_time: BootTime) -> bool:
        """Return whether it ended within the last `window` seconds, by the clock or the time since the machine started.

        The clock may have been wrong then or now, so either of them counts, and also an end in the
        future.
        """
        ended_at, at = self.event["ended_at"], self.delivery["at"]
        if (at if ended_at is None else ended_at) >= now - window:
            return True
        elapsed = boot_time.seconds_since(self.event["boot"], self.event["uptime"])
        return elapsed is not None and elapsed <= window

    def seconds_in_flight(self, now: float, boot_time: BootTime) -> float:
        """Return for how many more seconds a process may be sending it; 0 or less if none can be.

        A process that was killed records no end. The time since the machine started is used if it is known,
        because nobody can set it.
        """
        if self.event["outcome"] != Outcome.UNKNOWN or self.event["ended_at"] is not None:
            return 0.0
        elapsed = boot_time.seconds_since(self.event["boot"], self.event["uptime"])
        if elapsed is None:
            elapsed = abs(now - self.event["at"])
        return time_in_flight(self.event).total_seconds() - elapsed


class LedgerRows:
    """The rows of a ledger. Each one is checked when it is read; raises LedgerError if one is damaged."""

    def __init__(self, database: LedgerDatabase) -> None:
        self._database = database
        self.state = State(1, "", 0)
        self.event_at: float | None = None
        """The time of the last event that the transaction added."""

    @contextmanager
    def changing(self) -> Iterator[Self]:
        """Read the state, and store the changed state at the end; within a transaction."""
        before = self.state = self.read_state()
        self.event_at = None
        yield self
        if self.state != before:
            self.state = self.state._replace(generation=before.generation + 1)
            self._database.write("DELETE FROM state")
            self._database.write(insert_statement("state"), with_checksum("state", self.state))

    def read_state(self) -> State:
        """Return the state of the ledger."""
        found = self.select_table("state")
        if len(found) != 1:
            raise self._database.damage_error("its state is missing")
        return State(**found[0])

    def insert(self, table: str, **values: Any) -> int:
        """Add a row with the next number, and return that number; a value without a column is left out."""
        number = getattr(self.state, f"last_{table}") + 1
        if table == "event":
            self.event_at = float(values["at"])
        row = [
            plain_value(value) for value in (number, *(values[name] for name in COLUMNS[table][1:]))
        ]
        self._database.write(insert_statement(table), with_checksum(table, row))
        self.state = self.state._replace(**{f"last_{table}": number})
        if counter := COUNTERS.get(table):
            self.state = self.state._replace(**{counter: getattr(self.state, counter) + 1})
        return int(number)

    def select_table(
        self, table: str, rest: str = "", values: Sequence[Any] = ()
    ) -> list[dict[str, Any]]:
        """Return rows of a table by column."""
        found = self._database.run(select_statement(table, rest), values)
        return [self._check(table, row) for row in found.fetchall()]

    def select(
        self, rest: str, values: Sequence[Any] | Mapping[str, Any] = ()
    ) -> Iterator[StoredDelivery]:
        """Yield the deliveries that a condition selects, each with its last event."""
        for row in self._database.run(f"{_SELECT} {rest}", values):
            yield self._read_delivery(row)

    def select_by_digest(self, *digests: str) -> list[StoredDelivery]:
        """Return all deliveries of a request, by any digest of it, newest first."""
        found: dict[int, StoredDelivery] = {}
        for digest in dict.fromkeys(filter(None, digests)):
            one = self._numbers(_NUMBERS_BY_DIGEST, (digest,), "deliveries")
            rows = list(self.select("WHERE d.digest = ?", (digest,))) if one else []
            if {row.delivery["number"] for row in rows} != one:
                raise self._database.damage_error("a delivery is missing")
            found |= {row.delivery["number"]: row for row in rows}
        return [found[number] for number in sorted(found, reverse=True)]

    def select_by_person(
        self, digests: Sequence[str], since: float, boot: str, uptime: float
    ) -> list[StoredDelivery]:
        """Return the deliveries to some people since a time in seconds, or since an uptime of the start `boot`."""
        marks = ", ".join("?" * len(digests))
        statements = [each.format(marks) for each in _NUMBERS_BY_PERSON]
        one = self._numbers(statements, (*digests, since, boot, uptime), "people")
        return [
            row for number in sorted(one) for row in self.select("WHERE d.number = ?", (number,))
        ]

    def _numbers(self, statements: Sequence[str], values: Sequence[Any], what: str) -> set[int]:
        """Return the numbers that a statement finds by one index; raises LedgerError if another index differs."""
        used = statements[:1] if self._database.reports_damage else statements
        one, *others = (
            {number for (number,) in self._database.run(statement, values)} for statement in used
        )
        if any(one != other for other in others):
            raise self._database.damage_error(f"its indexes of {what} differ")
        return one

    @cached_property
    def hosts_of_older_digests(self) -> set[str]:
        """The vendor's hosts of the records whose digest may depend on the host; no new one is added."""
        values = (ANY_HOST_DIGESTS, self.read_state().last_delivery + 1)
        found = self._database.run(_TARGETS_OF_OLDER_DIGESTS, values)
        return {*filter(None, (vendor_host(str(target)) for (target,) in found))}

    def time_of_event(self, number: int) -> float | None:
        """Return the time of an event by its number; None if it was pruned."""
        found = self.select_table("event", "WHERE number = ?", (number,))
        return float(found[0]["at"]) if found else None

    def first_event(self, delivery: int) -> int:
        """Return the number of the first event of a delivery."""
        numbers = self._numbers(_FIRST_EVENT, (delivery,), "events")
        if None in numbers:
            raise self._database.damage_error("an event is missing")
        return int(*numbers)

    def check_all(self) -> None:
        """Check the whole file: its structure, the number of rows, and the checksum of each."""
        if damage := self._database.find_structural_damage():
            raise self._database.damage_error(damage)
        state, run = self.read_state(), self._database.run
        found_rows = {
            table: sum(1 for row in run(select_statement(table)) if self._check(table, row))
            for table in COLUMNS
        }
        if any(found_rows[table] != getattr(state, name) for table, name in LEDGER_COUNTS.items()):
            raise self._database.damage_error("records are missing")

    def _read_delivery(self, row: tuple[Any, ...]) -> StoredDelivery:
        *values, other_last = row
        if values[_DELIVERY_WIDTH] is None or values[_DELIVERY_WIDTH] != other_last:
            raise self._database.damage_error("an event is missing")
        delivery = self._check("delivery", values[:_DELIVERY_WIDTH])
        return StoredDelivery(delivery, self._check("event", values[_DELIVERY_WIDTH:]))

    def _check(self, table: str, row: Sequence[Any]) -> dict[str, Any]:
        *values, checksum = row
        if not is_intact(table, values, checksum):
            raise self._database.damage_error(f"a record of `{table}` does not match its checksum")
        found = dict(zip(COLUMNS[table], values, strict=True))
        if table in KINDS and found["kind"] not in KINDS[table]:
            # It may mean that nothing may be sent.
            problem = "has a record of an unknown kind in"
            text = f"`{self._database.name}` {problem} `{table}`: a newer cxcall wrote it"
            raise LedgerError(text, "upgrade cxcall")
        return found


def check_if_quick(database: LedgerDatabase) -> None:
    """Check every record, unless there are so many that this would take long.

    A `-wal` file with content may be from another time than the main file.
    """
    if database.is_quick_to_check():
        with database.snapshot():
            LedgerRows(database).check_all()
