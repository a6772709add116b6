"""Describe the rule of its schema that a value breaks, and advise how to keep it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from cxcall.contracts.json_schema import ALTERNATIVES, convert_text, new_validator, with_any_of
from cxcall.documents.json_pointer import TYPE_NAMES, type_of
from cxcall.documents.json_text import as_text
from cxcall.findings.finding import Finding
from cxcall.findings.hinted_commands import command
from cxcall.payloads.errors.format_advice import (
    advise,
    find_format,
    format_value,
    is_json_number,
    limit_hint,
)
from cxcall.payloads.errors.value_corrections import is_valid_scalar, retype
from cxcall.payloads.placeholders import is_placeholder
from cxcall.runtime.name_similarity import nearest_value

if TYPE_CHECKING:
    from jsonschema_rs import ValidationError

    from cxcall.contracts.json_schema import JsonSchema
    from cxcall.contracts.operation import Operation
    from cxcall.contracts.parameters import Parameter
    from cxcall.payloads.errors.format_advice import Correction


def explain_parameter_error(operation: Operation, parameter: Parameter, value: str) -> Finding:
    """Return the finding on the text of a parameter that does not match its schema."""
    label = _label(parameter)
    code, message, fix = describe_wrong_string(parameter.schema, label, value, parameter.name)
    if not value:
        message, fix = f"{label} is empty", "write a value there"
    elif not code:
        message, fix = _describe_wrong_text(parameter, label, value)
    found = _parameter_finding(operation, parameter, code or "value-not-allowed", message, fix)
    return found._replace(value=value)


def explain_unfilled_parameter(operation: Operation, parameter: Parameter, value: str) -> Finding:
    """Return the finding on a parameter with a placeholder that its schema allows."""
    described = describe_placeholder(_label(parameter), value)
    found = _parameter_finding(operation, parameter, "placeholder", *described)
    return found._replace(value=value)


def explain_spelling(operation: Operation, parameter: Parameter, value: str) -> Finding:
    """Return the finding on a path parameter that has another spelling."""
    label = _label(parameter)
    message, fix = f"{label} must be written in digits; got `{value}`", "write digits only"
    if value.strip() != value or not value.isprintable():
        message = f"{label} has spaces or invisible characters: {json.dumps(value)}"
        fix = "leave them out"
    why = "a platform may treat both spellings as the same value, so cxcall could miss a duplicate"
    return _parameter_finding(operation, parameter, "value-not-allowed", message, fix, why)


def _label(parameter: Parameter) -> str:
    return f"`{parameter.name}` in the {parameter.location}"


def _parameter_finding(
    operation: Operation, parameter: Parameter, code: str, message: str, fix: str, why: str = ""
) -> Finding:
    return Finding.error(
        code,
        parameter.location,
        message,
        fix=fix,
        why=why or (f"the path is {operation.path}" if parameter.location == "path" else ""),
        source=operation.source,
        origin=parameter.name,
    )


def _describe_wrong_text(parameter: Parameter, label: str, text: str) -> tuple[str, str]:
    """Return (message, fix) for the text of a parameter; for an array, for its first wrong item."""
    schema, read = with_any_of(parameter.schema), parameter.value_of(text)
    value: Any = text
    of_items = schema.get("items", {})  # a boolean allows, or refuses, every item
    if isinstance(read, list) and isinstance(of_items, dict):
        of_items = {"components": schema.get("components", {}), **of_items}
        items = [(each, convert_text(each, of_items)) for each in read]
        validator = new_validator(of_items)
        wrong_items = [item for item in items if not validator.is_valid(item[1])]
        text, value = wrong_items[0] if wrong_items else (text, [each for _, each in items])
        schema = of_items if wrong_items else schema
    elif isinstance(read, dict | list):
        value = read
    elif parameter.is_object:
        option = command("--param", f'{parameter.name}={{"NAME": "VALUE"}}')
        return f"{label} must be an object; got `{format_value(text)}`", f"write JSON: {option}"
    else:
        value = convert_text(text, schema)
    for error in new_validator(schema).iter_errors(value):
        member = "/".join(map(str, error.instance_path))
        place = f"`{member}` of {label}" if member and isinstance(read, dict) else label
        if error.kind.name == "type":
            types = type_names(error.kind.as_dict()["types"])
            wrong = format_value(error.instance if isinstance(read, dict) else text)
            return f"{place} must be {types}; got `{wrong}`", f"write {types} there"
        value = error.instance if member else value
        return describe_broken_rule(error, place, value, f"{parameter.name}/{member}")
    return f"{label} cannot be `{format_value(text)}`", "write another value there"


def describe_broken_rule(
    error: ValidationError, label: str, value: Any, place: str
) -> tuple[str, str]:
    """Return (message, fix) for a value at a JSON Pointer that breaks a rule of its schema; fix may be empty."""
    keyword, detail = error.kind.name, error.kind.as_dict()
    limit: Any = next(iter(detail.values()), "")
    if keyword == "enum":
        return f"{label} cannot be `{format_value(value)}`", _choice_hint(detail["options"], value)
    if keyword in ("minLength", "minItems", "pattern", "format") and value in ("", []):
        return f"{label} is empty", "write a value, or leave the property out if it is optional"
    if keyword == "required":
        return f"{label} has no `{limit}`", f"add `{limit}`"
    if keyword == "uniqueItems":
        twice = next(each for each in value if value.count(each) > 1)
        return f"`{format_value(twice)}` is twice in {label}", "remove the duplicate"
    if keyword == "propertyNames":
        return describe_broken_rule(limit, f"a name in {label}", limit.instance, place)
    rule, fix = _describe_rule(keyword, limit, value, place)
    return f"{label} {rule}", fix


def _describe_rule(keyword: str, limit: Any, value: Any, place: str) -> tuple[str, str]:
    """Return (what a value must be, what to write); the latter may be empty."""
    if keyword == "falseSchema":
        return "is not allowed by the schema", "remove it"
    if keyword in ALTERNATIVES:  # its details are the errors of each alternative
        rule = f"matches none of the alternatives of its schema; got `{format_value(value)}`"
        return rule, "write a value that matches one of them"
    if keyword == "const" and as_text(limit) == as_text(value):
        rule = f"must be `{json.dumps(limit)}`; got `{json.dumps(value)}`"
        return rule, retype(value, [type_of(limit)])[0]
    if keyword in ("const", "pattern"):
        verb = "be" if keyword == "const" else "match the pattern"
        return f"must {verb} `{as_text(limit)}`; got `{format_value(value)}`", ""
    if keyword == "format":
        return advise(limit, value, place)[:2]
    rule, fix = limit_hint(keyword, limit, value)
    if keyword in ("additionalProperties", "unevaluatedProperties"):
        rule, fix = f"does not declare `{limit[0]}`", "remove it"
    shown = f": {json.dumps(limit)}" if limit else ""
    return rule or f"breaks the rule `{keyword}{shown}`", fix


def _choice_hint(choices: list[Any], value: Any) -> str:
    """Return which of the allowed values to write, in JSON unless all of them are text."""
    are_texts = all(isinstance(each, str) for each in choices)
    near = nearest_value(as_text(value), list(map(as_text, choices)))
    if near == as_text(value) or (near and not are_texts):
        return retype(value, list(map(type_of, choices)))[0] or f"write `{near}`"
    shown = map(format_value, choices if are_texts else map(json.dumps, choices))
    return f"write `{near}`" if near else f"use one of: {', '.join(shown)}"


def without_duplicates(items: list[Any]) -> list[Any]:
    """Return a list without repeated items."""
    return [each for index, each in enumerate(items) if each not in items[:index]]


def type_names(types: list[str]) -> str:
    """Return the names of JSON types as text."""
    return " or ".join(TYPE_NAMES[each] for each in types)


def advise_type(
    value: Any, types: list[str], schema: JsonSchema, place: str
) -> tuple[str, Correction | None]:
    """Return how to write a value at a JSON Pointer in another JSON type, or a number in the format of a text, and it."""
    text, schema = json.dumps(value), with_format(schema)
    is_text = "string" in types and is_json_number(value)
    if not is_text or is_valid_scalar(text, schema):
        return retype(value, types)
    name = schema.get("format", "")
    if name == "e164":
        return "write it in quotes, with `+` and the country code at the beginning", None
    return ("", None) if find_format(name).code else advise(name, text, place)[1:]


def describe_schema(schema: JsonSchema) -> str:
    """Return the rule of a value's schema, or its description, as the reason of a finding."""
    if rule := find_format(schema.get("format", "")).rule:
        return f"the schema requires {rule}"
    return with_description("", schema.get("description"))


