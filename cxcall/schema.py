"""Walking JSON Schemas inside one OpenAPI document: references, members, properties."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cxcall.document import join_pointer, split_pointer
from cxcall.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

JsonSchema = dict[str, Any]

_COMPONENT = "#/components/schemas/"


_ONE = ("items", "additionalProperties", "not", "if", "then", "else", "contains", "propertyNames",
        "unevaluatedItems", "unevaluatedProperties")  # fmt: skip
_MANY = ("allOf", "anyOf", "oneOf", "prefixItems")
_NAMED = ("properties", "patternProperties", "dependentSchemas", "$defs")


def target(document: Mapping[str, Any], reference: str) -> dict[str, Any]:
    """Return what a `$ref` leads to; raises UsageError where that is not in the document itself."""
    found: Any = document
    if reference.startswith("#/"):
        for token in split_pointer(reference[1:]):
            found = found.get(token) if isinstance(found, dict) else None
    if isinstance(found, dict) and found is not document:
        return found
    raise UsageError(
        f"the contract refers to `{reference}`, outside of itself",
        where="--contract",
        fix="bundle the document into one file; nothing is fetched",
    )


def reached(find: Callable[[str], JsonSchema], node: JsonSchema) -> dict[str, Any]:
    """Return the component schemas that a schema refers to, directly or through others.

    `find` returns what a `$ref` leads to.
    """
    found: dict[str, Any] = {}
    waiting = [node]
    while waiting:
        here = waiting.pop()
        reference = here.get("$ref")
        if reference and (name := reference.removeprefix(_COMPONENT)) not in found:
            found[name] = find(reference)
            waiting.append(found[name])
        waiting.extend(parts(here))
    return found


def parts(node: JsonSchema) -> Iterator[JsonSchema]:
    """Yield the schemas that stand directly in a schema; what is data in it (an `example`) is none."""
    members = [node[word] for word in _ONE if word in node]
    members += [part for word in _MANY for part in node.get(word, ())]
    members += [part for word in _NAMED for part in node.get(word, {}).values()]
    yield from (member for member in members if isinstance(member, dict))


def step(node: JsonSchema, token: str) -> JsonSchema:
    """Return the schema of one member of an object, or of one item of an array; `{}` if undeclared."""
    found = node.get("properties", {}).get(token)
    if found is None:
        found = node.get("items" if token.isdigit() and "items" in node else "additionalProperties")
    return found if isinstance(found, dict) else {}


def properties(
    resolve: Callable[[JsonSchema], JsonSchema],
    node: JsonSchema,
    pointer: str = "",
    above: tuple[str, ...] = (),
) -> Iterator[tuple[str, JsonSchema]]:
    """Yield (pointer, schema) of every property declared below, outermost first; circles end."""
    reference = node.get("$ref", "")
    if reference and reference in above:
        return
    for name, member in resolve(node).get("properties", {}).items():
        place = join_pointer(pointer, name)
        yield place, resolve(member)
        yield from properties(resolve, member, place, (*above, reference))
