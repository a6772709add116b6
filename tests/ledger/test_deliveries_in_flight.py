"""A delivery that another process is still sending cannot be resolved: its request could be sent twice."""

from __future__ import annotations

import json
from subprocess import DEVNULL
from threading import Event
from typing import TYPE_CHECKING, Any

import pytest

from helpers.command import CONTACT, Cxcall
from helpers.platform_server import Platform, Reply

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.slow

CALL = ("personal-connection", "--contact-id", CONTACT, "--reason-code", "x", "--yes")
BATCH = ("batch", "rows.jsonl", "--operation", "personal-connection", "--confirm", "1")
ROW = json.dumps({"contactId": CONTACT, "reasonCode": "x"})


class SlowPlatform:
    """A platform that responds to the first request when `finish` is set."""

    def __init__(self) -> None:
        self.arrived, self.finish = Event(), Event()
        self.platform = Platform(self._answer)

    def _answer(self, _body: Any, count: int) -> Reply:
        if count == 0:
            self.arrived.set()
            self.finish.wait(60)
        return Reply()


@pytest.fixture
def slow(cxcall: Cxcall) -> Iterator[SlowPlatform]:
    cxcall.file("rows.jsonl", ROW)
    running = SlowPlatform()
    with running.platform as platform:
        cxcall.environment |= platform.environment
        yield running


def unresolved(cxcall: Cxcall) -> list[str]:
    return [
        line.split("\t")[0]
        for line in cxcall("history", "list", "--unresolved", code=0).out.splitlines()
    ]


@pytest.mark.parametrize(
    ("words", "again", "flag"),
    [
        (CALL, CALL, "--not-placed"),
        (BATCH, (*BATCH[:-2], "--resume", "--confirm", "0"), "--placed"),
    ],
)
def test_delivery_in_flight_is_not_resolved(
    cxcall: Cxcall, slow: SlowPlatform, words: tuple[str, ...], again: tuple[str, ...], flag: str
) -> None:
    with cxcall.begin(*words, out=DEVNULL, err=DEVNULL) as process:
        assert slow.arrived.wait(60)
        (delivery,) = unresolved(cxcall)
        ran = cxcall("history", "resolve", delivery, flag, "-o", "json", code=7)
        (found,) = ran.envelope["findings"]
        assert "another process may still be sending" in found["message"]
        assert "wait until" in found["fix"]
        assert (
            cxcall("history", "show", delivery, "-o", "json").envelope["data"]["resolution"] == ""
        )
        cxcall(*again, code=9 if again[0] == "batch" else 7)
        slow.finish.set()
        process.wait(60)
    assert slow.platform.rung == 1
    assert unresolved(cxcall) == []
    cxcall("history", "resolve", delivery, flag, code=2)  # it was accepted


def test_delivery_of_a_killed_process_is_resolved_by_force_only(
    cxcall: Cxcall, slow: SlowPlatform
) -> None:
    with cxcall.begin(*CALL, out=DEVNULL, err=DEVNULL) as process:
        assert slow.arrived.wait(60)
        process.kill()
        process.wait(60)
    slow.finish.set()
    (delivery,) = unresolved(cxcall)
    assert "add `--force`" in cxcall("history", "resolve", delivery, "--not-placed", code=7).err
    cxcall(*CALL, code=7)
    cxcall("history", "resolve", delivery, "--not-placed", "--force", code=0)
    cxcall(*CALL, code=0)
