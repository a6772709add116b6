"""Open the ledger and check it: count each change, notice missing records, back up, and prune."""

from __future__ import annotations

import os
from contextlib import closing, contextmanager, suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Self, cast

from cxcall.findings.errors import UsageError
from cxcall.ledger.boot_clock import BootTime, read_boot_clock
from cxcall.ledger.checksummed_rows import LedgerRows, State, check_if_quick
from cxcall.ledger.database_interface import never
from cxcall.ledger.errors import LedgerError, MissingRecordsError
from cxcall.ledger.loss_marker import LedgerMarker, SharedMarks, read_marks, shared_problem
from cxcall.ledger.record_queries import RecordQueries
from cxcall.ledger.schema import DecisionKind
from cxcall.ledger.sqlite.ledger_file import open_database, open_for_reading
from cxcall.ledger.sqlite.sqlite_database import SqliteDatabase
from cxcall.ledger.stored_values import keyed_digest, mask_for_ledger

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from cxcall.ledger.database_interface import LedgerDatabase
    from cxcall.ledger.postgres.postgres_database import PostgresDatabase
    from cxcall.ledger.postgres.queued_rows import QueuedRows
    from cxcall.ledger.postgres.shared_pace import SharedPace
    from cxcall.ledger.record_types import Record
    from cxcall.ledger.request_identity import Intent


def _now() -> datetime:
    return datetime.now(UTC)


