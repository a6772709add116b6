"""A missing record is not proof that no call was placed: a lost ledger is noticed, and no call is repeated."""

from __future__ import annotations

import shutil
import sqlite3
import stat
from contextlib import closing
from datetime import UTC, datetime, timedelta
from subprocess import DEVNULL
from typing import TYPE_CHECKING

import pytest

from cxcall.findings.exit_codes import Outcome
from cxcall.ledger.checksummed_rows import State
from cxcall.ledger.errors import MissingRecordsError
from cxcall.ledger.ledger import Ledger
from cxcall.ledger.loss_marker import LedgerMarker
from cxcall.ledger.sqlite.sqlite_database import FILE_NAME
from cxcall.phone.call_limit import CallLimit
from helpers.command import CONTACT
from helpers.ledger_process import intent
from helpers.missing_records import BATCH, SEND, state_of, write_rows
from helpers.platform_server import Platform, Reply

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from typing import Any

    from helpers.command import Cxcall, Running


OTHER = ("personal-connection", "--contact-id", CONTACT, "--reason-code", "y", "--yes")


def delete_file(state: Path) -> None:
    (state / FILE_NAME).unlink()


def replace_by_new_ledger(state: Path) -> None:
    shutil.rmtree(state)
    Ledger.open(state).__exit__()


LOSSES: list[Callable[[Path], None]] = [delete_file, replace_by_new_ledger]


@pytest.mark.slow
@pytest.mark.parametrize("lose", LOSSES)
def test_lost_ledger_stops_calls_until_a_person_decides(
    cxcall: Cxcall, platform: Platform, lose: Callable[[Path], None]
) -> None:
    cxcall(*SEND, code=0)
    lose(state_of(cxcall))
    for words in (SEND, OTHER):
        stopped = cxcall(*words, "-o", "json", code=7)
        assert stopped.codes == ["records-missing"]
    assert cxcall("history", "list", "-o", "json", code=7).codes == ["records-missing"]
    if lose is delete_file:
        others = "backup copy, export, show 01, resolve 01 --placed, prune --older-than 90d"
        for text in others.split(", "):
            assert "records-missing" in cxcall("history", *text.split(), code=7).err
    assert "`--yes` is required" in cxcall("history", "accept", code=2).err
    cxcall("history", "accept", "--yes", code=0)
    cxcall(*OTHER, code=0)
    assert cxcall("history", "list", "-o", "json", code=0).codes == []
    assert "no records are missing" in cxcall("history", "accept", "--yes", code=2).err
    assert platform.rung == 2


@pytest.mark.slow
def test_older_copy_of_the_ledger_stops_calls(cxcall: Cxcall, platform: Platform) -> None:
    cxcall(*OTHER, code=0)
    state = state_of(cxcall)
    shutil.copy(state / FILE_NAME, cxcall.folder / "copy")
    cxcall(*SEND, code=0)
    shutil.copy(cxcall.folder / "copy", state / FILE_NAME)
    assert "older copy" in cxcall(*SEND, code=7).err
    # A call that is sent on purpose does not complete the copy.
    for _ in range(3):
        cxcall(*OTHER, "--again", code=0)
    assert "records-missing" in cxcall(*SEND, code=7).err
    assert platform.rung == 5


@pytest.mark.slow
def test_accepted_ledger_is_the_only_one_from_then_on(cxcall: Cxcall, platform: Platform) -> None:
    cxcall(*SEND, code=0)
    state = state_of(cxcall)
    (state / FILE_NAME).rename(cxcall.folder / "first")
    cxcall("history", "accept", "--yes", code=0)
    cxcall(*OTHER, code=0)
    shutil.copy(cxcall.folder / "first", state / FILE_NAME)
    assert "is not the same as before" in cxcall(*OTHER, code=7).err
    assert platform.rung == 2


def test_decision_to_go_on_is_recorded(tmp_path: Path) -> None:
    with Ledger.open(tmp_path / "a", marker_folder=tmp_path / "markers") as ledger:
        ledger.begin(intent("x"), 0)
    (tmp_path / "a" / FILE_NAME).unlink()
    with Ledger.open(tmp_path / "a", marker_folder=tmp_path / "markers") as ledger:
        problem = ledger.accept_missing_records()
    with closing(sqlite3.connect(tmp_path / "a" / FILE_NAME)) as file:
        assert file.execute("SELECT note FROM decision").fetchall() == [(problem,)]


