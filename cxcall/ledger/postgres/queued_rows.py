"""The queue of rows that workers on any machine send: a claim table in PostgreSQL.

A row is `todo`, `claimed` by a worker, `sending`, or `ended` with an outcome. If a worker dies, its lease
expires: a claimed row is `todo` again, and a row that may have been sent is `ended` as unknown, and never
free again. Only the ledger permits sending: a row becomes `sending` in the transaction that records the intent.
"""

from __future__ import annotations

import json
from contextlib import ExitStack, contextmanager, nullcontext
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from cxcall.findings.errors import StoppedError
from cxcall.findings.finding import Finding
from cxcall.ledger.errors import LastingLedgerError, LedgerError, StillQueuedError
from cxcall.ledger.postgres import queue_statements as statements
from cxcall.ledger.postgres.postgres_errors import explain_server_errors
from cxcall.named_tuple import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
    from contextlib import AbstractContextManager
    from datetime import datetime

    import psycopg

OPEN_STATES = ("todo", "waiting", "claimed", "sending")
"""The states of rows in the queue that have no outcome yet."""
CLAIM_LOST = "claim-lost"
"""The code of the finding that a worker no longer holds a row."""


class LostClaimError(StoppedError):
    """A worker no longer has the claim on the row that it was about to send; nothing was sent."""

    def __init__(self, batch: str, number: int) -> None:
        super().__init__(
            Finding.error(
                CLAIM_LOST,
                "ledger",
                f"row {number} of batch `{batch}` is no longer this worker's: its lease expired, or the batch was cancelled",
                fix="nothing to do: the row is sent by another worker, or not at all",
            )
        )


class QueuedBatch(NamedTuple):
    """A batch in the queue; `options` are the options of the command that queued it."""

    batch: str
    profile: str
    operation: str
    target: str
    options: Mapping[str, Any]


class Claim(NamedTuple):
    """The claim of a worker; its `lease` must be longer than a request can take.

    `worker` is the worker's name; in a claim of a row, a number that is different for each claim follows it, so that a
    thread with an earlier claim of the row fails at the fence.
    """

    worker: str
    lease: timedelta

    def begin_sending(
        self, connection: psycopg.Connection[Any], batch: str, number: int, delivery: str
    ) -> None:
        """Make a row `sending`, within the transaction that records its intent or its next attempt.

        Raises LostClaimError if the worker no longer has the claim: then nothing may be sent.
        """
        values = {**self._asdict(), "batch": batch, "number": number, "delivery": delivery}
        if connection.execute(statements.BEGIN_SENDING, values).rowcount != 1:
            raise LostClaimError(batch, number)


NOBODY = Claim("", timedelta(0))


class QueuedRow(NamedTuple):
    """A row, and the claim by which a worker holds it. `content`: the values of its request, with whole numbers."""

    batch: str
    number: int
    content: Mapping[str, Any]
    claim: Claim = NOBODY

    def __repr__(self) -> str:
        return f"QueuedRow({self.batch!r}, {self.number})"


def _queue_error(name: str, detail: str) -> LedgerError:
    return LastingLedgerError(
        f"the queue in the ledger `{name}` failed: {detail}",
        "check that the tables are complete and that a connection pool uses session mode",
    )


