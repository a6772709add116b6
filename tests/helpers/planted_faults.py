"""Plant faults in correct bodies: misspelled names, wrong types, missing, unknown, and misplaced properties."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from random import Random
from typing import Any

from cxcall.contracts.json_schema import compile_schema
from cxcall.contracts.operation import Operation
from cxcall.contracts.sample_values import sample_value
from cxcall.documents.json_pointer import has_value, join_pointer, objects, value_at
from helpers.shipped_operations import detailed_operations

OPERATIONS = [
    entry for entry in detailed_operations() if entry.takes_body and entry.example is not None
]
_WRONG = [7, "seven", True, ["x"], {"x": 1}]


@dataclass
class PlantedBody:
    """A body with faults: the pointer of each, and its kind."""

    operation: Operation
    correct: Any
    body: Any
    faults: list[tuple[str, str]] = field(default_factory=list)


def correct_body(operation: Operation, random: Random) -> Any:
    """Return the example of an operation, or a sample, with some more of the declared properties."""
    body = copy.deepcopy(operation.example)
    if body is None:
        body = sample_value(operation.contract, operation.declared_body_schema)
    is_valid = compile_schema(operation.body_schema).is_valid
    for pointer, members in list(objects(body)):
        declared = operation.schema_at(pointer).get("properties", {})
        names = [name for name in declared if name not in members]
        for name in random.sample(names, min(len(names), 4)):
            place = join_pointer(pointer, name)
            schema = operation.schema_at(place)
            members[name] = sample_value(operation.contract, schema)
            if members[name] in (None, [], {}) or not is_valid(body):
                del members[name]
    return body


def misspell(name: str, random: Random) -> str:
    """Return a name with one letter dropped, doubled, swapped, or replaced."""
    at = random.randrange(1, len(name) - 2)
    return random.choice(
        [
            name[:at] + name[at + 1 :],
            name[:at] + name[at] + name[at:],
            name[:at] + name[at + 1] + name[at] + name[at + 2 :],
            name[:at] + "q" + name[at + 1 :],
        ]
    )


def change_case(name: str, random: Random) -> str:
    """Return a name in another style."""
    words = re.findall(r"[A-Z]?[a-z0-9]+|[A-Z]+", name)
    return random.choice(
        [
            "_".join(words).lower(),
            "-".join(words).lower(),
            name.upper(),
            "".join(map(str.capitalize, words)),
        ]
    )


def plant(operation: Operation, random: Random, kinds: tuple[str, ...] = ()) -> PlantedBody:
    """Return a body with one to three faults in different members of it."""
    correct = correct_body(operation, random)
    planted = PlantedBody(operation, correct, copy.deepcopy(correct))
    spots = list(_spots(planted))
    random.shuffle(spots)
    count, used = random.choice([1, 1, 2, 2, 3]), set[str]()
    for place, name in spots:
        pointer = join_pointer(place, name)
        top = "/".join(pointer.split("/")[: 3 if isinstance(correct, list) else 2])
        is_there = has_value(planted.body, pointer) and top not in used
        if is_there and len(planted.faults) < count:
            kind = random.choice(kinds or tuple(_KINDS))
            if where := _KINDS[kind](planted, place, name, random):
                planted.faults.append((where, kind))
                used.add(top)
    return planted


def _spots(planted: PlantedBody) -> Iterator[tuple[str, str]]:
    """Yield the declared properties of objects without other members, as (pointer of the object, name)."""
    for pointer, members in objects(planted.body):
        schema = planted.operation.schema_at(pointer)
        is_open = schema.get("additionalProperties") not in (False, None) or "oneOf" in schema
        declared = schema.get("properties", {})
        if not is_open:
            yield from ((pointer, name) for name in members if name in declared)


def _rename(make: Callable[[str, Random], str]) -> Callable[..., str]:
    def rename(planted: PlantedBody, place: str, name: str, random: Random) -> str:
        node = value_at(planted.body, place)
        declared = planted.operation.schema_at(place)["properties"]
        if len(name) < 5:
            return ""
        new = make(name, random)
        folded = [re.sub("[-_]", "", each).lower() for each in declared]
        if (
            new in declared
            or new in node
            or re.sub("[-_]", "", new).lower() in set(folded) - {name.lower()}
        ):
            return ""
        node[new] = node.pop(name)
        return join_pointer(place, new)

    return rename


def _wrong_type(planted: PlantedBody, place: str, name: str, random: Random) -> str:
    pointer = join_pointer(place, name)
    schema = planted.operation.schema_at(pointer)
    for value in random.sample(_WRONG, len(_WRONG)):
        if schema.get("type") and not compile_schema({"type": schema["type"]}).is_valid(value):
            value_at(planted.body, place)[name] = copy.deepcopy(value)
            return pointer
    return ""


def _missing(planted: PlantedBody, place: str, name: str, random: Random) -> str:  # noqa: ARG001
    if name not in planted.operation.schema_at(place).get("required", ()):
        return ""
    del value_at(planted.body, place)[name]
    return join_pointer(place, name)


def _unknown(planted: PlantedBody, place: str, name: str, random: Random) -> str:
    new = random.choice(["zebra", "xylophone_1", "UNRELATED"])
    node = value_at(planted.body, place)
    if new in node or name not in node:
        return ""
    node[new] = random.choice(["x", 1, True])
    return join_pointer(place, new)


def _moved(planted: PlantedBody, place: str, name: str, random: Random) -> str:
    """Move a property to the object around its own, or into an object beside it."""
    node = value_at(planted.body, place)
    above = place.rpartition("/")[0]
    inner = [each for each in node if isinstance(node[each], dict) and each != name]
    targets = [join_pointer(place, each) for each in inner]
    if place and isinstance(value_at(planted.body, above), dict):
        targets.append(above)
    for target in random.sample(targets, len(targets)):
        schema = planted.operation.schema_at(target)
        is_closed = schema.get("additionalProperties") is False
        if (
            is_closed
            and name not in schema["properties"]
            and not has_value(planted.body, join_pointer(target, name))
        ):
            value_at(planted.body, target)[name] = node.pop(name)
            return join_pointer(target, name)
    return ""


_KINDS: dict[str, Callable[..., str]] = {
    "misspelled": _rename(misspell),
    "case": _rename(change_case),
    "type": _wrong_type,
    "missing": _missing,
    "unknown": _unknown,
    "moved": _moved,
}
