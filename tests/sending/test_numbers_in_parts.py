"""A phone number whose parts are several values of a request is never sent past a guard, and nobody guesses whose it is."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from cxcall.contracts.contract import load_operation
from cxcall.payloads.payload import Payload
from cxcall.sending.numbers_in_request import find_numbers
from cxcall.sending.people_in_request import find_people
from helpers.calling_api import posting
from helpers.cases import each_case
from helpers.guarded_places import Guards, Place
from helpers.platform_server import Platform

if TYPE_CHECKING:
    from helpers.command import Cxcall

IN_PARTS = [
    {"areaCode": "202", "number": "5550123"},
    {"phone": {"prefix": 202, "number": "555-0123"}},
    {"mobile": {"area": "202", "exchange": "555", "line": "0123"}},
    {"country_code": "+1", "area-code": "202", "phone": "5550123"},
    {"countryCode": "49", "areaCode": "030", "nummer": 123456},
    {"vorwahl": "030", "rufnummer": "123456"},
    {"areaCode": "11", "number": "912345678"},
    {"areaCode": 3.0, "number": 90123456.0},
    {"ndc": "202", "subscriberNumber": "5550123"},
    {"code": "202", "phone": "5550123"},
    {"areaCode": "202", "exchange": "555", "suffix": "0123"},
    # in different objects
    {"a": {"areaCode": "202"}, "b": {"number": "5550123"}},
    {"areaCode": "202", "people": [{"phone": {"number": "5550123"}}]},
    {"area": {"code": "202"}, "number": {"value": "5550123"}},
    {"people": [{"areaCode": "202", "phone": "5550188"}, {"phone": "5550123"}]},
    # beside other numbers
    {"homeAreaCode": "202", "homePhone": "5550123", "mobileAreaCode": "303"},
    {"areaCode": "202", "homePhone": "5550123", "agentPhone": "+14155550188"},
    {"areaCode": "202", "phones": ["+12025550199", "5550123"]},
    {"countryCode": "34", "areaCode": "91", "number": "912345678"},
    {"agent": {"areaCode": "415", "lineNumber": "5550100"}, "phone": "(202) 555-0111"},
    {"area": "(415)", "line": "5550123", "office": {"phone": "+12125550100"}},
    # the items of a list
    {"phone": ["+1", "202", "5550123"]},
    {"phone1": "202", "phone2": "555", "phone3": "0123"},
    {"areaCode": "202", "phone1": "4021", "phone2": "5550123"},
    # as in a whole number: dashes, extensions, decimals, and other digits
    {"areaCode": "202", "number": "555\u20110123"},
    {"areaCode": "(202)", "number": "555 0123 ext 4042"},
    {"areaCode": "202.0", "number": "5550123.0"},
    {"areaCode": "202", "number": "tel:5550123"},
    {"areaCode": "\uff12\uff10\uff12", "number": "555\uff10123"},
]
WHOLE = [
    {"areaCode": "202", "number": "2025550199"},
    {"areaCode": "202", "number": "(202) 555-0199"},
    {"areaCode": "030", "number": "030 123456"},
    {"areaCode": "202", "phone": "+12025550199", "extension": "404", "postalCode": "20500"},
    {"countryCode": "45", "phone": "32123456"},
    {"dialPrefix": "9", "area": "3", "number": "2025550199"},
    {"city": "Berlin", "phone": "30123456"},
    {"phones": ["+12025550199", "2025550188"]},
    {"areaCode": "202", "phone": "+12025550199", "callee": "44"},
    {"areaCode": "415", "line": "4021", "phone": "(202) 555-0111"},
    {"agent": {"lineNumber": "5550100"}, "phone": "(202) 555-0111"},
    {"from": {"areaCode": "415", "number": "5550100"}, "to": "+12025550111"},
]


def codes(guards: Guards, body: Any, hours: str = "") -> list[str]:
    """Return the codes of the errors and notes on the numbers in a body, with a do-not-call list."""
    Path("dnc.txt").write_text("+12025550177\n", "utf-8")
    return guards.codes("3.1.0", Place("callPerson", {"line": "1"}, body), "", hours)


@each_case("body", IN_PARTS)
@pytest.mark.slow
def test_number_in_parts_is_not_sent_past_a_guard(guards: Guards, body: Any) -> None:
    assert set(codes(guards, body)) - {"phone-kind"} == {"number-in-parts"}
    numbers = find_numbers(load_operation("execute"), {}, Payload(body))
    assert any(each.is_local for each in numbers)


@pytest.mark.slow
@each_case("body", WHOLE)
def test_whole_number_is_checked_beside_other_codes(guards: Guards, body: Any) -> None:
    assert codes(guards, body) == []


def test_codes_in_parameters_are_parts_too(guards: Guards) -> None:
    place = Place("callPerson", {"line": "5550123"}, {"areaCode": "202"})
    assert guards.codes("3.1.0", place, "") == ["number-in-parts"]


@each_case(
    "body, people",
    [
        ({"areaCode": "202", "number": "5550123"}, set()),
        ({"areaCode": "202", "localNumber": "5550123", "agentPhone": "+14155550188"}, {"1415"}),
        ({"agent": {"areaCode": "415", "line": "4021"}, "to": "+12025550111"}, {"1202"}),
        ({"from": {"phoneNumber": "+14155550123"}, "to": [{"number": "+12025550111"}]}, {"1202"}),
        ({"cli": {"phone": "5550112"}}, {"5550"}),
    ],
)
def test_part_of_a_number_is_nobody(body: Any, people: set[str]) -> None:
    operation = load_operation("execute")
    numbers = find_numbers(operation, {}, Payload(body))
    found = find_people(operation, numbers, (), "https://api.example.com")
    assert {each.removeprefix("number ")[:4] for each in found} == people


@pytest.mark.slow
def test_many_codes_and_numbers_are_read_once() -> None:
    body = {f"area{i}Code": str(i) for i in range(1000)} | {
        f"p{i}Phone": f"555{i:04}" for i in range(1000)
    }
    numbers = find_numbers(load_operation("execute"), {}, Payload(body))
    assert sum(each.is_local for each in numbers) == 1000


@pytest.mark.slow
def test_batch_skips_rows_whose_number_is_in_parts(cxcall: Cxcall) -> None:
    properties = {name: {"type": "string"} for name in ("areaCode", "number", "note")}
    cxcall.file("own.json", json.dumps(posting("dialLead", properties)))
    cxcall.file("dnc.txt", "+1 404 555 0101\n")
    rows = ["202,555-0101,a", "404,5550101,b", ",+12025550101,c", "404,+1 404 555 0101,d"]
    cxcall.file("leads.csv", "\n".join(("Area,Local,note", *rows)) + "\n")
    mapped = ("--map", "/areaCode=Area", "--map", "/number=Local", "--map", "/note=note")
    words = ("batch", "leads.csv", "--operation", "dialLead", "--contract", "own.json", *mapped)
    with Platform() as platform:
        cxcall.environment |= platform.environment
        guards = ("--do-not-call", "dnc.txt", "--max-attempts", "1/day", "--force")
        ran = cxcall(*words, *guards, "--confirm", "1", "-o", "jsonl", code=0)
    *rows_printed, last = map(json.loads, ran.out.splitlines())
    found = [each["findings"][0] for each in rows_printed if each["findings"]]
    places = [(each["where"], each["line"], each["column"]) for each in found]
    assert places[:2] == [("/number", 2, 5), ("/number", 3, 5)]
    assert "5550101,b" not in ran.out
    skipped = last["data"]["skipped"]
    assert skipped == {"do-not-call": 1, "invalid-number": 2}
    assert platform.rung == 1


def test_one_call_is_stopped_and_sent_without_the_guard(cxcall: Cxcall) -> None:
    properties = {name: {"type": "string"} for name in ("areaCode", "number")}
    cxcall.file("own.json", json.dumps(posting("dialLead", properties)))
    values = ("--set", '/areaCode="202"', "--set", '/number="5550101"')
    words = ("send", "dialLead", "--contract", "own.json", *values, "--yes", "--force")
    with Platform() as platform:
        cxcall.environment |= platform.environment
        stopped = cxcall(*words, "--max-attempts", "1/day", code=7).err
        assert "number-in-parts" in stopped
        assert "so that `--max-attempts` cannot be applied" in stopped
        assert platform.rung == 0
        assert "number-unchecked" in cxcall(*words, code=0).err
    assert platform.rung == 1
