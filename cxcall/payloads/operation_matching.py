"""Find the operations that a body is valid for, and the nearest one."""

from __future__ import annotations

import re
from contextlib import suppress
from functools import lru_cache
from itertools import groupby
from typing import TYPE_CHECKING, Any

from cxcall.contracts.contract import Catalog
from cxcall.contracts.json_schema import (
    alternatives_of,
    is_acceptable,
    merged_schema,
    new_validator,
    schema_types,
    with_any_of,
)
from cxcall.findings.text_lists import list_first
from cxcall.named_tuple import NamedTuple
from cxcall.runtime.patterns import fold_name, name_words

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from jsonschema_rs import Validator

    from cxcall.contracts.contract import Contract
    from cxcall.contracts.json_schema import JsonSchema
    from cxcall.contracts.operation import Operation


_MAX_NAMES = 50
"""The most names of a body that are compared with similar names, in alphabetical order."""
_MOST_ALONE = 15
"""The most operations of a user's document whose schemas are compiled one by one."""
_GROUPS_KEPT = 8


class OperationMatch(NamedTuple):
    """The operations that a body is valid for, and the nearest one."""

    matches: tuple[Operation, ...]
    nearest: Operation


def match_operations(operations: Sequence[Operation], value: Any) -> OperationMatch:
    """Return the operations that a body is valid for, and the nearest one.

    The operation with most required properties comes first. Operations that recognize fewer of the
    body's properties than another one are left out. The nearest one is the first match, or else the
    operation that recognizes most of the body's properties.
    """
    matches = find_valid_operations(operations, value)
    if matches:
        return OperationMatch(matches, matches[0])
    candidates = candidate_operations(operations, value)
    return OperationMatch((), max(candidates, key=lambda entry: _match_score(entry, value)))


def find_valid_operations(operations: Sequence[Operation], value: Any) -> tuple[Operation, ...]:
    """Return the operations that a body is valid for, as `match_operations` does."""
    candidates = candidate_operations(operations, value)
    return first_valid(group_by_unknown_properties(candidates, value), value)


def first_valid(groups: Iterable[Sequence[Operation]], value: Any) -> tuple[Operation, ...]:
    """Return the operations of the first group that has valid ones, most required properties first."""
    for group in groups:
        if found := _find_acceptable(group, value):
            return tuple(sorted(found, key=_count_required, reverse=True))
    return ()


def _find_acceptable(group: Sequence[Operation], value: Any) -> list[Operation]:
    """Return the operations of a group that a body is valid for, in their order.

    Many of a user's document are checked together: each alone would compile the schemas that they share.
    """
    own = tuple(entry for entry in group if not entry.contract.is_shipped)
    if len(own) > _MOST_ALONE:
        with suppress(
            ValueError
        ):  # a schema that cannot be used is named when it is compiled alone
            refused = _find_refusing(own, value)
            return [
                entry
                for entry in group
                if entry not in refused
                and (entry in own or is_acceptable(entry.body_schema, value))
            ]
    return [entry for entry in group if is_acceptable(entry.body_schema, value)]


def _find_refusing(operations: tuple[Operation, ...], value: Any) -> set[Operation]:
    """Return those of some operations of one document that a body is not valid for, as `is_acceptable`."""
    refusing = {*operations}
    for is_lenient in (False, True):
        if refusing:
            errors = _joint_validator(operations, is_lenient=is_lenient).iter_errors(value)
            refusing &= {operations[int(error.evaluation_path[1])] for error in errors}
    return refusing


@lru_cache(maxsize=_GROUPS_KEPT)
def _joint_validator(operations: tuple[Operation, ...], *, is_lenient: bool) -> Validator:
    """Return the validator of the bodies of all of some operations of one document."""
    bodies = {"allOf": [entry.declared_body_schema for entry in operations]}
    schema = operations[0].contract.bundle_schema(bodies)
    return new_validator(with_any_of(schema) if is_lenient else schema)


def group_by_unknown_properties(
    candidates: Sequence[Operation], value: Any
) -> list[list[Operation]]:
    """Group the operations that may match a body by how many of its names they do not declare.

    Generated operations come after the others that declare as many. For an object, the result depends on
    its names alone.
    """
    possible = [
        entry for entry in candidates if may_match(entry.contract, entry.schema_at(""), value)
    ]
    possible = _recognize_most(possible, candidates, value)

    def rank(entry: Operation) -> tuple[int, bool]:
        return count_unknown_properties(entry, value), entry.is_generated

    return [list(group) for _, group in groupby(sorted(possible, key=rank), key=rank)]


def _recognize_most(
    possible: Sequence[Operation], candidates: Sequence[Operation], value: Any
) -> list[Operation]:
    """Return the operations of `possible` that recognize as many names of a body as any candidate."""
    declare_all = [entry for entry in possible if not count_unknown_properties(entry, value)]
    if declare_all or not possible:
        return declare_all
    most = max(_count_recognized_names(entry, value) for entry in candidates)
    return [entry for entry in possible if _count_recognized_names(entry, value) == most]


def find_better_operation(
    operations: Sequence[Operation], operation: Operation, value: Any
) -> Operation | None:
    """Return the operation that a body clearly fits better than `operation`; None if there is none.

    The body must be valid for it. It must recognize all names of the body, and more properties than
    `operation`. A property with a misspelled name counts as recognized, so a single typo decides nothing.
    In another area of the API, words such as `name` and `type` alone decide nothing either.
    """
    here, names = count_recognized(operation, value), len(property_names(value))
    for other in find_valid_operations(operations, value):
        knows_all = _count_recognized_names(other, value) == names
        is_clear = _area(other) == _area(operation) or _has_own_name(other, operation, value)
        if knows_all and is_clear and count_recognized(other, value) > here:
            return other
    return None


