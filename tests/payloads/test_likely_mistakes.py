"""Mistakes that a schema allows: each is found once, at its place, and nothing else is reported."""

from __future__ import annotations

from typing import Any

import pytest

from cxcall import check
from cxcall.contracts.contract import Contract
from cxcall.contracts.operation import Operation
from cxcall.findings.finding import Finding, Severity
from cxcall.payloads.payload import Payload
from cxcall.payloads.placeholders import is_placeholder
from cxcall.payloads.schema_check import check_body, check_parameters
from cxcall.payloads.undialable_values import find_wrong_number
from helpers.cases import each_case
from helpers.command import CONTACT

SCHEMA: dict[str, Any] = {
    "type": "object",
    "x-cxcall-once-required": [["queueId", "userId"]],
    "properties": {
        "queueId": {"type": "string", "x-cxcall-same-as": "path:queueId"},
        "userId": {"type": "string"},
        "contact": {
            "type": "object",
            "properties": {"id": {"type": "string", "x-cxcall-same-as": "body:/contactId"}},
        },
        "contactId": {"type": "string"},
        "number": {"type": "string", "format": "e164"},
        "address": {"type": "string", "format": "phone"},
        "start": {"type": "string", "x-cxcall-only-with": "end"},
        "end": {"type": "string"},
        "anything": True,
    },
}


def operation_with(schema: dict[str, Any]) -> Operation:
    body = {"content": {"application/json": {"schema": schema}}}
    parameter = {"name": "queueId", "in": "path", "required": True, "schema": {"type": "string"}}
    declared = {"operationId": "queue", "parameters": [parameter], "requestBody": body}
    document = {"openapi": "3.1.0", "paths": {"/queues/{queueId}": {"post": declared}}}
    return Contract("own", document).operations[0]


OPERATION = operation_with(SCHEMA)
VALID = {"queueId": "q"}


def mistakes(members: dict[str, Any], operation: Operation = OPERATION) -> list[Finding]:
    return check_body(operation, Payload({**VALID, **members}))


def codes(findings: list[Finding]) -> list[tuple[str, str, str]]:
    return [(finding.severity, finding.code, finding.where) for finding in findings]


@each_case(
    "members",
    [
        {},
        {"number": "+12025550123", "address": "+12025550123"},
        {"address": "sip:a@example.com"},
        {"start": "1", "end": "2"},
        {"contactId": "ABC", "contact": {"id": "abc"}},
        {"contact": {"id": "abc"}},
        {"anything": {"x": 1}},
        {"anything": "here we go"},
    ],
    quick=2,
)
def test_correct_body_has_no_finding(members: dict[str, Any]) -> None:
    assert mistakes(members) == []


@each_case(
    "members, code, where, message, fix",
    [
        ({"userID": "u"}, "property-unknown", "/userID", "`queue` does not declare a property `userID`", "rename `userID` to `userId`"),
        ({"zzz": 1}, "property-unknown", "/zzz", "`queue` does not declare a property `zzz`", "see its properties: `cxcall operations queue`"),
        ({"contact": {"ID": "a"}}, "property-unknown", "/contact/ID", "`queue` does not declare a property `ID`", "rename `ID` to `id`"),
        ({"start": "1"}, "value-not-allowed", "/start", "`/start` only has an effect together with `end`, which is missing", "remove `start`, or add `end`"),
        ({"userId": "<id>"}, "placeholder", "/userId", "`<id>` at `/userId` looks like a placeholder that was never filled in", "put the real value at `/userId`"),
        ({"contactId": "a", "contact": {"id": "b"}}, "id-mismatch", "/contact/id", "`/contact/id` differs from `/contactId`, but both are the ID of the contact", "send the same ID in both: `a`"),
    ],
quick=2)  # fmt: skip
def test_likely_mistake_is_a_warning_at_its_place(
    members: dict[str, Any], code: str, where: str, message: str, fix: str
) -> None:
    (finding,) = mistakes(members)
    assert codes([finding]) == [(Severity.WARNING, code, where)]
    assert (finding.message, finding.fix, finding.source) == (message, fix, "contract own")


def test_empty_id_is_an_error_that_says_so_and_no_other_id() -> None:
    spec = {"contactId": CONTACT, "contactData": {"phoneNumber": "+12025550100"}}
    (found,) = check({"contactId": "", "contactSpec": spec}, "execute").findings
    assert (found.code, found.message) == ("value-not-allowed", "`/contactId` is empty")
    assert found.fix


@pytest.mark.parametrize("name", ["number", "address"])
def test_impossible_number_is_a_warning_and_is_masked(name: str) -> None:
    (finding,) = mistakes({name: "+1202555012"})
    assert codes([finding]) == [("warning", "phone-unlikely", f"/{name}")]
    assert "`+******5012` has the form of E.164 but cannot be dialed: " in finding.message


