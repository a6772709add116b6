"""Correct a wrong value: in another format, or by a placeholder that describes the value."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from cxcall.contracts.json_schema import new_validator, schema_types
from cxcall.documents.json_pointer import join_pointer, type_of
from cxcall.documents.json_text import find_json
from cxcall.findings.edit import Applicability
from cxcall.findings.hinted_commands import command
from cxcall.payloads.errors.format_advice import (
    advise,
    find_format,
    format_value,
    is_json_number,
    listed_values,
)
from cxcall.phone.e164_numbers import without_decimals
from cxcall.runtime.name_similarity import nearest_value
from cxcall.runtime.patterns import (
    PRINTED_TYPE_HINT,
    compile_pattern,
    fold_name,
    is_printed_type,
    is_uuid,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cxcall.contracts.json_schema import JsonSchema
    from cxcall.contracts.operation import Operation
    from cxcall.payloads.errors.format_advice import Correction
    from cxcall.payloads.payload import Payload

    Retyping = tuple[str, Correction | None]

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
_UNPACK = "it is JSON inside a string: send the JSON itself"
_LIST = 'write an array with each value as an item: `["...", "..."]`'
_BRACKETS = "put it in square brackets"
_ALONE = "remove the square brackets: one object is sent at a time"


def placeholder(name: str, schema: JsonSchema) -> str:
    """Return the placeholder for a value, such as `<contactId: UUID>`."""
    kind = _value_kind(schema)
    text = re.sub("[<>]", "", f"{name}: {kind}" if kind else name)
    return f"<{text}>"


def property_template(name: str, schema: JsonSchema) -> str:
    """Return a property as JSON text, with a value to fill in."""
    return f'"{name}": {value_template(schema)}'


def value_template(schema: JsonSchema) -> str:
    """Return a value as JSON text to fill in."""
    first, kind = _first_type(schema), _value_kind(schema)
    value = {"object": "{...}", "array": "[...]"}.get(first) or (f"<{kind}>" if kind else "...")
    return f'"{value}"' if first == "string" else value


def _first_type(schema: JsonSchema) -> str:
    return (*schema_types(schema), "object" if "properties" in schema else "string")[0]


def _value_kind(schema: JsonSchema) -> str:
    """Return what a value must be, in a placeholder: the allowed values, or the name of the format or type."""
    if choices := schema.get("enum", ()):
        return "|".join(map(str, choices[:_MAX_CHOICES])) + "|…" * (len(choices) > _MAX_CHOICES)
    return find_format(schema.get("format", "")).kind or _KINDS.get(_first_type(schema), "")


def new_value(operation: Operation, pointer: str, depth: int = 0) -> Any:
    """Return a value for a missing property, with placeholders for its required members."""
    schema = operation.schema_at(pointer)
    first = _first_type(schema)
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


def retype(value: Any, types: list[str]) -> Retyping:
    """Return how to write a value in one of some JSON types, and the value; empty and None if its meaning is not known."""
    if isinstance(value, str) and (found := _retype_text(value, types)):
        return found
    if "string" in types and is_json_number(value):
        # How a number with decimals was written is not known: `1.50`, or a phone number as `4.42E+11`.
        text = (str(value), Applicability.SAFE) if isinstance(value, int) else None
        return f'write it in quotes: `"{format_value(value)}"`', text
    if "object" in types and isinstance(value, list):
        return _retype_list(value)
    if "array" not in types or value is None:
        return "", None
    items = listed_values(value)
    return _LIST if items else _BRACKETS, (items or [value], Applicability.UNSAFE)


def unwrap_list(value: Any, types: list[str], items: JsonSchema) -> Retyping | None:
    """Return how to write an object where a list is required, and the list: without the object, if that has one list.

    None if it may be an item. Other members are allowed if it cannot be one, but the list alone would lose them.
    """
    if "array" not in types or not isinstance(value, dict):
        return None
    known = items.get("properties", {})
    is_open = not known and "object" in (schema_types(items) or ["object"])
    lists = [name for name, inner in value.items() if isinstance(inner, list)]
    is_item = not known.keys().isdisjoint(value) or (is_open and len(value) > 1)
    if len(lists) == 1 and not is_item:
        fix = f"send the array itself, without `{lists[0]}` around it"
        return fix, (value[lists[0]], Applicability.UNSAFE) if len(value) == 1 else None
    return None if fits_type(value, items) else ("", None)


def _retype_text(value: str, types: list[str]) -> Retyping | None:
    if is_printed_type(value):
        return PRINTED_TYPE_HINT, None
    inner = find_json(value, value, is_strict=True)
    if inner != value and _is_of_type(inner, types):
        fix = _UNPACK if isinstance(inner, dict | list) else "remove the quotes"
        return fix, (inner, Applicability.SAFE)
    text = without_decimals(value.strip())
    if "integer" not in types or not compile_pattern(_WRITTEN_DIGITS).fullmatch(text):
        return None
    digits = int(re.sub(r"[^0-9]", "", text))
    return "write only its digits, without quotes", (digits, Applicability.UNSAFE)


def _retype_list(items: list[Any]) -> Retyping:
    """Return how to write the object that a list stands for: its only item, or names with their values."""
    if {type(each) for each in items} != {dict}:
        return "", None
    for name in ("name", "key"):
        if all(each.keys() == {name, "value"} for each in items):
            pairs = {str(each[name]): each["value"] for each in items}
            first = format_value(dict([*pairs.items()][:1]))[:-1]
            fix = f"write one object, each name with its value: `{first}, ...}}`"
            return fix, (pairs, Applicability.UNSAFE) if len(pairs) == len(items) else None
    return (_ALONE, (items[0], Applicability.SAFE)) if len(items) == 1 else ("", None)


def fits_type(value: Any, schema: JsonSchema, *, as_written: bool = False) -> bool:
    """Return whether a value has a type that a schema allows, or (unless `as_written`) can be converted to one."""
    types = schema_types(schema) or ["object"] * ("properties" in schema)
    if value is None or not types or _is_of_type(value, types):
        return True
    is_text = isinstance(value, str | int | float)
    may_change = not as_written or (is_text and "array" not in types)
    return may_change and retype(value, types)[1] is not None


def _is_of_type(value: Any, types: Sequence[str]) -> bool:
    own = type_of(value)
    return own in types or (own == "integer" and "number" in types)


def is_valid_scalar(value: Any, schema: JsonSchema) -> bool:
    """Return whether a value is valid for a merged schema, apart from its members and items."""
    rules = {word: rule for word, rule in schema.items() if word in SCALAR_RULES}
    return new_validator(rules).is_valid(value)


def correct_choice(
    pointer: str, value: str | float, schema: JsonSchema, options: Sequence[Any]
) -> Correction | None:
    """Return a text in the format of its schema, or one of the `options` if a rule allows only these, else a placeholder."""
    text = value if isinstance(value, str) else ""
    if not options:
        return correct_text(text, schema)
    allowed = {"enum": options}
    same = retype(value, list(map(type_of, options)))[1]
    if same and is_valid_scalar(same[0], allowed):
        return same
    written = placeholder(pointer.rpartition("/")[2], allowed), Applicability.PLACEHOLDER
    return correct_text(text, {**schema, **allowed}) or written


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


def suggest_flags(body: Payload, operation: Operation, above: str, names: Sequence[str]) -> str:
    """Return a hint with the flags that set one of some members of the object `above`; empty if the body is not from flags."""
    places = [join_pointer(above, name) for name in names]
    origins = body.origins.values()
    is_of_flags = origins and all(each.startswith("--") for each in origins)
    if body.document is not None or not is_of_flags:
        return ""
    flags = dict.fromkeys(
        f"`--{flag.name} {flag.metavar}`"
        for place in places
        for flag in operation.flags
        if any(f"{each}/".startswith(f"{place}/") for each in flag.pointers)
    )
    templates = ((each, value_template(operation.schema_at(each))) for each in places)
    # A pasted `...` would be sent; `<name>` is refused as a placeholder.
    sets = (at + "=" + text.replace('"..."', f'"<{at[1:]}>"') for at, text in templates)
    return "add " + " or ".join(flags or [command("--set", each) for each in sets])
