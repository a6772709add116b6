"""Open the ledger's file: create it, refuse an incomplete ledger, and upgrade an older one."""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TYPE_CHECKING

from cxcall.ledger.checksummed_rows import State, check_if_quick, with_checksum
from cxcall.ledger.errors import (
    LedgerError,
    damage_error,
    explain_errors,
    stop_on_version,
    unusable_file_error,
)
from cxcall.ledger.schema import (
    APPLICATION_ID,
    EXPECTED,
    INDEXES,
    SCHEMA_VERSION,
    TABLES,
    insert_statement,
)
from cxcall.ledger.sqlite.sqlite_database import (
    FILE_NAME,
    IN_MEMORY,
    READ_ONLY,
    UNCHANGED,
    SqliteDatabase,
)
from cxcall.runtime.operating_system import sync_folder

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable
    from pathlib import Path

_SIDE_FILES = ("-wal", "-journal")
_FIRST_RECORDS = 256 * 1024
"""Bytes of a new ledger with its additional files."""
_WHY_UPGRADE = "cxcall 0.2.0 wrote this ledger, which is upgraded before it is used: this checks all of its records, and needs"
_SPACE_OF_UPGRADE = 2
"""The space that the upgrade of a file needs in addition, by the file's size."""


def open_database(folder: Path) -> SqliteDatabase:
    """Open the file in `folder`, or create it; raises LedgerError when it cannot be used."""
    path = folder / FILE_NAME
    with explain_errors(path):
        if not folder.is_dir():
            from cxcall.documents.private_files import make_private_folder

            make_private_folder(folder)
        if _is_new(path):
            _create(path)
        was_left_open = _size(_side_file(path, "-wal")) > 0
        return _open(path, is_doubtful=was_left_open)


def open_for_reading(folder: Path) -> SqliteDatabase:
    """Open the file in `folder` as `open_database` does, and one that cannot be written, or created, only to read it.

    SQLite reads such a file only if the files of a process that writes are there, or if nothing writes to it.
    """
    path = folder / FILE_NAME
    with explain_errors(path):
        if _is_writable(path):
            return open_database(folder)
        if _is_new(path):
            database = SqliteDatabase(path, IN_MEMORY)
            _create_tables(database.run)
            return database
        is_in_use = _size(_side_file(path, "-wal")) >= 0
        return _open(path, READ_ONLY if is_in_use else UNCHANGED)


def _open(path: Path, mode: str = "", *, is_doubtful: bool = True) -> SqliteDatabase:
    """Open a file, and check its tables; also every record if the file is doubtful."""
    database = SqliteDatabase(path, mode)
    try:
        # The mode is set after SQLite has opened the file: closing a file that was opened for
        # that would drop this process's SQLite locks.
        if not mode and path.stat().st_mode & 0o077:
            path.chmod(0o600)
        _prepare(database)
        if is_doubtful:
            check_if_quick(database)
    except BaseException:
        database.close()
        raise
    return database


def _is_writable(path: Path) -> bool:
    """Return whether a file can be written or created, and SQLite's other files beside it."""
    folder = next(each for each in path.absolute().parents if os.path.lexists(each))
    return os.access(folder, os.W_OK) and (os.access(path, os.W_OK) or not os.path.lexists(path))


def check_folder(folder: Path) -> bool:
    """Return whether there is a ledger in `folder`; raises LedgerError if it cannot be written or created."""
    from tempfile import TemporaryFile

    path = folder / FILE_NAME
    with explain_errors(path):
        parents = (folder, *folder.absolute().parents)
        place = next(each for each in parents if os.path.lexists(each))
        with TemporaryFile(dir=place) as file:
            file.write(bytes(_FIRST_RECORDS))
        return not _is_new(path)


def _side_file(path: Path, suffix: str) -> Path:
    return path.with_name(path.name + suffix)


def _size(path: Path) -> int:
    """Return the size of a file in bytes; -1 if it does not exist."""
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return -1


