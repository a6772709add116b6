"""Explain the errors of the JSON Schema validator: which name or value is wrong, why, what to write."""

from __future__ import annotations

import json
import re
from itertools import islice
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

    from cxcall.contracts.json_schema import JsonSchema
    from cxcall.contracts.operation import Operation
    from cxcall.contracts.parameters import Parameter
    from cxcall.payloads.payload import Payload

_E164_FORM = "a plus sign, the country code and the number: digits only, 15 at most"
_MAX_LISTED_NAMES = 12
MAX_SUGGESTIONS = 1000
"""How many unknown properties of a body are compared with the declared ones."""


def explain_schema_error(
    operation: Operation, body: Payload, error: ValidationError, room: int = MAX_SUGGESTIONS
) -> Iterator[Finding]:
    """Yield the findings that one error of the JSON Schema validator stands for.

    No more than `room` unknown properties are compared with the declared ones: that takes long.
    """
    keyword, detail = error.kind.name, error.kind.as_dict()
    pointer = "".join(join_pointer("", token) for token in error.instance_path)
    explainer = _ErrorExplainer(operation, body, pointer)
    if keyword in ("additionalProperties", "unevaluatedProperties"):
        for index, name in enumerate(detail["unexpected"]):
            yield from explainer.unknown_property(name, may_suggest=index < room)
    elif keyword == "required":
        yield explainer.missing_property(detail["property"])
    elif keyword == "type":
        yield explainer.wrong_type(detail["types"])
    elif keyword in ("oneOf", "anyOf") and detail.get("context"):
        if names := _alternative_properties(detail["context"]):
            yield explainer.missing_alternatives(names)
            return
        for branch_error in min(detail["context"], key=_branch_distance):
            yield from explain_schema_error(operation, body, branch_error, room)
    elif keyword == "falseSchema" and "dependentSchemas" in error.schema_path:
        path = list(error.schema_path)
        other = path[len(path) - path[::-1].index("dependentSchemas")]
        yield explainer.excluded_property(str(other))
    else:
        yield explainer.wrong_value(error)


def explain_parameter_error(operation: Operation, parameter: Parameter, value: str) -> Finding:
    """Return the finding on the text of a parameter that does not match its schema."""
    label = f"`{parameter.name}` in the {parameter.location}"
    code, message, fix = _describe_wrong_string(parameter.schema, label, value)
    if not value:
        message, fix = f"{label} is empty", "write a value there"
    elif not code:
        message, fix = _describe_wrong_text(parameter.schema, label, value)
    return Finding.error(
        code or "value-not-allowed",
        parameter.location,
        message,
        fix=fix,
        why=f"the path is {operation.path}",
        source=f"contract {operation.contract.name}",
        origin=parameter.name,
    )


def _describe_wrong_text(schema: JsonSchema, label: str, text: str) -> tuple[str, str]:
    """Return (message, fix) for the text of a parameter; for an array, for its first wrong item."""
    if schema.get("type") == "array":
        schema = {**schema, **schema.get("items", {})}
        validator = compile_schema(schema)
        items = (each for each in text.split(",") if not validator.is_valid(convert_text(each, schema)))  # fmt: skip
        text = next(items, text)
    value = convert_text(text, schema)
    for error in compile_schema(schema).iter_errors(value):
        if error.kind.name == "type":
            types = _type_names(error.kind.as_dict()["types"])
            return f"{label} must be {types}; got `{format_value(text)}`", f"write {types} there"
        return _describe_broken_rule(error, label, value)
    return f"{label} cannot be `{format_value(text)}`", "write another value there"


def _describe_broken_rule(error: ValidationError, label: str, value: Any) -> tuple[str, str]:
    """Return (message, fix) for a value that breaks a rule of its schema; fix may be empty."""
    keyword, detail = error.kind.name, error.kind.as_dict()
    limit = next(iter(detail.values()), "")
    if keyword == "enum":
        return f"{label} cannot be `{format_value(value)}`", _suggest_choice(
            value, detail["options"]
        )
    if keyword in ("minLength", "minItems") and value in ("", []):
        return f"{label} is empty", "write a value, or leave the property out if it is optional"
    is_format = keyword == "format"
    rule, fix = format_hint(limit, value) if is_format else limit_hint(keyword, limit, value)
    if rule:
        return f"{label} {rule}", fix
    return f"{label} breaks the rule `{keyword}: {json.dumps(limit, default=str)}`", ""


