"""How the component schemas of a document refer to each other, in time that grows only with the size of the document."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cxcall.contracts.json_schema import SCHEMAS, references_in

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from cxcall.contracts.json_schema import JsonSchema


_MOST_COMBINED = 100_000
"""The most schemas that may be compared with one value: 17 levels of `allOf` with two references each."""
_MOST_STEPS = 400
"""The longest chain of schemas that each combine the next one; published documents have up to 10."""
# The keywords that apply to the value itself, and not to its members.
_COMBINATIONS = ("allOf", "anyOf", "oneOf")
_CONDITIONS = ("not", "if", "then", "else")


def find_users(components: Mapping[str, JsonSchema]) -> dict[str, list[str]]:
    """Return the names of the components that refer to each component themselves."""
    users: dict[str, list[str]] = {}
    for user, schema in components.items():
        for name in references_in(schema):
            users.setdefault(name, []).append(user)
    return users


def with_users(users: Mapping[str, Sequence[str]], names: Iterable[str]) -> set[str]:
    """Return some names, and those of all components that refer to them, directly or through others."""
    found = {*names}
    waiting = [*found]
    while waiting:
        new = {*users.get(waiting.pop(), ())} - found
        found |= new
        waiting += new
    return found


def find_circles(components: Mapping[str, JsonSchema]) -> list[str]:
    """Return the names whose `$ref` leads back to itself, or to such a name, through references only."""
    leads_back: dict[str, bool] = {}
    for start in components:
        path: dict[str, None] = {}
        name = start
        while name not in leads_back and name not in path and "$ref" in components[name]:
            path[name] = None
            name = components[name]["$ref"].removeprefix(SCHEMAS)
        leads_back.update(dict.fromkeys(path, leads_back.get(name, name in path)))
    return [name for name, is_circle in leads_back.items() if is_circle]


def find_excessive(components: Mapping[str, JsonSchema]) -> dict[str, str]:
    """Return the excess, by name, of each component that combines too many schemas, or in too many steps."""
    sizes: dict[str, tuple[int, int]] = {}
    for start in components:
        waiting = [start]
        while waiting:
            name = waiting[-1]
            combined = list(_combined_names(components.get(name, {})))
            if name not in sizes:
                sizes[name] = 0, 0  # if a schema combines itself
                waiting.extend(each for each, _ in combined if each not in sizes)
            else:
                waiting.pop()
                count = 1 + sum(sizes[each][0] for each, _ in combined)
                steps = max((sizes[each][1] + step for each, step in combined), default=0)
                sizes[name] = min(count, _MOST_COMBINED + 1), steps
    return {name: what for name, size in sizes.items() if (what := _excess(*size))}


def _excess(count: int, steps: int) -> str:
    if count > _MOST_COMBINED:
        return f"more than {_MOST_COMBINED:,} other schemas, each counted once per reference"
    return f"others in more than {_MOST_STEPS} steps" if steps > _MOST_STEPS else ""


def _combined_names(schema: Any, step: int = 0) -> Iterator[tuple[str, int]]:
    """Yield (name, steps away) of each reference that applies to the same value, as often as it applies."""
    if not isinstance(schema, dict):
        return
    if "$ref" in schema:
        yield schema["$ref"].removeprefix(SCHEMAS), step
    for keyword in _COMBINATIONS:
        for each in schema.get(keyword, ()):
            yield from _combined_names(each, step + 1)
    for keyword in _CONDITIONS:
        yield from _combined_names(schema.get(keyword), step + 1)
