"""`cxcall batch`: tokens, rate limits, and waits."""

from __future__ import annotations

import json
import re
import signal
from collections import Counter
from datetime import datetime, timedelta
from threading import Barrier, Event
from typing import TYPE_CHECKING, Any

import pytest

from helpers.batch_files import (
    FAST,
    PERSONAL,
    at,
    begin,
    body,
    lines,
    outcomes,
    recorded,
    write_lines,
)
from helpers.platform_server import Bucket, Platform, Reply

if TYPE_CHECKING:
    from helpers.command import Cxcall


# Tokens and limits


@pytest.mark.slow
def test_expired_token_is_renewed_once_for_all_threads(cxcall: Cxcall) -> None:
    file = write_lines(cxcall, 24)
    with Platform(token_uses=15) as platform:
        at(cxcall, platform)
        ran = cxcall("batch", file, *PERSONAL, *FAST, "--confirm", "24", "-o", "jsonl", code=0)
    assert platform.grants == 2
    assert outcomes(ran) == ["accepted"] * 24
    assert set(platform.dials.values()) == {1}


@pytest.mark.slow
def test_token_that_is_never_accepted_stops_the_batch(cxcall: Cxcall) -> None:
    file = write_lines(cxcall, 10)
    with Platform(token_uses=0) as platform:
        at(cxcall, platform)
        ran = cxcall(
            "batch", file, *PERSONAL, *FAST, "--concurrency", "1", "--confirm", "10", code=9
        )
    assert "not sent: 9 rows" in ran.err
    assert (platform.rung, platform.grants) == (0, 2)


@pytest.mark.slow
def test_attempts_of_a_row_count_the_requests_that_were_sent(cxcall: Cxcall) -> None:
    """A row whose request had to wait because of the response to another one was not sent meanwhile."""
    busy = Reply(429, {}, {"Retry-After": "1"})
    words = (write_lines(cxcall, 6), *PERSONAL, *FAST, "--confirm", "6", "-o", "jsonl")
    with Platform(lambda _sent, count: Reply() if count else busy) as platform:
        at(cxcall, platform).environment["CXCALL_MAX_WAIT"] = "60"
        ran = cxcall("batch", *words, code=0)
    seen = [platform.seen[json.dumps(body(number), sort_keys=True)] for number in range(1, 7)]
    assert seen == [2] * 6
    assert [row["attempts"] for row in lines(ran)[:-1]] == seen
    assert {record["attempts"] for record in recorded(cxcall)} == {2}


@pytest.mark.slow
def test_retry_waits_of_one_row_delays_all_rows(cxcall: Cxcall) -> None:
    file = write_lines(cxcall, 20)
    is_refused = Event()

    def answer(sent: Any, _count: int) -> Reply:
        if sent != body(5):
            return Reply()
        is_refused.set()
        return Reply(429, {}, {"Retry-After": "3000"})

    words = (file, *PERSONAL, *FAST, "--concurrency", "3", "--confirm", "20", "-o", "jsonl")
    with Platform(answer) as platform:
        at(cxcall, platform)
        cxcall.environment["CXCALL_MAX_WAIT"] = "3600"
        with begin(cxcall, *words) as process:
            assert is_refused.wait(30)
            assert not platform.wait_for_rings(19, timeout=0.5)
            process.send_signal(signal.SIGINT)
            out, _ = process.communicate(timeout=30)
    *rows, summary = map(json.loads, out.splitlines())
    assert Counter(row["outcome"] for row in rows)["accepted"] == platform.rung < 19
    assert summary["data"]["stopped"] == "interrupted"
    assert platform.seen[json.dumps(body(5), sort_keys=True)] == 1


def test_long_wait_that_the_api_asks_for_is_told_once(cxcall: Cxcall) -> None:
    file = write_lines(cxcall, 3)
    words = (file, *PERSONAL, *FAST, "--confirm", "3")
    with Platform(lambda _body, _count: Reply(429, {}, {"Retry-After": "25"})) as platform:
        at(cxcall, platform)
        cxcall.environment["CXCALL_MAX_WAIT"] = "60"
        with begin(cxcall, *words) as process:
            assert process.stderr is not None
            lines = iter(process.stderr.readline, "")
            told = next(line for line in lines if "the API asks to wait" in line)
            process.send_signal(signal.SIGINT)
            rest = process.stderr.read()
    assert re.search("nothing is sent for 2[45] s", told)
    assert "the API asks to wait" not in rest


def test_retry_waits_longer_than_max_wait_stops_the_batch(cxcall: Cxcall) -> None:
    file = write_lines(cxcall, 3)
    with Platform(lambda _body, _count: Reply(429, {}, {"Retry-After": "3600"})) as platform:
        at(cxcall, platform)
        ran = cxcall(
            "batch", file, *PERSONAL, *FAST, "--concurrency", "1", "--confirm", "3", code=9
        )
    assert "requires a wait of 3600 s" in ran.err
    said = re.search(r"to continue, wait until ([\d-]+ [\d:]+) \S+, then run the same", ran.err)
    assert said is not None
    left = datetime.fromisoformat(said[1]).astimezone() - datetime.now().astimezone()
    assert timedelta(minutes=58) < left <= timedelta(hours=1)
    assert platform.rung == 0


@pytest.mark.slow
def test_rate_is_kept_so_that_few_requests_are_refused(cxcall: Cxcall) -> None:
    file = write_lines(cxcall, 15)
    with Platform(bucket=Bucket(20, 5)) as platform:
        at(cxcall, platform)
        cxcall.environment["CXCALL_MAX_WAIT"] = "30"
        ran = cxcall(
            "batch", file, *PERSONAL, "--rate", "15/s", "--confirm", "15", "-o", "jsonl", code=0
        )
    assert outcomes(ran) == ["accepted"] * 15
    assert set(platform.dials.values()) == {1}
    assert platform.limited <= 3


@pytest.mark.slow
def test_concurrency_limits_requests_in_flight(cxcall: Cxcall) -> None:
    file = write_lines(cxcall, 12)
    gate = Event()

    def answer(_sent: Any, _count: int) -> Reply:
        gate.wait(0.05)
        return Reply()

    with Platform(answer) as platform:
        at(cxcall, platform)
        cxcall("batch", file, *PERSONAL, *FAST, "--concurrency", "3", "--confirm", "12", code=0)
    assert platform.most_at_once <= 3


@pytest.mark.slow
def test_row_that_waits_for_a_retry_when_the_batch_stops_has_that_reason(cxcall: Cxcall) -> None:
    """Both requests are in flight; one must wait, and the other fails, which stops the batch."""
    file = write_lines(cxcall, 2)
    arrived = Barrier(2, timeout=30)

    def answer(sent: Any, _count: int) -> Reply:
        arrived.wait()
        return Reply(429, {}, {"Retry-After": "600"}) if sent == body(1) else Reply(500)

    words = ("batch", file, *PERSONAL, *FAST, "--concurrency", "2", "--max-failures", "1")
    with Platform(answer) as platform:
        at(cxcall, platform)
        cxcall.environment["CXCALL_MAX_WAIT"] = "3600"
        ran = cxcall(*words, "--confirm", "2", "-o", "jsonl", code=9)
    waiting, failed, summary = map(json.loads, ran.out.splitlines())
    assert (waiting["outcome"], waiting["exitCode"]) == ("undelivered", 6)
    reason = "the batch stopped before the next attempt: 1 request failed"
    assert waiting["findings"][0]["message"] == reason
    assert failed["outcome"] == "unknown"
    assert summary["data"]["stopped"] == "1 request failed"
    assert "interrupted" not in ran.err + ran.out
