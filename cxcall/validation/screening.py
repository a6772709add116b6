"""Accept a payload in which nothing can be found, quickly; anything else is left to the full check.

A screen never says what is wrong. For each operation it compiles the schema of the body together with
every rule of `payloads.likely_mistakes` that a schema can express. Where a rule cannot be expressed,
the screen is stricter than the rule: it may reject a correct payload, but accepts no other.
"""

from __future__ import annotations

from functools import cache, partial
from typing import TYPE_CHECKING, Any

from cxcall.contracts.json_schema import merged_schema
from cxcall.documents.json_document import MAX_DEPTH, DocumentError, parse
from cxcall.documents.json_pointer import child_at, join_pointer, split_pointer
from cxcall.payloads.likely_mistakes import OPEN_KEYWORDS, is_number
from cxcall.payloads.operation_matching import (
    candidate_operations,
    first_valid,
    group_by_unknown_properties,
)
from cxcall.payloads.placeholders import PLACEHOLDER_SCHEMA
from cxcall.phone.numbering_plans import is_certainly_valid
from cxcall.phone.phone_numbers import find_number_mistake

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from cxcall.contracts.json_schema import JsonSchema
    from cxcall.contracts.operation import Operation

    Screen = Callable[[bytes], tuple[Operation, ...]]

_SHAPES_KEPT = 256
_DEEPEST_PAIR = 3
_SHORT_LINE = 2 * MAX_DEPTH
"""Bytes that cannot hold brackets enough to be nested too deep."""


def build_screen(known: Sequence[Operation], named: Operation | None = None) -> Screen:
    """Return a function that accepts a line: it returns the operations that the line is valid as.

    They are `named`, or else what `match_operations` would match. The function returns an empty tuple
    if the line needs the full check. It is one function because it is called for every line.
    """
    from msgspec import MsgspecError
    from msgspec.json import Decoder

    decode = Decoder().decode
    errors = (MsgspecError, ValueError, RecursionError)
    screen = cache(OperationScreen)
    match = _Matcher(known)
    only = (named,) if named else None
    accepts_only = screen(named).accepts if named else None

    def accept(line: bytes) -> tuple[Operation, ...]:
        try:
            value = decode(line)
        except errors:
            return ()
        operations = only or match(value)
        if not operations:
            return ()
        accepts = accepts_only or screen(operations[0]).accepts
        return operations if accepts(value) and _is_plain(line, value) else ()

    return accept


class _Matcher:
    """Return the operations that an object is valid as; its names decide which are possible."""

    def __init__(self, known: Sequence[Operation]) -> None:
        self._known = known
        self._groups: dict[tuple[str, ...], list[list[Operation]]] = {}

    def __call__(self, value: Any) -> tuple[Operation, ...]:
        if type(value) is not dict:
            return ()
        names = tuple(value)
        groups = self._groups.get(names)
        if groups is None:
            candidates = candidate_operations(self._known, value)
            groups = group_by_unknown_properties(candidates, value)
            if len(self._groups) < _SHAPES_KEPT:
                self._groups[names] = groups
        return first_valid(groups, value)


def _is_plain(line: bytes, value: Any) -> bool:
    """Tell whether a line that decodes to `value` repeats no name and is not nested too deep.

    Each name has its colon: with as many names as colons, none is repeated. Lines with other colons,
    such as those of a time of day, are read by the strict reader.
    """
    colons, is_short = line.count(b":"), len(line) <= _SHORT_LINE
    if is_short and type(value) is dict and len(value) == colons:
        return True
    if not is_short and line.count(b"[") + line.count(b"{") > MAX_DEPTH:
        return False
    if _count_names(value) == colons:
        return True
    try:
        return not parse(line.decode(), "").findings
    except (DocumentError, ValueError):
        return False


def _count_names(value: Any) -> int:
    count, waiting = 0, [value]
    while waiting:
        node = waiting.pop()
        if type(node) is dict:
            count += len(node)
            waiting += node.values()
        elif type(node) is list:
            waiting += node
    return count


class OperationScreen:
    """The compiled rules of one operation: `accepts` tells whether nothing can be found in a body."""

    def __init__(self, operation: Operation) -> None:
        import jsonschema_rs

        rules = _MistakeRules(operation)
        body = operation.body_schema
        schema = {
            "allOf": [{name: body[name] for name in body if name != "components"}, rules.root],
            "components": body.get("components", {}),
            "$defs": rules.definitions,
        }
        self._pairs = rules.pairs
        self._is_valid = jsonschema_rs.validator_for(
            schema, validate_formats=True, offline=True, formats=_FORMATS
        ).is_valid
        self.accepts = self._accepts_pairs if self._pairs else self._is_valid

    def _accepts_pairs(self, value: Any) -> bool:
        return self._is_valid(value) and not any(_may_differ(value, *pair) for pair in self._pairs)


def _may_differ(value: Any, here: Sequence[str], there: Sequence[str]) -> bool:
    """Tell whether the values at two places, where both are present, may be different IDs."""
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


def _is_dialable(form: str, text: str) -> bool:
    if not is_number(form, text) or is_certainly_valid(text):
        return True
    return not find_number_mistake(text)


_FORMATS: dict[str, Callable[..., bool]] = {
    f"cxcall-{form}": partial(_is_dialable, form) for form in ("e164", "phone")
}


class _MistakeRules:
    """The rules of `find_likely_mistakes` for one operation: the schema `root`, and what it refers to.

    `pairs` are the places whose values must be equal; JSON Schema cannot express that.
    """

    def __init__(self, operation: Operation) -> None:
        self._resolve = operation.contract.resolve
        self._names: dict[tuple[int, str | None], str] = {}
        self.pairs: list[tuple[list[str], list[str]]] = []
        self.definitions: dict[str, JsonSchema] = {
            "filled": {"not": PLACEHOLDER_SCHEMA},
            "undeclared": {
                "$ref": "#/$defs/filled",
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
        if kind == "body":
            if pointer is None:
                return {"not": {}}
            self.pairs.append((split_pointer(pointer), split_pointer(other)))
        rules: JsonSchema = {"$ref": "#/$defs/filled", **self._member_rules(schema, pointer)}
        if schema.get("format") in ("e164", "phone"):
            rules["format"] = f"cxcall-{schema['format']}"
        rules["dependentRequired"] = {
            name: [own["x-cxcall-only-with"]]
            for name, own in schema.get("properties", {}).items()
            if isinstance(own, dict) and own.get("x-cxcall-only-with")
        }
        rules["allOf"] = [
            {"anyOf": [{"required": [name]} for name in names]}
            for names in schema.get("x-cxcall-once-required", [])
        ]
        return {name: rule for name, rule in rules.items() if rule not in ({}, [])}

    def _member_rules(self, schema: JsonSchema, pointer: str | None) -> JsonSchema:
        """Return the rules for members and items; which schema is theirs is what `member_schema` says."""
        declared = schema.get("properties", {})
        other = schema.get("additionalProperties")
        rules: JsonSchema = {
            "properties": {
                name: self._place(own, None if pointer is None else join_pointer(pointer, name))
                for name, own in declared.items()
            },
            "items": self._place(schema.get("items", other), None),
            "additionalProperties": False,
        }
        if not declared or schema.keys() & OPEN_KEYWORDS:
            rules["additionalProperties"] = self._place(other, None)
        if "items" in schema:
            # A name of digits would have the schema of an item.
            rules["propertyNames"] = {"pattern": "[A-Za-z]"}
        if any(name.isdigit() for name in declared):
            # An item would have the schema of the property.
            rules["maxItems"] = 0
        return rules
