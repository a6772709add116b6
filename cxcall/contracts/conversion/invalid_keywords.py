"""Drop the keywords of a schema that cannot be used, and record each as a problem of the document."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from cxcall.contracts.json_schema import new_validator
from cxcall.documents.json_pointer import join_pointer, make_pointer

if TYPE_CHECKING:
    from cxcall.contracts.conversion.references import SourceDocument
    from cxcall.contracts.json_schema import JsonSchema

_LONGEST = 200


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
