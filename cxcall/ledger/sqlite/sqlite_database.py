"""A connection to the ledger's SQLite file: run statements and transactions beside other processes."""

from __future__ import annotations

import time
from contextlib import closing, contextmanager, suppress
from typing import TYPE_CHECKING, Any

from cxcall.ledger.database_interface import (
    INTERRUPTED_WAIT,
    LOCK_TIMEOUT,
    WAIT_FOR_LOCK,
    LedgerDatabase,
    never,
)
from cxcall.ledger.errors import LedgerError, damage_error, explain_errors
from cxcall.ledger.forked_processes import ProcessLock, suspend_during_forks
from cxcall.ledger.schema import PRUNE_TRIGGERS

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from contextlib import AbstractContextManager
    from pathlib import Path

FILE_NAME = "ledger.sqlite3"
POLL_INTERVAL = 0.002
MAX_CHECKED_SIZE = 16 * 1024 * 1024
"""Bytes up to which the whole file is checked although it is not required; this takes about half a second."""
_CLOSE_TIMEOUT = 1.0
READ_ONLY = "mode=ro"
UNCHANGED = "mode=ro&immutable=1"
"""Read without locks, which needs no other files: `close` raises LedgerError if the file was changed meanwhile."""
IN_MEMORY = "mode=memory"
"""An empty database in place of a file that does not exist."""


