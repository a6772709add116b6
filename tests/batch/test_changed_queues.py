"""`batch status` of a queued batch whose file was changed has each row that was sent, and no row that is not in it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from helpers.platform_server import Platform, Reply
from helpers.workers import OPERATION, queue_rows, status_of

if TYPE_CHECKING:
    from helpers.command import Cxcall

pytestmark = pytest.mark.slow
FAST = ("--rate", "500/s")
ROWS = [{"contactId": f"12345678-1234-4234-8234-{row:012}", "reasonCode": "x"} for row in range(6)]


def test_rows_of_a_shorter_file_are_done_and_an_unknown_row_stays_until_it_is_resolved(
    shared: Cxcall,
) -> None:
    """Two rows are sent, one of them without a response, and the others are canceled; another row has its number then."""
    is_lost = [ROWS[0]]
    with Platform(lambda body, _: Reply(0) if body in is_lost else Reply()) as platform:
        shared.environment |= platform.environment
        batch = queue_rows(shared, ROWS[:2], *FAST)
        shared("worker", "--until-empty")
        assert queue_rows(shared, ROWS, *FAST, "--resume", "--confirm", "4") == batch
        shared("batch", "cancel", batch, code=0)
        assert status_of(shared, batch)["state"] == "cancelled"
        queue_rows(shared, ROWS[:1:-1], *FAST, "--resume")  # without the rows that were sent
        shared("worker", "--until-empty", code=0)
        assert platform.rung == len(ROWS)
        status = status_of(shared, batch)
        assert (status["state"], status["states"]) == ("done", {"accepted": 5, "unknown": 1})
        [unknown] = status["unknown"]
        assert unknown["row"] == 1
        is_lost.clear()
        shared("history", "resolve", unknown["deliveryId"], "--not-placed", code=0)
        assert status_of(shared, batch)["states"] == {"accepted": 5, "undelivered": 1}
        words = ("batch", "rows.jsonl", *OPERATION, "--queue", "--resume", "--confirm", "1")
        text = (shared.folder / "rows.jsonl").read_text("utf-8")
        shared.file("rows.jsonl", f"{json.dumps(ROWS[0])}\n{text}")
        shared(*words, code=0)
        shared("worker", "--until-empty", code=0)
    status = status_of(shared, batch)
    assert (status["state"], status["states"]) == ("done", {"accepted": len(ROWS)})