def _is_new(path: Path) -> bool:
    """Return whether there is no ledger yet; raises LedgerError if a part of a ledger exists."""
    size = _size(path)
    if size < 0 and path.is_symlink():
        raise unusable_file_error(path, "is a link to a file that is not there")
    if size == 0:
        raise unusable_file_error(path, "is empty: its records are lost")
    orphans = [name for name in _SIDE_FILES if size < 0 and _size(_side_file(path, name)) > 0]
    # Another process may have created the ledger, and started to write, since its size was read.
    if orphans and _size(path) < 0:
        raise unusable_file_error(path, f"is missing beside its `{orphans[0]}` file")
    return size < 0


def _create(path: Path) -> None:
    """Create an empty ledger, which appears under its name only when it is complete.

    It is written without a `-wal` file: whatever a full disk prevents is an error before the file gets its name. An
    unfinished draft is removed with its other files, because it was never in use.
    """
    import sqlite3

    draft = path.with_name(f".{path.name}.{os.getpid()}.{os.urandom(4).hex()}")
    try:
        connection = sqlite3.connect(draft, isolation_level=None)
        try:
            draft.chmod(0o600)
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute("BEGIN")
            _create_tables(connection.execute)
            connection.execute("COMMIT")
            connection.execute("PRAGMA journal_mode = WAL")
        finally:
            connection.close()
        _publish(draft, path)
    finally:
        for suffix in ("", *_SIDE_FILES, "-shm"):
            _side_file(draft, suffix).unlink(missing_ok=True)


def _create_tables(execute: Callable[..., sqlite3.Cursor]) -> None:
    """Create the tables of a new ledger, with its record of itself."""
    for statement in (*TABLES, *INDEXES):
        execute(statement)
    execute(insert_statement("state"), with_checksum("state", State.new()))
    execute(f"PRAGMA application_id = {APPLICATION_ID}")
    execute(f"PRAGMA user_version = {SCHEMA_VERSION}")


def _publish(draft: Path, path: Path) -> None:
    """Give a file its name, unless another process has created one of that name."""
    try:
        os.link(draft, path)
    except FileExistsError:
        return
    except OSError:  # a file system without hard links
        with suppress(FileExistsError), path.open("xb") as file:
            try:
                file.write(draft.read_bytes())
                os.fsync(file.fileno())
            except BaseException:
                path.unlink()
                raise
        path.chmod(0o600)
    sync_folder(path.parent)


def _prepare(database: SqliteDatabase) -> None:
    """Check the version and the tables; an older ledger is upgraded."""
    if database.pragma("application_id") != APPLICATION_ID:
        (tables,) = database.run("SELECT count(*) FROM sqlite_master").fetchone()
        problem = "is a database of another program" if tables else "has no records and no tables"
        raise unusable_file_error(database.path, problem)
    version = database.pragma("user_version")
    if not version:
        raise damage_error(database.path, "it has no version")
    if version < SCHEMA_VERSION:
        from cxcall.ledger.sqlite.upgrade import upgrade_file
        from cxcall.ledger.version_6 import VERSION

        try:
            upgrade_file(database)
        except LedgerError as error:
            if version == VERSION:
                megabytes = _SPACE_OF_UPGRADE * _size(database.path) // 2**20 + 1
                why = f"{_WHY_UPGRADE} about {megabytes} MB of free space in its folder; until then, 0.2.0 can read it"
                error.findings = (error.findings[0]._replace(why=why),)
            raise
    else:
        stop_on_version(database.name, version, SCHEMA_VERSION)
    _check_schema(database)


def _check_schema(database: SqliteDatabase) -> None:
    import sqlite3

    try:
        found = database.run("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL").fetchall()
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode != sqlite3.SQLITE_ERROR:
            raise
        raise damage_error(database.path, str(error)) from None
    # While another process prunes, two triggers are missing inside its transaction.
    if {statement for (statement,) in found} != EXPECTED:
        raise damage_error(database.path, "its tables are not those of a ledger")