def with_description(rule: str, description: str | None) -> str:
    """Return a rule of a schema with its description, as a reason; either may be empty."""
    if not description:
        return rule
    return f"{rule}; it says: {description}" if rule else f"the schema says: {description}"


def describe_placeholder(label: str, value: str) -> tuple[str, str]:
    """Return (message, fix) for a value that was never filled in."""
    return f"{label} needs a real value; got the placeholder `{value}`", "put the real value there"


def with_format(schema: JsonSchema) -> JsonSchema:
    """Return the schema of a parameter with the format that it refers to."""
    if "format" in schema or "$ref" not in schema:
        return schema
    component = schema["$ref"].rpartition("/")[2]
    referenced = schema.get("components", {}).get("schemas", {}).get(component, {})
    return {
        **schema,
        **{name: referenced[name] for name in ("format", "enum") if name in referenced},
    }


def describe_wrong_string(
    schema: JsonSchema, label: str, value: str, place: str
) -> tuple[str, str, str]:
    """Return (code, message, fix) for a string at a JSON Pointer that is not a UUID or a number, else empty strings."""
    name = with_format(schema).get("format", "")
    code = find_format(name).code
    if not (code and value):
        return "", "", ""
    if is_placeholder(value, id_wanted=True):
        return "placeholder", *describe_placeholder(label, value)
    found = advise(name, value, place)
    return code, f"{label} {found.problem}", found.fix
