"""Write the values of parameters as OpenAPI does (section "Style Values"), and read them back.

An array or an object that OpenAPI does not define in a style is refused, never guessed.
"""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote

from cxcall.contracts.json_schema import convert_text, member_schema, schema_types
from cxcall.contracts.parameters import JSON_STYLE, SEPARATORS
from cxcall.documents.json_text import as_cell, find_json
from cxcall.findings.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from cxcall.contracts.parameters import Parameter

STYLES = {
    "path": ("simple",),
    "query": ("form", "spaceDelimited", "pipeDelimited", "tabDelimited", "deepObject"),
    "header": ("simple",),
}
"""The styles that are supported in each location; `tabDelimited` is `tsv` of Swagger 2.0."""

STYLE_WORDS = ("style", "explode", "allowReserved")
"""The members that say how a parameter, or a member of a form, is written."""


def query_pairs(entry: Parameter, text: str) -> list[tuple[str, str]]:
    """Return the names and values that a parameter adds to the query; raises UsageError if its form is not defined."""
    value = _value(entry, text)
    if entry.style == "deepObject":
        return _deep_pairs(entry, value)
    separator = SEPARATORS.get(entry.style, ",")
    if isinstance(value, dict):
        pairs = _members(value)
        return pairs if entry.explode else [(entry.name, _join(entry, _flat(pairs), separator))]
    if isinstance(value, list) and not entry.explode:
        value = _join(entry, value, separator)
    return [(entry.name, each) for each in (value if isinstance(value, list) else [value])]


def _deep_pairs(entry: Parameter, value: Any) -> list[tuple[str, str]]:
    members = value if isinstance(value, dict) else {}
    if isinstance(value, list) or any(isinstance(each, dict | list) for each in members.values()):
        what = "an array" if isinstance(value, list) else "an object that has objects or arrays"
        raise _undefined(entry, f"the style `deepObject` for {what}")
    if not isinstance(value, dict):
        return [(entry.name, str(value))]
    return [(f"{entry.name}[{key}]", text) for key, text in _members(members)]


def path_text(entry: Parameter, text: str) -> str:
    """Return a parameter as it is written in the path, percent-encoded except for its separators."""
    return _simple_text(entry, text, partial(quote, safe=""))


def header_values(parameters: Iterable[Parameter], values: Mapping[str, str]) -> dict[str, str]:
    """Return the headers that parameters set."""
    texts = [(each.as_sent, values[each.name]) for each in parameters if each.location == "header"]
    return {each.name: _simple_text(each, text, str) for each, text in texts}


def _simple_text(entry: Parameter, text: str, encode: Callable[[str], str]) -> str:
    """Return a parameter in the style `simple`, with its names and values encoded."""
    value = _value(entry, text)
    if isinstance(value, dict):
        # No style is defined for a list in an object: its commas are refused also where they would be encoded.
        nested = [as_cell(each) for each in value.values() if isinstance(each, dict | list)]
        _join(entry, nested, ",")
        pairs = [(encode(key), encode(each)) for key, each in _members(value)]
        return _join(entry, list(map("=".join, pairs)) if entry.explode else _flat(pairs), ",")
    return _join(entry, [*map(encode, value)], ",") if isinstance(value, list) else encode(value)


def _join(entry: Parameter, items: Sequence[str], separator: str) -> str:
    return join_items(items, separator, entry.name, entry.location)


def join_items(items: Sequence[str], separator: str, name: str, where: str) -> str:
    """Return items as one text; raises UsageError if one of them has the separator, and would become two items."""
    if any(separator in each for each in items):
        raise UsageError(
            f"an item of `{name}` has `{unquote(separator)}`, which separates its items",
            where=where,
            fix="leave the item out, or correct `style` and `explode` in the document",
            why="the API would read it as two items",
        )
    return separator.join(items)


def _undefined(entry: Parameter, what: str) -> UsageError:
    return UsageError(
        f"`{entry.name}` in the {entry.location} cannot be sent: OpenAPI does not define {what}",
        where=entry.location,
        fix="correct its `style`, `explode`, or `schema` in the document",
    )


