"""A phone number whose parts are several values of a request is that of one person, however it is written."""

from __future__ import annotations

import json
from itertools import chain, permutations, product
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from cxcall.contracts.contract import load_operation
from cxcall.ledger.calls_to_people import TooManyCallsError
from cxcall.ledger.ledger import Ledger
from cxcall.payloads.payload import Payload
from cxcall.phone.call_limit import CallLimit
from cxcall.sending.numbers_in_request import find_numbers
from cxcall.sending.people_in_request import find_people, find_possible_people
from helpers.calling_api import posting
from helpers.cases import each_case
from helpers.guarded_places import Guards, Place
from helpers.ledger_process import intent
from helpers.platform_server import Platform

if TYPE_CHECKING:
    from helpers.command import Cxcall

API = "https://api.example.com"


@each_case(
    "body, is_listed",
    [
        ({"areaCode": "202", "number": "5550123"}, True),
        ({"phone": {"prefix": 202, "number": "555-0123"}}, True),
        ({"mobile": {"area": "202", "exchange": "555", "line": "0123"}}, True),
        ({"country_code": "+1", "area-code": "202", "phone": "5550123"}, True),
        ({"countryCode": "44", "areaCode": "0202", "phone": "5550123"}, False),
        ({"areaCode": "202", "number": "5550124"}, False),
        ({"areaCode": "203", "number": "5550123"}, False),
        # in different objects, if the number has no code in its own
        (
            {
                "to": {"prefix": "202", "phone": "5550123", "countryCode": "1"},
                "office": {"areaCode": "415"},
            },
            True,
        ),
        ({"a": {"areaCode": "202"}, "b": {"number": "5550123"}}, True),
        ({"areaCode": "202", "people": [{"phone": {"number": "5550123"}}]}, True),
        ({"area": {"code": "202"}, "number": {"value": "5550123"}}, True),
        ({"people": [{"areaCode": "202", "phone": "5550188"}, {"phone": "5550123"}]}, True),
        ({"campaign": {"code": "202"}, "number": "5550123"}, False),
        # whose number it is
        ({"homeAreaCode": "202", "homePhone": "5550123", "mobileAreaCode": "303"}, True),
        ({"areaCode": "202", "homePhone": "5550199", "mobilePhone": "5550123"}, True),
        ({"contactAreaCode": "202", "phone": "5550123"}, True),
        ({"areaCode2": "202", "phone1": "5550199", "areaCode1": "303", "phone2": "5550123"}, True),
        ({"homeAreaCode": "202", "homePhone": "5550199", "mobilePhone": "5550123"}, True),
        ({"homeAreaCode": "202", "homePhone": "5550199", "mobilePhone": "3035550123"}, False),
        ({"homeAreaCode": "202", "homePhone": "5550199", "mobilePhone": "+43035550123"}, False),
        ({"areaCode1": "202", "phone1": "5550199", "areaCode2": "303", "phone2": "5550123"}, True),
        ({"areaCode": "120", "phone": "+25550123"}, False),
        ({"customerAreaCode": "202", "customerNumber": "88231", "phone": "5550123"}, True),
        ({"contactAreaCode": "202", "contactNumber": "882311", "phoneNumber": "5550123"}, True),
        ({"cityCode": "12", "areaCode": "202", "phone": "5550123", "tel": "5550188"}, True),
        ({"phone1AreaCode": "202", "phone1Number": "5550123"}, True),
        # a prefix that is not part of the number, or a country code
        ({"prefix": "1", "areaCode": "202", "phone": "5550123"}, True),
        ({"trunkPrefix": "0", "areaCode": "202", "number": "5550123"}, True),
        ({"techPrefix": "77", "areaCode": "202", "number": "5550123"}, True),
        ({"prefix": "+1", "areaCode": "202", "number": "5550123"}, True),
        ({"prefix": "1", "areaCode": "303", "phone": "5550123"}, False),
        ({"countryCode": "1", "areaCode": "303", "phone": "5550123"}, False),
        ({"country": "840", "areaCode": "202", "number": "5550123"}, True),
        ({"exchangeCode": "12", "areaCode": "202", "number": "5550123"}, True),
        # other parts
        ({"areaCode": "202", "prefix": "555", "number": "0123"}, True),
        ({"cc": "1", "ndc": "202", "sn": "5550123"}, True),
        ({"phone": ["+1", "202", "5550123"]}, True),
        ({"phones": ["2025550199", "5550123"]}, False),
        ({"phone1": "202", "phone2": "555", "phone3": "0123"}, True),
        ({"phone1": "203", "phone2": "555", "phone3": "0123"}, False),
        ({"phone3": "0123", "phone1": "202", "phone2": "555"}, True),
        ({"number": "0123", "exchange": "555", "areaCode": "202"}, True),
        ({"npa": "202", "nxx": "555", "phone": "0123"}, True),
        # as in a whole number: dashes, extensions, decimals, and other digits
        ({"areaCode": "202", "number": "555\u20110123"}, True),
        ({"areaCode": "202", "number": "555\u00a00123"}, True),
        ({"areaCode": "202", "number": "555-0123x4"}, True),
        ({"areaCode": "202", "number": "5550123,,88"}, True),
        ({"areaCode": 202.0, "number": 5550123.0}, True),
        ({"areaCode": "202.0", "number": "5550123.0"}, True),
        ({"areaCode": "202", "number": "tel:5550123"}, True),
        ({"areaCode": "\uff12\uff10\uff12", "number": "555\uff10123"}, True),
        # so many codes and numbers that not all are compared: the same position first
        (
            {f"area{i}Code": str(201 + i) for i in range(60)}
            | {f"tel{i}": f"555{i:04}" for i in range(122, 182)},
            True,
        ),
        ({"areaCode": "202", "extension": "5550123"}, False),
    ],
)
def test_listed_number_is_stopped_if_its_parts_are_separate_values(
    guards: Guards, body: dict[str, Any], *, is_listed: bool
) -> None:
    Path("dnc.txt").write_text("+12025550123\n", "utf-8")
    found = guards.codes("3.1.0", Place("callPerson", {"line": "1"}, body), "")
    assert ("do-not-call" in found) is is_listed


