"""A value that fits several alternatives of a `oneOf` has a warning, because an API may accept or refuse it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cxcall.contracts.contract import Contract
from cxcall.contracts.conversion.convert import convert
from cxcall.contracts.openapi_document import PROBLEMS
from cxcall.contracts.sample_values import sample_body
from cxcall.payloads.payload import Payload
from cxcall.payloads.schema_check import check_body, check_parameters
from helpers.calling_api import posting, wrap
from helpers.cases import each_case

if TYPE_CHECKING:
    from helpers.command import Cxcall

FITS = "fits several alternatives of its schema"
PHONE = {"type": "object", "required": ["kind"], "properties": {"kind": {}, "phone": {}}}
SIP = {"type": "object", "required": ["kind"], "properties": {"kind": {}, "uri": {}}}
NAMED = {"oneOf": [{"$ref": "#/components/schemas/Phone"}, {"$ref": "#/components/schemas/Sip"}]}
NAMES = "abc"
SCALARS = st.none() | st.booleans() | st.integers(-2, 4) | st.sampled_from(["", "x"])
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=3)
    ),
    max_leaves=5,
)
LEAVES = st.booleans() | st.sampled_from(
    [{"type": "object"}, {"type": "integer"}, {"type": ["string", "null"]}, {"minimum": 2}, {}]
    + [{"required": [name]} for name in NAMES]
    + [{"type": "object", "properties": {name: {}}} for name in NAMES]
    + [{"$ref": "#/components/schemas/Phone"}]
)


def schemas(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Return schemas that contain others, mostly in a `oneOf`."""
    several = st.lists(inner, min_size=1, max_size=3)
    return st.fixed_dictionaries(
        {"oneOf": several},
        optional={
            "properties": st.dictionaries(st.sampled_from(NAMES), inner, max_size=2),
            "unevaluatedProperties": st.booleans(),
            "items": inner,
            "contains": inner,
            "propertyNames": st.fixed_dictionaries({"oneOf": several}),
            "anyOf": several,
            "allOf": several,
            "not": inner,
            "if": inner,
            "then": inner,
        },
    )


def document(schema: Any, parameters: list[Any] | None = None) -> dict[str, Any]:
    """Return a document with one operation."""
    body = {"content": {"application/json": {"schema": schema}}}
    ring = {"operationId": "ring", "requestBody": body, "parameters": parameters or []}
    components = {"schemas": {"Phone": PHONE, "Sip": SIP}}
    return {**wrap("3.1.0", {"/x": {"post": {**ring, "responses": {}}}}), "components": components}


def operation(schema: Any, parameters: list[Any] | None = None) -> Any:
    """Return the operation of the converted document."""
    converted = convert(document(schema, parameters), "own")
    assert not converted.head[PROBLEMS]
    (found,) = Contract("own", converted.as_document()).operations
    return found


def warnings(schema: Any, value: Any) -> list[str]:
    """Return the messages on a body, all of which must be warnings."""
    found = check_body(operation(schema), Payload(value))
    assert {each.severity for each in found} <= {"warning"}
    return [each.message for each in found]


@pytest.mark.slow
@given(schema=st.recursive(LEAVES, schemas, max_leaves=8), value=VALUES)
def test_value_without_a_warning_is_valid_by_an_independent_validator(
    schema: Any, value: Any
) -> None:
    components = {"components": {"schemas": {"Phone": PHONE, "Sip": SIP}}}
    theirs = jsonschema.Draft202012Validator({"allOf": [schema], **components})
    found = check_body(operation(schema), Payload(value))
    refused = [each for each in found if each.severity == "error" or FITS in each.message]
    assert theirs.is_valid(value) == (not refused)


