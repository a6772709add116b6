"""Each fault that is planted in a body of a NICE CXone operation gives one finding with the right code."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

import pytest

from cxcall.contracts import contract
from cxcall.contracts.sample_values import sample_value
from cxcall.documents.json_pointer import join_pointer, objects, value_at
from cxcall.findings.finding import Severity
from cxcall.payloads.payload import Payload
from cxcall.payloads.schema_check import check_body

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cxcall.contracts.operation import Operation

OPERATIONS = [
    each for each in contract.find_platform_contract("nice-cxone").operations if each.takes_body
]
_NUMBER = "+12025550100"
_WRONG_VALUES = (7, "seven", True, {"x": 1})
_TYPES = {int: "integer", str: "string", bool: "boolean", dict: "object"}


def whole_body(operation: Operation) -> Any:
    """Return the example of an operation with all other declared properties."""
    body = copy.deepcopy(operation.example)
    pending = [pointer for pointer, _ in objects(body)]
    while pending:
        place = pending.pop()
        members = value_at(body, place)
        for name in operation.schema_at(place).get("properties", {}):
            pointer = join_pointer(place, name)
            if name not in members:
                members[name] = sample(operation, pointer)
                pending += [pointer + inner for inner, _ in objects(members[name])]
    return body


def sample(operation: Operation, pointer: str) -> Any:
    """Return a correct value of a property; a list has one item."""
    schema = operation.schema_at(pointer)
    if schema.get("format") == "phone":
        return _NUMBER
    if "array" in schema.get("type", ()):
        item = sample_value(operation.contract, schema.get("items", {}))
        return [item] if item is not None else []
    return sample_value(operation.contract, schema)


def members_of(body: Any) -> Iterator[tuple[str, str]]:
    """Yield each member of the objects in a body, as (pointer of the object, name)."""
    for place, members in list(objects(body)):
        yield from ((place, name) for name in list(members))


def changed(body: Any, place: str, name: str, new: str, value: Any) -> Any:
    """Return a copy of a body in which one member has another name and value."""
    body = copy.deepcopy(body)
    node = value_at(body, place)
    renamed = {
        new if each == name else each: value if each == name else node[each] for each in node
    }
    node.clear()
    node.update(renamed)
    return body


def misspelled(name: str) -> str:
    """Return a name without a letter in the middle."""
    return name[: len(name) // 2] + name[len(name) // 2 + 1 :]


def codes_of(operation: Operation, body: Any) -> list[tuple[str, str]]:
    """Return (code, place) of the findings on a body, without notes."""
    found = check_body(operation, Payload(body))
    return [(each.code, each.where) for each in found if each.severity is not Severity.NOTE]


def wrong_types(schema: Any) -> Iterator[Any]:
    """Yield a value of a type that a schema does not allow, if there is one."""
    declared = schema.get("type", [])
    kinds = [declared] if isinstance(declared, str) else declared
    allowed = [*kinds, *(["integer"] if "number" in kinds else [])]
    yield from [each for each in _WRONG_VALUES if kinds and _TYPES[type(each)] not in allowed][:1]


def test_whole_body_is_valid() -> None:
    found = {each.name: codes_of(each, whole_body(each)) for each in OPERATIONS}
    assert {name: codes for name, codes in found.items() if codes} == {}


@pytest.mark.slow
def test_misspelled_name_is_one_finding() -> None:
    wrong = {}
    for operation in OPERATIONS:
        body = whole_body(operation)
        for place, name in members_of(body):
            new = misspelled(name)
            found = codes_of(
                operation, changed(body, place, name, new, value_at(body, place)[name])
            )
            if found != [("property-unknown", join_pointer(place, new))]:
                wrong[operation.name, place, new] = found
    assert wrong == {}


@pytest.mark.slow
def test_wrong_type_is_one_finding() -> None:
    wrong = {}
    for operation in OPERATIONS:
        body = whole_body(operation)
        for place, name in members_of(body):
            pointer = join_pointer(place, name)
            for value in wrong_types(operation.schema_at(pointer)):
                found = codes_of(operation, changed(body, place, name, name, value))
                if found != [("type-mismatch", pointer)]:
                    wrong[operation.name, pointer, str(value)] = found
    assert wrong == {}


def test_value_that_is_not_listed_is_one_finding() -> None:
    wrong, count = {}, 0
    for operation in OPERATIONS:
        body = whole_body(operation)
        for place, name in members_of(body):
            pointer = join_pointer(place, name)
            options = operation.schema_at(pointer).get("enum", ())
            for other in ("unheard-of", 4711):
                if options and type(other) is type(options[0]):
                    count += 1
                    found = codes_of(operation, changed(body, place, name, name, other))
                    if found != [("value-not-allowed", pointer)]:
                        wrong[operation.name, pointer] = found
    assert wrong == {}
    assert count > 5
