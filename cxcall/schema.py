"""Walking JSON Schemas inside one OpenAPI document: references, members, properties."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cxcall.document import join_pointer, split_pointer
from cxcall.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

JsonSchema = dict[str, Any]

_COMPONENT = "#/components/schemas/"


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


def reached(document: Mapping[str, Any], node: JsonSchema) -> dict[str, Any]:
    """Return the component schemas that a schema refers to, directly or through others."""
    found: dict[str, Any] = {}
    _reach(document, node, found)
    return found


def _reach(document: Mapping[str, Any], node: Any, found: dict[str, Any]) -> None:
    if isinstance(node, dict):
        reference = node.get("$ref")
        if isinstance(reference, str):
            name = reference.removeprefix(_COMPONENT)
            if name not in found:
                found[name] = target(document, reference)
                _reach(document, found[name], found)
        node = list(node.values())
    for child in node if isinstance(node, list) else ():
        _reach(document, child, found)


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
