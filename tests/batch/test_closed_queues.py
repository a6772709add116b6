"""Queued batches that a person closes, that other commands overtake, and that end after a wait."""

from __future__ import annotations

import json
from contextlib import closing
from threading import Event
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import pytest

from cxcall.batch.input.row_keys import RowKeys
from cxcall.cli.actions.batch.queue_commands import cancel_batch, fill_queue
from cxcall.findings.errors import StoppedError
from cxcall.ledger.ledger import Ledger
from cxcall.ledger.postgres.queued_rows import QueuedBatch
from helpers.platform_server import Platform, Reply
from helpers.workers import OPERATION, queue_rows, rows_of, running_workers

if TYPE_CHECKING:
    from collections.abc import Iterator

    from helpers.command import Cxcall

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("platform", "_no_duplicate_window")]


@pytest.fixture
def _no_duplicate_window(cxcall: Cxcall) -> None:
    """Let only what is recorded about batches stop a request, and not its age."""
    cxcall.environment["CXCALL_DUPLICATE_WINDOW"] = "0.001"


def test_closed_batch_that_is_queued_again_is_unfinished_and_repeats_no_other_command(
    shared: Cxcall,
) -> None:
    batch = queue_rows(shared, rows_of(2))
    for _ in range(2):  # the first takes the rows out of the queue, the second closes the batch
        shared("batch", "cancel", batch, code=0)
    sent = rows_of(2)[1]
    words = (f"--contact-id={sent['contactId']}", f"--reason-code={sent['reasonCode']}")
    shared("personal-connection", *words, "--yes", code=0)
    again = ("batch", "rows.jsonl", *OPERATION, "--confirm", "1", "--queue", "--resume")
    assert shared(*again, code=0).out.strip() == batch  # row 2 is stopped, and is not queued
    [found] = shared("batch", "list", "-o", "json", code=0).envelope["data"]["batches"]
    assert (found["id"], found["state"]) == (batch, "unfinished")
    *rows, _ = map(json.loads, shared("worker", "--until-empty", "-o", "jsonl").out.splitlines())
    assert [each["outcome"] for each in rows] == ["accepted"]
    report = shared("batch", "report", "-o", "json", code=0).envelope["data"]
    assert report["outcomes"] == {"stopped": 1, "accepted": 1}
    [found] = shared("batch", "list", "-o", "json", code=0).envelope["data"]["batches"]
    assert (found["state"], found["outcomes"]) == ("finished", {"accepted": 1})


def test_row_that_waits_for_its_next_attempt_is_not_sent_after_its_batch_is_closed(
    shared: Cxcall, platform: Platform
) -> None:
    def cancel_and_postpone(_body: Any, _count: int) -> Reply:
        shared("batch", "cancel", batch, code=0)
        platform.answer = lambda _body, _count: Reply()
        return Reply(429, {"code": "too.many.requests"}, {"Retry-After": "1"}, rings=False)

    batch = queue_rows(shared, rows_of(1))
    platform.answer = cancel_and_postpone
    shared("worker", "--until-empty")
    assert platform.rung == 0
    [found] = shared("batch", "list", "-o", "json", code=0).envelope["data"]["batches"]
    assert found["outcomes"] == {"undelivered": 1}


def test_worker_that_waits_notices_that_its_batch_is_closed(
    shared: Cxcall, platform: Platform
) -> None:
    def reply(_body: Any, _count: int) -> Reply:
        has_received.set()
        return Reply(429, {}, {"Retry-After": "100"})

    has_received, platform.answer = Event(), reply
    shared.environment["CXCALL_MAX_WAIT"] = "200"
    batch = queue_rows(shared, rows_of(2))
    with running_workers(shared, 1, "--until-empty") as workers:
        assert has_received.wait(30)
        shared("batch", "cancel", batch, code=0)
        workers.wait(20)
    assert platform.rung == 0


def test_batch_of_queued_rows_stays_unfinished_when_another_of_the_same_rows_ends(
    shared: Cxcall,
) -> None:
    queued = queue_rows(shared, rows_of(2))
    again = ("batch", "rows.jsonl", *OPERATION, "--confirm", "2")
    shared(*again, "--again", code=0)
    batches = shared("batch", "list", "-o", "json", code=0).envelope["data"]["batches"]
    states = {each["id"]: each["state"] for each in batches}
    assert states.pop(queued) == "unfinished"
    assert [*states.values()] == ["finished"]
    assert "was not finished" in shared(*again, code=7).err


def test_batch_that_is_closed_while_its_queue_is_filled_stays_empty(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CXCALL_LEDGER", postgres_url)
    with Ledger.open_shared(postgres_url) as ledger:
        batch = ledger.batches.begin("default", "call", "https://x", "", "/a", "1")

        def rows() -> Iterator[Any]:
            assert "closed" in cancel_batch(batch).diagnostics[0]
            yield from ()

        selection = cast("Any", SimpleNamespace(rows=rows, is_changed_file=False, last_end=0))
        queued = QueuedBatch(batch, "default", "call", "https://x", {"again": False})
        with pytest.raises(StoppedError, match="closed"):
            fill_queue(ledger, queued, selection, cast("RowKeys", SimpleNamespace(key_of=str)))
        with closing(ledger.open_queue()) as queue:
            assert queue.open_batches() == []
