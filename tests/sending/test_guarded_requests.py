"""Requests of documents are guarded when they are sent, in every spelling of number and route."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from cxcall.contracts.contract import load_operation
from cxcall.payloads.payload import Payload
from cxcall.phone.number_spellings import NumberList
from cxcall.sending.checked_request import build_request
from cxcall.settings.settings import load_settings
from helpers.calling_api import wrap
from helpers.cases import each_case
from helpers.guarded_places import NUMBER, USER, Guards, Place
from helpers.platform_server import Platform

if TYPE_CHECKING:
    from cxcall.sandbox.server import Sandbox
    from helpers.command import Cxcall


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


@pytest.mark.slow
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


@each_case(
    "number, entry, is_listed",
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
    quick=2,
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


@each_case(
    "path, value, is_call",
    [
        ("/api/v2/conver{a}", "sations/calls", True),
        ("/api/v2/{a}", "conversations/calls", True),
        ("/api/v2/{a}", "conversations%2Fcalls", True),
        ("/api/v2/{a}", "leads/imports", False),
        ("/api/v2/{a}", "leads", False),
    ],
    quick=2,
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


@pytest.mark.slow
def test_unchecked_number_is_noted_without_guards_only_for_a_document(cxcall: Cxcall) -> None:
    contract = cxcall.file("v.json", vendor_document())
    words = ("send", "postConversationsCalls", "--contract", contract, "-n", "-o", "json")
    assert "number-unchecked" in cxcall(*words, "--set", '/note="x"').codes
    personal = ("personal-connection", "--contact-id", USER, "--reason-code", "x")
    assert "number-unchecked" not in cxcall(*personal, "-n", "-o", "json", code=0).codes


@pytest.mark.slow
@pytest.mark.parametrize("name", ["mobile", "Rufnummer", "Telefonnummer", "handy", "cell"])
def test_emergency_number_under_an_undeclared_name_is_refused(cxcall: Cxcall, name: str) -> None:
    """The names are the same as in the heading of a do-not-call list."""
    contract = cxcall.file("v.json", vendor_document())
    words = ("send", "postConversationsCalls", "--contract", contract, "-n", "-o", "json")
    ran = cxcall(*words, "--set", f'/{name}="911"', code=3)
    assert "phone-kind" in ran.codes


@pytest.mark.slow
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
        "x-cxcall-rings": False,
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
