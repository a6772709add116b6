"""A JSON Schema verdict -> findings that a person can act on: which name or value, why, what instead."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from cxcall.contracts.json_schema import compile_schema
from cxcall.documents.json_pointer import TYPE_NAMES, join_pointer, type_of, value_at
from cxcall.findings.finding import Finding, Severity
from cxcall.payloads.likely_mistakes import find_unlikely_number
from cxcall.payloads.payload import convert_text
from cxcall.payloads.placeholders import is_placeholder
from cxcall.payloads.suggestions import (
    fold_name,
    format_hint,
    format_value,
    intended_property,
    limit_hint,
    nearest_name,
    property_template,
    type_hint,
)
from cxcall.phone import phone_numbers

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jsonschema_rs import ValidationError

    from cxcall.contracts.contract import Operation
    from cxcall.contracts.json_schema import JsonSchema
    from cxcall.contracts.parameters import Parameter
    from cxcall.payloads.payload import Payload

_E164_FORM = "a plus sign, the country code and the number: digits only, 15 at most"
_MOST_NAMES = 12


def explain_schema_error(
    operation: Operation, body: Payload, misfit: ValidationError
) -> Iterator[Finding]:
    """Yield the findings that one error of the JSON Schema validator stands for."""
    kind, detail = misfit.kind.name, misfit.kind.as_dict()
    pointer = "".join(join_pointer("", token) for token in misfit.instance_path)
    case = _SchemaError(operation, body, pointer)
    if kind in ("additionalProperties", "unevaluatedProperties"):
        for name in detail["unexpected"]:
            yield from case.unknown_property(name)
    elif kind == "required":
        yield case.missing_property(detail["property"])
    elif kind == "type":
        yield case.wrong_type(misfit)
    elif kind in ("oneOf", "anyOf") and detail.get("context"):
        alternatives = _names_wanted(detail["context"])
        if alternatives:
            yield case.missing_alternatives(alternatives)
            return
        for branch_misfit in min(detail["context"], key=_severity_of_branch):
            yield from explain_schema_error(operation, body, branch_misfit)
    elif kind == "falseSchema" and "dependentSchemas" in misfit.schema_path:
        path = list(misfit.schema_path)
        yield case.excluded_property(str(path[len(path) - path[::-1].index("dependentSchemas")]))
    else:
        yield case.wrong_value(misfit)


def explain_parameter_error(operation: Operation, parameter: Parameter, value: str) -> Finding:
    """Return the finding on a parameter that its schema refuses."""
    label = f"`{parameter.name}` in the {parameter.location}"
    code, message, fix = _wrong_string(parameter.schema, label, value)
    if not value:
        message, fix = f"{label} is empty", "write a value there"
    elif not code:
        message, fix = _wrong_text(parameter.schema, label, value)
    return Finding(
        Severity.ERROR,
        code or "value-not-allowed",
        parameter.location,
        message,
        fix=fix,
        why=f"the path is {operation.path}",
        source=f"contract {operation.contract.name}",
        origin=parameter.name,
    )


def _wrong_text(schema: JsonSchema, label: str, text: str) -> tuple[str, str]:
    """Return (message, fix) of a parameter's text that its schema refuses."""
    if schema.get("type") == "array":
        schema = {**schema, **schema.get("items", {})}
        texts = text.split(",")
        text = next(
            (
                each
                for each in texts
                if not compile_schema(schema).is_valid(convert_text(each, schema))
            ),
            text,
        )
    value = convert_text(text, schema)
    for misfit in compile_schema(schema).iter_errors(value):
        if misfit.kind.name == "type":
            names = " or ".join(TYPE_NAMES[name] for name in misfit.kind.as_dict()["types"])
            return f"{label} must be {names}; `{format_value(text)}` is not", f"write {names} there"
        return _broken(misfit, label, value)
    return f"{label} cannot be `{format_value(text)}`", "write another value there"


def _broken(misfit: ValidationError, label: str, value: Any) -> tuple[str, str]:
    """Return (message, fix) of a value that breaks a rule; the rule itself is the message of last resort."""
    kind, detail = misfit.kind.name, misfit.kind.as_dict()
    limit = next(iter(detail.values()), "")
    if kind == "enum":
        return f"{label} cannot be `{format_value(value)}`", _choice(value, detail["options"])
    if kind in ("minLength", "minItems") and value in ("", []):
        return f"{label} is empty", "write a value, or leave the property out if it is optional"
    said, fix = format_hint(limit, value) if kind == "format" else limit_hint(kind, limit, value)
    if said:
        return f"{label} {said}", fix
    return f"{label} breaks the rule `{kind}: {json.dumps(limit, default=str)}`", ""


