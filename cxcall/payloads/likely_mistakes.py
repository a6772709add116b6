"""Find likely mistakes that a schema allows: impossible numbers, placeholders, IDs that disagree."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from cxcall.contracts.json_schema import ALTERNATIVES
from cxcall.documents.json_pointer import (
    find_value,
    has_value,
    join_pointer,
    leaves,
    objects,
    value_at,
)
from cxcall.documents.json_text import loses_digits
from cxcall.findings.finding import Finding, Severity
from cxcall.payloads.placeholders import is_name_of_id, is_placeholder
from cxcall.phone.number_property_names import may_be_wrong_number
from cxcall.runtime.patterns import compile_pattern

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from collections.abc import Set as AbstractSet

    from cxcall.contracts.json_schema import JsonSchema
    from cxcall.contracts.operation import Operation
    from cxcall.payloads.errors.renames import Rename
    from cxcall.payloads.payload import Payload

    Problem = tuple[str, str, str] | None
    """Message, correction, and reason; None for a value that is right."""

OPEN_KEYWORDS = frozenset(
    """
    additionalProperties patternProperties unevaluatedProperties propertyNames dependentSchemas
    oneOf anyOf if not x-cxcall-mistakes
    """.split()
)
"""Keywords by which a schema itself decides which other names an object may have."""

_NUMBER = r"-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?"
_WHY_OPEN = (
    "the schema allows other properties, but an API may ignore an unknown one or refuse the body"
)
_WHY_UNSAID = "the schema does not say so, but the API may refuse the request"
_WHY_CLOSED = "the vendor's specification allows no other properties; whether the API refuses them is not known"


def has_open_names(schema: JsonSchema) -> bool:
    """Return whether a schema itself decides which other names an object may have."""
    return any(
        word not in ALTERNATIVES
        or any(isinstance(each, bool) or each.keys() != {"required"} for each in schema[word])
        for word in schema.keys() & OPEN_KEYWORDS
    )


def find_likely_mistakes(
    operation: Operation, body: Payload, known: AbstractSet[str]
) -> Iterator[Finding]:
    """Yield a warning for each likely mistake; `known` are the pointers that already have a finding."""
    finder = _MistakeFinder(operation, body)
    renames: list[Rename] = []
    for pointer, members in objects(body.value):
        for finding, rename in finder.check_names(pointer, members):
            if finding.where not in known:
                yield finding
                renames += [rename] if rename else []
    # A misspelled name is one mistake: the missing correct name is not a second one.
    body = body.with_renames(renames) if renames else body
    finder = _MistakeFinder(operation, body)
    for pointer, members in objects(body.value):
        for finding in finder.check_once_required(pointer, members):
            if finding.where not in known:
                yield finding
        yield from finder.check_companions(pointer, members)
        if "x-cxcall-conditions" in operation.schema_at(pointer):
            from cxcall.payloads.declared_conditions import find_broken_conditions

            yield from find_broken_conditions(operation, body, pointer, members, known)
    for pointer, value in leaves(body.value):
        if body.find_place(pointer) not in known:
            yield from finder.check_value(pointer, value)


class _MistakeFinder:
    """Finds likely mistakes in the body of one request."""

    def __init__(self, operation: Operation, body: Payload) -> None:
        self.operation = operation
        self.body = body

    def _warning(
        self, code: str, where: str, message: str, fix: str, why: str = "", *, key: bool = False
    ) -> Finding:
        what = Severity.WARNING, code, where, message
        source = self.operation.source
        return self.body.make_finding(*what, key=key, fix=fix, why=why, source=source)

    def check_names(
        self, pointer: str, members: dict[str, Any]
    ) -> Iterator[tuple[Finding, Rename | None]]:
        """Yield a warning about each undeclared property of an object, with its likely correction."""
        schema, operation = self.operation.schema_at(pointer), self.operation.name
        declared = schema.get("properties", {})
        is_complete = declared and not has_open_names(schema)
        unknown = [each for each in members if is_complete and each not in declared]
        if unknown:
            from cxcall.payloads.errors.misnamed_properties import find_renames
            from cxcall.phone.number_masking import mask_text

            renames = find_renames(self.operation, self.body.value, {pointer: unknown})
        for name in unknown:
            place = join_pointer(pointer, name)
            rename = renames.get(place)
            message = f"`{operation}` does not declare a property `{mask_text(name)}`"
            fix = rename.describe() if rename else f"see its properties: {self.operation.listing}"
            why = _WHY_CLOSED if schema.get("x-cxcall-closed") else _WHY_OPEN
            found = self._warning("property-unknown", place, message, fix, why, key=True)
            yield found._replace(edits=rename.cautious_edits if rename else ()), rename

    def check_once_required(self, pointer: str, members: dict[str, Any]) -> Iterator[Finding]:
        """Yield a warning about each missing property of an object that was once required."""
        schema = self.operation.schema_at(pointer)
        owner = f"`{pointer}`" if pointer else f"the body of `{self.operation.name}`"
        for names in schema.get("x-cxcall-once-required", []):
            if members.keys().isdisjoint(names):
                listed = " or ".join(f"`{name}`" for name in names)
                message, fix = f"{owner} has no {listed}", f"add {listed}"
                why = f"an older document of the vendor requires `{names[0]}`; whether it is still required is not documented"
                place = join_pointer(pointer, names[0])
                yield self._warning("property-missing", place, message, fix, why, key=True)

    def check_companions(self, pointer: str, members: dict[str, Any]) -> Iterator[Finding]:
        """Yield a warning for each property that only has an effect together with a missing one."""
        declared = self.operation.schema_at(pointer).get("properties", {})
        for name in members:
            own = declared.get(name)  # may be `true`, which is also a schema
            other = own.get("x-cxcall-only-with") if isinstance(own, dict) else None
            if other and other not in members:
                place = join_pointer(pointer, name)
                message = f"`{place}` only has an effect together with `{other}`, which is missing"
                fix = f"remove `{name}`, or add `{other}`"
                why = "the API may ignore it or refuse the body; the vendor does not say which"
                yield self._warning("value-not-allowed", place, message, fix, why, key=True)

    def _check_digits(self, pointer: str, value: float) -> Iterator[Finding]:
        """Yield a warning if the file has more digits of a number than are sent."""
        excerpt = self.body.find_excerpt(pointer)
        if excerpt is None:
            return
        start = excerpt.column - 1 - excerpt.start
        text = excerpt.text[start : start + excerpt.width]
        written = compile_pattern(_NUMBER).search(text)
        if written and loses_digits(written[0], value):
            message = f"`{pointer}` has more digits than can be sent: the number is rounded"
            fix = "write it with fewer digits, or as a string if the API accepts one"
            why = "most JSON software has double precision (RFC 8259, section 6)"
            yield self._warning("value-not-allowed", pointer, message, fix, why)

    def check_value(self, pointer: str, value: Any) -> Iterator[Finding]:
        """Yield warnings about a placeholder, an impossible number, and an ID that differs from another."""
        schema = self.operation.schema_at(pointer)
        name = pointer.rstrip("/0123456789").rpartition("/")[2]
        if is_placeholder(value, name=name, id_wanted=is_name_of_id(name)):
            message = f"`{value}` at `{pointer}` looks like a placeholder that was never filled in"
            found = self._warning(
                "placeholder", pointer, message, f"put the real value at `{pointer}`"
            )
            from cxcall.payloads.undialable_values import (
                WHY_DIALED,
                is_dialed_place,
                may_be_address,
            )

            is_dialed = is_dialed_place(self.operation, schema, name) and not may_be_address(value)
            yield found._replace(severity=Severity.ERROR, why=WHY_DIALED) if is_dialed else found
        elif isinstance(value, float):
            yield from self._check_digits(pointer, value)
        elif schema.get("contentEncoding") == "base64" and not is_base64(value):
            message = f"`{pointer}` is not base64, in which its content must be encoded"
            fix = "encode the content: `base64 -w0 FILE`, or `base64.b64encode(...).decode()` in Python"
            why = f"the schema says: {schema.get('description', 'base64')}"
            yield self._warning("value-not-allowed", pointer, message, fix, why)
        elif isinstance(value, str) and may_be_wrong_number(schema, name, value):
            from cxcall.payloads.undialable_values import find_undialable, place_in_body

            found_number = find_undialable(self.operation, schema, name, value)
            yield from place_in_body(found_number, self.body, pointer)
        yield from find_broken_relations(self.operation, self.body, pointer, value)
        kind, _, other = str(schema.get("x-cxcall-same-as", "")).partition(":")
        if kind != "body" or not has_value(self.body.value, other):
            return
        there = value_at(self.body.value, other)
        if value and there and _differ(value, there):
            from cxcall.payloads.errors.format_advice import format_value

            message = f"`{pointer}` differs from `{other}`, but both are the ID of the contact"
            fix = f"send the same ID in both: `{format_value(there)}`"
            why = "one of them is the ID of another contact: the call could reach the wrong person"
            yield self._warning("id-mismatch", pointer, message, fix, why)


def is_base64(value: Any) -> bool:
    """Return whether a value can be decoded as base64, or is not a text, such as a file."""
    if not isinstance(value, str) or value.startswith("@"):
        return True
    from binascii import a2b_base64

    try:
        a2b_base64("".join(value.split()), strict_mode=True)
    except ValueError:
        return False
    return True


def find_id_mismatches(
    operation: Operation, values: Mapping[str, str], body: Payload
) -> Iterator[Finding]:
    """Yield an error for each ID in the body that differs from the same ID in the path."""
    for pointer, value in leaves(body.value):
        kind, _, name = str(operation.schema_at(pointer).get("x-cxcall-same-as", "")).partition(":")
        if kind != "path" or name not in values or not _differ(value, values[name]):
            continue
        if is_placeholder(value, id_wanted=True):
            continue  # the other finding is more specific
        from cxcall.payloads.errors.format_advice import format_value

        in_path = format_value(values[name])
        yield body.make_finding(
            Severity.ERROR,
            "id-mismatch",
            pointer,
            f"`{pointer}` is `{format_value(value)}`, but `{name}` in the path is `{in_path}`",
            fix=f"send the same `{name}` in both",
            why="the two IDs must be the same: the call could reach the wrong person",
            source=operation.source,
        )


def _differ(first: Any, second: Any) -> bool:
    """Return whether two values are IDs that differ in more than upper and lower case."""
    are_texts = isinstance(first, str) and isinstance(second, str)
    return are_texts and first.lower() != second.lower()


def find_broken_relations(
    operation: Operation, body: Payload, pointer: str, value: Any
) -> Iterator[Finding]:
    """Yield a warning for each declared relation that a value breaks (the extensions in RELATIONS)."""
    schema = operation.schema_at(pointer)
    for extension, check in RELATIONS.items():
        problem = (
            check(schema[extension], body.value, pointer, value) if extension in schema else None
        )
        if problem:
            message, fix, why = problem
            what = Severity.WARNING, "value-not-allowed", pointer, message
            yield body.make_finding(*what, fix=fix, why=why, source=operation.source)


def _shown(value: Any) -> str:
    from cxcall.payloads.errors.format_advice import format_value  # only for wrong values

    return format_value(value)


def _check_among(place: str, body: Any, pointer: str, value: Any) -> Problem:
    listed = find_value(body, place)
    if not isinstance(listed, list) or value in listed:
        return None
    message = f"`{pointer}` is `{_shown(value)}`, which is not in `{place}`"
    fix = f"use one of its values, or add it to `{place}`"
    return message, fix, "the API refuses a column that the list does not have"


def _check_below(rule: dict[str, str], body: Any, pointer: str, value: Any) -> Problem:
    """Compare with another value, at a place in the body or beside this one."""
    place, above = rule["place"], pointer.rpartition("/")[0]
    place = place if place[:1] == "/" else join_pointer(above, place)
    other = find_value(body, place)
    is_comparable = type(other) is type(value) and isinstance(value, str | int | float)
    if not is_comparable or value < other:
        return None
    message = (
        f"`{pointer}` is `{_shown(value)}`, which is not less than `{_shown(other)}` at `{place}`"
    )
    return message, rule["says"], _WHY_UNSAID


def _check_distinct(_: Any, body: Any, pointer: str, value: Any) -> Problem:
    """Compare with the same member of the items before."""
    tokens = pointer.split("/")
    index = max((at for at, each in enumerate(tokens) if each.isdecimal()), default=0)
    for number in range(int(tokens[index]) if index else 0):
        place = "/".join((*tokens[:index], str(number), *tokens[index + 1 :]))
        if value is not None and find_value(body, place) == value:
            return (
                f"`{_shown(value)}` is at `{place}` already",
                "remove one of the two",
                _WHY_UNSAID,
            )
    return None


def _check_time_zone(_: Any, body: Any, pointer: str, value: Any) -> Problem:  # noqa: ARG001 - as the others
    is_name = isinstance(value, str) and bool(value) and not is_placeholder(value)
    if not is_name or _is_time_zone(value) or not _is_time_zone("UTC"):
        return None
    message = f"`{pointer}` is `{_shown(value)}`, which is not the name of a time zone"
    return message, "use a name of the IANA database, such as `Europe/Berlin`", _WHY_UNSAID


@cache
def _is_time_zone(name: str) -> bool:
    from zoneinfo import ZoneInfo

    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return False
    return True


RELATIONS: dict[str, Callable[[Any, Any, str, Any], Problem]] = {
    "x-cxcall-among": _check_among,
    "x-cxcall-below": _check_below,
    "x-cxcall-distinct": _check_distinct,
    "x-cxcall-time-zone": _check_time_zone,
}
