"""The claim table: only the worker that claimed a row sends it, and a row that may have left is never free again."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from traceback import format_exception

import psycopg
import pytest

from cxcall.ledger.errors import LedgerError, StillQueuedError
from cxcall.ledger.postgres.queued_rows import (
    Claim,
    LostClaimError,
    QueuedBatch,
    QueuedRow,
    QueuedRows,
)
from helpers.postgres import PostgresServer

pytestmark = pytest.mark.slow

BATCH = QueuedBatch("B1", "default", "execute", "http://api", {"rate": "5/s"})
ME, OTHER = Claim("me", timedelta(minutes=1)), Claim("other", timedelta(minutes=1))


@pytest.fixture
def queue(postgres_url: str) -> Iterator[QueuedRows]:
    rows = QueuedRows(lambda: psycopg.connect(postgres_url, autocommit=True))
    rows.create_tables()
    rows.create_tables()
    assert (
        rows.fill(
            BATCH, [QueuedRow("B1", number, {"body": {"a": "é\\n\t\x7f"}}) for number in (1, 2, 3)]
        )
        == 3
    )
    yield rows
    rows.close()


@pytest.fixture
def ledger(postgres_url: str) -> Iterator[psycopg.Connection]:
    """Return another connection, because the ledger has its own."""
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        yield connection


def claim_one(queue: QueuedRows) -> Claim:
    """Claim row 1, and return its claim."""
    [row] = queue.claim(ME, "B1", 1)
    assert row.number == 1
    return row.claim


def expire_leases(ledger: psycopg.Connection) -> None:
    """Let time pass."""
    ledger.execute("UPDATE queued_row SET lease = now() WHERE lease IS NOT NULL")


def test_each_row_is_claimed_by_one_worker_with_its_content(queue: QueuedRows) -> None:
    assert queue.open_batches() == [BATCH]
    first = queue.claim(ME, "B1", 2)
    assert [(row.number, row.content) for row in first] == [
        (1, {"body": {"a": "é\\n\t\x7f"}}),
        (2, {"body": {"a": "é\\n\t\x7f"}}),
    ]
    assert [row.number for row in queue.claim(OTHER, "B1", 2)] == [3]
    assert queue.claim(OTHER, "B1", 2) == []
    assert queue.count("B1") == {"claimed": 3}


def test_only_the_worker_that_holds_a_row_may_send_it(
    queue: QueuedRows, ledger: psycopg.Connection
) -> None:
    mine = claim_one(queue)
    with pytest.raises(LostClaimError):
        OTHER.begin_sending(ledger, "B1", 1, "D1")
    with pytest.raises(LostClaimError):
        mine.begin_sending(ledger, "B1", 2, "D2")
    mine.begin_sending(ledger, "B1", 1, "D1")
    mine.begin_sending(ledger, "B1", 1, "D1")  # its next attempt
    with pytest.raises(LostClaimError):
        mine.begin_sending(ledger, "B1", 1, "D2")
    queue.end(mine, "B1", 1, "accepted", "D1")
    with pytest.raises(LostClaimError):
        mine.begin_sending(ledger, "B1", 1, "D1")
    assert queue.count("B1") == {"accepted": 1, "todo": 2}


def test_expired_claim_is_free_again_and_fails_at_the_fence(
    queue: QueuedRows, ledger: psycopg.Connection
) -> None:
    mine = claim_one(queue)
    expire_leases(ledger)
    queue.keep({("B1", 1): mine}, mine.lease)  # too late
    with pytest.raises(LostClaimError):
        mine.begin_sending(ledger, "B1", 1, "D1")
    assert queue.expire() == []
    assert [row.number for row in queue.claim(OTHER, "B1", 1)] == [1]
    with pytest.raises(LostClaimError):
        mine.begin_sending(ledger, "B1", 1, "D1")


def test_expired_sending_row_is_unknown_until_its_late_outcome(
    queue: QueuedRows, ledger: psycopg.Connection
) -> None:
    mine = claim_one(queue)
    mine.begin_sending(ledger, "B1", 1, "D1")
    expire_leases(ledger)
    assert queue.expire() == [("B1", 1)]
    assert queue.unknown_deliveries("B1") == {1: "D1"}
    queue.give_back(mine, "B1", 1)
    with pytest.raises(LostClaimError):
        mine.begin_sending(ledger, "B1", 1, "D1")
    assert queue.count("B1") == {"unknown": 1, "todo": 2}
    queue.end(OTHER, "B1", 1, "refused", "D9")
    assert queue.unknown_deliveries("B1") == {1: "D1"}
    queue.end(mine, "B1", 1, "accepted", "D1")
    queue.end(mine, "B1", 1, "unknown", "D1")
    assert queue.count("B1") == {"accepted": 1, "todo": 2}


@pytest.mark.parametrize("state", ["todo", "claimed"])
def test_database_itself_refuses_to_free_a_row_that_may_have_left(
    queue: QueuedRows, ledger: psycopg.Connection, state: str
) -> None:
    mine = claim_one(queue)
    mine.begin_sending(ledger, "B1", 1, "D1")
    with pytest.raises(psycopg.errors.RaiseException, match="never free again"):
        ledger.execute("UPDATE queued_row SET state = %s WHERE number = 1", (state,))


def test_content_is_deleted_when_a_row_ends(queue: QueuedRows, ledger: psycopg.Connection) -> None:
    first, second = queue.claim(ME, "B1", 2)
    first.claim.begin_sending(ledger, "B1", 1, "D1")
    queue.end(first.claim, "B1", 1, "accepted", "D1")
    queue.end(second.claim, "B1", 2, "skipped")
    assert queue.cancel("B1") == 1
    assert queue.count("B1") == {"accepted": 1, "skipped": 1, "cancelled": 1}
    assert ledger.execute("SELECT count(content) FROM queued_row").fetchone() == (0,)
    assert queue.open_batches() == []


def test_worker_keeps_the_rows_that_it_holds(queue: QueuedRows, ledger: psycopg.Connection) -> None:
    first, _second = queue.claim(ME, "B1", 2)
    queue.claim(OTHER, "B1", 1)
    ledger.execute("UPDATE queued_row SET lease = now() + interval '1 s'")
    queue.keep({("B1", 1): first.claim, ("B1", 3): first.claim}, ME.lease)
    kept = ledger.execute("SELECT number FROM queued_row WHERE lease > now() + interval '10 s'")
    assert kept.fetchall() == [(1,)]


def test_cancelled_claim_fails_at_the_fence(queue: QueuedRows, ledger: psycopg.Connection) -> None:
    mine = claim_one(queue)
    queue.cancel("B1")
    assert queue.claim(OTHER, "B1", 3) == []
    with pytest.raises(LostClaimError):
        mine.begin_sending(ledger, "B1", 1, "D1")


def test_rows_are_open_until_they_have_ended(queue: QueuedRows, ledger: psycopg.Connection) -> None:
    ledger.execute("DELETE FROM queued_row WHERE number > 1")
    assert queue.has_open_rows("B1")
    queue.give_back(claim_one(queue), "B1", 1, datetime.now(UTC) + timedelta(hours=1))
    assert queue.has_open_rows("B1")
    ledger.execute("UPDATE queued_row SET not_before = now()")
    mine = claim_one(queue)
    assert queue.has_open_rows("B1")
    mine.begin_sending(ledger, "B1", 1, "D1")
    assert queue.has_open_rows("B1")
    queue.end(mine, "B1", 1, "accepted", "D1")
    assert not queue.has_open_rows("B1")


def test_row_waits_for_its_time(queue: QueuedRows) -> None:
    first, second, third = (row.claim for row in queue.claim(ME, "B1", 3))
    queue.give_back(first, "B1", 1)
    queue.give_back(second, "B1", 2, datetime.now(UTC) + timedelta(hours=1))
    queue.give_back(third, "B1", 3, datetime.now(UTC) - timedelta(hours=1))
    assert queue.count("B1") == {"waiting": 1, "todo": 2}
    assert [row.number for row in queue.claim(ME, "B1", 9)] == [1, 3]


def test_batch_ends_once_with_its_last_row(queue: QueuedRows) -> None:
    for row in queue.claim(ME, "B1", 3):
        assert not queue.end_batch("B1")
        queue.end(row.claim, "B1", row.number, "skipped")
    assert queue.end_batch("B1")
    assert not queue.end_batch("B1")
    resumed = BATCH._replace(target="http://another-host-of-the-tenant")
    assert queue.fill(resumed, [QueuedRow("B1", 2, {})]) == 1
    assert queue.open_batches() == [resumed]
    assert queue.count("B1") == {"skipped": 2, "todo": 1}


def test_row_that_is_still_queued_is_not_added_again(queue: QueuedRows) -> None:
    with pytest.raises(StillQueuedError, match="rows of batch `B1` are still in the queue"):
        queue.fill(BATCH, [QueuedRow("B1", 4, {}), QueuedRow("B1", 3, {})])
    assert queue.count("B1") == {"todo": 3}


def test_queue_goes_on_after_a_restart_of_the_database(
    postgres_server: PostgresServer, queue: QueuedRows
) -> None:
    claim_one(queue)
    postgres_server.restart()
    with pytest.raises(LedgerError):
        queue.open_batches()
    assert sum(queue.count("B1").values()) == 3  # a claim may be lost, but not a row


def test_row_in_the_hands_of_a_worker_is_not_claimed_by_it_again(
    queue: QueuedRows, ledger: psycopg.Connection
) -> None:
    mine = claim_one(queue)
    expire_leases(ledger)  # the worker was frozen, and a thread of it is still about to send row 1
    queue.expire()
    assert [row.number for row in queue.claim(ME, "B1", 3, held=[1])] == [2, 3]
    with pytest.raises(LostClaimError):
        mine.begin_sending(ledger, "B1", 1, "D1")
    assert [row.number for row in queue.claim(OTHER, "B1", 3)] == [1]


def test_earlier_claim_of_the_same_worker_fails_at_the_fence(
    queue: QueuedRows, ledger: psycopg.Connection
) -> None:
    earlier = claim_one(queue)
    expire_leases(ledger)
    queue.expire()
    later = claim_one(queue)
    with pytest.raises(LostClaimError):
        earlier.begin_sending(ledger, "B1", 1, "D1")
    later.begin_sending(ledger, "B1", 1, "D2")
    assert queue.delivery_of(earlier, "B1", 1) == ""
    queue.give_back(earlier, "B1", 1)
    queue.keep({("B1", 1): earlier}, timedelta(0))
    assert queue.expire() == []
    assert queue.delivery_of(later, "B1", 1) == "D2"


def test_error_while_the_queue_is_filled_quotes_no_row(
    queue: QueuedRows, ledger: psycopg.Connection
) -> None:
    body = {"phoneNumber": "+12025551252"}
    cancel = "SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE query LIKE 'COPY filled%'"

    def rows() -> Iterator[QueuedRow]:
        for number in range(10, 5000):
            yield QueuedRow("B1", number, {"body": body})
            if number == 1000:
                assert ledger.execute(cancel).fetchall() == [(True,)]

    with pytest.raises(LedgerError, match="canceling statement due to user request") as raised:
        queue.fill(BATCH, rows())
    assert "5551252" not in "".join(format_exception(raised.value))
    assert queue.count("B1") == {"todo": 3}


def test_limit_of_a_statement_does_not_end_a_long_check_of_rows(
    postgres_url: str, queue: QueuedRows, ledger: psycopg.Connection
) -> None:
    limit = "-c statement_timeout=400ms"
    other = QueuedRows(lambda: psycopg.connect(postgres_url, autocommit=True, options=limit))

    def rows() -> Iterator[QueuedRow]:
        yield QueuedRow("B1", 10, {})
        ledger.execute("SELECT pg_sleep(0.5)")
        yield QueuedRow("B1", 11, {})

    assert other.fill(BATCH, rows()) == 2
    other.close()
    assert queue.count("B1") == {"todo": 5}
