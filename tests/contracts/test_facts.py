"""The overlay of the Genesys Cloud contract adds only what is in the vendor's own lists.

`facts/genesys-cloud-2018.json` is what the vendor's Swagger document of 2018 required; permissions are those
of its CLI 166.0.0, as the package lists them. `test_genesys_contract.py` compares all else with the SDKs.
"""

from __future__ import annotations

import json
from importlib import resources
from pathlib import Path
from typing import Any

import pytest

CONTRACTS = resources.files("cxcall").joinpath("contracts")
CONTRACT = json.loads(CONTRACTS.joinpath("genesys-cloud.json").read_text("utf-8"))
SCHEMAS: dict[str, Any] = CONTRACT["components"]["schemas"]
ONCE_REQUIRED: dict[str, list[str]] = json.loads(
    (Path(__file__).parent / "facts" / "genesys-cloud-2018.json").read_text("utf-8")
)["required"]
LISTED = {
    (method, path): set(permissions.split())
    for method, path, permissions in (
        line.split("\t")
        for line in CONTRACTS.joinpath("published/genesys-cloud.tsv")
        .read_text("utf-8")
        .splitlines()
        if not line.startswith("#")
    )
}
OPERATIONS = [
    (method.upper(), path, declared)
    for path, item in CONTRACT["paths"].items()
    for method, declared in item.items()
    if isinstance(declared, dict) and "operationId" in declared
]


def test_what_was_once_required_stands_in_the_document_of_2018() -> None:
    declared = {name: schema.get("x-cxcall-once-required", []) for name, schema in SCHEMAS.items()}
    for name, groups in declared.items():
        assert {first for first, *_ in groups} <= set(ONCE_REQUIRED.get(name, ())), name
        assert {each for group in groups for each in group} <= SCHEMAS[name]["properties"].keys()


def test_an_operation_is_listed_with_the_permissions_that_it_names() -> None:
    for method, path, declared in OPERATIONS:
        named = {each for entry in declared["x-cxcall-permissions"] for each in entry}
        assert named == LISTED[method, path], (method, path)


@pytest.mark.parametrize(
    "file", sorted(each.name for each in CONTRACTS.iterdir() if each.name.endswith(".json"))
)
def test_a_contract_names_its_sources(file: str) -> None:
    info = json.loads(CONTRACTS.joinpath(file).read_text("utf-8"))["info"]
    assert ".md" in info["description"]
