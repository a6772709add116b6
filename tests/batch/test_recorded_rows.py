"""A report has the last result of each row, after what a person found out about unknown ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cxcall.batch.report.recorded_rows import find_batch, read_report
from cxcall.findings.exit_codes import Outcome
from cxcall.ledger.ledger import Ledger
from helpers.ledger_process import intent

if TYPE_CHECKING:
    from pathlib import Path


def send(ledger: Ledger, batch: str, row: int, outcome: Outcome = Outcome.UNKNOWN) -> str:
    """Record a delivery of a row, each with another request, and return its ID."""
    sent = intent(f"{row} {ledger.now()}")._replace(batch=batch, row=row)
    delivery = ledger.begin(sent, 900)
    ledger.record_outcome(delivery, outcome)
    return delivery


def test_report_has_what_a_person_found_out_about_an_unknown_row(tmp_path: Path) -> None:
    with Ledger.open(tmp_path) as ledger:
        batch = ledger.batches.begin("p", "o", "t", "v", "/f", "d", 4)
        ledger.resolve(send(ledger, batch, 1), placed=False)
        ledger.resolve(send(ledger, batch, 2), placed=True)
        send(ledger, batch, 3)
        report = read_report(ledger, find_batch(ledger, batch))
    assert [(each.row, each.outcome, each.reason) for each in report.rows] == [
        (1, "undelivered", "not-placed"),
        (2, "accepted", ""),
        (3, "unknown", ""),
    ]
    assert report.missing == 1


def test_delivery_that_may_have_placed_a_call_counts_before_a_later_one(tmp_path: Path) -> None:
    with Ledger.open(tmp_path) as ledger:
        batch = ledger.batches.begin("p", "o", "t", "v", "/f", "d", 3)
        for row, outcomes in (
            (1, (Outcome.ACCEPTED, Outcome.UNDELIVERED)),
            (2, (Outcome.UNKNOWN, Outcome.UNDELIVERED)),
            (3, (Outcome.UNDELIVERED, Outcome.ACCEPTED)),
        ):
            for outcome in outcomes:
                send(ledger, batch, row, outcome)
        report = read_report(ledger, find_batch(ledger, batch))
    assert [each.outcome for each in report.rows] == ["accepted", "unknown", "accepted"]
