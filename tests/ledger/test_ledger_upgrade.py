"""A ledger of version 6 is upgraded as a whole, with the same answers to all questions, or stays as it is."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from cxcall.findings.exit_codes import Outcome
from cxcall.ledger.checksummed_rows import with_checksum
from cxcall.ledger.duplicates import AlreadySentError
from cxcall.ledger.ledger import Ledger
from cxcall.ledger.loss_marker import SharedMarks, read_marks
from cxcall.ledger.record_types import record_fields
from cxcall.ledger.schema import COLUMNS
from cxcall.ledger.version_6 import Conversion, kept_columns
from helpers.older_ledgers import (
    LAST,
    RELEASED,
    clock,
    intent,
    now,
    write_older_file,
    write_older_tables,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from helpers.command import Cxcall

UNFINISHED = "which is not finished"
STOPPED = {
    "accepted": "was accepted",
    "vendor": "was accepted",
    "unknown": "is unknown",
    "placed": "was recorded as having placed a call",
    "in flight": "is unknown",
    "open 1": UNFINISHED,
    "ended 1": "was accepted",
}
"""Requests of both ledgers that stop an identical one ten minutes later, and why."""


IN_FILE = pytest.mark.parametrize("open_older", ["sqlite"], indirect=True)


def digest_of(name: str) -> str:
    """Return the digest of a request in a record of version 6."""
    return next(iter(intent(name).older_digests(())))


@pytest.fixture
def open_older(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[str], Ledger]:
    """Return a function that writes a ledger of version 6, and opens it."""

    def in_file(records: str) -> Ledger:
        write_older_file(tmp_path / "state", records)
        return Ledger.open(tmp_path / "state", now=now, boot_clock=clock)

    def in_tables(records: str) -> Ledger:
        url = request.getfixturevalue("postgres_url")
        write_older_tables(url, records)
        return Ledger.open_shared(url, now=now, boot_clock=clock)

    return in_file if request.param == "sqlite" else in_tables


@pytest.mark.parametrize(
    ("open_older", "records"),
    [
        ("sqlite", RELEASED),
        ("sqlite", LAST),
        pytest.param("postgres", LAST, marks=pytest.mark.slow),
    ],
    indirect=["open_older"],
)
def test_history_and_duplicate_guard_give_the_same_answers(
    open_older: Callable[[str], Ledger], records: str
) -> None:
    with open_older(records) as book:
        book.check(always=True)
        by_outcome = {
            outcome: len(list(book.records(outcome=outcome)))
            for outcome in ("accepted", "refused", "unknown", "placed", "not-placed")
        }
        more = records == LAST
        assert by_outcome == {
            "accepted": 4 + more,
            "refused": 1 + more,
            "unknown": 4 + 2 * more,
            "placed": 1,
            "not-placed": 1,
        }
        first = list(book.records())[-1 - more]
        assert (first.attempts, first.engagement_id, first.timings) == (2, "E1", {"total": 12.5})
        assert first.numbers == ("+*******0100",)
        assert book.people.find_contact([("number 12025550100",)], {""}) == first
        for name, why in STOPPED.items():
            with pytest.raises(AlreadySentError, match=why):
                book.begin(intent(name), 900)
        for name in ("not placed", "refused", "new"):
            book.record_outcome(book.begin(intent(name), 900), Outcome.REFUSED)
        book.check(always=True)


@IN_FILE
@pytest.mark.parametrize("records", [RELEASED, LAST])
def test_batch_is_resumed_as_before(open_older: Callable[[str], Ledger], records: str) -> None:
    with open_older(records) as book:
        batches, is_last = book.batches, records == LAST
        ended, open_ = [each for each in batches.all() if each.file in ("/calls.csv", "/ended.csv")]
        assert (ended.is_finished, ended.values_digest, ended.is_load) == (True, "given", False)
        assert (open_.is_finished, open_.rows, open_.key) == (False, 3, "id")
        own = book.find_row([open_.id], intent("open 1"))
        assert own is not None
        assert own.may_be_processed
        assert (own.name, own.is_load) == ("A", False)
        with pytest.raises(AlreadySentError, match="row 1 of this batch is the same request"):
            book.begin(intent("open 1", batch=open_.id), 900)
        # It was accepted before the batch began, and not within the window before.
        assert book.begin(intent("accepted", batch=open_.id), 0.001)
        unsent = batches.unsent_rows([open_.id])
        duplicate = (Outcome.SKIPPED, "duplicate", "as row 1")
        assert (unsent[2].outcome, unsent[2].reason, unsent[2].message) == duplicate
        assert batches.other_deliveries(open_.id) == ({3: own.id} if is_last else {})
        assert batches.has_other_content(open_.id) == is_last
        batches.events.reopen(open_.id, guards=[], guard=lambda: None)
        batches.events.record(open_.id)
        assert batches.all()[-1 - is_last].is_finished


@IN_FILE
def test_kinds_of_records_are_columns(open_older: Callable[[str], Ledger]) -> None:
    with open_older(LAST) as book:
        batches, events = book.batches, book.batches.events
        load, ended, open_, pruned = batches.all()
        assert (events.guards(open_.id), events.guards(ended.id)) == ([], [])
        assert [events.beginning(each.id)[0] for each in (load, ended, open_, pruned)] == [
            27,
            25,
            21,
            0,
        ]
        assert events.is_recorded_since(open_.id, 5)
        assert not events.is_recorded_since(open_.id, 6)
        with pytest.raises(Exception, match="were pruned"):
            events.stop_on_pruned(pruned.id)
        assert (load.is_load, load.values_digest) == (True, "v2:list")
        assert batches.count_outcomes(load.id) == {"accepted": 4, "unknown": 1}
        in_flight = next(each for each in book.records() if each.latest_end)
        assert in_flight.latest_end == in_flight.at + timedelta(minutes=15, seconds=66)
        for key, name in (("key K1", "accepted"), ("key K2", "open 1")):
            found = book.people.find_contact([(key,)], {"", open_.id})
            assert found is not None
            assert found.digest == digest_of(name)
        with book.database.snapshot():
            here = book.database.server or "1/4000"
            assert read_marks(book.rows) == SharedMarks("", here, is_accepted=True)
        assert not book.missing_records()


@IN_FILE
def test_output_is_the_same(open_older: Callable[[str], Ledger]) -> None:
    with open_older(LAST) as book:
        fields = {each.digest: record_fields(each) for each in book.records()}
    load, own = fields[digest_of("load 1")], fields[digest_of("open 4")]
    assert (load["key"], load["row"]) == ("rows 1-3,5", 1)
    assert load["note"] == "1 of 4 rows are unknown: the response does not list them"
    assert own["key"] == "rows 2"  # the name of one row
    assert fields[digest_of("in flight")]["timingsMs"] == {}
    resolutions = [fields[digest_of(name)]["resolution"] for name in ("placed", "not placed")]
    assert resolutions == ["placed", "not-placed"]


@pytest.mark.slow
def test_row_of_a_file_and_its_history_are_shown_by_the_commands(cxcall: Cxcall) -> None:
    write_older_file(cxcall.folder / "state", LAST)
    lines = cxcall("history", "export", code=0).out.splitlines()
    assert [json.loads(line)["key"] for line in lines[:2]] == ["row 6", "rows 1-3,5"]
    listed = [
        len(cxcall("history", "list", "--outcome", name, "-o", "jsonl", code=0).out.splitlines())
        for name in ("placed", "not-placed")
    ]
    assert listed == [1, 1]


def convert(*rows: tuple[str, dict[str, Any]]) -> dict[str, Any]:
    """Return the last one of some rows of version 6 by column, converted."""
    conversion, found = Conversion("ledger"), {}
    for table, given in rows:
        values = [given.get(each, "") for each in kept_columns(table)]
        *converted, _ = conversion.convert(table, with_checksum(table, values))
        found = dict(zip(COLUMNS[table], converted, strict=True))
    return found


def test_row_with_the_name_of_the_rows_of_a_load_keeps_it() -> None:
    named = {"batch": "B", "row": 1, "key": "rows 1-900"}
    for given, rows, key in (("given", "", "rows 1-900"), ("load:given", "1-900", "")):
        found = convert(("batch", {"id": "B", "given": given}), ("delivery", named))
        assert (found["rows"], found["key"]) == (rows, key)
    long = f"rows 1{'0' * 5000}"
    assert convert(("delivery", named | {"key": long}))["key"] == long


def test_long_upgrade_is_announced(capsys: pytest.CaptureFixture[str]) -> None:
    conversion = Conversion("ledger")
    for found in (None, (None,), (20_000,), (820_000,)):
        conversion.announce(found)
    text = "upgrading the ledger `ledger`: 820000 records; this is done once\n"
    assert capsys.readouterr().err == text
