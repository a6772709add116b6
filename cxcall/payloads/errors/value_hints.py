"""Suggest what to write instead of a wrong value: another type, or a value within a limit."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from cxcall.phone import number_masking
from cxcall.runtime.patterns import compile_pattern

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cxcall.contracts.json_schema import JsonSchema
    from cxcall.contracts.operation import Operation
    from cxcall.payloads.payload import Payload

_MAX_VALUE = 40
_LIMITS = {
    "maximum": ("at most", "or less"),
    "minimum": ("at least", "or more"),
    "exclusiveMaximum": ("less than", ""),
    "exclusiveMinimum": ("more than", ""),
    "maxLength": ("character", "at most"),
    "minLength": ("character", "at least"),
    "maxItems": ("item", "at most"),
    "minItems": ("item", "at least"),
    "maxProperties": ("property", "at most"),
    "minProperties": ("property", "at least"),
}
_LISTED = r"[^\s{}\[\]]+|[+(]?[0-9][0-9 ().-]*"
"""A word or a phone number in a text that lists several."""


def is_json_number(value: Any) -> bool:
    """Return whether a value is a number of JSON."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def listed_values(value: Any) -> list[str]:
    """Return the words or numbers that a text lists with commas or semicolons; empty for any other value."""
    if not isinstance(value, str):
        return []
    parts = [each.strip() for each in compile_pattern("[,;]").split(value)]
    are_values = len(parts) > 1 and all(compile_pattern(_LISTED).fullmatch(each) for each in parts)
    return parts if are_values else []


def wrapped_list(value: Any, types: list[str], items: JsonSchema) -> tuple[str, list[Any]] | None:
    """Return (name, list) of an object with only a list, where the schema requires the list itself; else None."""
    if "array" not in types or not isinstance(value, dict) or len(value) != 1:
        return None
    [(name, inner)] = value.items()
    is_item = name in items.get("properties", {})
    return (name, inner) if isinstance(inner, list) and not is_item else None


def limit_hint(keyword: str, limit: Any, value: Any) -> tuple[str, str]:
    """Return (what a value must be, what to write) for a value beyond a limit of its schema.

    Both are empty if the schema keyword is not a limit.
    """
    if keyword == "multipleOf":
        rule = f"a multiple of {limit}"
        return f"must be {rule}; got `{format_value(value)}`", f"write {rule}"
    if keyword not in _LIMITS:
        return "", ""
    if isinstance(value, int | float):
        comparison, suffix = _LIMITS[keyword]
        bound = f"{limit} {suffix}" if suffix else f"{comparison} {limit}"
        return f"must be {comparison} {limit}; got `{format_value(value)}`", f"write {bound}"
    unit, comparison = _LIMITS[keyword]
    bound = f"{comparison} {_format_count(limit, unit)}"
    return f"must have {bound}; it has {len(value)}", f"write {bound}"


def _format_count(count: int, unit: str) -> str:
    plural = f"{unit[:-1]}ies" if unit.endswith("y") else f"{unit}s"
    return f"{count} {unit if count == 1 else plural}"


def format_value(value: Any) -> str:
    """Return a value as text for a message, with phone numbers masked, and shortened if it is long."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    text = number_masking.mask_text(text)
    return text if len(text) <= _MAX_VALUE else f"{text[:_MAX_VALUE]}…"


def suggest_flags(body: Payload, operation: Operation, places: Sequence[str]) -> str:
    """Return a hint with the flags that set one of some JSON Pointers; empty if the body is not from flags."""
    origins = body.origins.values()
    is_of_flags = origins and all(each.startswith("--") for each in origins)
    if body.document is not None or not is_of_flags:
        return ""
    flags = dict.fromkeys(
        f"`--{flag.name} {flag.metavar}`"
        for place in places
        for flag in operation.flags
        if any(f"{each}/".startswith(f"{place}/") for each in flag.pointers)
    )
    return "add " + " or ".join(flags or [f"`--set {place}=JSON`" for place in places])
