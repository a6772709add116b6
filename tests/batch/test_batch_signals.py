"""`cxcall batch` that is interrupted, killed, or run twice at once."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
from collections import Counter
from contextlib import ExitStack, closing, suppress
from random import Random
from threading import Barrier, Event
from typing import TYPE_CHECKING, Any

import pytest

from cxcall.ledger.ledger import Ledger
from helpers.batch_files import (
    FAST,
    PERSONAL,
    at,
    begin,
    body,
    lines,
    outcomes,
    recorded,
    write_lines,
)
from helpers.platform_server import Platform, Reply

if TYPE_CHECKING:
    from helpers.command import Cxcall
    from helpers.postgres import PostgresServer

pytestmark = pytest.mark.slow


# A release is tested with 1,000 rows and 20 kills; CI uses fewer.
ROWS = int(os.environ.get("CXCALL_BATCH_ROWS", "30"))
KILLS = int(os.environ.get("CXCALL_BATCH_KILLS", "3"))


def left_of(cxcall: Cxcall, count: int) -> str:
    """Return how many of the rows were not sent yet."""
    with Ledger.open(cxcall.folder / "state") as ledger:
        return str(count - sum(record.may_be_processed for record in ledger.records()))


# Signals


def test_first_signal_waits_for_rows_in_flight(cxcall: Cxcall) -> None:
    file = write_lines(cxcall, 12)
    release = Event()

    def answer(sent: Any, _count: int) -> Reply:
        if sent != body(1):
            release.wait(20)
        return Reply()

    with Platform(answer) as platform:
        at(cxcall, platform)
        with begin(
            cxcall,
            file,
            *PERSONAL,
            "--rate",
            "50/s",
            "--concurrency",
            "4",
            "--confirm",
            "12",
            "-o",
            "jsonl",
        ) as process:
            assert platform.wait_for_rings(1)
            process.send_signal(signal.SIGTERM)
            assert process.stderr
            told = next(line for line in process.stderr if "interrupted" in line)
            release.set()
            out, err = process.communicate(timeout=30)
        assert "waiting for the requests in flight; Ctrl-C again" in told
        assert process.returncode == 9, err
        results = [json.loads(line) for line in out.splitlines()]
        assert {line["outcome"] for line in results[:-1]} == {"accepted"}
        assert results[-1]["data"]["stopped"] == "interrupted"
        assert platform.rung == len(results) - 1 < 12
        left = str(results[-1]["data"]["notSent"])
        cxcall("batch", file, *PERSONAL, *FAST, "--resume", "--confirm", left, code=0)
    assert platform.rung == 12
    assert set(platform.dials.values()) == {1}


def test_second_signal_exits_at_once_and_reports_unknown_rows(cxcall: Cxcall) -> None:
    file = write_lines(cxcall, 9)
    never, arrived, signals = Event(), Barrier(3), 1

    def answer(sent: Any, _count: int) -> Reply:
        if sent["reasonCode"] in ("row 4", "row 5"):
            arrived.wait(30)
            never.wait(30)
        return Reply()

    with Platform(answer) as platform:
        at(cxcall, platform)
        with begin(
            cxcall, file, *PERSONAL, *FAST, "--concurrency", "2", "--confirm", "9", "-o", "jsonl"
        ) as process:
            arrived.wait(20)
            assert platform.wait_for_rings(3)
            process.send_signal(signal.SIGINT)
            for _ in range(30):  # a process that has not run yet may see two signals as one
                with suppress(subprocess.TimeoutExpired):
                    process.wait(0.3)
                    break
                process.send_signal(signal.SIGINT)
                signals += 1
            out, err = process.communicate(timeout=30)
        never.set()
        assert process.returncode == 9, err
    assert signals > 1
    results = [json.loads(line) for line in out.splitlines()]
    unknown = results[-1]["data"]["unknown"]
    assert {entry["row"] for entry in unknown} == {4, 5}
    assert "find out whether a call was placed, then" in " ".join(err.split())
    assert {entry["row"] for entry in recorded(cxcall, "--outcome", "unknown")} == {4, 5}


def test_second_signal_without_the_database_has_the_exit_code_of_an_interrupt(
    cxcall: Cxcall, postgres_server: PostgresServer
) -> None:
    """The ledger cannot say what became of the row in flight, so it may have been sent."""
    file, arrived, never = write_lines(cxcall, 3), Event(), Event()

    def answer(_body: Any, _count: int) -> Reply:
        arrived.set()
        never.wait(30)
        return Reply()

    cxcall.environment["CXCALL_LEDGER"] = postgres_server.url(postgres_server.new_database())
    with Platform(answer) as platform:
        at(cxcall, platform)
        words = ("--concurrency", "1", "--confirm", "3", "-o", "jsonl")
        with begin(cxcall, file, *PERSONAL, *FAST, *words) as process:
            try:
                assert arrived.wait(20)
                postgres_server.stop()
                while process.poll() is None:
                    process.send_signal(signal.SIGINT)
                    with suppress(subprocess.TimeoutExpired):
                        process.wait(0.3)
                out, err = process.communicate(timeout=30)
            finally:
                never.set()
                postgres_server.start()
    assert process.returncode == 9, err
    *rows, end = map(json.loads, out.splitlines())
    assert [(row["data"]["row"], row["outcome"]) for row in rows] == [(1, "unknown")]
    assert end["data"]["notSent"] == 2


def test_repeatedly_killed_batch_finishes_without_duplicate_calls(cxcall: Cxcall) -> None:
    file, seed = write_lines(cxcall, ROWS), Random(6)
    arguments = (file, *PERSONAL, "--rate", "400/s", "--confirm")
    with Platform() as platform:
        at(cxcall, platform)
        for attempt in range(KILLS):
            more = ("--resume",) if attempt else ()
            with begin(cxcall, *arguments, left_of(cxcall, ROWS), *more) as process:
                count = platform.rung + seed.randrange(1, ROWS // KILLS)
                # Before the first row there is nothing to resume; later, fewer rows may be left than the test waits for.
                platform.wait_for_rings(count, timeout=2 if attempt else 60)
                process.kill()
                process.communicate(timeout=30)
        ran = cxcall("batch", *arguments, left_of(cxcall, ROWS), "--resume", "-o", "jsonl")
    results = outcomes(ran)
    assert len(results) == ROWS
    assert set(results) <= {"accepted", "unknown"}
    assert set(platform.dials.values()) == {1}
    named = {line["data"]["row"] for line in lines(ran)[:-1] if line["outcome"] == "unknown"}
    rung = {int(json.loads(key)["contactId"][-12:]) for key in platform.dials}
    assert rung | named == set(range(1, ROWS + 1))
    assert named == {entry["row"] for entry in recorded(cxcall, "--outcome", "unknown")}


def test_concurrent_runs_of_one_file_place_each_call_once(cxcall: Cxcall) -> None:
    file = write_lines(cxcall, 15)
    with Platform() as platform, ExitStack() as stack:
        at(cxcall, platform)
        with begin(cxcall, file, *PERSONAL, *FAST, "--confirm", "15", "--again") as first:
            assert platform.wait_for_rings(5)
            first.kill()
            first.communicate(timeout=20)
        left = left_of(cxcall, 15)
        words = (file, *PERSONAL, *FAST, "--confirm", left, "--resume")
        processes = [stack.enter_context(begin(cxcall, *words)) for _ in range(3)]
        results = [process.communicate(timeout=60) for process in processes]
        assert not any("Traceback" in err or "locked" in err for _, err in results), results
    assert set(platform.dials.values()) == {1}
    unknown = {entry["row"] for entry in recorded(cxcall, "--outcome", "unknown")}
    rung = {int(json.loads(key)["contactId"][-12:]) for key in platform.dials}
    assert rung | unknown == set(range(1, 16))


def test_closed_stdout_stops_the_batch_without_losing_records(cxcall: Cxcall) -> None:
    file, is_closed = write_lines(cxcall, 20), Event()
    words = (file, *PERSONAL, *FAST, "--concurrency", "2", "--confirm", "20", "-o", "jsonl")

    def answer(sent: Any, _count: int) -> Reply:
        if sent != body(1):
            is_closed.wait(30)
        return Reply()

    with Platform(answer) as platform:
        at(cxcall, platform)
        with begin(cxcall, *words) as process:
            assert process.stdout is not None
            assert process.stdout.readline()
            process.stdout.close()
            is_closed.set()
            assert process.stderr is not None
            err = process.stderr.read()
            process.wait(30)
        assert "Traceback" not in err
        assert 0 < platform.rung < 20
        outcomes_now = Counter(entry["outcome"] for entry in recorded(cxcall))
        assert outcomes_now == {"accepted": platform.rung}
        left = str(20 - platform.rung)
        cxcall("batch", *words[:-3], left, "--resume", code=0)
    assert platform.rung == 20
    assert set(platform.dials.values()) == {1}


def test_signal_ends_the_wait_for_a_locked_ledger(cxcall: Cxcall) -> None:
    """The batch has a skipped row to record."""
    file = cxcall.file(
        "calls.jsonl", "".join(f"{json.dumps(body(max(row, 1)))}\n" for row in range(60))
    )
    with Platform() as platform:
        at(cxcall, platform)
        words = (file, *PERSONAL, "--rate", "10/s", "--confirm", "59")
        with begin(cxcall, *words) as process:
            assert platform.wait_for_rings(3)
            path = cxcall.folder / "state/ledger.sqlite3"
            with closing(sqlite3.connect(path, isolation_level=None)) as other:
                other.execute("BEGIN IMMEDIATE")
                process.send_signal(signal.SIGINT)
                _, err = process.communicate(timeout=20)
    assert "interrupted while another process had locked the ledger" in err
