"""A connection to a ledger in PostgreSQL, which many machines share.

One writer at a time holds a lock on the table `state`, like SQLite's write lock: the records that a duplicate guard
reads cannot change before its own record is committed.
"""

from __future__ import annotations

import shlex
import sys
import time
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg.pq import TransactionStatus

from cxcall.findings.errors import CxcallError, UsageError
from cxcall.ledger.boot_clock import uptime
from cxcall.ledger.database_interface import (
    INTERRUPTED_WAIT,
    LOCK_TIMEOUT,
    WAIT_FOR_LOCK,
    WAIT_FOR_SERVER,
    LedgerDatabase,
    never,
)
from cxcall.ledger.forked_processes import ProcessLock
from cxcall.ledger.postgres.postgres_address import read_address
from cxcall.ledger.postgres.postgres_connection import (
    LOST,
    READ_ONLY,
    SESSION,
    connect,
    read_server,
)
from cxcall.ledger.postgres.postgres_errors import (
    explain_server_errors,
    pool_error,
    server_damage_error,
)
from cxcall.ledger.postgres.postgres_schema import (
    PRUNING,
    SCHEMA,
    in_postgres,
    read_last_row,
)
from cxcall.ledger.postgres.postgres_tables import prepare_tables
from cxcall.ledger.schema import COLUMNS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from contextlib import AbstractContextManager
    from pathlib import Path

    from psycopg import Connection, Cursor

    from cxcall.ledger.errors import LedgerError
    from cxcall.ledger.postgres.postgres_connection import BoundedConnection

_LOCK_STEP_MS = 200
"""The duration of one attempt to get the write lock; between attempts, a signal can end the wait."""
_OTHER_TABLES = ", ".join(f"{SCHEMA}.{each}" for each in COLUMNS if each != "state")
_BEGIN = f"""BEGIN; SET LOCAL lock_timeout = {_LOCK_STEP_MS}; LOCK TABLE {SCHEMA}.state IN EXCLUSIVE MODE;
LOCK TABLE {_OTHER_TABLES} IN ROW EXCLUSIVE MODE;
SELECT clock_timestamp(), current_setting('{SESSION}', true), current_setting('transaction_read_only')"""
"""An administrator may lock another table, as REINDEX does: a record then waits before it begins, and a signal ends that."""
_RECONNECT_INTERVAL = 0.25
_MAX_CLOCK_ERROR = timedelta(seconds=2)
"""A greater difference from the server's clock is no delay of the network: the host has paused this virtual machine."""
_MAX_CHECKED_DELIVERIES = 20_000


