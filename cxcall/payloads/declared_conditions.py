"""Check rules about values that an API may enforce beyond its schema (`x-cxcall-conditions`)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cxcall.contracts.json_schema import compile_schema
from cxcall.documents.json_pointer import join_pointer, make_pointer
from cxcall.findings.finding import Finding, Severity
from cxcall.named_tuple import NamedTuple
from cxcall.payloads.placeholders import is_placeholder, is_withheld

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from collections.abc import Set as AbstractSet

    from cxcall.contracts.json_schema import JsonSchema
    from cxcall.contracts.operation import Operation
    from cxcall.findings.edit import Edit
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
        place = f"{pointer}{breach.pointer}"
        if body.find_place(place) not in known:
            yield breach.finding(body, place)._replace(edits=_edits(breach, operation, place))


def find_broken_rules(
    rules: Iterable[JsonSchema], values: Mapping[str, str], known: AbstractSet[str]
) -> Iterator[Finding]:
    """Yield a warning for each rule that a query breaks; `known` are the parameters that have a finding."""
    shown = {
        name: value
        for name, value in values.items()
        if name not in known and not is_placeholder(value) and not is_withheld(value)
    }
    for breach in find_breaches(rules, shown):
        yield breach.finding(None, "query")


def _edits(breach: Breach, operation: Operation, place: str) -> tuple[Edit, ...]:
    """Return the edits that add a missing value at a place, or remove a value that is not allowed."""
    from cxcall.findings.edit import Applicability, Edit, write

    if breach.op == "add":
        from cxcall.payloads.errors.value_corrections import new_value

        value = new_value(operation, place)
        return (write("add", place, value, Applicability.PLACEHOLDER),) if value else ()
    is_removal = breach.op == "remove"
    return (Edit("remove", place, applicability=Applicability.UNSAFE),) * is_removal


class Breach(NamedTuple):
    """A part of a condition that a value breaks: finding code, place in the value, problem, and correction.

    `op` is `add` or `remove` if this edit corrects the place, else empty.
    """

    code: str
    pointer: str
    message: str
    fix: str
    source: str
    op: str = ""
    severity: Severity = Severity.WARNING

    def finding(self, body: Payload | None, where: str) -> Finding:
        """Return the warning or note; without a body, on a parameter of the query."""
        what = self.severity, self.code, where, self.message
        more: dict[str, Any] = {"fix": self.fix, "why": _WHY, "source": self.source}
        if body is None:
            return Finding(*what, origin=self.pointer.lstrip("/"), **more)
        return body.make_finding(*what, key=True, **more)


def find_breaches(conditions: Iterable[JsonSchema], value: Any) -> Iterator[Breach]:
    """Yield each breach of some conditions by a value."""
    for condition in conditions:
        if not compile_schema(condition.get("if", {})).is_valid(value):
            continue
        for error in compile_schema(condition["then"]).iter_errors(value):
            yield _breach(condition, error)


def _breach(condition: JsonSchema, error: Any) -> Breach:
    """Return the breach for a schema error, with the sentence of the condition."""
    pointer = make_pointer(*error.instance_path)
    kind, detail = error.kind.name, error.kind.as_dict()
    name = error.instance_path[-1] if error.instance_path else "the body"
    code, problem, fix, op = "value-not-allowed", f"`{name}` is not valid", "", ""
    if kind == "required":
        missing = detail["property"]
        pointer, code = join_pointer(pointer, missing), "property-missing"
        problem, fix, op = f"`{missing}` is missing", f"add `{missing}`", "add"
    elif kind == "anyOf" and isinstance(error.instance, dict):
        parts = condition["then"]["anyOf"]
        choices = " or ".join(f"`{each}`" for part in parts for each in part["required"])
        code, problem, fix = "property-missing", f"{choices} is missing", f"add {choices}"
    elif kind == "falseSchema" or detail.get("options") in ([""], [0], [False]):
        problem, fix, op = f"`{name}` is not allowed here", f"remove `{name}`", "remove"
    elif isinstance(error.instance, str | int | float):
        from cxcall.payloads.errors.format_advice import format_value

        problem = f"`{name}` cannot be `{format_value(error.instance)}`"
    fix = fix or f"change `{name}`"
    if kind == "pattern":
        code = condition.get("code", code)
    source = condition["source"]
    if condition.get("severity") == Severity.NOTE:
        return Breach(code, pointer, condition["says"], fix, source, severity=Severity.NOTE)
    return Breach(code, pointer, f"{problem}: {condition['says']}", fix, source, op)
