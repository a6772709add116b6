"""The window of the duplicate guard, and the length of what the ledger keeps."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from cxcall.findings.exit_codes import Outcome
from cxcall.ledger.boot_clock import BootTime
from cxcall.ledger.duplicates import AlreadySentError
from cxcall.ledger.ledger import MAX_NOTE_LENGTH, Ledger
from cxcall.ledger.records import Intent, intent_digest, named_intent_digest

if TYPE_CHECKING:
    from pathlib import Path

START = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
WINDOW = 900.0
INTENT = Intent(
    "default", "execute", "community", "POST", "https://h/x",
    intent_digest("default", "POST", "https://h/x", {}), (),
)  # fmt: skip


def test_duplicate_window_counts_from_acceptance(tmp_path: Path) -> None:
    now = START
    with Ledger.open(
        tmp_path / "state", now=lambda: now, boot_clock=lambda: BootTime("", 0.0)
    ) as ledger:
        delivery = ledger.begin(INTENT, WINDOW)
        now = START + timedelta(seconds=600)  # the response took this long
        ledger.record_outcome(delivery, Outcome.ACCEPTED)
        now = START + timedelta(seconds=600 + WINDOW - 1)
        with pytest.raises(AlreadySentError):
            ledger.begin(INTENT, WINDOW)
        now = START + timedelta(seconds=600 + WINDOW + 1)
        assert ledger.begin(INTENT, WINDOW) != delivery


def test_notes_are_cut_to_their_longest_length(tmp_path: Path) -> None:
    note = "x" * (3 * MAX_NOTE_LENGTH)
    with Ledger.open(tmp_path / "state") as ledger:
        delivery = ledger.begin(INTENT, WINDOW)
        ledger.record_not_processed(delivery, 1, note)
        assert ledger.get(delivery).note == note[:MAX_NOTE_LENGTH]
        ledger.record_attempt(delivery, 2)
        ledger.record_outcome(delivery, Outcome.REFUSED, note=note)
        assert ledger.get(delivery).note == note[:MAX_NOTE_LENGTH]


@pytest.mark.parametrize("again", [False, True])
def test_record_of_an_older_version_still_guards(tmp_path: Path, *, again: bool) -> None:
    old = named_intent_digest("default", "execute", "POST", "https://h/x", {})
    assert old != INTENT.digest
    with Ledger.open(tmp_path / "state", now=lambda: START) as ledger:
        batch = "B" if again else ""
        first = INTENT._replace(digest=old, batch=batch)
        delivery = ledger.begin(first, WINDOW)
        ledger.record_outcome(delivery, Outcome.ACCEPTED)
        now = INTENT._replace(old_digest=old, again=again, batch=batch)
        with pytest.raises(AlreadySentError):
            ledger.begin(now, WINDOW)
        if batch:
            record = ledger.find_row(batch, now.digest, now.old_digest)
            assert record is not None
            assert record.id == delivery


def test_order_of_query_parameters_does_not_matter() -> None:
    one, other = (f"https://h/x?{query}" for query in ("a=1&b=2", "b=2&a=1"))
    assert intent_digest("p", "POST", one, None) == intent_digest("p", "POST", other, None)
