"""A worker ends its rows although the database was unavailable meanwhile."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import pytest

from cxcall.batch.input.rows import Row
from cxcall.batch.queue.claimed_rows import LEDGER, ClaimedRows, RowEnd, settle_batch
from cxcall.batch.queue.worker_batches import Destinations
from cxcall.batch.row_result import COMMAND, RowResult, fault_of_row
from cxcall.findings.errors import CxcallError
from cxcall.findings.exit_codes import ExitCode, Outcome
from cxcall.findings.finding import Excerpt
from cxcall.ledger.errors import LedgerError, MissingRecordsError
from cxcall.ledger.ledger import Ledger
from cxcall.ledger.postgres.queued_rows import Claim, QueuedBatch, QueuedRow, QueuedRows
from cxcall.output.report import delivery_report, error_report
from cxcall.responses.delivery import Delivery
from cxcall.settings.sources import Setting
from cxcall.settings.stricter_guards import guards_of
from helpers.deliveries import EXECUTE, plan_to
from helpers.ledger_process import intent

pytestmark = pytest.mark.slow

ME = Claim("me", timedelta(minutes=1))


class Held(NamedTuple):
    """A worker that holds row 1 of a batch."""

    ledger: Ledger
    queue: QueuedRows
    rows: ClaimedRows
    claim: Claim
    batch: str = "B1"

    def begin(self) -> str:
        """Record that the row is about to be sent, and return its delivery."""
        database = self.ledger.shared_database

        def fence(delivery: str) -> None:
            self.claim.begin_sending(database.connection, self.batch, 1, delivery)

        return self.ledger.begin(intent(self.batch), 900, fence=fence)

    def end(self, result: RowResult | None) -> dict[str, int]:
        """End the row with a result, and return the states of the batch."""
        self.rows.end(RowEnd(self.batch, 1, "", result))
        self.rows.settle()
        assert self.rows.claims == {}
        return self.queue.count(self.batch)

    def hold_another(self, batch: str) -> Held:
        """Return the worker with the only row of another batch."""
        self.queue.fill(QueuedBatch(batch, "p", "o", "t", {}), [QueuedRow(batch, 1, {})])
        [row] = self.queue.claim(ME, batch, 1)
        self.rows.claims[batch, 1] = row.claim
        return self._replace(batch=batch, claim=row.claim)


@pytest.fixture
def held(postgres_url: str, tmp_path: Path) -> Iterator[Held]:
    with Ledger.open_shared(postgres_url, marker_folder=tmp_path) as ledger:
        queue = ledger.open_queue()
        queue.fill(QueuedBatch("B1", "p", "o", "t", {}), [QueuedRow("B1", 1, {})])
        [row] = queue.claim(ME, "B1", 1)
        rows = ClaimedRows(ledger, queue)
        rows.claims["B1", 1] = row.claim
        yield Held(ledger, queue, rows, row.claim)
        queue.close()


def row() -> Row:
    return Row(1, Excerpt("rows.jsonl", 1, 1, ""), None, {})


def sent(delivery: str, outcome: Outcome, *, is_recorded: bool) -> RowResult:
    """Return the result of a row that was sent."""
    made = Delivery(delivery, outcome, ExitCode.OK, is_recorded=is_recorded)
    return RowResult(row(), delivery_report(COMMAND, made))


def failed(error: CxcallError) -> RowResult:
    return RowResult(row(), error_report(error, COMMAND))


def test_row_ends_as_the_ledger_says_after_the_database_was_lost(held: Held) -> None:
    lost = LedgerError("the database is lost")
    assert lost.findings[0].code == LEDGER

    # Its outcome could not be recorded, and is recorded later.
    delivery = held.begin()
    assert held.end(sent(delivery, Outcome.ACCEPTED, is_recorded=False)) == {"accepted": 1}
    assert held.ledger.get(delivery).outcome is Outcome.ACCEPTED

    # The response to its record was lost with the connection, so it was not sent.
    held = held.hold_another("B2")
    delivery = held.begin()
    assert held.end(failed(lost)) == {"undelivered": 1}
    assert held.ledger.get(delivery).outcome is Outcome.UNDELIVERED

    # An outcome that somebody recorded is not replaced.
    held = held.hold_another("B3")
    delivery = held.begin()
    held.ledger.record_outcome(delivery, Outcome.ACCEPTED, status=201)
    assert held.end(failed(lost)) == {"accepted": 1}
    assert held.ledger.get(delivery).outcome is Outcome.ACCEPTED

    # It was not recorded, and goes back into the queue.
    assert held.hold_another("B4").end(failed(lost)) == {"todo": 1}

    # The worker failed on it: it is never free again.
    held = held.hold_another("B5")
    delivery = held.begin()
    assert held.end(failed(fault_of_row(ValueError()))) == {"sending": 1}
    assert held.ledger.get(delivery).outcome is Outcome.UNKNOWN


def test_row_whose_record_is_lost_stops_all_machines(held: Held) -> None:
    result = sent("01M8ZZZZZZZZZZZZZZ", Outcome.ACCEPTED, is_recorded=False)
    with pytest.raises(MissingRecordsError, match="has lost delivery"):
        held.end(result)
    with pytest.raises(MissingRecordsError, match="has lost delivery"):
        held.ledger.begin(intent("other"), 900)


def test_pruning_deletes_ended_rows_whose_records_are_gone(held: Held) -> None:
    held.queue.end(held.claim, "B1", 1, "skipped")
    held.queue.fill(QueuedBatch("B2", "p", "o", "t", {}), [QueuedRow("B2", 1, {})])
    held.ledger.prune(datetime.now(UTC))
    assert (held.queue.count("B1"), held.queue.count("B2")) == ({}, {"todo": 1})


def test_outcome_in_the_ledger_ends_the_row_of_a_dead_worker(held: Held) -> None:
    delivery = held.begin()
    held.ledger.record_outcome(delivery, Outcome.REFUSED, status=400)
    held.ledger.shared_database.connection.execute("UPDATE queued_row SET lease = now()")
    assert held.queue.expire() == [("B1", 1)]
    settle_batch(held.ledger, held.queue, "B1")
    assert held.queue.count("B1") == {"refused": 1}
    assert held.queue.open_batches() == []


def test_end_of_a_batch_that_could_not_be_recorded_is_recorded_later(held: Held) -> None:
    connection = held.ledger.shared_database.connection
    connection.execute("ALTER TABLE cxcall.batch_event ADD CONSTRAINT full_disk CHECK (false)")
    held.queue.end(held.claim, "B1", 1, "skipped")
    with pytest.raises(LedgerError):
        settle_batch(held.ledger, held.queue, "B1")
    connection.execute("ALTER TABLE cxcall.batch_event DROP CONSTRAINT full_disk")
    settle_batch(held.ledger, held.queue, "B1")
    assert held.ledger.batches.events.is_finished("B1")
    assert held.queue.open_batches() == []


def test_resumed_batch_is_sent_with_its_new_guards_and_rate(held: Held) -> None:
    settings = plan_to("http://127.0.0.1:9").settings
    settings.values = {**settings.values, "access_token": Setting("a-token", "test")}
    problems: list[str] = []
    destinations = Destinations(
        held.queue, held.ledger, lambda _queued: (EXECUTE, settings), None, problems.append
    )
    options = {
        "rate": "20/m",
        "force": False,
        "again": False,
        "waits_for_hours": False,
        "guards": guards_of(settings),
    }
    batch = QueuedBatch("B2", "default", "execute", settings.base_url, options)
    held.queue.fill(batch, [QueuedRow("B2", 1, {})])
    held.queue.fill(batch._replace(batch="B3", profile="other"), [QueuedRow("B3", 1, {})])
    [first] = [each for each in destinations.open() if each.batch == "B2"]
    [same] = [each for each in destinations.open() if each.batch == "B2"]
    assert same is first
    held.queue.cancel("B2")
    stricter = {**guards_of(settings), "hours": "12:00-12:01", "hours_policy": "enforce"}
    options |= {"rate": "1/h", "guards": stricter, "waits_for_hours": True}
    held.queue.fill(batch._replace(options=options), [QueuedRow("B2", 1, {})])
    [resumed] = [each for each in destinations.open() if each.batch == "B2"]
    assert (first.waits_for_hours, resumed.waits_for_hours) == (False, True)
    assert len([each for each in problems if "B3" in each]) == 1