@each_case(
    "body, codes",
    [
        ({"areaCode": "202", "number": "5550123"}, []),
        ({"areaCode": "030", "number": "90 18-20 x4"}, []),
        ({"countryCode": "+49", "area": "30", "localNumber": "123456"}, []),
        ({"phone1": "202", "phone2": "444", "phone3": "0123"}, ["number-unchecked"]),
        ({"mobile": {"area": "202", "exchange": "555", "line": "0123"}}, []),
        ({"number": "2025550132", "dialPrefix": "9", "area": "3"}, []),
        ({"number": "(202) 555-0134", "areaCode": "202"}, []),
        ({"number": "5812345", "mobile": "7002", "prefix": "9"}, ["number-unchecked"]),
        ({"areaCode": "900", "number": "5550123"}, ["phone-kind"]),
        ({"areaCode": "0201", "number": "911"}, ["phone-kind", "number-unchecked"]),
        ({"areaCode": "11", "number": "190"}, ["phone-kind", "number-unchecked"]),
        # what may be an area code, or something else
        ({"area": "202", "number": "5550123"}, ["number-unchecked"]),
        ({"prefix": "202", "number": "5550123"}, ["number-unchecked"]),
        ({"code": "404", "number": "5550123"}, ["number-unchecked"]),
        ({"techPrefix": "77", "subscriberNumber": "12345678"}, ["number-unchecked"]),
        (
            {"workAreaCode": "202", "workPhone": "5550123", "city": "30", "phone": "123456"},
            ["number-unchecked"],
        ),
        ({"areaCode": "+1", "number": "5550123"}, []),
        ({"phone1": "7001", "phone2": "404", "phone3": "5550123"}, ["number-unchecked"]),
        (
            {f"area{i}Code": str(201 + i) for i in range(9)} | {"phone": "5550123"},
            ["number-unchecked"],
        ),
    ],
)
def test_person_is_known_by_a_certain_area_code(
    guards: Guards, body: dict[str, Any], codes: list[str]
) -> None:
    Path("dnc.txt").write_text("+12025550199\n", "utf-8")
    assert guards.codes("3.1.0", Place("callPerson", {"line": "1"}, body), "") == codes


def test_hours_are_those_of_the_area_and_country(guards: Guards) -> None:
    body = {"countryCode": "+49", "areaCode": "30", "number": "123456"}
    place = Place("callPerson", {"line": "1"}, body)
    assert guards.codes("3.1.0", place, "", "outside") == ["outside-hours"]
    assert guards.codes("3.1.0", place, "", "") == []


