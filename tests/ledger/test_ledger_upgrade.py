"""Ledgers of older versions are upgraded with all their records."""

from __future__ import annotations

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from cxcall.findings.exit_codes import Outcome
from cxcall.ledger.duplicates import AlreadySentError
from cxcall.ledger.errors import LedgerError
from cxcall.ledger.ledger import Ledger
from cxcall.ledger.schema import UPGRADES
from cxcall.ledger.sqlite import sqlite_database as database
from helpers.ledger_process import intent
from helpers.ledgers import (
    WINDOW,
)


def test_ledger_of_the_first_release_is_upgraded_and_still_guards(tmp_path: Path) -> None:
    script = Path(__file__).with_name("ledger_version_1.sql").read_text("utf-8")
    with closing(sqlite3.connect(tmp_path / database.FILE_NAME)) as old:
        old.executescript(script)
    with ThreadPoolExecutor(8) as threads:
        books = list(threads.map(lambda _: Ledger.open(tmp_path), range(8)))
    for book in books:
        with book:
            record = book.get("01M83T4CM0")
            assert (record.batch, record.row, record.is_unresolved) == ("", None, True)
            with pytest.raises(AlreadySentError):
                book.begin(intent("x")._replace(digest=record.digest), 0)
            assert book.batches.begin("default", "execute", "x", "", "/f", "d")


def test_unfinished_batch_of_a_ledger_before_version_4_guards_its_rows_at_any_age(
    tmp_path: Path,
) -> None:
    script = Path(__file__).with_name("ledger_version_1.sql").read_text("utf-8")
    rows = "".join(
        f"INSERT INTO delivery VALUES({number},'ID{number}',1000.0,'p','execute','community','POST','https://x/','{name}','[]',0,'{batch}',1);"
        f"INSERT INTO event VALUES({number},{number},1000.0,'ended',1,'accepted',201,NULL,NULL,'',1000.0,'');"
        for number, (name, batch) in enumerate([("open", "B1"), ("ended", "B2"), ("single", "")], 2)
    )
    with closing(sqlite3.connect(tmp_path / database.FILE_NAME)) as old:
        old.executescript(script)
        for statement in (*UPGRADES[2], *UPGRADES[3]):
            old.execute(statement)
        old.executescript(
            f"{rows} INSERT INTO batch_end VALUES('B2',1000.0); PRAGMA user_version = 3"
        )
    with Ledger.open(tmp_path) as book:
        with pytest.raises(AlreadySentError, match="`B1`, which is not finished"):
            book.begin(intent("x")._replace(digest="open"), WINDOW)
        with pytest.raises(AlreadySentError, match="ID2"):
            book.begin(intent("x")._replace(digest="open", batch="B2"), WINDOW)
        assert book.begin(intent("x")._replace(digest="ended"), WINDOW)
        assert book.begin(intent("x")._replace(digest="single"), WINDOW)


def ledger_of_version_4(folder: Path, change: str = "") -> None:
    """Write the ledger of version 4: a batch that ended, with an accepted, a refused, and an unknown row."""
    script = Path(__file__).with_name("ledger_version_4.sql").read_text("utf-8")
    with closing(sqlite3.connect(folder / database.FILE_NAME)) as old:
        old.executescript(script)
        old.executescript(change)


def test_ledger_of_version_4_is_upgraded_with_all_its_records(tmp_path: Path) -> None:
    ledger_of_version_4(tmp_path)
    with ThreadPoolExecutor(4) as threads:
        books = list(threads.map(lambda _: Ledger.open(tmp_path), range(4)))
    for book in books[1:]:
        book.__exit__()
    with books[0] as book:
        book.check(always=True)
        found = list(book.records())
        assert [each.outcome for each in found] == ["unknown", "refused", "accepted"]
        assert [(each.key, each.code, dict(each.timings)) for each in found] == [("", "", {})] * 3
        (batch,) = book.batches.all()
        assert (batch.is_finished, batch.rows, batch.key) == (True, None, "")
        for each in found:
            if each.outcome is not Outcome.REFUSED:
                with pytest.raises(AlreadySentError):
                    book.begin(intent("x")._replace(digest=each.digest, batch=batch.id), WINDOW)
        assert book.resolve(found[0].id, placed=True).note == "timed out"


def test_damaged_ledger_of_version_4_is_not_upgraded(tmp_path: Path) -> None:
    damage = "DROP TRIGGER event_UPDATE; UPDATE event SET outcome = 'refused' WHERE outcome = 'accepted';"
    ledger_of_version_4(tmp_path, damage)
    before = (tmp_path / database.FILE_NAME).read_bytes()
    with pytest.raises(LedgerError, match="does not match its checksum"):
        Ledger.open(tmp_path)
    assert (tmp_path / database.FILE_NAME).read_bytes() == before
