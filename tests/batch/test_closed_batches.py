"""A batch that a person closes: who may send its rows, and what stops."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from helpers.command import terminal
from helpers.platform_server import Platform, Reply
from helpers.reason_rows import WORDS, results, row, write_rows

if TYPE_CHECKING:
    from helpers.command import Cxcall


@pytest.mark.slow
def test_closed_batch_stops_no_other_batch(cxcall: Cxcall) -> None:
    refused = Reply(403, {"code": "missing.permissions"}, rings=False)
    words = ("batch", write_rows(cxcall, 1, 2, 3), *WORDS, "--concurrency", "1", "--confirm")
    cxcall.environment["CXCALL_DUPLICATE_WINDOW"] = "0.001"
    with Platform(lambda sent, _count: refused if sent == row(2) else Reply()) as platform:
        cxcall.environment |= platform.environment
        _, summary = results(cxcall(*words, "3", "--max-failures", "1", code=9))
        (finding,) = json.loads(cxcall(*words, "3", code=7).out)["findings"]
        close = ("batch", "cancel", summary["batch"])
        assert f"`cxcall {' '.join(close)}`" in finding["fix"]
        cxcall.file("one.jsonl", json.dumps(row(1)))
        single = ("batch", "one.jsonl", *WORDS, "--confirm", "1")
        assert f"`cxcall {' '.join(close)}`" in cxcall(*single, code=9).out
        assert platform.rung == 1
        assert cxcall(*close, "-o", "json", code=0).envelope["data"]["isClosed"]
        cxcall(*single, code=0)
    assert platform.rung == 2  # the person asked for it


@pytest.mark.slow
def test_command_that_still_sends_a_closed_batch_stops(cxcall: Cxcall) -> None:
    def close_at_first(_sent: Any, _count: int) -> Reply:
        if not platform.order:
            (batch,) = cxcall("batch", "list", "-o", "json", code=0).envelope["data"]["batches"]
            cxcall("batch", "cancel", batch["id"], code=0)
        return Reply()

    words = ("batch", write_rows(cxcall, 1, 2, 3), *WORDS, "--concurrency", "1", "--confirm", "3")
    with Platform(close_at_first) as platform:
        cxcall.environment |= platform.environment | {"CXCALL_DUPLICATE_WINDOW": "0.001"}
        rows, summary = results(ran := cxcall(*words, code=9))
        assert (rows[:2], "closed" in summary["stopped"]) == (["accepted", "stopped"], True)
        assert "--resume" not in ran.err
        other = cxcall.file("three.jsonl", json.dumps(row(3)))
        cxcall("batch", other, *WORDS, "--confirm", "1", code=0)
        rows, _ = results(cxcall(*words[:-1], "2", "--resume", code=9))
        assert rows == ["accepted", "accepted", "stopped"]  # the third was sent since then
    assert platform.rung == 3


@pytest.mark.slow
def test_resumed_batch_that_is_closed_while_it_asks_sends_nothing(cxcall: Cxcall) -> None:
    def refuse_second(sent: Any, _count: int) -> Reply:
        received.append(sent)
        return Reply() if sent == row(1) else Reply(403, {"code": "x"}, rings=False)

    received: list[Any] = []
    words = ("batch", write_rows(cxcall, 1, 2, 3), *WORDS[:-2], "--concurrency", "1")
    with Platform(refuse_second) as platform:
        cxcall.environment |= platform.environment
        sent = cxcall(*words, *WORDS[-2:], "--confirm", "3", "--max-failures", "1", code=9)
        with terminal(cxcall, *words, "--resume") as child:
            child.expect("to continue")
            cxcall("batch", "cancel", results(sent)[1]["batch"], code=0)
            child.sendline("1")
            child.expect("the batch was closed")
    assert received == [row(1), row(2)]