def test_people_are_known_in_an_accepted_older_copy(tmp_path: Path) -> None:
    file = tmp_path / "state" / FILE_NAME
    for name in ("a", "b", "c"):
        with Ledger.open(file.parent, marker_folder=tmp_path / "markers") as ledger:
            if name != "a":
                assert "older copy" in ledger.accept_missing_records()
            ledger.begin(intent(name)._replace(people=("number 1",), batch="BATCH"), 0)
            assert ledger.people.find_finding([("number 1",)], CallLimit(1, 604_800))
        shutil.copy(file, tmp_path / "copy")
        with Ledger.open(file.parent, marker_folder=tmp_path / "markers") as ledger:
            ledger.begin(intent(f"later than {name}"), 0)
        shutil.copy(tmp_path / "copy", file)
    with Ledger.open(file.parent, marker_folder=tmp_path / "markers") as ledger:
        ledger.accept_missing_records()
        assert ledger.people.find_contact([("number 1",)], {"BATCH"})
        assert ledger.people.find_finding([("number 1",)], CallLimit(3, 604_800))


def test_newer_file_is_noticed_after_an_older_copy_was_accepted(tmp_path: Path) -> None:
    file, markers = tmp_path / "state" / FILE_NAME, tmp_path / "markers"
    for name in ("older", "newer"):
        with Ledger.open(file.parent, marker_folder=markers) as ledger:
            ledger.begin(intent(name), 0)
        shutil.copy(file, tmp_path / name)
    shutil.copy(tmp_path / "older", file)
    with Ledger.open(file.parent, marker_folder=markers) as ledger:
        ledger.accept_missing_records()
        ledger.begin(intent("in the copy"), 0)
    shutil.copy(tmp_path / "newer", file)
    with Ledger.open(file.parent, marker_folder=markers) as ledger:
        assert "was restored from an older copy" in ledger.missing_records()


def test_lost_ledger_stops_a_batch_and_its_resumption(cxcall: Cxcall, platform: Platform) -> None:
    write_rows(cxcall, 3)
    cxcall(*BATCH, "3", code=0)
    shutil.rmtree(state_of(cxcall))
    for more in ((), ("--resume",)):
        stopped = cxcall(*BATCH, "3", *more, code=7)
        assert "records-missing" in stopped.err
        assert "leave out" not in stopped.err
    assert platform.rung == 3


@pytest.mark.slow
def test_resumption_on_another_machine_does_not_advise_to_begin_anew(
    cxcall: Cxcall, platform: Platform
) -> None:
    write_rows(cxcall, 3)
    cxcall(*BATCH, "3", code=0)
    shutil.rmtree(state_of(cxcall))
    shutil.rmtree(cxcall.folder / "config")
    refused = cxcall(*BATCH, "3", "--resume", code=2)
    assert "no earlier batch" in refused.err
    assert "leave out" not in refused.err
    assert "send the others from a separate file" in refused.err
    assert platform.rung == 3