def _severity_of_branch(branch: list[ValidationError]) -> tuple[int, int]:
    """Rank an alternative by how little of it is wrong; a wrong type means that it was not meant."""
    return sum(misfit.kind.name == "type" for misfit in branch), len(branch)


def _names_wanted(branches: list[list[ValidationError]]) -> list[str]:
    """Return the properties one of which is enough; none where alternatives differ in anything else."""
    if any(len(branch) != 1 or branch[0].kind.name != "required" for branch in branches):
        return []
    places = {tuple(branch[0].instance_path) for branch in branches}
    return [branch[0].kind.as_dict()["property"] for branch in branches] if len(places) == 1 else []


class _SchemaError:
    """One place in one body that is not as its schema wants it."""

    def __init__(self, operation: Operation, body: Payload, pointer: str) -> None:
        self.operation = operation
        self.body = body
        self.pointer = pointer
        self.schema = operation.schema_at(pointer)
        self.value = value_at(body.value, pointer)

    def finding(
        self, code: str, message: str, *, where: str | None = None, key: bool = False, **more: str
    ) -> Finding:
        place = self.pointer if where is None else where
        source = f"contract {self.operation.contract.name}"
        return self.body.make_finding(
            Severity.ERROR, code, place, message, key=key, source=source, **more
        )

    @property
    def label(self) -> str:
        """Name this place in a sentence."""
        return f"`{self.pointer}`" if self.pointer else f"the body of `{self.operation.name}`"

    def unknown_property(self, name: str) -> Iterator[Finding]:
        mistake = self.schema.get("x-cxcall-mistakes", {}).get(name, {})
        target = mistake.get("use") or ("" if mistake else self._intended_pointer(name))
        yield self.finding(
            "property-unknown",
            f"`{phone_numbers.mask_text(name)}` is not a property of {self.label}",
            where=join_pointer(self.pointer, name),
            key=True,
            fix="remove it" if mistake and not target else self._suggest_property(target),
            why=mistake.get("why", "the contract allows no other properties here"),
        )
        if target:
            yield from self._check_value_at(name, target)

    def _intended_pointer(self, name: str) -> str:
        """Return the pointer of the declared property that a wrong name was meant for, if any."""
        near = intended_property(name, self.schema)
        is_taken = near in self.value and fold_name(near) != fold_name(name)
        if near and not is_taken:
            return join_pointer(self.pointer, near)
        declared = self.operation.pointers
        return next(
            (entry for entry in declared if fold_name(entry.rpartition("/")[2]) == fold_name(name)),
            "",
        )

    def _suggest_property(self, target: str) -> str:
        above, _, name = target.rpartition("/")
        if target and above != self.pointer:
            return f"the value belongs in `{target}`"
        if target and isinstance(self.value, dict) and name in self.value:
            return f"remove it: `{name}` is there already"
        return f"did you mean `{name}`?" if target else self._list_properties()

    def _list_properties(self) -> str:
        """Say which names there are, if a person can take them in at a glance."""
        names = [f"`{entry}`" for entry in self.schema.get("properties", {})]
        if len(names) > _MOST_NAMES:
            return f"see its {len(names)} properties: `cxcall operations {self.operation.name}`"
        return f"its properties are {', '.join(names)}" if names else "remove it"

    def _check_value_at(self, name: str, target: str) -> Iterator[Finding]:
        """Judge the value as if it stood where it belongs, so that one correction is enough."""
        value, schema = self.value[name], self.operation.schema_at(target)
        if not isinstance(value, str):
            return
        place = join_pointer(self.pointer, name)
        if value not in schema.get("enum", [value]):
            fix = _choice(value, schema["enum"])
            yield self.finding(
                "value-not-allowed",
                f"`{place}` cannot be `{format_value(value)}`",
                where=place,
                fix=fix,
            )
        elif not re.search(schema.get("pattern", ""), value):
            code, message, fix = _wrong_string(schema, f"`{place}`", value)
            if code:
                yield self.finding(code, message, where=place, fix=fix)
        elif schema.get("format") == "e164":
            yield from find_unlikely_number(self.body, place, value)

    def missing_property(self, name: str) -> Finding:
        schema = self.operation.schema_at(join_pointer(self.pointer, name))
        written = [entry for entry in self.value if entry not in self.schema.get("properties", {})]
        near = nearest_name(name, written)
        fix = f"rename `{near}` to `{name}`" if near else f"add `{property_template(name, schema)}`"
        return self.finding(
            "property-missing",
            f"`{name}` is missing from {self.label}",
            where=join_pointer(self.pointer, name),
            key=True,
            fix=fix,
            why=f"the contract requires it. {schema.get('description', '')}".rstrip(),
        )

    def missing_alternatives(self, names: list[str]) -> Finding:
        """Report that none of several properties is there, one of which is needed."""
        listed = ", ".join(f"`{name}`" for name in names)
        return self.finding(
            "property-missing",
            f"{self.label} needs one of {listed}",
            fix=f"add one of {listed}",
            why=str(self.schema.get("description", "")),
        )

    def excluded_property(self, other: str) -> Finding:
        """Report a property that cannot stand beside another."""
        name = self.pointer.rpartition("/")[2]
        above = self.pointer.removesuffix(f"/{name}")
        return self.finding(
            "value-not-allowed",
            f"`{self.pointer}` cannot stand beside `{above}/{other}`",
            key=True,
            fix=f"remove one of the two, `{name}` or `{other}`",
            why="the platform takes one of them alone",
        )

    def wrong_type(self, misfit: ValidationError) -> Finding:
        wanted = misfit.kind.as_dict()["types"]
        names = " or ".join(TYPE_NAMES[name] for name in wanted)
        found = TYPE_NAMES[type_of(self.value)]
        return self.finding(
            "type-mismatch",
            f"{self.label} must be {names}, not {found}",
            fix=type_hint(self.value, wanted) or f"write {names} there",
            why=_rule(self.schema),
        )

    def wrong_value(self, misfit: ValidationError) -> Finding:
        code, message, fix = "", "", ""
        if isinstance(self.value, str):
            code, message, fix = _wrong_string(self.schema, self.label, self.value)
        if not code:
            code = "value-not-allowed"
            message, fix = _broken(misfit, self.label, self.value)
            fix = fix or f"see what it takes: `cxcall operations {self.operation.name}`"
        return self.finding(code, message, fix=fix, why=_rule(self.schema))


