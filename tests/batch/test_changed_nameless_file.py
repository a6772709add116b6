"""`--resume` of an edited file whose requests name no people: a changed row could call somebody again."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from helpers.calling_api import posting
from helpers.platform_server import Platform, Reply

if TYPE_CHECKING:
    from collections.abc import Iterator

    from helpers.command import Cxcall

WORDS = ("batch", "leads.csv", "--operation", "dialLead", "--contract", "own.json")
ROWS = ["L0,n", "L1,n", "L2,n"]
"""The first is accepted, the second refused, the third stops the batch."""


def document(path: str = "/dial") -> dict[str, Any]:
    properties = {"lead": {"type": "string"}, "note": {"type": "string"}}
    return posting("dialLead", properties, path, required=("lead",))


@pytest.fixture
def called(cxcall: Cxcall) -> Iterator[list[str]]:
    """Begin a batch of which one row is accepted, one refused, and one left; yields the leads that are called."""
    called: list[str] = []
    is_over = False

    def answer(body: Any, _count: int) -> Reply:
        lead = body["lead"]
        if not is_over and lead == "L2":
            return Reply(429, {}, {"Retry-After": "900"})
        if not is_over and lead == "L1":
            return Reply(400, {"message": "no"}, rings=False)
        called.append(lead)
        return Reply()

    cxcall.file("own.json", document())
    write(cxcall, ROWS)
    with Platform(answer) as platform:
        cxcall.environment |= platform.environment | {"CXCALL_DUPLICATE_WINDOW": "0.001"}
        cxcall(*WORDS, "--concurrency", "1", "--confirm", "3", code=9)
        is_over = True
        yield called


def write(cxcall: Cxcall, rows: list[str]) -> None:
    cxcall.file("leads.csv", "\n".join(("/lead,/note", *rows)) + "\n")


@pytest.mark.parametrize(
    ("rows", "path"),
    [(["L0,corrected", *ROWS[1:]], "/dial"), ([*ROWS, "L3,n"], "/v2/dial")],
    ids=["row", "document and file"],
)
def test_a_row_that_may_be_a_changed_one_stops_the_resumption(
    cxcall: Cxcall, called: list[str], rows: list[str], path: str
) -> None:
    write(cxcall, rows)
    cxcall.file("own.json", document(path))
    ran = cxcall(*WORDS, "--resume", "--confirm", "3", "-o", "jsonl", code=7)
    (finding,) = json.loads(ran.out)["findings"]
    assert "1 row that it sent is no longer in it" in finding["message"]
    assert "no whole number and no ID of a person" in finding["why"]
    assert called == ["L0"]
    write(cxcall, ROWS)
    cxcall.file("own.json", document())
    cxcall(*WORDS, "--resume", "--confirm", "1", code=9)  # the second one was refused
    assert called == ["L0", "L2"]


@pytest.mark.parametrize(
    "rows",
    [["202,5550101", ",+12025550101"], [",+12025550101", "202,5550101"]],
    ids=["split", "whole"],
)
def test_person_of_a_number_that_is_not_whole_is_not_known(cxcall: Cxcall, rows: list[str]) -> None:
    """A city may be an area code, or an ID; a changed row cannot be compared with the one that was sent."""
    called: list[dict[str, str]] = []

    def answer(body: Any, _count: int) -> Reply:
        if body["number"].endswith("99"):
            return Reply(429, {}, {"Retry-After": "900"})
        called.append(body)
        return Reply()

    properties = {name: {"type": "string"} for name in ("city", "number")}
    cxcall.file("own.json", posting("dialLead", properties))
    others = ["303,5550101", "404,5550101", ",+12025550199"]
    limit = ("--max-attempts", "1/day", "--concurrency", "1", "--confirm")
    cxcall.file("leads.csv", "\n".join(("/city,/number", rows[0], *others)) + "\n")
    with Platform(answer) as platform:
        cxcall.environment |= platform.environment
        ran = cxcall(*WORDS, *limit, "4", code=9)
        assert "`--max-attempts 1/day` was not applied" in ran.err
        cxcall.file("leads.csv", "\n".join(("/city,/number", rows[1], *others)) + "\n")
        ran = cxcall(*WORDS, "--resume", *limit, "2", code=7)
    assert "1 row that it sent is no longer in it" in ran.err
    assert len(called) == 3


@pytest.mark.parametrize(
    "changed", [",+12025550101", pytest.param(",5550101", marks=pytest.mark.slow)]
)
def test_person_of_a_number_in_parts_is_not_called_again(cxcall: Cxcall, changed: str) -> None:
    called: list[dict[str, str]] = []

    def answer(body: Any, _count: int) -> Reply:
        if len(called) == 1:
            return Reply(429, {}, {"Retry-After": "900"})
        called.append(body)
        return Reply()

    properties = {name: {"type": "string"} for name in ("areaCode", "number")}
    cxcall.file("own.json", posting("dialLead", properties))
    others = ["303,5550101", "404,5550101"]
    more = ("--concurrency", "1", "--confirm")
    cxcall.file("leads.csv", "\n".join(("/areaCode,/number", "202,5550101", *others)) + "\n")
    with Platform(answer) as platform:
        cxcall.environment |= platform.environment
        cxcall(*WORDS, *more, "3", code=9)
        called += [{}]
        cxcall.file("leads.csv", "\n".join(("/areaCode,/number", changed, *others)) + "\n")
        ran = cxcall(*WORDS, "--resume", *more, "2", "-o", "jsonl", code=9)
    assert json.loads(ran.out.splitlines()[-1])["data"]["skipped"] == {"already-called": 1}
    assert [each.get("areaCode") for each in called[2:]] == ["303", "404"]


@pytest.mark.slow
def test_added_and_corrected_rows_that_were_not_sent_are_sent(
    cxcall: Cxcall, called: list[str]
) -> None:
    write(cxcall, ["L3,n", ROWS[0], "L1,corrected", ROWS[2]])
    cxcall(*WORDS, "--resume", "--confirm", "3", code=0)
    assert sorted(called) == ["L0", "L1", "L2", "L3"]
