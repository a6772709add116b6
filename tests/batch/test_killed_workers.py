"""Workers that are killed at any instant, and a database that crashes: no row is called twice, and none is lost."""

from __future__ import annotations

import json
import os
import signal
from random import Random

import pytest

from helpers.command import Cxcall, run_changed
from helpers.platform_server import Platform
from helpers.postgres import PostgresServer
from helpers.workers import (
    HeldRequests,
    check_calls,
    queue_rows,
    rows_of,
    running_workers,
    status_of,
)

pytestmark = pytest.mark.slow

RUNS = int(os.environ.get("CXCALL_KILLED_WORKERS", "1"))
ROWS, WORKERS, THREADS, KILLS = 24, 3, 3, 2


@pytest.mark.parametrize("seed", range(RUNS))
def test_killed_workers_and_database_call_nobody_twice(
    cxcall: Cxcall, postgres_server: PostgresServer, seed: int
) -> None:
    chance = Random(seed)
    held = HeldRequests(lambda row: row % 4 == 0)
    cxcall.environment["CXCALL_LEDGER"] = postgres_server.url(postgres_server.new_database())
    with Platform(held) as platform:
        cxcall.environment |= platform.environment
        batch = queue_rows(cxcall, rows_of(ROWS), "--rate", "100/s")
        words = (
            "--until-empty",
            "--timeout",
            "2",
            "--lease",
            "2.5",
            "--concurrency",
            str(THREADS),
            "--max-failures",
            "100%",
        )
        with running_workers(cxcall, WORKERS, *words) as workers:
            for turn in range(1, KILLS + 1):
                platform.wait_for_rings(turn * ROWS // (KILLS + 2))
                workers.kill(chance.randrange(WORKERS))
                held.release()
                if turn == KILLS // 2:
                    postgres_server.restart()
            codes = workers.wait(60)
        outcomes = check_calls(cxcall, batch, platform.dials, ROWS)
    assert set(codes) <= {0, 2, 9}  # 2: it was started while the database was unavailable
    assert outcomes["accepted"] + outcomes["unknown"] + outcomes["undelivered"] == ROWS
    assert outcomes["unknown"] <= THREADS * KILLS  # each of them was claimed by a killed worker


LOST_RESPONSE = """
import psycopg
from cxcall.ledger.postgres.postgres_database import PostgresDatabase

flush, intents = PostgresDatabase._flush, []

def lose_response(self, *more):
    intents.extend(1 for statement, _ in self._unsent if b"INSERT INTO delivery" in statement)
    flush(self, *more)
    if more and len(intents) == 1:
        intents.append(2)
        self._connection.close()
        raise psycopg.OperationalError("the connection is lost")

PostgresDatabase._flush = lose_response
"""


def test_row_that_ends_because_the_database_was_lost_is_printed_and_counted(
    cxcall: Cxcall, postgres_url: str
) -> None:
    cxcall.environment["CXCALL_LEDGER"] = postgres_url
    with Platform() as platform:
        cxcall.environment |= platform.environment
        batch = queue_rows(cxcall, rows_of(3), "--rate", "500/s")
        ran = run_changed(cxcall, LOST_RESPONSE, "worker", "--until-empty", "-o", "jsonl")
    assert ran.code == 9, ran
    *rows, end = map(json.loads, ran.out.splitlines())
    assert sorted(row["outcome"] for row in rows) == ["accepted", "accepted", "undelivered"]
    assert end["data"]["outcomes"] == {"accepted": 2, "undelivered": 1}
    assert status_of(cxcall, batch)["states"] == {"accepted": 2, "undelivered": 1}
    assert platform.rung == 2


def test_worker_that_ends_without_its_database_names_the_outcome_that_only_it_knows(
    cxcall: Cxcall, postgres_server: PostgresServer
) -> None:
    held = HeldRequests(lambda _row: True)
    cxcall.environment["CXCALL_LEDGER"] = postgres_server.url(postgres_server.new_database())
    with Platform(held) as platform:
        cxcall.environment |= platform.environment
        batch = queue_rows(cxcall, rows_of(2), "--rate", "500/s")
        process = cxcall.begin("worker", "--concurrency", "1", "-o", "jsonl")
        try:
            held.wait_for(1)
            postgres_server.stop()
            process.send_signal(signal.SIGTERM)
            held.release()
            assert process.stderr is not None
            lines = iter(process.stderr.readline, "")
            assert any("another signal ends this" in line for line in lines)
            process.send_signal(signal.SIGTERM)
            out, _ = process.communicate(timeout=30)
        finally:
            process.kill()
            postgres_server.start()
    assert process.returncode == 9
    *rows, end = map(json.loads, out.splitlines())
    problem = end["findings"][-1]
    assert f"row 1 of batch `{batch}` was not recorded: `accepted`" in problem["message"]
    assert [row["deliveryId"] in problem["fix"] for row in rows] == [True]
    assert platform.rung == 1
