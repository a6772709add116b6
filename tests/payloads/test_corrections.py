"""The correction that a finding suggests if the schema allows several."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from cxcall.contracts.contract import Contract
from cxcall.findings.edit import Applicability
from cxcall.findings.finding import Severity
from cxcall.payloads.errors.value_corrections import correct_text
from cxcall.payloads.payload import Payload
from cxcall.payloads.schema_check import check_body
from helpers.cases import each_case

if TYPE_CHECKING:
    from helpers.command import Cxcall

SCHEMA = {
    "type": "object",
    "additionalProperties": False,
    "required": ["queueId"],
    "x-cxcall-once-required": [["queueId"], ["note", "remark"]],
    "properties": {
        "queueId": {"type": "string"},
        "note": {"type": "string"},
        "remark": {"type": "string"},
        "mode": {"type": "string", "enum": ["on_hold", "Ready"]},
        "tags": {"type": "array", "items": {"type": "string"}, "uniqueItems": True},
        "agent": {
            "type": "object",
            "additionalProperties": False,
            "properties": {"queueId": {"type": "string"}, "skill": {"type": "string"}},
        },
        "target": {
            "oneOf": [
                {"type": "integer"},
                {
                    "type": "object",
                    "additionalProperties": False,
                    "required": ["name", "site"],
                    "properties": {"name": {"type": "string"}, "site": {"type": "string"}},
                },
            ]
        },
        "place": {
            "oneOf": [
                {"type": "object", "required": ["x", "y"], "properties": {"x": {}, "y": {}}},
                {"type": "object", "required": ["id"], "properties": {"id": {}}},
            ]
        },
    },
}
CONTRACT = {
    "openapi": "3.1.0",
    "info": {"title": "Routing", "version": "1"},
    "servers": [{"url": "http://127.0.0.1:9"}],
    "paths": {
        "/routes": {
            "post": {
                "operationId": "add-route",
                "requestBody": {"content": {"application/json": {"schema": SCHEMA}}},
            }
        }
    },
}
VALID = {"queueId": "q", "note": "n"}


def findings(cxcall: Cxcall, body: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the findings on a body of the operation above."""
    cxcall.file("routing.json", CONTRACT)
    file = cxcall.file("body.json", body)
    ran = cxcall(
        "validate", file, "--contract", "routing.json", "--operation", "add-route", "-o", "json"
    )
    found: list[dict[str, Any]] = ran.envelope["findings"]
    return found


def test_misspelled_property_is_removed_where_the_right_one_is_there(cxcall: Cxcall) -> None:
    (found,) = findings(cxcall, {**VALID, "agent": {"queueId": "a", "queue_id": "a"}})
    assert (found["code"], found["where"]) == ("property-unknown", "/agent/queue_id")
    assert found["fix"] == "remove it: `queueId` is there already"


@pytest.mark.slow
def test_spelling_of_a_name_that_is_there_is_not_moved_elsewhere(cxcall: Cxcall) -> None:
    body = {"note": "n", "agent": {"queueId": "a", "queue_id": "a"}}
    found = {each["where"]: each for each in findings(cxcall, body)}
    assert found.keys() == {"/queueId", "/agent/queue_id"}
    assert found["/agent/queue_id"]["fix"] == "remove it: `queueId` is there already"


@pytest.mark.parametrize(
    ("body", "where", "fix", "applicability"),
    [
        (
            {**VALID, "agent": {"NOTE": "x"}},
            "/agent/NOTE",
            "remove it: `/note` is there already",
            "unsafe",
        ),
        (
            {"queueId": "q", "remark": "r", "agent": {"NOTE": "x"}},
            "/agent/NOTE",
            "move `/agent/NOTE` to `/note`",
            "unsafe",
        ),
        ({"note": "n", "queue": {"ID": "q"}}, "/queue", "move `/queue/ID` to `/queueId`", "safe"),
        ({**VALID, "mode": "ON-HOLD"}, "/mode", "write `on_hold`", "safe"),
    ],
)
def test_name_or_value_in_another_style_is_recognized(
    cxcall: Cxcall, body: dict[str, Any], where: str, fix: str, applicability: str
) -> None:
    (found,) = findings(cxcall, body)
    assert (found["where"], found["fix"]) == (where, fix)
    assert {each["applicability"] for each in found["edits"]} == {applicability}


def test_alternative_with_fewer_faults_explains_a_value_that_fits_none(cxcall: Cxcall) -> None:
    (found,) = findings(cxcall, {**VALID, "place": {}})
    assert (found["code"], found["where"]) == ("property-missing", "/place/id")


@pytest.mark.slow
def test_value_of_a_wrong_type_is_not_compared_with_the_allowed_values(cxcall: Cxcall) -> None:
    (found,) = findings(cxcall, {**VALID, "mode": 5})
    assert (found["code"], found["where"]) == ("type-mismatch", "/mode")


@pytest.mark.slow
def test_alternative_of_the_same_type_explains_a_value_that_fits_none(cxcall: Cxcall) -> None:
    found = findings(cxcall, {**VALID, "target": {}})
    assert [(each["code"], each["where"]) for each in found] == [
        ("property-missing", "/target/name"),
        ("property-missing", "/target/site"),
    ]


@pytest.mark.slow
@pytest.mark.parametrize("value", [" <queue ID>", "{{queue_id}}\n", "\tTODO "])
def test_placeholder_is_found_with_spaces_around_it(cxcall: Cxcall, value: str) -> None:
    (found,) = findings(cxcall, {**VALID, "queueId": value})
    assert (found["code"], found["where"]) == ("placeholder", "/queueId")


def test_required_property_that_is_missing_is_reported_once(cxcall: Cxcall) -> None:
    found = findings(cxcall, {"note": "n"})
    assert [(each["code"], each["where"]) for each in found] == [("property-missing", "/queueId")]


def test_property_that_was_once_required_is_a_warning() -> None:
    (operation,) = Contract("own", CONTRACT).operations
    (found,) = check_body(operation, Payload({"queueId": "q"}))
    assert (found.severity, found.code) == (Severity.WARNING, "property-missing")
    assert found.fix == "add `note` or `remark`"


@pytest.mark.slow
def test_duplicate_item_is_named_and_removed(cxcall: Cxcall) -> None:
    (found,) = findings(cxcall, {**VALID, "tags": ["a", "b", "a"]})
    assert found["message"] == "`a` is twice in `/tags`"
    assert [each["value"] for each in found["edits"]] == [["a", "b"]]


@each_case(
    "text, correction",
    [
        ("ready", ("Ready", Applicability.SAFE)),
        ("on-hold", ("on_hold", Applicability.SAFE)),
        ("Raedy", ("Ready", Applicability.UNSAFE)),
        ("later", None),
    ],
)
def test_text_that_is_not_a_choice_is_corrected_to_the_nearest_one(
    text: str, correction: tuple[str, Applicability] | None
) -> None:
    assert correct_text(text, {"enum": ["on_hold", "Ready", 7]}) == correction
