"""What the Genesys Cloud contract says stands in the vendor's own lists: nothing in it is guessed.

`facts/genesys-cloud-models.json` are properties, types and enum values as the vendor's Python SDK
269.0.0 has them; `facts/genesys-cloud-2018.json` is what its Swagger document of 2018 required;
permissions are those of the vendor's CLI 166.0.0, as the package lists them.
"""

from __future__ import annotations

import json
from importlib import resources
from pathlib import Path
from typing import Any

import pytest

from helpers.cases import each_case

CONTRACTS = resources.files("cxcall").joinpath("contracts")
CONTRACT = json.loads(CONTRACTS.joinpath("genesys-cloud.json").read_text("utf-8"))
SCHEMAS: dict[str, Any] = CONTRACT["components"]["schemas"]
MODELS: dict[str, Any] = json.loads(
    (Path(__file__).parent / "facts" / "genesys-cloud-models.json").read_text("utf-8")
)["models"]
ONCE_REQUIRED: dict[str, list[str]] = json.loads(
    (Path(__file__).parent / "facts" / "genesys-cloud-2018.json").read_text("utf-8")
)["required"]
LISTED = {
    (method, path): set(permissions.split())
    for method, path, permissions in (
        line.split("\t")
        for line in CONTRACTS.joinpath("published/genesys-cloud.tsv").read_text("utf-8").splitlines()
        if not line.startswith("#")
    )
}  # fmt: skip
OURS = {"ConversationUpdate", "Detail", "Limit", "PhoneNumber", "SentimentData", "Uuid"}
"""Schemas that are no model: parts of errors, forms of IDs and numbers, what the facts name and leave open."""

OPERATIONS = [
    (method.upper(), path, declared)
    for path, item in CONTRACT["paths"].items()
    for method, declared in item.items()
    if isinstance(declared, dict) and "operationId" in declared
]


def choices(schema: dict[str, Any]) -> set[Any]:
    """Return the values that a property, or an item of it, may have; empty where any may stand."""
    return set(schema.get("enum") or schema.get("items", {}).get("enum") or ())


def test_every_schema_is_a_model_or_known_to_be_none() -> None:
    assert SCHEMAS.keys() - MODELS.keys() == OURS


@each_case("name", sorted(SCHEMAS.keys() & MODELS.keys()))
def test_a_model_has_no_property_and_no_value_that_the_facts_do_not_have(name: str) -> None:
    declared, known = SCHEMAS[name].get("properties", {}), MODELS[name]
    assert declared.keys() <= known.keys()
    for prop, schema in declared.items():
        assert choices(schema) <= choices(known[prop]), prop


def test_what_was_once_required_stands_in_the_document_of_2018() -> None:
    declared = {name: schema.get("x-cxcall-once-required", []) for name, schema in SCHEMAS.items()}
    for name, groups in declared.items():
        assert {first for first, *_ in groups} <= set(ONCE_REQUIRED.get(name, ())), name
        assert {each for group in groups for each in group} <= MODELS.get(name, {}).keys()


def test_a_conversation_is_written_by_its_own_properties_alone() -> None:
    assert SCHEMAS["ConversationUpdate"]["properties"].keys() <= MODELS["Conversation"].keys()


@each_case(
    "method, path, declared", OPERATIONS, ids=lambda part: part if isinstance(part, str) else ""
)  # fmt: skip
def test_an_operation_is_listed_with_the_permissions_that_it_names(
    method: str, path: str, declared: dict[str, Any]
) -> None:
    named = {each for entry in declared.get("x-cxcall-permissions", ()) for each in entry}
    assert named <= LISTED[method, path]


@pytest.mark.parametrize("file", sorted(each.name for each in CONTRACTS.iterdir() if each.name.endswith(".json")))  # fmt: skip
def test_a_contract_names_its_sources(file: str) -> None:
    info = json.loads(CONTRACTS.joinpath(file).read_text("utf-8"))["info"]
    assert ".md" in info["description"]
