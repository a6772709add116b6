"""What a batch does with a file that changes under it, and with identical rows on resume."""

from __future__ import annotations

import json
from threading import Event
from typing import TYPE_CHECKING, Any

import pytest

from helpers.platform_server import Platform, Reply

if TYPE_CHECKING:
    from helpers.command import Cxcall, Ran

WORDS = ("--operation", "personal-connection", "--rate", "500/s", "-o", "jsonl")


def row(number: int) -> dict[str, str]:
    return {"contactId": f"12345678-1234-4234-8234-{number:012}", "reasonCode": f"row {number}"}


def write_rows(cxcall: Cxcall, *numbers: int) -> str:
    return cxcall.file("calls.jsonl", "".join(json.dumps(row(each)) + "\n" for each in numbers))


def results(ran: Ran) -> tuple[list[str], dict[str, Any]]:
    """Return the outcome of every row, and the data of the summary."""
    *rows, summary = map(json.loads, ran.out.splitlines())
    return [each["outcome"] for each in rows], summary["data"]


@pytest.mark.slow
def test_file_that_becomes_unreadable_stops_the_batch_and_can_be_resumed(cxcall: Cxcall) -> None:
    count = 300  # several buffers of the reader, so that the end is read while rows are sent
    file = write_rows(cxcall, *range(count))
    path = cxcall.folder / file
    whole = path.read_bytes()

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
        assert cxcall(*words, str(count), code=7).out  # it did not come to its end
        outcomes, _ = results(cxcall(*words, str(count - platform.rung), "--resume", code=0))
    assert outcomes == ["accepted"] * count
    assert set(platform.dials.values()) == {1}


def test_row_identical_to_one_in_progress_is_reported_as_a_duplicate_on_resume(
    cxcall: Cxcall,
) -> None:
    file = write_rows(cxcall, 1, 2, 1, 3)
    first_arrived, third_arrived = Event(), Event()

    def answer(sent: Any, _count: int) -> Reply:
        if sent == row(1):  # it stays in progress until the row after its copy is sent
            first_arrived.set()
            third_arrived.wait(30)
        elif sent == row(2):  # until it is answered, there is no thread for the copy
            first_arrived.wait(30)
        else:
            third_arrived.set()
        return Reply()

    with Platform(lambda _body, _count: Reply(429, {}, {"Retry-After": "900"})) as platform:
        cxcall.environment |= platform.environment
        words = ("batch", file, *WORDS, "--strict", "--concurrency")
        cxcall(*words, "1", "--confirm", "4", code=9)
        platform.answer = answer
        outcomes, _ = results(cxcall(*words, "2", "--confirm", "4", "--resume", code=9))
    assert outcomes == ["accepted", "accepted", "stopped", "accepted"]
    assert sorted(platform.dials.values()) == [1, 1, 1]


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
