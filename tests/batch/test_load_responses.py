"""The response to a load confirms its contacts; a row that it does not list is unknown."""

from __future__ import annotations

import json
import os
import re
import signal
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path
from subprocess import DEVNULL
from threading import Event
from typing import TYPE_CHECKING, Any

import pytest

from helpers.campaign_loads import FAST, LIST_ID, Dialer, halves, lines, load, rows
from helpers.platform_server import Platform, Reply
from helpers.sandbox_client import wait_until

if TYPE_CHECKING:
    from collections.abc import Callable

    from helpers.command import Cxcall

pytestmark = pytest.mark.slow

SIGNS = {"accepted": "+", "unknown": "?", "undelivered": "-"}


def outcomes(cxcall: Cxcall) -> str:
    """Return the sign of the outcome of each row, from the report of the oldest load; its counts are the same."""
    oldest = listed(cxcall)[-1]
    report = cxcall("batch", "report", oldest["id"], "--format", "jsonl", code=0).out.splitlines()
    found = [json.loads(each)["outcome"] for each in report]
    assert oldest["outcomes"] == Counter(found)
    return "".join(SIGNS[each] for each in found)


@pytest.mark.parametrize(("ledger", "is_placed"), [("sqlite", False), ("postgres", True)])
def test_only_rows_that_a_response_does_not_list_are_unknown(
    cxcall: Cxcall, request: pytest.FixtureRequest, ledger: str, *, is_placed: bool
) -> None:
    if ledger == "postgres":
        request.getfixturevalue("shared")
    dialer = Dialer()
    head, *records = rows(5).splitlines()
    lost = [line.partition(",")[0] + ",Lost" for line in records[1::2]]
    records[1::2] = lost
    file = cxcall.file("leads.csv", "\n".join((head, *records, "")))
    with Platform(dialer.answer, reads=dialer.read) as platform:
        cxcall.environment |= platform.environment
        parts, requests = {"1,3,5": "accepted", "2,4": "unknown"}, []
        for more in ((), ("--resume",)):
            results, totals = lines(
                load(cxcall, file, LIST_ID, "--yes", *more, "-o", "jsonl", code=9)
            )
            assert {each["data"]["rows"]: each["outcome"] for each in results} == parts
            requests.append({each["data"]["requestDeliveryId"] for each in results})
            assert totals["data"]["outcomes"] == {"accepted": 3, "unknown": 2}
        assert outcomes(cxcall) == "+?+?+"
        (unknown,) = cxcall("history", "list", "--unresolved", "-o", "jsonl").out.splitlines()
        unlisted = json.loads(unknown)
        assert unlisted["key"] == "rows 2,4"
        (whole,) = re.findall("response to delivery ([0-9A-Z]+) does not list", unlisted["note"])
        report = cxcall("batch", "report", "--format", "jsonl", code=0).out.splitlines()
        requests.append({json.loads(each)["requestDeliveryId"] for each in report})
        assert requests == [{whole}, {None}, {whole}], (
            "a run does not say it of what an earlier one sent"
        )
        assert unlisted["id"] in cxcall("history", "show", whole, code=0).out
        cxcall("history", "resolve", whole, "--not-placed", code=2)
        assert "rows 2,4 of `leads.csv`" in load(cxcall, file, LIST_ID, "--yes", code=7).err
        cxcall(
            "history",
            "resolve",
            unlisted["id"],
            "--placed" if is_placed else "--not-placed",
            code=0,
        )
        assert outcomes(cxcall) == ("+++++" if is_placed else "+-+-+")
        # Another file has a row of each part.
        other = cxcall.file("other.csv", "\n".join((head, *records[2:4], "")))
        load(cxcall, other, LIST_ID, "--yes", code=0 if is_placed else 9)
        assert dialer.loaded[5:] == ([] if is_placed else ["Lost"])
        counts = {"accepted": 2} if is_placed else {"accepted": 1, "unknown": 1}
        assert listed(cxcall)[0]["outcomes"] == counts
        load(cxcall, file, LIST_ID, "--yes", "--resume", code=0 if is_placed else 9)
        assert dialer.loaded[5:] == ([] if is_placed else ["Lost", "Lost"])
        # Rows of deliveries of up to three requests alternate.
        ran = load(cxcall, file, LIST_ID, "--yes", "--resume", "-o", "jsonl", code=None)
        found = {each["data"]["rows"] for each in lines(ran)[0]}
        assert found == ({*parts} if is_placed else {"1,3,5", "2", "4"})


def test_all_rows_are_unknown_if_the_response_cannot_be_recorded(cxcall: Cxcall) -> None:
    dialer, ledger = Dialer(), Path(cxcall.environment["CXCALL_STATE_DIR"], "ledger.sqlite3")

    def answer(body: Any, count: int) -> Reply:
        ledger.rename(f"{ledger}.moved")
        return dialer.answer(body, count)

    file = cxcall.file("leads.csv", rows(4) + "+13035559999,Lost\n")
    with Platform(answer, reads=dialer.read) as platform:
        cxcall.environment |= platform.environment
        (result,), _ = lines(load(cxcall, file, LIST_ID, "--yes", "-o", "jsonl", code=9))
        ledger.with_name(f"{ledger.name}.moved").rename(ledger)
        assert (result["data"]["rows"], result["outcome"]) == ("1-5", "unknown")
        assert "the contacts of row 5" in result["findings"][0]["message"]
        cxcall("history", "show", result["deliveryId"], code=0)
        load(cxcall, file, LIST_ID, "--yes", "--resume", code=9)
        assert platform.rung == 1


