"""The shipped operations with more than the vendor's SDK declares, such as examples and notes.

The others are generated, and tests/contracts/test_genesys_contract.py checks all of them in one process.
"""

from __future__ import annotations

import json
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any

from cxcall.contracts.contract import load_shipped_contracts

if TYPE_CHECKING:
    from cxcall.contracts.contract import Contract
    from cxcall.contracts.operation import Operation


@cache
def detailed_operations() -> tuple[Operation, ...]:
    """Return the shipped operations that are not only generated."""
    return tuple(
        entry
        for known in load_shipped_contracts()
        for name in _names(known)
        for entry in known.find_by_name(name)
    )


def _names(known: Contract) -> list[str]:
    paths = whole_document(known.name)["paths"]
    declared = (each for item in paths.values() for each in item.values())
    return [
        each["operationId"]
        for each in declared
        if isinstance(each, dict) and not each.get("x-cxcall-generated", "operationId" not in each)
    ]


@cache
def whole_document(name: str) -> dict[str, Any]:
    """Return a shipped document unchanged from its file."""
    file = resources.files("cxcall").joinpath(f"contracts/{name}.json")
    document: dict[str, Any] = json.loads(file.read_text("utf-8"))
    return document


def detailed_document(name: str) -> dict[str, Any]:
    """Return a shipped document without the paths that have only generated operations."""
    document = whole_document(name)
    names = set(_names(next(each for each in load_shipped_contracts() if each.name == name)))
    paths = {
        path: item
        for path, item in document["paths"].items()
        if any(each["operationId"] in names for each in item.values())
    }
    return {**document, "paths": paths}