class People(NamedTuple):
    """The people of a body, as they are recorded, and as they are looked for."""

    body: Any
    recorded: set[str]
    possible: tuple[tuple[str, ...], ...]

    @classmethod
    def of(cls, body: Any) -> People:
        """Return the people of a body."""
        operation = load_operation("execute")
        numbers = find_numbers(operation, {}, Payload(body))
        recorded = find_people(operation, numbers, (), API)
        return cls(body, {*recorded}, find_possible_people(operation, numbers, (), API))

    def may_be(self, earlier: People) -> bool:
        """Return whether a call may be to a person who was called before."""
        assert earlier.recorded, earlier.body
        return any(not earlier.recorded.isdisjoint(texts) for texts in self.possible)


@each_case(
    "bodies",
    [
        [
            {"areaCode": "202", "number": "5550123"},
            {"area_code": 202, "phone": "555-0123"},
            {"NPA": "(202)", "to": "555 0123 ext 4"},
            {"countryCode": "+1", "areaCode": "202", "localNumber": 5550123.0},
            {"prefix": "001", "number": "5550123", "areaCode": "202"},
            {"areaCode": "1202", "number": "5550123"},
            {"areaCode": "+1202", "number": "5550123"},
            {"areaCode": "00 1 202", "number": "5550123"},
            {"areaCode": "202", "exchange": "555", "number": "0123"},
            {"phone2AreaCode": "202", "phone2Number": "5550123"},
            {"number": "(202) 555-0123", "areaCode": "202"},
            {"phone": "+12025550123"},
            {"phone": "2025550123", "countryCode": "1"},
            {"phone": "12025550123", "areaCode": "202", "extension": "404", "postalCode": "20500"},
        ],
        [
            {"countryCode": "+49", "area": "30", "localNumber": "123456"},
            {"callingCode": "49", "areaCode": "030", "number": "12 34-56"},
            {"vorwahl": "030", "rufnummer": "123456"},
            {"vorwahl": 30, "nummer": 123456},
            {"areaCode": "030", "number": "030 123456", "countryCode": "49"},
            {"phone": "+49 30 123456"},
            {"phone": "030123456"},
        ],
        [
            {"countryCode": "55", "areaCode": "11", "number": "912345678"},
            {"countryCode": "55", "areaCode": "011", "number": "91234-5678"},
            {"phone": "+5511912345678"},
        ],
        [
            {"countryCode": "61", "areaCode": "3", "number": "90123456"},
            {"areaCode": "03", "number": "90123456"},
            {"areaCode": 3, "number": 90123456},
            {"phone": "+61390123456"},
        ],
        [  # its area is not part of the number
            {"countryCode": "45", "area": "7", "number": "32123456"},
            {"number": "32123456", "postalCode": "1050"},
            {"phone": "+4532123456"},
        ],
    ],
    ids=lambda bodies: str(bodies[-1]),
)
def test_parts_are_one_person_in_every_spelling(bodies: list[dict[str, Any]]) -> None:
    orders = [dict(reversed(each.items())) for each in bodies]
    pairs = product(map(People.of, [*bodies, *orders]), repeat=2)
    assert [(one.body, other.body) for one, other in pairs if not one.may_be(other)] == []


def test_people_with_the_same_local_number_are_different() -> None:
    local = [
        {"areaCode": "202", "number": "5550123"},
        {"countryCode": "1", "areaCode": "303", "number": "5550123"},
        {"npa": "404", "nxx": "555", "phone": "0123"},
        {"countryCode": "+1", "area": "505", "localNumber": "5550123"},
        {"phone": "+18085550123"},
    ]
    abroad = [
        {"countryCode": "49", "areaCode": "30", "number": "12345678"},
        {"countryCode": "44", "areaCode": "20", "number": "12345678"},
        {"countryCode": "45", "areaCode": "7", "number": "12345678"},
        {"countryCode": "49", "areaCode": "40", "number": "12345678"},
    ]
    found = map(People.of, local), map(People.of, abroad)
    pairs = chain.from_iterable(permutations(each, 2) for each in found)
    assert [(one.body, other.body) for one, other in pairs if one.may_be(other)] == []


def test_number_without_its_area_code_may_be_that_of_any_area(tmp_path: Path) -> None:
    """A row of a changed file may lack the code, and cxcall 0.2.0 recorded the number without it."""
    bare, split = map(People.of, ({"phone": "5550123"}, {"areaCode": "202", "phone": "5550123"}))
    assert bare.may_be(split)
    assert split.may_be(bare)
    limit = CallLimit(1, 3600)
    with Ledger.open(tmp_path) as ledger:
        ledger.begin(intent("a")._replace(people=("number 5550123",)), 900, limit=limit)
        again = intent("b")._replace(possible_people=split.possible)
        with pytest.raises(TooManyCallsError):
            ledger.begin(again, 900, limit=limit)


