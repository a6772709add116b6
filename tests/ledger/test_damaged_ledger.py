"""One flipped bit anywhere in the ledger, its log, or its marker: no second call, no lost row, no exit code 0."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections import Counter
from contextlib import closing
from random import Random
from typing import TYPE_CHECKING

import pytest

from cxcall.findings.exit_codes import Outcome
from cxcall.ledger.duplicates import AlreadySentError
from cxcall.ledger.errors import LedgerError, MissingRecordsError
from cxcall.ledger.ledger import Ledger
from cxcall.ledger.sqlite.sqlite_database import FILE_NAME
from helpers.command import CONTACT
from helpers.ledger_process import intent
from helpers.platform_server import Platform
from helpers.work import examples

if TYPE_CHECKING:
    from pathlib import Path

    from helpers.command import Cxcall

NAMES = [str(number) for number in range(12)]
WINDOW = 900.0


def write_ledger(folder: Path) -> list[str]:
    """Write a ledger, with its last records still in the log, and return the IDs of its deliveries."""
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
        ids = [record.id for record in ledger.records()]
    shutil.copytree(source, folder / "ended")
    return ids


def flip_bit(path: Path, chance: Random) -> int:
    content = bytearray(path.read_bytes())
    bit = chance.randrange(len(content) * 8)
    content[bit // 8] ^= 1 << (bit % 8)
    path.write_bytes(content)
    return bit


def use(folder: Path, ids: list[str]) -> str:
    """Send everything again and list it; return how the ledger handled its damage."""
    try:
        with Ledger.open(folder / "state", marker_folder=folder / "markers") as ledger:
            for name in NAMES:
                with pytest.raises(AlreadySentError):
                    ledger.begin(intent(name), WINDOW)
            if ledger.missing_records():
                return "missing"
            ledger.check()
            assert [record.id for record in ledger.records()] == ids
            assert len(ledger.batches.of_file("/f", "d")) == 1
    except LedgerError:
        return "refused"
    except MissingRecordsError:
        return "missing"
    return "intact"


@pytest.mark.parametrize(
    ("flips", "seed"), [(30, 1), pytest.param(examples(500), 2, marks=pytest.mark.slow)]
)
def test_flipped_bit_never_hides_a_record(tmp_path: Path, flips: int, seed: int) -> None:
    ids, chance, seen = write_ledger(tmp_path), Random(seed), Counter[str]()
    for number in range(flips):
        kind = ("ended", "ended", "killed")[number % 3]
        work = tmp_path / "work"
        shutil.rmtree(work, ignore_errors=True)
        shutil.copytree(tmp_path / kind, work)
        files = sorted(path for path in work.rglob("*") if path.is_file() and path.stat().st_size)
        path = chance.choice(files)
        bit = flip_bit(path, chance)
        try:
            seen[use(work, ids)] += 1
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
        for _ in range(20):
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


@pytest.mark.parametrize(
    "index", ["event_delivery", "event_delivery_at", "delivery_digest", "delivery_digest_at"]
)
def test_retry_is_stopped_by_an_index_that_lost_its_entries(tmp_path: Path, index: str) -> None:
    with Ledger.open(tmp_path) as ledger:
        delivery = ledger.begin(intent("a"), 900)
        ledger.record_not_processed(delivery, 1, "busy")
    with closing(sqlite3.connect(tmp_path / FILE_NAME, isolation_level=None)) as file:
        file.execute("CREATE TABLE none (a)")
        file.execute("CREATE INDEX none_a ON none (a)")
        file.execute("PRAGMA writable_schema = ON")
        roots = dict(file.execute("SELECT name, rootpage FROM sqlite_master WHERE type = 'index'"))
        swap = "UPDATE sqlite_master SET rootpage = ? WHERE name = ?"
        file.execute(swap, (roots["none_a"], index))
        file.execute(swap, (roots[index], "none_a"))
        file.execute("DELETE FROM sqlite_master WHERE name IN ('none', 'none_a')")
    with pytest.raises(LedgerError), Ledger.open(tmp_path) as ledger:
        ledger.record_attempt(delivery, 2)
