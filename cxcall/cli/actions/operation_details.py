"""Show one operation: its credentials, parameters, body, responses, and errors."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any

from cxcall.contracts.json_schema import allowed_values, merged_schema
from cxcall.contracts.media_types import declared_responses, json_media
from cxcall.contracts.openapi_document import values_with_risk
from cxcall.contracts.operation import JSON
from cxcall.contracts.paging import find_paging
from cxcall.documents.json_text import as_text
from cxcall.output.layouts import Entry, Section
from cxcall.output.report import Report

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from cxcall.contracts.json_schema import JsonSchema
    from cxcall.contracts.operation import Operation

_DEEPEST_BODY, _DEEPEST_RESPONSE = 8, 2
_MAX_ENTRIES = 1000
"""The most properties of a body that are shown, from the top: schemas that refer to each other may have millions."""
_MAX_ARRAYS = 5
_VALUES_SHOWN = 40
_FORMATS = {"uuid": "UUID", "e164": "E.164 number", "phone": "phone number"}
_FORMATS_NAMED = ("date-time", "date", "time", "uri", "email")
_RANGES = (
    ("minimum", "maximum", ""),
    ("minLength", "maxLength", " characters"),
    ("minItems", "maxItems", " items"),
)
_OTHER_LIMITS = {
    "exclusiveMinimum": "more than",
    "exclusiveMaximum": "less than",
    "multipleOf": "a multiple of",
}


def show_operation(operation: Operation) -> Report:
    """Return one operation with its schema."""
    return Report(
        "operations",
        operation=operation,
        data=operation_data(operation) | _details_data(operation),
        sections=list(_sections(operation)),
    )


def operation_data(operation: Operation) -> dict[str, Any]:
    """Return the JSON data of an operation in a list."""
    return {
        "name": operation.name,
        "method": operation.method,
        "path": operation.path,
        "platform": operation.platform,
        "tag": operation.tag,
        "provenance": operation.provenance,
        "rings": _risk(operation) != "no",
        "summary": operation.summary,
    }


def _risk(operation: Operation) -> str:
    if operation.can_place_call:
        return "yes"
    found = values_with_risk(operation.declared)
    if not operation.contract.is_shipped:
        from cxcall.contracts.acting_words import acting_values

        own = acting_values(operation.path, operation.declared, is_read=operation.is_read)
        found = {**found, **own}
    values = {place: f"is `{'` or `'.join(texts)}`" for place, texts in found.items() if texts}
    places = {place.removeprefix("query:"): values.get(place, "is set") for place in found}
    texts = (f"if `{place}` {value}" for place, value in places.items())
    return ", or ".join(texts) or "no"


def _credentials(operation: Operation) -> list[str]:
    """Return the alternatives of credentials that a user's document declares; empty for a shipped operation."""
    return [
        " with ".join(each.declared for each in entry) or "none" for entry in operation.security
    ]


def _details_data(operation: Operation) -> dict[str, Any]:
    return {
        "description": operation.description,
        "parameters": [
            {
                "name": entry.name,
                "in": entry.location,
                "required": entry.required,
                "schema": entry.schema,
            }
            for entry in operation.parameters
        ],
        "bodySchema": operation.body_schema if operation.takes_body else None,
        "responses": _response_data(operation),
        "scopes": [sorted(names) for names in operation.scopes],
        "permissions": [sorted(names) for names in operation.permissions],
        "tokens": list(operation.token_kinds),
        "credentials": _credentials(operation),
        "engagementId": list(operation.engagement_id),
        "nearestPublished": [str(entry) for entry in operation.nearest],
    }


def _response_data(operation: Operation) -> dict[str, Any]:
    """Return status -> description and JSON Schema of each response."""
    contract = operation.contract
    return {
        status: {
            "description": declared.get("description", ""),
            "schema": contract.bundle_schema(schema) if schema else None,
        }
        for status, declared in declared_responses(operation).items()
        for schema in (_json_schema(declared),)
    }


def _json_schema(response: Mapping[str, Any]) -> JsonSchema:
    """Return the schema of a response's JSON body as it is declared; `{}` if there is none."""
    return dict((json_media(response) or {}).get("schema", {}))


