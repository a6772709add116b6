"""Doubts beyond the schema: numbers nobody has, values left unfilled, IDs that disagree."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cxcall.documents.json_pointer import join_pointer, leaves, objects, split_pointer, value_at
from cxcall.findings.finding import Finding, Severity
from cxcall.payloads.placeholders import is_placeholder
from cxcall.payloads.suggestions import format_value, intended_property
from cxcall.phone import phone_numbers

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from collections.abc import Set as AbstractSet

    from cxcall.contracts.contract import Operation
    from cxcall.contracts.json_schema import JsonSchema
    from cxcall.payloads.payload import Payload


_OPEN = {
    "additionalProperties", "patternProperties", "unevaluatedProperties", "propertyNames",
    "dependentSchemas", "oneOf", "anyOf", "if", "not", "x-cxcall-mistakes",
}  # fmt: skip
"""Words by which a schema says itself, or leaves open, what other names an object may have."""


def find_likely_mistakes(
    operation: Operation, body: Payload, known: AbstractSet[str]
) -> Iterator[Finding]:
    """Yield what is likely wrong though the schema allows it; places in `known` are at fault already."""
    yield from _doubts_of_names(operation, body, known)
    for pointer, value in leaves(body.value):
        if pointer in known:
            continue
        schema = operation.schema_at(pointer)
        if is_placeholder(value):
            yield _placeholder(operation, body, pointer, value)
        elif isinstance(value, str) and _is_number(schema.get("format"), value):
            yield from find_unlikely_number(body, pointer, value)
        if "x-cxcall-same-as" in schema:
            yield from _unequal(operation, body, pointer, schema)


def _doubts_of_names(
    operation: Operation, body: Payload, known: AbstractSet[str]
) -> Iterator[Finding]:
    for pointer, value in objects(body.value):
        schema = operation.schema_at(pointer)
        for name in _undeclared(schema, value):
            place = join_pointer(pointer, name)
            if place not in known:
                yield _undeclared_property(operation, body, place, intended_property(name, schema))
        for name, other in _missing_companion(schema, value):
            yield _unmet_condition(operation, body, join_pointer(pointer, name), other)
        for names in _missing_property(schema, value):
            if join_pointer(pointer, names[0]) not in known:
                yield _once_required(operation, body, pointer, names)


def _undeclared(schema: JsonSchema, value: dict[str, Any]) -> Iterator[str]:
    """Yield each name that a schema neither declares nor shuts out: vendors' documents seldom do."""
    declared = schema.get("properties", {})
    if declared and not schema.keys() & _OPEN:
        yield from (name for name in value if name not in declared)


def _undeclared_property(operation: Operation, body: Payload, place: str, near: str) -> Finding:
    name = split_pointer(place)[-1]
    return body.make_finding(
        Severity.WARNING,
        "property-unknown",
        place,
        f"`{phone_numbers.mask_text(name)}` is not among the properties that `{operation.name}` declares",
        fix=f"did you mean `{near}`?"
        if near
        else f"compare it with what it takes: `cxcall operations {operation.name}`",
        why="the contract does not forbid others; an API that does not know a name leaves it out, or refuses the body",
        source=f"contract {operation.contract.name}",
        key=True,
    )


def _missing_companion(schema: JsonSchema, value: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield each property that counts only beside another, which is not there, and that other's name."""
    declared = schema.get("properties", {})
    for name in value:
        own = declared.get(name)  # `true` is a schema, too
        other = own.get("x-cxcall-only-with") if isinstance(own, dict) else None
        if other and other not in value:
            yield name, other


def _unmet_condition(operation: Operation, body: Payload, place: str, other: str) -> Finding:
    name = split_pointer(place)[-1]
    return body.make_finding(
        Severity.WARNING,
        "value-not-allowed",
        place,
        f"`{place}` counts only beside `{other}`, which is not there",
        fix=f"remove `{name}`, or add `{other}`",
        why="the API may leave it out, or refuse the body: which of the two is not published",
        source=f"contract {operation.contract.name}",
        key=True,
    )


def _missing_property(schema: JsonSchema, value: dict[str, Any]) -> Iterator[list[str]]:
    """Yield the names, one of which an older document of the vendor's required, where none is there."""
    wanted: list[list[str]] = schema.get("x-cxcall-once-required", [])
    yield from (names for names in wanted if not value.keys() & set(names))


def _once_required(operation: Operation, body: Payload, pointer: str, names: list[str]) -> Finding:
    listed = " or ".join(f"`{name}`" for name in names)
    return body.make_finding(
        Severity.WARNING,
        "property-missing",
        join_pointer(pointer, names[0]),
        f"{f'`{pointer}`' if pointer else f'the body of `{operation.name}`'} has no {listed}",
        fix=f"add {listed}",
        why=f"an older document of the vendor's required `{names[0]}`; whether it still is required is not published",
        source=f"contract {operation.contract.name}",
        key=True,
    )


def _is_number(form: str | None, value: str) -> bool:
    """Tell whether a value is a number in E.164: `phone` takes other addresses as well."""
    return form == "e164" or (form == "phone" and value.startswith("+"))


def find_id_mismatches(
    operation: Operation, values: Mapping[str, str], body: Payload
) -> Iterator[Finding]:
    """Yield an error for each ID in the body that must be the one in the path, and is not."""
    for pointer, value in leaves(body.value):
        kind, _, name = str(operation.schema_at(pointer).get("x-cxcall-same-as", "")).partition(":")
        if kind != "path" or name not in values:
            continue
        if isinstance(value, str) and value.lower() != values[name].lower():
            yield body.make_finding(
                Severity.ERROR,
                "id-mismatch",
                pointer,
                f"`{pointer}` is `{format_value(value)}`, the path says `{format_value(values[name])}`",
                fix=f"send the same `{name}` in both",
                why="one of the two is another one: the wrong person could be called",
                source=f"contract {operation.contract.name}",
            )


def _placeholder(operation: Operation, body: Payload, pointer: str, value: str) -> Finding:
    return body.make_finding(
        Severity.WARNING,
        "placeholder",
        pointer,
        f"`{value}` at `{pointer}` looks like a placeholder that was never filled in",
        fix=f"put the real value at `{pointer}`",
        source=f"contract {operation.contract.name}",
    )


def find_unlikely_number(body: Payload, pointer: str, value: str) -> Iterator[Finding]:
    """Yield a warning when a number of the right form is one that nobody can have."""
    reason = phone_numbers.find_number_mistake(value)
    if reason:
        yield body.make_finding(
            Severity.WARNING,
            "phone-unlikely",
            pointer,
            f"`{phone_numbers.mask(value)}` has the form of E.164 but cannot be dialled: {reason}",
            fix="compare it with the contact's record, digit by digit",
            why="the API may accept it; nobody would answer, or the wrong person",
            source="libphonenumber",
        )


def _unequal(
    operation: Operation, body: Payload, pointer: str, schema: JsonSchema
) -> Iterator[Finding]:
    kind, _, other = schema["x-cxcall-same-as"].partition(":")
    if kind != "body":
        return
    try:
        here, there = value_at(body.value, pointer), value_at(body.value, other)
    except KeyError:
        return
    if isinstance(here, str) and isinstance(there, str) and here.lower() != there.lower():
        yield body.make_finding(
            Severity.WARNING,
            "id-mismatch",
            pointer,
            f"`{pointer}` differs from `{other}`, though both name the contact",
            fix=f"send the same ID in both: `{format_value(there)}`",
            why="one of the two is another contact: the wrong person could be called",
            source=f"contract {operation.contract.name}",
        )
