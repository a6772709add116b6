"""What is easily lost in the conversion of a user's document: similar names, and what a combination of schemas says."""

from __future__ import annotations

from typing import Any

import pytest

from cxcall.contracts.contract import Contract
from cxcall.contracts.conversion.convert import convert
from cxcall.contracts.json_schema import compile_schema
from cxcall.contracts.operation import Operation
from cxcall.documents.yaml_document import load_yaml
from cxcall.findings.errors import UnusableDocumentError
from helpers.calling_api import wrap
from helpers.cases import each_case

R = {
    "type": "object",
    "properties": {"id": {"type": "string", "readOnly": True}, "to": {"type": "string"}},
}
ID = {"type": "string", "readOnly": True}
REFERENCE = {"$ref": "#/components/schemas/R"}
MEMBER = {"$ref": "#/components/schemas/ID"}


def operation(written: dict[str, Any]) -> Operation:
    """Return the only operation of a user's document."""
    return Contract("own", convert(written, "own").as_document()).operations[0]


def with_body(content: Any, dialect: str = "3.0.3", **more: Any) -> Operation:
    """Return an operation with a body; `more` are its other members."""
    post = {
        "operationId": "dial",
        "requestBody": {"content": content},
        "responses": {"200": {"description": "-"}},
    }
    document = wrap(dialect, {"/dial": {"post": {**post, **more}}})
    return operation({**document, "components": {"schemas": {"R": R, "ID": ID}}})


def with_schema(schema: Any, dialect: str = "3.0.3") -> Operation:
    return with_body({"application/json": {"schema": schema}}, dialect)


def accepts(dial: Operation, body: Any) -> bool:
    return compile_schema(dial.body_schema).is_valid(body)


@pytest.mark.parametrize("dialect", ["2.0", "3.0.3"])
def test_key_of_a_scheme_with_a_similar_name_is_not_sent(dialect: str) -> None:
    schemes = {
        name: {"type": "apiKey", "in": place, "name": place}
        for name, place in (
            ("API Key", "header"),
            ("API-Key", "query"),
            ("鍵", "cookie"),
            ("印", "query"),
        )
    }
    for name, place in (("API Key", "header"), ("API-Key", "query"), ("鍵", "cookie")):
        item = {
            "post": {
                "operationId": "dial",
                "security": [{name: []}],
                "responses": {"200": {"description": "-"}},
            }
        }
        document = wrap(dialect, {"/dial": item})
        held = (
            {"securityDefinitions": schemes}
            if dialect == "2.0"
            else {"components": {"securitySchemes": schemes}}
        )
        (alternative,) = operation({**document, **held}).security
        assert [(each.place, each.field) for each in alternative] == [(place, place)]


@each_case(
    "dialect, schema",
    [
        ("3.0.3", {"allOf": [REFERENCE], "required": ["id", "to"]}),
        ("3.1.0", {"allOf": [REFERENCE, {"required": ["id", "to"]}]}),
        ("3.0.3", {"allOf": [REFERENCE, {"allOf": [{"required": ["id", "to"]}]}]}),
        ("3.1.0", {**REFERENCE, "required": ["id", "to"]}),
        ("3.0.3", {"required": ["id", "to"], "properties": {"id": MEMBER}}),
        ("3.0.3", {"required": ["id", "to"], "properties": {"id": {"allOf": [MEMBER]}}}),
        ("3.1.0", {"required": ["id", "to"], "properties": {"id": {**MEMBER, "maxLength": 9}}}),
    ],
    quick=7,
)
def test_property_that_another_schema_declares_as_read_only_is_not_required(
    dialect: str, schema: Any
) -> None:
    dial = with_schema(schema, dialect)
    assert accepts(dial, {"to": "+12025550100"})
    assert not accepts(dial, {"id": "a"})


NUMBERS = {"schema": {"type": "object", "properties": {"a": {"type": "integer"}}}}
TEXTS = {"schema": {"type": "object", "properties": {"a": {"type": "string"}}}}


@each_case(
    "other, first",
    [
        (other, first)
        for other in ("*/*", "application/*", "text/json", "application/json; v=2")
        for first in (True, False)
    ],
    quick=8,
)
def test_schema_of_json_itself_applies_beside_those_of_ranges(other: str, *, first: bool) -> None:
    pairs = [("application/json", NUMBERS), (other, TEXTS)]
    dial = with_body(dict(pairs if first else reversed(pairs)))
    assert accepts(dial, {"a": 1})
    assert not accepts(dial, {"a": "x"})


