"""Find the property that a wrong name stands for, and the certainty."""

from __future__ import annotations

import json
from typing import Any

import pytest

from cxcall.contracts.contract import load_operation
from cxcall.documents.json_document import parse_json
from cxcall.payloads.errors.misnamed_properties import find_renames
from cxcall.payloads.errors.schema_errors import explain_schema_errors
from cxcall.payloads.payload import Payload
from cxcall.payloads.schema_check import check_body
from helpers.cases import each_case
from helpers.renames import TEXT, operation_of
from helpers.renames import rename as rename_in
from helpers.work import count_calls

CONTACT_ID = "12345678-1234-1234-1234-123456789012"
CONTACT: dict[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "id": TEXT,
        "contactName": TEXT,
        "listId": TEXT,
        "numbers": {"type": "array", "items": TEXT},
        "maxRate": {"type": "integer"},
        "data": {"type": "object", "properties": {"note": TEXT}},
    },
}


OPERATION = operation_of(CONTACT)


def rename(name: str, value: Any = "x", schema: dict[str, Any] = CONTACT) -> tuple[str, str]:
    return rename_in(name, value, schema)


@each_case(
    "name, target, applicability",
    [
        ("ID", "/id", "safe"),
        ("list-id", "/listId", "safe"),
        ("listIdd", "/listId", "safe"),
        ("lsitId", "/listId", "safe"),
        ("contact_id", "/id", "unsafe"),
        ("name", "/contactName", "unsafe"),
        ("contactNames1", "/contactName", "unsafe"),
        ("note", "/data/note", "unsafe"),
        ("dataNote", "/data/note", "safe"),
        ("phone", "", ""),
        ("", "", ""),
    ],
    quick=2,
)
def test_wrong_name_leads_to_the_intended_property(
    name: str, target: str, applicability: str
) -> None:
    assert rename(name) == (target, applicability)


@each_case(
    "name, value, target",
    [
        ("listId1", "x", "/listId"),
        ("listIdd", {"id": "x"}, ""),
        ("number", ["x"], "/numbers"),
        ("number", "x", ""),
        ("NUMBERS", "x", "/numbers"),
        ("maxrate", "7", "/maxRate"),
        ("maxRates", "7", "/maxRate"),
        ("maxRates", "fast", ""),
        ("listIdd", None, "/listId"),
    ],
    quick=2,
)
def test_name_of_a_property_of_another_type_is_not_suggested(
    name: str, value: Any, target: str
) -> None:
    assert rename(name, value)[0] == target


def test_exact_name_is_preferred_to_a_similar_one() -> None:
    schema: dict[str, Any] = {"properties": {"reasonCodes": {}, "reasonCode": {}}}
    assert rename("reason_code", schema=schema) == ("/reasonCode", "safe")


def test_typo_of_two_names_is_unsafe() -> None:
    schema: dict[str, Any] = {"properties": {"reasonA": {}, "reasonB": {}}}
    assert rename("reasonC", schema=schema) == ("/reasonA", "unsafe")


def test_object_is_not_renamed_to_an_id_that_it_holds() -> None:
    operation = operation_of(
        {
            "type": "object",
            "additionalProperties": False,
            "required": ["contactId"],
            "properties": {
                "contactId": TEXT,
                "queue": {"type": "object", "properties": {"id": TEXT}},
            },
        }
    )
    (found,) = check_body(operation, Payload({"contact": {"id": "x"}}))
    assert (found.where, found.fix) == ("/contact", "move `/contact/id` to `/contactId`")
    assert [(edit.op, edit.pointer, edit.source) for edit in found.edits] == [
        ("move", "/contactId", "/contact/id"),
        ("remove", "/contact", ""),
    ]
    (found,) = check_body(operation, Payload({"contactId": "x", "queueId": "y"}))
    assert found.fix == "move `/queueId` to `/queue/id`"
    assert [(edit.op, edit.pointer, edit.value) for edit in found.edits] == [
        ("add", "/queue", {}),
        ("move", "/queue/id", None),
    ]


def test_name_whose_right_spelling_is_there_is_removed_and_not_moved() -> None:
    operation = load_operation("execute")
    body = {**operation.example, "contact_id": "x"}
    (found,) = check_body(operation, Payload(body))
    assert (found.where, found.fix) == ("/contact_id", "remove it: `contactId` is there already")
    assert [(edit.op, str(edit.applicability)) for edit in found.edits] == [("remove", "unsafe")]


def test_finding_in_an_object_that_a_correction_adds_has_a_place() -> None:
    body = {"contactId": CONTACT_ID, "phoneNumber": "+12025550123"}
    document = parse_json(json.dumps(body), "p.json")
    found = check_body(load_operation("execute"), Payload(body, document))
    assert [(each.code, each.where) for each in found] == [
        ("property-missing", "/contactSpec/contactId"),
        ("property-unknown", "/phoneNumber"),
    ]
    assert all(each.excerpt is not None for each in found)