def _branch_distance(branch: list[ValidationError]) -> tuple[int, int]:
    """Rank a branch of a oneOf by its errors; a wrong type means that it was not meant."""
    return sum(error.kind.name == "type" for error in branch), len(branch)


def _alternative_properties(branches: list[list[ValidationError]]) -> list[str]:
    """Return the properties of which one is required, if the branches differ in nothing else."""
    if any(len(branch) != 1 or branch[0].kind.name != "required" for branch in branches):
        return []
    pointers = {tuple(branch[0].instance_path) for branch in branches}
    return [branch[0].kind.as_dict()["property"] for branch in branches] if len(pointers) == 1 else []  # fmt: skip


class _ErrorExplainer:
    """Builds the findings on one value of a body that does not match its schema."""

    def __init__(self, operation: Operation, body: Payload, pointer: str) -> None:
        self.operation = operation
        self.body = body
        self.pointer = pointer
        self.schema = operation.schema_at(pointer)
        self.value = value_at(body.value, pointer)
        self.label = f"`{pointer}`" if pointer else f"the body of `{operation.name}`"

    def _finding(
        self, code: str, message: str, *, where: str | None = None, key: bool = False, **more: str
    ) -> Finding:
        pointer = self.pointer if where is None else where
        more["source"] = f"contract {self.operation.contract.name}"
        return self.body.make_finding(Severity.ERROR, code, pointer, message, key=key, **more)

    def unknown_property(self, name: str, *, may_suggest: bool) -> Iterator[Finding]:
        mistake = self.schema.get("x-cxcall-mistakes", {}).get(name, {})
        may_suggest = may_suggest and not mistake
        target = mistake.get("use") or (self._intended_pointer(name) if may_suggest else "")
        yield self._finding(
            "property-unknown",
            f"`{phone_numbers.mask_text(name)}` is not a property of {self.label}",
            where=join_pointer(self.pointer, name),
            key=True,
            fix="remove it" if mistake and not target else self._suggest_property(target),
            why=mistake.get("why", "the schema allows no other properties here"),
        )
        if target:
            yield from self._check_value_at(name, target)

    def _intended_pointer(self, name: str) -> str:
        """Return the pointer of the property that a wrong name probably stands for; empty if none."""
        near = intended_property(name, self.schema)
        is_taken = near in self.value and fold_name(near) != fold_name(name)
        if near and not is_taken:
            return join_pointer(self.pointer, near)
        same = (
            pointer
            for pointer in self.operation.pointers
            if fold_name(pointer.rpartition("/")[2]) == fold_name(name)
        )
        return next(same, "")

    def _suggest_property(self, target: str) -> str:
        above, _, name = target.rpartition("/")
        if target and above != self.pointer:
            return f"the value belongs in `{target}`"
        if target and isinstance(self.value, dict) and name in self.value:
            return f"remove it: `{name}` is there already"
        return f"did you mean `{name}`?" if target else self._list_properties()

    def _list_properties(self) -> str:
        names = [f"`{name}`" for name in self.schema.get("properties", {})]
        if len(names) > _MAX_LISTED_NAMES:
            return f"see its {len(names)} properties: `cxcall operations {self.operation.name}`"
        return f"its properties are {', '.join(names)}" if names else "remove it"

    def _check_value_at(self, name: str, target: str) -> Iterator[Finding]:
        """Check a misplaced value as if it were at its target, so that one correction is enough."""
        value, schema = self.value[name], self.operation.schema_at(target)
        if not isinstance(value, str):
            return
        pointer = join_pointer(self.pointer, name)
        if value not in schema.get("enum", [value]):
            message = f"`{pointer}` cannot be `{format_value(value)}`"
            fix = _suggest_choice(value, schema["enum"])
            yield self._finding("value-not-allowed", message, where=pointer, fix=fix)
        elif not re.search(schema.get("pattern", ""), value):
            code, message, fix = _describe_wrong_string(schema, f"`{pointer}`", value)
            if code:
                yield self._finding(code, message, where=pointer, fix=fix)
        elif schema.get("format") == "e164":
            yield from find_unlikely_number(self.body, pointer, value)

    def missing_property(self, name: str) -> Finding:
        schema = self.operation.schema_at(join_pointer(self.pointer, name))
        declared = self.schema.get("properties", {})
        unknown = (each for each in self.value if each not in declared)
        near = nearest_name(name, islice(unknown, MAX_SUGGESTIONS))
        template = property_template(name, schema)
        return self._finding(
            "property-missing",
            f"`{name}` is missing from {self.label}",
            where=join_pointer(self.pointer, name),
            key=True,
            fix=f"rename `{near}` to `{name}`" if near else f"add `{template}`",
            why=f"the schema requires it. {schema.get('description', '')}".rstrip(),
        )

    def missing_alternatives(self, names: list[str]) -> Finding:
        listed = ", ".join(f"`{name}`" for name in names)
        return self._finding(
            "property-missing",
            f"{self.label} needs one of {listed}",
            fix=f"add one of {listed}",
            why=str(self.schema.get("description", "")),
        )

    def excluded_property(self, other: str) -> Finding:
        """Return the finding on a property that is not allowed together with another one."""
        above, _, name = self.pointer.rpartition("/")
        return self._finding(
            "value-not-allowed",
            f"`{self.pointer}` is not allowed together with `{above}/{other}`",
            key=True,
            fix=f"remove one of the two, `{name}` or `{other}`",
            why="the platform accepts only one of them",
        )

    def wrong_type(self, types: list[str]) -> Finding:
        names = _type_names(types)
        return self._finding(
            "type-mismatch",
            f"{self.label} must be {names}, not {TYPE_NAMES[type_of(self.value)]}",
            fix=type_hint(self.value, types) or f"write {names} there",
            why=_describe_schema(self.schema),
        )

    def wrong_value(self, error: ValidationError) -> Finding:
        code = ""
        if isinstance(self.value, str):
            code, message, fix = _describe_wrong_string(self.schema, self.label, self.value)
        if not code:
            code = "value-not-allowed"
            message, fix = _describe_broken_rule(error, self.label, self.value)
            fix = fix or f"see the allowed values: `cxcall operations {self.operation.name}`"
        return self._finding(code, message, fix=fix, why=_describe_schema(self.schema))


