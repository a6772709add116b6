"""The guard stops an identical request, and a person resolves an unknown delivery."""

from __future__ import annotations

from datetime import timedelta

import pytest

from cxcall.findings.errors import UsageError
from cxcall.findings.exit_codes import ExitCode, Outcome
from cxcall.findings.times_in_text import utc_text
from cxcall.ledger.boot_clock import BootTime
from cxcall.ledger.duplicates import AlreadySentError, InFlightError
from cxcall.ledger.ledger import Ledger
from helpers.ledger_process import intent
from helpers.ledgers import DAY, START, WINDOW, Clock


def test_unknown_delivery_stops_an_identical_request_at_any_age(book: Ledger, clock: Clock) -> None:
    delivery = book.begin(intent("a"), WINDOW)
    clock.advance(400 * 86400)
    with pytest.raises(AlreadySentError) as stopped:
        book.begin(intent("a"), WINDOW)
    finding = stopped.value.findings[0]
    assert (stopped.value.exit_code, finding.code) == (ExitCode.STOPPED, "outcome-unknown")
    assert (
        f"sent 400 days ago, may have placed a call: the outcome of delivery `{delivery}` is unknown"
        in finding.message
    )
    assert f"`cxcall history resolve {delivery} --not-placed`" in finding.fix
    assert "--again" in finding.fix.partition("history resolve")[2]
    assert book.begin(intent("b"), WINDOW)


@pytest.mark.parametrize(("seconds", "age"), [(0, "less than a minute"), (7300, "2 hours")])
def test_accepted_delivery_stops_an_identical_request_within_the_window(
    book: Ledger, clock: Clock, seconds: float, age: str
) -> None:
    delivery = book.begin(intent("a"), WINDOW)
    book.record_outcome(delivery, Outcome.ACCEPTED, engagement_id="e-1")
    clock.advance(seconds)
    with pytest.raises(AlreadySentError) as stopped:
        book.begin(intent("a"), seconds + 1)
    finding = stopped.value.findings[0]
    assert finding.code == "already-sent"
    assert f"was accepted {age} ago: delivery `{delivery}`" in finding.message
    assert "--again" in finding.fix
    assert "e-1" in finding.why
    clock.advance(2)
    assert book.begin(intent("a"), seconds + 1)


@pytest.mark.parametrize("outcome", [Outcome.REFUSED, Outcome.UNDELIVERED])
def test_delivery_without_a_call_stops_nothing(file_book: Ledger, outcome: Outcome) -> None:
    file_book.record_outcome(file_book.begin(intent("a"), WINDOW), outcome)
    assert file_book.begin(intent("a"), WINDOW)


def test_request_that_another_command_sent_since_a_batch_began_stops_its_first_row(
    book: Ledger, clock: Clock
) -> None:
    def accept(name: str) -> None:
        book.record_outcome(book.begin(intent(name), 0), Outcome.ACCEPTED)
        clock.advance(1)

    accept("before")
    batch = book.batches.begin("default", "execute", "https://x", "", "/a", "1")
    for seconds in (
        -7200,
        7300,
    ):  # a clock that is set back; a batch that waits for its calling hours
        clock.advance(seconds)
        accept(f"since {seconds}")
        with pytest.raises(AlreadySentError):
            book.begin(intent(f"since {seconds}")._replace(batch=batch, row=2), 0)
    book.begin(intent("before")._replace(batch=batch, row=1), 0)


def test_batch_of_an_older_version_began_with_its_first_request(file_book: Ledger) -> None:
    """It has no record of the last event before it."""
    own = intent("own")._replace(batch="B1", row=1)
    file_book.record_outcome(file_book.begin(own, 0), Outcome.ACCEPTED)
    file_book.record_outcome(file_book.begin(intent("since"), 0), Outcome.ACCEPTED)
    with pytest.raises(AlreadySentError):
        file_book.begin(intent("since")._replace(batch="B1", row=2), 0)
    for row, said in (
        (1, "another command has sent row 1"),
        (2, "row 1 of this batch is the same"),
    ):
        with pytest.raises(AlreadySentError, match=said):
            file_book.begin(own._replace(row=row), 0)