class QueuedRows:
    """The queue, with its own connection, which is replaced when the database was restarted.

    It may have `synchronous_commit` off: what is lost by a crash of the database is read from the ledger, so
    that only `fill` and `cancel` wait for the disk. `name` is the ledger's.
    """

    def __init__(self, connect: Callable[[], psycopg.Connection[Any]], name: str = "") -> None:
        self._connect, self._name = connect, name
        self._connection: psycopg.Connection[Any] | None = None

    def close(self) -> None:
        """Close the connection."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    @contextmanager
    def _open_connection(self) -> Iterator[psycopg.Connection[Any]]:
        """Yield a connection in autocommit mode; raises LedgerError if the database refuses a statement."""
        try:
            with explain_server_errors(self._name, _queue_error):
                if self._connection is None:
                    self._connection = self._connect()
                yield self._connection
        except LedgerError:
            self.close()
            raise

    def _run(
        self, statement: str, claim: Claim | None = None, **values: Any
    ) -> psycopg.Cursor[Any]:
        """Execute one statement with its values by name, among them those of a claim."""
        with self._open_connection() as connection:
            own = claim._asdict() if claim else {}
            return connection.execute(statement.encode(), {**own, **values})

    def create_tables(self) -> None:
        """Create the tables of the queue if they do not exist."""
        with self._open_connection() as connection:
            if connection.execute("SELECT to_regclass('queued_row') IS NOT NULL").fetchone() == (
                True,
            ):
                return
            with connection.transaction():
                connection.execute("SELECT pg_advisory_xact_lock(%s)", (statements.LOCK,))
                for statement in statements.TABLES:
                    connection.execute(statement.encode())

    def fill(
        self,
        batch: QueuedBatch,
        rows: Iterable[QueuedRow],
        guard: AbstractContextManager[None] = nullcontext(),  # noqa: B008 - without a state
    ) -> int:
        """Add rows to the queue in one transaction, also those that ended without being sent; return their number.

        Checking the rows may take long, so they are collected before. `guard` is held while the transaction is
        committed: what it raises adds nothing. Raises StillQueuedError if another command queues the batch at the same time.
        """
        from psycopg.errors import UniqueViolation

        options = json.dumps(batch.options)
        with self._open_connection() as connection, ExitStack() as held:
            with connection.transaction():
                connection.execute("SET LOCAL statement_timeout = 0")
                connection.execute(statements.COLLECTED)
                with connection.cursor().copy("COPY filled FROM STDIN") as copy:
                    for row in rows:
                        copy.write_row((row.number, json.dumps(row.content, ensure_ascii=True)))
            with connection.transaction():
                connection.execute("SET LOCAL statement_timeout = 0")
                connection.execute("SET LOCAL synchronous_commit = on")
                connection.execute(statements.ADD_BATCH, (*batch[:4], options))
                connection.execute(statements.FORGET_ENDED, {"batch": batch.batch})
                try:
                    count = connection.execute(statements.ADD_ROWS, (batch.batch,)).rowcount
                except UniqueViolation:
                    raise StillQueuedError(batch.batch) from None
                held.enter_context(guard)
                connection.execute(statements.OPEN_BATCH, (batch.target, options, batch.batch))
        return count

    def open_batches(self) -> list[QueuedBatch]:
        """Return the batches that may have rows to send, the oldest first."""
        return [QueuedBatch(*each) for each in self._run(statements.OPEN_BATCHES)]

    def claim(
        self, claim: Claim, batch: str, count: int, held: Collection[int] = ()
    ) -> list[QueuedRow]:
        """Claim up to `count` rows of a batch that may be sent now, except rows that this worker is already handling.

        After a freeze, the lease of a row may have expired while a thread of this worker is still about to send it.
        """
        found = self._run(statements.CLAIM, claim, batch=batch, count=count, held=list(held))
        return [
            QueuedRow(batch, number, json.loads(content), claim._replace(worker=worker))
            for batch, number, content, worker in sorted(found.fetchall())
        ]

    def keep(self, claims: Mapping[tuple[str, int], Claim], lease: timedelta) -> None:
        """Extend the leases of the rows that a worker holds, by batch and number."""
        self._run(
            statements.KEEP,
            batches=[batch for batch, _ in claims],
            numbers=[number for _, number in claims],
            workers=[claim.worker for claim in claims.values()],
            lease=lease,
        )

    def give_back(
        self, claim: Claim, batch: str, number: int, not_before: datetime | None = None
    ) -> None:
        """Return a claimed row to the queue, for any worker, from `not_before` on if it is set."""
        self._run(statements.GIVE_BACK, claim, batch=batch, number=number, not_before=not_before)

    def end(self, claim: Claim, batch: str, number: int, outcome: str, delivery: str = "") -> None:
        """Record the outcome of a row, and delete its content.

        With a delivery, a late outcome replaces `unknown`; without, the row must be claimed by the worker.
        """
        values = {"batch": batch, "number": number, "outcome": outcome, "delivery": delivery}
        self._run(statements.END, claim, **values)

    def expire(self) -> list[tuple[str, int]]:
        """Free the claimed rows whose lease expired, and end those that may have been sent.

        Return the latter by batch and number.
        """
        self._run(statements.EXPIRE_CLAIMS)
        return sorted(self._run(statements.EXPIRE_SENDING).fetchall())

    def unknown_deliveries(self, batch: str) -> dict[int, str]:
        """Return the delivery IDs of the rows of a batch that ended as unknown, by row."""
        statement = "SELECT number, delivery FROM queued_row WHERE batch = %(batch)s AND outcome = 'unknown'"
        return dict(self._run(statement, batch=batch).fetchall())

    def delivery_of(self, claim: Claim, batch: str, number: int) -> str:
        """Return the delivery ID under which a worker was about to send a row; empty if it was not."""
        statement = """SELECT delivery FROM queued_row
            WHERE batch = %(batch)s AND number = %(number)s AND worker = %(worker)s AND state = 'sending'"""
        found = self._run(statement, claim, batch=batch, number=number).fetchone()
        return str(found[0]) if found else ""

    def prune(self) -> None:
        """Delete the batches that have ended and are no longer in the ledger."""
        self._run(statements.PRUNE)

    def count(self, batch: str) -> dict[str, int]:
        """Return how many rows are in each state, or have each outcome; `waiting` rows may be sent later."""
        return dict(self._run(statements.COUNT, batch=batch).fetchall())

    def has_open_rows(self, batch: str) -> bool:
        """Return whether rows of a batch may be sent, now or later."""
        return any(self.count(batch).get(state) for state in OPEN_STATES)

    def has_rows(self, batch: str) -> bool:
        """Return whether a batch has rows to send now, or rows that a worker holds."""
        statement = """SELECT EXISTS (SELECT FROM queued_row WHERE batch = %(batch)s AND state = 'todo' AND not_before <= now())
            OR EXISTS (SELECT FROM queued_row WHERE batch = %(batch)s AND state IN ('claimed', 'sending'))"""
        return self._run(statement, batch=batch).fetchone() == (True,)

    def is_done(self, batch: str) -> bool:
        """Return whether no row of an open batch is left."""
        return self._run(f"SELECT FROM queued_batch {statements.DONE}", batch=batch).rowcount == 1

    def end_batch(self, batch: str) -> bool:
        """Record that no row of a batch is left; return whether this is true and was not recorded before."""
        statement = f"UPDATE queued_batch SET ended_at = now() {statements.DONE}"  # noqa: S608 - constants
        return self._run(statement, batch=batch).rowcount == 1

    def cancel(self, batch: str) -> int:
        """Stop sending the rows of a batch, and return how many are not sent. Requests in flight are finished."""
        with self._open_connection() as connection, connection.transaction():
            connection.execute("SET LOCAL synchronous_commit = on")
            connection.execute(
                "UPDATE queued_batch SET cancelled_at = now() WHERE batch = %s", (batch,)
            )
            return connection.execute(statements.CANCEL.encode(), {"batch": batch}).rowcount
