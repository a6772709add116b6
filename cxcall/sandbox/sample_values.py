"""Generate a value that is valid for a JSON Schema, for responses without an example."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import uuid4

from cxcall.documents.json_pointer import join_pointer

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cxcall.contracts.contract import Contract
    from cxcall.contracts.json_schema import JsonSchema

_FORMATS = {
    "date": "2026-01-01",
    "date-time": "2026-01-01T00:00:00Z",
    "time": "00:00:00Z",
    "uri": "https://example.com/",
    "email": "agent@example.com",
    "ipv4": "192.0.2.1",
}


def sample_value(
    contract: Contract, schema: JsonSchema, texts: Mapping[str, str], at: str = ""
) -> Any:
    """Return the smallest valid value: required members only, with `texts` at their pointers.

    A schema with a pattern needs an `example`; otherwise the value does not match the pattern.
    """
    if at in texts:
        return texts[at]
    merged = _merge(contract, schema)
    within = any(pointer.startswith(f"{at}/") for pointer in texts)
    declared = [] if within else _declared_values(merged)
    if declared:
        return declared[0]
    kind = _type(merged)
    if kind == "object":
        return _object(contract, merged, texts, at)
    if kind == "array":
        count = max(merged.get("minItems", 0), int(within))
        item = join_pointer(at, 0)
        return [sample_value(contract, merged.get("items", {}), texts, item) for _ in range(count)]
    return _scalar(kind, merged)


def _merge(contract: Contract, schema: JsonSchema) -> JsonSchema:
    """Return a schema with its references, `allOf`, and first alternatives merged into it."""
    merged = contract.resolve(schema)
    parts = [
        *merged.pop("allOf", ()),
        *merged.pop("oneOf", ())[:1],
        *merged.pop("anyOf", ())[:1],
    ]
    for part in parts:
        other = _merge(contract, part)
        merged = {
            **other,
            **merged,
            "properties": {**other.get("properties", {}), **merged.get("properties", {})},
            "required": [*other.get("required", ()), *merged.get("required", ())],
        }
    return merged


def _declared_values(schema: JsonSchema) -> list[Any]:
    """Return the value that the schema declares, in a list; empty if it declares none."""
    single = [schema[word] for word in ("const", "default", "example") if word in schema]
    return [*single, *schema.get("examples", ())[:1], *schema.get("enum", ())[:1]][:1]


def _type(schema: JsonSchema) -> str:
    declared = schema.get("type")
    if isinstance(declared, list):
        declared = next((kind for kind in declared if kind != "null"), "null")
    return declared or ("object" if schema.get("properties") else "null")


def _object(contract: Contract, schema: JsonSchema, texts: Mapping[str, str], at: str) -> Any:
    properties = schema.get("properties", {})
    required = schema.get("required", ())
    additional = schema.get("additionalProperties")
    default = additional if isinstance(additional, dict) else {}
    pointers = {name: join_pointer(at, name) for name in {**properties, **dict.fromkeys(required)}}
    return {
        name: sample_value(contract, properties.get(name, default), texts, pointer)
        for name, pointer in pointers.items()
        if name in required or any(f"{at}/".startswith(f"{pointer}/") for at in texts)
    }


def _scalar(kind: str, schema: JsonSchema) -> Any:
    if kind == "boolean":
        return True
    if kind in ("integer", "number"):
        return schema.get("minimum", schema.get("maximum", 1))
    if kind != "string":
        return None
    if schema.get("format") == "uuid":
        return str(uuid4())
    text = _FORMATS.get(schema.get("format", ""), "text")
    return text.ljust(schema.get("minLength", 0), "x")[: schema.get("maxLength")]
