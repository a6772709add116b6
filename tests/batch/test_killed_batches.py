"""Batches that are killed at any instant and resumed to the end: no row is called twice, and none is lost."""

from __future__ import annotations

import json
import os
from random import Random
from subprocess import DEVNULL
from typing import TYPE_CHECKING

import pytest

from cxcall.ledger.ledger import Ledger
from helpers.command import CONTACT
from helpers.platform_server import Platform

if TYPE_CHECKING:
    from helpers.command import Cxcall

BATCHES = int(os.environ.get("CXCALL_KILLED_BATCHES", "1"))
IN_ONE = 2
ROWS = 12


@pytest.mark.slow
@pytest.mark.parametrize("first", range(0, BATCHES, IN_ONE))
def test_killed_batches_are_resumed_to_the_end(cxcall: Cxcall, first: int) -> None:
    chance = Random(first)
    for number in range(first, min(first + IN_ONE, BATCHES)):
        rows = [{"contactId": CONTACT, "reasonCode": f"{number} {row}"} for row in range(ROWS)]
        file = cxcall.file(f"{number}.jsonl", "".join(json.dumps(row) + "\n" for row in rows))
        words = (
            "batch",
            file,
            "--operation",
            "personal-connection",
            "--rate",
            "500/s",
            "-o",
            "jsonl",
            "--confirm",
        )
        with Platform() as platform:
            cxcall.environment |= platform.environment
            with cxcall.begin(*words, str(ROWS), out=DEVNULL, err=DEVNULL) as process:
                platform.wait_for_rings(chance.randrange(1, ROWS))
                process.kill()
            if process.returncode == 0:
                continue  # it ended before the signal
            assert cxcall(*words, str(ROWS)).code == 7  # it was not finished
            rung = platform.rung
            with Ledger.open(cxcall.folder / "state") as ledger:
                batch = ledger.batches.all()[0].id
                sent = sum(each.may_be_processed for each in ledger.records(batch=batch))
            if sent < ROWS:  # with no rows left, a script may repeat its command
                cxcall(*words, str(ROWS - sent + 1), "--resume", code=2)  # a wrong number of rows
                assert platform.rung == rung
            ran = cxcall(*words, str(ROWS - sent), "--resume")
            *results, _ = [json.loads(line) for line in ran.out.splitlines()]
            assert ran.code in (0, 9)
            assert len(results) == ROWS
            assert {result["outcome"] for result in results} <= {"accepted", "unknown"}
            assert ROWS >= platform.rung >= rung
            unknown = sum(result["outcome"] == "unknown" for result in results)
            assert platform.rung + unknown >= ROWS
            assert set(platform.dials.values()) == {1}
