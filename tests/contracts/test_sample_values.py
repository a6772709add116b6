"""Bodies that are generated from schemas are valid; hostile schemas take little time."""

from __future__ import annotations

import json
from typing import Any

import pytest

from cxcall.contracts import sample_values
from cxcall.contracts.contract import Contract
from cxcall.contracts.json_schema import compile_schema
from cxcall.contracts.operation import URLENCODED, Operation
from cxcall.contracts.sample_values import NUMBER, sample_body
from helpers.cases import each_case

TEXT = {"type": "string"}


def operation(schema: Any, media_type: str = "application/json", **schemas: Any) -> Operation:
    body = {"content": {media_type: {"schema": schema}}}
    declared = {"operationId": "ring", "requestBody": body, "responses": {}}
    document = {"paths": {"/x": {"post": declared}}, "components": {"schemas": schemas}}
    return Contract("made-up", document).operations[0]


@each_case(
    "pattern, expected",
    [
        (r"^\+[1-9]\d{1,14}$", NUMBER),
        ("^[0-9]{10,}$", NUMBER[1:]),
        ("^https?://.+$", "https://example.com/"),
        (r"^\d{4}-\d\d-\d\d$", "2026-01-01"),
        ("^[A-Z]+$", "A"),
        (r"^\w+/[-+.\w]+$", "text/plain"),
        ("^AC[0-9]{4}$", "text"),  # no usual text matches
    ],
)
def test_text_with_a_pattern_is_a_usual_one(pattern: str, expected: str) -> None:
    schema = {
        "type": "object",
        "required": ["x"],
        "properties": {"x": {**TEXT, "pattern": pattern}},
    }
    assert sample_body(operation(schema)) == {"x": expected}


@each_case(
    "schema",
    [
        {"type": "object", "required": ["a"], "properties": {"a": {"type": "number", "exclusiveMinimum": 1, "maximum": 1.5}}},
        {"type": "object", "required": ["a"], "properties": {"a": {"type": "integer", "multipleOf": 7, "minimum": 8}}},
        {"oneOf": [{"required": ["a"], "properties": {"a": TEXT}}, {"required": ["b"], "properties": {"b": TEXT}}]},
        {"properties": {"kind": {"const": "x"}, "a": {"oneOf": [{"required": ["b"], "properties": {"b": TEXT}}, {"additionalProperties": False, "properties": {"c": TEXT}}]}}, "required": ["a", "kind"]},
        {"type": "object", "minProperties": 2, "properties": {"a": TEXT}},
        {"type": "array", "minItems": 2, "items": {"enum": ["a", "b"]}},
        {"type": "object", "required": ["at"], "properties": {"at": {"type": "string", "format": "date-time"}}},
    ],
)  # fmt: skip
def test_body_is_valid(schema: Any) -> None:
    ring = operation(schema)
    assert compile_schema(ring.body_schema).is_valid(sample_body(ring))


def test_number_has_the_form_of_one_and_a_form_has_items() -> None:
    properties = {"To": TEXT, "from": TEXT, "tags": {"type": "array", "items": TEXT}}
    schema = {"type": "object", "required": [*properties], "properties": properties}
    found = sample_body(operation(schema, URLENCODED))
    assert found == {"To": NUMBER, "from": NUMBER, "tags": ["text"]}
    assert sample_body(operation(schema))["tags"] == []


def test_optional_members_are_shown_where_none_is_required() -> None:
    properties = {"name": TEXT, "id": {**TEXT, "readOnly": True}}
    assert sample_body(operation({"type": "object", "properties": properties})) == {"name": "text"}


@pytest.mark.slow
@each_case(
    "schema",
    [
        {"type": "array", "minItems": 10**9, "items": TEXT},
        {"type": "string", "minLength": 10**9},
        {"type": "string", "pattern": "^((ab?){90}){60}$"},
        {"type": "object", "minProperties": 10**9},
        {"$ref": "#/components/schemas/Loop"},
        {"allOf": [{"$ref": "#/components/schemas/Loop"}]},
    ],
)
def test_hostile_schema_costs_little(schema: Any) -> None:
    loop = {
        "type": "object",
        "required": ["a"],
        "properties": {"a": {"$ref": "#/components/schemas/Loop"}},
    }
    sample_body(operation(schema, Loop=loop))


@pytest.mark.slow
@pytest.mark.parametrize("needed", [["a", "b"], []])
def test_sample_of_schemas_that_double_is_small_and_keeps_the_first_levels(
    needed: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        sample_values, "_MOST_CHARACTERS", 30_000
    )  # a tenth, for a tenth of the time
    schemas: dict[str, Any] = {"L30": TEXT}
    for level in range(30):
        member = {"$ref": f"#/components/schemas/L{level + 1}"}
        members = {"a": member, "b": member}
        schemas[f"L{level}"] = {"type": "object", "required": ["a", "b"], "properties": members}
    top = {**schemas["L0"], "required": [*needed, "to"]}
    top["properties"] = {**top["properties"], "to": TEXT}
    found = sample_body(operation(top, **schemas))
    assert len(json.dumps(found)) < 1 << 17
    assert found["to"]
    assert {*found} == {*needed, "to"}
    assert not needed or {*found["b"]["b"]["a"]} == {"a", "b"}


@pytest.mark.slow
def test_sample_takes_the_alternative_that_ends() -> None:
    node = {"anyOf": [{"$ref": "#/components/schemas/Node"}, {"type": "null"}]}
    members = {"left": node, "right": node}
    tree = {"type": "object", "required": ["left", "right"], "properties": members}
    found = sample_body(operation({"$ref": "#/components/schemas/Node"}, Node=tree))
    assert found == {"left": None, "right": None}
