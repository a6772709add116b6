"""Read operations and models from the text of the vendor's Python SDK, because importing it takes seconds.

Types, names, and enumerated values are those of `swagger_types`, `attribute_map`, and the setters of its models;
methods, paths, and parameters are those of its API classes. Which properties are required is only in the type
declarations of the JavaScript SDK (npm `purecloud-platform-client-v2`, `index.d.ts`). Both SDKs have the MIT license.
"""

from __future__ import annotations

import ast
import re
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import Any

PACKAGE = "PureCloudPlatformClientV2"
SCHEMAS = "#/components/schemas/"
_SIMPLE: dict[str, dict[str, Any]] = {
    "str": {"type": "string"},
    "int": {"type": "integer"},
    "float": {"type": "number"},
    "bool": {"type": "boolean"},
    "datetime": {"type": "string", "format": "date-time"},
    "date": {"type": "string", "format": "date"},
    "object": {},
    "Empty": {"type": "object"},
}
_PLACES = (("path", "path_params"), ("query", "query_params"), ("header", "header_params"))
_ENUM = re.compile(r"allowed_values = (\[.*?\])", re.DOTALL)
_LIMIT = re.compile(r"Invalid value for (?:parameter )?`(\w+)`.*?, (.*?) *`(.*?)`[^`]*\"\)")
_LIMITS = {
    "must conform to the pattern": "pattern",
    "must be a follow pattern or equal to": "pattern",
    "must be a value greater than or equal to": "minimum",
    "must be a value less than or equal to": "maximum",
    "length must be greater than or equal to": "minLength",
    "length must be less than": "maxLength",
}
_SETTER = re.compile(r"@(\w+)\.setter(.*?)(?=@property|\Z)", re.DOTALL)
_DESCRIPTION = re.compile(
    r"Gets the (\w+) of this \w+\.\n        (.*?)\n\n        :return", re.DOTALL
)
_PARAMETER = re.compile(
    r'        :param (\S+(?: \S+\))?) (\w+): (.*?)(?=\n        :|\n        """)', re.DOTALL
)
_INTERFACE = re.compile(r"export interface (\w+) (?:extends [\w.]+ )?\{ ?\n(.*?)\n\t\}", re.DOTALL)


class Sdk:
    """The installed SDK; raises LookupError if it is not installed."""

    def __init__(self) -> None:
        spec = find_spec(PACKAGE)
        if spec is None or not spec.submodule_search_locations:
            raise LookupError(f"the package {PACKAGE} is not installed")
        self._folder = Path(next(iter(spec.submodule_search_locations)))

    @cached_property
    def operations(self) -> dict[tuple[str, str], dict[str, Any]]:
        """All operations as OpenAPI declares them, by method and path; `operationId` is the method's name."""
        found: dict[tuple[str, str], dict[str, Any]] = {}
        for file in sorted((self._folder / "apis").glob("*_api.py")):
            text = file.read_text("utf-8")
            for method in re.split(r"\n    def ", text)[1:]:
                if route := _route(method):
                    found.setdefault(route, _operation(method))
        return found

    @cached_property
    def _models(self) -> dict[str, Path]:
        files = (self._folder / "models").glob("*.py")
        return {file.stem.replace("_", ""): file for file in files}

    def model(self, name: str) -> dict[str, Any]:
        """Return the schema of a model, without required marks; raises KeyError if there is none."""
        text = self._models[name.lower()].read_text("utf-8")
        types = _literal(r"self\.swagger_types = (\{.*?\})", text)
        names = _literal(r"self\.attribute_map = (\{.*?\})", text)
        descriptions = dict(_DESCRIPTION.findall(text))
        setters = dict(_SETTER.findall(text))
        properties = {}
        for attribute, kind in types.items():
            schema = schema_of(kind)
            if values := _ENUM.search(setters.get(attribute, "")):
                target = schema.get("items", schema)
                target["enum"] = ast.literal_eval(values[1])
            schema |= _limits(setters.get(attribute, ""), attribute, schema)
            properties[names[attribute]] = _described(schema, descriptions.get(attribute, ""))
        return {"type": "object", "properties": properties}


