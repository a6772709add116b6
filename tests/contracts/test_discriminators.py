"""An object may fit several alternatives; its discriminator chooses the one that is explained."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from helpers.command import Cxcall

TEXT = {"type": "string"}


def document(schemas: dict[str, Any]) -> dict[str, Any]:
    """Return a document whose operation takes the schema `Body`."""
    dial: dict[str, Any] = {"operationId": "dial", "responses": {"200": {"description": "OK"}}}
    head = {"info": {"title": "Dialer", "version": "1"}, "paths": {"/dial": {"post": dial}}}
    reference = {"schema": {"$ref": "#/components/schemas/Body"}}
    dial["requestBody"] = {"content": {"application/json": reference}}
    return {"openapi": "3.0.3", "components": {"schemas": schemas}, **head}


def findings(cxcall: Cxcall, own: dict[str, Any], contact: Any) -> set[tuple[str, str]]:
    words = ("--contract", cxcall.file("own.json", own), "--base-url", "https://x.example")
    given = f"/contact={json.dumps(contact)}"
    ran = cxcall("send", "dial", *words, "--set", given, "-n", "-o", "json")
    found = [each for each in ran.envelope["findings"] if each["severity"] != "note"]
    places = {(each["code"], each["where"]) for each in found}
    assert len(places) == len(found)
    return places


def test_discriminator_chooses_the_alternative_that_is_explained(cxcall: Cxcall) -> None:
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
    assert findings(cxcall, own, {"kind": "sip", "number": "+12025550123"}) == {
        ("property-missing", "/contact/uri"),
        ("property-unknown", "/contact/number"),
    }
    assert findings(cxcall, own, {"kind": "si", "uri": "x"}) == {
        ("value-not-allowed", "/contact/kind")
    }


def test_object_may_fit_several_alternatives(cxcall: Cxcall) -> None:
    kinds = {"type": "object", "properties": {"kind": {"enum": ["a", "b"]}}, "required": ["kind"]}
    contact: dict[str, Any] = {"oneOf": [kinds, {**kinds, "title": "B"}]}
    for more in ({}, {"discriminator": {"propertyName": "kind"}}):
        own = document({"Body": {"type": "object", "properties": {"contact": contact | more}}})
        assert findings(cxcall, own, {"kind": "a"}) == set()
