"""Quickly accept a payload that cannot have findings; leave any other payload to the full check.

A screen never explains an error. For each operation it compiles the schema of the body together with
every rule of `payloads.likely_mistakes` that a schema can express. If a rule cannot be expressed, the
screen is stricter than the rule: it may reject a correct payload, but never accepts an incorrect one.
"""

from __future__ import annotations

import re
from functools import cache, partial
from itertools import chain
from typing import TYPE_CHECKING, Any

from cxcall.contracts.json_schema import merged_schema
from cxcall.documents.json_document import MAX_DEPTH
from cxcall.documents.json_pointer import child_at, join_pointer, leaves, split_pointer
from cxcall.documents.json_text import loses_digits
from cxcall.payloads.intended_command import commands_lacking_one, is_rarely_sent
from cxcall.payloads.likely_mistakes import (
    RELATIONS,
    find_broken_relations,
    has_open_names,
    is_base64,
)
from cxcall.payloads.operation_matching import (
    candidate_operations,
    first_valid,
    group_by_unknown_properties,
)
from cxcall.payloads.payload import Payload
from cxcall.payloads.placeholders import NAME_OF_ID_SCHEMA, PLACEHOLDER_SCHEMA, is_name_of_id
from cxcall.payloads.undialable_values import is_possible

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from cxcall.contracts.json_schema import JsonSchema
    from cxcall.contracts.operation import Operation

    Matches = tuple[Operation, ...]

_SHAPES_KEPT = 256
_DEEPEST_PAIR = 3
_SHORT_LINE = 2 * MAX_DEPTH
"""The bytes of a line that is too short to be nested too deep."""
_NAME_END = re.compile(rb'"[ \t\r]*:')


class QuickCheck:
    """Accepts lines that certainly have no findings.

    A line must be valid as `named`, or else as an operation that `match_operations` would return.
    """

    def __init__(self, known: Sequence[Operation], named: Operation | None) -> None:
        from msgspec import MsgspecError
        from msgspec.json import Decoder

        self._decode = Decoder(float_hook=_exact_float).decode
        self._decode_errors = (MsgspecError, ValueError, RecursionError)
        self._known, self._named = known, named
        self._groups: dict[tuple[str, ...], tuple[list[list[Operation]], bool]] = {}
        self._body_screen = cache(BodyScreen)

    def accept(self, lines: Sequence[bytes]) -> list[Matches]:
        """Return the operations that each line is valid as; none if it needs the full check.

        The lines are checked together, which is faster, and one by one only if one of them fails.
        """
        if matches := self._accept_all(lines):
            return matches
        return [()] if len(lines) == 1 else [self.accept([line])[0] for line in lines]

    def _accept_all(self, lines: Sequence[bytes]) -> list[Matches]:
        """Return the operations that each line is valid as; an empty list if a line needs the full check."""
        try:
            values = list(map(self._decode, lines))
        except self._decode_errors:
            return []
        if not _is_plain(lines, values):
            return []
        if self._named:
            matches: list[Matches] = [(self._named,)] * len(values)
            bodies = {self._named: values}
        else:
            matches, bodies = list(map(self._match, values)), {}
            for operations, value in zip(matches, values, strict=True):
                if not operations:
                    return []
                bodies.setdefault(operations[0], []).append(value)
        accepted = (self._body_screen(first).accept(each) for first, each in bodies.items())
        return matches if all(accepted) else []

    def _match(self, value: Any) -> Matches:
        """Return the operations that an object is valid as, if there is no note on another one.

        Its names decide which operations are possible.
        """
        if type(value) is not dict:
            return ()
        names = tuple(value)
        known = self._groups.get(names)
        if known is None:
            candidates = candidate_operations(self._known, value)
            groups = group_by_unknown_properties(candidates, value)
            known = groups, bool(commands_lacking_one(candidates, value))
            if len(self._groups) < _SHAPES_KEPT:
                self._groups[names] = known
        matches = first_valid(known[0], value)
        return () if known[1] and is_rarely_sent(matches) else matches