def test_stopped_request_leaves_nothing_in_the_memory_of_a_long_run(file_book: Ledger) -> None:
    file_book.record_outcome(file_book.begin(intent("a"), WINDOW), Outcome.ACCEPTED)
    with pytest.raises(AlreadySentError):
        file_book.begin(intent("a"), WINDOW)
    assert not file_book._compared  # noqa: SLF001 - it would grow with each stopped request


def test_again_overrides_the_guard_and_is_recorded(book: Ledger) -> None:
    book.begin(intent("a"), WINDOW)
    assert book.get(book.begin(intent("a", again=True), WINDOW)).again


def test_unknown_delivery_is_reported_before_a_later_accepted_one(file_book: Ledger) -> None:
    delivery = file_book.begin(intent("a"), WINDOW)
    file_book.record_outcome(file_book.begin(intent("a", again=True), WINDOW), Outcome.ACCEPTED)
    with pytest.raises(AlreadySentError, match=delivery) as stopped:
        file_book.begin(intent("a"), WINDOW)
    assert stopped.value.findings[0].code == "outcome-unknown"


def test_clock_set_back_keeps_the_guard(file_book: Ledger, clock: Clock) -> None:
    file_book.record_outcome(file_book.begin(intent("a"), WINDOW), Outcome.ACCEPTED)
    clock.advance(-7 * 86400)
    with pytest.raises(
        AlreadySentError, match=r"which is in the future \(was the clock set back\?\)"
    ):
        file_book.begin(intent("a"), WINDOW)


def test_retry_is_stopped_by_an_identical_request_sent_meanwhile(book: Ledger) -> None:
    waiting = book.begin(intent("a"), WINDOW)
    book.record_not_processed(waiting, 1, "HTTP 429")
    other = book.begin(intent("a"), WINDOW)
    with pytest.raises(AlreadySentError, match=other):
        book.record_attempt(waiting, 2)
    book.record_outcome(other, Outcome.ACCEPTED)
    with pytest.raises(AlreadySentError, match=other):
        book.record_attempt(waiting, 2)
    assert book.get(waiting).outcome is Outcome.UNDELIVERED


def test_retry_is_not_stopped_by_a_delivery_from_before_it_began(
    file_book: Ledger, clock: Clock
) -> None:
    file_book.record_outcome(file_book.begin(intent("a"), WINDOW), Outcome.ACCEPTED)
    clock.advance(WINDOW + 1)
    waiting = file_book.begin(intent("a"), WINDOW)
    file_book.record_not_processed(waiting, 1, "HTTP 429")
    file_book.record_attempt(waiting, 2)
    file_book.record_outcome(waiting, Outcome.UNKNOWN)
    again = file_book.begin(intent("a", again=True), WINDOW)
    file_book.record_not_processed(again, 1, "HTTP 429")
    file_book.record_attempt(again, 2)
    assert file_book.get(again).outcome is Outcome.UNKNOWN


def test_resolution_not_placed_allows_the_request(file_book: Ledger) -> None:
    delivery = file_book.begin(intent("a"), WINDOW)
    file_book.record_outcome(
        delivery, Outcome.UNKNOWN, status=500, correlation_id="c", note="HTTP 500"
    )
    record = file_book.resolve(delivery[:-1].lower(), placed=False)
    assert (record.outcome, record.resolution) == (Outcome.UNKNOWN, "not-placed")
    assert (record.status, record.correlation_id, record.note) == (500, "c", "HTTP 500")
    assert record.ended_at == START
    assert file_book.begin(intent("a"), WINDOW)


def test_resolution_placed_stops_the_request_within_the_window(book: Ledger, clock: Clock) -> None:
    delivery = book.begin(intent("a"), WINDOW)
    book.record_outcome(delivery, Outcome.UNKNOWN)
    book.resolve(delivery, placed=False)
    assert book.resolve(delivery, placed=True).resolution == "placed"
    with pytest.raises(AlreadySentError, match="was recorded as having placed a call"):
        book.begin(intent("a"), WINDOW)
    clock.advance(WINDOW + 1)
    assert book.begin(intent("a"), WINDOW)


