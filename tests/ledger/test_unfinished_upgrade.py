"""An upgrade that cannot be finished leaves the ledger as it was, and an older process cannot write after it."""

from __future__ import annotations

import shutil
import signal
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from cxcall.ledger.duplicates import AlreadySentError
from cxcall.ledger.errors import LedgerError, MissingRecordsError
from cxcall.ledger.ledger import Ledger
from cxcall.ledger.postgres.postgres_connection import _SETTINGS
from cxcall.ledger.schema import SCHEMA_VERSION
from cxcall.ledger.sqlite.sqlite_database import FILE_NAME
from cxcall.ledger.version_6 import Conversion
from helpers.ledgers import start_process
from helpers.older_ledgers import (
    LAST,
    RELEASED,
    clock,
    intent,
    now,
    write_older_file,
    write_older_tables,
)

if TYPE_CHECKING:
    from pathlib import Path

DAMAGES = {
    "changed record": "DROP TRIGGER event_UPDATE; UPDATE event SET outcome = 'refused' WHERE outcome = 'accepted';"
    "CREATE TRIGGER event_UPDATE BEFORE UPDATE ON event BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;",
    "missing end": "DELETE FROM batch_end WHERE number = (SELECT max(number) FROM batch_end);",
    "missing decision": "DELETE FROM decision;",
    "missing state": "DELETE FROM state;",
    "missing trigger": "DROP TRIGGER person_UPDATE;",
    "missing index": "DROP INDEX delivery_digest_at;",
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_damaged_ledger_is_not_upgraded(tmp_path: Path, damage: str) -> None:
    path = write_older_file(tmp_path, LAST, damage)
    before = path.read_bytes()
    with pytest.raises(LedgerError, match="is damaged: "):
        Ledger.open(tmp_path)
    assert path.read_bytes() == before


@pytest.mark.slow
def test_damaged_tables_are_not_upgraded(postgres_url: str) -> None:
    damage = "ALTER TABLE delivery DISABLE TRIGGER append_only; UPDATE delivery SET digest = 'x' WHERE number = 3"
    write_older_tables(postgres_url, LAST, damage)
    with pytest.raises(LedgerError, match="`delivery` does not match its checksum"):
        Ledger.open_shared(postgres_url)
    with psycopg.connect(postgres_url) as connection:
        assert connection.execute("SELECT number FROM cxcall.version").fetchone() == (6,)
        assert connection.execute("SELECT count(*) FROM cxcall.batch_end").fetchone() == (11,)


def test_damaged_ledger_that_is_not_upgraded_stays_where_it_is(tmp_path: Path) -> None:
    """The version that wrote it can still use it, if the damage is in a record that guards nothing."""
    write_older_file(tmp_path, LAST, "UPDATE unsent SET message = 'x'")
    with pytest.raises(LedgerError, match="cannot be upgraded from version 6") as stopped:
        Ledger.open(tmp_path)
    found = stopped.value.findings[0]
    assert "leave the ledger where it is, and use cxcall 0.2.0" in found.fix
    assert "this checks all of its records, and needs about 1 MB" in found.why


def test_processes_upgrade_a_ledger_at_once(tmp_path: Path) -> None:
    write_older_file(tmp_path, LAST)
    with ThreadPoolExecutor(8) as threads:
        books = list(threads.map(lambda _: Ledger.open(tmp_path), range(8)))
    for book in books:
        with book:
            book.check(always=True)
            assert len(list(book.records())) == 13


@pytest.mark.slow
def test_machines_upgrade_a_ledger_at_once(postgres_url: str) -> None:
    write_older_tables(postgres_url, LAST)
    with ThreadPoolExecutor(4) as threads:
        books = list(threads.map(lambda _: Ledger.open_shared(postgres_url), range(4)))
    for book in books:
        with book:
            book.check(always=True)
            assert len(list(book.records())) == 13
            assert not book.missing_records()


def connect_older(url: str) -> psycopg.Connection:
    """Connect to the server as cxcall 0.2.0 does."""
    options = "-c lock_timeout=50ms"
    return psycopg.connect(url, autocommit=True, application_name="cxcall", options=options)


@pytest.mark.slow
def test_tables_are_upgraded_only_while_no_older_process_is_connected(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An older process that is connected would report damage afterwards, and advise to continue without the records."""
    write_older_tables(postgres_url, LAST)
    with connect_older(postgres_url) as older:
        with pytest.raises(LedgerError, match=r"older cxcall .* \(sessions: 1\)"):
            Ledger.open_shared(postgres_url)
        pid = older.info.backend_pid
    with psycopg.connect(postgres_url) as connection:
        connection.execute("SELECT pg_terminate_backend(%s, 10000)", (pid,))
    monkeypatch.setitem(_SETTINGS, "lock_timeout", "50ms")
    check_counts = Conversion.check_counts

    def connect_others(conversion: Conversion) -> None:
        check_counts(conversion)
        is_locked = pytest.raises(psycopg.errors.LockNotAvailable)
        with connect_older(postgres_url) as older, is_locked:
            older.execute("SELECT number FROM cxcall.version")
        with pytest.raises(LedgerError, match="another process is creating or upgrading"):
            Ledger.open_shared(postgres_url)

    monkeypatch.setattr(Conversion, "check_counts", connect_others)
    Ledger.open_shared(postgres_url).__exit__()


@pytest.mark.slow
def test_interrupted_upgrade_is_no_error_of_the_server(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_older_tables(postgres_url, LAST)
    rows, convert = iter(range(5)), Conversion.convert

    def interrupt(self: Conversion, *row: Any) -> tuple[Any, ...]:
        if next(rows, None) is None:
            raise KeyboardInterrupt
        return convert(self, *row)

    monkeypatch.setattr(Conversion, "convert", interrupt)
    with pytest.raises(KeyboardInterrupt):
        Ledger.open_shared(postgres_url)


@pytest.mark.slow
def test_role_that_does_not_own_the_tables_uses_them_after_their_owner(postgres_url: str) -> None:
    write_older_tables(postgres_url, LAST)
    with psycopg.connect(postgres_url) as connection:
        connection.execute("CREATE ROLE operator_of_calls LOGIN")
        connection.execute("GRANT USAGE ON SCHEMA cxcall TO operator_of_calls")
        connection.execute("GRANT ALL ON ALL TABLES IN SCHEMA cxcall TO operator_of_calls")
    operator_of_calls = postgres_url.replace("://cxcall@", "://operator_of_calls@")
    try:
        with pytest.raises(LedgerError, match="was written by an older cxcall") as stopped:
            Ledger.open_shared(operator_of_calls)
        assert "as the role that owns its tables" in stopped.value.findings[0].fix
        Ledger.open_shared(postgres_url).__exit__()
        with Ledger.open_shared(operator_of_calls, now=now, boot_clock=clock) as book:
            assert book.begin(intent("new"), 900)
    finally:
        with psycopg.connect(postgres_url) as connection:
            connection.execute("DROP OWNED BY operator_of_calls; DROP ROLE operator_of_calls")


def upgrade_and_kill(place: object, step: int) -> bool:
    """Upgrade a ledger in a process that is killed before one of its statements; returns whether it was."""
    with start_process("upgrade", place, step) as upgrading:
        upgrading.communicate(timeout=60)
    assert upgrading.returncode in (0, -signal.SIGKILL)
    return upgrading.returncode != 0


@pytest.mark.slow
def test_killed_upgrade_leaves_a_whole_ledger(tmp_path: Path) -> None:
    original = write_older_file(tmp_path / "original", LAST)
    found, step = set(), 1
    while True:
        folder = tmp_path / str(step)
        folder.mkdir()
        shutil.copyfile(original, folder / FILE_NAME)
        was_killed = upgrade_and_kill(folder, step)
        with closing(sqlite3.connect(folder / FILE_NAME)) as file:
            (version,) = file.execute("PRAGMA user_version").fetchone()
        found.add(version)
        with Ledger.open(folder, now=now, boot_clock=clock) as book:
            book.check(always=True)
            assert len(list(book.records())) == 13
            with pytest.raises(AlreadySentError):
                book.begin(intent("unknown"), 900)
        if not was_killed:
            break
        step += 40  # the last step is the end of the transaction
    assert found == {6, SCHEMA_VERSION}


@pytest.mark.slow
def test_killed_upgrade_leaves_whole_tables(postgres_url: str) -> None:
    write_older_tables(postgres_url, LAST)
    step = 3
    while upgrade_and_kill(postgres_url, step):
        with psycopg.connect(postgres_url) as connection:
            assert connection.execute("SELECT number FROM cxcall.version").fetchone() in (
                (6,),
                (SCHEMA_VERSION,),
            )
        step += 50  # the last step is after the version was written
    with Ledger.open_shared(postgres_url, now=now, boot_clock=clock) as book:
        book.check(always=True)
        assert len(list(book.records())) == 13
        assert not book.missing_records()


def test_older_process_cannot_write_to_an_upgraded_ledger(tmp_path: Path) -> None:
    """Each of its transactions begins with the state, which has another column now."""
    path = write_older_file(tmp_path, RELEASED)
    statement = "SELECT state.generation, state.last_batch_end FROM state"
    with closing(sqlite3.connect(path)) as older:
        assert older.execute(statement).fetchone()
        Ledger.open(tmp_path).__exit__()
        with pytest.raises(sqlite3.OperationalError, match="no such column"):
            older.execute(statement)
        assert older.execute("PRAGMA user_version").fetchone() == (SCHEMA_VERSION,)


def test_restored_backup_of_version_6_lacks_records(tmp_path: Path) -> None:
    state, markers = tmp_path / "state", tmp_path / "markers"
    path = write_older_file(state, LAST)
    with Ledger.open(state, marker_folder=markers, now=now) as book:
        assert not book.missing_records()
        assert book.begin(intent("new"), 900)
    path.unlink()
    write_older_file(state, LAST)
    with Ledger.open(state, marker_folder=markers, now=now) as book:
        assert "is an older copy: its last change is missing" in book.missing_records()
        with pytest.raises(MissingRecordsError):
            book.begin(intent("new"), 900)
