"""Which correction a finding suggests, where the schema alone would allow several."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

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
    """Return what the check says about a body of the operation above."""
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


def test_alternative_of_the_same_type_explains_a_value_that_fits_none(cxcall: Cxcall) -> None:
    found = findings(cxcall, {**VALID, "target": {}})
    assert [(each["code"], each["where"]) for each in found] == [
        ("property-missing", "/target/name"),
        ("property-missing", "/target/site"),
    ]


@pytest.mark.parametrize("value", [" <queue ID>", "{{queue_id}}\n", "\tTODO "])
def test_placeholder_is_found_with_spaces_around_it(cxcall: Cxcall, value: str) -> None:
    (found,) = findings(cxcall, {**VALID, "queueId": value})
    assert (found["code"], found["where"]) == ("placeholder", "/queueId")


def test_required_property_that_is_missing_is_reported_once(cxcall: Cxcall) -> None:
    found = findings(cxcall, {"note": "n"})
    assert [(each["code"], each["where"]) for each in found] == [("property-missing", "/queueId")]


def test_property_that_was_once_required_is_a_warning(cxcall: Cxcall) -> None:
    (found,) = findings(cxcall, {"queueId": "q"})
    assert (found["severity"], found["code"]) == ("warning", "property-missing")
    assert found["fix"] == "add `note` or `remark`"


def test_duplicate_item_is_named_and_removed(cxcall: Cxcall) -> None:
    (found,) = findings(cxcall, {**VALID, "tags": ["a", "b", "a"]})
    assert found["message"] == "`a` is twice in `/tags`"
    assert [each["value"] for each in found["edits"]] == [["a", "b"]]
