"""The response to a load confirms its contacts; a request that is not confirmed as a whole is unknown."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from helpers.campaign_loads import LIST_ID, Dialer, lines, load, rows
from helpers.platform_server import Platform, Reply

if TYPE_CHECKING:
    from collections.abc import Callable

    from helpers.command import Cxcall


@pytest.mark.slow
def test_request_whose_response_lacks_a_contact_is_unknown_and_names_its_row(
    cxcall: Cxcall,
) -> None:
    dialer = Dialer()
    file = cxcall.file("leads.csv", rows(4) + "+13035559999,Lost\n")
    with Platform(dialer.answer, reads=dialer.read) as platform:
        cxcall.environment |= platform.environment
        ran = load(cxcall, file, LIST_ID, "--yes", "-o", "jsonl", code=9)
        (result,), totals = lines(ran)
        assert totals["data"]["outcomes"] == {"unknown": 5}
        messages = [each["message"] for each in result["findings"]]
        assert any("does not list the contacts of row 5" in each for each in messages)
        resumed = load(cxcall, file, LIST_ID, "--yes", "--resume", "-o", "jsonl", code=9)
        assert lines(resumed)[1]["data"]["outcomes"] == {"unknown": 5}
        other = cxcall.file("other.csv", "Phone,Name\n3035559999,Lost\n")
        load(cxcall, other, LIST_ID, "--yes", code=9)
        assert len(dialer.loaded) == 5
        assert listed(cxcall)[1]["outcomes"] == {"unknown": 5}
        (delivery,) = map(json.loads, cxcall("history", "list", "-o", "jsonl").out.splitlines())
        cxcall("history", "resolve", delivery["id"], "--placed", code=0)
        load(cxcall, file, LIST_ID, "--yes", "--resume", code=0)
        assert platform.rung == 1
        missing = cxcall.file("missing.csv", "Phone,Name\n+13035559999,Ann\n")
        load(cxcall, missing, LIST_ID, "--yes", "--again", code=0)
        assert platform.rung == 2


@pytest.mark.slow
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
    *((replaced(data), "???") for data in ({}, None, {"Name": "", "Phone": ""}, "x")),
]
"""Responses to a request of three contacts, and whether each confirms its rows (`+`) or leaves them unknown (`?`)."""


@pytest.mark.slow
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
    signs = {"accepted": "+", "unknown": "?"}
    found = "".join(signs[outcomes[row]] for row in range(1, len(table) + 1))
    assert found == "".join(expected for _, expected in RESPONSES)
