"""Which operation a body is for: those that it satisfies, and the one that it is nearest to."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Any, NamedTuple

from cxcall.contracts.catalog import Catalog
from cxcall.contracts.json_schema import compile_schema, merged_schema

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from cxcall.contracts.contract import Contract, Operation
    from cxcall.contracts.json_schema import JsonSchema


class OperationMatch(NamedTuple):
    """Which operation a body belongs to: those whose schema it satisfies, and the nearest one."""

    matches: tuple[Operation, ...]
    nearest: Operation


def match_operations(operations: Sequence[Operation], value: Any) -> OperationMatch:
    """Find the operations that a body satisfies, the one that asks for most of it first, and the nearest.

    What merely tolerates a property is left out where another operation knows it. The nearest is the
    first of these, or else the one that has most of the body's property names.
    """
    candidates = candidate_operations(operations, value)
    fitting = _filter_valid(candidates, value)
    if fitting:
        return OperationMatch(fitting, fitting[0])
    return OperationMatch((), max(candidates, key=lambda entry: _match_score(entry, value)))


def find_valid_operations(operations: Sequence[Operation], value: Any) -> tuple[Operation, ...]:
    """Find the operations that a body satisfies, as `fit` does, but no nearest one."""
    return _filter_valid(candidate_operations(operations, value), value)


def _filter_valid(candidates: Sequence[Operation], value: Any) -> tuple[Operation, ...]:
    return first_valid(group_by_unknown_properties(candidates, value), value)


def first_valid(groups: Iterable[Sequence[Operation]], value: Any) -> tuple[Operation, ...]:
    """Return the operations of the first group with any that a body satisfies, most required names first."""
    for group in groups:
        found = [entry for entry in group if compile_schema(entry.body_schema).is_valid(value)]
        if found:
            return tuple(sorted(found, key=lambda entry: -len(_required_names(entry))))
    return ()


def group_by_unknown_properties(
    candidates: Sequence[Operation], value: Any
) -> list[list[Operation]]:
    """Group the operations that may match a body by how many of its names they do not declare.

    For an object, the result depends on its names alone.
    """
    possible = [
        entry for entry in candidates if may_match(entry.contract, entry.schema_at(""), value)
    ]
    possible.sort(key=lambda entry: count_unknown_properties(entry, value))
    groups = groupby(possible, key=lambda entry: count_unknown_properties(entry, value))
    return [list(group) for _, group in groups]


def candidate_operations(operations: Sequence[Operation], value: Any) -> list[Operation]:
    """Return the operations that a body is compared with; that hangs on the names in it alone."""
    likely = operations.likely(value) if isinstance(operations, Catalog) else operations
    return [operation for operation in likely if operation.takes_body]


def count_unknown_properties(operation: Operation, value: Any) -> int:
    """Count the names in a body that an operation merely tolerates."""
    return len(property_names(value) - declared_names(operation))


def may_match(contract: Contract, schema: JsonSchema, value: Any) -> bool:
    """Tell at a glance: a body is for an operation that knows one of its properties, if it has any.

    What is ruled out is not compiled; what knows no property of a body takes it by mere tolerance.
    """
    kinds = _schema_types(schema)
    if isinstance(value, list):
        items = merged_schema(contract.resolve, _item_schema(schema))
        return "array" in kinds and all(may_match(contract, items, item) for item in value[:1])
    if not isinstance(value, dict):
        return not {"array", "object"} & kinds or len(kinds) > 1
    declared = schema.get("properties", {})
    return (
        (not kinds or "object" in kinds)
        and value.keys() >= set(schema.get("required", ()))
        and (schema.get("additionalProperties") is not False or value.keys() <= declared.keys())
        and not (declared and value and value.keys().isdisjoint(declared))
    )


def has_declared_property(operation: Operation, value: Any) -> bool:
    """Tell whether a body that is valid is more than merely tolerated."""
    return count_declared_properties(operation, value) > 0


def _match_score(operation: Operation, value: Any) -> tuple[bool, int, bool, int]:
    """Rank by: object or array; declared properties that the body has; a command; those it lacks."""
    schema = operation.schema_at("")
    present = count_declared_properties(operation, value)
    return (
        ("array" in _schema_types(schema)) == isinstance(value, list),
        present,
        bool(operation.command),
        present - operation.size,
    )


def count_declared_properties(operation: Operation, value: Any) -> int:
    """Count the properties of a body, at any depth, that an operation declares by name."""
    return _count_declared(operation.contract, operation.schema_at(""), value)


def _count_declared(contract: Contract, schema: JsonSchema, value: Any) -> int:
    if isinstance(value, list):
        items = merged_schema(contract.resolve, _item_schema(schema))
        return max((_count_declared(contract, items, item) for item in value), default=0)
    declared = schema.get("properties", {})
    known = [name for name in value if name in declared] if isinstance(value, dict) else []
    return sum(
        1 + _count_declared(contract, merged_schema(contract.resolve, declared[name]), value[name])
        for name in known
        if isinstance(declared[name], dict)
    )


def _schema_types(schema: JsonSchema) -> set[str]:
    kinds = schema.get("type", [])
    return {kinds} if isinstance(kinds, str) else set(kinds)


def _item_schema(schema: JsonSchema) -> JsonSchema:
    items = schema.get("items", {})
    return items if isinstance(items, dict) else {}


def property_names(value: Any) -> set[str]:
    """Return the names of a body's own properties."""
    return set(value) if isinstance(value, dict) else set()


def declared_names(operation: Operation) -> set[str]:
    """Return the names of the properties that an operation declares for its body."""
    return set(operation.schema_at("").get("properties", {}))


def _required_names(operation: Operation) -> list[str]:
    needed: list[str] = operation.schema_at("").get("required", [])
    return needed