@pytest.mark.slow
def test_log_of_a_killed_process_cannot_be_removed_unnoticed(cxcall: Cxcall) -> None:
    processes: list[Running] = []

    def kill(_body: Any, _count: int) -> Reply:
        processes[0].kill()
        return Reply()

    with Platform(kill) as platform:
        cxcall.environment |= platform.environment
        processes.append(cxcall.begin(*SEND, out=DEVNULL, err=DEVNULL))
        processes[0].wait(30)
        log = state_of(cxcall) / f"{FILE_NAME}-wal"
        content = log.read_bytes()
        log.unlink()
        assert "records-missing" in cxcall(*SEND, code=7).err
        for damaged in (content[:-1], content[:32], content[: len(content) // 2]):
            log.write_bytes(damaged)
            cxcall(*SEND, code=7)
        log.write_bytes(content)
        assert platform.rung == 1


@pytest.mark.parametrize("content", ["", "{", "[]", '{"generation": null}'])
def test_unreadable_marker_still_names_its_ledger(tmp_path: Path, content: str) -> None:
    markers, state = tmp_path / "markers", tmp_path / "state"
    with Ledger.open(state, marker_folder=markers) as ledger:
        ledger.record_outcome(ledger.begin(intent("x"), 0), Outcome.REFUSED)
    [marker] = markers.iterdir()
    marker.write_text(content, "utf-8")
    with Ledger.open(state, marker_folder=markers) as ledger:
        assert ledger.begin(intent("x"), 0)
    (state / FILE_NAME).unlink()
    with Ledger.open(state, marker_folder=markers) as ledger, pytest.raises(MissingRecordsError):
        ledger.begin(intent("x"), 0)


def test_two_state_folders_have_markers_of_their_own(tmp_path: Path) -> None:
    for name in ("a", "b", "a", "b"):
        with Ledger.open(tmp_path / name, marker_folder=tmp_path / "markers") as ledger:
            ledger.record_outcome(ledger.begin(intent("x"), 0), Outcome.REFUSED)
    assert len(list((tmp_path / "markers").iterdir())) == 2


@pytest.mark.slow
def test_call_recorded_by_a_slow_clock_stops_a_second_one(
    cxcall: Cxcall, platform: Platform
) -> None:
    cxcall(*SEND, code=0)
    with closing(sqlite3.connect(state_of(cxcall) / FILE_NAME)) as file:
        (digest,) = file.execute("SELECT digest FROM delivery").fetchone()
    cxcall(*OTHER, code=0)
    shutil.rmtree(state_of(cxcall))
    shutil.rmtree(cxcall.folder / "config")
    yesterday = datetime.now(UTC) - timedelta(days=1)
    with Ledger.open(state_of(cxcall), now=lambda: yesterday) as ledger:
        ledger.record_outcome(
            ledger.begin(intent("x")._replace(digest=digest), 900), Outcome.ACCEPTED
        )
    assert "already-sent" in cxcall(*SEND, code=7).err
    pruned = cxcall("history", "prune", "--older-than", "1h", "--yes", "-o", "json", code=0)
    assert pruned.envelope["data"]["pruned"] == 0
    assert platform.rung == 2


@pytest.mark.slow
def test_backup_is_a_whole_private_ledger(cxcall: Cxcall, platform: Platform) -> None:
    cxcall(*SEND, code=0)
    made = cxcall("history", "backup", "copy.sqlite3", "-o", "json", code=0)
    assert made.envelope["data"] == {"file": "copy.sqlite3", "deliveries": 1}
    copy = cxcall.folder / "copy.sqlite3"
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    assert "exists" in cxcall("history", "backup", "copy.sqlite3", code=2).err
    assert [path.name for path in cxcall.folder.iterdir() if "copy" in path.name] == [
        "copy.sqlite3"
    ]
    ran = cxcall("history", "backup", "no/folder/copy", code=2)
    assert "`no/folder/copy` cannot be created" in ran.err
    shutil.rmtree(state_of(cxcall))
    state_of(cxcall).mkdir()
    shutil.copy(copy, state_of(cxcall) / FILE_NAME)
    assert "already-sent" in cxcall(*SEND, code=7).err
    assert platform.rung == 1


def test_backup_is_taken_while_another_process_writes(tmp_path: Path) -> None:
    with Ledger.open(tmp_path / "state") as writer, Ledger.open(tmp_path / "state") as reader:
        for number in range(5):
            writer.begin(intent(str(number)), 0)
        assert reader.back_up(tmp_path / "copy") == 5
        assert writer.begin(intent("after"), 0)


@pytest.mark.parametrize("is_batch", [False, True])
def test_marker_that_cannot_be_written_is_reported_once(
    cxcall: Cxcall, platform: Platform, *, is_batch: bool
) -> None:
    cxcall.file("config/ledgers", "a file where the folder of the markers should be")
    write_rows(cxcall, 3)
    ran = cxcall(*((*BATCH, "3") if is_batch else SEND), code=0)
    assert ran.err.count("the marker of the ledger in") == 1
    assert "a ledger that is deleted or replaced is not noticed" in ran.err
    assert platform.rung == (3 if is_batch else 1)


@pytest.mark.parametrize(
    ("generation", "message"),
    [(5, ""), (4, "its last change is missing"), (2, "its last 3 changes are missing")],
)
def test_older_copy_says_how_many_changes_are_missing(
    tmp_path: Path, generation: int, message: str
) -> None:
    marker = LedgerMarker(tmp_path, "here")
    marker.advance(State(1, "key-1", 5))
    problem = marker.problem(State(1, "key-1", generation))
    assert problem.endswith(message)
    assert bool(problem) is bool(message)
