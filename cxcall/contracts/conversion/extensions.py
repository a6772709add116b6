"""Check the extensions (`x-cxcall-*`) of a user's document.

A user's document can have those of docs/own-documents.md. Another one, or one with a wrong value, is ignored, and is a problem
of the document. So the code that reads an extension can rely on its form. An operation is left out if the extension is
`x-cxcall-rings-with`, without which a call would not be recognized.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from cxcall.contracts.json_schema import new_validator
from cxcall.contracts.openapi_document import RISK_WITH

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
