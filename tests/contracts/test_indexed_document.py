"""A document with an index of its lines gives the same operations and schemas as the document as a whole."""

from __future__ import annotations

import json
import pickle
from typing import TYPE_CHECKING, Any

import pytest

from cxcall.contracts.contract import Contract, load_shipped_contracts
from cxcall.contracts.indexed_document import ShippedDocument
from cxcall.findings.errors import UsageError
from openapi_lines import write_document

if TYPE_CHECKING:
    from pathlib import Path

BELL = "#/components/schemas/Bell"


def declare(name: str, schema: Any, **more: Any) -> dict[str, Any]:
    body = {"content": {"application/json": {"schema": schema}}}
    return {"operationId": name, "requestBody": body, "responses": {}, **more}


DOCUMENT: dict[str, Any] = {
    "openapi": "3.1.0",
    "info": {"title": "Bells", "version": "1"},
    "paths": {
        "/bells": {
            "post": declare("ring", {"$ref": BELL}, **{"x-cxcall-command": {"name": "ring-bell"}}),
            "put": declare("tune", {"$ref": BELL}, **{"x-cxcall-generated": True}),
        },
        "/ropes": {
            "post": declare(
                "pull",
                {"type": "object", "properties": {"rope": {"type": "string"}}},
                **{"x-cxcall-generated": True, "summary": "Tiré à la corde"},
            ),
            "patch": declare("free", {"type": "object"}, **{"x-cxcall-generated": True}),
        },
    },
    "components": {
        "responses": {"Fault": {"description": "A fault."}},
        "schemas": {"Bell": {"type": "object", "properties": {"tone": {"type": "string"}}}},
    },
}


@pytest.fixture(params=["\n", "\r\n"], ids=["lf", "crlf"])
def document(tmp_path: Path, request: pytest.FixtureRequest) -> ShippedDocument:
    text, index = write_document(DOCUMENT)
    file = tmp_path / "bells.json"
    file.write_text(text, "utf-8", newline=request.param)
    file.with_suffix(".index").write_text(index, "utf-8", newline=request.param)
    return ShippedDocument(file)


def test_its_parts_are_those_of_the_whole_document(document: ShippedDocument) -> None:
    whole, indexed = Contract("bells", DOCUMENT), Contract("bells", document)
    for ours, theirs in zip(indexed.operations, whole.operations, strict=True):
        assert (ours.method, ours.path, ours.declared) == (
            theirs.method,
            theirs.path,
            theirs.declared,
        )
        assert ours.body_schema == theirs.body_schema
    assert indexed.routes == whole.routes
    assert document.target(BELL) == DOCUMENT["components"]["schemas"]["Bell"]
    assert document.target("#/components/responses/Fault") == {"description": "A fault."}
    assert json.loads(write_document(DOCUMENT)[0]) == DOCUMENT


def test_operations_are_found_by_name_and_extension(document: ShippedDocument) -> None:
    indexed = Contract("bells", document)
    assert [each.name for each in indexed.find_by_name("pull")] == ["pull"]
    assert indexed.find_by_name("bells") == ()
    assert [each.name for each in indexed.find_extended("x-cxcall-command", "ring-bell")] == [
        "ring"
    ]
    assert indexed.find_extended("x-cxcall-command", "pull") == ()


def test_generated_operation_is_likely_only_if_it_shares_a_name(document: ShippedDocument) -> None:
    def likely(*names: str, is_array: bool = False) -> list[str]:
        found = document.find_likely(names, is_array=is_array)
        return [each.declared["operationId"] for each in found]

    assert likely("unknown") == ["ring"]
    assert likely("tone") == ["ring", "tune"]
    assert likely("rope", "tone") == ["ring", "pull", "tune"]
    assert likely("tone", is_array=True) == ["ring"]


def test_missing_reference_is_refused_and_a_copy_reads_the_file_again(
    document: ShippedDocument,
) -> None:
    with pytest.raises(UsageError, match="Rope"):
        document.target("#/components/schemas/Rope")
    copied = pickle.loads(pickle.dumps(document))
    assert copied.routes() == document.routes()


def test_body_without_a_required_name_is_likely_for_its_operation() -> None:
    genesys = next(each for each in load_shipped_contracts() if each.name == "genesys-cloud")
    for operation in genesys.operations:
        schema = operation.schema_at("")
        names, required = list(schema.get("properties", {})), schema.get("required", [])
        if operation.is_generated and names and "items" not in schema:
            given = [name for name in names if name not in required[:1]] or names
            found = genesys.find_likely(given, is_array=False)
            alike = [
                each for each in found if each.schema_at("").get("title") == schema.get("title")
            ]
            assert alike, operation.name
