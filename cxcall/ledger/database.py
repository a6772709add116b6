"""The ledger's SQLite file: create, open, and write it durably from many processes; explain its errors."""

from __future__ import annotations

import shlex
import time
from contextlib import contextmanager, suppress
from threading import RLock
from typing import TYPE_CHECKING, Any, Self

from cxcall.findings.errors import CxcallError
from cxcall.findings.exit_codes import ExitCode
from cxcall.findings.finding import Finding

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

FILE_NAME = "ledger.sqlite3"
SCHEMA_VERSION = 3
NOT_RECORDED = "?"
"""Stands for what an older version did not record about a batch."""
LOCK_TIMEOUT = 30.0
POLL_INTERVAL = 0.002
_APPLICATION_ID = 0x63786C67  # "cxlg": distinguishes a ledger from any other database
_DEFAULT_FIX = "make it writable, or set CXCALL_STATE_DIR to a folder of yours"

_APPEND_ONLY_TABLES = ("delivery", "event")


def _trigger(table: str, verb: str) -> str:
    return (
        f"CREATE TRIGGER {table}_{verb} BEFORE {verb} ON {table} "
        "BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END"
    )


# Rows are only inserted. The state of a delivery is its last event. Before each attempt an event
# says `unknown`, so a process that is killed while it sends leaves the delivery `unknown`.
_SCHEMA = (
    """CREATE TABLE delivery (
        number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, at REAL NOT NULL,
        profile TEXT NOT NULL, operation TEXT NOT NULL, provenance TEXT NOT NULL,
        method TEXT NOT NULL, target TEXT NOT NULL, digest TEXT NOT NULL,
        numbers TEXT NOT NULL, again INTEGER NOT NULL
    )""",
    """CREATE TABLE event (
        number INTEGER PRIMARY KEY, delivery INTEGER NOT NULL REFERENCES delivery,
        at REAL NOT NULL, kind TEXT NOT NULL, attempts INTEGER NOT NULL, outcome TEXT NOT NULL,
        status INTEGER, engagement_id TEXT, correlation_id TEXT, resolution TEXT NOT NULL,
        ended_at REAL, note TEXT NOT NULL
    )""",
    "CREATE INDEX delivery_at ON delivery (at)",
    "CREATE INDEX delivery_digest ON delivery (digest)",
    "CREATE INDEX delivery_operation ON delivery (operation, at)",
    "CREATE INDEX event_delivery ON event (delivery)",
    "CREATE INDEX event_engagement ON event (engagement_id) WHERE engagement_id IS NOT NULL",
    *(_trigger(table, verb) for table in _APPEND_ONLY_TABLES for verb in ("UPDATE", "DELETE")),
)
_UPGRADES = {
    2: (
        "ALTER TABLE delivery ADD COLUMN batch TEXT NOT NULL DEFAULT ''",
        "ALTER TABLE delivery ADD COLUMN row INTEGER",
        "CREATE INDEX delivery_batch ON delivery (batch, digest) WHERE batch <> ''",
        """CREATE TABLE batch (
            number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, at REAL NOT NULL,
            profile TEXT NOT NULL, operation TEXT NOT NULL, target TEXT NOT NULL,
            file TEXT NOT NULL, digest TEXT NOT NULL
        )""",
        "CREATE TABLE batch_end (batch TEXT NOT NULL, at REAL NOT NULL)",
        "CREATE INDEX batch_end_batch ON batch_end (batch)",
    ),
    3: (f"ALTER TABLE batch ADD COLUMN given TEXT NOT NULL DEFAULT '{NOT_RECORDED}'",),
}


class LedgerError(CxcallError):
    """The ledger cannot be used: what it cannot record is not sent."""

    exit_code = ExitCode.USAGE

    def __init__(self, message: str, fix: str = _DEFAULT_FIX) -> None:
        why = "what cannot be recorded is not sent: it might be dialed twice"
        super().__init__(Finding.error("ledger", "ledger", message, fix, why))


