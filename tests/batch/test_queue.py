"""Rows of a batch that is queued, and sent by workers that share a ledger in PostgreSQL."""

from __future__ import annotations

import json
import signal
from typing import Any

import psycopg
import pytest

from cxcall.ledger.ledger import Ledger
from helpers.command import Cxcall, run_changed
from helpers.platform_server import Platform, Reply
from helpers.workers import OPERATION, HeldRequests, queue_rows, rows_of, running_workers, status_of

pytestmark = pytest.mark.slow

CALL = (
    "--operation",
    "place-call-for-user",
    "--param",
    "userId=12345678-1234-1234-1234-123456789012",
)
FAST = ("--rate", "500/s")
NEW_YORK = "+12125550123"


def work(cxcall: Cxcall, *more: str, code: int = 0) -> list[dict[str, Any]]:
    """Run a worker until the queue is empty, and return what it printed."""
    ran = cxcall("worker", "--until-empty", "-o", "jsonl", *more, code=code)
    return [json.loads(line) for line in ran.out.splitlines()]


def test_queued_rows_are_sent_once_by_a_worker(
    shared: Cxcall, platform: Platform, postgres_url: str
) -> None:
    batch = queue_rows(shared, rows_of(5), *FAST)
    assert platform.rung == 0
    assert status_of(shared, batch)["states"] == {"todo": 5}
    assert "run `cxcall worker`, or `cxcall batch cancel" in shared("batch", "report", code=0).out
    assert (
        shared("batch", "rows.jsonl", *OPERATION, "--resume", code=7).err.count(
            "are still in the queue"
        )
        == 1
    )
    *results, totals = work(shared)
    assert sorted(result["data"]["row"] for result in results) == [1, 2, 3, 4, 5]
    assert totals["data"]["outcomes"] == {"accepted": 5}
    assert set(platform.dials.values()) == {1}
    assert platform.rung == 5
    assert status_of(shared, batch)["state"] == "done"
    assert work(shared)[0]["data"]["rows"] == 0
    listed = shared("batch", "list", "-o", "json").envelope["data"]["batches"]
    assert [(each["id"], each["state"], each["outcomes"]) for each in listed] == [
        (batch, "finished", {"accepted": 5})
    ]
    words = ("batch", "rows.jsonl", *OPERATION, "--queue", "--resume", "--confirm", "0")
    assert "0 rows queued" in shared(*words, code=0).err
    [listed] = shared("batch", "list", "-o", "json").envelope["data"]["batches"]
    assert listed["state"] == "finished"
    with psycopg.connect(postgres_url) as connection:
        assert connection.execute("SELECT count(content) FROM cxcall.queued_row").fetchone() == (0,)


def test_worker_sends_the_bytes_that_were_agreed_to_and_ends_without_another_wait(
    shared: Cxcall, platform: Platform
) -> None:
    row = {
        "contactId": "12345678-1234-1234-1234-123456789012",
        "reasonCode": 'Zoë \\ "x"\n\u2028',
        "priority": 3,
    }
    file = shared.file("rows.jsonl", json.dumps(row) + "\n")
    words = ("batch", file, *OPERATION, "--force")
    agreed = shared(*words, "--dry-run", "-o", "json", code=0).out.splitlines()[0]
    shared(*words, "--confirm", "1", "--queue", code=0)
    change = "from cxcall.batch.queue import worker\n\nworker._POLL_SECONDS = 3600.0"
    ran = run_changed(shared, change, "worker", "--until-empty", "--lease", "14400")
    assert ran.code == 0, ran
    assert platform.order == [json.loads(agreed)["request"]["body"]] == [row]


