"""Check the rules about values that an API may enforce, and that its schema leaves open (`x-cxcall-conditions`)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cxcall.contracts.json_schema import compile_schema
from cxcall.documents.json_pointer import has_value, join_pointer, value_at
from cxcall.findings.finding import Finding, Severity
from cxcall.named_tuple import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from collections.abc import Set as AbstractSet

    from cxcall.contracts.json_schema import JsonSchema
    from cxcall.contracts.operation import Operation
    from cxcall.payloads.payload import Payload

_WHY = "the schema does not say so, but the API may refuse the request"


def find_broken_conditions(
    operation: Operation,
    body: Payload,
    pointer: str,
    members: dict[str, Any],
    known: AbstractSet[str],
) -> Iterator[Finding]:
    """Yield a warning for each condition that an object breaks; `known` are the places that have a finding."""
    conditions = operation.schema_at(pointer).get("x-cxcall-conditions", ())
    for breach in find_breaches(conditions, members):
        place = join_pointer(pointer, breach.name) if breach.name else pointer
        if body.find_place(place) not in known:
            yield breach.finding(body, place)


class Breach(NamedTuple):
    """A part of a condition that an object breaks: finding code, property, problem, and correction."""

    code: str
    name: str
    message: str
    fix: str
    source: str

    def finding(self, body: Payload | None, where: str) -> Finding:
        """Return the warning; without a body, on a parameter of the query."""
        more: dict[str, str] = {"fix": self.fix, "why": _WHY, "source": self.source}
        if body is None:
            return Finding.warning(self.code, where, self.message, origin=self.name, **more)
        return body.make_finding(Severity.WARNING, self.code, where, self.message, key=True, **more)


def find_breaches(conditions: Iterable[JsonSchema], members: Mapping[str, Any]) -> Iterator[Breach]:
    """Yield each breach of some conditions by an object."""
    for condition in conditions:
        then = condition["then"]
        is_met = compile_schema(then).is_valid(members)
        if compile_schema(condition.get("if", {})).is_valid(members) and not is_met:
            for code, name, message, fix in _breaches(condition, members):
                says = f"{message}: {condition['says']}"
                yield Breach(code, name, says, fix, condition["source"])


def _breaches(
    condition: JsonSchema, members: Mapping[str, Any]
) -> Iterator[tuple[str, str, str, str]]:
    """Yield (code, property, problem, correction) for each part of a condition that an object breaks."""
    then = condition["then"]
    for name in then.get("required", ()):
        if name not in members:
            yield "property-missing", name, f"`{name}` is missing", f"add `{name}`"
    choices = [name for each in then.get("anyOf", ()) for name in each["required"]]
    if choices and not members.keys() & set(choices):
        listed = " or ".join(f"`{name}`" for name in choices)
        yield "property-missing", "", f"{listed} is missing", f"add {listed}"
    for name, rule in then.get("properties", {}).items():
        if name in members and (rule is False or not compile_schema(rule).is_valid(members[name])):
            fix = (
                f"remove `{name}`"
                if rule is False or "enum" in rule
                else f"change the value of `{name}`"
            )
            yield "value-not-allowed", name, f"`{name}` cannot be used like this", fix


def find_unlisted_value(
    operation: Operation, body: Payload, pointer: str, value: Any
) -> Iterator[Finding]:
    """Yield a warning if a value must be one of a list in the body, and is not (`x-cxcall-among`)."""
    place = operation.schema_at(pointer).get("x-cxcall-among")
    if not place or not has_value(body.value, place):
        return
    listed = value_at(body.value, place)
    if isinstance(listed, list) and value not in listed:
        from cxcall.payloads.suggestions import format_value

        yield body.make_finding(
            Severity.WARNING,
            "value-not-allowed",
            pointer,
            f"`{pointer}` is `{format_value(value)}`, which is not in `{place}`",
            fix=f"use one of its values, or add it to `{place}`",
            why="the API refuses a column that the list does not have",
            source=f"contract {operation.contract.name}",
        )
