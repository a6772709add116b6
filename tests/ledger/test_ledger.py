"""The ledger records each delivery durably and privately, and finds it again."""

from __future__ import annotations

import json
import sqlite3
import stat
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from cxcall.findings.errors import UsageError
from cxcall.findings.exit_codes import Outcome
from cxcall.ledger.errors import LedgerError
from cxcall.ledger.ledger import Ledger
from cxcall.ledger.record_types import Record, UnsentRow, record_fields
from cxcall.ledger.request_identity import Intent, intent_digest
from cxcall.ledger.sqlite import sqlite_database as database
from cxcall.ledger.stored_values import MAX_NOTE_LENGTH
from helpers.ledger_process import ENDS, intent
from helpers.ledgers import DAY, START, WINDOW, Clock, connect


def test_delivery_is_recorded_from_intent_to_outcome(book: Ledger, clock: Clock) -> None:
    asked = intent("a")._replace(numbers=("+*******0100",))
    delivery = book.begin(asked, WINDOW)
    assert (len(delivery), book.get(delivery).outcome) == (18, Outcome.UNKNOWN)
    clock.advance(1.5)
    book.record_outcome(
        delivery, Outcome.ACCEPTED, status=201, engagement_id="e", correlation_id="c", note="n"
    )
    assert book.get(delivery) == Record(
        id=delivery, at=START, ended_at=START + timedelta(seconds=1.5), profile="default",
        operation="execute", provenance="community", method="POST", target="https://api.example.com/x",
        numbers=("+*******0100",), digest=asked.digest, attempts=1, outcome=Outcome.ACCEPTED, status=201,
        engagement_id="e", correlation_id="c", resolution="", again=False, note="n",
            batch="", row=None,
    )  # fmt: skip


def test_unprocessed_attempt_leaves_the_delivery_undelivered(book: Ledger) -> None:
    delivery = book.begin(intent("a"), WINDOW)
    book.record_not_processed(delivery, 1, "HTTP 429")
    assert book.get(delivery).outcome is Outcome.UNDELIVERED
    assert book.get(delivery).note == "HTTP 429"
    book.record_attempt(delivery, 2)
    assert (book.get(delivery).outcome, book.get(delivery).attempts) == (Outcome.UNKNOWN, 2)
    book.record_outcome(delivery, Outcome.REFUSED)
    assert (book.get(delivery).outcome, book.get(delivery).attempts) == (Outcome.REFUSED, 2)


def test_record_converts_to_json(file_book: Ledger) -> None:
    delivery = file_book.begin(intent("a", again=True), WINDOW)
    shown = json.loads(json.dumps(record_fields(file_book.get(delivery))))
    assert (shown["id"], shown["at"], shown["endedAt"]) == (delivery, START.isoformat(), None)
    assert (shown["outcome"], shown["again"], shown["numbers"]) == ("unknown", True, [])
    file_book.record_outcome(delivery, Outcome.ACCEPTED)
    assert record_fields(file_book.get(delivery))["endedAt"] == START.isoformat()


def test_database_rejects_updates_and_deletes(file_book: Ledger, folder: Path) -> None:
    file_book.record_outcome(file_book.begin(intent("a"), WINDOW), Outcome.UNKNOWN)
    with connect(folder) as connection:
        for table, column in (("delivery", "digest"), ("event", "outcome")):
            for change in (f"UPDATE {table} SET {column} = 'x'", f"DELETE FROM {table}"):
                with pytest.raises(sqlite3.IntegrityError, match="append-only"):
                    connection.execute(change)


def test_acknowledged_record_is_synchronized_to_disk(file_book: Ledger, folder: Path) -> None:
    assert file_book.begin(intent("a"), WINDOW)
    mode = file_book.database.run("PRAGMA synchronous").fetchone()[0]
    assert mode == 2
    with connect(folder) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_each_new_record_is_synchronized_to_disk_again(file_book: Ledger) -> None:
    def mode() -> int:
        found: int = file_book.database.run("PRAGMA synchronous").fetchone()[0]
        return found

    for name in ("a", "b"):
        delivery = file_book.begin(intent(name), WINDOW)
        assert mode() == 2
        file_book.record_not_processed(delivery, 1, "HTTP 429")
        assert mode() == 1  # it becomes durable with the next record, before the next attempt
        file_book.record_attempt(delivery, 2)
        assert mode() == 2
        file_book.record_outcome(delivery, Outcome.ACCEPTED)
        assert mode() == 1


def test_folder_and_files_are_private(file_book: Ledger, folder: Path) -> None:
    file_book.begin(intent("a"), WINDOW)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()}
    assert modes == dict.fromkeys(modes, 0o600)
    assert {database.FILE_NAME, f"{database.FILE_NAME}-wal"} <= set(modes)


