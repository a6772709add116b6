"""Findings on bodies: examples of each kind, and the operation that a body matches."""

from __future__ import annotations

import copy
import json
from typing import Any

import jsonschema_rs
import pytest

from cxcall.contracts import contract
from cxcall.contracts.contract import load_catalog
from cxcall.contracts.operation import Operation
from cxcall.documents.json_document import parse_json
from cxcall.findings.finding import Finding
from cxcall.payloads.operation_matching import match_operations
from cxcall.payloads.payload import Payload
from cxcall.payloads.schema_check import (
    check_body,
    check_parameters,
    match_and_check,
)
from helpers.cases import each_case
from helpers.shipped_operations import detailed_operations

OPERATIONS = load_catalog()
WITH_BODY = [operation for operation in detailed_operations() if operation.takes_body]
EXECUTE = OPERATIONS.find_operation("execute")


def test_example_of_the_first_issue_yields_every_finding() -> None:
    body = {"contactId": "12345", "contactSpec": {"address": "+1234567890", "type": "voice"}}
    operations, findings = match_and_check(OPERATIONS, Payload(body), None)
    assert operations == ("execute",)
    assert {(finding.severity, finding.code, finding.where) for finding in findings} == {
        ("error", "operation-mismatch", "/contactSpec"),
        ("error", "id-format", "/contactId"),
        ("error", "property-missing", "/contactSpec/contactId"),
        ("error", "property-unknown", "/contactSpec/address"),
        ("warning", "phone-unlikely", "/contactSpec/address"),
        ("error", "property-unknown", "/contactSpec/type"),
        ("note", "operation-mismatch", "body"),
    }
    assert findings[0].where == "/contactSpec"
    assert "`contactId` and `reasonCode` to the recommended route" in findings[0].fix
    address = next(finding for finding in findings if finding.where == "/contactSpec/address")
    assert address.fix == ("move `/contactSpec/address` to `/contactSpec/contactData/phoneNumber`")


def test_correct_example_of_the_source_has_one_warning() -> None:
    same = "12345678-1234-1234-1234-123456789012"
    body = {
        "contactId": same,
        "contactSpec": {"contactId": same, "contactData": {"phoneNumber": "+1234567890"}},
    }
    findings = check_body(EXECUTE, Payload(body))
    assert [(finding.severity, finding.code) for finding in findings] == [
        ("warning", "phone-unlikely")
    ]
    assert "requires 10 digits after it; this number has 9" in findings[0].message


@each_case(
    "value",
    ["user_id", "uuid-here", "<contact>", "${CONTACT}", "{{contactId}}", "YOUR_CONTACT_ID", "todo"],
    quick=2,
)
def test_placeholder_in_place_of_an_id_is_an_error(value: str) -> None:
    body = {"contactId": value, "reasonCode": "follow_up"}
    findings = check_body(OPERATIONS.find_operation("personal-connection"), Payload(body))
    assert [(finding.severity, finding.code, finding.where) for finding in findings] == [
        ("error", "placeholder", "/contactId")
    ]


def test_placeholder_in_place_of_text_is_a_warning() -> None:
    body = {"contactId": "12345678-1234-1234-1234-123456789012", "reasonCode": "<reason>"}
    findings = check_body(OPERATIONS.find_operation("personal-connection"), Payload(body))
    assert [(finding.severity, finding.code, finding.where) for finding in findings] == [
        ("warning", "placeholder", "/reasonCode")
    ]


def test_different_contact_ids_are_a_warning() -> None:
    body = copy.deepcopy(EXECUTE.example)
    body["contactSpec"]["contactId"] = "99999999-1234-1234-1234-123456789012"
    findings = check_body(EXECUTE, Payload(body))
    assert [(finding.severity, finding.code, finding.where) for finding in findings] == [
        ("warning", "id-mismatch", "/contactSpec/contactId")
    ]


