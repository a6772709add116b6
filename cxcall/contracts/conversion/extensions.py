"""Check the extensions (`x-cxcall-*`) of a user's document.

An extension with a wrong value, or with a name that is not in docs/architecture.md#extensions-in-contracts, is ignored, and
is a problem of the document. So the code that reads an extension can rely on its form. An operation is left out if the
extension is `x-cxcall-rings-with`, without which a call would not be recognized.
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
_TEXT: JsonSchema = {"type": "string"}
_FLAG: JsonSchema = {"type": "boolean"}
_COUNT: JsonSchema = {"type": "integer", "minimum": 0, "maximum": 1_000_000_000}
_TEXTS: JsonSchema = {"type": "array", "items": _TEXT}
_VALUES: JsonSchema = {"type": "array", "items": {"type": ["string", "boolean", "number"]}}
_LISTS_OF_TEXTS: JsonSchema = {"type": "array", "items": _TEXTS}
_TEXTS_BY_NAME: JsonSchema = {"type": "object", "additionalProperties": _TEXT}


def _object(
    needed: str = "", others: JsonSchema | None = None, **members: JsonSchema
) -> JsonSchema:
    """Return the schema of an object with required texts, and optional `members`; else `others`, by default texts."""
    names = needed.split()
    properties = {**dict.fromkeys(names, _TEXT), **members}
    rest = _TEXT if others is None else others
    return {
        "type": "object",
        "required": names,
        "properties": properties,
        "additionalProperties": rest,
    }


def _list_of(item: JsonSchema) -> JsonSchema:
    return {"type": "array", "items": item}


_ANY_SCHEMA: JsonSchema = {"type": "object"}
_RULES = {"if": _ANY_SCHEMA, "then": _ANY_SCHEMA, "severity": {"enum": ["note", "warning"]}}
_CONDITION = {**_object("says source", **_RULES), "required": ["then", "says", "source"]}
_RULE = {
    **_object("in says source", operations=_TEXTS, **_RULES),
    "required": ["in", "operations", "then", "says", "source"],
}
_COMMAND_FLAG = _object(
    "metavar help", {"not": {}}, required=_FLAG, pointers=_TEXTS, parameter=_TEXT, under=_TEXT
)
_EXPECTATION = _object("says", keys=_TEXTS, empty=_FLAG, **{"in": {"type": "array"}})
_CAMPAIGN = {
    **dict.fromkeys(("bytes", "most", "rows"), _COUNT),
    "running": {"type": "array"},
    "last": _TEXTS,
    "stopped": {"type": ["string", "boolean"]},
    "defaults": {"type": "object"},
}
_KINDS: dict[str, dict[str, JsonSchema]] = {
    "document": {
        **dict.fromkeys(("platform", "rate"), _TEXT),
        **dict.fromkeys(("rings", "explain-only", "query-as-body"), _FLAG),
        "products": _TEXTS,
        "rules": _list_of(_RULE),
    },
    "operation": {
        **dict.fromkeys(("provenance", "recommended", "columns"), _TEXT),
        **dict.fromkeys(("rings", "idempotent", "generated", "query-as-body"), _FLAG),
        **dict.fromkeys(("engagement-id", "token"), _TEXTS),
        "permissions": _LISTS_OF_TEXTS,
        "rings-with": {"type": "object", "additionalProperties": _VALUES},
        "command": _object("name", flags={"type": "object", "additionalProperties": _COMMAND_FLAG}),
        "grants": {"type": ["string", "boolean"]},
        "nearest": _list_of(_object("method path summary", {"not": {}})),
        "doctor": _object("check", expect=_list_of(_EXPECTATION), values=_TEXTS_BY_NAME),
        "track": _object("id over state", **dict.fromkeys(("legs", "why", "far"), _TEXTS)),
        "sentiment": _object("id"),
        "transcript": _object("id communication url"),
        "campaign": _object("role", **_CAMPAIGN),
        "conditions": _list_of(_CONDITION),
    },
    "schema": {
        **dict.fromkeys(("same-as", "only-with", "among"), _TEXT),
        **dict.fromkeys(("closed", "person", "distinct", "time-zone"), _FLAG),
        "mistakes": {"type": "object", "additionalProperties": _object()},
        "scheduled": {"anyOf": [_FLAG, _object(days=_COUNT)]},
        "conditions": _list_of(_CONDITION),
        "below": _object("place says"),
        "read-names": _TEXTS,
        "once-required": _LISTS_OF_TEXTS,
    },
    "server": {"regions": _TEXTS_BY_NAME},
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
    message = error.message if error else _find_unusable_rule(name, value)
    return not message or _refuse(source, f"{at}/{key}", message[:_LONGEST])


def _refuse(source: SourceDocument, at: str, why: str) -> bool:
    if at.endswith(f"/{RISK_WITH}"):  # without it, a call would be sent unasked
        raise source.fault(at, why, "correct it, or remove it")
    fault = source.fault(at, f"the extension is ignored: {why}", "correct it, or remove it")
    source.add_problem(fault)
    return False


@cache
def _validator(kind: str, name: str) -> Validator:
    return new_validator(_KINDS[kind][name])


def _find_unusable_rule(name: str, value: Any) -> str:
    """Return what is wrong with the schemas of conditions or rules; empty if nothing is."""
    for each in value if name in ("conditions", "rules") else ():
        for word in ("if", "then"):
            try:
                new_validator(each.get(word, {}))
            except ValueError as error:
                return str(getattr(error, "message", error))
    return ""