def _literal(pattern: str, text: str) -> dict[str, str]:
    found = re.search(pattern, text, re.DOTALL)
    parsed: dict[str, str] = ast.literal_eval(found[1]) if found else {}
    return parsed


def schema_of(kind: str) -> dict[str, Any]:
    """Return the schema of a type as the SDK writes it, such as `list[Campaign]`."""
    kind = kind.strip()
    if kind in _SIMPLE:
        return dict(_SIMPLE[kind])
    if items := re.fullmatch(r"list\[(.*)\]", kind):
        return {"type": "array", "items": schema_of(items[1])}
    if values := re.fullmatch(r"dict\(str, (.*)\)", kind):
        return {"type": "object", "additionalProperties": schema_of(values[1])}
    if not kind.isidentifier():
        raise ValueError(f"unknown type of the SDK: {kind}")
    return {"$ref": SCHEMAS + kind}


def _limits(method: str, name: str, schema: dict[str, Any]) -> dict[str, Any]:
    """Return the limits of a parameter's value, from the error messages of a method.

    Numbers that the SDK declares as text have no limits in a JSON Schema.
    """
    found: dict[str, Any] = {}
    for owner, message, value in _LIMIT.findall(method):
        limit = _LIMITS[message] if owner == name else ""
        if limit and not (limit in ("minimum", "maximum") and schema.get("type") == "string"):
            is_pattern = limit == "pattern"
            found[limit] = value.strip("/").replace("\\\\", "\\") if is_pattern else int(value)
    return found


def _route(method: str) -> tuple[str, str] | None:
    path = re.search(r"resource_path = '([^']+)'", method)
    verb = re.search(r"call_api\(resource_path, '(\w+)'", method)
    return (verb[1], path[1]) if path and verb else None


def _operation(method: str) -> dict[str, Any]:
    """Return the declaration of one method of an API class."""
    prose = re.search(
        r'"""\n        (.*?)\n        (.*?)\n\n        This method makes', method, re.DOTALL
    )
    summary, description = (
        (" ".join(each.split()) for each in prose.groups()) if prose else ("", "")
    )
    operation: dict[str, Any] = {"operationId": method.partition("(")[0]}
    operation["summary"] = _sentence(summary)
    if description:
        operation["description"] = description
    declared = {name: (kind, text) for kind, name, text in _PARAMETER.findall(method)}
    required = set(re.findall(r"if \('(\w+)' not in params\) or", method))
    parameters = list(_parameters(method, declared, required))
    if parameters:
        operation["parameters"] = parameters
    if body := re.search(r"body_params = params\['(\w+)'\]", method):
        schema = schema_of(declared[body[1]][0])
        content = {"application/json": {"schema": schema}}
        operation["requestBody"] = {"required": body[1] in required, "content": content}
    response = re.search(r"response_type='([^']*)'", method)
    operation["response"] = schema_of(response[1]) if response else None
    return operation


def _parameters(method: str, declared: dict[str, tuple[str, str]], required: set[str]) -> Any:
    for place, table in _PLACES:
        for name, attribute in re.findall(table + r"\['([^']+)'\] = params\['(\w+)'\]", method):
            kind, text = declared[attribute]
            parameter = {"name": name, "in": place}
            if place == "path" or attribute in required:
                parameter["required"] = True
            schema = schema_of(kind)
            schema |= _limits(method, attribute, schema)
            yield _described({**parameter, "schema": schema}, text)


def _described(node: dict[str, Any], text: str) -> dict[str, Any]:
    """Return a declaration with its description as a sentence, if there is one."""
    plain = " ".join(text.replace("(required)", "").split())
    return (
        {**node, "description": _sentence(plain)} if plain not in ("", node.get("name")) else node
    )


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:] + ("" if text.endswith((".", "!", "?", ":")) else ".")


def required_marks(declarations: str) -> dict[str, list[str]]:
    """Return the required properties by model, from the type declarations of the JavaScript SDK."""
    found = {
        name: sorted(re.findall(r'^\t\t"([^"]+)": ', body, re.MULTILINE))
        for name, body in _INTERFACE.findall(declarations)
    }
    return {name: names for name, names in sorted(found.items()) if names}
