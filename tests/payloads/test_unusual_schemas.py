"""Each value that a schema refuses gets a finding, whatever the keywords of the schema are."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cxcall.contracts.contract import Contract
from cxcall.contracts.json_schema import is_acceptable
from cxcall.payloads.payload import Payload
from cxcall.payloads.schema_check import check_body, check_parameters, has_errors
from helpers.calling_api import wrap
from helpers.cases import each_case

NAMES = ["a", "b", "7", ""]
SCALARS = st.none() | st.booleans() | st.integers(-2, 8) | st.sampled_from(["", "x", "bb", "[1]"])
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=3)
    ),
    max_leaves=6,
)
TYPES = st.sampled_from(["string", "integer", "null", "object", "array"])
LEAVES = (
    st.booleans()
    | st.fixed_dictionaries({"type": TYPES})
    | st.fixed_dictionaries({"enum": st.lists(VALUES, min_size=1, max_size=2)})
    | st.sampled_from([{"type": "array", "uniqueItems": True}, {"minimum": 3}, {"minLength": 2}])
)


def members(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Return mappings of names to schemas."""
    return st.dictionaries(st.sampled_from(NAMES), inner, max_size=2)


def schemas(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Return schemas that contain others."""
    several = st.lists(inner, min_size=1, max_size=3)
    return st.fixed_dictionaries(
        {},
        optional={
            "properties": members(inner),
            "required": st.lists(st.sampled_from(NAMES), max_size=1),
            "additionalProperties": inner,
            "unevaluatedProperties": st.booleans(),
            "propertyNames": inner,
            "dependentSchemas": members(inner),
            "items": inner,
            "contains": inner,
            "oneOf": several,
            "anyOf": several,
            "not": inner,
        },
    )


def ring(schema: Any, parameters: list[Any] | None = None) -> Any:
    """Return an operation with this schema of its body."""
    body = {"content": {"application/json": {"schema": schema}}}
    operation = {"operationId": "ring", "requestBody": body, "parameters": parameters or []}
    (found,) = Contract("own", wrap("3.1.0", {"/x": {"post": operation}})).operations
    return found


@pytest.mark.slow
@given(schema=st.recursive(LEAVES, schemas, max_leaves=6), value=VALUES)
def test_only_an_invalid_value_has_an_error(schema: Any, value: Any) -> None:
    operation = ring({"allOf": [schema]})
    assert has_errors(check_body(operation, Payload(value))) != is_acceptable(
        operation.body_schema, value
    )


TEXT = {"type": "object", "properties": {"b": {"type": "string"}}}


@each_case(
    "schema, value, message",
    [
        (
            {"propertyNames": {"anyOf": [{"maxLength": 1}, {"enum": ["id"]}]}},
            {"name": 1},
            "a name in the body of `ring` matches none of the alternatives of its schema; got `name`",
        ),
        ({"properties": {"": TEXT}}, {"": {"b": 1}}, "`//b` must be a string, not an integer"),
        ({"properties": {"": {"type": "string"}}}, {"": 1}, "`/` must be a string, not an integer"),
        (
            {"properties": {"": {"items": {"type": "string"}}}},
            {"": [1]},
            "`//0` must be a string, not an integer",
        ),
        (
            {"dependentSchemas": {"": False}, "properties": {"a": {}}},
            {"": 1},
            "the body of `ring` is not allowed by the schema",
        ),
    ],
)
def test_message_names_the_value_that_is_wrong(schema: Any, value: Any, message: str) -> None:
    findings = check_body(ring(schema), Payload(value))
    assert [each.message for each in findings if each.severity == "error"] == [message]


def test_boolean_alternatives_are_no_cause_of_a_warning() -> None:
    found = check_body(ring({**TEXT, "anyOf": [True, False]}), Payload({"c": 1}))
    assert not has_errors(found)


@each_case(
    "schema, text, message",
    [
        (
            {"anyOf": [{"type": "integer"}, {"enum": ["auto"]}]},
            "fast",
            "`speed` in the query matches none of the alternatives of its schema; got `fast`",
        ),
        (
            {"type": "array", "items": False},
            "fast",
            "`speed` in the query is not allowed by the schema",
        ),
    ],
)
def test_message_on_a_parameter_names_the_rule(schema: Any, text: str, message: str) -> None:
    operation = ring({}, [{"name": "speed", "in": "query", "schema": schema}])
    (found,) = check_parameters(operation, {"speed": text})
    assert found.message == message