@pytest.mark.parametrize("number", ["+44 20 CALL ME", "+4420794609581234567"])
def test_number_that_is_not_in_e164_is_not_called_so(number: str) -> None:
    (finding,) = mistakes({"number": number})
    assert finding.code == "phone-unlikely"
    assert "E.164" not in finding.message


def test_text_without_a_country_code_is_not_in_e164_although_the_schema_has_no_pattern() -> None:
    for text in ("2025550101", "0012025550101", "00", "Ada", "n/a", "2.02555E+09"):
        (finding,) = mistakes({"number": text})
        assert codes([finding]) == [("warning", "phone-format", "/number")]


def test_rounded_number_of_excel_is_named() -> None:
    finding = find_wrong_number({"format": "phone"}, "4.42E+11")
    assert finding is not None
    assert "its last digits are lost" in finding.message
    assert "Excel" in finding.fix


def test_property_that_was_once_required_is_reported_once() -> None:
    (finding,) = check_body(OPERATION, Payload({}))
    assert codes([finding]) == [("warning", "property-missing", "/queueId")]
    assert finding.message == "the body of `queue` has no `queueId` or `userId`"
    assert check_body(OPERATION, Payload({"userId": "u"})) == []
    required = operation_with({**SCHEMA, "required": ["queueId"]})
    assert codes(check_body(required, Payload({}))) == [("error", "property-missing", "/queueId")]


def test_value_with_an_error_has_no_warning_too() -> None:
    strict = {**SCHEMA["properties"], "userId": {"type": "string", "minLength": 9}}
    found = mistakes({"userId": "<id>"}, operation_with({**SCHEMA, "properties": strict}))
    assert codes(found) == [("error", "value-not-allowed", "/userId")]


@pytest.mark.parametrize("keyword", ["additionalProperties", "patternProperties", "if"])
def test_open_schema_allows_any_name(keyword: str) -> None:
    assert mistakes({"zzz": 1}, operation_with({**SCHEMA, keyword: {}})) == []


def test_schema_without_properties_allows_any_name() -> None:
    assert check_body(operation_with({"type": "object"}), Payload({"zzz": 1})) == []


@each_case(
    "value, path, found", [("q", "q", 0), ("Q", "q", 0), ("r", "q", 1), (7, "q", 0)], quick=2
)
def test_id_in_the_body_must_be_the_one_in_the_path(value: Any, path: str, found: int) -> None:
    findings = check_parameters(OPERATION, {"queueId": path}, Payload({"queueId": value}))
    assert len(findings) == found
    for finding in findings:
        assert codes([finding]) == [("error", "id-mismatch", "/queueId")]
        assert finding.message == "`/queueId` is `r`, but `queueId` in the path is `q`"
        assert finding.fix == "send the same `queueId` in both"


PLACEHOLDERS = [
    "<id>", "[id]", "{id}", "${id}", "{{ id }}", "%ID%", "$ID", "uuid-here", "your-contact-id",
    "MY_ID", "insert id", "enter_id", "replace-me", "todo", "TBD", "changeme", "fixme", "xxx", "XXXXX",
    "00000000-0000-0000-0000-000000000000", "  <id>  ", "\ttodo\n",
]  # fmt: skip
REAL_VALUES = [
    "",
    "a",
    "xx",
    "here",
    "yours",
    "todos",
    "a <id>",
    "<a><b>",
    "$",
    "%%",
    "100%",
    "mylar",
    "[a] b",
    "00000000-0000-0000-0000-000000000001",
    "user_id",
    "uuid",
    "null",
]
PEOPLE = ["david", "Madrid", "valid", "no id yet", "hybrid"]
IDS_OF_OTHER_SYSTEMS = [
    "id-7",
    "id 7",
    "cust-id",
    "ada_id",
    "contact-id-1234",
    "userId12",
    "contact_id_1",
]
ID_NAMES = [
    "user_id",
    "contactId",
    "uuid",
    "contact-guid",
    "id1",
    "string",
    "example",
    "null",
    "QUEUE_ID",
    "outbound contact id",
    "queueId",
    " id ",
]


@each_case("value", PLACEHOLDERS)
def test_placeholder_is_recognized(value: str) -> None:
    assert is_placeholder(value)
    assert is_placeholder(value, id_wanted=True)


@each_case("value", [*PEOPLE, *IDS_OF_OTHER_SYSTEMS])
def test_word_that_ends_in_id_is_not_the_name_of_an_id(value: str) -> None:
    assert not is_placeholder(value, id_wanted=True)