def test_caller_is_not_a_person_who_is_called() -> None:
    to, whole = {"phoneNumber": "+12025550123"}, {"phoneNumber": "+12025550199"}
    parts = {"areaCode": "202", "number": "5550199"}
    for caller in (whole, parts, {"type": "phone", "number": "12025550199"}):
        found = People.of({"from": caller, "to": [to]})
        assert found.recorded == {"number 12025550123"}


AGENT = {"countryCode": "1", "areaCode": "415", "lineNumber": "5550100"}


@each_case(
    "body, people",
    [
        # The line of an agent does not hide whom a request calls.
        ({"agent": AGENT, "variables": {"customer": "(202) 555-0111"}}, {"2025550111"}),
        ({"agent": AGENT}, {"14155550100"}),
        (
            {"countryCode": "49", "areaCode": "030", "phone": "5550199", "station": "4021"},
            {"49305550199"},
        ),
        # The only number is dialed, whatever its object is called; `cli` may be a client.
        ({"cli": {"phone": "112"}, "target": "5"}, {"112", "5"}),
        ({"a": {"areaCode": "415"}, "b": {"npa": "202", "phone": "5550111"}}, {"2025550111"}),
        ({"from": {"phoneNumber": "+12025550123"}}, {"12025550123"}),
        # An area code of something else, beside a number that may be whole in its country
        ({"office": {"areaCode": "0301"}, "contact": {"phone": "91234567"}}, {"91234567"}),
        ({"areaCode": "3", "phone": "9123-4567"}, {"391234567"}),
    ],
)
def test_other_numbers_do_not_hide_whom_a_request_calls(
    body: dict[str, Any], people: set[str]
) -> None:
    kinds = [each.split() for each in People.of(body).recorded]
    assert {digits for kind, digits in kinds if kind == "number"} == people


def test_person_is_not_known_if_there_are_several_ways_to_join_a_number() -> None:
    bodies = (
        {"areaCode": "202", "otherAreaCode": "303", "phone": "5550123"},
        {"areaCode": "202", "exchange": "555", "otherExchange": "556", "line": "0123"},
        {"area": "202", "phone": "5550123"},
        {"areaCode": "202", "prefix": "555", "number": "0123"},
        {"phone": ["+1", "202", "5550123"]},
        {"phone1": "202", "phone2": "555", "phone3": "0123"},
    )
    assert [each for each in bodies if People.of(each).recorded] == []


def test_body_with_long_digits_and_many_codes_is_read_quickly() -> None:
    long = "1" * 5000
    codes = {f"area{i}Code": str(201 + i) for i in range(800)}
    assert People.of(codes | {"cc": long, f"phone{long}": "5550123"}).recorded == set()


def test_each_of_many_listed_numbers_in_parts_is_stopped(guards: Guards) -> None:
    Path("dnc.txt").write_text("+12025550123\n", "utf-8")
    people = [{"areaCode": "202", "code": "7", "number": f"555{i:04}"} for i in range(1000, 1300)]
    last = {"areaCode": "202", "code": "7", "number": "5550123"}
    place = Place("callPerson", {"line": "1"}, {"people": [*people, last]})
    assert "do-not-call" in guards.codes("3.1.0", place, "")


def test_limit_and_do_not_call_list_know_a_number_in_parts(cxcall: Cxcall) -> None:
    properties = {name: {"type": "string"} for name in ("areaCode", "number", "note")}
    cxcall.file("own.json", json.dumps(posting("dialLead", properties)))
    cxcall.file("dnc.txt", "+1 404 555 0101\n")
    rows = [
        "202,555-0101,a",
        "303,5550101,b",
        "404,5550101,c",
        ",+12025550101,d",
        "(303),5550101,e",
    ]
    cxcall.file("leads.csv", "\n".join(("Area,Local,note", *rows)) + "\n")
    mapped = ("--map", "/areaCode=Area", "--map", "/number=Local", "--map", "/note=note")
    words = ("batch", "leads.csv", "--operation", "dialLead", "--contract", "own.json", *mapped)
    with Platform() as platform:
        cxcall.environment |= platform.environment
        guards = ("--do-not-call", "dnc.txt", "--max-attempts", "1/day", "--concurrency", "1")
        ran = cxcall(*words, *guards, "--confirm", "4", "-o", "jsonl", code=0)
    assert json.loads(ran.out.splitlines()[-1])["data"]["skipped"] == {
        "do-not-call": 1,
        "max-attempts": 2,
    }
    assert platform.rung == 2
