"""The window of the duplicate guard, and the limits of stored texts."""

from __future__ import annotations

import hashlib
import json
from contextlib import nullcontext
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from cxcall.findings.exit_codes import Outcome
from cxcall.ledger.boot_clock import BootTime
from cxcall.ledger.duplicates import AlreadySentError
from cxcall.ledger.ledger import Ledger
from cxcall.ledger.record_types import UnsentRow
from cxcall.ledger.request_identity import Intent, intent_digest, older_digests
from cxcall.ledger.stored_values import MAX_NOTE_LENGTH
from helpers.cases import each_case

if TYPE_CHECKING:
    from pathlib import Path

START = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
WINDOW = 900.0


def intent_to(url: str) -> Intent:
    digests = partial(older_digests, method="POST", url=url, body={})
    digest = intent_digest("POST", url, {})
    return Intent("default", "execute", "community", "POST", url, digest, (), older_digests=digests)


INTENT, UNUSUAL = intent_to("https://h/x"), intent_to("https://H:443/x")
AT_VENDOR = intent_to("https://api-na1.niceincontact.com/x")
OTHER = Intent("default", "execute", "community", "PUT", "", intent_digest("PUT", "", {}))


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


def test_clock_that_is_set_forward_does_not_end_the_window(tmp_path: Path) -> None:
    now, boot = START, BootTime("one", 100.0)
    with Ledger.open(tmp_path / "state", now=lambda: now, boot_clock=lambda: boot) as ledger:
        ledger.record_outcome(ledger.begin(INTENT, WINDOW), Outcome.ACCEPTED)
        now, boot = START + timedelta(days=400), BootTime("one", 100.0 + WINDOW - 1)
        with pytest.raises(AlreadySentError):
            ledger.begin(INTENT, WINDOW)
        boot = BootTime("one", 100.0 + WINDOW + 1)
        ledger.record_outcome(ledger.begin(INTENT, WINDOW), Outcome.ACCEPTED)
        boot = BootTime("two", 5.0)  # the machine was restarted: only the clock is known
        now += timedelta(seconds=WINDOW + 1)
        ledger.begin(INTENT, WINDOW)


def begin_batch(ledger: Ledger, content: str = "", *, again: bool = False) -> Intent:
    """Return a row of a new batch."""
    values = ("default", "execute", "", "", "", content, 1)
    return INTENT._replace(batch=ledger.batches.begin(*values, again=again))


@pytest.mark.slow
@pytest.mark.parametrize("reason", ["window", "smaller window", "unfinished batch", "wrong clock"])
def test_row_that_its_batch_stopped_as_a_duplicate_is_not_sent_when_it_is_resumed(
    tmp_path: Path, reason: str
) -> None:
    now, boot = START, BootTime("one", 100.0)

    def pass_time(seconds: float, *, clock: float = 0) -> None:
        nonlocal now, boot
        now, boot = now + timedelta(seconds=seconds + clock), BootTime("one", boot.uptime + seconds)

    with Ledger.open(tmp_path / "state", now=lambda: now, boot_clock=lambda: boot) as ledger:
        events = ledger.batches.events
        first = begin_batch(ledger) if reason == "unfinished batch" else INTENT
        ledger.record_outcome(ledger.begin(first, WINDOW), Outcome.ACCEPTED)
        pass_time(WINDOW + 1 if first.batch else 60, clock=86400 if reason == "wrong clock" else 0)
        row, began = begin_batch(ledger), now
        with pytest.raises(AlreadySentError):
            ledger.begin(row, WINDOW)
        for each in {first.batch, row.batch} - {""}:
            events.record(each)
        pass_time(120 if reason == "smaller window" else 10800)
        if reason == "wrong clock":
            pass_time(0, clock=-86400)
        window = 1 if reason == "smaller window" else WINDOW
        assert ledger.prune(began) == 0
        events.reopen(row.batch, guards=(), guard=lambda: None)
        with pytest.raises(AlreadySentError):
            ledger.begin(row, window)
        assert (
            ledger.batches.count_unsent(row.batch)
            == 0
            == len(ledger.batches.unsent_rows([row.batch]))
        )
        assert ledger.begin(begin_batch(ledger), window)  # the same list on the next day


@each_case(
    "again, reopens, is_stopped", [(False, True, True), (True, True, False), (False, False, False)]
)
def test_row_that_a_batch_had_not_reached_is_stopped_on_resume_as_when_the_batch_began(
    tmp_path: Path, *, again: bool, reopens: bool, is_stopped: bool
) -> None:
    now, folder = START, tmp_path / f"{again}{reopens}"
    boot = BootTime("", 0.0)
    with Ledger.open(folder, now=lambda: now, boot_clock=lambda: boot) as ledger:
        ledger.record_outcome(ledger.begin(INTENT, WINDOW), Outcome.ACCEPTED)
        now += timedelta(seconds=WINDOW - 1)
        row = begin_batch(ledger, again=again)
        now += timedelta(days=1)
        if reopens:
            ledger.batches.events.reopen(row.batch, guards=(), guard=lambda: None)
        with pytest.raises(AlreadySentError) if is_stopped else nullcontext():
            ledger.begin(row, WINDOW)


