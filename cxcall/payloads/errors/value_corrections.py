"""Correct a wrong value: in another format, or by a placeholder that describes the value."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from cxcall.contracts.json_schema import new_validator, schema_types
from cxcall.documents.json_pointer import join_pointer, type_of
from cxcall.documents.json_text import find_json
from cxcall.findings.edit import Applicability
from cxcall.payloads.errors.value_formats import advise, find_format
from cxcall.payloads.errors.value_hints import listed_values
from cxcall.phone.impossible_numbers import without_decimals
from cxcall.runtime.name_similarity import nearest_value
from cxcall.runtime.patterns import compile_pattern, fold_name, is_uuid
from cxcall.runtime.printed_types import is_printed_type

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cxcall.contracts.json_schema import JsonSchema
    from cxcall.contracts.operation import Operation
    from cxcall.payloads.errors.value_formats import Correction

_MAX_CHOICES = 4
_MAX_DEPTH = 8
_KINDS = {"boolean": "true|false", "integer": "integer", "number": "number"}
SCALAR_RULES = frozenset(
    """
    type enum const format pattern minLength maxLength minimum maximum exclusiveMinimum
    exclusiveMaximum multipleOf
    """.split()
)
"""Keywords of a schema that restrict a value itself, and not its members and items."""
_WRITTEN_DIGITS = r"[+(]?[0-9][0-9 ().-]{5,18}[0-9]"
"""A phone number, if a schema requires its digits."""


def placeholder(name: str, schema: JsonSchema) -> str:
    """Return the placeholder for a value, such as `<contactId: UUID>`."""
    choices = schema.get("enum", ())
    kind = find_format(schema.get("format", "")).kind or _KINDS.get(str(schema.get("type")), "")
    if choices:
        kind = "|".join(map(str, choices[:_MAX_CHOICES])) + "|…" * (len(choices) > _MAX_CHOICES)
    text = re.sub("[<>]", "", f"{name}: {kind}" if kind else name)
    return f"<{text}>"


def property_template(name: str, schema: JsonSchema) -> str:
    """Return a property as JSON text, with a value to fill in."""
    first, format_name = (*schema_types(schema), "string")[0], schema.get("format", "")
    value = {"object": "{...}", "array": "[...]"}.get(first, '"..."')
    if format_name in ("uuid", "e164"):
        value = f'"<{find_format(format_name).kind}>"'
    elif first in _KINDS:
        value = f"<{_KINDS[first].replace('|', ' or ')}>"
    return f'"{name}": {value}'


def new_value(operation: Operation, pointer: str, depth: int = 0) -> Any:
    """Return a value for a missing property, with placeholders for its required members."""
    schema = operation.schema_at(pointer)
    first = (*schema_types(schema), "object" if "properties" in schema else "string")[0]
    if depth < _MAX_DEPTH and first == "object":
        return {
            name: new_value(operation, join_pointer(pointer, name), depth + 1)
            for name in schema.get("required", ()) or _reference(operation, pointer)
        }
    if depth < _MAX_DEPTH and first == "array":
        items = range(min(schema.get("minItems", 0), _MAX_CHOICES))
        return [new_value(operation, join_pointer(pointer, each), depth + 1) for each in items]
    names = [each for each in pointer.split("/") if not each.isdecimal()]
    return placeholder(names[-1] or "body", schema)


def _reference(operation: Operation, pointer: str) -> Sequence[str]:
    """Return `id` if an object within the body, such as `{"id": "..."}`, refers to another one by its ID."""
    is_there = pointer and "id" in operation.schema_at(pointer).get("properties", ())
    return ["id"] * bool(is_there and not operation.schema_at(f"{pointer}/id").get("readOnly"))


def as_object(operation: Operation, pointer: str, value: Any) -> dict[str, str] | None:
    """Return the object that a text stands for: an ID for `{"id": ...}`, or the only property that is required."""
    names = [*(operation.schema_at(pointer).get("required", ()) or _reference(operation, pointer))]
    if not isinstance(value, str) or is_printed_type(value) or len(names) != 1:
        return None
    schema = operation.schema_at(join_pointer(pointer, names[0]))
    is_text = is_uuid(value) if names == ["id"] else schema.get("type") == "string"
    return {names[0]: value} if is_text and is_valid_scalar(value, schema) else None


def retype(value: Any, types: list[str]) -> Correction | None:
    """Return a value in one of some JSON types with the same meaning, and how safe that is; None if there is none."""
    if isinstance(value, str):
        inner = find_json(value, value, is_strict=True)
        own = {type_of(inner)} | ({"number"} if type_of(inner) == "integer" else set())
        if inner != value and own & set(types):
            return inner, Applicability.SAFE
        text = without_decimals(value.strip())
        if "integer" in types and compile_pattern(_WRITTEN_DIGITS).fullmatch(text):
            return int(re.sub(r"[^0-9]", "", text)), Applicability.UNSAFE
    elif "string" in types and isinstance(value, int) and not isinstance(value, bool):
        return str(value), Applicability.SAFE
    elif "object" in types and isinstance(value, list) and list(map(type, value)) == [dict]:
        return value[0], Applicability.SAFE
    if "array" in types and value is not None:
        return listed_values(value) or [value], Applicability.UNSAFE
    return None


def fits_type(value: Any, schema: JsonSchema, *, as_written: bool = False) -> bool:
    """Return whether a value has a type that a schema allows, or (unless `as_written`) can be converted to one."""
    types = schema_types(schema) or ["object"] * ("properties" in schema)
    own = type_of(value)
    if value is None or not types or own in types or (own == "integer" and "number" in types):
        return True
    is_text = isinstance(value, str | int | float)
    may_change = not as_written or (is_text and "array" not in types)
    return may_change and retype(value, types) is not None


def is_valid_scalar(value: Any, schema: JsonSchema) -> bool:
    """Return whether a value is valid for a merged schema, apart from its members and items."""
    rules = {word: rule for word, rule in schema.items() if word in SCALAR_RULES}
    return new_validator(rules).is_valid(value)


def correct_choice(
    pointer: str, value: str, schema: JsonSchema, options: Sequence[Any]
) -> Correction | None:
    """Return a text in the format of its schema, or if a rule allows only some `options`, a placeholder with these."""
    if not options:
        return correct_text(value, schema)
    allowed = {"enum": options}
    written = placeholder(pointer.rpartition("/")[2], allowed), Applicability.PLACEHOLDER
    return correct_text(value, {**schema, **allowed}) or written


def correct_text(value: str, schema: JsonSchema) -> Correction | None:
    """Return a text in the format that its schema requires, and how safe the change is; None if there is none."""
    text = value.strip()
    if not schema.get("enum"):
        return advise(schema.get("format", ""), text).correction
    choices = [each for each in schema["enum"] if isinstance(each, str)]
    same = [each for each in choices if fold_name(each) == fold_name(text)]
    if len(same) == 1:
        return same[0], Applicability.SAFE
    near = nearest_value(text, choices)
    return (near, Applicability.UNSAFE) if near else None
