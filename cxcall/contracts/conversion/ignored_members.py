"""Leave out the keywords and extensions of a user's document that cannot be used, and record each as a problem of the document.

A user's document can have the extensions (`x-cxcall-*`) of docs/own-documents.md. Another one, or one with a wrong value, is
ignored. So the code that reads an extension can rely on its form. An operation is left out if the extension is
`x-cxcall-rings-with`, without which a call would not be recognized.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from cxcall.contracts.json_schema import new_validator
from cxcall.contracts.openapi_document import RISK_WITH
from cxcall.documents.json_pointer import join_pointer, make_pointer

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jsonschema_rs import Validator

    from cxcall.contracts.conversion.references import SourceDocument
    from cxcall.contracts.json_schema import JsonSchema


_START = "x-cxcall-"
_LONGEST = 200
_FLAG: JsonSchema = {"type": "boolean"}
_TEXTS: JsonSchema = {"type": "array", "items": {"type": "string"}}
_VALUES: JsonSchema = {"type": "array", "items": {"type": ["string", "boolean", "number"]}}
_KINDS: dict[str, dict[str, JsonSchema]] = {
    "document": {"rings": _FLAG},
    "operation": {
        "rings": _FLAG,
        "idempotent": _FLAG,
        "rings-with": {"type": "object", "additionalProperties": _VALUES},
        "engagement-id": _TEXTS,
        "permissions": {"type": "array", "items": _TEXTS},
    },
    "schema": {"person": _FLAG, "scheduled": _FLAG},
    "server": {},
}


def usable_extensions(
    source: SourceDocument, kind: str, node: Mapping[str, Any], at: str
) -> dict[str, Any]:
    """Return the usable extensions of a `document`, an `operation`, or a `server` at a pointer."""
    return {
        key: value
        for key, value in node.items()
        if key.startswith(_START) and is_usable(source, kind, key, value, at)
    }


def is_usable(source: SourceDocument, kind: str, key: str, value: Any, at: str) -> bool:
    """Return whether a member can be kept; an extension that this kind of object cannot have is a problem of the document."""
    if not key.startswith(_START):
        return True
    name = key.removeprefix(_START)
    if name not in _KINDS[kind]:
        return _refuse(source, f"{at}/{key}", f"this is not an extension of cxcall in this {kind}")
    error = next(_validator(kind, name).iter_errors(value), None)
    return error is None or _refuse(source, f"{at}/{key}", error.message[:_LONGEST])


def _refuse(source: SourceDocument, at: str, why: str) -> bool:
    if at.endswith(f"/{RISK_WITH}"):  # without it, a call would be sent unasked
        raise source.fault(at, why, "correct it, or remove it")
    source.report(at, f"the extension is ignored: {why}", "correct it, or remove it")
    return False


@cache
def _validator(kind: str, name: str) -> Validator:
    return new_validator(_KINDS[kind][name])


def drop_invalid(source: SourceDocument, schema: JsonSchema, at: str) -> None:
    """Drop the keywords of a converted schema that break the rules of JSON Schema itself, or that cannot be used.

    A common one is `required: true` beside the type of a property, which JSON Schema declares in the object. Raises
    UsageError if the rest is not a schema.
    """
    for error in list(_metaschema_validator().iter_errors(schema)):
        path = list(error.instance_path)
        while path and not isinstance(_at(schema, path[:-1]), dict):
            path.pop()
        holder = _at(schema, path[:-1])
        if path and isinstance(holder, dict) and holder.pop(path[-1], None) is not None:
            why = f"it is not valid JSON Schema: {error.message[:_LONGEST]}"
            _add_problem(source, at + make_pointer(*path), why)
    if (left := next(_metaschema_validator().iter_errors(schema), None)) is not None:
        what = f"this is not a JSON Schema: {left.message[:_LONGEST]}"
        raise source.fault(at, what, "correct it, or remove it")


def drop_unreadable_patterns(source: SourceDocument, schema: JsonSchema, at: str) -> None:
    """Drop the regular expressions of a schema that are not in the dialect of JSON Schema, or too large.

    Without one that says which other properties are allowed, all are.
    """
    patterns = schema.get("patternProperties")
    for name in list(patterns) if isinstance(patterns, dict) else ():
        if not _is_readable(name):
            del schema["patternProperties"][name]
            schema.pop("additionalProperties", None)
            why = "its regular expression cannot be used"
            _add_problem(source, join_pointer(f"{at}/patternProperties", name), why)
    if isinstance(schema.get("pattern"), str) and not _is_readable(schema["pattern"]):
        del schema["pattern"]
        _add_problem(source, f"{at}/pattern", "its regular expression cannot be used")


def _add_problem(source: SourceDocument, at: str, why: str) -> None:
    message = f"the keyword is ignored, because {why}"
    source.report(at, message, "correct it, or remove it")


def _at(schema: Any, path: list[Any]) -> Any:
    """Return what is at a path, None if there is nothing."""
    for token in path:
        is_there = token in schema if isinstance(schema, dict) else isinstance(schema, list)
        schema = schema[token] if is_there else None
    return schema


@cache
def _is_readable(pattern: str) -> bool:
    """Return whether a pattern is in the dialect of JSON Schema, and small enough; other patterns are not checked."""
    try:
        new_validator({"pattern": pattern})
    except ValueError:
        return False
    return True


@cache
def _metaschema_validator() -> Any:
    """Return the validator for schemas."""
    return new_validator({"$ref": "https://json-schema.org/draft/2020-12/schema"})