@pytest.mark.parametrize(("seconds", "placed"), [(0, True), (DAY - 1, False), (1 - DAY, False)])
def test_delivery_in_flight_is_not_resolved(
    file_book: Ledger, clock: Clock, seconds: float, *, placed: bool
) -> None:
    book = file_book
    delivery = book.begin(intent("a"), WINDOW)
    clock.advance(seconds)
    with pytest.raises(InFlightError) as refused:
        book.resolve(delivery, placed=placed)
    found = refused.value.findings[0]
    left = DAY - (clock.uptime - 100)
    assert f"until {utc_text(clock() + timedelta(seconds=left))}" in str(found.fix)
    assert refused.value.exit_code == 7
    assert book.get(delivery).resolution == ""
    book.record_outcome(delivery, Outcome.UNKNOWN)
    assert book.resolve(delivery, placed=placed)


@pytest.mark.parametrize("is_other_boot", [False, True])
def test_delivery_of_a_killed_process_can_be_resolved_after_a_day(
    file_book: Ledger, clock: Clock, *, is_other_boot: bool
) -> None:
    book = file_book
    delivery = book.begin(intent("a"), WINDOW)
    if is_other_boot:
        book.boot_clock = lambda: BootTime("other", 5.0)
        clock.advance(DAY - 1)
        with pytest.raises(InFlightError):
            book.resolve(delivery, placed=False)
    clock.advance(DAY + 1)
    assert book.resolve(delivery, placed=False).resolution == "not-placed"


LIMIT, MARGIN = 960.0, 900.0
"""A recorded limit of an attempt, and the margin after it, in seconds."""


@pytest.mark.parametrize(("is_other_boot", "is_retry"), [(False, True), (True, False)])
def test_delivery_with_a_limit_can_be_resolved_soon_after_it(
    file_book: Ledger, clock: Clock, *, is_other_boot: bool, is_retry: bool
) -> None:
    delivery = file_book.begin(intent("a")._replace(limit=LIMIT), WINDOW)
    if is_retry:
        file_book.record_not_processed(delivery, 1, "HTTP 429")
        clock.advance(LIMIT + MARGIN)
        file_book.record_attempt(delivery, 2, limit=LIMIT)
    if is_other_boot:
        file_book.boot_clock = lambda: BootTime("other", 5.0)
    clock.advance(LIMIT + MARGIN - 1)
    assert file_book.get(delivery).may_be_in_flight(clock())
    with pytest.raises(InFlightError) as refused:
        file_book.resolve(delivery, placed=False)
    until = clock() + timedelta(seconds=1)
    assert f"until {utc_text(until)}" in str(refused.value.findings[0].fix)
    clock.advance(1)
    assert not file_book.get(delivery).may_be_in_flight(clock())
    assert file_book.get(delivery).timings == {}
    assert file_book.resolve(delivery, placed=False).resolution == "not-placed"


def test_limit_by_a_clock_that_may_be_set_is_not_used(file_book: Ledger, clock: Clock) -> None:
    file_book.boot_clock = lambda: BootTime("", 0.0)
    delivery = file_book.begin(intent("a")._replace(limit=LIMIT), WINDOW)
    clock.advance(DAY - 1)
    with pytest.raises(InFlightError):
        file_book.resolve(delivery, placed=False)
    assert file_book.get(delivery).may_be_in_flight(clock())
    clock.advance(1)
    assert file_book.resolve(delivery, placed=False)


def test_clock_that_is_set_forward_ends_no_delivery_in_flight(
    file_book: Ledger, clock: Clock
) -> None:
    delivery = file_book.begin(intent("a"), WINDOW)
    clock.time += timedelta(days=400)
    with pytest.raises(InFlightError):
        file_book.resolve(delivery, placed=False)


def test_outcome_after_a_resolution_replaces_it(file_book: Ledger, clock: Clock) -> None:
    delivery = file_book.begin(intent("a"), WINDOW)
    clock.advance(DAY)
    file_book.resolve(delivery, placed=False)
    file_book.record_outcome(delivery, Outcome.ACCEPTED)
    assert (file_book.get(delivery).outcome, file_book.get(delivery).resolution) == (
        Outcome.ACCEPTED,
        "",
    )
    with pytest.raises(AlreadySentError):
        file_book.begin(intent("a"), WINDOW)


def test_known_outcome_cannot_be_resolved(file_book: Ledger) -> None:
    delivery = file_book.begin(intent("a"), WINDOW)
    file_book.record_outcome(delivery, Outcome.REFUSED)
    with pytest.raises(UsageError, match="is refused, not unknown"):
        file_book.resolve(delivery, placed=True)