def test_permissions_of_a_readable_file_are_restricted(folder: Path) -> None:
    Ledger.open(folder).__exit__()
    (folder / database.FILE_NAME).chmod(0o644)
    Ledger.open(folder).__exit__()
    assert stat.S_IMODE((folder / database.FILE_NAME).stat().st_mode) == 0o600


def test_file_never_holds_a_phone_number(file_book: Ledger, folder: Path) -> None:
    number, body = "+12025550123", {"phone": "+12025550123", "secret": "s3cret-token"}
    digest = intent_digest("POST", f"https://h/{number}", body)
    careless = Intent(
        "p", "o", "x", "POST", f"https://h/{number}/x", digest, (number, "(202) 555-0123")
    )
    delivery = file_book.begin(careless, WINDOW)
    file_book.record_not_processed(delivery, 1, f"{number} is busy")
    file_book.record_attempt(delivery, 2)
    file_book.record_outcome(delivery, Outcome.REFUSED, note=f"{number} again")
    assert file_book.get(delivery).numbers == ("+*******0123", "(***) ***-0123")
    written = b"".join(path.read_bytes() for path in folder.iterdir())
    assert delivery.encode() in written
    for secret in (b"2025550123", b"555-0123", b"s3cret"):
        assert secret not in written


def test_unencodable_text_does_not_prevent_the_record(book: Ledger) -> None:
    delivery = book.begin(intent("a"), WINDOW)
    book.record_outcome(
        delivery, Outcome.ACCEPTED, engagement_id="\ud800e", note="\udc80" + "x" * 9999
    )
    record = book.get(delivery)
    assert (record.outcome, record.engagement_id) == (Outcome.ACCEPTED, "?e")
    assert len(record.note) == MAX_NOTE_LENGTH


def test_records_are_newest_first_and_filtered(book: Ledger, clock: Clock) -> None:
    made = []
    for number, outcome in enumerate(ENDS):
        clock.advance(10)
        asked = intent(str(number))._replace(operation=f"o{number % 2}")
        made.append(book.begin(asked, WINDOW))
        book.record_outcome(made[-1], outcome, engagement_id=f"e-{number}")
    clock.advance(10)
    made.append(book.begin(intent("killed"), WINDOW))
    book.resolve(made[3], placed=True)

    def found(**asked: Any) -> list[int]:
        return [made.index(record.id) for record in book.records(**asked)]

    assert found() == [4, 3, 2, 1, 0]
    assert found(limit=2) == [4, 3]
    assert found(since=START + timedelta(seconds=30)) == [4, 3, 2]
    assert found(operation="o1") == [3, 1]
    assert found(outcome="unknown") == [4, 3]
    assert found(outcome="placed") == [3]
    assert found(engagement_id="e-2") == [2]
    assert found(outcome="accepted", operation="o1") == []
    assert [book.last(), book.last("refused")] == [book.get(made[4]), book.get(made[1])]
    assert book.last("not-placed") is None


def test_ids_are_sixteen_characters_or_more_and_sort_by_time(
    file_book: Ledger, clock: Clock
) -> None:
    made = []
    for number in range(10):
        clock.advance(0.001)
        made.append(file_book.begin(intent(str(number)), WINDOW))
    assert made == sorted(made)
    assert min(map(len, made)) >= 16


def test_delivery_is_found_only_by_the_start_of_its_id(book: Ledger) -> None:
    one = book.begin(intent("a"), WINDOW)
    assert book.get(f" {one[:17].lower()} ").id == one
    with pytest.raises(UsageError, match="several delivery IDs start with ``"):
        book.get("")
    book.begin(intent("b"), WINDOW)
    with pytest.raises(UsageError, match=f"several delivery IDs start with `{one[:6]}`"):
        book.get(one[:6])
    with pytest.raises(UsageError, match="no delivery ID starts with `ZZ`"):
        book.get("ZZ")


def test_code_message_timings_and_key_are_kept_without_numbers(tmp_path: Path) -> None:
    with Ledger.open(tmp_path) as book:
        delivery = book.begin(intent("x")._replace(key="C-17", batch="B", row=1), WINDOW)
        book.record_outcome(
            delivery,
            Outcome.UNKNOWN,
            code="a.b",
            message="no +12025550100",
            timings={"total": 1.26},
        )
        record = book.get(delivery)
        assert (record.key, record.code, record.message) == ("C-17", "a.b", "no +*******0100")
        assert dict(record.timings) == {"total": 1.3}
        assert book.resolve(delivery, placed=False).message == record.message
        row = UnsentRow("B", 2, "C-18", Outcome.SKIPPED, "duplicate", "as +12025550100", START)
        book.batches.record_unsent([row, row._replace(row=3)])
        book.batches.record_unsent([row._replace(reason="do-not-call")])
        rows = book.batches.unsent_rows(["B", "C"])
        assert [(number, each.reason) for number, each in sorted(rows.items())] == [
            (2, "do-not-call"),
            (3, "duplicate"),
        ]
        assert rows[3].message == "as +*******0100"
        book.check(always=True)


