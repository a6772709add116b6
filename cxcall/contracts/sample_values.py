"""Create a value that is valid for a JSON Schema, for bodies and responses without an example."""

from __future__ import annotations

import math
import re
from functools import partial
from itertools import product
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from cxcall.contracts.json_schema import ALTERNATIVES, compile_schema, is_acceptable, new_validator
from cxcall.contracts.operation import MULTIPART, URLENCODED
from cxcall.documents.json_pointer import join_pointer
from cxcall.phone.number_property_names import PHONE_FORMATS, fold_number_name, is_number_name
from cxcall.runtime.patterns import compile_on_use

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cxcall.contracts.contract import Contract
    from cxcall.contracts.json_schema import JsonSchema
    from cxcall.contracts.operation import Operation

NUMBER = "+12025550100"
"""A number that is reserved for fiction, so no phone has it."""

_FORMATS = {
    "date": "2026-01-01",
    "date-time": "2026-01-01T00:00:00Z",
    "time": "00:00:00Z",
    "duration": "P1D",
    "uri": "https://example.com/",
    "url": "https://example.com/",
    "uri-reference": "/",
    "iri": "https://example.com/",
    "email": "agent@example.com",
    "hostname": "example.com",
    "ipv4": "192.0.2.1",
    "ipv6": "2001:db8::1",
    "json-pointer": "/a",
    "regex": "a",
    **dict.fromkeys(PHONE_FORMATS, NUMBER),
}
_USUAL = (
    "text",
    NUMBER,
    NUMBER[1:],
    "2026-01-01",
    "https://example.com/",
    "text/plain",
    "1",
    "a",
    "A",
)
"""Texts of which one may match the pattern of a string."""
_CALLER_NAMES = ("from", "callerid", "ani", "cli")
_DEEPEST = 40
_DEPTHS = (_DEEPEST, 12, 8, 5, 3, 2, 1)
"""The levels of a sample: fewer of them if it would be too large."""
_MOST_CHARACTERS = 300_000
"""The approximate size of the largest sample: a response that is kept has at most 1 MiB."""
_SIZE_OF_VALUE = 20
_ALTERNATIVES = 4
_OPTIONAL_MEMBERS = 8
_OPTIONAL_DEPTH = 3
_MOST_MEMBERS = 1000
_LONGEST_TEXT = 100_000
_KINDS_BY_WORD = {
    **dict.fromkeys(("properties", "required", "additionalProperties"), "object"),
    **dict.fromkeys(("items", "minItems"), "array"),
    **dict.fromkeys(("pattern", "format", "minLength", "maxLength"), "string"),
}
_ERRORS = compile_on_use("error|fail|fault|problem|reason", re.IGNORECASE)
_OWN_RULES = "type enum const pattern minLength maxLength minimum maximum format".split()
"""The keywords that restrict a value itself, and not its members."""


def sample_value(contract: Contract, schema: JsonSchema) -> Any:
    """Return the smallest valid value: required members only.

    For a complicated schema, and one whose values are all too large, the value may be invalid.
    """
    return _Sampler(contract, {}).sample(schema)


def sample_response(contract: Contract, schema: JsonSchema, texts: Mapping[str, str]) -> Any:
    """Return a valid value with `texts` at their pointers, a read-only `id`, and all members of objects that require none."""
    return _Sampler(contract, texts, is_response=True).sample(schema)


def sample_body(operation: Operation) -> Any:
    """Return a body that is valid by the schema of an operation, with some optional members if none is required.

    The example of the document is used if it is valid. If no body is, one is returned that fits several alternatives of a
    `oneOf`, or else the likeliest one.
    """
    is_valid = compile_schema(operation.body_schema).is_valid
    may_fit = partial(is_acceptable, operation.body_schema)
    schema = operation.declared_body_schema
    least = int(operation.media_type in (URLENCODED, MULTIPART))  # a form cannot have an empty list
    candidates = [] if operation.example is None else [operation.example]
    large: list[Any] = []
    for optional in (False, True):
        for with_examples, alternative in product((True, False), range(_ALTERNATIVES)):
            sampler = _Sampler(
                operation.contract,
                {},
                alternative,
                with_examples=with_examples,
                with_optional=optional,
                least_items=least,
            )
            value = sampler.sample(schema)
            if value == {}:
                candidates.append(sampler.with_optional_members(schema, may_fit))
            (large if sampler.is_cut else candidates).append(value)
            if found := [each for each in candidates if is_valid(each)]:
                return found[0]
            if len(large) == _ALTERNATIVES:  # the others take as long
                break
    found = [*filter(is_valid, large), *filter(may_fit, [*candidates, *large])]
    return [*found, *candidates, *large][0]


class _TooLargeError(Exception):
    """A sample is larger than `_MOST_CHARACTERS`."""