class PostgresDatabase(LedgerDatabase):
    """One connection; threads that share it write one after another. A transaction replaces a lost connection."""

    reports_damage = (
        True  # the server has checksums of its pages, if its administrator enabled them
    )

    def __init__(self, url: str) -> None:
        self._parameters, self.name = read_address(url)
        self._lock = ProcessLock(self.name)
        self._unsent: list[tuple[bytes, Sequence[Any] | None]] = []
        self._offset, self._measured_at = timedelta(0), 0.0
        with self.explaining_errors():
            self._connection = self._connect()
        self._has_written = False
        self._writer: Connection[Any] | None = None
        """The connection whose transaction has the write lock: while it has, no other one replaces it."""

    def new_connection(self, **settings: str) -> BoundedConnection:
        """Return another connection; `settings` are its different settings. Raises the errors of psycopg."""
        return connect(self._parameters, **settings)

    def _connect(self) -> BoundedConnection:
        connection = self.new_connection()
        try:
            prepare_tables(connection, self.name)
            before = datetime.now(UTC)
            (now,) = read_last_row(connection.execute("SELECT clock_timestamp()"))
            self._set_clock(now.astimezone(UTC) - (before + (datetime.now(UTC) - before) / 2))
            server = read_server(connection)
            self.server, self._is_standby = server or "", server is None
        except BaseException:
            connection.close()
            raise
        return connection

    def _set_clock(self, offset: timedelta) -> None:
        self._offset, self._measured_at = offset, time.time() - uptime()

    @property
    def clock_offset(self) -> timedelta:
        """The seconds to add to this machine's clock to get the server's, even after somebody set it."""
        return self._offset - timedelta(seconds=time.time() - uptime() - self._measured_at)

    @property
    def connection(self) -> Connection[Any]:
        """The connection, for other changes in the transaction of a record."""
        self._flush()
        return self._connection

    def write(self, statement: str, values: Sequence[Any] = ()) -> None:
        """Execute a statement without a result, together with others: one round trip for all of them."""
        self._unsent.append((in_postgres(statement).encode(), values or None))

    def _flush(self, *more: bytes) -> None:
        """Execute the delayed statements, and `more`."""
        statements = [*self._unsent, *((each, None) for each in more)]
        self._unsent.clear()
        if len(statements) == 1:
            self._connection.execute(*statements[0])
        elif statements:
            self._execute_all(statements)

    def _execute_all(self, statements: list[tuple[bytes, Sequence[Any] | None]]) -> None:
        """Execute statements in one round trip; raises the exception of the program that interrupts it."""
        handled = sys.exception()
        try:
            with self._connection.pipeline():
                for statement, values in statements:
                    self._connection.execute(statement, values)
        except psycopg.Error as error:
            # A pipeline that an exception of the program interrupted cannot end, and that error replaces the exception.
            interruption = error.__context__
            if (
                interruption
                and interruption is not handled
                and not isinstance(interruption, psycopg.Error)
            ):
                raise interruption from None
            raise

    def run(self, statement: str, values: Sequence[Any] | Mapping[str, Any] = ()) -> Cursor[Any]:
        """Execute one statement, which is written for SQLite; another thread's transaction ends first."""
        with self._lock.held:
            if self._connection.closed and self._connection is not self._writer:
                self._connection = self._connect()
            self._flush()
            return self._connection.execute(in_postgres(statement).encode(), values or None)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Keep other threads out, and close a connection whose state is not known.

        An exception of the program, such as that of its signal handler, may come within a statement. The next one would
        get the response to it. The server ends the transaction of a connection that is closed.
        """
        with self._lock.held, self.explaining_errors():
            try:
                yield
            except (CxcallError, psycopg.Error, GeneratorExit):
                raise
            except BaseException:
                self._connection.close()
                raise

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Keep other threads from writing while this one reads."""
        with self._locked():
            if self._connection.closed and self._connection is not self._writer:
                self._connection = self._connect()
            yield

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """Read one state of the ledger in several statements, whatever other processes write."""
        with self.reading():
            if _is_in_transaction(self._connection):
                yield
                return
            connection: Connection[Any] = self._connection
            try:
                connection = self._begin()
                yield
            finally:
                self._roll_back(connection)

    @contextmanager
    def transaction(
        self, is_cancelled: Callable[[], bool] = never, *, is_durable: bool = True
    ) -> Iterator[None]:
        """Hold the write lock, so that records that are read do not change. A commit survives a crash of the server.

        Raises LedgerError when the database is lost, also if it is not known whether the commit succeeded, and
        KeyboardInterrupt when `is_cancelled` returns True while another process holds the lock, for an outcome
        (`is_durable` is False) not before a second.
        """
        started = time.monotonic()  # threads wait at the same time, not one after another
        with self._locked():
            connection = None
            try:
                self._acquire(started, is_cancelled, 0.0 if is_durable else INTERRUPTED_WAIT)
                connection = self._writer = self._connection
                yield
                self._flush(b"COMMIT")
            except BaseException as error:
                self._unsent.clear()
                failed = connection or self._connection
                if isinstance(error, CxcallError | psycopg.Error):
                    self._roll_back(failed)
                else:  # an exception of the program
                    failed.close()
                raise
            finally:
                if self._writer is connection:
                    self._writer = None

    def _acquire(self, started: float, is_cancelled: Callable[[], bool], patience: float) -> None:
        """Begin a transaction and get the write lock; waits for a server that restarts, or is read-only for a moment."""
        if not self._connection.closed and _is_in_transaction(self._connection):
            self._connection.close()  # an exception of the program prevented the end of a transaction
        self._unsent.clear()
        while True:
            try:
                if self._connection.closed:
                    self._connection = self._connect()
                self._begin_writing()
            except LOST as error:
                interval, reason = self._end_attempt(error)
                never_written = isinstance(error, READ_ONLY) and not self._has_written
                if never_written or time.monotonic() - started >= LOCK_TIMEOUT:
                    raise
            else:
                self._has_written = True
                return
            if time.monotonic() - started >= patience and is_cancelled():
                raise KeyboardInterrupt(reason)
            time.sleep(interval)

    def _end_attempt(self, error: psycopg.Error) -> tuple[float, str]:
        """End a transaction that could not begin; return the seconds until the next attempt, and what it waits for."""
        if isinstance(error, READ_ONLY):
            self._connection.close()  # its session keeps the setting with which it began
        self._roll_back(self._connection)
        if isinstance(error, psycopg.errors.LockNotAvailable):
            return 0.0, WAIT_FOR_LOCK
        return _RECONNECT_INTERVAL, WAIT_FOR_SERVER

    def _begin_writing(self) -> None:
        """Begin a transaction with the write lock, and correct the clock of a virtual machine that was paused."""
        now, session, is_read_only = read_last_row(self._connection.execute(_BEGIN, prepare=False))
        if session != self._connection.session:
            raise pool_error(self.name, "a connection pool gave it another session")
        if self._is_standby:  # it was promoted since, kept its connections, and may lack records
            self._connection.close()
            raise psycopg.OperationalError("the server was a standby when the connection began")
        if is_read_only == "on":  # now, because a later statement is not tried again
            raise READ_ONLY("the server permits only read-only transactions")
        offset = now.astimezone(UTC) - datetime.now(UTC)
        if abs(offset - self.clock_offset) > _MAX_CLOCK_ERROR:
            self._set_clock(offset)

    def _begin(self) -> Connection[Any]:
        """Begin a transaction that only reads, with a new connection if the server closed this one; return the connection."""
        try:
            self._connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        except psycopg.OperationalError:
            self._connection.close()
            self._connection = self._connect()
            self._connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        return self._connection

    @staticmethod
    def _roll_back(connection: Connection[Any]) -> None:
        """End a transaction; a connection on which that fails is closed, and the server ends it."""
        try:
            if not connection.closed and _is_in_transaction(connection):
                connection.execute("ROLLBACK")
        except psycopg.Error:
            connection.close()

    @contextmanager
    def pruning(self) -> Iterator[None]:
        """Hold the write lock and allow deletion, which is otherwise forbidden."""
        with self.transaction():
            self._connection.execute(f"SET LOCAL {PRUNING} = 'on'")
            yield

    def is_quick_to_check(self) -> bool:
        """Return whether there are so few deliveries that checking all of them takes no noticeable time."""
        with self.reading():
            found = self.run("SELECT deliveries FROM state").fetchone()
        return found is not None and found[0] <= _MAX_CHECKED_DELIVERIES

    def back_up(self, path: Path) -> None:
        """Raise UsageError: the server's own programs copy its databases."""
        fix = f'run `pg_dump --schema={SCHEMA} --file={shlex.quote(str(path))} "$CXCALL_LEDGER"`'
        if "password" in self._parameters:
            fix += " after you move its password to PGPASSWORD or a password file: process lists show command lines"
        raise UsageError(
            f"the ledger is in PostgreSQL (`{self.name}`), which has its own backups",
            where="history backup",
            fix=fix,
        )

    def explaining_errors(self) -> AbstractContextManager[None]:
        """Turn errors of the server and the network into a LedgerError that says what to do."""
        return explain_server_errors(self.name)

    def damage_error(self, detail: str) -> LedgerError:
        """Return the error for a ledger with a damaged record."""
        return server_damage_error(self.name, detail)

    def close(self) -> None:
        """End the connection; everything that was recorded is committed."""
        if self._lock.is_own:
            with suppress(Exception):
                self._connection.close()


def _is_in_transaction(connection: Connection[Any]) -> bool:
    return connection.info.transaction_status is not TransactionStatus.IDLE
