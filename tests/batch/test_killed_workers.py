"""Workers that are killed at any instant, and a database that crashes: no row is called twice, and none is lost."""

from __future__ import annotations

import os
from random import Random

import pytest

from helpers.command import Cxcall
from helpers.platform_server import Platform
from helpers.postgres import PostgresServer
from helpers.workers import HeldRequests, check_calls, queue_rows, rows_of, running_workers

RUNS = int(os.environ.get("CXCALL_KILLED_WORKERS", "1"))
ROWS, WORKERS, THREADS, KILLS = 80, 4, 3, 4


@pytest.mark.slow
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
            "3",
            "--lease",
            "4",
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
