"""Documents of older dialects are converted correctly, according to independent validators."""

from __future__ import annotations

import json
from typing import Any

import jsonschema_rs
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from jsonschema import Draft4Validator

from cxcall.contracts.conversion.convert import ConvertedDocument, convert
from cxcall.contracts.openapi_document import PROBLEMS
from helpers.small_api import openapi, swagger

pytestmark = pytest.mark.slow

# 1.0 is an integer in JSON Schema 2020-12, but not in earlier drafts, so no body depends on it.
SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(-5, 5), st.sampled_from([0.5, -1.25, "", "a", "bb"])
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3)
    ),
    max_leaves=6,
)
NULLABLE = st.sampled_from([{}, {"nullable": True}, {"nullable": False}])
NUMBERS = st.fixed_dictionaries(
    {"type": st.sampled_from(["integer", "number"])},
    optional={
        "minimum": st.integers(-3, 3),
        "exclusiveMinimum": st.booleans(),
        "maximum": st.integers(-3, 3),
        "exclusiveMaximum": st.booleans(),
        "multipleOf": st.just(2),
    },
)
TEXTS = st.fixed_dictionaries(
    {"type": st.just("string")},
    optional={
        "minLength": st.integers(0, 2),
        "enum": st.just(["a", "bb"]),
        "pattern": st.just("^a?b*$"),
    },
)


def schemas(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Return schemas of OpenAPI 3.0 that contain others."""
    objects = st.fixed_dictionaries(
        {
            "type": st.just("object"),
            "properties": st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
        },
        optional={
            "required": st.lists(st.sampled_from("abc"), min_size=1, max_size=2, unique=True),
            "additionalProperties": st.booleans() | inner,
            "maxProperties": st.integers(0, 2),
        },
    )
    arrays = st.fixed_dictionaries(
        {"type": st.just("array"), "items": inner}, optional={"minItems": st.integers(0, 2)}
    )
    many = st.tuples(
        st.sampled_from(["allOf", "anyOf", "oneOf"]), st.lists(inner, min_size=1, max_size=2)
    )
    return st.one_of(
        st.tuples(objects | arrays, NULLABLE).map(lambda pair: {**pair[0], **pair[1]}),
        many.map(lambda pair: {pair[0]: pair[1]}),
        inner.map(lambda schema: {"not": schema}),
        st.sampled_from([{"$ref": "#/components/schemas/Knot"}]),
    )


SCHEMAS = st.recursive(
    st.tuples(NUMBERS | TEXTS | st.just({"type": "boolean"}), NULLABLE).map(
        lambda pair: {**pair[0], **pair[1]}
    ),
    schemas,
    max_leaves=5,
)
KNOT = {
    "type": "object",
    "required": ["a"],
    "properties": {"a": {"type": "integer"}, "b": {"$ref": "#/components/schemas/Knot"}},
}


def document(schema: Any) -> dict[str, Any]:
    """Return a document with one body."""
    content = {"application/json": {"schema": schema}}
    operation = {
        "operationId": "put",
        "requestBody": {"content": content},
        "responses": {"200": {"description": "-"}},
    }
    return {
        "openapi": "3.0.3",
        "info": {"title": "T", "version": "1"},
        "paths": {"/x": {"put": operation}},
        "components": {"schemas": {"Knot": KNOT}},
    }


def body_schema(converted: ConvertedDocument) -> dict[str, Any]:
    """Return the schema of that body with the schemas that it refers to."""
    (operation,) = converted.operations
    media = operation.declared["requestBody"]["content"]["application/json"]
    return {**media["schema"], "components": {"schemas": converted.schemas}}


@given(schema=SCHEMAS, value=VALUES)
def test_a_body_is_judged_as_by_its_own_dialect(schema: Any, value: Any) -> None:
    from openapi_schema_validator import OAS30Validator

    written = document(schema)
    theirs = OAS30Validator({**schema, "components": written["components"]})
    converted = convert(written, "t")
    assume(not converted.head["x-cxcall-problems"])  # a contradiction is relaxed, and recorded
    ours = jsonschema_rs.validator_for(body_schema(converted), offline=True)
    assert ours.is_valid(value) == theirs.is_valid(value)


def older(node: Any) -> Any:
    """Return a schema for Swagger 2.0, in which null is not a value."""
    if isinstance(node, list):
        return [older(each) for each in node]
    if not isinstance(node, dict):
        return node
    if "$ref" in node:
        return {"$ref": "#/definitions/Knot"}
    return {name: older(each) for name, each in node.items() if name != "nullable"}


@given(schema=SCHEMAS, value=VALUES)
def test_a_body_of_swagger_is_judged_as_by_draft_4(schema: Any, value: Any) -> None:
    schema, knot = older(schema), older(KNOT)
    body = {"in": "body", "name": "body", "schema": schema}
    operation = {"parameters": [body], "responses": {"200": {"description": "-"}}}
    written = {
        "swagger": "2.0",
        "info": {"title": "T", "version": "1"},
        "paths": {"/x": {"put": operation}},
        "definitions": {"Knot": knot},
    }
    theirs = Draft4Validator({**schema, "definitions": {"Knot": knot}})
    converted = convert(written, "t")
    assume(not converted.head["x-cxcall-problems"])
    ours = jsonschema_rs.validator_for(body_schema(converted), offline=True)
    assert ours.is_valid(value) == theirs.is_valid(value)


def assert_openapi_3_1(converted: dict[str, Any]) -> None:
    """Check with an independent validator, which only this test loads: it takes each worker 0.1 s."""
    from openapi_spec_validator import OpenAPIV31SpecValidator

    OpenAPIV31SpecValidator(converted).validate()


@given(schema=SCHEMAS)
def test_what_comes_out_is_openapi_3_1(schema: Any) -> None:
    assert_openapi_3_1(convert(document(schema), "t").as_document())


@pytest.mark.parametrize("written", [swagger(), openapi()], ids=["swagger-2.0", "openapi-3.0"])
def test_whole_documents_come_out_as_openapi_3_1(written: dict[str, Any]) -> None:
    before = json.dumps(written)
    converted = convert(written, "t").as_document()
    assert_openapi_3_1(converted)
    assert json.dumps(written) == before
    problems = converted.pop(PROBLEMS)
    again = convert(converted, "t").as_document()
    assert again == {**converted, PROBLEMS: problems}
