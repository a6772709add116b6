"""A batch whose file changes meanwhile, and identical rows when it is resumed."""

from __future__ import annotations

import json
from subprocess import DEVNULL
from threading import Event
from typing import TYPE_CHECKING, Any

import pytest

from helpers.platform_server import Platform, Reply
from helpers.reason_rows import WORDS, results, row, write_rows

if TYPE_CHECKING:
    from helpers.command import Cxcall

pytestmark = pytest.mark.slow


def test_file_that_becomes_unreadable_stops_the_batch_and_can_be_resumed(cxcall: Cxcall) -> None:
    count, padding = (
        20,
        " " * 1000,
    )  # several buffers of the reader, so that the end is read while rows are sent
    text = "".join(f"{json.dumps(row(number))}{padding}\n" for number in range(count))
    file = cxcall.file("calls.jsonl", text)
    path = cxcall.folder / file
    whole = text.encode()

    def damage(sent: Any, _count: int) -> Reply:
        if sent == row(0):
            path.write_bytes(whole[:-20] + b"\xff" * 20)
        return Reply()

    with Platform(damage) as platform:
        cxcall.environment |= platform.environment
        words = ("batch", file, *WORDS, "--concurrency", "1", "--confirm")
        outcomes, summary = results(cxcall(*words, str(count), code=9))
        assert "not UTF-8" in summary["stopped"]
        assert set(outcomes) == {"accepted"}
        assert platform.rung == len(outcomes) < count
        path.write_bytes(whole)
        assert cxcall(*words, str(count), code=7).out  # it was not finished
        outcomes, _ = results(cxcall(*words, str(count - platform.rung), "--resume", code=0))
    assert outcomes == ["accepted"] * count
    assert set(platform.dials.values()) == {1}


def test_batch_of_the_sandbox_is_not_resumed_as_a_real_one(cxcall: Cxcall) -> None:
    words = ("batch", write_rows(cxcall, 1), *WORDS, "--confirm", "1")
    cxcall(*words, "--sandbox", code=0)
    with Platform() as platform:
        cxcall.environment |= platform.environment
        (finding,) = json.loads(cxcall(*words, "--resume", code=2).out)["findings"]
        assert "placed no real calls" in finding["fix"]
        cxcall(*words, code=0)
        other = (*words[:3], "execute", "--param", "campaignId=1", *words[4:])
        (finding,) = json.loads(cxcall(*other, "--resume", code=2).out)["findings"]
        assert "would call the same people again" in finding["fix"]
    assert platform.rung == 1


def test_batch_that_began_with_again_is_resumed_without_it(cxcall: Cxcall) -> None:
    refused = Reply(403, {"code": "missing.permissions"}, rings=False)
    words = ("batch", write_rows(cxcall, 2, 1), *WORDS, "--concurrency", "1", "--confirm")
    with Platform(lambda sent, _count: refused if sent == row(2) else Reply()) as platform:
        cxcall.environment |= platform.environment
        cxcall.file("one.jsonl", json.dumps(row(1)))
        cxcall("batch", "one.jsonl", *WORDS, "--confirm", "1", code=0)
        cxcall(*words, "2", "--again", "--max-failures", "1", code=9)
        assert platform.rung == 1
        outcomes, _ = results(cxcall(*words, "1", "--resume", code=9))
    assert (outcomes, platform.rung) == (["refused", "accepted"], 2)


def test_copy_of_a_row_in_progress_is_skipped_on_resume(cxcall: Cxcall) -> None:
    file = write_rows(cxcall, 1, 2, 1, 3)
    last_arrived = Event()

    def answer(sent: Any, _count: int) -> Reply:
        if sent == row(1):  # it stays in progress until the row after its copy is sent
            last_arrived.wait(30)
        elif sent == row(3):
            last_arrived.set()
        return Reply()

    with Platform(lambda _body, _count: Reply(429, {}, {"Retry-After": "900"})) as platform:
        cxcall.environment |= platform.environment
        words = ("batch", file, *WORDS, "--concurrency")
        cxcall(*words, "1", "--confirm", "3", code=9)
        platform.answer = answer
        outcomes, _ = results(cxcall(*words, "2", "--confirm", "3", "--resume", code=0))
    assert outcomes == ["accepted", "accepted", "skipped", "accepted"]
    assert sorted(platform.dials.values()) == [1, 1, 1]