def test_batches_that_stopped_rows_of_each_other_are_pruned_together(tmp_path: Path) -> None:
    now, boot = START, BootTime("", 0.0)
    with Ledger.open(tmp_path / "state", now=lambda: now, boot_clock=lambda: boot) as ledger:
        first, second = begin_batch(ledger), begin_batch(ledger, "other")
        ledger.record_outcome(ledger.begin(first, WINDOW), Outcome.ACCEPTED)
        other = UNUSUAL._replace(
            batch=second.batch, digest="other", older_digests=lambda _hosts: []
        )
        ledger.record_outcome(ledger.begin(other, WINDOW), Outcome.ACCEPTED)
        for each in (second, other._replace(batch=first.batch)):
            with pytest.raises(AlreadySentError):
                ledger.begin(each, WINDOW)
        ledger.batches.events.record(second.batch)
        now += timedelta(days=30)
        assert ledger.prune(now) == 0  # the first batch is unfinished
        ledger.batches.events.record(first.batch)
        assert (ledger.count_prunable(now), ledger.prune(now)) == (2, 2)
        assert ledger.batches.all() == []


def test_batch_that_began_with_again_sends_what_was_sent_before_it_began(tmp_path: Path) -> None:
    with Ledger.open(tmp_path / "state", now=lambda: START) as ledger:
        ledger.record_outcome(ledger.begin(INTENT, WINDOW), Outcome.UNKNOWN)
        ledger.record_outcome(ledger.begin(INTENT._replace(again=True), WINDOW), Outcome.ACCEPTED)
        row, other = begin_batch(ledger, again=True), begin_batch(ledger, again=True)
        delivery = ledger.begin(row, WINDOW)
        ledger.record_not_processed(delivery, 1, "HTTP 429")
        ledger.record_attempt(delivery, 2)
        ledger.record_outcome(delivery, Outcome.ACCEPTED)
        with pytest.raises(AlreadySentError):  # it was sent since the batch began
            ledger.begin(other, WINDOW)


def test_notes_are_cut_to_their_longest_length(tmp_path: Path) -> None:
    note = "x" * (3 * MAX_NOTE_LENGTH)
    with Ledger.open(tmp_path / "state") as ledger:
        delivery = ledger.begin(INTENT, WINDOW)
        ledger.record_not_processed(delivery, 1, note)
        assert ledger.get(delivery).note == note[:MAX_NOTE_LENGTH]
        ledger.record_attempt(delivery, 2)
        ledger.record_outcome(delivery, Outcome.REFUSED, note=note, code=note, message=note)
        record = ledger.get(delivery)
        cut = note[:MAX_NOTE_LENGTH]
        assert (record.note, record.code, record.message) == (cut, cut, cut)
        ledger.batches.record_unsent(
            [UnsentRow("B", 1, "", Outcome.SKIPPED, "duplicate", note, START)]
        )
        assert ledger.batches.unsent_rows(["B"])[1].message == cut


def test_number_is_masked_before_a_note_is_cut_within_it(tmp_path: Path) -> None:
    note = "x" * (MAX_NOTE_LENGTH - 12) + " +12025550123 of Ada"
    with Ledger.open(tmp_path / "state") as ledger:
        delivery = ledger.begin(INTENT, WINDOW)
        ledger.record_not_processed(delivery, 1, note)
        assert "202555" not in ledger.get(delivery).note
        ledger.record_outcome(delivery, Outcome.REFUSED, note=note, code=note, message=note)
        assert "202555" not in repr(ledger.get(delivery))
        ledger.batches.record_unsent(
            [UnsentRow("B", 1, "", Outcome.SKIPPED, "duplicate", note, START)]
        )
        assert "202555" not in ledger.batches.unsent_rows(["B"])[1].message


def digest_of_0_2_0(request: list[Any]) -> str:
    text = json.dumps(request, sort_keys=True, separators=(",", ":"))
    return f"v2:{hashlib.sha256(text.encode()).hexdigest()}"


@pytest.mark.parametrize("again", [False, True])
@pytest.mark.parametrize("intent", [UNUSUAL, AT_VENDOR], ids=["own host", "vendor's host"])
def test_record_of_0_2_0_still_guards(tmp_path: Path, intent: Intent, *, again: bool) -> None:
    batch = "B" if again else ""
    target = intent.target.replace("api-na1.niceincontact", "api-b32.nice-incontact")
    old = digest_of_0_2_0(["POST", target, {}])
    first = intent._replace(profile="other", target=target, digest=old, batch=batch)
    with Ledger.open(tmp_path / "state", now=lambda: START) as ledger:
        delivery = ledger.begin(first, WINDOW)
        ledger.record_outcome(delivery, Outcome.ACCEPTED)
    with Ledger.open(tmp_path / "state", now=lambda: START) as ledger:
        now = intent._replace(again=again, batch=batch)
        with pytest.raises(AlreadySentError, match=delivery):
            ledger.begin(now, WINDOW)
        assert ledger.begin(OTHER, WINDOW)
        if batch:
            record = ledger.find_row([batch], now)
            assert record is not None
            assert record.id == delivery


def test_retry_compares_the_same_records_as_the_first_attempt(tmp_path: Path) -> None:
    old = AT_VENDOR._replace(digest=digest_of_0_2_0(["POST", AT_VENDOR.target, {}]))
    with Ledger.open(tmp_path / "state", now=lambda: START) as ledger:
        earlier = ledger.begin(old, WINDOW)
        ledger.record_outcome(earlier, Outcome.UNKNOWN)
        ledger.resolve(earlier, placed=False)
    with Ledger.open(tmp_path / "state", now=lambda: START) as ledger:
        waiting = ledger.begin(AT_VENDOR, WINDOW)
        ledger.record_not_processed(waiting, 1, "HTTP 429")
        ledger.resolve(earlier, placed=True)  # by a person, during the wait
        with pytest.raises(AlreadySentError, match=earlier):
            ledger.record_attempt(waiting, 2)


def test_order_of_query_parameters_does_not_matter() -> None:
    one, other = (f"https://h/x?{query}" for query in ("a=1&b=2", "b=2&a=1"))
    assert intent_digest("POST", one, None) == intent_digest("POST", other, None)
