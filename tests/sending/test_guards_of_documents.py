"""The guards before a call, in every document and at every place of a number."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple
from zoneinfo import ZoneInfo

import pytest

from cxcall.contracts.contract import load_operation
from cxcall.findings.finding import Severity
from cxcall.payloads.payload import Payload
from cxcall.phone.number_matching import NumberList
from cxcall.sending.checked_request import CheckedRequest, build_request
from cxcall.settings.settings import load_settings
from helpers.calling_api import document, wrap
from helpers.cases import each_case
from helpers.platform_server import Platform

if TYPE_CHECKING:
    from cxcall.sandbox.server import Sandbox
    from helpers.command import Cxcall

NUMBER, PREMIUM, ABROAD = "+12025550123", "+19005551234", "+4930123456"
USER = "00000004-1234-1234-1234-123456789012"
DIALECTS = ("2.0", "3.0.3", "3.1.0")


class Place(NamedTuple):
    """A place of a number: the operation, its parameters, and its body, with `%s` for the number."""

    operation: str
    values: dict[str, str]
    body: Any
    is_free_text: bool = False


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


class Guards:
    """Settings with every guard: the do-not-call list has `NUMBER`, and hours are enforced."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        for name in ("STATE", "CONFIG", "CACHE"):
            monkeypatch.setenv(f"CXCALL_{name}_DIR", str(folder / name.lower()))
        now = datetime.now(UTC).astimezone(ZoneInfo("Europe/Berlin"))
        outside = "-".join(f"{now + timedelta(hours=hour):%H:%M}" for hour in (4, 5))
        monkeypatch.setenv("CXCALL_HOURS_POLICY", "enforce")
        monkeypatch.chdir(folder)
        later = "-".join(f"{datetime.now(UTC) + timedelta(minutes=each):%H:%M}" for each in (2, 3))
        there = datetime.now(UTC).astimezone(ZoneInfo("America/New_York"))
        new_york = "-".join(f"{there + timedelta(hours=hour):%H:%M}" for hour in (-1, 1))
        self.hours = {"": "", "outside": outside, "all but now": later, "New York": new_york}
        (folder / "dnc.txt").write_text(NUMBER, "utf-8")

    def codes(self, dialect: str, place: Place, number: str, hours: str = "") -> list[str]:
        """Return the codes of the errors and notes on a number at a place."""
        checked = self.check(dialect, place, number, hours)
        guards = ("do-not-call", "phone-kind", "outside-hours", "number-unchecked")
        return [
            each.code
            for each in checked.findings
            if each.code in guards and each.severity is not Severity.WARNING
        ]

    def check(self, dialect: str, place: Place, number: str, hours: str = "") -> CheckedRequest:
        """Return the request with a number at a place."""
        path = f"own-{dialect}.json" if dialect else None
        if path:
            Path(path).write_text(json.dumps(document(dialect)), "utf-8")
        operation = load_operation(place.operation, path)
        flags = {"do_not_call": "dnc.txt", "hours": self.hours[hours]}
        settings = load_settings({**flags, "base_url": "http://127.0.0.1:9"}, operation.contract)
        values = {name: value.replace("%s", number) for name, value in place.values.items()}
        body = json.loads(json.dumps(place.body).replace("%s", number))
        return build_request(operation, values, Payload(body), settings)


