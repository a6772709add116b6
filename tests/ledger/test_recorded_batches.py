"""Rows and batches in the ledger: a row is sent once, and a batch is found again."""

from __future__ import annotations

from pathlib import Path

import pytest

from cxcall.findings.exit_codes import Outcome
from cxcall.ledger.duplicates import AlreadySentError
from cxcall.ledger.ledger import Ledger
from helpers.ledger_process import intent


def test_row_is_sent_once_within_a_batch_despite_again(tmp_path: Path) -> None:
    outcomes = {
        Outcome.ACCEPTED: True,
        Outcome.REFUSED: True,
        Outcome.UNKNOWN: True,
        Outcome.UNDELIVERED: False,
    }
    with Ledger.open(tmp_path) as book:
        for number, (outcome, is_stopped) in enumerate(outcomes.items(), 7):
            row = intent(f"x{number}")._replace(batch="B", row=number, again=True)
            first = book.begin(row, 0)
            book.record_outcome(first, outcome)
            found = book.find_row(["B"], row)
            assert found is not None
            assert (found.id, found.may_be_processed) == (first, is_stopped)
            if is_stopped:
                with pytest.raises(AlreadySentError, match=f"row {number}"):
                    book.begin(row, 0)
        assert book.begin(row, 0) != first
        assert book.begin(row._replace(batch="C"), 0)
        assert book.find_row(["D"], row) is None


@pytest.mark.parametrize("again", [False, True])
def test_processed_row_stops_its_identical_row(tmp_path: Path, *, again: bool) -> None:
    with Ledger.open(tmp_path) as book:
        row = intent("x")._replace(batch="B", row=1, again=again)
        first = book.begin(row, 900)
        book.record_not_processed(first, 1, "busy")
        twin = book.begin(row._replace(row=2), 900)
        book.record_not_processed(twin, 1, "busy")
        book.record_attempt(first, 2)
        with pytest.raises(AlreadySentError, match="row 1 of this batch"):
            book.record_attempt(twin, 2)
        book.record_outcome(first, Outcome.ACCEPTED)
        with pytest.raises(AlreadySentError, match="row 1 of this batch"):
            book.record_attempt(twin, 2)
        book.record_outcome(twin, Outcome.UNDELIVERED)
        found = book.find_row(["B"], row)
        assert found is not None
        assert (found.id, found.may_be_processed) == (first, True)
        with pytest.raises(AlreadySentError, match="row 1 of this batch"):
            book.begin(row._replace(row=3), 0)


def test_end_of_a_batch_ends_those_at_other_hosts_of_the_tenant(tmp_path: Path) -> None:
    hosts = ("api-na1.niceincontact.com", "api-b32.nice-incontact.com", "other.example.com")
    with Ledger.open(tmp_path) as book:
        for host in hosts:
            book.batches.begin("default", "execute", f"https://{host}/v34", "given", "/a", "1")
        _, other, own = book.batches.all()
        book.batches.events.record(own.id)
        finished = [each.target for each in book.batches.all() if each.is_finished]
        assert finished == [other.target, own.target]


def test_batches_are_found_by_content_or_path(tmp_path: Path) -> None:
    with Ledger.open(tmp_path) as book:
        whole = "default", "execute", "https://x", "given"
        first = book.batches.begin(*whole, "/a", "1")
        second = book.batches.begin("other", *whole[1:], "/b", "2")
        for file, digest, expected in (
            ("/a", "9", [first]),
            ("/b", "9", [second]),
            ("", "2", [second]),
            ("/a", "2", [second, first]),
            ("", "9", []),
        ):
            found = book.batches.of_file(file, digest)
            assert [each.id for each in found] == expected
            assert not any(each.is_finished for each in found)
        (found_first,) = book.batches.of_file("/a", "1")
        assert found_first[3:7] == whole
        book.batches.events.record(first)
        assert book.batches.of_file("/a", "1")[0].is_finished
