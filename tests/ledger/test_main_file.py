"""The main file of a ledger has all records, and an incomplete file is refused."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from cxcall.ledger.sqlite.sqlite_database import FILE_NAME
from helpers.missing_records import BATCH, SEND, state_of, write_rows
from helpers.platform_server import Platform

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from helpers.command import Cxcall

pytestmark = pytest.mark.slow


def test_main_file_alone_has_all_records_after_a_send(cxcall: Cxcall, platform: Platform) -> None:
    cxcall(*SEND, code=0)
    state = state_of(cxcall)
    assert [path.name for path in state.iterdir() if path.name.startswith(FILE_NAME)] == [FILE_NAME]
    alone = cxcall.folder / "alone"
    alone.mkdir()
    shutil.copy(state / FILE_NAME, alone)
    listed = cxcall("history", "list", "-o", "jsonl", env={"CXCALL_STATE_DIR": str(alone)}, code=0)
    assert listed.envelope["outcome"] == "accepted"
    assert "already-sent" in cxcall(*SEND, env={"CXCALL_STATE_DIR": str(alone)}, code=7).err
    assert platform.rung == 1


def test_main_file_alone_has_all_records_after_a_batch(cxcall: Cxcall, platform: Platform) -> None:
    write_rows(cxcall, 8)
    cxcall(*BATCH, "8", code=0)
    assert not (state_of(cxcall) / f"{FILE_NAME}-wal").exists()
    with closing(sqlite3.connect(state_of(cxcall) / FILE_NAME)) as ledger:
        assert ledger.execute("SELECT count(*) FROM delivery").fetchone() == (8,)
        assert ledger.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert platform.rung == 8


def make_empty(state: Path) -> None:
    (state / FILE_NAME).write_bytes(b"")


def remove_tables(state: Path) -> None:
    with closing(sqlite3.connect(state / FILE_NAME)) as ledger:
        for table in ("event", "delivery"):
            ledger.execute(f"DROP TABLE {table}")
        ledger.commit()


def leave_log_alone(state: Path) -> None:
    (state / FILE_NAME).rename(state / f"{FILE_NAME}-wal")


def leave_journal_alone(state: Path) -> None:
    (state / FILE_NAME).rename(state / f"{FILE_NAME}-journal")


def cut_in_half(state: Path) -> None:
    content = (state / FILE_NAME).read_bytes()
    (state / FILE_NAME).write_bytes(content[: len(content) // 2])


@pytest.mark.parametrize(
    "spoil", [make_empty, remove_tables, leave_log_alone, leave_journal_alone, cut_in_half]
)
def test_remains_of_a_ledger_are_refused_with_safe_advice(
    cxcall: Cxcall, platform: Platform, spoil: Callable[[Path], None]
) -> None:
    cxcall(*SEND, code=0)
    state = state_of(cxcall)
    spoil(state)
    before = {path.name: path.read_bytes() for path in state.iterdir() if path.is_file()}
    for words in (SEND, ("history", "list")):
        refused = cxcall(*words, code=2)
        assert "error[ledger]" in refused.err
    assert {path.name: path.read_bytes() for path in state.iterdir() if path.is_file()} == before
    advice = refused.err.partition("then `")[2].partition("`")[0]
    subprocess.run(advice, shell=True, check=True, cwd=cxcall.folder)
    assert "records-missing" in cxcall(*SEND, code=7).err  # the hint places no call
    assert platform.rung == 1
