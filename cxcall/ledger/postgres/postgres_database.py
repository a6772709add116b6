"""A connection to a ledger in PostgreSQL, which many machines share.

One writer at a time holds a lock on the table `state`, like SQLite's write lock: the records that a duplicate guard
reads cannot change before its own record is committed.
"""

from __future__ import annotations

import logging
import shlex
import time
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from cxcall.findings.errors import UsageError
from cxcall.ledger.boot_clock import uptime
from cxcall.ledger.database_interface import (
    INTERRUPTED_WAIT,
    LOCK_TIMEOUT,
    WAIT_FOR_LOCK,
    WAIT_FOR_SERVER,
    LedgerDatabase,
    never,
)
from cxcall.ledger.errors import LastingLedgerError, LedgerError
from cxcall.ledger.forked_processes import ProcessLock
from cxcall.ledger.postgres.postgres_address import read_address
from cxcall.ledger.postgres.postgres_schema import PRUNING, SCHEMA, in_postgres, prepare_schema
from cxcall.runtime.known_secrets import redact

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from psycopg import Connection, Cursor

_CONNECT_TIMEOUT = 10
_LOCK_STEP_MS = 200
"""The duration of one attempt to get the write lock; between attempts, a signal can end the wait."""
_STATEMENT_SECONDS = 60
_BEGIN = (
    f"BEGIN; SET LOCAL lock_timeout = {_LOCK_STEP_MS}; LOCK TABLE {SCHEMA}.state IN EXCLUSIVE MODE"
)
_SERVER = f"""
SELECT CASE WHEN NOT pg_is_in_recovery() THEN
    substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8) || '/' || to_hex('{SCHEMA}.state'::regclass::oid::bigint) END
"""
"""The timeline changes with a promoted standby or a recovery, the table's number with a restored dump."""
_RECONNECT_INTERVAL = 0.25
_MAX_CHECKED_DELIVERIES = 20_000
_SETTINGS = {
    "search_path": f"{SCHEMA},pg_temp",
    "synchronous_commit": "on",  # a commit survives a crash of the server
    "statement_timeout": f"{_STATEMENT_SECONDS}s",
    "idle_in_transaction_session_timeout": f"{_STATEMENT_SECONDS}s",  # a frozen machine loses the lock
    "client_min_messages": "warning",
}


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

    def new_connection(self, **settings: str) -> Connection[Any]:
        """Return another connection; `settings` are its different settings. Raises the errors of psycopg."""
        from cxcall.ledger.postgres.reply_timeout import BoundedConnection

        # Its warnings only repeat an error of cxcall in other words.
        logging.getLogger("psycopg").setLevel(logging.CRITICAL)
        options = " ".join(f"-c {name}={value}" for name, value in (_SETTINGS | settings).items())
        own_options = self._parameters.get("options", "")
        parameters = {
            "connect_timeout": str(_CONNECT_TIMEOUT),
            "application_name": "cxcall",
            "keepalives_idle": "15",
            "keepalives_interval": "5",
            "keepalives_count": "3",
            **self._parameters,
            "options": f"{own_options} {options}".strip(),
            "client_encoding": "utf8",
        }
        return BoundedConnection.connect(**parameters, autocommit=True, prepare_threshold=None)  # type: ignore[arg-type]

    def _connect(self) -> Connection[Any]:
        connection = self.new_connection()
        try:
            prepare_schema(connection, self.name)
            before = datetime.now(UTC)
            row = connection.execute("SELECT clock_timestamp()").fetchone()
            assert row is not None  # noqa: S101 - for the type checker
            self._offset = row[0].astimezone(UTC) - (before + (datetime.now(UTC) - before) / 2)
            self._measured_at = time.time() - uptime()
            self.server = _read_server(connection)
        except BaseException:
            connection.close()
            raise
        return connection

    @property
    def clock_offset(self) -> timedelta:
        """The seconds to add to this machine's clock to get the server's, even after somebody set it."""
        return self._offset - timedelta(seconds=time.time() - uptime() - self._measured_at)

    @property
    def connection(self) -> Connection[Any]:
        """The connection, for other changes in the transaction of a record."""
        self._flush()
        return self._connection

    @property
    def _is_in_transaction(self) -> bool:
        from psycopg.pq import TransactionStatus

        return self._connection.info.transaction_status is not TransactionStatus.IDLE

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
            with self._connection.pipeline():
                for statement, values in statements:
                    self._connection.execute(statement, values)

    def run(self, statement: str, values: Sequence[Any] | Mapping[str, Any] = ()) -> Cursor[Any]:
        """Execute one statement, which is written for SQLite; another thread's transaction ends first."""
        with self._lock:
            self._flush()
            return self._connection.execute(in_postgres(statement).encode(), values or None)

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Keep other threads from writing while this one reads."""
        with self._lock, self.explaining_errors():
            if self._connection.closed:
                self._connection = self._connect()
            yield

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """Read one state of the ledger in several statements, whatever other processes write."""
        with self.reading():
            if self._is_in_transaction:
                yield
                return
            try:
                self._begin("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
                yield
            finally:
                self._roll_back()

    @contextmanager
    def transaction(
        self, is_cancelled: Callable[[], bool] = never, *, is_durable: bool = True
    ) -> Iterator[None]:
        """Hold the write lock, so that records that are read do not change. A commit survives a crash of the server.

        Raises LedgerError when the database is lost, also if it is not known whether the commit succeeded, and
        KeyboardInterrupt when `is_cancelled` returns True while another process holds the lock, for an outcome
        (`is_durable` is False) not before a second.
        """
        with self._lock, self.explaining_errors():
            try:
                self._acquire(is_cancelled, 0.0 if is_durable else INTERRUPTED_WAIT)
                yield
                self._flush(b"COMMIT")
            except BaseException:
                self._roll_back()
                raise

    def _acquire(self, is_cancelled: Callable[[], bool], patience: float) -> None:
        """Begin a transaction and get the write lock; waits for a server that restarts."""
        import psycopg

        started = time.monotonic()
        while True:
            try:
                if self._connection.closed:
                    self._connection = self._connect()
                self._connection.execute(_BEGIN, prepare=False)
            except psycopg.errors.LockNotAvailable:
                self._roll_back()
                interval, reason = 0.0, WAIT_FOR_LOCK
                if time.monotonic() - started >= LOCK_TIMEOUT:
                    raise
            except psycopg.OperationalError:
                self._roll_back()
                interval, reason = _RECONNECT_INTERVAL, WAIT_FOR_SERVER
                if time.monotonic() - started >= LOCK_TIMEOUT:
                    raise
            else:
                return
            if time.monotonic() - started >= patience and is_cancelled():
                raise KeyboardInterrupt(reason)
            time.sleep(interval)

    def _begin(self, statement: str) -> None:
        """Begin a transaction that only reads, with a new connection if the server closed this one."""
        import psycopg

        try:
            self._connection.execute(statement.encode())
        except psycopg.OperationalError:
            self._connection.close()
            self._connection = self._connect()
            self._connection.execute(statement.encode())

    def _roll_back(self) -> None:
        """End a transaction; a connection on which that fails is closed, and the server ends it."""
        import psycopg

        self._unsent.clear()
        try:
            if not self._connection.closed and self._is_in_transaction:
                self._connection.execute("ROLLBACK")
        except psycopg.Error:
            self._connection.close()

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

    @contextmanager
    def explaining_errors(self) -> Iterator[None]:
        """Turn errors of the server and the network into a LedgerError that says what to do."""
        import psycopg

        try:
            yield
        except psycopg.errors.LockNotAvailable:
            raise LedgerError(
                f"the ledger `{self.name}` is locked by another process",
                "wait until the other cxcall finishes, or stop it; then run this again",
            ) from None
        except psycopg.errors.InsufficientPrivilege as error:
            raise LastingLedgerError(
                f"the ledger `{self.name}` cannot be used: {_text_of(error)}",
                f"ask the owner of the database to grant CREATE on the database, or on the schema `{SCHEMA}` and its tables",
            ) from None
        except (psycopg.errors.ReadOnlySqlTransaction, psycopg.errors.DiskFull) as error:
            raise LedgerError(
                f"the ledger `{self.name}` cannot be written: {_text_of(error)}",
                "use the address of the primary server, or ask its administrator to free disk space; then run this again",
            ) from None
        except (psycopg.OperationalError, psycopg.InterfaceError) as error:
            raise LedgerError(
                f"the ledger `{self.name}` cannot be reached: {_text_of(error)}",
                "start the server, or check host, port, user, and password in CXCALL_LEDGER; then run this again",
            ) from None
        except (
            psycopg.errors.InvalidSqlStatementName,
            psycopg.errors.DuplicatePreparedStatement,
            psycopg.errors.UndefinedTable,
        ) as error:
            raise LastingLedgerError(
                f"the ledger `{self.name}` cannot be used over this connection: {_text_of(error)}",
                "connect without a connection pool, or use a pool in session mode; "
                f"if tables were deleted, restore a backup of the schema `{SCHEMA}`",
            ) from None
        except psycopg.Error as error:
            raise self.damage_error(_text_of(error)) from None

    def damage_error(self, detail: str) -> LedgerError:
        """Return the error for a ledger with a damaged record."""
        return LastingLedgerError(
            f"the ledger `{self.name}` is damaged: {detail}",
            f"restore a backup of the schema `{SCHEMA}`; without one, check on the platform which calls were placed, rename "
            f"the schema, and run `cxcall history accept`",
        )

    def close(self) -> None:
        """End the connection; everything that was recorded is committed."""
        if self._lock.is_own:
            with suppress(Exception):
                self._connection.close()


def _read_server(connection: Connection[Any]) -> str:
    """Return the timeline of the server and the number of the ledger's table; empty if the server does not report it."""
    import psycopg

    try:
        row = connection.execute(_SERVER.encode()).fetchone()
    except psycopg.OperationalError:
        raise
    except psycopg.Error:
        return ""
    return str(row[0] or "") if row else ""


def _text_of(error: Exception) -> str:
    """Return the first line of an error's text, without secrets."""
    lines = str(error).strip().splitlines()
    return redact(lines[0]) if lines else type(error).__name__