def _exact_float(text: str) -> float:
    """Return a number that is sent as it is written; raises ValueError for another one."""
    number = float(text)
    if loses_digits(text, number):
        raise ValueError(text)
    return number


def _is_plain(lines: Sequence[bytes], values: Sequence[Any]) -> bool:
    r"""Return whether the values of some lines repeat no name and are not nested too deep.

    A colon follows each name, so if there are as many different names as colons, no name is repeated. If strings
    also have colons, only those after a quotation mark count: in a string, only `\"` can precede one.
    """
    text = b"".join(lines)
    colons = text.count(b":")
    are_short = max(map(len, lines)) <= _SHORT_LINE
    if are_short and set(map(type, values)) == {dict} and sum(map(len, values)) == colons:
        return True
    names, depth = _count_names(values)
    return depth <= MAX_DEPTH and (names == colons or names == len(_NAME_END.findall(text)))


def _count_names(values: Sequence[Any]) -> tuple[int, int]:
    """Return the number of names in the objects of some values, and the depth of the values."""
    names, depth = 0, 0
    containers = [value for value in values if type(value) in (dict, list)]
    while containers:
        objects = [each for each in containers if type(each) is dict]
        arrays = [each for each in containers if type(each) is list]
        names += sum(map(len, objects))
        depth += 1
        members = chain(*map(dict.values, objects), *arrays)
        containers = [each for each in members if type(each) in (dict, list)]
    return names, depth


class BodyScreen:
    """The compiled rules of one operation's body."""

    def __init__(self, operation: Operation) -> None:
        import jsonschema_rs

        rules = _MistakeRules(operation)
        body = operation.body_schema
        schema = {
            "items": {
                "allOf": [{name: body[name] for name in body if name != "components"}, rules.root]
            },
            "components": body.get("components", {}),
            "$defs": rules.definitions,
        }
        self._pairs = rules.pairs
        self._operation = operation if rules.has_relations else None
        self._is_valid = jsonschema_rs.validator_for(
            schema, validate_formats=True, offline=True, formats=_FORMATS
        ).is_valid

    def accept(self, bodies: list[Any]) -> bool:
        """Return whether all of the bodies certainly have no findings."""
        return (
            self._is_valid(bodies)
            and not any(_may_differ(body, *pair) for pair in self._pairs for body in bodies)
            and not (
                self._operation
                and any(_has_broken_relation(self._operation, body) for body in bodies)
            )
        )


def _has_broken_relation(operation: Operation, body: Any) -> bool:
    """Return whether a value of a body lacks a required relation to other values."""
    payload = Payload(body)
    return any(
        finding
        for pointer, value in leaves(body)
        for finding in find_broken_relations(operation, payload, pointer, value)
    )


def _may_differ(value: Any, here: Sequence[str], there: Sequence[str]) -> bool:
    """Return whether the values at two places, where both are present, may be different IDs."""
    found = []
    for tokens in (here, there):
        member = value
        try:
            for token in tokens:
                member = child_at(member, token)
        except KeyError:
            return False
        found.append(member)
    return bool(found[0] != found[1])


_FORMATS: dict[str, Callable[..., bool]] = {
    **{f"cxcall-{form}": partial(is_possible, form) for form in ("e164", "phone")},
    "cxcall-base64": is_base64,
}


def _member(rules: JsonSchema, *, is_id: bool) -> JsonSchema:
    """Return the rules for a member whose name may be that of an ID."""
    return {"allOf": [rules, {"$ref": "#/$defs/filled-id"}]} if is_id else rules