@each_case("value", [*REAL_VALUES, '{"a": 1}', 7, None, True, ["<id>"]])
def test_real_value_is_not_a_placeholder(value: Any) -> None:
    assert not is_placeholder(value)


@each_case("value", ID_NAMES, quick=2)
def test_name_of_an_id_is_a_placeholder_only_where_an_id_is_wanted(value: str) -> None:
    assert is_placeholder(value, id_wanted=True)
    assert not is_placeholder(value)
    assert not is_placeholder("12345678-1234-1234-1234-123456789012", id_wanted=True)


CONDITIONAL: dict[str, Any] = {
    "type": "object",
    "x-cxcall-conditions": [
        {
            "if": {"required": ["mode"], "properties": {"mode": {"enum": ["fast"]}}},
            "then": {
                "required": ["lines"],
                "properties": {"preview": False, "pace": {"maximum": 5}},
            },
            "says": "fast ones need lines",
            "source": "the vendor",
        },
        {
            "if": {},
            "then": {"anyOf": [{"required": ["mode"]}, {"required": ["kind"]}]},
            "says": "one of them is needed",
            "source": "the vendor",
        },
    ],
    "properties": {
        **{name: {"type": "string"} for name in ("mode", "kind", "preview", "lines")},
        "pace": {"type": "integer"},
        "columns": {"type": "array", "items": {"type": "string"}},
        "sorted": {"type": "array", "items": {"type": "string", "x-cxcall-among": "/columns"}},
        "from": {"type": "string", "x-cxcall-below": {"place": "until", "says": "two"}},
        "until": {"type": "string"},
        "tries": {"type": "integer", "x-cxcall-below": {"place": "/pace", "says": "less"}},
        "zone": {"type": "string", "x-cxcall-time-zone": True},
        "keys": {
            "type": "array",
            "items": {"type": "object", "properties": {"name": {"x-cxcall-distinct": True}}},
        },
    },
}


@each_case(
    "members, expected",
    [
        ({"mode": "slow"}, []),
        ({"kind": "a", "preview": "1", "pace": 9}, []),
        ({"mode": "fast", "lines": "1", "pace": 5}, []),
        ({"mode": "fast"}, [("property-missing", "/lines")]),
        ({"mode": "fast", "lines": "1", "preview": "1"}, [("value-not-allowed", "/preview")]),
        ({"mode": "fast", "lines": "1", "pace": 6}, [("value-not-allowed", "/pace")]),
        ({}, [("property-missing", "")]),
        (
            {"mode": "slow", "columns": ["a"], "sorted": ["a", "b"]},
            [("value-not-allowed", "/sorted/1")],
        ),
        ({"mode": "slow", "sorted": ["b"]}, []),
        ({"mode": "slow", "from": "09:00:00", "until": "17:00:00", "zone": "America/New_York"}, []),
        (
            {"mode": "slow", "from": "20:00:00", "until": "08:00:00"},
            [("value-not-allowed", "/from")],
        ),
        ({"mode": "slow", "tries": 5, "pace": 5}, [("value-not-allowed", "/tries")]),
        ({"mode": "slow", "tries": 5}, []),
        ({"mode": "slow", "zone": "CEST"}, [("value-not-allowed", "/zone")]),
        ({"mode": "slow", "zone": "Europe"}, [("value-not-allowed", "/zone")]),
        ({"mode": "slow", "zone": "/etc/localtime"}, [("value-not-allowed", "/zone")]),
        ({"mode": "slow", "zone": "Europe/" + 300 * "x"}, [("value-not-allowed", "/zone")]),
        ({"mode": "slow", "keys": [{"name": "a"}, {"name": "b"}]}, []),
        (
            {"mode": "slow", "keys": [{"name": "a"}, {"name": "b"}, {"name": "a"}]},
            [("value-not-allowed", "/keys/2/name")],
        ),
    ],
)
def test_broken_condition_is_a_warning(
    members: dict[str, Any], expected: list[tuple[str, str]]
) -> None:
    found = check_body(operation_with(CONDITIONAL), Payload(members))
    assert [(each.code, each.where) for each in found] == expected
    assert {each.severity for each in found} <= {Severity.WARNING}


def test_value_that_is_wrong_and_breaks_a_condition_is_reported_once() -> None:
    body = {"mode": "fast", "lines": "1", "preview": 1}
    found = check_body(operation_with(CONDITIONAL), Payload(body))
    assert codes(found) == [("error", "type-mismatch", "/preview")]


def test_property_with_a_wrong_name_is_not_missing_too() -> None:
    assert codes(check_body(OPERATION, Payload({"queue_id": "q"}))) == [
        ("warning", "property-unknown", "/queue_id")
    ]
