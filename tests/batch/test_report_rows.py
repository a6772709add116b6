"""A report has the last result of each row, after what a person found out about unknown ones."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from cxcall.batch.input.row_keys import cells_of
from cxcall.batch.input.rows import Row
from cxcall.batch.load.earlier_loads import LoadedRows
from cxcall.batch.report.report_counts import summarize
from cxcall.batch.report.report_rows import BatchReport, ReportRow, find_batch, read_report
from cxcall.batch.report.text_and_csv_reports import text_sections
from cxcall.findings.exit_codes import Outcome
from cxcall.findings.finding import Excerpt
from cxcall.ledger.ledger import Ledger
from cxcall.ledger.record_types import Batch, UnsentRow
from cxcall.ledger.request_identity import RequestPart
from cxcall.ledger.row_ranges import count_by_value
from cxcall.ledger.schema import UnsentKind
from helpers.ledger_process import intent

if TYPE_CHECKING:
    from pathlib import Path


def send(
    ledger: Ledger, batch: str, row: int, outcome: Outcome = Outcome.UNKNOWN, rows: str = ""
) -> str:
    """Record a delivery of a row, each with another request, and return its ID."""
    sent = intent(f"{row} {ledger.now()}")._replace(batch=batch, row=row, rows=rows)
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


def test_row_that_another_process_sent_is_not_listed_as_unsent(tmp_path: Path) -> None:
    with Ledger.open(tmp_path) as ledger:
        batch = ledger.batches.begin("p", "o", "t", "v", "/f", "d", 2)
        send(ledger, batch, 1, Outcome.ACCEPTED)
        now = ledger.now()
        stopped = (
            UnsentRow(batch, row, "", Outcome.STOPPED, "already-sent", "", now) for row in (1, 2)
        )
        ledger.batches.record_unsent([*stopped])
        counts = ledger.batches.count_outcomes(batch), ledger.batches.count_unsent(batch)
    assert counts == ({"accepted": 1}, 1)


@pytest.mark.slow
@pytest.mark.parametrize("is_load", [True, False])
def test_row_that_two_batches_have_sent_counts_once(tmp_path: Path, *, is_load: bool) -> None:
    with Ledger.open(tmp_path) as ledger:
        before, batch = (ledger.batches.begin("p", "o", "t", "v", "/f", "d", 4) for _ in range(2))
        other = send(ledger, before, 1, Outcome.ACCEPTED, "1-3" * is_load)
        own = [
            send(ledger, batch, row, outcome, str(row) * is_load)
            for row, outcome in enumerate(
                (Outcome.UNDELIVERED, Outcome.REFUSED, Outcome.UNKNOWN, Outcome.REFUSED), 1
            )
        ]
        ledger.batches.record_unsent(
            [
                UnsentRow(
                    batch, row, "", Outcome.ACCEPTED, other, "", ledger.now(), UnsentKind.MOVED
                )
                for row in (1, 2, 3)
            ]
        )
        counts = ledger.batches.count_outcomes(batch, with_others=True)
        report = read_report(ledger, find_batch(ledger, batch))
        if is_load:
            loaded = LoadedRows(ledger, [batch, before])
            assert [getattr(loaded.find(row), "id", "") for row in (1, 3, 5)] == [other, own[2], ""]
    assert counts == {"accepted": 2, "unknown": 1, "refused": 1}
    assert Counter(each.outcome for each in report.rows) == counts


def test_newest_delivery_of_a_row_counts_if_loads_combined_rows_differently() -> None:
    newest_first = [("accepted", "3-5,12"), ("undelivered", "1-4,9"), ("unknown", "1-10,20-29")]
    assert count_by_value(newest_first) == {"accepted": 4, "undelivered": 3, "unknown": 14}


def text_entries(rows: list[ReportRow]) -> dict[str, str]:
    """Return the names and texts of a report with these rows."""
    batch = Batch(
        "01B",
        datetime.now(UTC),
        is_finished=True,
        profile="p",
        operation="o",
        target="t",
        values_digest="v",
    )
    report = BatchReport(batch, rows, 0)
    sections = text_sections(report, summarize(report))
    return {each.name: each.text for section in sections for each in section.entries}


def test_text_report_has_each_reason_once_and_the_latency_if_there_is_one() -> None:
    refused = ReportRow(2, "C-2", "refused", "bad.request", "the number is not valid")
    invalid = ReportRow(3, "", "invalid", "HTTP 400", "HTTP 400")
    found = text_entries([ReportRow(1, "", "accepted", "", "", latency=120.0), refused, invalid])
    assert found["row 2 (C-2)"] == "refused: bad.request: the number is not valid"
    assert found["row 3"] == "invalid: HTTP 400"
    assert found["latency"].startswith("p50 ")
    assert "latency" not in text_entries([refused, invalid])


def test_parts_of_a_request_are_one_request_of_a_report(tmp_path: Path) -> None:
    with Ledger.open(tmp_path) as ledger:
        batch = ledger.batches.begin("p", "o", "t", "v", "/f", "d", 3, is_load=True)
        sent = intent("a")._replace(batch=batch, row=1, rows="1-3")
        unlisted = RequestPart("A", (2,), Outcome.UNKNOWN, "", (), ())
        parts = (RequestPart("B", (1, 3), Outcome.ACCEPTED, "", (), ()), unlisted)
        whole = ledger.begin(sent, 900)
        ledger.record_outcome(whole, Outcome.UNKNOWN, timings={"total": 5.0}, parts=parts)
        assert [ledger.get(each.id).row for each in parts] == [1, 2]
        found = summarize(read_report(ledger, find_batch(ledger, batch)))
    assert (found.requests, found.latencies.total()) == (1, 1)
    assert found.outcomes == {"unknown": 1, "accepted": 2}


def test_rows_of_a_lost_request_are_one_line_of_the_text_report() -> None:
    lost = ReportRow(0, "", "unknown", "", "the contacts may be in the list", delivery="01D")
    rows = [lost._replace(row=row) for row in (1, *range(4, 200))]
    found = text_entries([*rows, lost._replace(row=200, delivery="01E")])
    text = "unknown: the contacts may be in the list (delivery 01D)"
    assert found["rows 1,4-199"] == text
    assert found["row 200"].endswith("(delivery 01E)")
    assert len([name for name in found if name.startswith("row")]) == 2


def test_values_of_a_json_line_have_the_names_of_columns() -> None:
    line = '{"contactId": "c", "contactSpec": {"list": [7]}}'
    row = Row(1, Excerpt("rows.jsonl", 1, 1, line), None, {})
    assert cells_of(row, None) == {"contactId": "c", "/contactSpec/list/0": "7"}
