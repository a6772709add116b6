"""Operations as people and programs look them up: a table, one operation whole, a body to start from."""

from __future__ import annotations

import json
from itertools import groupby
from typing import TYPE_CHECKING, Any

from cxcall.documents.json_pointer import join_pointer
from cxcall.findings.errors import UsageError
from cxcall.output.report import Table

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from cxcall.contracts.contract import Operation
    from cxcall.contracts.json_schema import JsonSchema


_DEEPEST = 8


def as_table(operations: Sequence[Operation]) -> Table:
    """Return one row an operation: name, method, path, provenance; on a terminal, what each does."""
    return Table(
        ("NAME", "METHOD", "PATH", "PROVENANCE"),
        [(entry.name, entry.method, entry.path, entry.provenance) for entry in operations],
        Table(("NAME", "WHAT IT DOES"), list(_grouped(operations))),
    )


def _grouped(operations: Sequence[Operation]) -> Iterator[tuple[str, str]]:
    for name, group in groupby(operations, key=lambda entry: entry.contract.name):
        first, *rest = group
        title = first.contract.declared.get("info", {}).get("title", "")
        yield from (("", ""), (f"{name}:", str(title)))
        yield from ((f"  {entry.name}", entry.summary) for entry in (first, *rest))
    yield from (("", ""), ("", "One of them whole: `cxcall operations NAME`"))


def as_dict(operation: Operation, *, whole: bool = False) -> dict[str, Any]:
    """Return an operation for a program; `whole` adds its parameters and the schema of its body."""
    found: dict[str, Any] = {
        "name": operation.name,
        "method": operation.method,
        "path": operation.path,
        "platform": operation.platform,
        "provenance": operation.provenance,
        "rings": operation.rings,
        "summary": operation.summary,
    }
    if whole:
        found |= {
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
            "scopes": [sorted(names) for names in operation.scopes],
            "permissions": [sorted(names) for names in operation.permissions],
            "tokens": list(operation.token_kinds),
            "engagementId": list(operation.engagement_id),
            "nearestPublished": [str(entry) for entry in operation.nearest],
        }
    return found


def as_text(operation: Operation) -> str:
    """Return an operation as a person reads it: what it is, what it takes, where it stands."""
    lines = [f"{operation.name}: {operation.summary}", f"{operation.method} {operation.path}", ""]
    if operation.description:
        lines += [operation.description, ""]
    lines.append(f"provenance:  {operation.provenance}" + _standing(operation))
    lines += _needs(operation)
    lines += [f"instead:     {entry}, to {entry.summary}" for entry in operation.nearest]
    lines.append(f"rings:       {'yes, a phone may ring' if operation.rings else 'no'}")
    if operation.parameters:
        lines += ["", "path and query:"]
        lines += [
            f"  {entry.name}  {_kind(operation.contract.resolve(entry.schema))}, "
            f"{'required' if entry.required else 'optional'}"
            + (f". {entry.description}" if entry.description else "")
            for entry in operation.parameters
        ]
    if operation.takes_body:
        lines += ["", *_body(operation)]
    return "\n".join(lines)


def _needs(operation: Operation) -> Iterator[str]:
    """Yield what the token must be, and what it or its user must be allowed to do."""
    if operation.token_kinds:
        yield f"token:       {' or '.join(operation.token_kinds)}"
    for label, alternatives in (
        ("scope:       ", operation.scopes),
        ("permission:  ", operation.permissions),
    ):
        if any(alternatives):
            yield label + " or ".join(" and ".join(sorted(names)) for names in alternatives)


def _standing(operation: Operation) -> str:
    return (
        ""
        if operation.provenance == "published"
        else " (reported by users, in no vendor's published list)"
    )


def _members(operation: Operation, pointer: str, indent: str) -> Iterator[str]:
    """Yield a line for each property, and under it for those within; a circle ends at some depth."""
    schema = operation.schema_at(pointer)
    if "items" in schema:
        pointer = f"{pointer}/0"
        schema = operation.schema_at(pointer)
    if pointer.count("/") > _DEEPEST:
        return
    required = schema.get("required", ())
    for name in schema.get("properties", {}):
        member = operation.schema_at(join_pointer(pointer, name))
        mark = "required" if name in required else "optional"
        said = member.get("description", "")
        yield f"{indent}{name}  {_kind_at(operation, member)}, {mark}{f'. {said}' if said else ''}"
        yield from _members(operation, join_pointer(pointer, name), f"{indent}  ")
    more = schema.get("additionalProperties")
    if isinstance(more, dict):
        yield f"{indent}KEY  {_kind(more)}, any number"


def _body(operation: Operation) -> Iterator[str]:
    schema = operation.schema_at("")
    kind = _kind_at(operation, schema)
    yield "body:" if kind == "object" else f"body: {kind}"
    for told in (schema, operation.schema_at("/0")):
        if description := told.get("description"):
            yield f"  {description}"
    yield from _members(operation, "", "  ")


def _kind_at(operation: Operation, schema: JsonSchema) -> str:
    """Name the kind of a value, of an array's entries too."""
    if "items" not in schema:
        return _kind(schema)
    return f"array of {_kind(operation.contract.resolve(schema['items']))}"


def _kind(schema: JsonSchema) -> str:
    kind = schema.get("type", "any")
    names = kind if isinstance(kind, list) else [kind]
    form = {"uuid": "UUID", "e164": "E.164 number", "phone": "phone number"}.get(
        schema.get("format", ""), ""
    )
    return form or " or ".join(names)


def skeleton_of(operation: Operation, *, as_csv: bool = False) -> str:
    """Return a valid body to start from, as JSON text, or as a table for a batch.

    Raises UsageError when there is none.
    """
    if operation.example is None and (operation.takes_body or not as_csv):
        raise UsageError(
            f"`{operation.name}` has no example to start from",
            where="--skeleton",
            fix=f"see its schema: `cxcall operations {operation.name}`",
        )
    if as_csv:
        from cxcall.payloads.csv_table import build_skeleton

        return build_skeleton(operation)
    return json.dumps(operation.example, ensure_ascii=False, indent=2)
