"""`Client.batch` sends each row at most once, and `Client.explain` explains what was sent."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from cxcall import Client, CxcallError, Outcome, UsageError
from helpers.command import CAMPAIGN, CONTACT
from helpers.platform_server import Reply
from helpers.sandbox_client import wait_until

if TYPE_CHECKING:
    from helpers.command import Cxcall
    from helpers.platform_server import Platform

OPERATION = "personal-connection"
ROWS = [{"contactId": CONTACT, "reasonCode": f"r{number}"} for number in range(5)]


def respond(body: Any, _count: int) -> Reply:
    """Refuse one reason, and accept all others."""
    if body.get("reasonCode") == "refused":
        return Reply(400, {"message": "no such reason", "code": "bad.request", "status": 400})
    return Reply(201, {"id": f"e-{body.get('reasonCode')}"})


@pytest.mark.slow
def test_rows_are_sent_once_in_their_order_with_totals(platform: Platform, cxcall: Cxcall) -> None:
    rows = [*ROWS[:2], {**ROWS[0], "reasonCode": "refused"}, ROWS[0]]
    with Client() as client, client.batch(OPERATION, iter(rows), confirm=3) as batch:
        results = list(batch)
        assert list(batch) == []
    assert [each.number for each in results] == [1, 2, 3, 4]
    assert " ".join(each.outcome for each in results) == "accepted accepted refused skipped"
    assert results[0].delivery is not None
    assert results[0].delivery.engagement_id == "e-r0"
    assert results[2].findings
    assert (str(results[3].skip), platform.rung) == ("duplicate", 2)
    assert batch.totals.outcomes[Outcome.ACCEPTED] == 2
    listed = cxcall("history", "list", "--batch", batch.id, "-o", "json", code=0).envelope
    assert len(listed["data"]["deliveries"]) == 3


def test_number_of_calls_must_be_confirmed(platform: Platform) -> None:
    with Client() as client:
        for confirm, message in (
            (None, "`confirm=5` is required"),
            (4, "5 requests would be sent"),
        ):
            with pytest.raises(CxcallError, match=message) as error:
                client.batch(OPERATION, ROWS, confirm=confirm)
            assert error.value.exit_code == 2
    assert platform.rung == 0


def test_nothing_is_sent_for_rows_that_cannot_be_sent(platform: Platform) -> None:
    invalid = [*ROWS, {"contactId": "12345"}]
    cases: list[tuple[Any, int]] = [
        (invalid, 3),
        ([], 2),
        ("rows.csv", 2),
        (None, 2),
        (5, 2),
        (Path("none.csv"), 2),
        ([{"contactId": {1}}], 2),
    ]
    with Client() as client:
        for rows, code in cases:
            with pytest.raises(CxcallError) as error:
                client.batch(OPERATION, rows, confirm=6)
            assert error.value.exit_code == code, rows
        with client.batch(OPERATION, invalid, confirm=5, skip_invalid=True) as batch:
            assert (batch.checked.rows, batch.checked.to_send) == (6, 5)
    assert (batch.id, platform.rung) == ("", 0), "nobody iterated over it"


def test_wrong_pace_is_refused_before_the_batch_begins(platform: Platform) -> None:
    with Client() as client:
        for name, value in (("concurrency", 0), ("concurrency", "5"), ("rate", 10), ("rate", 0)):
            wrong: Any = {name: value}
            with pytest.raises(UsageError, match="invalid"):
                client.batch(OPERATION, ROWS, confirm=5, **wrong)
    assert platform.rung == 0


def test_guards_of_the_client_hold_for_each_row(platform: Platform) -> None:
    Path("dnc.txt").write_text("+12025550123\n", "utf-8")
    Path("rows.csv").write_text(
        f"contact-id,phone-number\n{CONTACT},+12025550123\n{CONTACT},+12025550124\n", "utf-8"
    )
    with (
        Client(do_not_call=Path("dnc.txt")) as client,
        client.batch("execute", Path("rows.csv"), {"campaignId": CAMPAIGN}, confirm=1) as batch,
    ):
        assert [str(each.skip or each.outcome) for each in batch] == ["do-not-call", "accepted"]
    assert platform.rung == 1


@pytest.mark.slow
def test_loop_that_is_left_sends_no_more_and_can_be_resumed(platform: Platform) -> None:
    with Client() as client:
        with client.batch(OPERATION, ROWS, confirm=5, concurrency=1) as batch:
            next(iter(batch))
        sent = platform.rung
        assert sent < 5
        assert "ended early" in batch.stop_reason
        with pytest.raises(CxcallError, match="was not finished"):
            client.batch(OPERATION, ROWS, confirm=5)
        with client.batch(OPERATION, ROWS, confirm=5 - sent, resume=True) as batch:
            assert {each.outcome for each in batch} == {Outcome.ACCEPTED}
            assert batch.totals.resumed == sent
    assert platform.rung == 5


def test_row_that_is_no_longer_stopped_when_it_is_sent_was_not_agreed_to(
    platform: Platform, cxcall: Cxcall
) -> None:
    platform.answer = lambda _body, _count: Reply(500, {}, rings=False)
    with Client() as client:
        unknown = client.send(OPERATION, ROWS[0], yes=True)
        platform.answer = respond
        with client.batch(OPERATION, ROWS[:2], confirm=1) as batch:
            cxcall("history", "resolve", unknown.id, "--not-placed", code=0)
            assert [each.outcome for each in batch] == ["stopped", "accepted"]
        assert platform.rung == 1
        with client.batch(OPERATION, ROWS[:2], confirm=1, resume=True) as batch:
            assert [each.outcome for each in batch] == ["accepted", "accepted"]
    assert platform.rung == 2


@pytest.mark.slow
def test_failures_stop_a_batch_while_the_loop_handles_an_earlier_row(platform: Platform) -> None:
    contacts = [f"{CONTACT[:-1]}{number}" for number in range(4)]
    refused = [{"contactId": each, "reasonCode": "refused"} for each in contacts]
    with Client() as client:
        batch = client.batch(
            OPERATION, [ROWS[0], *refused], confirm=5, max_failures=1, concurrency=2
        )
        for _ in batch:
            wait_until(lambda: batch.stop_reason == "1 request failed")
    assert (batch.totals.total, platform.seen.total()) == (2, 2)


def test_requests_are_sent_at_most_as_far_ahead_of_the_loop_as_asked(platform: Platform) -> None:
    rows = [{"contactId": CONTACT, "reasonCode": f"r{number:02}"} for number in range(20)]
    has_more = threading.Event()

    def finish_the_first_last(body: Any, _count: int) -> Reply:
        if len(platform.seen) > 4:
            has_more.set()
        if body == rows[0]:
            has_more.wait(0.2)
        return Reply()

    platform.answer = finish_the_first_last
    with Client() as client:
        batch = client.batch(OPERATION, rows, confirm=20, concurrency=4, rate="1000/s")
        for taken, _ in enumerate(batch, 1):
            assert platform.seen.total() <= taken + 4
            if taken == 5:
                break
    assert platform.seen.total() <= 5 + 4


@pytest.mark.slow
def test_left_loop_leaves_no_thread_that_sends_and_no_signal_handler(platform: Platform) -> None:
    before = signal.getsignal(signal.SIGINT)
    with Client() as client:
        for _ in client.batch(OPERATION, ROWS, confirm=5, rate="1/h"):
            break
        assert not [each for each in threading.enumerate() if each.name.startswith("cxcall-rows")]
        assert signal.getsignal(signal.SIGINT) is before
        assert platform.rung == 1


@pytest.mark.slow
def test_signal_finishes_what_is_in_flight_and_ends_the_loop(
    platform: Platform, cxcall: Cxcall
) -> None:
    script = f"""
import os, signal
from cxcall import Client
with Client() as client, client.batch({OPERATION!r}, {ROWS!r}, confirm=5, concurrency=1) as batch:
    try:
        for row in batch:
            os.kill(os.getpid(), signal.SIGINT)
    except KeyboardInterrupt:
        print(batch.totals.total)
"""
    ran = subprocess.run(
        [sys.executable, "-c", script],
        env=cxcall.environment,
        cwd=cxcall.folder,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert int(ran.stdout) == platform.rung
    assert 1 <= platform.rung < 5


@pytest.mark.slow
@pytest.mark.usefixtures("platform")
def test_refused_delivery_is_explained() -> None:
    with Client() as client:
        delivery = client.send(OPERATION, {**ROWS[0], "reasonCode": "refused"}, yes=True)
        (explanation,) = client.explain(delivery)
        assert explanation.request.status == 400
        assert any("no such reason" in str(each) for each in explanation.findings)
        assert client.explain("HTTP/1.1 401 Unauthorized\n\n")[0].findings
        with pytest.raises(CxcallError, match="nothing was sent"):
            client.explain(delivery._replace(exchange=None))