def test_pruning_removes_the_unsent_rows_of_what_it_removes(tmp_path: Path) -> None:
    clock = Clock()
    with Ledger.open(tmp_path, now=clock, boot_clock=clock.boot_time) as book:
        batches = [book.batches.begin("p", "execute", "x", "", f"/{name}", name) for name in "ab"]
        sent = book.begin(intent("x")._replace(batch=batches[0], row=1), 0)
        book.record_outcome(sent, Outcome.ACCEPTED)
        clock.advance(
            13 * 3600
        )  # an unfinished batch needs what was sent since it began, or 12 hours before
        batches.append(book.batches.begin("p", "execute", "x", "", "/c", "c"))
        for batch in batches:
            row = UnsentRow(batch, 2, "C", Outcome.SKIPPED, "duplicate", "", clock())
            book.batches.record_unsent([row])
        for batch in batches[:2]:
            book.batches.events.record(batch)
        clock.advance(1e6)
        assert book.prune(clock()) == 1
        assert [len(book.batches.unsent_rows([batch])) for batch in batches] == [0, 0, 1]
        book.check(always=True)


def test_call_that_rang_does_not_become_undelivered(file_book: Ledger, clock: Clock) -> None:
    rang, silent = (file_book.begin(intent(name), WINDOW) for name in ("a", "b"))
    clock.advance(DAY)
    file_book.resolve(rang, placed=True)
    file_book.resolve(silent, placed=False)
    for delivery in (rang, silent):
        file_book.record_outcome(delivery, Outcome.UNDELIVERED)
    assert file_book.get(rang).may_be_processed
    assert not file_book.get(silent).may_be_processed
    file_book.record_outcome(silent, Outcome.ACCEPTED)
    assert file_book.get(silent).may_be_processed


def test_end_that_says_more_of_a_call_replaces_one_that_says_less(file_book: Ledger) -> None:
    for first, later, last in (
        (Outcome.ACCEPTED, Outcome.UNDELIVERED, Outcome.ACCEPTED),
        (Outcome.REFUSED, Outcome.ACCEPTED, Outcome.REFUSED),
        (Outcome.UNKNOWN, Outcome.UNDELIVERED, Outcome.UNKNOWN),
        (Outcome.UNKNOWN, Outcome.ACCEPTED, Outcome.ACCEPTED),
        (Outcome.UNDELIVERED, Outcome.ACCEPTED, Outcome.ACCEPTED),
        (Outcome.UNDELIVERED, Outcome.UNKNOWN, Outcome.UNKNOWN),
        (Outcome.UNDELIVERED, Outcome.UNDELIVERED, Outcome.UNDELIVERED),
    ):
        delivery = file_book.begin(intent(f"{first} {later}"), WINDOW)
        file_book.record_outcome(delivery, first)
        file_book.record_outcome(delivery, later)
        assert file_book.get(delivery).outcome is last


def test_cancelled_wait_for_the_lock_records_nothing(tmp_path: Path) -> None:
    with Ledger.open(tmp_path) as book:
        with closing(sqlite3.connect(tmp_path / database.FILE_NAME, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            with pytest.raises(KeyboardInterrupt):
                book.begin(intent("x"), 0, lambda: True)
            other.execute("ROLLBACK")
        assert list(book.records()) == []
        assert book.begin(intent("x"), 0, lambda: True)


def test_fence_that_stops_a_request_leaves_no_record_of_it(tmp_path: Path) -> None:
    calls: list[str] = []

    def stop(delivery: str) -> None:
        calls.append(delivery)
        raise LedgerError("not yours", "wait")

    with Ledger.open(tmp_path) as ledger:
        with pytest.raises(LedgerError, match="not yours"):
            ledger.begin(intent("row"), WINDOW, fence=stop)
        assert list(ledger.records()) == []
        sent = ledger.begin(intent("row"), WINDOW, fence=calls.append)
        ledger.record_not_processed(sent, 1, "busy")
        with pytest.raises(LedgerError, match="not yours"):
            ledger.record_attempt(sent, 2, fence=stop)
        assert ledger.get(sent).outcome is Outcome.UNDELIVERED
    assert calls[1:] == [sent, sent]