class _MistakeRules:
    """The rules of `find_likely_mistakes` for one operation: the schema `root`, and the schemas that it refers to.

    `pairs` are the places whose values must be equal, and `has_relations` says that values must be in a list of
    the body; JSON Schema cannot express that.
    """

    def __init__(self, operation: Operation) -> None:
        self._resolve = operation.contract.resolve
        self._names: dict[tuple[int, str | None], str] = {}
        self.pairs: list[tuple[list[str], list[str]]] = []
        self.has_relations = False
        self.definitions: dict[str, JsonSchema] = {
            "filled": {"not": PLACEHOLDER_SCHEMA},
            "filled-id": {"not": NAME_OF_ID_SCHEMA, "items": {"$ref": "#/$defs/filled-id"}},
            "undeclared": {
                "allOf": [{"$ref": "#/$defs/filled"}, {"$ref": "#/$defs/filled-id"}],
                "items": {"$ref": "#/$defs/undeclared"},
                "additionalProperties": {"$ref": "#/$defs/undeclared"},
            },
        }
        self.root = self._place(operation.declared_body_schema, "")

    def _place(self, declared: Any, pointer: str | None) -> JsonSchema:
        """Return the rules for the value at `pointer`; None stands for any number of places."""
        if not isinstance(declared, dict) or not declared:
            return {"$ref": "#/$defs/undeclared"}
        if pointer is not None and pointer.count("/") > _DEEPEST_PAIR:
            pointer = None
        name = self._names.get((id(declared), pointer))
        if name is None:
            name = self._names[id(declared), pointer] = f"place{len(self._names)}"
            self.definitions[name] = self._rules(merged_schema(self._resolve, declared), pointer)
        return {"$ref": f"#/$defs/{name}"}

    def _rules(self, schema: JsonSchema, pointer: str | None) -> JsonSchema:
        kind, _, other = str(schema.get("x-cxcall-same-as", "")).partition(":")
        self.has_relations |= not RELATIONS.keys().isdisjoint(schema)
        if kind == "body":
            if pointer is None:
                return {"not": {}}
            self.pairs.append((split_pointer(pointer), split_pointer(other)))
        rules: JsonSchema = {"$ref": "#/$defs/filled", **self._member_rules(schema, pointer)}
        if schema.get("format") in ("e164", "phone"):
            rules["format"] = f"cxcall-{schema['format']}"
        elif schema.get("contentEncoding") == "base64":
            rules["format"] = "cxcall-base64"
        rules["dependentRequired"] = {
            name: [own["x-cxcall-only-with"]]
            for name, own in schema.get("properties", {}).items()
            if isinstance(own, dict) and own.get("x-cxcall-only-with")
        }
        rules["allOf"] = [
            {"anyOf": [{"required": [name]} for name in names]}
            for names in schema.get("x-cxcall-once-required", [])
        ]
        rules["allOf"] += [
            {"if": {"type": "object", **each["if"]}, "then": each["then"]}
            for each in schema.get("x-cxcall-conditions", [])
        ]
        return {name: rule for name, rule in rules.items() if rule not in ({}, [])}

    def _is_uuid(self, declared: Any) -> bool:
        """Return whether the schema of a value already excludes names of IDs."""
        is_schema = isinstance(declared, dict)
        return is_schema and merged_schema(self._resolve, declared).get("format") == "uuid"

    def _member_rules(self, schema: JsonSchema, pointer: str | None) -> JsonSchema:
        """Return the rules for members and items, with the schemas that `member_schema` returns."""
        declared = schema.get("properties", {})
        other = schema.get("additionalProperties")
        rules: JsonSchema = {
            "properties": {
                name: _member(
                    self._place(own, None if pointer is None else join_pointer(pointer, name)),
                    is_id=is_name_of_id(name) and not self._is_uuid(own),
                )
                for name, own in declared.items()
            },
            "items": self._place(schema.get("items", other), None),
            "additionalProperties": False,
        }
        if not declared or has_open_names(schema):
            rules["additionalProperties"] = _member(self._place(other, None), is_id=True)
        if "items" in schema:
            # A name of digits would have the schema of an item.
            rules["propertyNames"] = {"pattern": "[A-Za-z]"}
        if any(name.isdigit() for name in declared):
            # An item would have the schema of the property.
            rules["maxItems"] = 0
        return rules
