"""Find components whose references lead back to themselves, or double so often that no value can be checked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cxcall.contracts.json_schema import SCHEMAS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from cxcall.contracts.json_schema import JsonSchema

MOST_COMBINED = 100_000
"""How many schemas may be compared with one value: 17 levels of `allOf` with two references each."""
# What applies to the value itself, and not to its members.
_COMBINATIONS = ("allOf", "anyOf", "oneOf")
_CONDITIONS = ("not", "if", "then", "else")


def find_circles(components: Mapping[str, JsonSchema]) -> set[str]:
    """Return the names whose `$ref` leads back to itself or to such a one, through other references only."""
    leads_back: dict[str, bool] = {}
    for start in components:
        path: dict[str, None] = {}
        name = start
        while name not in leads_back and name not in path and "$ref" in components[name]:
            path[name] = None
            name = components[name]["$ref"].removeprefix(SCHEMAS)
        leads_back.update(dict.fromkeys(path, leads_back.get(name, name in path)))
    return {name for name, is_circle in leads_back.items() if is_circle}


def find_doubling(components: Mapping[str, JsonSchema]) -> set[str]:
    """Return the names of components that combine more than `MOST_COMBINED` schemas."""
    counts: dict[str, int] = {}
    for start in components:
        waiting = [start]
        while waiting:
            name = waiting[-1]
            combined = list(_combined_names(components.get(name, {})))
            if name not in counts:
                counts[name] = 0  # for a schema that combines itself
                waiting.extend(each for each in combined if each not in counts)
            else:
                counts[waiting.pop()] = min(
                    1 + sum(counts[each] for each in combined), MOST_COMBINED + 1
                )
    return {name for name, count in counts.items() if count > MOST_COMBINED}


def _combined_names(schema: Any) -> Iterator[str]:
    """Yield the name of each reference that applies to the same value, as often as it does."""
    if not isinstance(schema, dict):
        return
    if "$ref" in schema:
        yield schema["$ref"].removeprefix(SCHEMAS)
    for keyword in _COMBINATIONS:
        for each in schema.get(keyword, ()):
            yield from _combined_names(each)
    for keyword in _CONDITIONS:
        yield from _combined_names(schema.get(keyword))
