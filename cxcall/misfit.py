"""A JSON Schema verdict -> findings that a person can act on: which name or value, why, what instead."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from cxcall import phone
from cxcall.document import has_value, join_pointer, value_at
from cxcall.doubt import find_unlikely, is_placeholder
from cxcall.errors import Finding, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jsonschema_rs import ValidationError

    from cxcall.contract import Operation
    from cxcall.declared import Parameter
    from cxcall.payload import Payload
    from cxcall.schema import JsonSchema

_TYPE_NAMES = {
    "string": "a string",
    "integer": "an integer",
    "number": "a number",
    "boolean": "true or false",
    "object": "an object",
    "array": "an array",
    "null": "null",
}
_E164_FORM = "a plus sign, the country code and the number: digits only, 15 at most"
_LONGEST_SHOWN = 60


def explain_misfit(
    operation: Operation, body: Payload, misfit: ValidationError
) -> Iterator[Finding]:
    """Yield the findings that one error of the JSON Schema validator stands for."""
    kind, detail = misfit.kind.name, misfit.kind.as_dict()
    pointer = "".join(join_pointer("", token) for token in misfit.instance_path)
    case = _Misfit(operation, body, pointer)
    if kind in ("additionalProperties", "unevaluatedProperties"):
        for name in detail["unexpected"]:
            yield from case.unknown(name)
    elif kind == "required":
        yield case.missing(detail["property"])
    elif kind == "type":
        yield case.wrong_type(misfit)
    elif kind in ("oneOf", "anyOf") and detail.get("context"):
        alternatives = _names_wanted(detail["context"])
        if alternatives:
            yield case.missing_all(alternatives)
            return
        for branch_misfit in min(detail["context"], key=_severity_of_branch):
            yield from explain_misfit(operation, body, branch_misfit)
    elif kind == "falseSchema" and "dependentSchemas" in misfit.schema_path:
        path = list(misfit.schema_path)
        yield case.excluded(str(path[len(path) - path[::-1].index("dependentSchemas")]))
    else:
        yield case.wrong_value(misfit)


def explain_parameter(operation: Operation, parameter: Parameter, value: str) -> Finding:
    """Return the finding on a path parameter that its schema refuses."""
    code, message, fix = _wrong_string(parameter.schema, f"`{parameter.name}` in the path", value)
    return Finding(
        Severity.ERROR,
        code or "value-not-allowed",
        parameter.location,
        message or f"`{parameter.name}` cannot be `{value}`",
        fix=fix,
        why=f"the path is {operation.path}",
        source=f"contract {operation.contract.name}",
        origin=parameter.name,
    )


def _severity_of_branch(branch: list[ValidationError]) -> tuple[int, int]:
    """Rank an alternative by how little of it is wrong; a wrong type means that it was not meant."""
    return sum(misfit.kind.name == "type" for misfit in branch), len(branch)


def _names_wanted(branches: list[list[ValidationError]]) -> list[str]:
    """Return the properties one of which is enough; none where alternatives differ in anything else."""
    if any(len(branch) != 1 or branch[0].kind.name != "required" for branch in branches):
        return []
    places = {tuple(branch[0].instance_path) for branch in branches}
    return [branch[0].kind.as_dict()["property"] for branch in branches] if len(places) == 1 else []


class _Misfit:
    """One place in one body that is not as its schema wants it."""

    def __init__(self, operation: Operation, body: Payload, pointer: str) -> None:
        self.operation = operation
        self.body = body
        self.pointer = pointer
        self.schema = operation.schema_at(pointer)
        self.value = value_at(body.value, pointer)

    def found(
        self, code: str, message: str, *, where: str | None = None, key: bool = False, **more: str
    ) -> Finding:
        place = self.pointer if where is None else where
        shown = place if has_value(self.body.value, place) else self.pointer
        return Finding(
            Severity.ERROR,
            code,
            place,
            message,
            source=f"contract {self.operation.contract.name}",
            origin=self.body.origin(shown),
            excerpt=self.body.excerpt(shown, key=key),
            **more,
        )

    @property
    def label(self) -> str:
        """Name this place in a sentence."""
        return f"`{self.pointer}`" if self.pointer else f"the body of `{self.operation.name}`"

    def unknown(self, name: str) -> Iterator[Finding]:
        mistake = self.schema.get("x-cxcall-mistakes", {}).get(name, {})
        target = mistake.get("use") or ("" if mistake else self._home(name))
        yield self.found(
            "property-unknown",
            f"`{phone.mask_text(name)}` is not a property of {self.label}",
            where=join_pointer(self.pointer, name),
            key=True,
            fix="remove it" if mistake and not target else self._instead(target),
            why=mistake.get("why", "the contract allows no other properties here"),
        )
        if target:
            yield from self._judged_elsewhere(name, target)

    def _home(self, name: str) -> str:
        """Return the pointer of the declared property that a wrong name was meant for, if any."""
        near = _nearest_name(name, self.schema.get("properties", {}))
        if near:
            return join_pointer(self.pointer, near)
        declared = (pointer for pointer, _ in self.operation.properties())
        return next(
            (entry for entry in declared if _plain(entry.rpartition("/")[2]) == _plain(name)), ""
        )

    def _instead(self, target: str) -> str:
        above, _, name = target.rpartition("/")
        if target and above != self.pointer:
            return f"the value belongs in `{target}`"
        if target and isinstance(self.value, dict) and name in self.value:
            return f"remove it: `{name}` is there already"
        names = ", ".join(f"`{entry}`" for entry in self.schema.get("properties", {}))
        return (
            f"did you mean `{name}`?"
            if target
            else f"its properties are {names}"
            if names
            else "remove it"
        )

    def _judged_elsewhere(self, name: str, target: str) -> Iterator[Finding]:
        """Judge the value as if it stood where it belongs, so that one correction is enough."""
        value, schema = self.value[name], self.operation.schema_at(target)
        if not isinstance(value, str):
            return
        place = join_pointer(self.pointer, name)
        if not re.search(schema.get("pattern", ""), value):
            code, message, fix = _wrong_string(schema, f"`{place}`", value)
            if code:
                yield self.found(code, message, where=place, fix=fix)
        elif schema.get("format") == "e164":
            yield from find_unlikely(self.body, place, value)

    def missing(self, name: str) -> Finding:
        schema = self.operation.schema_at(join_pointer(self.pointer, name))
        written = [entry for entry in self.value if entry not in self.schema.get("properties", {})]
        near = _nearest_name(name, written)
        fix = f"rename `{near}` to `{name}`" if near else f"add `{_sample(name, schema)}`"
        return self.found(
            "property-missing",
            f"`{name}` is missing from {self.label}",
            where=join_pointer(self.pointer, name),
            key=True,
            fix=fix,
            why=f"the contract requires it. {schema.get('description', '')}".rstrip(),
        )

    def missing_all(self, names: list[str]) -> Finding:
        """Report that none of several properties is there, one of which is needed."""
        listed = ", ".join(f"`{name}`" for name in names)
        return self.found(
            "property-missing",
            f"{self.label} needs one of {listed}",
            fix=f"add one of {listed}",
            why=str(self.schema.get("description", "")),
        )

    def excluded(self, other: str) -> Finding:
        """Report a property that cannot stand beside another."""
        name = self.pointer.rpartition("/")[2]
        above = self.pointer.removesuffix(f"/{name}")
        return self.found(
            "value-not-allowed",
            f"`{self.pointer}` cannot stand beside `{above}/{other}`",
            key=True,
            fix=f"remove one of the two, `{name}` or `{other}`",
            why="the platform takes one of them alone",
        )

    def wrong_type(self, misfit: ValidationError) -> Finding:
        wanted = misfit.kind.as_dict()["types"]
        names = " or ".join(_TYPE_NAMES[name] for name in wanted)
        found = _TYPE_NAMES[_type_of(self.value)]
        return self.found(
            "type-mismatch",
            f"{self.label} must be {names}, not {found}",
            fix=_retyped(self.value, wanted) or f"write {names} there",
            why=_rule(self.schema),
        )

    def wrong_value(self, misfit: ValidationError) -> Finding:
        code, message, fix = "", "", ""
        if isinstance(self.value, str):
            code, message, fix = _wrong_string(self.schema, self.label, self.value)
        if not code:
            detail = misfit.kind.as_dict()
            limit = next(iter(detail.values()), "")
            code = "value-not-allowed"
            message = f"{self.label} breaks the rule `{misfit.kind.name}: {json.dumps(limit, default=str)}`"
            fix = f"see what it takes: `cxcall operations {self.operation.name}`"
            if misfit.kind.name == "enum":
                near = _nearest_name(str(self.value), [str(entry) for entry in limit])
                message = f"{self.label} cannot be `{_shown(self.value)}`"
                fix = (
                    f"did you mean `{near}`?"
                    if near
                    else f"one of: {', '.join(map(_shown, limit))}"
                )
            elif misfit.kind.name in ("minLength", "minItems") and self.value in ("", []):
                message, fix = (
                    f"{self.label} is empty",
                    "write a value, or leave the property out if it is optional",
                )
        return self.found(code, message, fix=fix, why=_rule(self.schema))


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
            f"{label} must be a UUID; `{_shown(value)}` is not",
            "copy the exact ID, like `12345678-1234-1234-1234-123456789012`",
        )
    return "phone-format", f"{label} is `{phone.mask(value)}`, which is not E.164", _e164_fix(value)


def _e164_fix(value: str) -> str:
    digits = re.sub(r"[\s().\-/]", "", value)
    if re.fullmatch(r"\+[1-9][0-9]{1,14}", digits):
        return "remove spaces and punctuation: a plus sign and digits only"
    if re.fullmatch(r"00[1-9][0-9]{5,14}", digits):
        return "write `+` in place of the leading `00`"
    if re.fullmatch(r"[0-9]{6,15}", digits):
        return "put `+` and the country code in front"
    return f"write {_E164_FORM}, like `+12025550123`"


def _plain(name: str) -> str:
    """Fold case, underscores and hyphens: contact_id, contact-id and ContactID are one name."""
    return re.sub(r"[-_\s]", "", name).lower()


def _nearest_name(name: str, names: Any) -> str:
    from difflib import get_close_matches

    folded = {_plain(entry): entry for entry in names}
    close = get_close_matches(_plain(name), folded, n=1, cutoff=0.75)
    return folded[close[0]] if close else ""


def _type_of(value: Any) -> str:
    for name, kind in (("boolean", bool), ("string", str), ("integer", int), ("number", float)):
        if isinstance(value, kind):
            return name
    return "object" if isinstance(value, dict) else "array" if isinstance(value, list) else "null"


def _retyped(value: Any, wanted: list[str]) -> str:
    """Suggest how to write the value in a wanted type, only where that keeps its meaning."""
    if isinstance(value, str):
        try:
            inner = json.loads(value)
        except ValueError:
            return ""
        if _type_of(inner) in wanted:
            return (
                "remove the quotes"
                if not isinstance(inner, dict | list)
                else "it is JSON inside a string: send the JSON itself"
            )
    elif "string" in wanted and isinstance(value, int | float) and not isinstance(value, bool):
        return f'write it in quotes: `"{_shown(value)}"`'
    elif (
        "object" in wanted
        and isinstance(value, list)
        and len(value) == 1
        and isinstance(value[0], dict)
    ):
        return "remove the square brackets: one object is sent at a time"
    elif "array" in wanted:
        return "put it in square brackets"
    return ""


def _sample(name: str, schema: JsonSchema) -> str:
    kinds = {"object": "{...}", "array": "[...]", "integer": "0", "number": "0", "boolean": "true"}
    by_format = {"uuid": '"<UUID>"', "e164": '"<+E.164 number>"'}
    kind = schema.get("type", "string")
    return f'"{name}": {by_format.get(schema.get("format", ""), kinds.get(kind, chr(34) + "..." + chr(34)))}'


def _shown(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    text = phone.mask_text(text)
    return text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}…"