def _value(entry: Parameter, text: str) -> Any:
    """Return the value of a parameter: a text, texts, or an object; one that is declared as JSON is its JSON text."""
    value = entry.value_of(text)
    if entry.style != JSON_STYLE:
        return value
    if isinstance(value, list) and text.lstrip()[:1] == "[":
        value = find_json(text, value)
    elif isinstance(value, list):
        is_text = "string" in schema_types(entry.schema.get("items", {}))
        value = value if is_text else [find_json(each, each) for each in value]
    elif isinstance(value, str):
        value = convert_text(value, entry.schema)
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _members(value: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return the members of an object as texts, sorted by name: one object has one form."""
    return sorted((key, as_cell(each)) for key, each in value.items())


def _flat(pairs: Iterable[tuple[str, str]]) -> list[str]:
    return [text for pair in pairs for text in pair]


def read_query(entry: Parameter, values: Mapping[str, Sequence[str]]) -> list[str]:
    """Return the texts that a query has for a parameter, by the style that separates them; empty if there are none."""
    found = list(values.get(entry.name, ()))
    if entry.is_list and not entry.explode and entry.style != JSON_STYLE:
        separator = SEPARATORS.get(entry.style, ",")
        return [item for text in found for item in text.split(separator)]
    return found


def read_path(entry: Parameter, text: str) -> list[str]:
    """Return the texts of a parameter in a decoded segment of a path."""
    return text.split(",") if entry.is_list else [text]


def takes_any_name(entry: Parameter) -> bool:
    """Return whether any pair of a query may be a member of a parameter: those that belong to others are not."""
    is_open = entry.is_object and bool(entry.schema.get("additionalProperties"))
    return is_open and entry.explode and not entry.style


def text_in_query(entry: Parameter, pairs: Sequence[tuple[str, str]]) -> tuple[str, set[str]]:
    """Return the text for which `query_pairs` writes a parameter as it is in a query, and the names of its pairs.

    Both are empty if the query does not have the parameter.
    """
    if entry.is_object and (entry.style == "deepObject" or (entry.explode and not entry.style)):
        found = {name: (_member_name(entry, name), text) for name, text in pairs}
        members = dict(pair for pair in found.values() if pair[0])
        if members:
            return _object_text(entry, members), {name for name, pair in found.items() if pair[0]}
    own = [text for name, text in pairs if name == entry.name]
    return (text_of_parts(entry, own), {entry.name}) if own else ("", set())


def text_of_parts(entry: Parameter, texts: Sequence[str]) -> str:
    """Return the text of a parameter whose values in a request are `texts`: more than one if a list is repeated."""
    separator = SEPARATORS.get(entry.style, ",")
    if entry.style == JSON_STYLE or entry.kind == "text" or texts[-1].lstrip()[:1] == "{":
        return texts[-1]
    if entry.is_list:
        is_split = len(texts) == 1 and not (entry.explode and entry.location == "query")
        items = texts[0].split(separator) if is_split else texts
        return json.dumps(items) if len(items) > 1 and "," in "".join(items) else ",".join(items)
    parts = texts[-1].split(separator)
    named = [part.partition("=")[::2] for part in parts]
    return _object_text(
        entry, dict(named if entry.explode else zip(parts[::2], parts[1::2], strict=False))
    )


def _member_name(entry: Parameter, name: str) -> str:
    """Return the member of an object that a pair of the query sets; empty if it sets none."""
    if entry.style == "deepObject":
        inner = name.removeprefix(f"{entry.name}[")
        return inner[:-1] if inner != name and inner.endswith("]") else ""
    is_other = takes_any_name(entry) and name != entry.name
    return name if is_other or name in entry.schema.get("properties", {}) else ""


def _object_text(entry: Parameter, members: Mapping[str, str]) -> str:
    """Return an object as JSON, with its members in the types of their schemas."""
    components = {"components": entry.schema.get("components", {})}
    found = {}
    for name, text in members.items():
        schema = member_schema(entry.schema, name)
        found[name] = convert_text(text, {**components, **schema}) if schema else text
    return json.dumps(found, ensure_ascii=False)