def test_row_of_an_earlier_batch_is_not_taken_for_a_row_in_progress_of_the_same_number(
    cxcall: Cxcall,
) -> None:
    words = ("batch", write_rows(cxcall, 1), *WORDS, "--confirm")
    fourth_arrived = Event()

    def answer(sent: Any, count: int) -> Reply:
        if sent == row(3):  # it is now row 1 of the file
            if not count:  # the batch stops; when it is resumed, the row is in progress
                return Reply(429, {}, {"Retry-After": "900"})
            fourth_arrived.wait(30)
        elif sent == row(4):
            fourth_arrived.set()
        return Reply()

    with Platform(answer) as platform:
        cxcall.environment |= platform.environment | AFTER_THE_WINDOW
        cxcall(*words, "1", code=0)
        write_rows(cxcall, 3, 1, 4)
        cxcall(*words, "3", "--concurrency", "1", code=9)
        ran = cxcall(*words, "2", "--concurrency", "2", "--resume", code=0)
    assert results(ran)[0] == ["accepted"] * 3
    assert platform.dials[json.dumps(row(1), sort_keys=True)] == 1


def test_engagement_id_of_a_row_that_was_sent_before_comes_from_the_ledger(cxcall: Cxcall) -> None:
    file = write_rows(cxcall, 1, 2, 3)

    def answer(sent: Any, _count: int) -> Reply:
        if sent == row(3):
            return Reply(429, {}, {"Retry-After": "900"})
        return Reply(202, {"engagementId": "e1"} if sent == row(1) else {})

    words = ("batch", file, *WORDS, "--concurrency", "1")
    with Platform(answer) as platform:
        cxcall.environment |= platform.environment
        cxcall(*words, "--confirm", "3", code=9)
        ran = cxcall(*words, "--confirm", "1", "--resume", code=9)
    first, second, *_ = map(json.loads, ran.out.splitlines())
    assert (first["engagementId"], first["engagementIdSource"]) == ("e1", "ledger")
    assert (second["engagementId"], second["engagementIdSource"]) == (None, None)


def postpone_row_2(sent: Any, count: int) -> Reply:
    """Refuse the first request of row 2 with a wait longer than `max_wait`, so that the batch stops."""
    return Reply(429, {}, {"Retry-After": "900"}) if sent == row(2) and not count else Reply()


AFTER_THE_WINDOW = {"CXCALL_DUPLICATE_WINDOW": "0.001"}
"""A duplicate window that ends at once, as if the same command ran later."""


def test_resume_after_the_same_batch_was_run_twice_sends_nothing_again(cxcall: Cxcall) -> None:
    file = write_rows(cxcall, 1, 2, 3)
    words = ("batch", file, *WORDS, "--confirm", "3")
    with Platform() as platform:
        cxcall.environment |= platform.environment
        cxcall(*words, code=0)
        assert results(cxcall(*words, code=9))[0] == ["stopped"] * 3
        cxcall(*words[:-1], "2", code=2)
        cxcall.environment |= AFTER_THE_WINDOW
        ran = cxcall("batch", file, *WORDS, "--confirm", "0", "--resume", code=0)
    assert results(ran)[0] == ["accepted"] * 3
    assert set(platform.dials.values()) == {1}
    report = cxcall("batch", "report", "-o", "json", code=0).envelope["data"]
    assert report["outcomes"] == {"accepted": 3}  # as `--resume` has them


def test_rows_of_an_unfinished_batch_are_stopped_in_another_file_at_any_age(cxcall: Cxcall) -> None:
    file = write_rows(cxcall, 1, 2, 3)

    def answer(sent: Any, count: int) -> Reply:
        if sent == row(3) and not count:
            return Reply(429, {}, {"Retry-After": "900"})  # longer than `max_wait`: the batch stops
        return Reply()

    with Platform(answer) as platform:
        cxcall.environment |= platform.environment
        words = (*WORDS, "--concurrency", "1", "--confirm")
        ran = cxcall("batch", file, *words, "3", code=9)
        batch = results(ran)[1]["batch"]
        cxcall.environment |= AFTER_THE_WINDOW
        copy = cxcall.file(
            "copy.jsonl", "".join(json.dumps(row(each)) + "\n" for each in (1, 2, 4))
        )
        ran = cxcall("batch", copy, *words, "3", code=9)
        assert results(ran)[0] == ["stopped", "stopped", "accepted"]
        finding = json.loads(ran.out.splitlines()[0])["findings"][0]
        assert f"`{batch}`" in finding["message"]
        assert "--resume" in finding["fix"]
        assert "--again" not in finding["fix"]
        cxcall("batch", file, *words, "1", "--resume", code=0)
        assert set(platform.dials.values()) == {1}
        cxcall("batch", copy, *words, "3", code=0)  # the first batch is finished now
    assert platform.dials[json.dumps(row(1), sort_keys=True)] == 2