@each_case(
    "schema, value, expected",
    [
        (NAMED, {"kind": 1}, [f"the body of `ring` {FITS}: number 1 (`Phone`), number 2 (`Sip`)"]),
        (
            {"properties": {"to": {"items": NAMED}}},
            {"to": [{"kind": 1}]},
            [f"`/to/0` {FITS}: number 1 (`Phone`), number 2 (`Sip`)"],
        ),
        (
            {"oneOf": [{"required": ["a"]}, {"title": "Both", "required": ["a", "b"]}, {"required": ["b", "c"]}, True]},
            {"a": 1, "b": 2, "c": 3},
            [f"the body of `ring` {FITS}: number 1 (with `a`), number 2 (`Both`), number 3 (with `b` and `c`), number 4"],
        ),
        (
            {"anyOf": [{"type": "null"}, {"oneOf": [{"type": "integer"}, {"type": "number"}]}]},
            5,
            [f"the body of `ring` {FITS}: number 1, number 2"],
        ),
        ({"contains": {"oneOf": [{"type": "integer"}, {"minimum": 1}]}}, [2], [f"the body of `ring` {FITS}"]),
        (
            {"unevaluatedProperties": False, "properties": {"a": {}}, "oneOf": [{"properties": {"b": {}}}, {}]},
            {"a": 1, "b": 2},
            [f"the body of `ring` {FITS}: number 1, number 2"],
        ),
        ({"not": {"oneOf": [{}, {"type": "object"}]}}, {}, []),  # valid because it fits both
        (NAMED, {"kind": 1, "phone": 2, "uri": 3}, [f"the body of `ring` {FITS}: number 1 (`Phone`), number 2 (`Sip`)"]),
        ({"oneOf": [{"type": "object"}, {"type": "array"}]}, {}, []),
    ],
)  # fmt: skip
def test_warning_names_the_alternatives(schema: Any, value: Any, expected: list[str]) -> None:
    assert warnings(schema, value) == expected


def test_value_that_fits_no_alternative_is_an_error() -> None:
    own = operation({"properties": {"to": NAMED, "other": NAMED}})
    found = check_body(own, Payload({"to": {"kind": 1}, "other": {}}))
    places = {(each.severity, each.where) for each in found}
    assert places == {("warning", "/to"), ("error", "/other/kind")}


@each_case(
    "text, severities",
    [("5", []), ("2.5", []), ("auto", []), ("fast", ["error"]), ("<speed>", ["error"])],
)
def test_parameter_may_fit_several_alternatives(text: str, severities: list[str]) -> None:
    speed = {"oneOf": [{"type": "integer"}, {"type": "number"}, {"enum": ["auto"]}]}
    own = operation({}, [{"name": "speed", "in": "query", "schema": speed}])
    assert [each.severity for each in check_parameters(own, {"speed": text})] == severities


def test_sample_fits_one_alternative_if_possible() -> None:
    closed = {"type": "object", "properties": {"a": {"type": "string"}}}
    other = {"type": "object", "required": ["b"], "properties": {"b": {"type": "string"}}}
    assert (
        warnings({"oneOf": [closed, other]}, sample_body(operation({"oneOf": [closed, other]})))
        == []
    )
    assert sample_body(operation({"oneOf": [PHONE, SIP]})) == {"kind": None}


@pytest.mark.slow
def test_request_with_the_warning_is_sent(cxcall: Cxcall) -> None:
    schemas = {"oneOf": [PHONE, {**SIP, "title": "Sip"}]}
    own = ("--contract", cxcall.file("own.json", posting("dial", {"to": schemas})))
    valid, several = {"to": {"kind": 1, "phone": [1]}}, {"to": {"kind": 1}}
    file = cxcall.file("body.json", several)
    ran = cxcall("validate", file, *own, code=0)
    assert (
        f"warning[value-not-allowed]: `/to` {FITS}: number 1 (with `kind`), number 2 (`Sip`)"
        in ran.out
    )
    cxcall("validate", file, *own, "--strict", code=3)
    lines = cxcall.file("bodies.jsonl", f"{several}\n{valid}\n".replace("'", '"'))
    ran = cxcall("validate", lines, *own, "-o", "json", code=0)
    assert [each["code"] for each in ran.envelope["findings"]] == ["value-not-allowed"] * 2
    sent = cxcall("send", "dial", *own, "--sandbox", "-f", file, code=0)
    assert f"`/to` {FITS}" in sent.err
