"""Many processes share one ledger, and are killed or interrupted: no record is lost."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from random import Random
from typing import Any

import pytest

from cxcall.findings.exit_codes import Outcome
from cxcall.ledger.ledger import Ledger
from cxcall.ledger.sqlite import sqlite_database as database
from helpers.command import Running
from helpers.ledger_process import intent, open_ledger
from helpers.ledgers import START, WINDOW, is_intact, read_words, start_process

KILLS = int(os.environ.get("CXCALL_LEDGER_KILLS", "2"))
"""How often two recording processes are killed."""


@pytest.fixture(params=["sqlite", "postgres"])
def place(request: pytest.FixtureRequest, folder: Path) -> str:
    """Return the place of a new ledger: a folder, or a database."""
    return str(folder if request.param == "sqlite" else request.getfixturevalue("postgres_url"))


def race(place: Path | str, *names: list[str]) -> list[list[list[str]]]:
    """Start one process for each list of names; let them begin together; return the words of each."""
    processes = [start_process("begin", place, *given) for given in names]
    let_begin(processes, is_ready=False)
    return [read_words(process) for process in processes]


def race_in_turns(
    place: Path | str, count: int, names: list[str]
) -> tuple[list[list[list[str]]], list[list[list[str]]]]:
    """Let `count` processes begin the same name together, one name after another, and then five own names.

    Return the words of each turn, and those of each process after the turns.
    """
    processes = [start_process("begin_in_turns", place, number, *names) for number in range(count)]
    turns = []
    for number in range(len(names)):
        let_begin(processes, is_ready=number > 0)
        turns.append([process.stdout.readline().split(" ", 2) for process in processes])  # type: ignore[union-attr]
    let_begin(processes, is_ready=False)
    return turns, [read_words(process) for process in processes]


def let_begin(processes: list[Running], *, is_ready: bool) -> None:
    """Start all processes when all are ready."""
    for process in processes:
        assert process.stdout
        assert is_ready or process.stdout.readline() == "ready\n"
    for process in processes:
        assert process.stdin
        process.stdin.write("\n")
        process.stdin.flush()


@pytest.mark.slow
def test_eight_processes_send_one_of_identical_requests_and_each_different_one(place: str) -> None:
    turns, words = race_in_turns(place, 8, [f"same {number}" for number in range(3)])
    for message in turns:
        assert sorted(word for word, *_ in message) == ["begun", *["stopped"] * 7]
        codes = {tuple(more) for word, *more in message if word == "stopped"}
        assert all(code == "7" for code, _ in codes), codes
    assert {word for lines in words for word, *_ in lines} == {"begun"}
    begun = [delivery for lines in words for _, delivery in lines]
    assert len(begun) == 40
    with open_ledger(place) as book:
        found = list(book.records())
    assert len(found) == 43
    in_turns = {
        delivery.rstrip() for message in turns for word, delivery, *_ in message if word == "begun"
    }
    assert {record.id for record in found} == in_turns | set(begun)
    assert {record.outcome for record in found} == {Outcome.ACCEPTED}


@pytest.mark.slow
def test_records_are_true_after_a_kill_at_any_instant(place: str) -> None:
    chance, acknowledged, planned = Random(7), {}, {}
    for turn in range(KILLS):
        running = [start_process("deliver", place, f"{turn}-{number}") for number in range(2)]
        for process in running:
            assert process.stdout
            lines = [process.stdout.readline() for _ in range(chance.randrange(1, 40))]
            process.kill()
            lines += process.stdout.readlines()
            read_words(process)
            for line in lines:
                delivery, outcome, plan = line.split()
                acknowledged[delivery], planned[delivery] = outcome, plan
        with open_ledger(place) as book:
            now = {record.id: record for record in book.records()}
        assert set(acknowledged) <= set(now), "acknowledged, and lost"
        unfinished = 0
        for delivery, record in now.items():
            if delivery not in acknowledged:
                assert record.outcome is Outcome.UNKNOWN
            elif record.outcome != acknowledged[delivery]:
                # At most one step after the acknowledged one, and this step was complete.
                assert record.outcome in ("unknown", "undelivered", planned[delivery])
            unfinished += delivery not in acknowledged or record.outcome != acknowledged[delivery]
        assert unfinished <= 2 * (turn + 1)
    assert len(acknowledged) > 2 * KILLS
    with open_ledger(place) as book:
        book.check(always=True)


@pytest.mark.slow
def test_kill_during_creation_is_repaired_by_the_next_process(tmp_path: Path) -> None:
    chance = Random(11)
    for turn in range(4):
        folder = tmp_path / str(turn)
        process = start_process("begin", folder, *map(str, range(1000)))
        assert process.stdout
        assert process.stdout.readline() == "ready\n"
        assert process.stdin
        process.stdin.write("\n")
        process.stdin.flush()
        with suppress(subprocess.TimeoutExpired):
            process.wait(chance.uniform(0, 0.008))
        process.kill()
        begun = [delivery for word, delivery in read_words(process) if word == "begun"]
        with Ledger.open(folder) as book:
            assert set(begun) <= {record.id for record in book.records()}
            assert book.begin(intent("after"), WINDOW)


def test_closing_one_ledger_keeps_locks_of_another(folder: Path) -> None:
    with Ledger.open(folder) as book:
        first = book.begin(intent("a"), WINDOW)
        Ledger.open(folder).__exit__()
        # If this process lost its locks, the next one would assume that it is alone, and at its end
        # remove the log that this process still writes to.
        race(folder, ["b"])
        second = book.begin(intent("c"), WINDOW)
        [[word, *_]] = race(folder, ["c"])[0]
        assert word == "stopped"
        assert {first, second} <= {record.id for record in book.records()}
    assert is_intact(folder)


def test_interrupt_after_the_intent_is_recorded_as_undelivered(
    file_book: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = database.SqliteDatabase.transaction
    signals = iter([KeyboardInterrupt])

    @contextmanager
    def cut(self: database.SqliteDatabase, *args: Any, **options: Any) -> Iterator[None]:
        with whole(self, *args, **options):
            yield
        for signal in signals:
            raise signal

    monkeypatch.setattr(database.SqliteDatabase, "transaction", cut)
    with pytest.raises(KeyboardInterrupt):
        file_book.begin(intent("a"), WINDOW)
    [record] = file_book.records()
    assert (record.outcome, record.note) == (
        Outcome.UNDELIVERED,
        "interrupted before anything was sent",
    )
    assert file_book.begin(intent("a"), WINDOW)


def test_interrupt_before_the_intent_records_nothing(folder: Path) -> None:
    times = iter([START, START])

    def interrupting() -> datetime:
        with suppress(StopIteration):
            return next(times)
        raise KeyboardInterrupt

    with Ledger.open(folder, now=interrupting) as book:
        with pytest.raises(KeyboardInterrupt):
            book.begin(intent("a"), WINDOW)
        assert list(book.records()) == []
