"""Loads of a campaign that are killed and resumed: no contact is loaded twice, and none is lost."""

from __future__ import annotations

import json
from subprocess import DEVNULL
from threading import Event
from typing import TYPE_CHECKING, Any

import pytest

from helpers.platform_server import Platform, Reply

if TYPE_CHECKING:
    from helpers.command import Cxcall

pytestmark = pytest.mark.slow

LIST_ID = "12345678-1234-1234-1234-000000000200"
NAMES = [f"P{place}" for place in range(10)]
IN_ONE_REQUEST = 2
OUTCOMES = {
    "1-2": "accepted",
    "3-4": "unknown",
    "5-6": "accepted",
    "7-8": "unknown",
    "9-10": "accepted",
}


class Dialer:
    """A platform that loads contacts; it delays every second response until its client was killed."""

    def __init__(self) -> None:
        self.loaded: list[str] = []
        self.requests = 0
        self.held, self.killed = Event(), Event()

    def answer(self, body: Any, _count: int) -> Reply:
        """Respond to a request that loads contacts."""
        self.requests += 1
        if self.requests % 2 == 0:
            self.held.set()
            assert self.killed.wait(60)
        self.loaded += [each["data"]["Name"] for each in body]
        return Reply(200, body)

    @staticmethod
    def read(_path: str, _count: int) -> Reply:
        """Respond to a read of the list."""
        phones = [{"columnName": "Phone", "type": "cell"}]
        return Reply(200, {"columnNames": ["Phone", "Name"], "phoneColumns": phones})


def write_contacts(cxcall: Cxcall) -> str:
    """Write a file whose rows are sent in five requests, because their `priority` differs; return its name."""
    lines = ["Phone,Name,priority"]
    for place, name in enumerate(NAMES):
        is_first = place // IN_ONE_REQUEST % 2 == 0
        lines.append(f"+1303555{place:04},{name},{str(is_first).lower()}")
    return cxcall.file("leads.csv", "\n".join([*lines, ""]))


def test_a_load_that_is_killed_is_resumed_and_each_contact_is_loaded_once(cxcall: Cxcall) -> None:
    """It is killed during its second and fourth requests. The duplicate guard does not recognize changed requests."""
    dialer, file = Dialer(), write_contacts(cxcall)
    into = (file, "--contact-list", LIST_ID)
    words = ("campaign", "load", *into, *"--yes --rate 500/s --concurrency 1 -o jsonl".split())
    with Platform(dialer.answer, reads=dialer.read) as platform:
        cxcall.environment |= platform.environment
        for more in ((), ("--resume", "--set", "/callable=true")):
            with cxcall.begin(*words, *more, out=DEVNULL, err=DEVNULL) as process:
                assert dialer.held.wait(60)
                process.kill()
            dialer.held.clear()
            dialer.killed.set()
            assert platform.wait_for_rings(dialer.requests)
            dialer.killed.clear()
        assert "4  unknown: its end is not recorded" in cxcall("batch", "report", code=0).out
        assert "error[already-sent]" in cxcall(*words, "-o", "text", code=7).err
        ran = cxcall(*words, "--resume", code=9)
    *results, totals = map(json.loads, ran.out.splitlines())
    assert {each["data"]["rows"]: each["outcome"] for each in results} == OUTCOMES
    assert [each["data"]["row"] for each in results] == [1, 3, 5, 7, 9]
    assert totals["data"]["outcomes"] == {"accepted": 6, "unknown": 4}
    assert totals["data"]["resumed"] == 8
    assert dialer.loaded == NAMES