def _type_names(types: list[str]) -> str:
    return " or ".join(TYPE_NAMES[each] for each in types)


def _suggest_choice(value: Any, choices: list[Any]) -> str:
    """Return a hint with the most similar of the allowed values, or with all of them."""
    near = nearest_name(str(value), [str(each) for each in choices])
    return f"did you mean `{near}`?" if near else f"one of: {', '.join(map(format_value, choices))}"


def _describe_schema(schema: JsonSchema) -> str:
    """Return what the schema requires of a value, or its description."""
    formats = {"uuid": "a UUID", "e164": f"E.164: {_E164_FORM}"}
    name = formats.get(schema.get("format", ""))
    return f"the schema requires {name}" if name else str(schema.get("description", ""))


def _describe_wrong_string(schema: JsonSchema, label: str, value: str) -> tuple[str, str, str]:
    """Return (code, message, fix) for a string that is not a UUID or E.164 number, else empty strings."""
    name = schema.get("format")
    if name is None and "$ref" in schema:
        component = schema["$ref"].rpartition("/")[2]
        name = schema.get("components", {}).get("schemas", {}).get(component, {}).get("format")
    if name not in ("uuid", "e164"):
        return "", "", ""
    if is_placeholder(value, id_wanted=True):
        message = f"{label} is the placeholder `{value}`, never filled in"
        return "placeholder", message, "put the real value there"
    if name == "uuid":
        fix = "copy the exact ID, like `12345678-1234-1234-1234-123456789012`"
        return "id-format", f"{label} must be a UUID; got `{format_value(value)}`", fix
    message = f"{label} is `{phone_numbers.mask(value)}`, which is not E.164"
    return "phone-format", message, _suggest_e164(value)


def _suggest_e164(value: str) -> str:
    digits = re.sub(r"[\s().\-/]", "", value)
    if re.fullmatch(r"\+[1-9][0-9]{1,14}", digits):
        return "remove spaces and punctuation: a plus sign and digits only"
    if re.fullmatch(r"00[1-9][0-9]{5,14}", digits):
        return "write `+` in place of the leading `00`"
    if re.fullmatch(r"[0-9]{6,15}", digits):
        return "put `+` and the country code in front"
    return f"write {_E164_FORM}, like `+12025550123`"
