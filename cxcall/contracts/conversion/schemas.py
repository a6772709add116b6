"""Convert schemas of Swagger 2.0 and OpenAPI 3.0 to JSON Schema 2020-12, which 3.1 and 3.2 already use.

The differences: `nullable` (`x-nullable` in Swagger), boolean `exclusiveMinimum`, `example`, `type: file`,
a `discriminator` that is a name, keywords beside a `$ref`, which are ignored, and formats that are not
checked, in 3.1 and 3.2, too. Keywords that do not restrict a value (`xml`, `externalDocs`), and rare ones (`dependencies`,
`$dynamicRef`), are left out.
"""

from __future__ import annotations

import re
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from cxcall.contracts.component_references import find_circles, find_excessive
from cxcall.contracts.conversion.discriminators import (
    as_schema,
    find_extensions,
    read_choices,
    read_conditions,
)
from cxcall.contracts.conversion.ignored_members import (
    drop_invalid,
    drop_unreadable_patterns,
    is_usable,
)
from cxcall.contracts.conversion.read_only_properties import make_optional
from cxcall.contracts.json_schema import (
    SCHEMA_KEYWORDS,
    SCHEMA_LIST_KEYWORDS,
    SCHEMA_MAP_KEYWORDS,
    SCHEMAS,
)
from cxcall.documents.json_pointer import join_pointer
from cxcall.findings.errors import UsageError

if TYPE_CHECKING:
    from cxcall.contracts.conversion.discriminators import Condition
    from cxcall.contracts.conversion.references import SourceDocument
    from cxcall.contracts.json_schema import JsonSchema

_DEEPEST = 64
"""The deepest nesting of schemas; a reference starts again at zero."""

# Definitions inside a schema are found by the references to them.
_BEHIND = frozenset(
    """
    xml externalDocs nullable x-nullable collectionFormat $id $schema $comment $defs definitions
    contentSchema dependencies $dynamicRef $dynamicAnchor
    """.split()
)
_UNSUPPORTED = frozenset(("$dynamicRef", "dependencies"))
_BESIDE = ("title", "description", "readOnly", "writeOnly", "deprecated")
# A format does not restrict a value unless that is agreed (JSON Schema 2020-12, Validation, section 7.2.1), and both old
# dialects allow any other format; vendors write `uri` for paths, and `time` for anything.
_JUDGED = frozenset(
    """
    date date-time email hostname ipv4 ipv6 uuid e164 phone int32 int64 float double byte binary
    password
    """.split()
)