class LedgerDatabase:
    """One connection to the file; threads that share it write one after another."""

    def __init__(self, path: Path, connection: sqlite3.Connection) -> None:
        self.path = path
        self._lock = RLock()
        self._connection = connection
        self._file = self._file_identity()

    @classmethod
    def open(cls, folder: Path) -> Self:
        """Open the file in `folder`, or create it; raises LedgerError when it cannot be used."""
        import sqlite3

        path = folder / FILE_NAME
        with explain_errors(path):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            connection = sqlite3.connect(
                path, timeout=0, isolation_level=None, check_same_thread=False
            )
            try:
                # SQLite creates the file, and the mode is set afterwards: closing a file that was
                # opened for that would drop this process's SQLite locks. It is still empty.
                if path.stat().st_mode & 0o077:
                    path.chmod(0o600)
                database = cls(path, connection)
                database._prepare()
            except BaseException:
                connection.close()
                raise
        return database

    def run(
        self,
        statement: str,
        values: Sequence[Any] | Mapping[str, Any] = (),
        *,
        is_cancelled: Callable[[], bool] = lambda: False,
    ) -> sqlite3.Cursor:
        """Execute one statement as soon as no other process holds the lock that it needs.

        Raises KeyboardInterrupt when `is_cancelled` returns True during the wait.

        SQLite's own wait polls ten times a second, so a busy process can starve it, and for some
        locks (the switch to WAL) it does not wait at all.
        """
        import sqlite3

        deadline = time.monotonic() + LOCK_TIMEOUT
        while True:
            try:
                return self._connection.execute(statement, values)
            except sqlite3.OperationalError as error:
                is_busy = error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY
                if not is_busy or time.monotonic() >= deadline:
                    raise
            if is_cancelled():
                raise KeyboardInterrupt
            time.sleep(POLL_INTERVAL)

    def _prepare(self) -> None:
        self.run("PRAGMA synchronous = FULL")
        self.run("PRAGMA fullfsync = ON")  # macOS: through the disk's own cache, too
        if self._pragma("application_id") != _APPLICATION_ID:
            self._create()
        version = self._pragma("user_version")
        if version > SCHEMA_VERSION:
            raise LedgerError(
                f"`{self.path}` was written by a newer cxcall (ledger version {version})",
                "upgrade cxcall",
            )
        if version < SCHEMA_VERSION:
            self._upgrade()

    def _upgrade(self) -> None:
        """Upgrade the tables to this version; another process may be doing the same."""
        with self.transaction():
            for version in range(self._pragma("user_version") + 1, SCHEMA_VERSION + 1):
                for statement in _UPGRADES[version]:
                    self.run(statement)
                self.run(f"PRAGMA user_version = {version}")

    def _pragma(self, name: str) -> int:
        return int(self.run(f"PRAGMA {name}").fetchone()[0])

    def _create(self) -> None:
        """Turn an empty database into a ledger; another process may be doing the same."""
        self._refuse_other_databases()
        self.run("PRAGMA journal_mode = WAL")
        with self.transaction():
            if self._pragma("application_id") == _APPLICATION_ID:
                return
            for statement in _SCHEMA:
                self.run(statement)
            self.run(f"PRAGMA application_id = {_APPLICATION_ID}")
            self.run("PRAGMA user_version = 1")

    def _refuse_other_databases(self) -> None:
        tables, application = self.run(
            "SELECT (SELECT count(*) FROM sqlite_master), * FROM pragma_application_id"
        ).fetchone()
        if tables and application != _APPLICATION_ID:
            raise unusable_file_error(self.path, "is a database of another program")

    @contextmanager
    def pruning(self) -> Iterator[None]:
        """Hold the write lock and allow deletion, which nothing else allows; then shrink the file."""
        with self.transaction():
            for table in _APPEND_ONLY_TABLES:
                self.run(f"DROP TRIGGER {table}_DELETE")
            yield
            for table in _APPEND_ONLY_TABLES:
                self.run(_trigger(table, "DELETE"))
        # Shrinking is optional, and fails while another process reads.
        with self._lock, suppress(Exception):
            self._connection.execute("VACUUM")

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def _file_identity(self) -> tuple[int, int]:
        status = self.path.stat()
        return status.st_dev, status.st_ino

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Keep other threads from writing while this one reads."""
        with self._lock, explain_errors(self.path):
            yield

    @contextmanager
    def transaction(self, is_cancelled: Callable[[], bool] = lambda: False) -> Iterator[None]:
        """Hold the write lock: nobody changes what is read inside. What is written is durable at the end.

        Raises LedgerError when the file was deleted or replaced, and KeyboardInterrupt when
        `is_cancelled` returns True while another process holds the lock.
        """
        with self._lock, explain_errors(self.path):
            try:
                self.run("BEGIN IMMEDIATE", is_cancelled=is_cancelled)
                yield
                self.run("COMMIT")
            except BaseException:
                if self._connection.in_transaction:
                    self.run("ROLLBACK")
                raise
        # SQLite goes on writing to a deleted file, and the next process would see none of it.
        identity = None
        with suppress(OSError):
            identity = self._file_identity()
        if identity != self._file:
            raise LedgerError(
                f"the ledger `{self.path}` was deleted or replaced while in use",
                "put it back, or look at the platform for what it placed; then run this again",
            )


@contextmanager
def explain_errors(path: Path) -> Iterator[None]:
    """Turn errors of SQLite and the system into a LedgerError that says what to do."""
    import sqlite3

    try:
        yield
    except OSError as error:
        reason = f"`{error.filename or path}`: {error.strerror}"
        if isinstance(error, FileExistsError | NotADirectoryError):
            reason = f"`{error.filename}` is a file, or lies under one"
        raise LedgerError(f"the ledger `{path}` cannot be opened: {reason}") from None
    except sqlite3.Error as error:
        raise (_explain(error, path) or error) from None


def _explain(error: sqlite3.Error, path: Path) -> LedgerError | None:
    """Return the error for a result code of SQLite; None where the fault is in cxcall itself."""
    name = str(getattr(error, "sqlite_errorname", ""))
    if name.startswith(("SQLITE_BUSY", "SQLITE_PROTOCOL")):
        return LedgerError(
            f"the ledger `{path}` is held by another process: {error}",
            "let the other cxcall finish, or end it; then run this again",
        )
    if name.startswith(("SQLITE_FULL", "SQLITE_IOERR")):
        return LedgerError(
            f"the ledger `{path}` cannot be written: {error}",
            f"free some space, or mend the disk: `df -h {shlex.quote(str(path.parent))}`; then run this again",
        )
    if name.startswith(("SQLITE_READONLY", "SQLITE_CANTOPEN", "SQLITE_PERM")):
        return LedgerError(f"the ledger `{path}` cannot be written: {error}")
    if name.startswith(("SQLITE_NOTADB", "SQLITE_CORRUPT")):
        return unusable_file_error(path, f"is damaged or not a ledger: {error}")
    return None


def unusable_file_error(path: Path, problem: str) -> LedgerError:
    """Return the error for a file that is not a ledger: a person must move it away, not cxcall."""
    file, aside = shlex.quote(str(path)), shlex.quote(str(path.parent / "damaged"))
    return LedgerError(
        f"the ledger `{path}` {problem}",
        f"look at the platform for what it placed, then `mkdir {aside} && mv {file}* {aside}`",
    )