def test_versions_of_json_that_cannot_be_distinguished_are_refused() -> None:
    content = {"application/json; v=1": NUMBERS, "application/json; v=2": TEXTS}
    with pytest.raises(UnusableDocumentError, match="differ only in parameters"):
        with_body(content)
    assert accepts(with_body(dict.fromkeys(content, NUMBERS)), {"a": 1})
    with_examples = {
        name: {**NUMBERS, "example": {"a": len(name)}}
        for name in ("application/json; v=1", "application/json; v=20")
    }
    assert accepts(with_body(with_examples), {"a": 1})


@each_case(
    "place, separated",
    [(place, each) for place in ("path", "header") for each in ("ssv", "tsv", "pipes", "csv")],
    quick=8,
)
def test_list_of_swagger_is_refused_in_a_form_that_its_place_does_not_have(
    place: str, separated: str
) -> None:
    listed = {"type": "array", "items": {"type": "string"}, "collectionFormat": separated}
    get = {
        "operationId": "dial",
        "parameters": [{"name": "ids", "in": place, "required": True, **listed}],
    }
    document = wrap(
        "2.0", {"/x/{ids}" if place == "path" else "/x": {"get": {**get, "responses": {}}}}
    )
    if separated == "csv":
        assert operation(document).name == "dial"
    else:
        with pytest.raises(
            UnusableDocumentError, match=f"`{separated}` of a list is not supported in the {place}"
        ):
            operation(document)


def test_styles_of_a_multipart_form_are_those_of_its_version() -> None:
    encoding = {"a": {"style": "form", "explode": False, "contentType": "text/csv"}}
    form = {"multipart/form-data": {"schema": {"type": "object"}, "encoding": encoding}}
    assert with_body(form, "3.1.0").encoding("a") == encoding["a"]
    assert with_body(form, "3.0.3").encoding("a") == {"contentType": "text/csv"}


@each_case(
    "dialect, form, value",
    [
        (dialect, form, value)
        for dialect in ("3.0.3", "3.1.0", "3.2.0")
        for form, value in (
            ("uri", "/callbacks/1"),
            ("time", "10:00"),
            ("regex", r"\Z"),
            ("json-pointer", "a"),
        )
    ],
    quick=12,
)
def test_format_that_vendors_use_loosely_is_not_checked(
    dialect: str, form: str, value: str
) -> None:
    members = {"v": {"type": "string", "format": form}, "day": {"type": "string", "format": "date"}}
    dial = with_schema({"type": "object", "properties": members}, dialect)
    assert accepts(dial, {"v": value})
    assert not accepts(dial, {"day": value})


@each_case(
    "schema, message",
    [
        ({"$ref": "#an", "$defs": {"x": {"$anchor": "an"}}}, "an anchor is not supported"),
        (
            {"$id": "https://x.example/y", "$ref": "#/$defs/q", "$defs": {"q": {}}},
            "which is not in it",
        ),
    ],
    quick=2,
)
def test_reference_that_is_not_a_path_of_the_document_says_so(schema: Any, message: str) -> None:
    with pytest.raises(UnusableDocumentError, match=message) as raised:
        with_schema(schema, "3.1.0")
    assert "path" in raised.value.findings[0].fix


@each_case("path", ["/a b/{id}", "/a#b", "/é", "/a%2"], quick=4)
def test_path_that_no_url_can_have_is_a_problem(path: str) -> None:
    get = {"get": {"operationId": "dial", "responses": {}}}
    assert operation(wrap("3.1.0", {"/a%20b/{id x}:do": get})).name == "dial"
    with pytest.raises(UnusableDocumentError, match="has characters that a URL cannot have"):
        operation(wrap("3.1.0", {path: get}))


def test_numbers_of_yaml_have_up_to_three_digits_in_the_exponent() -> None:
    found = load_yaml("[1e100, 1.7976931348623157e+308, 5e-324, 1e999]")
    assert found == [1e100, 1.7976931348623157e308, 5e-324, "1e999"]
