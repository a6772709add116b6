"""The guards before a call, in every document and at every place of a number."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from helpers.calling_api import document
from helpers.cases import each_case
from helpers.guarded_places import ABROAD, NUMBER, PREMIUM, USER, Guards, Place
from helpers.platform_server import Platform

if TYPE_CHECKING:
    from helpers.command import Cxcall


DIALECTS = ("2.0", "3.1.0")
OWN = {
    "schema": Place("callPerson", {"line": "1"}, {"whom": "%s"}),
    "name": Place("callPerson", {"line": "1"}, {"phoneNumber": "%s"}),
    "item": Place("callPerson", {"line": "1"}, {"parties": [{"address": "tel:%s"}]}),
    "text": Place("callPerson", {"line": "1"}, {"note": "a|%s|b"}, is_free_text=True),
    "column": Place("callPerson", {"line": "1"}, {"columns": {"Mobile": "%s"}}),
    "undeclared": Place("callPerson", {"line": "1"}, {"x": {"phone": {"value": "%s"}}}),
    "query": Place("callPerson", {"line": "1", "to": "%s"}, {}),
    "header": Place("callPerson", {"line": "1", "X-Callee": "%s"}, {}),
    "path": Place("callPerson", {"line": "a %s"}, {}, is_free_text=True),
}
SHIPPED = {
    "shipped body": Place("place-call", {}, {"phoneNumber": "%s"}),
    "shipped item": Place("create-callback", {}, {"callbackNumbers": ["%s"]}),
    "shipped query": Place("cxone-queue-callback", {"phoneNumber": "%s"}, None),
    "shipped text": Place("cxone-start-script", {"Parameters": "%s|x"}, None, is_free_text=True),
    "shipped column": Place(
        "add-contacts",
        {"contactListId": USER},
        [{"contactListId": USER, "data": {"Home": "%s"}}],
        is_free_text=True,
    ),
    "shipped participant": Place("place-call", {}, {"participants": [{"address": "%s"}]}),
}
CASES = [
    *((dialect, name, place) for dialect in DIALECTS for name, place in OWN.items()),
    *(("", name, place) for name, place in SHIPPED.items()),
]
at_every_place = each_case(
    "dialect, place",
    [(dialect, place) for dialect, _, place in CASES],
    ids=[f"{dialect or 'shipped'} {name}" for dialect, name, _ in CASES],
    quick=4,
)
"""Run a test with each place of a number; the dialect is an empty text for a shipped operation."""


@pytest.mark.parametrize("number", ["(202) 555-0123", f"{NUMBER}.0"])
@at_every_place
def test_listed_number_is_stopped_at_every_place(
    guards: Guards, number: str, dialect: str, place: Place
) -> None:
    assert set(guards.codes(dialect, place, number)) >= {"do-not-call"}


@pytest.mark.slow
def test_finding_of_a_guard_names_the_parameter(cxcall: Cxcall) -> None:
    cxcall.file("dnc.txt", NUMBER)
    cxcall.file("own.json", document("3.1.0"))
    places = {"to": "query:to", "X-Callee": "header:X-Callee", "line": "path"}
    for name, place in places.items():
        line = () if name == "line" else ("--param", "line=1")
        words = ("send", "callPerson", "--contract", "own.json", "--set", "/note=1", *line)
        guard = ("--param", f"{name}={NUMBER}", "--do-not-call", "dnc.txt", "-n", "-o", "json")
        (found,) = cxcall(*words, *guard, code=7).envelope["findings"]
        assert (found["code"], found["where"]) == ("do-not-call", place)


@at_every_place
def test_premium_number_is_stopped_at_every_place(
    guards: Guards, dialect: str, place: Place
) -> None:
    assert guards.codes(dialect, place, PREMIUM) == ["phone-kind"]


@at_every_place
def test_emergency_number_is_stopped_at_every_place(
    guards: Guards, dialect: str, place: Place
) -> None:
    # A word of a text, or the value of a column, may be anything else: it has a warning.
    is_unsure = place.values.get("line") == "a %s" or "Home" in json.dumps(place.body)
    assert guards.codes(dialect, place, "911") == (
        ["number-unchecked"] if is_unsure else ["phone-kind"]
    )


@pytest.mark.parametrize(
    ("text", "severity"),
    [
        ("911|x", "error"),
        ("call 911 now", "warning"),
        ("112 Main Street", "warning"),
        ("a911", None),
        ("9:11, 911-x", None),
        ("112.5", None),
        ("911|+12025550199", "error"),
        ("call 911 or +12025550199", None),
    ],
)
def test_emergency_number_in_a_text_is_reported(
    guards: Guards, text: str, severity: str | None
) -> None:
    checked = guards.check("", SHIPPED["shipped text"]._replace(values={"Parameters": "%s"}), text)
    found = [str(each.severity) for each in checked.findings if "emergency number" in each.message]
    assert found == [severity] * (severity is not None)


SPELLINGS = (
    "tel2025550123", "202/555/0123", "2 0 2 5 5 5 0 1 2 3", "0012025550123", "2025550123@x", "%2b1%202025550123",
    "202\u2013555\u20130123", "202_555_0123", "202\xa0555\xa00123", "7 2025550123", "2025550123 2025550199",
)  # fmt: skip


@each_case("text", SPELLINGS, quick=4)
def test_listed_number_is_found_in_any_spelling_in_a_text(guards: Guards, text: str) -> None:
    codes = guards.codes("", SHIPPED["shipped text"], text)
    assert codes.count("do-not-call") >= 1


WITH_OTHERS = (
    "2025550123 x5", "2025550123x1", "2025550123 ext. 55", "202-555-0123,,,5#", "*67 202-555-0123", "*672025550123",
    "9,202-555-0123", "9 202-555-0123", "2025550199;2025550123", "2025550199, 2025550123", "2025550199 2025550123",
    "7001/2025550123", "2025550199 x1, 2025550123 x2", "tel:2025550199,2025550123", "1-202-555-0123 x7", "%2A672025550123",
)  # fmt: skip
DIALED_PLACES = [SHIPPED["shipped body"], SHIPPED["shipped item"], SHIPPED["shipped query"]]
OTHER_DIALED_PLACES = [OWN["name"], OWN["item"], OWN["undeclared"], OWN["query"]]


@pytest.mark.slow
@each_case("text", WITH_OTHERS, quick=4)
def test_listed_number_is_found_beside_other_digits_that_are_dialed(
    guards: Guards, text: str
) -> None:
    for place in DIALED_PLACES:
        assert "do-not-call" in guards.codes("", place, text)
    for place in OTHER_DIALED_PLACES:
        assert "do-not-call" in guards.codes("3.1.0", place, text)


@pytest.mark.parametrize(
    "text",
    ["9,911", "9-911", "9 911", "*67911", "*67 911", "911 ext 1", "911,,1", "911;2025550199", "2025550199;911", "9,112",
     "1-900-555-0199", "1-900-555-0199 x1", "1 900 555 0199,,5", "+19005550199 x1", "2025550199;1-900-555-0199"],
)  # fmt: skip
def test_emergency_and_premium_number_is_found_beside_other_digits(
    guards: Guards, text: str
) -> None:
    assert "phone-kind" in guards.codes("", SHIPPED["shipped body"], text)
    assert "phone-kind" in guards.codes("3.1.0", OWN["name"], text)


@pytest.mark.parametrize(
    "text",
    [
        "2025550199 x110",
        "2025550199",
        "202-911-0124",
        "(202) 555-0199 ext 911",
        "7001",
        "+49 30 112 34 56",
        "7001 x5",
        "sip:ada@192.0.2.112",
        "+1 202 555 0124",
        "9110",
    ],
)
def test_number_that_is_neither_listed_nor_special_is_no_finding(guards: Guards, text: str) -> None:
    assert guards.codes("", SHIPPED["shipped body"], text) == []


def test_text_without_a_listed_number_is_no_finding(guards: Guards) -> None:
    for text in ("202555012", "2025550199", "1202555012399", USER, "2026-11-23 09:00", "5550123"):
        assert "do-not-call" not in guards.codes("", SHIPPED["shipped text"], text)


@pytest.mark.slow
def test_many_digits_in_a_text_are_read_in_linear_time(guards: Guards) -> None:
    place = Place("callPerson", {"line": "1"}, {"note": "%s"})
    assert guards.codes("3.1.0", place, "1 2 " * 5_000) == ["number-unchecked"]


NUMBER_PLACES = {
    "query": (
        "send",
        "cxone-queue-callback",
        "--param",
        f"phoneNumber={NUMBER}",
        "--param",
        "skill=7",
    ),
    "text": ("send", "cxone-start-script", "--skill-id", "7", "--parameters", f"{NUMBER}|x"),
}


@pytest.mark.slow
@pytest.mark.parametrize("place", NUMBER_PLACES)
def test_question_and_ledger_name_a_number_wherever_it_is(cxcall: Cxcall, place: str) -> None:
    with Platform() as platform:
        address = platform.environment["CXCALL_BASE_URL"]
        cxcall.environment |= {"CXCALL_BASE_URL": address, "CXCALL_ACCESS_TOKEN": "t"}
        words = (*NUMBER_PLACES[place], "-o", "json")
        assert "to +*******0123," in cxcall(*words, code=2).envelope["findings"][-1]["why"]
        cxcall(*words, "--yes")
        record = json.loads(cxcall("history", "list", "-o", "jsonl", code=0).out)
        assert record["numbers"] == ["+*******0123"]


@at_every_place
def test_hours_are_enforced_at_every_place(guards: Guards, dialect: str, place: Place) -> None:
    assert guards.codes(dialect, place, ABROAD, "outside") == ["outside-hours"]
    assert guards.codes(dialect, place, ABROAD) == []


@pytest.mark.slow
@each_case(
    "body, expected",
    [
        ({}, ["number-unchecked"]),
        ({"note": "2026-11-23 09:00", "columns": {"age": 7}}, ["number-unchecked"]),
        ({"note": USER, "columns": {"at": 1764171393123}}, ["number-unchecked"]),
        ({"phoneNumber": "+12025550199", "callerId": ABROAD}, []),
        ({"phoneNumber": "+12025550199", "callerId": NUMBER}, ["do-not-call"]),
        ({"phoneNumber": 12025550123}, ["do-not-call"]),
        ({"phoneNumber": "+1 (202) 555 0123"}, ["do-not-call"]),
        ({"phoneNumber": "sip:+12025550123@example.com"}, ["do-not-call"]),
        ({"phoneNumber": "+1202555\u200b0123"}, ["do-not-call"]),
        (
            {"phoneNumber": "+\uff11\uff12\uff10\uff12\uff15\uff15\uff15\uff10\uff11\uff12\uff13"},
            ["do-not-call"],
        ),
        ({"phoneNumber": "1-202-JKL-0123"}, ["do-not-call"]),  # letters of a keypad
        ({"phoneNumber": "1-202-JKL-0199"}, []),
        ({"note": "202 JKL 0123"}, ["do-not-call", "number-unchecked"]),
        ({"phoneNumber": "2025 Sales Queue", "note": "500 Oak Avenue"}, ["number-unchecked"]),
        ({"columns": {NUMBER: True}}, ["do-not-call"]),
        ({"phone1": 12025550123}, ["do-not-call"]),
        ({"contactE164": 12025550123}, ["do-not-call"]),
    ],
)
def test_what_counts_as_a_number(guards: Guards, body: Any, expected: list[str]) -> None:
    place = Place("callPerson", {"line": "1"}, body)
    assert sorted(set(guards.codes("3.1.0", place, ""))) == expected


def test_hours_of_the_caller_are_not_checked(guards: Guards) -> None:
    place = Place("callPerson", {"line": "1"}, {"phoneNumber": "%s", "callerId": ABROAD})
    assert guards.codes("3.1.0", place, "+12025550199", "New York") == []
    assert guards.codes("3.1.0", place, ABROAD, "New York") == ["outside-hours"]
    caller = {"phoneNumber": "+12025550199", "from": {"number": ABROAD}}
    assert guards.codes("3.1.0", place._replace(body=caller), "", "New York") == []