class SqliteDatabase(LedgerDatabase):
    """One connection to the file; threads that share it write one after another."""

    def __init__(self, path: Path, mode: str = "") -> None:
        self.path, self.name, self._mode = path, str(path), mode
        self.lock = ProcessLock(self.name)
        self._transaction = object()
        """Identifies the last transaction, so that only its own end rolls it back."""
        self._version = self._file_version() if mode == UNCHANGED else ()
        self._connection = self._connect(mode)
        self._is_suspended = self._is_closed = False
        self._file = () if mode == IN_MEMORY else self._file_identity()
        suspend_during_forks(self)

    def _connect(self, mode: str = "") -> sqlite3.Connection:
        import sqlite3

        self._is_durable: bool | None = False
        connection = sqlite3.connect(
            f"{self.path.absolute().as_uri()}?{mode}" if mode else self.path,
            timeout=0,
            isolation_level=None,
            check_same_thread=False,
            uri=bool(mode),
        )
        # A damaged text must not raise here: its checksum shows the damage.
        connection.text_factory = lambda content: content.decode("utf-8", "replace")
        connection.execute("PRAGMA fullfsync = ON")  # macOS: through the disk's own cache, too
        return connection

    def suspend(self) -> None:
        """Close the connection until it is needed again, unless a transaction needs it.

        A forked process believes that it has the locks of SQLite, which only its parent has, for each connection
        that is open: the parent could delete the `-wal` file while the child writes to it
        (https://www.sqlite.org/howtocorrupt.html#carrying_an_open_database_connection_across_a_fork).
        """
        is_open = not (self._is_suspended or self._is_closed)
        if is_open and not self._connection.in_transaction:
            self._connection.close()
            self._is_suspended = True

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Keep other threads from writing, and connect again after a fork."""
        with self.lock.held, explain_errors(self.path):
            if self._is_suspended:
                self._connection = self._connect(self._mode or "mode=rw")
                self._is_suspended = False
                self._stop_if_replaced()
            yield

    def run(
        self,
        statement: str,
        values: Sequence[Any] | Mapping[str, Any] = (),
        *,
        is_cancelled: Callable[[], bool] = never,
        patience: float = 0.0,
        started: float | None = None,
    ) -> sqlite3.Cursor:
        """Execute one statement as soon as no other process holds the lock that it needs; it waits since `started`.

        Raises KeyboardInterrupt when `is_cancelled` returns True during the wait, but not before
        `patience` seconds.

        SQLite's own wait polls ten times a second, so a busy process can starve it, and for some
        locks (the switch to WAL) it does not wait at all.
        """
        import sqlite3

        started = time.monotonic() if started is None else started
        while True:
            try:
                return self._connection.execute(statement, values)
            except sqlite3.OperationalError as error:
                is_busy = getattr(error, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_BUSY
                elapsed = time.monotonic() - started
                if not is_busy or elapsed >= LOCK_TIMEOUT:
                    raise
            if elapsed >= patience and is_cancelled():
                raise KeyboardInterrupt(WAIT_FOR_LOCK)
            time.sleep(POLL_INTERVAL)

    def run_many(self, statement: str, rows: Iterable[Sequence[Any]]) -> None:
        """Execute a statement for each row, within a transaction."""
        self._connection.executemany(statement, rows)

    def pragma(self, name: str) -> int:
        """Return the value of a pragma that is a number."""
        return int(self.run(f"PRAGMA {name}").fetchone()[0])

    @contextmanager
    def pruning(self) -> Iterator[None]:
        """Hold the write lock and allow deletion, which is otherwise forbidden; then shrink the file."""
        with self.transaction():
            for statement in PRUNE_TRIGGERS:
                self.run(f"DROP TRIGGER {statement.split()[2]}")
            yield
            for statement in PRUNE_TRIGGERS:
                self.run(statement)
        # Shrinking is optional, and fails while another process reads.
        with self.lock.held, suppress(Exception):
            self._connection.execute("VACUUM")

    def back_up(self, path: Path) -> None:
        """Copy the ledger to a new file with SQLite's online backup, while others may write to it."""
        import sqlite3

        with self.reading(), explain_errors(path), closing(sqlite3.connect(path)) as copy:
            self._connection.backup(copy)
            copy.execute("PRAGMA journal_mode = DELETE")  # complete in one file

    def find_structural_damage(self) -> str:
        """Return the damage that SQLite finds in the file; empty if there is none."""
        found = self.run("PRAGMA integrity_check(1)").fetchall()
        if found == [("ok",)]:
            return ""
        return str(found[0][0]) if found else "no result"

    def is_quick_to_check(self) -> bool:
        """Return whether the file is so small that checking all of it takes no noticeable time."""
        with suppress(FileNotFoundError):
            return self.path.stat().st_size <= MAX_CHECKED_SIZE
        return True

    def explaining_errors(self) -> AbstractContextManager[None]:
        """Turn errors of SQLite and the system into a LedgerError that says what to do."""
        return explain_errors(self.path)

    def damage_error(self, detail: str) -> LedgerError:
        """Return the error for a ledger with a damaged record."""
        return damage_error(self.path, detail)

    def close(self) -> None:
        """Move all records into the main file, and close it.

        Records that cannot be moved now, because another process is reading, stay in the `-wal` file,
        which is as durable; the process that closes last moves them.
        Raises LedgerError if another process changed a file that was read without locks.
        """
        if not self.lock.is_own:
            return
        has_lock = self.lock.acquire(timeout=_CLOSE_TIMEOUT)
        try:
            with suppress(Exception):
                self._set_durable(is_durable=True)
                self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
            self._is_suspended, self._is_closed = False, True
            self._connection.close()
        finally:
            if has_lock:
                self.lock.release()
        if self._version and self._file_version() != self._version:
            raise LedgerError(
                f"another process changed the ledger `{self.path}` while it was read",
                "run the command again",
            )

    def _file_version(self) -> tuple[int, ...]:
        """Return what a change of the records changes: size and time of the file, and the size of its `-wal` file."""
        status, log = self.path.stat(), self.path.with_name(f"{self.path.name}-wal")
        return status.st_size, status.st_mtime_ns, log.stat().st_size if log.exists() else 0

    def _file_identity(self) -> tuple[int, int]:
        status = self.path.stat()
        return status.st_dev, status.st_ino

    @property
    def is_replaced(self) -> bool:
        """Whether SQLite would continue writing to a deleted file, which the next process does not see."""
        with suppress(OSError):
            return self._file_identity() != self._file
        return True

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """Read one state of the file in several statements, whatever other processes write."""
        with self.reading():
            if self._connection.in_transaction:
                yield
                return
            own = self._transaction = object()
            try:
                self.run("BEGIN")
                yield
            finally:
                self._roll_back(own)

    @contextmanager
    def transaction(
        self, is_cancelled: Callable[[], bool] = never, *, is_durable: bool = True
    ) -> Iterator[None]:
        """Hold the write lock, so that no other process changes the records that are read.

        With `is_durable`, the changes survive a power failure after the transaction; otherwise after the
        next durable transaction, or when the file is closed. A killed process loses neither.
        Raises LedgerError when the file was deleted or replaced, and KeyboardInterrupt when
        `is_cancelled` returns True while another process holds the lock.
        """
        started = time.monotonic()  # threads wait at the same time, not one after another
        with self.reading():
            self._roll_back(self._transaction)  # if an exception of the program prevented its end
            self._set_durable(is_durable=is_durable)
            own = self._transaction = object()
            try:
                # To record an outcome, wait a short time even after a signal.
                patience = 0.0 if is_durable else INTERRUPTED_WAIT
                self.run(
                    "BEGIN IMMEDIATE",
                    is_cancelled=is_cancelled,
                    patience=patience,
                    started=started,
                )
                yield
                self.run("COMMIT")
            except BaseException:
                self._roll_back(own)
                raise
        self._stop_if_replaced()

    def _roll_back(self, transaction: object) -> None:
        """End a transaction, unless it has ended and another one has begun."""
        if transaction is self._transaction and self._connection.in_transaction:
            self.run("ROLLBACK")

    def _stop_if_replaced(self) -> None:
        if self.is_replaced:
            raise LedgerError(
                f"the ledger `{self.path}` was deleted or replaced while in use",
                "restore it, or check on the platform which calls were placed",
            )

    def _set_durable(self, *, is_durable: bool) -> None:
        if is_durable != self._is_durable:
            self._is_durable = None  # not known if an exception of the program comes now
            self.run(f"PRAGMA synchronous = {'FULL' if is_durable else 'NORMAL'}")
            self._is_durable = is_durable