@pytest.fixture
def guards(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Guards:
    return Guards(tmp_path, monkeypatch)


at_every_place = each_case(
    "dialect, place",
    [(dialect, place) for dialect, _, place in CASES],
    ids=[f"{dialect or 'shipped'} {name}" for dialect, name, _ in CASES],
    quick=4,
)
"""Run a test with each place of a number; the dialect is an empty text for a shipped operation."""


@pytest.mark.parametrize("number", [NUMBER, "2025550123", "(202) 555-0123", "1-202-555-0123"])
@at_every_place
def test_listed_number_is_stopped_at_every_place(
    guards: Guards, number: str, dialect: str, place: Place
) -> None:
    assert set(guards.codes(dialect, place, number)) >= {"do-not-call"}


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
        ("x; 112", "error"),
        ("911", "error"),
        ("call 911 now", "warning"),
        ("112 Main Street", "warning"),
        ("1.911", None),
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
    "tel2025550123", "202/555/0123", "2 0 2 5 5 5 0 1 2 3", "0012025550123", "2025550123@x", "%2B12025550123",
    "%2b1%202025550123", "a2025550123b", "202\u2013555\u20130123", "202_555_0123", "x-2025550123", "202 - 555 - 0123",
    "202\xa0555\xa00123", "+1%20202%20555%200123", "202) 555 0123", "7 2025550123", "2025550123 2025550199",
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
    assert guards.codes("3.1.0", place, "1 2 " * 50_000) == ["number-unchecked"]


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


@pytest.mark.parametrize("dialect", DIALECTS)
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
        ({"columns": {NUMBER: True}}, ["do-not-call"]),
        ({"phone1": 12025550123}, ["do-not-call"]),
        ({"contactE164": 12025550123}, ["do-not-call"]),
    ],
)
def test_what_counts_as_a_number(
    guards: Guards, dialect: str, body: Any, expected: list[str]
) -> None:
    place = Place("callPerson", {"line": "1"}, body)
    assert sorted(set(guards.codes(dialect, place, ""))) == expected


def test_hours_of_the_caller_are_not_checked(guards: Guards) -> None:
    place = Place("callPerson", {"line": "1"}, {"phoneNumber": "%s", "callerId": ABROAD})
    assert guards.codes("3.1.0", place, "+12025550199", "New York") == []
    assert guards.codes("3.1.0", place, ABROAD, "New York") == ["outside-hours"]


VENDOR = {
    "/api/v2/conversations/calls": {
        "post": {
            "operationId": "postConversationsCalls",
            "parameters": [
                {
                    "in": "body",
                    "name": "body",
                    "schema": {"$ref": "#/definitions/CreateCallRequest"},
                }
            ],
            "responses": {"202": {"description": "-"}},
        }
    }
}
MODEL = {"type": "object", "properties": {"phoneNumber": {"type": "string"}}}


def vendor_document() -> dict[str, Any]:
    """Return the start of a vendor's own Swagger 2.0 document."""
    info = {"title": "Platform", "version": "28"}
    return {
        "swagger": "2.0",
        "info": info,
        "host": "api.mypurecloud.com",
        "paths": VENDOR,
        "definitions": {"CreateCallRequest": MODEL},
    }


def test_vendor_document_is_guarded_on_the_wire(live: Cxcall, sandbox: Sandbox) -> None:
    contract, listed = live.file("v.json", vendor_document()), live.file("dnc.txt", NUMBER)
    words = ("send", "postConversationsCalls", "--contract", contract, "--yes", "-o", "json")
    number = ("--set", f'/phoneNumber="{NUMBER}"')
    assert live(*words, *number, "--do-not-call", listed, "--force", code=7).codes == [
        "do-not-call"
    ]
    assert "phone-kind" in live(*words, "--set", '/phoneNumber="911"', code=3).codes
    assert sandbox.received == []


@pytest.mark.parametrize("number", ["2025550123 x5", "*67 202-555-0123", "2025550199, 2025550123"])
def test_call_to_a_listed_number_with_an_extension_is_stopped_on_the_wire(
    live: Cxcall, sandbox: Sandbox, number: str
) -> None:
    words = (
        "call",
        "--to",
        number,
        "--queue",
        USER,
        "--as",
        USER,
        "--yes",
        "--force",
        "-o",
        "json",
    )
    ran = live(*words, "--do-not-call", live.file("dnc.txt", NUMBER), code=7)
    assert set(ran.codes) == {"do-not-call"}
    assert sandbox.received == []


