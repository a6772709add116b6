"""Check members of a body that APIs accept although the schema does not: nulls, and read-only names."""

from __future__ import annotations

from collections.abc import Collection
from functools import lru_cache
from typing import Any

from cxcall.contracts.json_schema import JsonSchema, member_schema, merged_schema
from cxcall.contracts.openapi_document import READ_NAMES
from cxcall.contracts.operation import JSON, Operation
from cxcall.documents.json_pointer import has_value, join_pointer, split_pointer, value_at
from cxcall.findings.finding import Finding
from cxcall.findings.text_lists import list_first
from cxcall.payloads.payload import Payload

_MAX_NAMED = 3


def without_nulls(
    operation: Operation, payload: Payload, unknown: Collection[str]
) -> tuple[Payload, list[str]]:
    """Return the body without nulls in declared optional properties, and their pointers.

    The vendors' SDKs omit such members, and their examples send them, with the same meaning. At the
    `unknown` pointers, a null stands for a value that the source does not show.
    """
    nulls: list[str] = []
    value = _fill(operation, payload.value, "", nulls, unknown)
    return payload._replace(value=value) if nulls else payload, nulls


def _fill(
    operation: Operation, value: Any, pointer: str, nulls: list[str], unknown: Collection[str]
) -> Any:
    if isinstance(value, list):
        return [
            _fill(operation, item, join_pointer(pointer, index), nulls, unknown)
            for index, item in enumerate(value)
        ]
    if not isinstance(value, dict):
        return value
    schema = operation.schema_at(pointer)
    declared, needed = schema.get("properties", {}), schema.get("required", ())
    kept = {}
    for name, member in value.items():
        place = join_pointer(pointer, name)
        is_shown = place not in unknown
        if member is None and name in declared and name not in needed and is_shown:
            nulls.append(place)
        else:
            kept[name] = _fill(operation, member, place, nulls, unknown)
    return kept


def is_optional_null(operation: Operation, payload: Payload, pointer: str) -> bool:
    """Return whether a value is a null in a property that the schema declares and does not require."""
    if not pointer.startswith("/") or not is_null(payload, pointer):
        return False
    above, _, name = pointer.rpartition("/")
    schema = operation.schema_at(above)
    return name in schema.get("properties", {}) and name not in schema.get("required", ())


def is_null(payload: Payload, pointer: str) -> bool:
    """Return whether a body has a null at a pointer."""
    return has_value(payload.value, pointer) and value_at(payload.value, pointer) is None


def is_unknown(finding: Finding, payload: Payload, nulls: list[str]) -> bool:
    """Return whether a finding is about a null that stands for a value which the source did not know."""
    where = finding.where
    if where[:1] not in ("", "/") or finding.code == "property-unknown":
        return False
    if finding.code == "property-missing":
        return any(null.rpartition("/")[0] in (where, where.rpartition("/")[0]) for null in nulls)
    return is_null(payload, where)


def null_note(payload: Payload, nulls: list[str]) -> Finding:
    """Return the note on nulls in optional properties."""
    named = list_first([f"`{each}`" for each in nulls], _MAX_NAMED)
    return Finding.note(
        "type-mismatch",
        nulls[0],
        f"{named} {'are' if len(nulls) > 1 else 'is'} null, which the schema does not allow",
        fix="leave a property out instead of sending null",
        why="the platforms accept null for an optional property in most cases",
        excerpt=payload.find_excerpt(nulls[0]),
    )


@lru_cache(maxsize=256)
def read_only_names(operation: Operation, pointer: str) -> set[str]:
    """Return the names that reads return for the object at a pointer of the body."""
    names = set(operation.contract.declared.get(READ_NAMES, ()))
    for schema in _response_schemas(operation):
        node = schema
        for token in split_pointer(pointer):
            node = member_schema(merged_schema(operation.contract.resolve, node), token)
        names |= set(merged_schema(operation.contract.resolve, node).get("properties", {}))
    return names


@lru_cache(maxsize=256)
def _response_schemas(operation: Operation) -> list[JsonSchema]:
    """Return the schemas of successful responses: of the operation itself, and of a read of the same path."""
    found = []
    routes = operation.contract.parts.routes()
    reads = [name for method, path, name in routes if (method, path) == ("GET", operation.path)]
    owner = operation.contract
    for other in (operation, *(each for name in reads for each in owner.find_by_name(name))):
        for status, declared in other.declared.get("responses", {}).items():
            content = operation.contract.resolve(declared).get("content", {})
            schema = content.get(JSON, {}).get("schema")
            if status.startswith("2") and isinstance(schema, dict):
                found.append(schema)
    return found