def _area(operation: Operation) -> tuple[str, str]:
    """Return the platform and the first word of the path after the base path, such as `outbound`."""
    words = re.sub(r"^.*?/(?:api/v\d+|services/[^/]+)(?=/)", "", operation.path)
    return operation.platform, words.strip("/").partition("/")[0]


def _has_own_name(other: Operation, operation: Operation, value: Any) -> bool:
    """Return whether a body is a list, or has a long name or several required names of the other operation only."""
    if isinstance(value, list):
        return True
    own = (property_names(value) & declared_names(other)) - declared_names(operation)
    required = own.intersection(other.schema_at("").get("required", ()))
    return len(required) > 1 or any(len(name_words(name)) > 1 for name in own)


def candidate_operations(operations: Sequence[Operation], value: Any) -> list[Operation]:
    """Return the operations to compare a body with; only its property names decide."""
    likely = operations.find_likely(value) if isinstance(operations, Catalog) else operations
    return [operation for operation in likely if operation.takes_body]


def advise_unusable(operations: Sequence[Operation]) -> str:
    """Return the end of a hint that names the operations of a user's document that cannot be used; empty if there are none."""
    from cxcall.contracts.unknown_operations import read_left_out_operations

    contracts = operations.contracts if isinstance(operations, Catalog) else ()
    own = [known for known in contracts if not known.is_shipped]
    names = [f"`{each.name}`" for known in own for each in read_left_out_operations(known)]
    if not names:
        return ""
    return f"; it was not compared with {list_first(names)}, see `cxcall operations --problems`"


def count_unknown_properties(operation: Operation, value: Any) -> int:
    """Return the number of properties of a body that an operation does not declare."""
    return len(property_names(value) - declared_names(operation))


def may_match(contract: Contract, schema: JsonSchema, value: Any) -> bool:
    """Return whether a body may be valid for a schema that declares one of its properties.

    This avoids compiling most schemas.
    """
    types = schema_types(schema)
    if isinstance(value, list):
        items = merged_schema(contract.resolve, _item_schema(schema))
        return "array" in types and all(may_match(contract, items, item) for item in value[:1])
    if not isinstance(value, dict):
        return not {"array", "object"} & set(types) or len(types) > 1
    declared = schema.get("properties", {})
    return (
        (not types or "object" in types)
        and value.keys() >= set(schema.get("required", ()))
        and (schema.get("additionalProperties") is not False or value.keys() <= declared.keys())
        and not (declared and value and value.keys().isdisjoint(declared))
    )


def _match_score(operation: Operation, value: Any) -> tuple[bool, int, bool, int, bool, int]:
    """Rank by JSON type, properties in the body (misspelled ones included), required ones, and having its own command.

    Generated operations are many, and many share a name: they must declare one property more than others.
    """
    schema = operation.schema_at("")
    present = count_recognized(operation, value) - operation.is_generated
    return (
        ("array" in schema_types(schema)) == isinstance(value, list),
        present,
        not operation.is_generated,
        -count_missing(operation, value),
        bool(operation.command),
        present - len(operation.pointers),
    )


def count_recognized(operation: Operation, value: Any) -> int:
    """Return the number of properties of a body that an operation declares, perhaps in another spelling."""
    return count_declared_properties(operation, value) + _count_misspelled(
        operation, _sorted_names(value)
    )


def _count_recognized_names(operation: Operation, value: Any) -> int:
    """Return the number of top-level names of a body that an operation declares, perhaps in another spelling."""
    unknown = count_unknown_properties(operation, value)
    known = len(property_names(value)) - unknown
    return known + (_count_misspelled(operation, _sorted_names(value)) if unknown else 0)


def _sorted_names(value: Any) -> tuple[str, ...]:
    return tuple(sorted(property_names(value))[:_MAX_NAMES])


def count_missing(operation: Operation, value: Any) -> int:
    """Return how many required properties, or sets of alternatives, a body lacks; another spelling counts as present."""
    return _count_missing(operation, _sorted_names(value))


@lru_cache(maxsize=4096)
def _count_missing(operation: Operation, names: tuple[str, ...]) -> int:
    schema, folded = operation.schema_at(""), set(map(fold_name, names))
    alternatives = [each.get("required", ()) for each in alternatives_of(schema)]
    needed = [[name] for name in schema.get("required", ())]
    if alternatives and all(alternatives):
        needed.append([name for names in alternatives for name in names])
    return sum(folded.isdisjoint(map(fold_name, each)) for each in needed)


@lru_cache(maxsize=4096)
def _count_misspelled(operation: Operation, names: tuple[str, ...]) -> int:
    """Return the number of names that stand for a declared one in another style, or with one wrong letter."""
    from cxcall.runtime.name_similarity import is_typo

    declared = {fold_name(each) for each in declared_names(operation) - set(names)}
    folded = (fold_name(name) for name in names if name not in declared_names(operation))
    return sum(name in declared or any(is_typo(name, each) for each in declared) for name in folded)


def count_declared_properties(operation: Operation, value: Any) -> int:
    """Return the number of properties of a body, at any depth, that an operation declares."""
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


def _item_schema(schema: JsonSchema) -> JsonSchema:
    items = schema.get("items", {})
    return items if isinstance(items, dict) else {}


def property_names(value: Any) -> set[str]:
    """Return the names of the top-level properties of a body."""
    return set(value) if isinstance(value, dict) else set()


def declared_names(operation: Operation) -> set[str]:
    """Return the names of the top-level properties that an operation declares."""
    return set(operation.schema_at("").get("properties", {}))


def _count_required(operation: Operation) -> int:
    return len(operation.schema_at("").get("required", ()))
