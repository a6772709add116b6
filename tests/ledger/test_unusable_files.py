"""Unusable files of a ledger are reported before anything is sent, and are never removed."""

from __future__ import annotations

import sqlite3
import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from cxcall.findings.exit_codes import ExitCode, Outcome
from cxcall.ledger.errors import LedgerError
from cxcall.ledger.ledger import Ledger
from cxcall.ledger.schema import SCHEMA_VERSION
from cxcall.ledger.sqlite import sqlite_database as database
from helpers.ledger_process import intent
from helpers.ledgers import WINDOW, connect, is_intact, read_words, start_process


def message_of(stopped: pytest.ExceptionInfo[Any]) -> str:
    """Return the message of a LedgerError, after checking its form."""
    finding = stopped.value.findings[0]
    assert stopped.value.exit_code is ExitCode.USAGE
    assert (finding.code, bool(finding.fix), bool(finding.why)) == ("ledger", True, True)
    assert not finding.message.endswith(".")
    return str(finding.message)


def test_file_in_place_of_the_folder_is_reported(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    for folder in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(LedgerError) as stopped:
            Ledger.open(folder)
        assert f"`{tmp_path / 'file'}` is a file, not a folder" in message_of(stopped)
        assert "writable" not in stopped.value.findings[0].fix
    assert (tmp_path / "file").read_text() == "x"


def test_folder_in_place_of_the_file_is_reported(folder: Path) -> None:
    (folder / database.FILE_NAME).mkdir(parents=True)
    with pytest.raises(LedgerError) as stopped:
        Ledger.open(folder)
    assert message_of(stopped).endswith("is a folder, not a file")
    assert "mkdir" in stopped.value.findings[0].fix


@pytest.mark.parametrize("made_before", [False, True])
def test_unwritable_folder_is_reported(made_before: bool) -> None:  # noqa: FBT001 - a parameter of the test
    with tempfile.TemporaryDirectory() as above:
        Path(above).chmod(0o755)
        folder = Path(above) / "state"
        folder.mkdir()
        if made_before:
            Ledger.open(folder).__exit__()
            (folder / database.FILE_NAME).chmod(0o444)
        folder.chmod(0o555)
        [[word, code, rest]] = read_words(start_process("open_unprivileged", folder))
        folder.chmod(0o755)
    assert (word, code) == ("stopped", "2")
    assert rest.startswith("ledger the ledger `")
    # Another folder has no ledger that would stop a second call.
    assert "or set CXCALL_STATE_DIR" in rest or made_before
    assert "`CXCALL_STATE_DIR` has no record of the calls so far" in rest or not made_before


def test_full_disk_stops_the_next_delivery_and_loses_none(folder: Path) -> None:
    Ledger.open(folder).__exit__()
    lines = read_words(start_process("fill", folder, 400_000))
    *begun, (word, code, rest) = lines
    assert (word, code) == ("stopped", "2")
    assert "cannot be written" in rest
    assert "free disk space" in rest
    assert len(begun) > 2
    with Ledger.open(folder) as book:
        assert {delivery for _, delivery in begun} == {record.id for record in book.records()}
        assert book.begin(intent("room again"), WINDOW)
    assert is_intact(folder)


def test_damaged_file_is_reported(folder: Path) -> None:
    with Ledger.open(folder) as book:
        for number in range(50):
            book.begin(intent(str(number)), WINDOW)
    path = folder / database.FILE_NAME
    damaged = path.read_bytes()[:4096] + b"\xff" * (path.stat().st_size - 4096)
    path.write_bytes(damaged)
    for use in (lambda book: book.begin(intent("x"), WINDOW), lambda book: list(book.records())):
        with pytest.raises(LedgerError) as stopped, Ledger.open(folder) as book:
            use(book)
        assert "is damaged" in message_of(stopped)
    assert path.read_bytes() == damaged


@pytest.mark.parametrize("version", [5, SCHEMA_VERSION - 1])
def test_ledger_of_an_older_version_is_refused_and_kept(folder: Path, version: int) -> None:
    with Ledger.open(folder) as book:
        book.begin(intent("x"), WINDOW)
    with connect(folder) as connection:
        connection.execute(f"PRAGMA user_version = {version}")
    before = (folder / database.FILE_NAME).read_bytes()
    with pytest.raises(LedgerError) as stopped:
        Ledger.open(folder)
    assert f"was written by an older cxcall (ledger version {version})" in message_of(stopped)
    assert stopped.value.findings[0].fix.startswith("use the version of cxcall that wrote it")
    assert (folder / database.FILE_NAME).read_bytes() == before


def test_database_of_another_program_is_not_changed(folder: Path) -> None:
    folder.mkdir()
    with connect(folder) as connection:
        connection.execute("CREATE TABLE songs (title TEXT)")
    with pytest.raises(LedgerError) as stopped:
        Ledger.open(folder)
    assert "of another program" in message_of(stopped)
    with connect(folder) as connection:
        assert connection.execute("SELECT name FROM sqlite_master").fetchall() == [("songs",)]
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("delete",)


@pytest.mark.parametrize("replaced", [False, True])
def test_ledger_deleted_while_in_use_is_reported(
    file_book: Ledger,
    folder: Path,
    replaced: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    delivery = file_book.begin(intent("a"), WINDOW)
    folder.rename(folder.with_name("moved"))
    if replaced:
        Ledger.open(folder).__exit__()
    uses: tuple[Callable[[], object], ...] = (
        lambda: file_book.begin(intent("b"), WINDOW),
        lambda: file_book.record_outcome(delivery, Outcome.ACCEPTED),
    )
    for use in uses:
        with pytest.raises(LedgerError) as stopped:
            use()
        assert "deleted or replaced while in use" in message_of(stopped)


def test_outcome_of_an_unknown_id_is_an_error(book: Ledger) -> None:
    uses: tuple[Callable[[], object], ...] = (
        lambda: book.record_outcome("01NOTHING", Outcome.ACCEPTED),
        lambda: book.record_attempt("01NOTHING", 2),
        lambda: book.record_not_processed("01NOTHING", 1, "busy"),
    )
    for use in uses:
        with pytest.raises(LedgerError, match="has no delivery `01NOTHING`"):
            use()


def test_permanently_locked_ledger_is_reported(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Ledger.open(folder).__exit__()
    monkeypatch.setattr(database, "LOCK_TIMEOUT", 0.01)
    with Ledger.open(folder) as book, connect(folder) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(LedgerError) as stopped:
            book.begin(intent("a"), WINDOW)
        assert "is locked by another process" in message_of(stopped)
        other.execute("ROLLBACK")
        assert book.begin(intent("a"), WINDOW)


def test_new_ledger_appears_only_when_it_is_complete(folder: Path) -> None:
    with ThreadPoolExecutor(8) as threads:
        books = list(threads.map(lambda _: Ledger.open(folder), range(8)))
    for number, book in enumerate(books):
        with book:
            assert book.begin(intent(str(number)), WINDOW)
    assert [path.name for path in folder.iterdir()] == [database.FILE_NAME]


def test_programming_error_is_not_reported_as_a_damaged_file(folder: Path) -> None:
    with Ledger.open(folder) as book:
        pass
    with pytest.raises(sqlite3.ProgrammingError):
        book.begin(intent("a"), WINDOW)


def test_link_that_leads_nowhere_is_reported_and_creates_nothing(folder: Path) -> None:
    folder.mkdir()
    (folder / database.FILE_NAME).symlink_to(folder / "away.sqlite3")
    with pytest.raises(LedgerError) as stopped:
        Ledger.open(folder)
    assert "is a link to a file that is not there" in message_of(stopped)
    assert not (folder / "away.sqlite3").exists()
