"""The batches of a file that count as one run."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from cxcall.batch.resume import batches_of_same_run
from cxcall.ledger.record_types import Batch


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