class LedgerAccess(RecordQueries):
    """The database and the marker of a ledger, and the actions on all of its records."""

    def __init__(
        self,
        database: LedgerDatabase,
        marker: LedgerMarker,
        now: Callable[[], datetime],
        boot_clock: Callable[[], BootTime],
    ) -> None:
        super().__init__(database)
        self.now, self.boot_clock, self._marker = now, boot_clock, marker
        marker.time_of_event = self.rows.time_of_event
        self._marks: tuple[tuple[object, ...], SharedMarks] | None = None
        self._compared: dict[str, Intent] = {}
        """The intent of each delivery in progress: a retry is compared by the same digests."""

    @classmethod
    def open(
        cls,
        folder: Path,
        *,
        marker_folder: Path | None = None,
        now: Callable[[], datetime] = _now,
        boot_clock: Callable[[], BootTime] = read_boot_clock,
        is_for_reading: bool = False,
    ) -> Self:
        """Open the ledger in `folder`, or create it; raises LedgerError when it cannot be used.

        With `is_for_reading`, it may be read-only, and is empty if there is none and none can be created.
        A marker in `marker_folder` identifies the ledger, so that its loss is noticed.
        """
        # The marker is read first: it is never newer than the file.
        marker = LedgerMarker(marker_folder, os.path.realpath(folder))
        marker.warn_of_shared_ledger()
        database = open_for_reading(folder) if is_for_reading else open_database(folder)
        return cls(database, marker, now, boot_clock)

    @classmethod
    def open_shared(
        cls,
        url: str,
        *,
        marker_folder: Path | None = None,
        now: Callable[[], datetime] | None = None,
        boot_clock: Callable[[], BootTime] = read_boot_clock,
    ) -> Self:
        """Open the ledger in a PostgreSQL database, which many machines share, or create it there.

        Without `now`, all machines use the clock of the database. Raises LedgerError when it cannot be used.
        """
        from cxcall.ledger.postgres.postgres_address import read_address

        # First: it says what to do if the client library is not installed, which the database needs.
        marker = LedgerMarker(marker_folder, read_address(url)[1])
        from cxcall.ledger.postgres.postgres_database import PostgresDatabase

        database = PostgresDatabase(url)
        shared_clock = now or (lambda: _now() + database.clock_offset)
        return cls(database, marker, shared_clock, boot_clock)

    @property
    def is_shared(self) -> bool:
        """Whether many machines may share the ledger."""
        return not isinstance(self.database, SqliteDatabase)

    @property
    def shared_database(self) -> PostgresDatabase:
        """The database that many machines share; raises UsageError for a file."""
        if self.is_shared:
            return cast("PostgresDatabase", self.database)
        raise UsageError(
            "a queue needs a ledger in PostgreSQL, which the workers share",
            where="CXCALL_LEDGER",
            fix="set `CXCALL_LEDGER=postgresql://HOST/DATABASE` here and for each worker",
            why=f"the ledger is the file `{self.database.name}`",
        )

    def open_queue(self) -> QueuedRows:
        """Return the queue in the same database; raises UsageError for a file, and LedgerError."""
        from cxcall.ledger.postgres.queued_rows import QueuedRows

        database = self.shared_database
        queue = QueuedRows(lambda: database.new_connection(synchronous_commit="off"), database.name)
        queue.create_tables()
        return queue

    def has_queued_rows(self, batch: str) -> bool:
        """Return whether workers will send rows of a batch."""
        if not self.is_shared:
            return False
        with closing(self.open_queue()) as queue:
            return queue.has_open_rows(batch)

    def shared_pace(self, subject: str) -> SharedPace | None:
        """Return the slots that all machines of this ledger share; None for a ledger of one machine.

        `subject` is the subject of the API's limit, such as a client or a token; the database gets its keyed digest.
        """
        if not self.is_shared:
            return None
        from cxcall.ledger.postgres.shared_pace import SharedPace

        with self.database.snapshot():
            key = self.rows.read_state().digest_key
        return SharedPace(self.shared_database, keyed_digest(subject, key))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.database.close()

    @contextmanager
    def writing(
        self, is_cancelled: Callable[[], bool] = never, *, is_durable: bool = True
    ) -> Iterator[str]:
        """Hold the write lock as `LedgerDatabase.transaction` does, and count what was changed.

        Yields the reason why the ledger lacks records, or an empty text. If it stops a request, it stops the requests
        of all machines that share the ledger.
        """
        try:
            with self.database.transaction(is_cancelled, is_durable=is_durable):
                with self.rows.changing():
                    problem = self._problem(self.rows.state)
                    if self._marker.is_older_copy(self.rows.state):
                        self._insert_stop(problem)
                    elif not problem:
                        self._insert_server()
                    yield problem
                state, event_at = self.rows.state, self.rows.event_at
        except MissingRecordsError as error:
            self.share_stop(str(error))
            raise
        self._marker.advance(state, event_at)

    def share_stop(self, problem: str) -> None:
        """Stop the calls of all machines that share this ledger, until a person accepts that records are missing."""
        if self.is_shared:
            with suppress(LedgerError), self.database.transaction(), self.rows.changing():
                self._insert_stop(problem)

    def _insert_stop(self, problem: str) -> None:
        """Add the stop, unless there is one. An older copy of this ledger becomes another ledger.

        If another ledger is expected and a person has accepted missing records, each machine must notice by itself.
        """
        is_older_copy = self._marker.is_older_copy(self.rows.state)
        if self.is_shared:
            marks = self._shared_marks(self.rows.state)
            if not marks.stop and (is_older_copy or not marks.is_accepted):
                self._insert_decision(DecisionKind.STOP, mask_for_ledger(problem))
        if is_older_copy:
            self.rows.state = self.rows.state.become_another()

    def _insert_server(self, *, again: bool = False) -> None:
        """Add the place of the ledger, unless it is recorded or unknown; `again` adds it in any case."""
        if self.database.server and (again or not self._shared_marks(self.rows.state).server):
            self._insert_decision(DecisionKind.SERVER, self.database.server)

    def _insert_decision(self, kind: DecisionKind, note: str) -> None:
        self.rows.insert("decision", at=self.now().timestamp(), note=note, kind=kind)

    def _shared_marks(self, state: State) -> SharedMarks:
        """Return the shared marks; they are read again only if some were added."""
        if not state.last_decision:
            return SharedMarks()
        version = (state.id, state.last_decision, self.database.server)
        if self._marks is None or self._marks[0] != version:
            self._marks = version, read_marks(self.rows)
        return self._marks[1]

    def _problem(self, state: State) -> str:
        """Return why a ledger in this state lacks records; empty if nothing shows that."""
        if (problem := self._marker.problem(state)) or not self.is_shared:
            return problem
        return shared_problem(self._shared_marks(state), self.database.name, self.database.server)

    def read_state(self) -> State:
        """Return the ledger's record of itself, such as the number of the last delivery."""
        with self.database.snapshot():
            return self.rows.read_state()

    def missing_records(self) -> str:
        """Return why this ledger lacks records; empty if nothing shows that."""
        with self.database.reading():
            return self._problem(self.rows.read_state())

    def stop_on_missing_records(self) -> None:
        """Raise MissingRecordsError if this ledger lacks records."""
        if problem := self.missing_records():
            self.share_stop(problem)
            raise MissingRecordsError(problem)

    def accept_missing_records(self) -> str:
        """Record that a person decided to continue without the missing records, and return what was missing."""
        problem = self.missing_records()
        if not problem:
            where, fix = "history accept", "see `cxcall history list`"
            raise UsageError("no records are missing from this ledger", where=where, fix=fix)
        with self.writing():
            self._insert_decision(DecisionKind.ACCEPTED, mask_for_ledger(problem))
            self._insert_server(again=True)
        self._marker.accept(self.rows.state)
        return problem

    def get(self, delivery: str) -> Record:
        """Return a delivery by its ID or the start of it; raises UsageError unless exactly one fits."""
        prefix = delivery.strip().upper()
        bounds = (prefix, prefix + "~")
        with self.database.reading():
            stored = self.rows.select("WHERE d.id >= ? AND d.id < ? LIMIT 2", bounds)
            found = [each.record for each in stored]
        if len(found) == 1 and prefix:
            return found[0]
        if not found and (missing := self.missing_records()):
            raise MissingRecordsError(missing)
        problem = f"{'several delivery IDs start' if found else 'no delivery ID starts'} with `{delivery}`"
        raise UsageError(problem, where="delivery", fix="see `cxcall history list` for the IDs")

    def check(self, *, always: bool = False) -> None:
        """Check every record; raises LedgerError. A large file is checked only if `always`."""
        if always:
            with self.database.snapshot():
                self.rows.check_all()
        else:
            check_if_quick(self.database)

    def back_up(self, path: Path) -> int:
        """Copy the ledger to a new file, check the copy, and return how many deliveries it has."""
        self.database.back_up(path)
        with closing(SqliteDatabase(path)) as copy, copy.snapshot():
            rows = LedgerRows(copy)
            rows.check_all()
            return rows.read_state().deliveries

    def count_prunable(self, before: datetime) -> int:
        """Return how many deliveries from before a time are neither unknown nor needed by an unfinished batch.

        Calls that any limit of calls to one person may count are excluded.
        """
        from cxcall.ledger.upkeep import count_prunable, prune_bounds

        with self.database.reading():
            bounds = prune_bounds(before, self.now(), self.boot_clock())
            return count_prunable(self.database, bounds)

    def prune(self, before: datetime) -> int:
        """Delete the deliveries that `count_prunable` counts, and return their number.

        A batch that began before one of them, and stays, cannot be resumed any more.
        """
        from cxcall.ledger.upkeep import prune_bounds, prune_rows

        self.check(always=True)  # a deleted delivery can no longer be compared
        with self.database.pruning(), self.rows.changing():
            bounds = prune_bounds(before, self.now(), self.boot_clock())
            count = prune_rows(self.database, self.rows, bounds)
        self._marker.advance(self.rows.state)
        if self.is_shared:
            with closing(self.open_queue()) as queue:
                queue.prune()
        return count
