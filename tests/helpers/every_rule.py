"""Operations with every rule of a schema, and correct bodies for them."""

from __future__ import annotations

from functools import cache
from typing import Any

from cxcall.contracts.contract import Contract
from cxcall.contracts.operation import Operation
from helpers.command import CONTACT

UUID = {"type": "string", "format": "uuid"}
E164 = {"type": "string", "format": "e164", "pattern": r"^\+[1-9][0-9]{1,14}$"}
# Every rule of a schema, and every extension that shows likely mistakes.
RULES: dict[str, Any] = {
    "id": {**UUID, "x-cxcall-same-as": "body:/again"},
    "again": {"type": "string", "x-cxcall-same-as": "body:/third"},
    "third": {"type": "string"},
    "deep": {"type": "object", "properties": {"id": {"x-cxcall-same-as": "body:/third"}, "more": {"properties": {"on": {"properties": {"id": {"x-cxcall-same-as": "body:/third"}}}}}}},
    "ids": {"type": "array", "items": {"type": "string", "x-cxcall-same-as": "body:/third"}},
    "number": E164,
    "address": {"type": "string", "format": "phone"},
    "loose": {"type": "string", "format": "e164"},
    "numbers": {"type": "array", "items": {"type": ["string", "object"], "format": "e164"}},
    "mail": {"type": "string", "format": "email"},
    "when": {"type": "string", "format": "date-time"},
    "name": {"type": "string", "minLength": 1},
    "free": {"type": "string", "description": "anything"},
    "code": {"type": "string", "pattern": "^[A-Z]{2,4}$"},
    "choice": {"enum": ["one", "two", 'the "third"', 4, "é"]},
    "count": {"type": "integer"},
    "few": {"type": "integer", "minimum": 0, "maximum": 9},
    "step": {"type": "number", "multipleOf": 0.5},
    "share": {"type": "number"},
    "maybe": {"type": ["string", "null", "integer"]},
    "any": {},
    "true": True,
    "either": {"anyOf": [{"type": "string", "maxLength": 3}, {"type": "integer"}]},
    "set": {"type": "array", "uniqueItems": True, "items": {"type": "integer"}},
    "pair": {"type": "array", "prefixItems": [{"type": "string"}], "items": {"type": "integer"}},
    "mixed": {"properties": {"0": E164, "a": {}}, "items": {"format": "e164"}},
    "data": {"type": "object", "additionalProperties": {"type": "string"}},
    "digits": {"items": {"format": "e164"}, "additionalProperties": {}},
    "open": {"properties": {"a": {}}},
    "shut": {"properties": {"a": {}}, "unevaluatedProperties": True},
    "kind": {"properties": {"of": {}, "at": {}}, "if": {"properties": {"of": {"const": "x"}}}, "then": {"required": ["at"]}},
    "with": {"properties": {"a": {"x-cxcall-only-with": "b"}, "b": {}}},
    "once": {"properties": {"a": {}, "b": {}, "c": {}}, "x-cxcall-once-required": [["a", "b"], ["c"]]},
    "rule": {"properties": {"a": {}, "b": {}}, "x-cxcall-conditions": [
        {"if": {"required": ["a"]}, "then": {"required": ["b"], "properties": {"c": False}}, "says": "b comes with a", "source": "x"}]},
    "columns": {"type": "array", "items": {"type": "string"}},
    "zones": {"items": {"x-cxcall-time-zone": True, "x-cxcall-distinct": True}},
    "slot": {"properties": {"start": {"x-cxcall-below": {"place": "stop", "says": "x"}}, "stop": {}}},
    "sorts": {"type": "array", "items": {"properties": {"by": {"x-cxcall-among": "/columns"}}}},
    "tree": {"$ref": "#/components/schemas/Tree"},
}  # fmt: skip
TREE = {
    "type": "object",
    "properties": {"leaf": E164, "tree": {"$ref": "#/components/schemas/Tree"}},
    "additionalProperties": False,
    "minProperties": 1,
}
GOOD: dict[str, Any] = {
    "id": CONTACT, "again": CONTACT, "third": CONTACT, "deep": {"id": CONTACT, "more": {"on": {"id": CONTACT}}}, "ids": [CONTACT],
    "number": "+12125550123", "address": "+12125550123", "loose": "+12125550123", "numbers": ["+12125550123"],
    "mail": "ada@example.com", "when": "2026-11-23T10:00:00Z", "name": "Ada", "free": "a note", "code": "ABC", "choice": "one",
    "count": 7, "few": 5, "step": 1.5, "share": 0.25, "maybe": "x", "any": "thing", "true": {"x": [1]}, "either": "abc",
    "set": [1, 2], "pair": ["a", 1], "mixed": {"a": "x"}, "data": {"a": "b"}, "digits": {"a": "b"}, "open": {"a": 1}, "shut": {"a": 1},
    "kind": {"of": "y"}, "with": {"a": 1, "b": 2}, "once": {"a": 1, "c": 2}, "rule": {"a": 1, "b": 2}, "columns": ["x"], "sorts": [{"by": "x"}], "tree": {"leaf": "+12125550123", "tree": {"leaf": "+12125550123"}},
}  # fmt: skip


def _declare(name: str, schema: dict[str, Any]) -> dict[str, Any]:
    body = {"content": {"application/json": {"schema": schema}}}
    return {"post": {"operationId": name, "requestBody": body, "responses": {}}}


@cache
def own_operations() -> tuple[Operation, ...]:
    """Return operations with every rule: some forbid other names, some do not, one takes an array."""
    some = {name: RULES[name] for name in ("id", "number", "free", "count", "data")}
    paths: dict[str, dict[str, Any]] = {
        "closed": {"type": "object", "properties": RULES, "additionalProperties": False},
        "open": {"type": "object", "properties": RULES},
        "loose": {"type": "object", "properties": some, "required": ["id"]},
        "strict": {"type": "object", "properties": {**some, "free": {"maxLength": 6}}},
        "listed": {"type": "array", "items": {"type": "object", "properties": some}},
        "either": {
            "oneOf": [
                {"$ref": "#/components/schemas/Tree"},
                {"properties": some, "required": ["id"]},
            ]
        },
    }
    document = {
        "openapi": "3.1.0",
        "paths": {f"/{name}": _declare(name, schema) for name, schema in paths.items()},
        "components": {"schemas": {"Tree": TREE}},
    }
    return Contract("own", document).operations
