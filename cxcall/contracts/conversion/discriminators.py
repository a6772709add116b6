"""Read the conditions that a `discriminator` implies: for schemas that extend it with `allOf`, or alternatives.

The value of one property says which of them an object has (OpenAPI 3.1, section 4.8.25.3; Swagger 2.0,
section "Models with Polymorphism Support"). JSON Schema has no such keyword.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from cxcall.documents.json_pointer import find_value, join_pointer, split_pointer
from cxcall.named_tuple import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from cxcall.contracts.json_schema import JsonSchema

    Extensions = Mapping[str, list[str]]

_PLACES = ("/definitions", "/components/schemas")
_CLOSING = ("additionalProperties", "unevaluatedProperties")


class Condition(NamedTuple):
    """The rules of a schema's own, at a pointer, for objects whose `member` has one of `values`."""

    pointer: str
    member: str
    values: list[str]
    rules: JsonSchema


def find_extensions(root: Mapping[str, Any]) -> dict[str, list[str]]:
    """Return the pointers of the named schemas that extend another one, by the pointer of that one."""
    extensions: dict[str, list[str]] = {}
    for place in _PLACES:
        schemas = find_value(root, place)
        for name, node in schemas.items() if isinstance(schemas, dict) else ():
            for part in all_of_parts(node):
                if target := referenced_pointer(part):
                    extensions.setdefault(target, []).append(join_pointer(place, name))
    return extensions


def read_conditions(
    root: Mapping[str, Any], extensions: Extensions, pointer: str, node: Any
) -> Iterator[Condition]:
    """Yield the conditions of the schema at a pointer; none if it lists its alternatives itself."""
    member, mapping = _declared(node) if isinstance(node, dict) else (None, None)
    if not isinstance(member, str) or "oneOf" in node or "anyOf" in node:
        return
    extended = _with_extensions(extensions, pointer)
    for extension in extended[1:]:
        own = _opened(find_value(root, extension))
        own["allOf"] = [
            {} if referenced_pointer(each) in extended else _opened(each)
            for each in all_of_parts(own)
        ]
        own.pop("discriminator", None)
        values = [
            value
            for each in _with_extensions(extensions, extension)
            for value in _values_of(each, find_value(root, each), mapping)
        ]
        yield Condition(extension, member, values, own)


def read_choices(root: Mapping[str, Any], node: JsonSchema) -> Iterator[Condition]:
    """Yield a condition for each named alternative of a `oneOf` or `anyOf` that a discriminator chooses by its name."""
    member, mapping = _declared(node)
    for key in ("oneOf", "anyOf") if isinstance(member, str) else ():
        alternatives = node.get(key)
        for each in alternatives if isinstance(alternatives, list) else ():
            chosen = find_value(root, target) if (target := referenced_pointer(each)) else None
            if isinstance(chosen, dict):
                yield Condition(target, member, _values_of(target, chosen, mapping), each)


def as_schema(condition: Condition, rules: Any) -> JsonSchema:
    """Return a condition as a schema, with its rules as they are in the converted document.

    Without the type, it would apply to null and to texts, too.
    """
    values = {"properties": {condition.member: {"enum": condition.values}}}
    applies = {"type": "object", "required": [condition.member], **values}
    return {"if": applies, "then": rules}


def _declared(node: JsonSchema) -> tuple[Any, Any]:
    """Return the name of the property and the mapping of a discriminator; None for what it does not have."""
    declared = node.get("discriminator")
    declared = declared if isinstance(declared, dict) else {"propertyName": declared}
    return declared.get("propertyName"), declared.get("mapping")


def _opened(node: Any) -> Any:
    """Return a schema that allows other properties: those of the extended schema are not its own."""
    if not isinstance(node, dict):
        return node
    return {key: value for key, value in node.items() if value is not False or key not in _CLOSING}


def _values_of(pointer: str, node: JsonSchema, mapping: Any) -> list[str]:
    """Return the values that stand for a schema: those of the mapping, and its name unless that is mapped itself."""
    name = split_pointer(pointer)[-1]
    pairs = mapping if isinstance(mapping, dict) else {}
    mapped = [value for value, target in pairs.items() if str(target).rpartition("/")[2] == name]
    own = str(node.get("x-discriminator-value", name))
    return mapped if own in pairs else [*mapped, own]


def _with_extensions(extensions: Extensions, pointer: str) -> list[str]:
    """Return a pointer with those of all schemas that extend its schema, directly or through others."""
    found = [pointer]
    for each in found:
        for extension in extensions.get(each, ()):
            if extension not in found:
                found.append(extension)
    return found


def all_of_parts(node: Any) -> list[Any]:
    """Return the parts of the `allOf` of a schema."""
    parts = node.get("allOf") if isinstance(node, dict) else None
    return parts if isinstance(parts, list) else []


def referenced_pointer(part: Any) -> str:
    """Return the pointer that a schema refers to; empty if it is not a reference within the document."""
    reference = part.get("$ref") if isinstance(part, dict) else None
    return unquote(reference[1:]) if isinstance(reference, str) and reference[:2] == "#/" else ""