def test_call_and_the_same_request_of_a_document_are_duplicates(cxcall: Cxcall) -> None:
    contract = cxcall.file("v.json", vendor_document())
    with Platform() as platform:
        cxcall.environment |= platform.environment
        number = ("--set", f'/phoneNumber="{NUMBER}"')
        cxcall("send", "place-call", *number, "--yes", "--force", code=0)
        words = ("send", "postConversationsCalls", "--contract", contract, *number, "--yes")
        assert cxcall(*words, "-o", "json", code=7).codes == ["already-sent"]
        assert platform.rung == 1


@pytest.mark.parametrize(
    "words",
    [
        ("callback", "--skill", "7", "--to", "2025550123"),
        ("send", "cxone-start-script", "--skill-id", "7", "--parameters", f"{NUMBER}|x"),
        ("send", "cxone-start-script", "--skill-id", "7", "--parameters", "202-555-0123|x"),
    ],
)
def test_shipped_operation_of_cxone_is_guarded(cxcall: Cxcall, words: tuple[str, ...]) -> None:
    listed = cxcall.file("dnc.txt", NUMBER)
    cxcall.environment["CXCALL_PLATFORM"] = "nice-cxone"
    ran = cxcall(*words, "--do-not-call", listed, "--force", "-n", "-o", "json", code=7)
    assert ran.codes == ["do-not-call"]


@pytest.mark.parametrize(
    ("number", "entry", "is_listed"),
    [
        ("+12025550123", "2025550123", True),
        ("2025550123", "+12025550123", True),
        ("02079460000", "+442079460000", True),
        ("+442079460000", "020 7946 0000", True),
        ("0030 (0)123", "+30123", False),
        ("011442079460000", "+442079460000", True),
        ("00442079460000", "+442079460000", True),
        ("+442079460000", "+12079460000", False),
        ("7001", "+17001", False),
        ("+12025550123;ext=7", "+12025550123", True),
        ("+442079460123", "+4402079460123", True),
        ("+442079460123", "44-020-79460123", True),
        ("+442079460123", "0044-0-2079460123", True),
        ("+442079460123", "9 (0)20 7946 0123", True),
        ("9 02079460123", "+442079460123", True),
        ("14102079460123", "+442079460123", True),
        ("912025550160", "+12025550160", True),
        ("0011 44 20 7946 0123", "+442079460123", True),
        ("+79161234567", "89161234567", True),
        ("89161234567", "79161234567", True),
        ("06201234567", "+36201234567", True),
        ("+37061234567", "861234567", True),
        ("0111523456789", "+5491123456789", True),
        ("+390612345678", "+39 (0)6 12345678", True),
        ("+442079460123", "+332079460123", False),
        ("2025550123", "3015550123", False),
        ("2025550123", "5550123", False),
        ("5550123", "2025550123", False),
        ("12025550123", "13015550123", False),
    ],
)
def test_national_and_international_spellings_are_compared(
    number: str, entry: str, *, is_listed: bool
) -> None:
    assert (number in NumberList([entry])) is is_listed


@pytest.mark.parametrize(
    ("escaped", "codes"),
    [
        ("sip:%2B12025550123@pbx", {"do-not-call", "outside-hours"}),
        ("sip:%252B12025550123%40pbx", {"do-not-call", "outside-hours"}),
        ("sip:%39%31%31@pbx", {"phone-kind", "outside-hours"}),
        ("sip:%2539%2531%2531@pbx", {"phone-kind", "outside-hours"}),
        ("sip:%2B19005551234@pbx", {"phone-kind", "outside-hours"}),
    ],
)
def test_escapes_hide_no_number(guards: Guards, escaped: str, codes: set[str]) -> None:
    place = Place("place-call", {}, {"phoneNumber": escaped})
    assert {*guards.codes("", place, "", "all but now")} == codes