def test_guards_of_the_worker_apply_when_a_row_is_sent(shared: Cxcall, platform: Platform) -> None:
    """The list is the worker's, and the limit of attempts is the batch's, which the worker cannot raise."""
    numbers = (NEW_YORK, "+12125550124", "+12125550124")
    rows = [
        {"phoneNumber": each, "callerIdName": name}
        for each, name in zip(numbers, "abc", strict=True)
    ]
    file = shared.file("rows.jsonl", "".join(json.dumps(row) + "\n" for row in rows))
    limit = ("--max-attempts", "1/day", "--force", "--confirm", "3")
    ran = shared("batch", file, *CALL, "--queue", *limit, code=0)
    listed = ("--do-not-call", shared.file("dnc.txt", f"{NEW_YORK}\n"), "--concurrency", "1")
    *results, totals = work(shared, *listed, "--max-attempts", "5/day")
    outcomes = [(1, "skipped"), (2, "accepted"), (3, "skipped")]
    assert sorted((each["data"]["row"], each["outcome"]) for each in results) == outcomes
    assert totals["data"]["skipped"] == {"do-not-call": 1, "max-attempts": 1}
    assert platform.rung == 1
    report = shared("batch", "report", ran.out.strip(), "--format", "jsonl").out.splitlines()
    assert [(each["outcome"], each["reason"]) for each in map(json.loads, report)] == [
        ("skipped", "do-not-call"),
        ("accepted", ""),
        ("skipped", "max-attempts"),
    ]


def test_worker_cannot_lower_the_guards_of_the_batch(shared: Cxcall, platform: Platform) -> None:
    file = shared.file("rows.jsonl", json.dumps({"phoneNumber": NEW_YORK}) + "\n")
    closed = ("--hours", "03:00-03:00:01", "--wait-for-hours")
    batch = shared("batch", file, *CALL, "--confirm", "1", "--queue", *closed, code=0).out.strip()
    assert work(shared)[-1]["data"]["rows"] == 0
    assert status_of(shared, batch)["states"] == {"waiting": 1}
    assert platform.rung == 0
    refused = shared(
        "worker",
        "--until-empty",
        env={"CXCALL_HOURS": "04:00-05:00", "CXCALL_HOURS_POLICY": "enforce"},
    )
    assert "neither of the calling hours" in refused.err
    assert platform.rung == 0


def test_cancelled_rows_are_not_sent_and_can_be_queued_again(
    shared: Cxcall, platform: Platform
) -> None:
    batch = queue_rows(shared, rows_of(3), *FAST)
    assert shared("batch", "cancel", batch, "-o", "json", code=0).envelope["data"]["cancelled"] == 3
    assert work(shared)[0]["data"]["rows"] == 0
    assert status_of(shared, batch)["state"] == "cancelled"
    assert "not finished" in shared("batch", "report", code=0).out
    assert queue_rows(shared, rows_of(3), *FAST, "--resume") == batch
    refused = Reply(400, {"code": "bad.request", "message": "no such contact"}, rings=False)
    platform.answer = lambda body, _: refused if body["reasonCode"] == "row 1" else Reply()
    outcomes = work(shared, code=9)[-1]["data"]["outcomes"]
    assert outcomes == status_of(shared, batch)["states"] == {"refused": 1, "accepted": 2}
    assert platform.rung == 2
    assert shared("batch", "cancel", batch, "-o", "json", code=0).envelope["data"]["isClosed"]


def test_sigterm_finishes_requests_in_flight_and_gives_the_other_rows_back(shared: Cxcall) -> None:
    held = HeldRequests(lambda _row: True)
    with Platform(held) as platform:
        shared.environment |= platform.environment
        batch = queue_rows(shared, rows_of(6), *FAST)
        with running_workers(shared, 1, "--concurrency", "2", "-o", "jsonl") as workers:
            held.wait_for(2)
            workers.running[0].send_signal(signal.SIGTERM)
            assert workers.wait(30) == [0]
        assert status_of(shared, batch)["states"] == {"todo": 4, "accepted": 2}
        assert platform.rung == 2


def test_rows_of_a_killed_worker_are_unknown_or_sent_by_another(shared: Cxcall) -> None:
    held = HeldRequests(lambda row: row <= 2)
    with Platform(held) as platform:
        shared.environment |= platform.environment
        batch = queue_rows(shared, rows_of(6), *FAST)
        with running_workers(
            shared, 1, "--concurrency", "2", "--timeout", "1", "--lease", "1.5"
        ) as workers:
            held.wait_for(2)
            workers.running[0].kill()
        held.release()
        *_, totals = work(shared, "--timeout", "1", "--lease", "1.5", code=9)
        problems = [each["message"] for each in totals["findings"]]
        assert sorted(problems) == [
            f"row {row} of batch `{batch}`: the request may have been processed, or a call placed; the worker that sent it died"
            for row in (1, 2)
        ]
        assert totals["data"]["outcomes"] == {"accepted": 4}
        assert set(platform.dials.values()) == {1}
        status = status_of(shared, batch)
    assert status["states"] == {"accepted": 4, "unknown": 2}
    assert [each["row"] for each in status["unknown"]] == [1, 2]
    unknown = status["unknown"][0]["deliveryId"]
    assert shared("history", "show", unknown, "-o", "json").envelope["data"]["outcome"] == "unknown"
    shown = shared("batch", "status", batch, "--watch", code=9).err
    assert shown.count(f"cxcall history resolve {unknown} --placed") == 1


