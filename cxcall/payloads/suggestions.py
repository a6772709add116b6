"""What to write instead: the name that was meant, the form that is wanted, a value that would do."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from cxcall.documents.json_pointer import type_of
from cxcall.phone import phone_numbers

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cxcall.contracts.json_schema import JsonSchema

_LONGEST_SHOWN = 60


def fold_name(name: str) -> str:
    """Fold case, underscores and hyphens: contact_id, contact-id and ContactID are one name."""
    return re.sub(r"[-_\s]", "", name).lower()


def nearest_name(name: str, names: Iterable[str]) -> str:
    """Return the name that is nearly this one; empty where none is."""
    from difflib import get_close_matches

    folded = {fold_name(entry): entry for entry in names}
    close = get_close_matches(fold_name(name), folded, n=1, cutoff=0.75)
    return folded[close[0]] if close else ""


def intended_property(name: str, schema: JsonSchema) -> str:
    """Return the property of an object that a wrong name was meant for; empty where none can be told.

    It is spelt nearly the same, or with the name of its model in front, or without it.
    """
    declared = schema.get("properties", {})
    model = fold_name(schema.get("title", ""))
    same = {fold_name(name).removeprefix(model), model + fold_name(name)}
    return next((entry for entry in declared if fold_name(entry) in same), "") or nearest_name(
        name, declared
    )


def type_hint(value: Any, wanted: list[str]) -> str:
    """Suggest how to write the value in a wanted type, only where that keeps its meaning."""
    if isinstance(value, str):
        try:
            inner = json.loads(value)
        except ValueError:
            return ""
        if type_of(inner) in wanted:
            return (
                "remove the quotes"
                if not isinstance(inner, dict | list)
                else "it is JSON inside a string: send the JSON itself"
            )
    elif "string" in wanted and isinstance(value, int | float) and not isinstance(value, bool):
        return f'write it in quotes: `"{format_value(value)}"`'
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


_BOUNDS = {
    "maximum": ("at most", "or less"), "minimum": ("at least", "or more"),
    "exclusiveMaximum": ("less than", ""), "exclusiveMinimum": ("more than", ""),
    "maxLength": ("character", "at most"), "minLength": ("character", "at least"),
    "maxItems": ("item", "at most"), "minItems": ("item", "at least"),
    "maxProperties": ("property", "at most"), "minProperties": ("property", "at least"),
}  # fmt: skip


def limit_hint(kind: str, limit: Any, value: Any) -> tuple[str, str]:
    """Say (what it must be, what to write) of a value beyond a limit of its schema; empty for another rule."""
    if kind == "multipleOf":
        return (
            f"must be a multiple of {limit}; `{format_value(value)}` is not",
            f"write a multiple of {limit}",
        )
    if kind not in _BOUNDS:
        return "", ""
    if isinstance(value, int | float):
        how, rest = _BOUNDS[kind]
        bound = f"{limit} {rest}" if rest else f"{how} {limit}"
        return f"must be {how} {limit}; `{format_value(value)}` is not", f"write {bound}"
    unit, how = _BOUNDS[kind]
    return f"must have {how} {_format_count(limit, unit)}; it has {len(value)}", (
        f"write {how} {_format_count(limit, unit)}"
    )


def _format_count(count: int, unit: str) -> str:
    plural = f"{unit[:-1]}ies" if unit.endswith("y") else f"{unit}s"
    return f"{count} {unit if count == 1 else plural}"


_FORMS = {"date": ("a date", "2026-12-01"), "email": ("an e-mail address", "ada@example.com")}


def format_hint(form: str, value: str) -> tuple[str, str]:
    """Say (what it must be, what to write) of a text that misses a format; empty for one that is not known."""
    if form != "date-time":
        name, like = _FORMS.get(form, ("", ""))
        return (
            (f"must be {name}; `{format_value(value)}` is none", f"write it like `{like}`")
            if name
            else ("", "")
        )
    from datetime import datetime

    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        return (
            f"must be a time; `{format_value(value)}` is none",
            "write it like `2026-12-01T09:00:00Z`",
        )
    written = moment.isoformat().removesuffix("+00:00")  # it is no number: nothing is masked
    if ":" not in value:
        return f"must name a time of the day; `{value}` does not", f"write `{written}Z`"
    if moment.tzinfo is None:
        fix = f"write `{written}Z`, or the offset in place of `Z`, such as `+01:00`"
        return f"must name its time zone; `{value}` does not", fix
    fix = written if moment.utcoffset() else f"{written}Z"
    return f"must be a time in the form of RFC 3339; `{value}` is not", f"write `{fix}`"


def property_template(name: str, schema: JsonSchema) -> str:
    """Return a property as it would be written, its value to be filled in."""
    kinds = {"object": "{...}", "array": "[...]", "integer": "0", "number": "0", "boolean": "true"}
    by_format = {"uuid": '"<UUID>"', "e164": '"<+E.164 number>"'}
    kind = schema.get("type", "string")
    return f'"{name}": {by_format.get(schema.get("format", ""), kinds.get(kind, chr(34) + "..." + chr(34)))}'


def format_value(value: Any) -> str:
    """Return a value as text for a message: numbers masked, the end of a long one left out."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    text = phone_numbers.mask_text(text)
    return text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}…"