@each_case(
    "written, meant",
    [
        ("contact_id", "contactId"),
        ("ContactID", "contactId"),
        ("contact-id", "contactId"),
        ("reasoncode", "reasonCode"),
        ("reasonCod", "reasonCode"),
    ],
    quick=2,
)
def test_similar_name_is_suggested(written: str, meant: str) -> None:
    operation = OPERATIONS.find_operation("personal-connection")
    body = {name: value for name, value in operation.example.items() if name != meant} | {
        written: operation.example[meant]
    }
    findings = check_body(operation, Payload(body))
    assert [(finding.code, finding.fix) for finding in findings] == [
        ("property-unknown", f"rename `{written}` to `{meant}`")
    ]
    assert findings[0].why.startswith(f"the schema requires `{meant}`")
    (edit,) = findings[0].edits
    assert edit.as_dict() == {
        "op": "move",
        "pointer": f"/{meant}",
        "path": f"/{meant}",
        "from": f"/{written}",
        "applicability": "safe",
    }


def test_name_of_one_of_two_properties_is_not_called_required() -> None:
    operation = OPERATIONS.find_operation("create-callback")
    body = {"callbackNumbers": ["+12125550123"], "queue": "8d2c1f7e-50f3-4c8b-9a61-0b7f3f1f2a10"}
    (finding,) = check_body(operation, Payload(body))
    assert finding.why.startswith("the schema requires `queueId` or an alternative; it says: ")


@each_case(
    "number, fix",
    [
        ("0012025550100", "`00`"),
        ("2025550100", "after it the country code if the number lacks it"),
        ("+1 (202) 555-0100", "remove spaces"),
        ("call me", "+12025550123"),
    ],
    quick=2,
)
def test_number_that_is_not_e164_has_a_fix(number: str, fix: str) -> None:
    body = copy.deepcopy(EXECUTE.example)
    body["contactSpec"]["contactData"]["phoneNumber"] = number
    findings = check_body(EXECUTE, Payload(body))
    assert [(finding.severity, finding.code) for finding in findings] == [("error", "phone-format")]
    assert fix in findings[0].fix
    assert number not in findings[0].message or number == "call me"


def test_payload_of_another_operation_is_recognized() -> None:
    other = OPERATIONS.find_operation("personal-connection")
    operations, findings = match_and_check(OPERATIONS, Payload(other.example), EXECUTE)
    assert operations == ("execute",)
    assert findings[0].code == "operation-mismatch"
    assert "fits `personal-connection`" in findings[0].message
    assert "it has `reasonCode`" in findings[0].why
    assert "it lacks `contactSpec`" in findings[0].why


def test_payload_of_two_operations_matches_both() -> None:
    example = OPERATIONS.find_operation("personal-connection").example
    assert [entry.name for entry in match_operations(OPERATIONS, example).matches] == [
        "personal-connection",
        "personal-connection-contact",
    ]


def test_payload_without_known_properties_is_not_called_near() -> None:
    _, findings = match_and_check(OPERATIONS, Payload({"to": "x"}), None)
    assert "(no known property matched)" in findings[-1].message
    _, findings = match_and_check(OPERATIONS, Payload({"contactId": 7}), None)
    assert "the nearest one" in findings[-1].message


@pytest.mark.parametrize(
    ("body", "fix"),
    [
        ([{"contactId": 1}], "one object is sent at a time"),
        ('{"contactId": 1}', "JSON inside a string"),
    ],
)
def test_wrapped_body_has_a_fix(body: Any, fix: str) -> None:
    findings = check_body(EXECUTE, Payload(body))
    assert [finding.code for finding in findings] == ["type-mismatch"]
    assert fix in findings[0].fix


def codes(findings: list[Finding]) -> list[tuple[str, str]]:
    return [(finding.code, finding.where) for finding in findings]