def test_queue_needs_a_shared_ledger_and_a_lasting_platform(cxcall: Cxcall) -> None:
    file = cxcall.file("rows.jsonl", json.dumps(rows_of(1)[0]) + "\n")
    for words in (
        (
            "batch",
            file,
            *OPERATION,
            "--queue",
            "--base-url",
            "http://127.0.0.1:9",
            "--confirm",
            "1",
        ),
        ("worker",),
        ("batch", "status"),
    ):
        assert "CXCALL_LEDGER=postgresql://" in cxcall(*words, code=2).err, words
    assert cxcall("batch", "list", code=0).out == ""
    for words in (("--sandbox",), ("--rejects", "rejects.jsonl"), ("--concurrency", "1")):
        ran = cxcall("batch", file, *OPERATION, "--queue", *words, code=2)
        assert f"`--queue` cannot be combined with `{words[0]}`" in ran.err
    assert (
        "not longer than the timeout"
        in cxcall("worker", "--lease", "10", "--timeout", "20", code=2).err
    )


def test_worker_on_a_ledger_that_lost_records_sends_nothing(
    shared: Cxcall, platform: Platform, postgres_url: str
) -> None:
    batch = queue_rows(shared, rows_of(2), *FAST)
    with Ledger.open_shared(postgres_url) as ledger:
        ledger.share_stop("the last changes are missing")
    assert "records-missing" in shared("worker", "--until-empty", code=7).err
    assert platform.rung == 0
    assert f"`cxcall batch cancel {batch}`" in shared("history", "accept", "--yes", code=2).err
    shared("batch", "cancel", batch, code=0)
    shared("history", "accept", "--yes", code=0)


@pytest.mark.parametrize(
    ("statements", "reason"),
    [
        (
            [
                f"ALTER TABLE cxcall.{table} DISABLE TRIGGER ALL; DELETE FROM cxcall.{table}"
                for table in ("person", "event", "delivery")
            ],
            "records-missing",
        ),
        (["UPDATE cxcall.state SET deliveries = deliveries + 5"], "is damaged"),
    ],
)
def test_worker_ends_when_the_ledger_cannot_be_used_any_more(
    shared: Cxcall, platform: Platform, postgres_url: str, statements: list[str], reason: str
) -> None:
    queue_rows(shared, rows_of(3), "--rate", "500/s")

    def damage(_body: Any, _count: int) -> Reply:
        with psycopg.connect(postgres_url) as connection:
            for statement in statements:
                connection.execute(statement.encode())
        return Reply()

    platform.answer = damage
    ran = shared("worker", "--until-empty", "--concurrency", "1", code=9)
    assert reason in ran.err
    assert platform.rung == 1


def test_worker_whose_list_cannot_be_read_stops_and_gives_its_rows_back(
    shared: Cxcall, platform: Platform
) -> None:
    batch = queue_rows(shared, rows_of(4), *FAST)
    listed = ("--do-not-call", shared.file("dnc.txt", f"{NEW_YORK}\n"), "--concurrency", "1")

    def break_list(_body: Any, _count: int) -> Reply:
        shared.file("dnc.txt", f"{NEW_YORK}\na broken line\n")
        return Reply()

    platform.answer = break_list
    totals = work(shared, *listed, code=9)[-1]["data"]
    assert "line 2 of `dnc.txt` has no number" in totals["stopped"]
    assert status_of(shared, batch)["states"] == {"accepted": 1, "todo": 3}
    shared.file("dnc.txt", f"{NEW_YORK}\n")
    platform.answer = lambda *_: Reply()
    work(shared, *listed)
    assert sorted(platform.dials.values()) == [1] * 4