class _Sampler:
    """Creates values by one choice among alternatives; `texts` are set at their pointers.

    `with_optional` adds optional members, which may decide between alternatives; a list has at least
    `least_items`. `is_response` adds a read-only `id`, and those of an object that requires none, except for errors.
    """

    def __init__(
        self,
        contract: Contract,
        texts: Mapping[str, str],
        alternative: int = 0,
        *,
        with_examples: bool = True,
        with_optional: bool = False,
        least_items: int = 0,
        is_response: bool = False,
    ) -> None:
        self._contract, self._texts = contract, texts
        self._with_optional, self._least_items = with_optional, least_items
        self._is_response = is_response
        self._alternative, self._with_examples = alternative, with_examples
        self._deepest, self._room = _DEEPEST, 0.0

    @property
    def is_cut(self) -> bool:
        """Whether the last sample has fewer levels than its schema requires, because it would be too large."""
        return self._deepest < _DEEPEST

    def sample(self, schema: JsonSchema, at: str = "", name: str = "") -> Any:
        """Return a value for a schema, with null for members at deep levels if it would be too large."""
        for self._deepest in _DEPTHS:
            self._room = math.inf if self._deepest == _DEPTHS[-1] else _MOST_CHARACTERS
            try:
                return self.value(schema, at, name)
            except _TooLargeError:
                continue
        raise AssertionError

    def value(self, schema: JsonSchema, at: str = "", name: str = "", depth: int = 0) -> Any:
        """Return a value for a schema at a pointer; `name` is that of the property."""
        self._room -= _SIZE_OF_VALUE
        if self._room < 0:
            raise _TooLargeError
        if at in self._texts:
            return self._texts[at]
        merged = self._merge(schema, 0)
        within = any(pointer.startswith(f"{at}/") for pointer in self._texts)
        if not within and (declared := self._declared_values(merged)):
            return declared[0]
        kind = _type(merged)
        if depth > self._deepest:
            return None
        if kind == "object":
            return self._object(merged, at, depth)
        if kind == "array":
            return self._array(merged, (at, name), depth, least=int(within))
        found = _scalar(kind, merged, name)
        self._room -= len(found) if isinstance(found, str) else 0
        return found

    def with_optional_members(self, schema: JsonSchema, is_valid: Any) -> dict[str, Any]:
        """Return an object with optional members, starting with those that are required elsewhere."""
        found: dict[str, Any] = {}
        for name, member in self._merge(schema, 0).get("properties", {}).items():
            if len(found) < _OPTIONAL_MEMBERS and isinstance(member, dict):
                value = self.sample(member, join_pointer("", name), name)
                is_read_only = self._contract.resolve(member).get("readOnly")
                if value not in (None, [], {}) and not is_read_only and is_valid({name: value}):
                    found[name] = value
        return found

    def _merge(self, schema: Any, depth: int) -> JsonSchema:
        """Return a schema with its references, `allOf`, and one alternative of each kind merged into it."""
        merged = self._contract.resolve(schema) if isinstance(schema, dict) else {}
        parts = [*merged.pop("allOf", ())]
        lists = [merged.pop(word, ()) for word in ALTERNATIVES]
        chosen = [each[self._alternative % len(each)] for each in lists if each]
        condition = {} if depth else self._choose_condition(merged, parts, chosen)
        chosen += [condition["then"]] if condition else []
        for part in [*parts, *chosen] if depth < _DEEPEST else ():
            other = self._merge(part, depth + 1)
            properties = {**other.get("properties", {}), **merged.get("properties", {})}
            required = [*other.get("required", ()), *merged.get("required", ())]
            merged = {**other, **merged, "properties": properties, "required": required}
        for name, values in condition["if"]["properties"].items() if condition else ():
            member = self._merge(merged["properties"].get(name, {}), 1)
            allowed = [each for each in values["enum"] if self._may_be(member, each)]
            merged["properties"][name] = {**member, "enum": allowed} if allowed else member
        return merged

    def _choose_condition(
        self, schema: JsonSchema, parts: Sequence[Any], chosen: Sequence[Any]
    ) -> JsonSchema:
        """Return the condition for the value of a `discriminator` that chooses an alternative; empty if there is none."""
        member = schema.get("discriminator", {}).get("propertyName")
        found = [
            each
            for each in parts
            if isinstance(each, dict) and member in each.get("if", {}).get("properties", ())
            if not chosen or each["then"] in chosen
        ]
        return found[self._alternative % len(found)] if found else {}

    def _declared_values(self, schema: JsonSchema) -> list[Any]:
        """Return the value that the schema declares, in a list; an empty list if it declares none."""
        words = ("const", "default", "example") if self._with_examples else ("const",)
        single = [schema[word] for word in words if word in schema]
        shown = schema.get("examples", ())[:1] if self._with_examples else ()
        values = [*single, *shown, *schema.get("enum", ())[:1]]
        return [each for each in values if self._may_be(schema, each)][:1]

    @staticmethod
    def _may_be(schema: JsonSchema, value: Any) -> bool:
        """Return whether a declared value is valid for the schema, except for its members."""
        own = {word: schema[word] for word in _OWN_RULES if word in schema}
        return new_validator(own).is_valid(value)

    def _object(self, schema: JsonSchema, at: str, depth: int) -> Any:
        properties = schema.get("properties", {})
        required = schema.get("required", ())
        additional = schema.get("additionalProperties")
        default = additional if isinstance(additional, dict) else {}
        pointers = {
            name: join_pointer(at, name) for name in {**properties, **dict.fromkeys(required)}
        }
        found = {
            name: self.value(properties.get(name, default), pointer, name, depth + 1)
            for name, pointer in pointers.items()
            if name in required
            or self._is_wanted(properties[name], pointer, depth)
            or (self._is_response and self._is_shown(name, properties, depth, required))
        }
        least = min(schema.get("minProperties", 0), _MOST_MEMBERS)
        for name in [*properties, *(f"key{number}" for number in range(least))]:
            if len(found) >= least:
                break
            member = properties.get(name, default)
            found.setdefault(name, self.value(member, join_pointer(at, name), name, depth + 1))
        return found

    def _is_wanted(self, schema: Any, pointer: str, depth: int) -> bool:
        """Return whether an optional member is created."""
        if self._with_optional and depth < _OPTIONAL_DEPTH:
            return isinstance(schema, dict) and not self._contract.resolve(schema).get("readOnly")
        return any(f"{each}/".startswith(f"{pointer}/") for each in self._texts)

    def _is_shown(
        self, name: str, properties: Mapping[str, Any], depth: int, required: Sequence[str]
    ) -> bool:
        """Return whether an optional member is in a successful response: the ID that only the server sets, or any."""
        member = self._contract.resolve(properties[name] or {})
        is_id = name.lower() == "id" and member.get("readOnly", False)
        is_shown = is_id if required else not member.get("writeOnly", False)
        return depth < _OPTIONAL_DEPTH and is_shown and not _ERRORS.search(name)

    def _array(self, schema: JsonSchema, place: tuple[str, str], depth: int, *, least: int) -> Any:
        at, name = place
        first = schema.get("prefixItems", ())
        count = min(max(schema.get("minItems", 0), least, self._least_items), _MOST_MEMBERS)
        items = schema.get("items", {})
        nodes = [*first, *[items] * count][:count]
        return [
            self.value(node, join_pointer(at, index), name, depth + 1)
            for index, node in enumerate(nodes)
        ]