def _choice(value: Any, choices: list[Any]) -> str:
    """Say which of the allowed values was meant, or name them all."""
    near = nearest_name(str(value), [str(entry) for entry in choices])
    return f"did you mean `{near}`?" if near else f"one of: {', '.join(map(format_value, choices))}"


def _rule(schema: JsonSchema) -> str:
    """Say what the contract declares about a value."""
    forms = {"uuid": "a UUID", "e164": f"E.164: {_E164_FORM}"}
    form = forms.get(schema.get("format", ""))
    return f"the contract declares it as {form}" if form else str(schema.get("description", ""))


def _wrong_string(schema: JsonSchema, label: str, value: str) -> tuple[str, str, str]:
    """Return (code, message, fix) of a string that misses its format; empty ones where none is known."""
    wanted = schema.get("format")
    if wanted is None and "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        wanted = schema.get("components", {}).get("schemas", {}).get(name, {}).get("format")
    if wanted not in ("uuid", "e164"):
        return "", "", ""
    if is_placeholder(value, id_wanted=True):
        return (
            "placeholder",
            f"{label} is the placeholder `{value}`, never filled in",
            "put the real value there",
        )
    if wanted == "uuid":
        return (
            "id-format",
            f"{label} must be a UUID; `{format_value(value)}` is not",
            "copy the exact ID, like `12345678-1234-1234-1234-123456789012`",
        )
    return (
        "phone-format",
        f"{label} is `{phone_numbers.mask(value)}`, which is not E.164",
        _e164_fix(value),
    )


def _e164_fix(value: str) -> str:
    digits = re.sub(r"[\s().\-/]", "", value)
    if re.fullmatch(r"\+[1-9][0-9]{1,14}", digits):
        return "remove spaces and punctuation: a plus sign and digits only"
    if re.fullmatch(r"00[1-9][0-9]{5,14}", digits):
        return "write `+` in place of the leading `00`"
    if re.fullmatch(r"[0-9]{6,15}", digits):
        return "put `+` and the country code in front"
    return f"write {_E164_FORM}, like `+12025550123`"
