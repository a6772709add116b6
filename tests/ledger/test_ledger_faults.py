"""An unusable ledger is reported before anything is sent."""

from __future__ import annotations

import json
import re
import resource
import sqlite3
import subprocess
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest

from cxcall.ledger.ledger import Ledger
from cxcall.ledger.schema import SCHEMA_VERSION
from cxcall.ledger.sqlite import ledger_file
from cxcall.ledger.sqlite.sqlite_database import FILE_NAME
from helpers.command import CONTACT, CXCALL
from helpers.ledger_process import intent
from helpers.platform_server import Platform, Reply

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from helpers.command import Cxcall

ONE = ("personal-connection", "--contact-id", CONTACT, "--reason-code", "x", "--yes")
MANY = (
    "batch",
    "calls.jsonl",
    "--operation",
    "personal-connection",
    "--rate",
    "500/s",
    "--confirm",
)


def write_lines(cxcall: Cxcall, count: int) -> str:
    rows = [{"contactId": CONTACT, "reasonCode": f"row {number}"} for number in range(count)]
    cxcall.file("calls.jsonl", "".join(json.dumps(row) + "\n" for row in rows))
    return str(count)


def make_newer(state: Path) -> None:
    Ledger.open(state).__exit__()
    with closing(sqlite3.connect(state / FILE_NAME)) as other:
        other.execute(f"PRAGMA user_version = {SCHEMA_VERSION + 1}")


def make_corrupt(state: Path) -> None:
    state.mkdir()
    (state / FILE_NAME).write_bytes(b"not a database, and long enough to be looked at" * 100)


def make_file_of_folder(state: Path) -> None:
    state.write_text("a file")


def make_foreign(state: Path) -> None:
    state.mkdir()
    with closing(sqlite3.connect(state / FILE_NAME)) as other:
        other.execute("CREATE TABLE somebody_elses (x)")


@pytest.mark.parametrize(
    ("spoil", "message", "arguments"),
    [
        (make_newer, "upgrade cxcall", ONE),
        (make_corrupt, "is damaged or not a ledger", (*MANY, "3")),
        (make_file_of_folder, "is a file", ONE),
        (make_foreign, "of another program", ONE),
    ],
)
def test_unusable_ledger_stops_a_send(
    cxcall: Cxcall, spoil: Callable[[Path], None], message: str, arguments: tuple[str, ...]
) -> None:
    write_lines(cxcall, 3)
    spoil(cxcall.folder / "state")
    with Platform() as platform:
        cxcall.environment |= platform.environment
        ran = cxcall(*arguments, code=2)
    assert "error[ledger]" in ran.err
    assert message in ran.err
    assert platform.rung == 0


@pytest.mark.slow
def test_hint_moves_a_damaged_ledger_aside_each_time(cxcall: Cxcall) -> None:
    state = cxcall.folder / "state"
    for name in ("damaged", "damaged-2"):
        state.mkdir(exist_ok=True)
        (state / FILE_NAME).write_bytes(name.encode() * 1000)
        (hint,) = re.findall(r"`(mkdir .*)`", cxcall(*ONE, "--sandbox", code=2).err)
        subprocess.run(["sh", "-c", hint], check=True)
        assert (state / name / FILE_NAME).read_bytes() == name.encode() * 1000


def test_unwritable_state_folder_stops_a_send(cxcall: Cxcall) -> None:
    cxcall.environment["CXCALL_STATE_DIR"] = "/proc/nowhere"
    with Platform() as platform:
        cxcall.environment |= platform.environment
        for words in (ONE, ("history", "list")):  # the second one only reads
            error = cxcall(*words, code=2).err
            assert "error[ledger]" in error
            assert (
                "why: the ledger prevents a second call, so cxcall sends nothing without" in error
            )
    assert platform.rung == 0


@pytest.mark.slow
def test_full_disk_stops_a_batch_and_loses_nothing(cxcall: Cxcall) -> None:
    count = write_lines(cxcall, 60)
    with Platform() as platform:
        cxcall.environment |= platform.environment
        with subprocess.Popen(
            [str(CXCALL), *MANY, count, "-o", "jsonl"],
            cwd=cxcall.folder,
            env=cxcall.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 17, 1 << 17)),  # noqa: PLW1509
        ) as process:
            out, err = process.communicate(timeout=60)
        assert process.returncode == 9, err
        assert "run this again" not in out + err
        *results, summary = [json.loads(line) for line in out.splitlines()]
        assert "cannot be written" in summary["data"]["stopped"]
        rung = platform.rung
        assert 0 < rung < 60
        assert [line["outcome"] for line in results].count("accepted") == rung
        left = (
            sum(1 for line in results if line["outcome"] != "accepted") + summary["data"]["notSent"]
        )
        ran = cxcall(*MANY, str(left), "--resume", "-o", "jsonl")
    assert platform.rung + len(json.loads(ran.out.splitlines()[-1])["data"]["unknown"]) >= 60
    assert set(platform.dials.values()) == {1}


@pytest.mark.slow
def test_ledger_deleted_during_a_batch_stops_it(cxcall: Cxcall) -> None:
    count = write_lines(cxcall, 30)

    def answer(sent: Any, _count: int) -> Reply:
        if sent["reasonCode"] == "row 5":
            (cxcall.folder / "state" / FILE_NAME).unlink()
        return Reply()

    with Platform(answer) as platform:
        cxcall.environment |= platform.environment
        ran = cxcall(*MANY, count, code=9)
    assert "was deleted or replaced while in use" in ran.err
    assert platform.rung < 30
    assert set(platform.dials.values()) == {1}


def test_ledger_that_another_process_creates_meanwhile_is_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = ledger_file._size  # noqa: SLF001 - the moment between two looks at the folder
    others: list[Ledger] = []
    moments = iter([True])

    def size(path: Path) -> int:
        found = real(path)
        if found < 0 and next(moments, False):
            others.append(Ledger.open(tmp_path))
            others[0].begin(intent("other"), 900)
        return found

    monkeypatch.setattr(ledger_file, "_size", size)
    with Ledger.open(tmp_path) as book:
        assert [record.outcome for record in book.records()] == ["unknown"]
    others[0].__exit__()