@pytest.mark.parametrize("container", [{}, {"contact_spec": {"contactId": CONTACT_ID}}])
def test_values_that_belong_in_one_object_are_all_kept(container: dict[str, Any]) -> None:
    operation = load_operation("execute")
    body = {
        "contactId": CONTACT_ID,
        **container,
        "PhoneNumber": "+12025550123",
        "contactData": {"a": "b"},
    }
    findings, corrected = explain_schema_errors(operation, Payload(body))
    assert all(each.edits for each in findings)
    data = corrected.value["contactSpec"]["contactData"]
    assert data["a"] == "b"
    if container:
        assert corrected.value["contactSpec"]["contactId"] == CONTACT_ID


def test_safe_edit_of_a_value_that_is_moved_unsafely_is_unsafe() -> None:
    operation = load_operation("execute")
    data = operation.example["contactSpec"]["contactData"]
    spec = {"contact_id": CONTACT_ID, "contactData": data}
    body = {"contactId": CONTACT_ID, "contact": spec}
    found = check_body(operation, Payload(body))
    assert [
        (each.where, each.edits[0].pointer, str(each.edits[0].applicability)) for each in found
    ] == [
        ("/contact", "/contactSpec", "unsafe"),
        ("/contact/contact_id", "/contactSpec/contactId", "unsafe"),
    ]


def test_many_values_that_belong_in_one_object_are_all_reported() -> None:
    names = [f"property{chr(97 + number)}" for number in range(26)]
    inner = {"type": "object", "properties": dict.fromkeys(names, TEXT)}
    operation = operation_of(
        {"type": "object", "additionalProperties": False, "properties": {"inner": inner}}
    )
    found = check_body(operation, Payload(dict.fromkeys(names, "x")))
    assert {each.where for each in found} == {f"/{name}" for name in names}
    assert found[0].fix == "move `/propertya` to `/inner/propertya`"


def test_two_wrong_names_have_different_targets() -> None:
    found = find_renames(OPERATION, {"list_id": "a", "listIdd": "a"}, {"": ["listIdd", "list_id"]})
    assert list(found) == ["/list_id"]


def test_two_names_of_one_property_with_different_values_are_not_renamed() -> None:
    found = find_renames(OPERATION, {"list_id": "a", "listIdd": "b"}, {"": ["listIdd", "list_id"]})
    assert found == {}


def test_id_is_not_renamed_to_that_of_another_thing() -> None:
    body = [{"contactId": CONTACT_ID, "data": {"Phone": "+12025550123"}}]
    found = check_body(load_operation("add-contacts"), Payload(body))
    assert found
    assert all("contactListId" not in each.fix for each in found if each.where == "/0/contactId")


def test_object_whose_names_are_all_misspelled_is_not_one_of_another_structure() -> None:
    operation = load_operation("execute")
    body = {**operation.example, "contactSpec": {"contact_id": CONTACT_ID, "Contact-Data": {}}}
    found = check_body(operation, Payload(body))
    assert [each.code for each in found] == [*["property-unknown"] * 2, "property-missing"]


def test_value_under_a_wrong_name_is_checked_too() -> None:
    operation = operation_of(
        {
            "type": "object",
            "additionalProperties": False,
            "properties": {
                "target": {
                    "type": "object",
                    "additionalProperties": False,
                    "required": ["queueId"],
                    "properties": {"queueId": {"type": "string", "format": "uuid"}},
                }
            },
        }
    )
    found = check_body(operation, Payload({"Target": {"queue_id": "7"}}))
    assert [(each.code, each.where, each.fix) for each in found[:2]] == [
        ("property-unknown", "/Target", "rename `Target` to `target`"),
        ("property-unknown", "/Target/queue_id", "rename `queue_id` to `queueId`"),
    ]
    assert (found[2].code, found[2].where) == ("id-format", "/Target/queue_id")
    assert found[2].message.startswith("`/Target/queue_id` must be a UUID")
    assert [edit.pointer for edit in found[1].edits] == ["/target/queueId"]


def test_name_that_repeats_the_name_of_its_object_is_known() -> None:
    reference = {
        "type": "object",
        "additionalProperties": False,
        "properties": {"id": TEXT, "selfUri": TEXT},
    }
    operation = operation_of({"type": "object", "properties": {"script": reference}})
    found = find_renames(operation, {"script": {"scriptId": CONTACT_ID}}, {"/script": ["scriptId"]})
    assert [each.moves for each in found.values()] == [(("/script/scriptId", "/script/id"),)]


@pytest.mark.slow
def test_items_that_lack_properties_take_work_in_proportion() -> None:
    item = {**CONTACT, "required": ["id", "numbers"]}
    operation = operation_of({"type": "array", "items": item})

    def explain(items: int) -> None:
        explain_schema_errors(operation, Payload([{"other": 1}] * items))

    few = count_calls(lambda: explain(30))
    assert count_calls(lambda: explain(150)) < 5.5 * few


def test_name_that_reads_return_stands_for_no_other() -> None:
    operation = load_operation("create-campaign")
    wrong = ["homeDivision", "homDivision"]
    found = find_renames(operation, {name: {} for name in wrong}, {"": wrong})
    assert list(found) == ["/homDivision"]