def test_exactly_one_of_several_destinations_is_required() -> None:
    operation = contract.load_operation("place-call")
    (missing,) = check_body(operation, Payload({"callerId": "+12025550100"}))
    assert (missing.code, missing.where) == ("property-missing", "")
    assert (
        "needs `phoneNumber`, `callUserId`, `callQueueId`, `participants`, or " in missing.message
    )
    both = {"phoneNumber": "+12025550100", "callUserId": "u"}
    found = check_body(operation, Payload(both))
    assert codes(found) == [
        ("value-not-allowed", "/phoneNumber"),
        ("value-not-allowed", "/callUserId"),
    ]
    assert found[0].message == "`/phoneNumber` is not allowed together with `/callUserId`"
    assert "remove one of the two" in found[0].fix
    text = json.dumps(both)
    place = check_body(operation, Payload(both, parse_json(text, "body.json")))[0].excerpt
    assert place is not None
    assert text[place.column - 1 :].startswith('"phoneNumber"')
    place = Payload(both, parse_json(text, "body.json")).find_excerpt("/phoneNumber")
    assert place is not None
    assert text[place.column - 1 :].startswith('"+12025550100"')


def test_address_is_checked_as_a_number_only_if_it_is_one() -> None:
    operation = contract.load_operation("place-call")
    assert check_body(operation, Payload({"phoneNumber": "sip:user@example.com"})) == []
    found = check_body(operation, Payload({"phoneNumber": "+1234567890"}))
    assert codes(found) == [("phone-unlikely", "/phoneNumber")]
    found = check_body(EXECUTE, Payload({"phoneNumber": "(202) 555-0123"}))
    assert ("phone-format", "/phoneNumber") in codes(found)
    assert ("phone-unlikely", "/phoneNumber") not in codes(found)
    found = check_body(EXECUTE, Payload({"phoneNumber": "442071838750", "contactSpec": {}}))
    assert codes(found).count(("phone-format", "/phoneNumber")) == 1


def test_known_wrong_name_leads_to_the_right_one() -> None:
    found = check_body(contract.load_operation("place-call"), Payload({"to": "+12025550100"}))
    fixes = {finding.where: finding.fix for finding in found if finding.code == "property-unknown"}
    assert fixes == {"/to": "rename `to` to `phoneNumber`"}


def test_each_contact_of_an_array_is_compared_with_the_path() -> None:
    operation = contract.load_operation("add-contacts")
    body = [operation.example[0], {**operation.example[0], "contactListId": "other"}]
    values = {"contactListId": operation.example[0]["contactListId"]}
    assert codes(check_parameters(operation, values, Payload(body))) == [
        ("id-mismatch", "/1/contactListId")
    ]
    missing = check_body(operation, Payload([{"data": {}}]))
    assert codes(missing) == [("property-missing", "/0/contactListId")]


@each_case("operation", WITH_BODY, ids=lambda operation: operation.name)
def test_example_matches_its_own_operation(operation: Operation) -> None:
    assert operation in match_operations(OPERATIONS, operation.example).matches


@each_case(
    "name, others",
    [
        ("place-call", ["place-call-for-user"]),
        ("create-callback", []),
        ("add-contacts", []),
        ("add-dnc-numbers", []),
        ("update-contact-list", ["create-contact-list"]),
        ("update-campaign", []),
        ("hang-up", []),
        ("cxone-set-state", []),
        ("cxone-dial-phone", []),
        ("cxone-upload-call-list", []),
    ],
    quick=2,
)
def test_operation_that_requires_most_comes_first(name: str, others: list[str]) -> None:
    found = match_operations(OPERATIONS, contract.load_operation(name).example)
    assert [entry.name for entry in found.matches] == [name, *others]
    assert found.nearest.name == name


@pytest.mark.slow
def test_one_schema_is_compiled_for_a_matching_body(monkeypatch: pytest.MonkeyPatch) -> None:
    compiled = []
    compile_one = jsonschema_rs.validator_for

    def count(schema: Any, **how: Any) -> Any:
        compiled.append(schema)
        return compile_one(schema, **how)

    contract.load_shipped_contracts.cache_clear()
    monkeypatch.setattr(jsonschema_rs, "validator_for", count)
    match_and_check(load_catalog(), Payload(EXECUTE.example), None)
    assert len(compiled) == 1


def test_empty_parameter_is_reported_as_empty() -> None:
    operation = contract.load_operation("list-campaigns")
    (empty,) = check_parameters(operation, {"pageSize": ""}, Payload({}))
    assert empty.message == "`pageSize` in the query is empty"
    (wrong,) = check_parameters(operation, {"pageSize": "x"}, Payload({}))
    assert "is empty" not in wrong.message