class Schemas:
    """The schemas of one document: inline schemas converted in place, referenced schemas converted by name.

    A `readOnly` property is never required.
    """

    def __init__(self, source: SourceDocument, *, is_old: bool) -> None:
        self._source = source
        self.is_old = is_old
        """Whether the schemas are those of Swagger 2.0 or OpenAPI 3.0."""
        self._names: dict[str, str] = {}
        self._taken: set[str] = set()
        self._waiting: list[tuple[str, str, Any]] = []
        self.faults: dict[str, UsageError] = {}
        """What is wrong with a component, by its new name; any value is valid for such a component."""

    def convert(self, node: Any, at: str) -> JsonSchema:
        """Convert the schema at a pointer; raises UsageError if it is not a schema."""
        converted: JsonSchema = self._schema(node, at, 0)
        drop_invalid(self._source, converted, at)
        return converted

    def components(self) -> dict[str, JsonSchema]:
        """Convert all referenced schemas, directly or through others, and return them by their new names."""
        found: dict[str, JsonSchema] = {}
        extensions = find_extensions(self._source.root)
        while self._waiting:
            name, at, node = self._waiting.pop()
            try:
                found[name] = self.convert(node, at)
                for condition in read_conditions(self._source.root, extensions, at, node):
                    self._add_condition(found[name], condition)
            except UsageError as error:
                self.faults[name], found[name] = error, {}
        places = {name: at for at, name in self._names.items()}
        for name in find_circles(found):
            self.faults[name] = self._source.circle(places[name])
        for name, excess in find_excessive(found).items():
            self.faults[name] = self._source.excess(places[name], excess)
        return {name: {} if name in self.faults else schema for name, schema in found.items()}

    def _add_condition(self, schema: JsonSchema, condition: Condition) -> None:
        """Add what a `discriminator` implies; the error of a schema that cannot be used is that of its own component."""
        with suppress(UsageError):
            rules = self.convert(condition.rules, condition.pointer)
            schema.setdefault("allOf", []).append(as_schema(condition, rules))

    def _schema(self, node: Any, at: str, depth: int) -> Any:
        if isinstance(node, bool):
            return node if depth else ({} if node else {"not": {}})
        if not isinstance(node, dict):
            raise self._source.wrong_kind_error(node, dict, at)
        if depth > _DEEPEST:
            raise self._source.fault(
                at,
                f"more than {_DEEPEST} schemas are nested here",
                "give the inner schemas names, and refer to them",
            )
        for key in node.keys() & _UNSUPPORTED:
            message = "the keyword is ignored, because it is not supported"
            self._source.report(
                f"{at}/{key}", message, "use `$ref`, `dependentRequired`, or `dependentSchemas`"
            )
        if "$ref" in node:
            return self._reference(node, at, depth)
        found = {
            key: self._word(key, value, at, depth)
            for key, value in node.items()
            if key not in _BEHIND
            and (value is not None or key in ("default", "example", "const"))
            and is_usable(self._source, "schema", key, value, at)
        }
        choices = [*read_choices(self._source.root, node)]
        if choices and "oneOf" in found and "anyOf" not in found:
            found["anyOf"] = found.pop("oneOf")  # the discriminator decides which one is meant
        for each in choices:
            rules = self._reference(each.rules, at, depth)
            found["allOf"] = [*found.get("allOf", ()), as_schema(each, rules)]
        drop_unreadable_patterns(self._source, found, at)
        self._relax_contradictions(found, at)
        make_optional(self._source.root, node, found)
        _drop_unreliable_format(found)
        return self._modern(node, found) if self.is_old else _with_named_member(found)

    def _relax_contradictions(self, found: JsonSchema, at: str) -> None:
        """Relax rules that no value, or hardly any, can satisfy.

        Vendors declare the values of an array's items beside its type, and require properties that they do not
        allow, which are problems.
        """
        values, items = found.get("enum"), found.get("items")
        is_of_items = isinstance(values, list) and not any(
            isinstance(each, list) for each in values
        )
        if (
            found.get("type") == "array"
            and isinstance(items, dict)
            and "$ref" not in items
            and is_of_items
        ):
            items.setdefault("enum", found.pop("enum"))
            message = "an array cannot equal one of these values: they are applied to its items"
            self._source.report(f"{at}/enum", message, "move `enum` into `items`")
        needed, members = found.get("required"), found.get("properties", {})
        is_closed = found.get("additionalProperties") is False and "patternProperties" not in found
        if is_closed and isinstance(needed, list) and not members.keys() >= set(map(str, needed)):
            found["required"] = [name for name in needed if name in members]
            message = "the schema requires properties that it does not allow: they are treated as optional"
            self._source.report(f"{at}/required", message, "declare them, or remove them")

    def _reference(self, node: JsonSchema, at: str, depth: int) -> JsonSchema:
        target, pointer = self._source.locate(node["$ref"], join_pointer(at, "$ref"))
        beside = node if not self.is_old else {key: node[key] for key in _BESIDE if key in node}
        rest = {
            key: self._word(key, value, at, depth)
            for key, value in beside.items()
            if key != "$ref"
            and key not in _BEHIND
            and is_usable(self._source, "schema", key, value, at)
        }
        make_optional(self._source.root, node, rest)
        _drop_unreliable_format(rest)
        return {"$ref": SCHEMAS + self._name(pointer, target), **rest}

    def _name(self, pointer: str, target: Any) -> str:
        if pointer not in self._names:
            tokens = pointer.split("/")[1:]
            is_component = tokens[:-1] in (["definitions"], ["components", "schemas"])
            name = component_name(
                "-".join(tokens[-1:] if is_component else tokens).replace("~1", "/")
            )
            self._names[pointer] = name = unique(name, self._taken)
            self._waiting.append((name, pointer, target))
        return self._names[pointer]

    def _word(self, key: str, value: Any, at: str, depth: int) -> Any:
        """Convert the value of one keyword: its schemas are converted, all else is unchanged."""
        if key in (*SCHEMA_KEYWORDS, "additionalItems") and not (
            key == "items" and isinstance(value, list)
        ):
            return self._schema(value, f"{at}/{key}", depth + 1)
        if key in SCHEMA_MAP_KEYWORDS:
            within = f"{at}/{key}"
            return {
                name: self._schema(member, join_pointer(within, name), depth + 1)
                for name, member in self._source.mapping(value, within).items()
            }
        if key in SCHEMA_LIST_KEYWORDS or key == "items":
            within = f"{at}/{key}"
            return [
                self._schema(part, f"{within}/{index}", depth + 1)
                for index, part in enumerate(self._source.listing(value, within))
            ]
        return value

    def _modern(self, node: JsonSchema, found: JsonSchema) -> JsonSchema:
        """Convert keywords of an older dialect to those of 2020-12."""
        kind = found.get("type")
        if kind == "file":
            found |= {"type": "string", "format": "binary"}
        elif node.get("nullable", node.get("x-nullable")) is True and isinstance(kind, str):
            found["type"] = [kind, "null"]
        for limit, word in (("minimum", "exclusiveMinimum"), ("maximum", "exclusiveMaximum")):
            if isinstance(found.get(word), bool) and found.pop(word) and limit in found:
                found[word] = found.pop(limit)
        if "example" in found:
            found["examples"] = [found.pop("example")]
        if isinstance(found.get("items"), list):
            found["prefixItems"] = found.pop("items")
            if "additionalItems" in found:
                found["items"] = found.pop("additionalItems")
        return _with_named_member(found)


def component_name(name: str) -> str:
    """Return a name as a component name of OpenAPI 3.1: letters, digits, dots, hyphens, underscores."""
    return re.sub(r"[^A-Za-z0-9._-]+", "-", name).strip("-") or "unnamed"


def unique(name: str, taken: set[str]) -> str:
    """Reserve and return an unused name, with a number after it if needed."""
    found, number = name, 1
    while found in taken:
        number += 1
        found = f"{name}-{number}"
    taken.add(found)
    return found


def _drop_unreliable_format(found: JsonSchema) -> None:
    if "format" in found and found["format"] not in _JUDGED:
        found["x-format"] = found.pop("format")


def _with_named_member(found: JsonSchema) -> JsonSchema:
    """Reduce the `discriminator` of a schema to its property: its mapping refers to schemas by their old names."""
    discriminator = found.get("discriminator")
    if isinstance(discriminator, str):
        found["discriminator"] = {"propertyName": discriminator}
    elif isinstance(discriminator, dict):
        found["discriminator"] = {"propertyName": discriminator.get("propertyName", "")}
    return found
