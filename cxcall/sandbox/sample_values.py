"""A value that a JSON Schema takes: what the sandbox's successes are made of."""

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
    contract: Contract, schema: JsonSchema, given: Mapping[str, str], at: str = ""
) -> Any:
    """Return the least value of a schema: required members only, and the `given` text at its pointers.

    A pattern is met by an `example` beside it, or not at all: no text is made up from patterns.
    """
    if at in given:
        return given[at]
    settled = _settle(contract, schema)
    within = any(place.startswith(f"{at}/") for place in given)
    told = [] if within else _told(settled)
    if told:
        return told[0]
    kind = _kind(settled)
    if kind == "object":
        return _object(contract, settled, given, at)
    if kind == "array":
        count = max(settled.get("minItems", 0), int(within))
        item = join_pointer(at, 0)
        return [sample_value(contract, settled.get("items", {}), given, item) for _ in range(count)]
    return _scalar(kind, settled)


def _settle(contract: Contract, schema: JsonSchema) -> JsonSchema:
    """Follow references, take the first alternative, and join what must all hold."""
    settled = contract.resolve(schema)
    parts = [
        *settled.pop("allOf", ()),
        *settled.pop("oneOf", ())[:1],
        *settled.pop("anyOf", ())[:1],
    ]
    for part in parts:
        other = _settle(contract, part)
        settled = {
            **other,
            **settled,
            "properties": {**other.get("properties", {}), **settled.get("properties", {})},
            "required": [*other.get("required", ()), *settled.get("required", ())],
        }
    return settled


def _told(schema: JsonSchema) -> list[Any]:
    """Return the value that the schema itself names, if it names one."""
    alone = [schema[word] for word in ("const", "default", "example") if word in schema]
    return [*alone, *schema.get("examples", ())[:1], *schema.get("enum", ())[:1]][:1]


def _kind(schema: JsonSchema) -> str:
    declared = schema.get("type")
    if isinstance(declared, list):
        declared = next((kind for kind in declared if kind != "null"), "null")
    return declared or ("object" if schema.get("properties") else "null")


def _object(contract: Contract, schema: JsonSchema, given: Mapping[str, str], at: str) -> Any:
    properties = schema.get("properties", {})
    required = schema.get("required", ())
    others = schema.get("additionalProperties")
    others = others if isinstance(others, dict) else {}
    pointers = {name: join_pointer(at, name) for name in {**properties, **dict.fromkeys(required)}}
    return {
        name: sample_value(contract, properties.get(name, others), given, pointer)
        for name, pointer in pointers.items()
        if name in required or any(f"{place}/".startswith(f"{pointer}/") for place in given)
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
