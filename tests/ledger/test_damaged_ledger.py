"""One flipped bit anywhere in the ledger, its log, or its marker: no second call, no lost row, no exit code 0."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections import Counter
from contextlib import closing, suppress
from random import Random
from typing import TYPE_CHECKING, Any

import pytest

from cxcall.findings.exit_codes import Outcome
from cxcall.ledger.duplicates import AlreadySentError
from cxcall.ledger.errors import LedgerError, MissingRecordsError
from cxcall.ledger.ledger import Ledger
from cxcall.ledger.loss_marker import read_marks
from cxcall.ledger.request_identity import RequestPart
from cxcall.ledger.schema import COLUMNS, KINDS, EventKind, insert_statement
from cxcall.ledger.sqlite.ledger_file import open_database
from cxcall.ledger.sqlite.sqlite_database import FILE_NAME
from helpers.command import CONTACT
from helpers.ledger_process import intent
from helpers.platform_server import Platform
from helpers.work import examples

if TYPE_CHECKING:
    from pathlib import Path

    from cxcall.ledger.record_types import Record
    from helpers.command import Cxcall

NAMES = [str(number) for number in range(12)]
WINDOW = 900.0
SHARE_OF_USED = 0.9


def write_ledger(folder: Path) -> list[Record]:
    """Write a ledger, with its last records still in the log, and return its deliveries."""
    source = folder / "work"  # a marker is for the path of its state folder
    Ledger.open(source / "state").__exit__()
    with Ledger.open(source / "state", marker_folder=source / "markers") as ledger:
        for number, name in enumerate(NAMES):
            if number == len(NAMES) // 2:
                ledger.database.run("PRAGMA wal_checkpoint(TRUNCATE)")
            delivery = ledger.begin(intent(name), WINDOW)
            if number % 3 == 0:
                ledger.record_not_processed(delivery, 1, "busy")
                ledger.record_attempt(delivery, 2)
            if number % 4:
                ledger.record_outcome(delivery, Outcome.ACCEPTED, status=201, engagement_id=name)
        ledger.batches.begin("p", "o", "t", "v", "/f", "d")
        shutil.copytree(source, folder / "killed")  # as after a killed process
        records = list(ledger.records())
    shutil.copytree(source, folder / "ended")
    return records


def flip_bit(path: Path, chance: Random) -> int:
    """Flip a bit, nine times in ten of a byte in use: most of a file is unused; return its number."""
    content = bytearray(path.read_bytes())
    is_any = chance.random() >= SHARE_OF_USED
    place = chance.choice([at for at, byte in enumerate(content) if byte or is_any])
    bit = chance.randrange(8)
    content[place] ^= 1 << bit
    path.write_bytes(content)
    return place * 8 + bit


def choose_file(folder: Path, number: int, chance: Random) -> Path:
    """Return a file of the ledger or, each fifth time, any file, such as the marker."""
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path.stat().st_size)
    of_ledger = [path for path in files if path.name.startswith(FILE_NAME)]
    return chance.choice(of_ledger if number % 5 else files)


def check_list(ledger: Ledger, records: list[Record]) -> None:
    """Check that all records are listed as they were written, if any are."""
    with suppress(LedgerError):
        assert ledger.missing_records() or list(ledger.records()) == records


def use(folder: Path, records: list[Record]) -> str:
    """List everything and send it again; return how the ledger handled its damage."""
    try:
        with Ledger.open(folder / "state", marker_folder=folder / "markers") as ledger:
            check_list(ledger, records)
            for name in NAMES:
                with pytest.raises(AlreadySentError):
                    ledger.begin(intent(name), WINDOW)
            if ledger.missing_records():
                return "missing"
            ledger.check()
            assert len(ledger.batches.of_file("/f", "d")) == 1
    except LedgerError:
        return "refused"
    except MissingRecordsError:
        return "missing"
    return "intact"


@pytest.mark.slow
def test_flipped_bit_never_hides_a_record(tmp_path: Path) -> None:
    records, chance, seen = write_ledger(tmp_path), Random(2), Counter[str]()
    for number in range(examples(300)):
        kind = ("ended", "ended", "killed")[number % 3]
        work = tmp_path / "work"
        shutil.rmtree(work, ignore_errors=True)
        shutil.copytree(tmp_path / kind, work)
        path = choose_file(work, number, chance)
        bit = flip_bit(path, chance)
        try:
            seen[use(work, records)] += 1
        except BaseException as error:
            error.add_note(f"bit {bit} of {path.name}, {kind}")
            raise
    assert set(seen) == {"intact", "refused", "missing"}


@pytest.mark.slow
def test_flipped_bit_never_sends_a_second_call(cxcall: Cxcall) -> None:
    chance, codes = Random(5), Counter[int]()
    words = ("personal-connection", "--contact-id", CONTACT, "--reason-code", "x", "--yes")
    with Platform() as platform:
        cxcall.environment |= platform.environment
        cxcall(*words, code=0)
        listed = cxcall("history", "list", "-o", "jsonl", code=0).envelope
        path = cxcall.folder / "state" / FILE_NAME
        whole = path.read_bytes()
        for _ in range(5):
            path.write_bytes(whole)
            flip_bit(path, chance)
            ran = cxcall("history", "list", "-o", "jsonl")
            assert ran.code in (0, 2)
            if ran.code == 0:
                assert json.loads(ran.out) == listed
            again = cxcall(*words)
            assert again.code in (2, 7)
            codes[again.code] += 1
        assert platform.rung == 1
    assert set(codes) == {2, 7}


def lose_rows(folder: Path, name: str, kept: str) -> None:
    """Let an index, or a table, have only the rows that fit a condition, as if a page of it was written by another time."""
    with closing(sqlite3.connect(folder / FILE_NAME, isolation_level=None)) as file:
        declared = file.execute(
            "SELECT name, tbl_name, sql, rootpage FROM sqlite_master"
        ).fetchall()
        tables = {own: table for own, table, _, _ in declared}
        for own, table, statement, _ in declared:
            if own in (tables[name], name):
                copied = statement.replace(
                    f" {own} ", " copy_of_index " if own != table else " copy ", 1
                )
                file.execute(copied.replace(f" ON {table} ", " ON copy "))
        file.execute(f"INSERT INTO copy SELECT * FROM {tables[name]} WHERE {kept}")
        file.execute("PRAGMA writable_schema = ON")
        roots = dict(file.execute("SELECT name, rootpage FROM sqlite_master"))
        copy = "copy" if name == tables[name] else "copy_of_index"
        swap = "UPDATE sqlite_master SET rootpage = ? WHERE name = ?"
        file.execute(swap, (roots[copy], name))
        file.execute("DELETE FROM sqlite_master WHERE tbl_name = 'copy'")


@pytest.mark.parametrize(
    "index", ["event_delivery", "event_delivery_at", "delivery_digest", "delivery_digest_at"]
)
def test_retry_is_stopped_by_an_index_that_lost_its_entries(tmp_path: Path, index: str) -> None:
    with Ledger.open(tmp_path) as ledger:
        delivery = ledger.begin(intent("a"), WINDOW)
        ledger.record_not_processed(delivery, 1, "busy")
    lose_rows(tmp_path, index, "FALSE")
    with pytest.raises(LedgerError), Ledger.open(tmp_path) as ledger:
        ledger.record_attempt(delivery, 2)


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("event_delivery", "number < 3"),
        ("event_delivery_at", "number < 3"),
        ("delivery_digest", "FALSE"),
        ("delivery_digest_at", "FALSE"),
        ("delivery", "FALSE"),
    ],
)
def test_lost_entry_of_an_index_or_a_table_does_not_hide_an_unknown_delivery(
    tmp_path: Path, name: str, kept: str
) -> None:
    with Ledger.open(tmp_path) as ledger:
        delivery = ledger.begin(intent("a"), WINDOW)
        ledger.record_not_processed(delivery, 1, "busy")
        ledger.record_attempt(delivery, 2)
    lose_rows(tmp_path, name, kept)
    with pytest.raises(LedgerError), Ledger.open(tmp_path) as ledger:
        ledger.begin(intent("a"), WINDOW)


def test_record_of_an_unknown_kind_is_an_error_and_permits_nothing(tmp_path: Path) -> None:
    """A later version may write one that stops all machines, or means that a row was sent."""
    with Ledger.open(tmp_path) as ledger:
        batch = ledger.batches.begin("p", "o", "t", "v", "/f", "d")
        ledger.batches.events.record(batch)
        ledger.begin(intent("a"), WINDOW)
        unsent = {"row": 1, "key": "", "outcome": "skipped", "reason": "", "message": ""}
        rows: dict[str, dict[str, Any]] = {
            "decision": {"note": ""},
            "batch_event": {"batch": batch, "value": ""},
            "unsent": unsent | {"batch": batch},
            "event": ledger.rows.select_table("event")[0],
        }
        with ledger.writing():
            for table, values in rows.items():
                ledger.rows.insert(table, **({"at": 1.0} | values | {"kind": "new"}))
        for use in (
            lambda: read_marks(ledger.rows),
            ledger.batches.all,
            lambda: ledger.batches.events.is_finished(batch),
            lambda: ledger.batches.unsent_rows([batch]),
            lambda: ledger.begin(intent("a"), WINDOW),
            lambda: ledger.check(always=True),
        ):
            with pytest.raises(LedgerError, match="unknown kind") as stopped:
                use()
            assert stopped.value.findings[0].fix == "upgrade cxcall"


def test_records_of_a_ledger_that_a_killed_process_left_open_are_checked_when_it_is_opened(
    tmp_path: Path,
) -> None:
    """Its last records may be from another time than the main file."""
    with Ledger.open(tmp_path / "open") as ledger:
        ledger.begin(intent("a"), WINDOW)
        (event,) = ledger.rows.select_table("event")
        changed = {**event, "number": event["number"] + 1}
        values = [*(changed[each] for each in COLUMNS["event"]), "of another row"]
        with ledger.writing():
            ledger.database.run(insert_statement("event"), values)
        shutil.copytree(tmp_path / "open", tmp_path / "killed")
    assert (tmp_path / "killed" / f"{FILE_NAME}-wal").stat().st_size > 0
    with pytest.raises(LedgerError, match="damaged"):
        open_database(tmp_path / "killed")


def test_version_that_does_not_know_split_requests_stops_at_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It would count all rows of the request as accepted, or let a person decide on all of them at once."""
    with Ledger.open(tmp_path) as ledger:
        whole = ledger.begin(intent("a"), WINDOW)
        part = RequestPart("PART", (2,), Outcome.UNKNOWN, "", (), ())
        ledger.record_outcome(whole, Outcome.UNKNOWN, parts=[part._replace(id="LISTED"), part])
        ledger.record_outcome(whole, Outcome.ACCEPTED)  # again, by its process
        assert ledger.get(whole).is_split
        monkeypatch.setitem(KINDS, "event", frozenset(EventKind) - {EventKind.SPLIT})
        for use in (lambda: ledger.resolve(whole, placed=True), lambda: [*ledger.records()]):
            with pytest.raises(LedgerError, match="unknown kind"):
                use()