def _sections(operation: Operation) -> Iterator[Section]:
    title = f"{operation.name}: {operation.summary}".rstrip(": ")
    yield Section(title, [f"{operation.method} {operation.path}"])
    if operation.description.strip() not in ("", operation.summary.strip()):
        yield Section(lines=[operation.description])
    yield Section(entries=list(_facts(operation)))
    if operation.parameters:
        yield Section("PARAMETERS", entries=list(_parameter_entries(operation)))
    if operation.takes_body:
        yield _body_section(operation)
    elif media := operation.unsupported_media:
        yield Section("BODY", [f"  {' or '.join(media)}, which cxcall does not send"])
    yield from _response_sections(operation)


def _facts(operation: Operation) -> Iterator[Entry]:
    """Yield facts beside the request: provenance, credentials, alternatives, and pages."""
    is_published = operation.provenance == "published"
    remark = "" if is_published else " (reported by users and not documented by the vendor)"
    yield Entry("provenance", operation.provenance + remark)
    if credentials := _credentials(operation):
        yield Entry("credentials", " or ".join(credentials))
    if operation.token_kinds:
        yield Entry("token", " or ".join(operation.token_kinds))
    for label, alternatives in (("scope", operation.scopes), ("permission", operation.permissions)):
        if any(alternatives):
            texts = (" and ".join(sorted(names)) or "none" for names in alternatives)
            yield Entry(label, " or ".join(texts))
    yield from (Entry("instead", f"{each}, to {each.summary}") for each in operation.nearest)
    yield Entry("can place a call", _risk(operation))
    if operation.engagement_id:
        yield Entry("engagement ID", ", then ".join(operation.engagement_id))
    if find_paging(operation) is not None:
        yield Entry("list", f"all its pages: `cxcall send {operation.name} --all`")


def _parameter_entries(operation: Operation) -> Iterator[Entry]:
    for entry in operation.parameters:
        schema = operation.contract.resolve(entry.schema)
        kind = f"{entry.location}, {_type_text(operation, schema)}"
        yield Entry(entry.name, _describe(kind, entry.required, schema, entry.description))


def _body_section(operation: Operation) -> Section:
    schema = operation.schema_at("")
    kind = _type_text(operation, schema)
    described = (schema.get("description"), operation.schema_at("/0").get("description"))
    form = "" if operation.media_type == JSON else f", sent as {operation.media_type}"
    lines = [f"  {kind}{'' if operation.needs_body else ', optional'}{form}"]
    lines += [f"  {text}" for text in described if text]
    for deepest in range(_DEEPEST_BODY, 0, -1):
        entries = list(islice(_property_entries(operation, schema, deepest), _MAX_ENTRIES + 1))
        if len(entries) <= _MAX_ENTRIES:
            break
    if deepest < _DEEPEST_BODY:
        lines.append("  too many properties to show them all; `-o json` has the whole schema")
    return Section("BODY", lines, entries)


def _response_sections(operation: Operation) -> Iterator[Section]:
    """Yield the successful responses with their bodies, and the errors, grouped by equal descriptions."""
    errors: dict[str, list[str]] = {}
    for status, response in sorted(declared_responses(operation).items()):
        description = str(response.get("description", ""))
        if status[:1] not in "123":
            errors.setdefault(description, []).append(status)
            continue
        schema = merged_schema(operation.contract.resolve, _json_schema(response))
        kind = _type_text(operation, schema) if schema else "no body"
        lines = [f"  {description}".rstrip(), f"  {kind}"] if description else [f"  {kind}"]
        headers = [Entry(name, "header") for name in response.get("headers", {})]
        entries = [*headers, *_property_entries(operation, schema, _DEEPEST_RESPONSE)]
        yield Section(f"RESPONSE {status}", lines, entries)
    if errors:
        entries = [
            Entry(", ".join(statuses), description) for description, statuses in errors.items()
        ]
        yield Section("ERRORS", entries=entries)