def _type(schema: JsonSchema) -> str:
    declared = schema.get("type")
    if isinstance(declared, list):
        declared = next((kind for kind in declared if kind != "null"), "null")
    if declared:
        return str(declared)
    kinds = (kind for word, kind in _KINDS_BY_WORD.items() if schema.get(word))
    return next(kinds, "null")


def _scalar(kind: str, schema: JsonSchema, name: str) -> Any:
    if kind == "boolean":
        return True
    if kind in ("integer", "number"):
        is_error = _ERRORS.search(name)  # a successful response has none
        return _number(schema, 0 if is_error else 1, is_integer=kind == "integer")
    if kind != "string":
        return None
    form = str(schema.get("format") or schema.get("x-format") or "")
    if form == "uuid":
        return str(uuid4())
    is_number = is_number_name(name) or fold_number_name(name) in _CALLER_NAMES
    usual = _FORMATS.get(form) or (NUMBER if is_number else "text")
    least, candidates = min(schema.get("minLength", 0), _LONGEST_TEXT), [usual, *_USUAL]
    longer = [each.ljust(least, each[-1]) for each in candidates]
    if not schema.get("pattern"):
        return longer[0][: schema.get("maxLength")]
    is_valid = new_validator({**schema, "type": "string"}).is_valid
    return next((each for each in [*candidates, *longer] if is_valid(each)), usual)


def _number(schema: JsonSchema, usual: int, *, is_integer: bool) -> int | float:
    """Return a number within the limits of a schema, the usual number if there are no limits that a computer can use."""
    try:
        return _number_within(schema, usual, is_integer=is_integer)
    except OverflowError:
        return usual


def _number_within(schema: JsonSchema, usual: int, *, is_integer: bool) -> int | float:
    step = schema.get("multipleOf", 1 if is_integer else 0)
    least = max(schema.get("minimum", -math.inf), schema.get("exclusiveMinimum", -math.inf))
    most = min(schema.get("maximum", math.inf), schema.get("exclusiveMaximum", math.inf))
    value = least if least > -math.inf else min(most, usual)
    if step:
        value = math.ceil(value / step) * step
    if value == schema.get("exclusiveMinimum"):
        value += step or min(1, (most - least) / 2)
    if value == schema.get("exclusiveMaximum"):
        value -= step or 1
    return int(value) if is_integer else value
