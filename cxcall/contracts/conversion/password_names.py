"""Find the names of the parameters and properties that a document declares as passwords."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, Any

from cxcall.contracts.json_schema import SCHEMAS, held_schemas, subschemas

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from cxcall.contracts.json_schema import JsonSchema
    from cxcall.contracts.openapi_document import OperationEntry

_SAME_VALUE = ("allOf", "anyOf", "oneOf")


def find_password_names(
    operations: Iterable[OperationEntry], components: Mapping[str, JsonSchema]
) -> list[str]:
    """Return the names whose schema has `format: password`, itself or for the items of a list, sorted.

    `writeOnly` says only that a response does not have the value: many such values are not secret.
    """
    found: set[str] = set()
    waiting = [*components.values()]
    for _, _, declared in operations:
        parameters = declared.get("parameters", ())
        found.update(
            each["name"] for each in parameters if _is_secret(held_schemas(each), components)
        )
        answers = declared["responses"].values()
        for holder in (*parameters, declared.get("requestBody", {}), *answers):
            waiting += held_schemas(holder)
    while waiting:
        here = waiting.pop()
        named = here.get("properties", {}).items()
        found.update(name for name, member in named if _is_secret([member], components))
        waiting += subschemas(here)
    return sorted(found)


def _is_secret(schemas: list[Any], components: Mapping[str, JsonSchema]) -> bool:
    """Return whether one of the schemas of a value, or of the items of a list, is that of a password."""
    waiting = [*schemas]
    seen: set[str] = set()
    while waiting:
        here = waiting.pop()
        if not isinstance(here, dict):
            continue
        if here.get("format") == "password":
            return True
        name = here.get("$ref", "").removeprefix(SCHEMAS)
        if name in components and name not in seen:
            seen.add(name)
            waiting.append(components[name])
        waiting += [*chain(*(here.get(word, ()) for word in _SAME_VALUE)), here.get("items")]
    return False
