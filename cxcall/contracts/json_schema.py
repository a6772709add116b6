"""Walk JSON Schemas inside one OpenAPI document: references, members, properties; compile them."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any

from cxcall.documents.json_document import DocumentError, parse_json
from cxcall.documents.json_pointer import find_value, join_pointer, leaves, map_values
from cxcall.findings.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from jsonschema_rs import Validator

JsonSchema = dict[str, Any]

SCHEMAS = "#/components/schemas/"
"""The start of references to the schemas of a document."""
_MAX_PROPERTIES = 2000
"""The approximate number of properties that are listed for one body."""
_MAX_DEPTH_OF_TYPES = 8
_LONGEST_REASON = 200


SCHEMA_KEYWORDS = tuple(
    """
    items additionalProperties not if then else contains propertyNames unevaluatedItems
    unevaluatedProperties
    """.split()
)
SCHEMA_LIST_KEYWORDS = ("allOf", "anyOf", "oneOf", "prefixItems")
SCHEMA_MAP_KEYWORDS = ("properties", "patternProperties", "dependentSchemas", "$defs")
"""The keywords with a schema, with a list of schemas, and with schemas by their names."""
ALTERNATIVES = ("oneOf", "anyOf")
"""The keywords with a list of schemas of which a value must match one, or at least one."""
_WITHIN = frozenset((*SCHEMA_KEYWORDS, *SCHEMA_LIST_KEYWORDS, "components"))
_BY_NAME = frozenset((*SCHEMA_MAP_KEYWORDS, "schemas"))


def resolve_reference(document: Mapping[str, Any], reference: str) -> dict[str, Any]:
    """Return what a `$ref` leads to; raises UsageError if it is not in the document itself."""
    found = find_value(document, reference[1:]) if reference.startswith("#/") else None
    if isinstance(found, dict):
        return found
    raise missing_reference_error(reference, "--contract")


def missing_reference_error(reference: Any, where: str) -> UsageError:
    """Return the error for a `$ref` that leads to nothing in the document itself."""
    message = f"the document refers to `{reference}`, which is not in it"
    fix = (
        "bundle the document into one file, e.g. with `npx @redocly/cli bundle`; nothing is fetched"
    )
    if str(reference).startswith("#/"):
        fix = (
            "correct the name, or add what it refers to; it is a path from the root of the document"
        )
    elif str(reference).startswith("#"):
        message = f"the document refers to `{reference}`, which is not a path in it: an anchor is not supported"
        fix = "refer to the schema by its path, such as `#/components/schemas/NAME`"
    return UsageError(message, where=where, fix=fix)


def referenced_schemas(find: Callable[[str], JsonSchema], node: JsonSchema) -> dict[str, Any]:
    """Return the component schemas that a schema refers to, directly or through others.

    `find` returns what a `$ref` leads to.
    """
    found: dict[str, Any] = {}
    waiting = [node]
    while waiting:
        here = waiting.pop()
        reference = here.get("$ref")
        if reference and (name := reference.removeprefix(SCHEMAS)) not in found:
            found[name] = find(reference)
            waiting.append(found[name])
        waiting.extend(subschemas(here))
    return found


def held_schemas(holder: Mapping[str, Any]) -> list[JsonSchema]:
    """Return the schemas of a parameter, a body, or a response: its own, and those of its media types."""
    found = (each.get("schema") for each in (holder, *holder.get("content", {}).values()))
    return [each for each in found if isinstance(each, dict)]


def subschemas(node: JsonSchema) -> Iterator[JsonSchema]:
    """Yield the direct subschemas of a schema, but not its data, such as an `example`."""
    members = [node[word] for word in SCHEMA_KEYWORDS if word in node]
    members += [part for word in SCHEMA_LIST_KEYWORDS for part in node.get(word, ())]
    members += [part for word in SCHEMA_MAP_KEYWORDS for part in node.get(word, {}).values()]
    yield from (member for member in members if isinstance(member, dict))


def nested_schemas(node: JsonSchema) -> Iterator[JsonSchema]:
    """Yield a schema and its subschemas at any depth, but not those that it refers to."""
    waiting = [node]
    while waiting:
        here = waiting.pop()
        yield here
        waiting += subschemas(here)


def references_in(node: JsonSchema) -> set[str]:
    """Return the names of the component schemas that a schema refers to itself."""
    found = (each["$ref"] for each in nested_schemas(node) if "$ref" in each)
    return {reference.removeprefix(SCHEMAS) for reference in found}


def alternatives_of(schema: JsonSchema) -> list[JsonSchema]:
    """Return the alternatives that a schema lists itself, except booleans."""
    listed = [each for word in ALTERNATIVES for each in schema.get(word, ())]
    return [each for each in listed if isinstance(each, dict)]


def schema_types(schema: JsonSchema) -> list[str]:
    """Return the JSON types that a schema declares; empty if it declares none."""
    types = schema.get("type", [])
    return [types] if isinstance(types, str) else list(types)


def schema_types_of(
    resolve: Callable[[JsonSchema], JsonSchema], node: JsonSchema, depth: int = 0
) -> list[str]:
    """Return the JSON types that a schema declares itself, by its `$ref`, or by its alternatives."""
    if "type" in node or depth > _MAX_DEPTH_OF_TYPES:
        return schema_types(node)
    if "$ref" in node:
        return schema_types_of(resolve, resolve(node), depth + 1)
    parts = [part for word in ("allOf", "oneOf", "anyOf") for part in node.get(word, ())]
    found = [schema_types_of(resolve, part, depth + 1) for part in parts if isinstance(part, dict)]
    implied = ["object"] if "properties" in node else ["array"] if "items" in node else []
    return [each for types in found for each in types] or implied


def convert_text(text: str, schema: JsonSchema) -> Any:
    """Return a text as a value of the type that a schema requires; unchanged if it cannot be converted.

    A schema that allows texts and other values decides: the text, or else its JSON value. `schema` contains the
    schemas that it refers to.
    """
    types = schema_types_of(lambda node: resolve_reference(schema, node["$ref"]), schema)
    if not schema or types == ["string"]:
        return text
    is_boolean = "boolean" in types and text.lower() in ("true", "false")
    try:
        value = parse_json(text.lower() if is_boolean else text, "text").value
    except DocumentError:
        return text
    if types and "string" not in types:
        return value
    return value if is_acceptable(schema, value) and not is_acceptable(schema, text) else text


def with_integers(
    value: Any, schema_at: Callable[[str], JsonSchema], resolve: Callable[[JsonSchema], JsonSchema]
) -> Any:
    """Return a body with integers where a number is whole, and the schema allows only integers.

    Many servers refuse `1000.0` for an integer.
    """
    if not any(isinstance(leaf, float) for _, leaf in leaves(value)):
        return value

    def change(pointer: str, leaf: Any) -> Any:
        if not isinstance(leaf, float) or not leaf.is_integer():
            return leaf
        types = schema_types_of(resolve, schema_at(pointer))
        return int(leaf) if "integer" in types and "number" not in types else leaf

    return map_values(value, change)


def member_schema(node: JsonSchema, token: str) -> JsonSchema:
    """Return the schema of one member of an object, or of one item of an array; `{}` if undeclared."""
    found = node.get("properties", {}).get(token)
    if found is None:
        found = node.get("items" if token.isdigit() and "items" in node else "additionalProperties")
    return found if isinstance(found, dict) else {}


def merged_schema(
    resolve: Callable[[JsonSchema], JsonSchema], node: JsonSchema, seen: set[str] | None = None
) -> JsonSchema:
    """Return a schema merged with its `$ref`, `allOf`, and alternatives: for hints, not for validation.

    A property that only one alternative requires is not required; one that several declare has the values of all of
    them. The title is the name of the model. Each reference is followed once.
    """
    seen = set() if seen is None else seen
    reference = node.get("$ref")
    merged = resolve(node)
    if reference:
        merged["title"] = reference.rpartition("/")[2]
        if reference in seen:
            return merged
        seen.add(reference)
    for word in ("allOf", "oneOf", "anyOf"):
        own = merged.get("properties", {})
        for part in merged.get(word, ()):
            other = merged_schema(resolve, part, seen) if isinstance(part, dict) else {}
            members = {**other.get("properties", {}), **merged.get("properties", {})}
            if word != "allOf":
                twice = members.keys() & other.get("properties", {}).keys() - own.keys()
                for name in twice:
                    members[name] = _either(resolve, members[name], other["properties"][name])
            else:
                needed = [*other.get("required", ()), *merged.get("required", ())]
                merged = {**other, **merged}
                merged |= {"required": needed} if needed else {}
            merged |= {"properties": members} if members else {}
    return merged


def _either(resolve: Callable[[JsonSchema], JsonSchema], first: Any, second: Any) -> Any:
    """Return the first of two alternative schemas of a property, with the values that either allows."""
    if first == second or not (isinstance(first, dict) and isinstance(second, dict)):
        return first
    first, second = resolve(first), resolve(second)
    known, others = allowed_values(first), allowed_values(second)
    merged = {word: rule for word, rule in first.items() if word not in ("enum", "const")}
    if known and others:
        merged["enum"] = [*known, *(each for each in others if each not in known)]
    return merged if known else first


def allowed_values(schema: JsonSchema) -> list[Any]:
    """Return the values that a schema lists; empty if it lists none."""
    return [schema["const"]] if "const" in schema else list(schema.get("enum", ()))


def property_pointers(
    resolve: Callable[[JsonSchema], JsonSchema], node: JsonSchema
) -> Iterator[str]:
    """Yield the JSON pointers of the properties that a schema declares, outermost first.

    Models that refer to each other would yield too many: only the outermost are yielded.
    """
    waiting: deque[tuple[str, JsonSchema, tuple[str, ...]]] = deque([("", node, ())])
    yielded = 0
    while waiting and yielded < _MAX_PROPERTIES:
        pointer, here, above = waiting.popleft()
        reference = here.get("$ref", "")
        if reference and reference in above:
            continue
        for name, member in merged_schema(resolve, here).get("properties", {}).items():
            if isinstance(member, dict):
                place = join_pointer(pointer, name)
                yield place
                yielded += 1
                waiting.append((place, member, (*above, reference)))


def with_any_of(node: Any) -> Any:
    """Return a schema in which each `oneOf` is an `anyOf`, also in the components that it is bundled with."""
    if isinstance(node, list):
        return [with_any_of(each) for each in node]
    if not isinstance(node, dict):
        return node
    found: JsonSchema = {}
    for word, rule in node.items():
        if word in _BY_NAME and isinstance(rule, dict):
            found[word] = {name: with_any_of(each) for name, each in rule.items()}
        else:
            found[word] = with_any_of(rule) if word in _WITHIN else rule
    if "oneOf" in found:
        found["allOf"] = [*found.get("allOf", ()), {"anyOf": found.pop("oneOf")}]
    return found


def is_acceptable(schema: JsonSchema, value: Any) -> bool:
    """Return whether a value is valid, or only fits several alternatives of a `oneOf`, which an API may accept.

    Many documents have alternatives that cannot be distinguished.
    """
    exact = compile_schema(schema)
    if exact.is_valid(value):
        return True
    lenient = compile_schema(schema, is_lenient=True)
    return lenient is not exact and lenient.is_valid(value)


_compiled: dict[tuple[int, bool], tuple[JsonSchema, Validator]] = {}


def compile_schema(schema: JsonSchema, *, is_lenient: bool = False) -> Validator:
    """Return the validator of a JSON Schema 2020-12 object, which is kept for the next use.

    A lenient one allows values that fit several alternatives of a `oneOf`.
    Raises UsageError for a schema of a user's document that cannot be used for a reason that its conversion did not find.
    """
    known = _compiled.get((id(schema), is_lenient))
    if known is None:
        rules = with_any_of(schema) if is_lenient else schema
        try:
            is_same = is_lenient and rules == schema
            validator = compile_schema(schema) if is_same else new_validator(rules)
        except ValueError as error:
            reason = str(getattr(error, "message", error))[:_LONGEST_REASON]
            raise UsageError(
                f"a schema of the document cannot be used: {reason}",
                where="--contract",
                fix="correct the schema, or leave out what it says",
            ) from error
        # The schema is kept beside its validator so that no other object can get its id().
        known = _compiled[id(schema), is_lenient] = (schema, validator)
    return known[1]


def new_validator(schema: JsonSchema) -> Validator:
    """Return the validator of a schema that is used once; formats are checked, nothing is fetched."""
    import jsonschema_rs

    return jsonschema_rs.validator_for(schema, validate_formats=True, offline=True)
