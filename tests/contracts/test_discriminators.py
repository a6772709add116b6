"""A discriminator chooses the schema of an object: one that extends its schema with `allOf`, or one of a `oneOf`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from zlib import crc32

import pytest

from cxcall import check
from cxcall.findings.finding import Severity
from helpers.cases import each_case

if TYPE_CHECKING:
    from pathlib import Path

    from helpers.command import Cxcall

TEXT = {"type": "string"}
NAMED = "#/components/schemas/"


def extension(of: str, place: str, name: str, **more: Any) -> dict[str, Any]:
    """Return a schema that extends another one with a required property, and declares that closed, as many documents do."""
    own = {"type": "object", "required": [name], "properties": {name: TEXT}}
    return {"allOf": [{"$ref": f"#/{place}/{of}"}, {**own, "additionalProperties": False}], **more}


def extended(place: str, discriminator: Any) -> dict[str, Any]:
    """Return schemas for a contact with a kind; a mobile phone is also a phone."""
    contact = {"type": "object", "required": ["kind"], "properties": {"kind": TEXT}}
    return {
        "Contact": {**contact, "discriminator": discriminator},
        "Phone": extension("Contact", place, "phone"),
        "Mobile": extension("Phone", place, "carrier"),
        "Crm": extension("Contact", place, "crmId", **{"x-discriminator-value": "crm"}),
        "Body": {"type": "object", "properties": {"contact": {"$ref": f"#/{place}/Contact"}}},
    }


def document(schemas: dict[str, Any], *, is_swagger: bool = False) -> dict[str, Any]:
    """Return a document whose operation takes the schema `Body`."""
    dial: dict[str, Any] = {"operationId": "dial", "responses": {"200": {"description": "OK"}}}
    head = {"info": {"title": "Dialer", "version": "1"}, "paths": {"/dial": {"post": dial}}}
    if is_swagger:
        body = {"in": "body", "name": "body", "schema": {"$ref": "#/definitions/Body"}}
        dial["parameters"] = [body]
        return {"swagger": "2.0", "definitions": schemas, **head}
    reference = {"schema": {"$ref": "#/components/schemas/Body"}}
    dial["requestBody"] = {"content": {"application/json": reference}}
    return {"openapi": "3.0.3", "components": {"schemas": schemas}, **head}


def findings(folder: Path, own: dict[str, Any], contact: Any) -> set[tuple[str, str]]:
    text = json.dumps(own)
    file = folder / f"{crc32(text.encode())}.json"  # a process reads each file once
    file.write_text(text, "utf-8")
    verdict = check({"contact": contact}, "dial", contract=file)
    found = [each for each in verdict.findings if each.severity is not Severity.NOTE]
    places = {(each.code, each.where) for each in found}
    assert len(places) == len(found)
    return places


@pytest.mark.slow
@each_case(
    "contact, expected",
    [
        ({"kind": "Phone", "phone": "x"}, set()),
        ({"kind": "Phone"}, {("property-missing", "/contact/phone")}),
        ({"kind": "Phone", "phone": 5}, {("type-mismatch", "/contact/phone")}),
        ({"kind": "Mobile", "phone": "x", "carrier": "y"}, set()),
        (
            {"kind": "Mobile"},
            {("property-missing", "/contact/phone"), ("property-missing", "/contact/carrier")},
        ),
        ({"kind": "crm"}, {("property-missing", "/contact/crmId")}),
        ({"kind": "Other"}, set()),
        ({}, {("property-missing", "/contact/kind")}),
    ],
)
def test_discriminator_chooses_the_schema_that_extends_its_own(
    folder: Path, contact: Any, expected: set[tuple[str, str]]
) -> None:
    own = document(extended("definitions", "kind"), is_swagger=True)
    assert findings(folder, own, contact) == expected


@pytest.mark.slow
def test_mapping_gives_the_values_of_a_discriminator(folder: Path) -> None:
    place = "components/schemas"
    mapping = {"tel": f"#/{place}/Phone", "phone": "Phone"}
    own = document(extended(place, {"propertyName": "kind", "mapping": mapping}))
    for kind in ("tel", "phone", "Phone"):
        missing = {("property-missing", "/contact/phone")}
        assert findings(folder, own, {"kind": kind}) == missing
    mapping["Phone"] = "Crm"
    assert findings(folder, own, {"kind": "Phone"}) == {("property-missing", "/contact/crmId")}


def test_rule_of_an_extending_schema_is_reported_once(cxcall: Cxcall, folder: Path) -> None:
    schemas = extended("definitions", "kind")
    schemas["Crm"]["allOf"][1].update(properties={"crmId": {"type": "string", "required": True}})
    schemas["Body"]["properties"]["contact"] = {"$ref": "#/definitions/Crm"}
    del schemas["Crm"]["allOf"][1]["additionalProperties"]
    own = document(schemas, is_swagger=True)
    assert findings(folder, own, {"kind": "crm"}) == {("property-missing", "/contact/crmId")}
    words = ("--contract", cxcall.file("own.json", own), "-o", "json")
    assert len(cxcall("operations", "--problems", *words).envelope["findings"]) == 1
    shown = cxcall("operations", "dial", *words[:2], code=0).out
    assert (
        "    if kind is Phone | Mobile\n      phone  string, required\n    if kind is crm  crmId\n"
        in shown
    )
    given = ("--base-url", "https://x.example", "--set", '/contact={"kind": "crm"}', "-n")
    assert cxcall("send", "dial", *words, *given, code=3).codes == ["property-missing"]


def test_discriminator_chooses_the_alternative_that_is_explained(folder: Path) -> None:
    kinds = {"phone": "number", "sip": "uri"}
    alternatives = [
        {
            "type": "object",
            "required": ["kind", name],
            "properties": {"kind": {"enum": [kind]}, name: TEXT},
            "additionalProperties": False,
        }
        for kind, name in kinds.items()
    ]
    contact = {"oneOf": alternatives, "discriminator": {"propertyName": "kind"}}
    own = document({"Body": {"type": "object", "properties": {"contact": contact}}})
    assert findings(folder, own, {"kind": "sip", "number": "+12025550123"}) == {
        ("property-missing", "/contact/uri"),
        ("property-unknown", "/contact/number"),
    }
    assert findings(folder, own, {"kind": "si", "uri": "x"}) == {
        ("value-not-allowed", "/contact/kind")
    }


def test_object_may_fit_alternatives_beside_the_chosen_one(folder: Path) -> None:
    kinds = {"type": "object", "properties": {"kind": {"enum": ["a", "b"]}}, "required": ["kind"]}
    listed = [{"$ref": f"#/components/schemas/{each}"} for each in "ab"]
    contact = {"oneOf": listed, "discriminator": {"propertyName": "kind"}}
    own = document({"Body": {"properties": {"contact": contact}}, "a": kinds, "b": kinds})
    assert findings(folder, own, {"kind": "a"}) == set()


@pytest.mark.slow
@each_case(
    "alternatives, mapping, kind",
    [
        ("oneOf", None, "Phone"),
        ("anyOf", None, "Phone"),
        ("oneOf", {"tel": "#/components/schemas/Phone"}, "tel"),
    ],
)
def test_discriminator_chooses_a_named_alternative(
    folder: Path, alternatives: str, mapping: dict[str, str] | None, kind: str
) -> None:
    schemas = {
        name: {
            "type": "object",
            "required": ["kind"],
            "properties": {"kind": TEXT, member: {"type": "string", "maxLength": 5}},
        }
        for name, member in (("Phone", "number"), ("Sip", "uri"))
    }
    chosen = {"propertyName": "kind", **({"mapping": mapping} if mapping else {})}
    references = [{"$ref": f"#/components/schemas/{name}"} for name in schemas]
    others = [{"type": "string", "enum": ["none", None], "nullable": True}, {"type": "integer"}]
    contact = {alternatives: [*references, *others], "discriminator": chosen}
    own = document({"Body": {"properties": {"contact": contact}}, **schemas})
    wrong = {"kind": kind, "number": "too long"}
    assert findings(folder, own, wrong) == {("value-not-allowed", "/contact/number")}
    assert findings(folder, own, {**wrong, "kind": "Sip"}) == set()
    assert findings(folder, own, {**wrong, "kind": "other"}) == set()
    assert findings(folder, own, {"number": "1"}) == {("property-missing", "/contact/kind")}
    for other in ("none", None, 5):  # only an object has the property
        assert findings(folder, own, other) == set()
    assert findings(folder, own, "x") == {("value-not-allowed", "/contact")}


@each_case(
    "body, expected",
    [
        ({"oneOf": [{"$ref": f"{NAMED}Mobile"}, {"$ref": f"{NAMED}Phone"}]}, "cell"),
        ({"anyOf": [{"$ref": f"{NAMED}Phone"}, {"$ref": f"{NAMED}Crm"}]}, "tel"),
        ({"$ref": f"{NAMED}Contact"}, "tel"),
    ],
)
def test_sample_has_the_value_that_chooses_its_alternative(
    cxcall: Cxcall, body: Any, expected: str
) -> None:
    mapping = {"tel": f"{NAMED}Phone", "cell": f"{NAMED}Mobile"}
    chosen = {"propertyName": "kind", "mapping": mapping}
    schemas = extended("components/schemas", chosen)
    schemas["Body"] = {**body, **({} if "$ref" in body else {"discriminator": chosen})}
    file = cxcall.file("own.json", document(schemas))
    found = json.loads(cxcall("operations", "dial", "--skeleton", "--contract", file, code=0).out)
    assert found["kind"] == expected
    assert ("carrier" in found, "phone" in found) == (expected == "cell", True)
