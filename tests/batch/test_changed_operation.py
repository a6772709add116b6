"""`--resume` after the document of the operation was edited calls nobody a second time, although all requests are others."""

from __future__ import annotations

import json
from subprocess import DEVNULL
from threading import Event
from typing import TYPE_CHECKING, Any

import pytest

from helpers.calling_api import posting
from helpers.platform_server import Platform, Reply

if TYPE_CHECKING:
    from helpers.command import Cxcall

pytestmark = pytest.mark.slow

NUMBERS = [f"+1202555010{row}" for row in range(5)]
"""The first is accepted, the second unknown, the third refused, the fourth stops the batch."""


def document(path: str = "/dial", server: str = "/api", kind: str = "string") -> dict[str, Any]:
    properties = {"phoneNumber": {"type": "string"}, "rank": {"type": kind}}
    host = f"own.example{server}"
    rings = {"x-cxcall-rings": True}
    return posting("dialNumber", properties, path, required=("phoneNumber",), host=host, **rings)


EDITS = {"path": "/v2/dial", "server": "/api/v2", "kind": "integer"}


def test_no_row_that_may_have_been_processed_is_sent_again(cxcall: Cxcall) -> None:
    called: list[str] = []
    is_over = False

    def answer(body: Any, _count: int) -> Reply:
        number = body["phoneNumber"]
        row = NUMBERS.index(number)
        if not is_over and row == 3:
            return Reply(429, {}, {"Retry-After": "900"})
        if not is_over and row == 2:
            return Reply(400, {"message": "no"}, rings=False)
        called.append(number)
        return Reply(0) if row == 1 and not is_over else Reply()

    cxcall.file("own.json", document())
    lines = [f"{number},{row}" for row, number in enumerate(NUMBERS)]
    cxcall.file("calls.csv", "\n".join(("/phoneNumber,/rank", *lines)) + "\n")
    words = ("batch", "calls.csv", "--operation", "dialNumber", "--contract", "own.json")
    with Platform(answer) as platform:
        cxcall.environment |= platform.environment | {"CXCALL_DUPLICATE_WINDOW": "0.001"}
        cxcall(*words, "--concurrency", "1", "--confirm", "5", code=9)
        assert called == NUMBERS[:2]
        is_over = True
        cxcall.file("own.json", document(**EDITS))
        checked = cxcall(*words, "--resume", "--dry-run", code=0)
        assert "5 rows, 5 valid, 2 done by an earlier run" in checked.err
        ran = cxcall(*words, "--resume", "--confirm", "3", "-o", "jsonl", code=9)
    *rows, _ = map(json.loads, ran.out.splitlines())
    assert [each["outcome"] for each in rows] == ["accepted", "unknown", *["accepted"] * 3]
    assert sorted(called) == NUMBERS  # several at a time


def test_row_that_another_run_sends_meanwhile_by_another_request_is_not_called_twice(
    cxcall: Cxcall,
) -> None:
    first_arrived, last_arrived, first_ended = Event(), Event(), Event()

    def answer(body: Any, _count: int) -> Reply:
        if body["phoneNumber"] == NUMBERS[0]:
            first_arrived.set()
            last_arrived.wait(30)
        elif body["phoneNumber"] == NUMBERS[4]:
            last_arrived.set()
            first_ended.wait(30)
        return Reply()

    cxcall.file("own.json", document())
    cxcall.file("corrected.json", document(path="/v2/dial"))
    lines = [f"{number},{row}" for row, number in enumerate(NUMBERS)]
    cxcall.file("calls.csv", "\n".join(("/phoneNumber,/rank", *lines)) + "\n")
    words = ("batch", "calls.csv", "--operation", "dialNumber", "--concurrency", "1", "--contract")
    with Platform(answer) as platform:
        cxcall.environment |= platform.environment
        first_words = (*words, "own.json", "--confirm", "5")
        with cxcall.begin(*first_words, out=DEVNULL, err=DEVNULL) as first:
            assert first_arrived.wait(30)
            second_words = (*words, "corrected.json", "--resume", "--confirm", "4")
            with cxcall.begin(*second_words, out=DEVNULL, err=DEVNULL) as second:
                first.wait(60)
                first_ended.set()
                second.wait(60)
    assert platform.rung == 5
