"""The batches of a file that count as one run, and queued rows."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from cxcall.batch.resume import batches_of_same_run, stop_on_queued
from cxcall.findings.errors import StoppedError
from cxcall.ledger.records import Batch

if TYPE_CHECKING:
    pass


def test_only_batches_of_the_same_run_count_as_sent_on_resume() -> None:
    now = datetime(2026, 11, 26, 9, tzinfo=UTC)
    last_week = now - timedelta(days=7)
    started = {
        "killed": now,
        "an hour ago": now - timedelta(hours=1),
        "old": last_week,
        "old and unfinished": last_week,
    }
    batches = [
        Batch(name, at, "an hour" in name or name == "old", "default", "execute", "https://api", "")
        for name, at in started.items()
    ]
    found = batches_of_same_run(batches)
    assert found == ["killed", "an hour ago", "old and unfinished"]


class Queue:
    """A stand-in for a queue in a database: its counts."""

    def __init__(self, **counts: int) -> None:
        self.is_shared, self.counts = True, counts

    def open_queue(self) -> Queue:
        """Return itself, in place of the ledger's queue."""
        return self

    def count(self, batch: str) -> dict[str, int]:
        """Return how many rows of a batch have each state or outcome."""
        return self.counts if batch == "B1" else {}

    def close(self) -> None:
        """Do nothing."""


@pytest.mark.parametrize("state", ["todo", "waiting", "claimed", "sending"])
def test_batch_is_not_resumed_while_workers_may_send_its_rows(state: str) -> None:
    ledger: Any = Queue(accepted=9, **{state: 1})
    with pytest.raises(StoppedError, match="in the queue"):
        stop_on_queued(ledger, ["B0", "B1"])


def test_batch_whose_queued_rows_have_ended_is_resumed() -> None:
    ledger: Any = Queue(accepted=1, refused=1, unknown=1, cancelled=1)
    stop_on_queued(ledger, ["B0", "B1"])