def test_resume_with_nothing_left_prints_the_summary_and_needs_no_confirmation(
    cxcall: Cxcall,
) -> None:
    """A wrapper may also repeat the command, with its number of rows, until it succeeds."""
    file = write_rows(cxcall, 1, 2)
    with Platform() as platform:
        cxcall.environment |= platform.environment
        cxcall("batch", file, *WORDS, "--confirm", "2", code=0)
        del cxcall.environment["CXCALL_CLIENT_SECRET"]  # nothing is sent, so no token is needed
        for more in ((), ("--confirm", "2")):
            ran = cxcall("batch", file, *WORDS, "--resume", *more, code=0)
            assert "nothing is left to be sent" in ran.err
            outcomes, summary = results(ran)
            assert outcomes == ["accepted", "accepted"]
            assert summary["resumed"] == 2
    assert platform.rung == 2


def test_rows_of_an_unfinished_batch_are_not_pruned_and_what_is_left_is_shown(
    cxcall: Cxcall,
) -> None:
    file = write_rows(cxcall, 1, 2, 3)
    words = ("batch", file, *WORDS, "--concurrency", "1", "--confirm")
    prune = ("history", "prune", "--older-than", "0s", "--yes", "-o", "json")
    with Platform(postpone_row_2) as platform:
        cxcall.environment |= platform.environment | AFTER_THE_WINDOW
        cxcall(*words, "3", code=9)
        assert cxcall(*prune, code=0).envelope["data"]["pruned"] == 0
        ran = cxcall(*words[:-1], "--resume", "--dry-run", code=0)
        *printed, summary = map(json.loads, ran.out.splitlines())
        assert [each["data"]["row"] for each in printed] == [2, 3]
        assert summary["data"]["resumed"] == platform.rung == 1
        cxcall(*words, "2", "--resume", code=0)
        assert cxcall(*prune, code=0).envelope["data"]["pruned"] > 0


def test_finished_batch_of_the_same_run_is_not_pruned(cxcall: Cxcall) -> None:
    file = write_rows(cxcall, 1, 2)
    words = ("batch", file, *WORDS, "--concurrency", "1", "--confirm", "2")
    prune = ("history", "prune", "--older-than", "0s", "--yes", "-o", "json")
    with Platform() as platform:
        cxcall.environment |= platform.environment | AFTER_THE_WINDOW
        cxcall(*words, code=0)
        platform.answer = lambda _body, _count: Reply(429, {}, {"Retry-After": "900"})
        cxcall(*words, code=9)  # by mistake
        assert cxcall(*prune, code=0).envelope["data"]["pruned"] == 0
        platform.answer = lambda _body, _count: Reply()
        cxcall(*words, "--resume", code=0)
    assert set(platform.dials.values()) == {1}


def test_delivery_without_an_end_may_be_that_of_another_process(cxcall: Cxcall) -> None:
    file = write_rows(cxcall, 1)
    words = ("batch", file, *WORDS, "--confirm")
    arrived, finish = Event(), Event()

    def answer(_sent: Any, _count: int) -> Reply:
        arrived.set()
        finish.wait(30)
        return Reply()

    with Platform(answer) as platform:
        cxcall.environment |= platform.environment
        with cxcall.begin(*words, "1", out=DEVNULL, err=DEVNULL) as process:
            assert arrived.wait(30)
            ran = cxcall("batch", file, *WORDS, "--resume", code=9)
            finish.set()
            process.wait(30)
    assert "another process may still be sending 1 of them: if so, wait" in ran.err
    assert "wait if another process is still sending it" in ran.out


def test_end_of_a_batch_that_was_sent_again_ends_the_one_before(cxcall: Cxcall) -> None:
    file = write_rows(cxcall, 1, 2)
    words = ("batch", file, *WORDS, "--concurrency", "1", "--confirm", "2")
    with Platform(postpone_row_2) as platform:
        cxcall.environment |= platform.environment
        cxcall(*words, code=9)
        cxcall(*words, "--again", code=0)
        cxcall.environment |= AFTER_THE_WINDOW
        assert results(cxcall(*words, code=0))[0] == ["accepted", "accepted"]