@pytest.mark.slow
def test_load_that_is_interrupted_twice_accepts_no_row_that_was_not_listed(cxcall: Cxcall) -> None:
    """Its first result cannot be written until the second request is recorded, and both signals have come."""
    dialer, first_is_recorded = Dialer(), Event()

    def answer(body: Any, count: int) -> Reply:
        if body[0]["data"]["Name"] != "P0":
            assert first_is_recorded.wait(60)
        return dialer.answer(body, count)

    def recorded(value: str) -> bool:
        return f'"{value}"' in cxcall("history", "list", "-o", "jsonl", code=0).out

    file = cxcall.file("leads.csv", halves(2).replace("P3", "Lost"))
    words = ("campaign", "load", file, "--contact-list", LIST_ID, "--yes", *FAST, "-o", "jsonl")
    read_end, write_end = os.pipe()
    os.set_blocking(write_end, False)
    with suppress(BlockingIOError):
        while os.write(write_end, b"\n" * 4096):
            pass
    os.set_blocking(write_end, True)
    with Platform(answer, reads=dialer.read) as platform:
        cxcall.environment |= platform.environment
        with (
            cxcall.begin(*words, out=write_end, err=DEVNULL) as process,
            open(read_end, encoding="utf-8") as printed,
        ):
            os.close(write_end)
            wait_until(lambda: recorded("accepted"))
            first_is_recorded.set()
            wait_until(lambda: recorded("row 4"))
            for _ in range(2):
                process.send_signal(signal.SIGINT)
                time.sleep(0.3)
            *results, _ = map(json.loads, printed.read().strip().splitlines())
        assert process.returncode == 9
    outcomes = {each["data"]["rows"]: each["outcome"] for each in results}
    assert outcomes == {"1-2": "accepted", "3-4": "unknown"}


def test_lost_response_to_a_load_asks_whether_its_contacts_are_in_the_list(cxcall: Cxcall) -> None:
    """No call was placed yet, so `--not-placed` would add and call the contacts twice."""
    file = cxcall.file("leads.csv", rows(2))
    with Platform(lambda *_: Reply(0), reads=Dialer().read) as platform:
        cxcall.environment |= platform.environment
        shown = [
            load(cxcall, file, LIST_ID, "--yes", code=9).err,
            load(cxcall, file, LIST_ID, "--yes", "--resume", code=9).err,
            load(cxcall, file, LIST_ID, "--yes", code=7).err,
            cxcall("explain", "--last", code=3).out,
        ]
    for text in (" ".join(each.split()) for each in shown):
        assert "find out whether its contacts are in the list, then `cxcall history res" in text
        assert "if any of them is" in text
        assert "if only some are, load the others after that from a separate file" in text
        assert "call was placed" not in text
        assert "a call may" not in text


def listed(cxcall: Cxcall) -> list[Any]:
    """Return the batches that `batch list` prints, newest first."""
    batches = cxcall("batch", "list", "-o", "json", code=0).envelope["data"]["batches"]
    return [*batches]


def shouted(contacts: list[Any]) -> list[Any]:
    """Return contacts as a platform that changes their names, and has no other member."""
    data = [{**each["data"], "Name": each["data"]["Name"].upper() + "!"} for each in contacts]
    return [{"id": str(place), "data": each} for place, each in enumerate(data)]


def spelled(contacts: list[Any]) -> list[Any]:
    """Return contacts as a platform that has only their numbers, in another spelling."""
    numbers = [each["data"]["Phone"] for each in contacts]
    return [{"id": each, "data": {"Phone": f"({each[2:5]}) {each[5:]}"}} for each in numbers]


def replaced(data: Any) -> Callable[[list[Any]], list[Any]]:
    """Return a platform that returns other data for the second contact."""
    return lambda sent: [{**sent[0], "id": "1"}, {"id": "2", "data": data}, *sent[2:]]


RESPONSES: list[tuple[Callable[[list[Any]], Any], str]] = [
    (lambda _: None, "???"),
    (lambda _: [], "???"),
    (lambda _: {"contacts": []}, "???"),
    (lambda _: ["x"], "???"),
    (shouted, "+++"),
    (spelled, "+++"),
    (lambda sent: [sent[0]] * 3, "+??"),
    (lambda sent: [*shouted(sent)[1:2], sent[0], sent[0]], "+??"),
    *((replaced(data), "+?+") for data in ({}, None, {"Name": "", "Phone": ""}, "x")),
]
"""Responses to a request of three contacts, and whether each confirms a row (`+`) or leaves it unknown (`?`)."""


def test_rows_are_confirmed_by_as_many_contacts(cxcall: Cxcall) -> None:
    """The requests of one load have three rows each, because `priority` differs from one to the next."""
    lines = rows(3 * len(RESPONSES)).splitlines()
    priority = ("true", "false")
    table = [f"{line},{priority[place // 3 % 2]}" for place, line in enumerate(lines[1:])]
    file = cxcall.file("leads.csv", "\n".join((f"{lines[0]},priority", *table, "")))

    def answer(sent: Any, _count: int) -> Reply:
        assert len(sent) == 3
        respond, _ = RESPONSES[int(sent[0]["data"]["Name"][1:]) // 3]
        return Reply(200, respond(sent))

    with Platform(answer, reads=Dialer().read) as platform:
        cxcall.environment |= platform.environment
        load(cxcall, file, LIST_ID, "--yes", "--max-failures", "100%", code=9)
        assert platform.rung == len(RESPONSES)
    report = cxcall("batch", "report", "--format", "jsonl", code=0).out.splitlines()
    outcomes = {each["row"]: each["outcome"] for each in map(json.loads, report)}
    found = "".join(SIGNS[outcomes[row]] for row in range(1, len(table) + 1))
    assert found == "".join(expected for _, expected in RESPONSES)