@pytest.mark.parametrize(
    ("path", "value", "is_call"),
    [
        ("/api/v2/conver{a}", "sations/calls", True),
        ("/api/v2/{a}", "conversations/calls", True),
        ("/api/v2/{a}", "conversations%2Fcalls", True),
        ("/api/v2/{a}", "leads/imports", False),
        ("/api/v2/{a}", "leads", False),
    ],
)
@pytest.mark.usefixtures("guards")
def test_slash_in_a_path_value_leads_to_no_call_without_consent(
    path: str, value: str, *, is_call: bool
) -> None:
    declared = {
        "operationId": "createIt",
        "summary": "Create a contact list",
        "x-cxcall-rings": False,
        "parameters": [{"name": "a", "in": "path", "required": True, "schema": {"type": "string"}}],
        "responses": {"200": {"description": "-"}},
    }
    Path("own.json").write_text(json.dumps(wrap("3.1.0", {path: {"post": declared}})), "utf-8")
    operation = load_operation("createIt", "own.json")
    settings = load_settings({"base_url": "http://127.0.0.1:9"}, operation.contract)
    checked = build_request(operation, {"a": value}, Payload(None), settings)
    assert checked.operation.can_place_call is is_call


def test_batch_shows_a_repeated_note_once(cxcall: Cxcall) -> None:
    rows = "contact-id,reason-code\n" + "".join(f"{USER[:-1]}{digit},x\n" for digit in range(3))
    words = ("batch", cxcall.file("rows.csv", rows), "--operation", "personal-connection", "-n")
    ran = cxcall(*words, "--do-not-call", cxcall.file("dnc.txt", NUMBER), code=0)
    assert ran.err.count("note[number-unchecked]") == 1
    assert "3 rows, 3 valid, the same note for 2 more rows" in ran.err


def test_unchecked_number_is_noted_without_guards_only_for_a_document(cxcall: Cxcall) -> None:
    contract = cxcall.file("v.json", vendor_document())
    words = ("send", "postConversationsCalls", "--contract", contract, "-n", "-o", "json")
    assert "number-unchecked" in cxcall(*words, "--set", '/note="x"').codes
    personal = ("personal-connection", "--contact-id", USER, "--reason-code", "x")
    assert "number-unchecked" not in cxcall(*personal, "-n", "-o", "json", code=0).codes


def test_schema_behind_a_reference_says_what_is_a_number(cxcall: Cxcall) -> None:
    model = {"type": "object", "properties": {"who": {"type": "string", "format": "phone"}}}
    document = {**vendor_document(), "definitions": {"CreateCallRequest": model}}
    words = (
        "send",
        "postConversationsCalls",
        "--contract",
        cxcall.file("v.json", document),
        "-n",
        "-o",
        "json",
    )
    assert "phone-kind" in cxcall(*words, "--set", '/who="110"', code=3).codes
    assert "phone-kind" not in cxcall(*words, "--set", '/what="110"').codes


@pytest.mark.slow
def test_base_url_that_makes_a_shipped_call_of_a_harmless_path(cxcall: Cxcall) -> None:
    """Only the base URL that is used shows that `POST /start` starts the vendor's campaign."""
    body = {"content": {"application/json": {"schema": {"type": "object"}}}}
    operation = {
        "operationId": "findE",
        "summary": "Find a thing",
        "requestBody": body,
        "responses": {},
    }
    document = {
        "openapi": "3.1.0",
        "info": {"title": "t", "version": "1"},
        "paths": {"/start": {"post": operation}},
    }
    cxcall.file("d.json", document)
    cxcall.file("b.json", {"contactId": USER})
    with Platform() as platform:
        cxcall.environment |= {"CXCALL_ACCESS_TOKEN": "given"}
        send = ("send", "findE", "--contract", "d.json", "-f", "b.json", "--base-url")
        for _ in range(2):
            cxcall(*send, f"{platform.base_url}/things", code=0)
        campaign = f"{platform.base_url}/api/v2/outbound/campaigns/{USER}"
        assert "`--yes` is required" in cxcall(*send, campaign, code=2).err
        cxcall(*send, campaign, "--yes", code=0)
        cxcall(*send, campaign, "--yes", code=7)
        assert sum(platform.dials.values()) == 3