def _property_entries(
    operation: Operation, schema: JsonSchema, deepest: int, above: Sequence[str] = ()
) -> Iterator[Entry]:
    """Yield an entry per property, nested ones deeper; recursive models are not repeated."""
    resolve = operation.contract.resolve
    if "items" in schema:
        schema = merged_schema(resolve, schema["items"] or {})
    title, depth = str(schema.get("title", "")), len(above)
    if depth >= deepest or (title and title in above):
        return
    required = schema.get("required", ())
    for name, declared in schema.get("properties", {}).items():
        member = merged_schema(resolve, declared) if isinstance(declared, dict) else {}
        kind = _type_text(operation, member)
        description = str(member.get("description", ""))
        yield Entry(name, _describe(kind, name in required, member, description), depth)
        yield from _property_entries(operation, member, deepest, (*above, title))
    more = schema.get("additionalProperties")
    if isinstance(more, dict) and more:
        yield Entry(
            "KEY", f"{_type_text(operation, merged_schema(resolve, more))}, any number", depth
        )
    for name, values, rules in _discriminated(operation, schema):
        own = {each: rule for each, rule in rules.get("properties", {}).items() if each != name}
        new = {each: own[each] for each in own if each not in schema.get("properties", {})}
        listed = () if new else own or rules.get("required", ())
        yield Entry(f"if {name} is {values}", ", ".join(listed), depth)
        added = {**rules, "properties": new}
        yield from _property_entries(operation, added, deepest, (*above, title))


def _discriminated(
    operation: Operation, schema: JsonSchema, depth: int = 0
) -> Iterator[tuple[str, str, JsonSchema]]:
    """Yield a property, such as that of a `discriminator`, its values, and the merged schema of objects that have them."""
    resolve = operation.contract.resolve
    parts = (each for each in schema.get("allOf", ()) if isinstance(each, dict))
    for part in parts if depth < _DEEPEST_BODY else ():
        condition, rules = part.get("if"), part.get("then")
        if isinstance(condition, dict) and isinstance(rules, dict):
            for name, values in condition.get("properties", {}).items():
                if isinstance(values, dict) and allowed_values(values):
                    yield name, _value_text(values), merged_schema(resolve, rules)
        yield from _discriminated(operation, resolve(part), depth + 1)


def _describe(kind: str, is_required: bool, schema: JsonSchema, description: str) -> str:  # noqa: FBT001 - as declared
    """Return a line: type, whether it is required, its limits, and its description."""
    marks = ["required"] if is_required else []
    marks += [word for word in ("readOnly", "deprecated") if schema.get(word)]
    marks += _limits(schema)
    return ", ".join([kind, *marks]) + (f". {description}" if description else "")


def _limits(schema: JsonSchema) -> Iterator[str]:
    """Yield the limits of a value; "at least 1 characters" would say little."""
    for least, most, noun in _RANGES:
        low, high = schema.get(least), schema.get(most)
        if low is not None and low == high:
            yield f"{low}{noun}"
        else:
            yield from [f"at least {low}{noun}"] * (low is not None and (not noun or low > 1))
            yield from [f"at most {high}{noun}"] * (high is not None)
    for keyword, words in _OTHER_LIMITS.items():
        if keyword in schema:
            yield f"{words} {schema[keyword]}"
    if "pattern" in schema and schema.get("format") not in _FORMATS:
        yield f"pattern `{schema['pattern']}`"
    if "default" in schema:
        yield f"default {as_text(schema['default'])}"


def _type_text(operation: Operation, schema: JsonSchema) -> str:
    """Return the type of a value: for an array, also the type of its items; for an enumeration, its values."""
    arrays = 0
    while "items" in schema and arrays < _MAX_ARRAYS:  # an array may contain itself
        schema = merged_schema(operation.contract.resolve, schema["items"] or {})
        arrays += 1
    return "array of " * arrays + _value_text(schema)


def _value_text(schema: JsonSchema) -> str:
    values = [schema["const"]] if "const" in schema else schema.get("enum", ())
    if values:
        more = len(values) - _VALUES_SHOWN
        shown = " | ".join(map(as_text, values[:_VALUES_SHOWN]))
        return f"{shown} | … ({more} more)" if more > 0 else shown
    kind = schema.get("type") or ("object" if "properties" in schema else "any")
    names = kind if isinstance(kind, list) else [kind]
    form = schema.get("format", "")
    if form in _FORMATS:
        return _FORMATS[form]
    return " or ".join(names) + (f" ({form})" if form in _FORMATS_NAMED else "")
