"""Make `readOnly` properties optional: OpenAPI requires them only in responses.

The schema that requires a property may get it from another one, by a `$ref` or with `allOf`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cxcall.contracts.conversion.discriminators import all_of_parts, referenced_pointer
from cxcall.documents.json_pointer import find_value

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cxcall.contracts.json_schema import JsonSchema


def make_optional(root: Mapping[str, Any], node: JsonSchema, converted: JsonSchema) -> None:
    """Drop `readOnly` properties from what a schema (a `node` of the document), or a part of its `allOf`, requires."""
    holders = [converted]
    for each in holders:
        holders += [part for part in all_of_parts(each) if isinstance(part, dict)]
    holders = [each for each in holders if isinstance(each.get("required"), list)]
    combined = _combined_schemas(root, node) if holders else []
    for each in holders:
        needed = [name for name in each["required"] if not _is_read_only(root, combined, name)]
        each["required"] = needed
        if not needed:
            del each["required"]


def _is_read_only(root: Mapping[str, Any], combined: Sequence[JsonSchema], name: Any) -> bool:
    """Return whether one of the schemas that are combined declares a property as `readOnly`."""
    members = [find_value(each, "/properties") for each in combined]
    found = [each.get(name) for each in members if isinstance(each, dict) and isinstance(name, str)]
    parts = (part for member in found for part in _combined_schemas(root, member))
    return any(part.get("readOnly") is True for part in parts)


def _combined_schemas(root: Mapping[str, Any], node: Any) -> list[JsonSchema]:
    """Return a schema of the document with those that it refers to, or combines with `allOf`."""
    found: dict[int, JsonSchema] = {}
    waiting = [node]
    for each in waiting:
        if isinstance(each, dict) and id(each) not in found:
            found[id(each)] = each
            target = referenced_pointer(each)
            waiting += [find_value(root, target)] if target else []
            waiting += all_of_parts(each)
    return [*found.values()]
