"""Operations as people and programs look them up: a table, one operation whole, a body to start from."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from cxcall.errors import UsageError
from cxcall.report import Table

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from cxcall.contract import Operation
    from cxcall.schema import JsonSchema


def as_table(operations: Sequence[Operation]) -> Table:
    """Return one row an operation: name, method, path, provenance."""
    return Table(
        ("NAME", "METHOD", "PATH", "PROVENANCE"),
        [(entry.name, entry.method, entry.path, entry.provenance) for entry in operations],
    )


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
    lines.append(
        f"scope:       {' or '.join(' and '.join(sorted(names)) for names in operation.scopes)}"
    )
    lines += [f"instead:     {entry}, to {entry.summary}" for entry in operation.nearest]
    lines.append(f"rings:       {'yes, a phone may ring' if operation.rings else 'no'}")
    if operation.parameters:
        lines += ["", "path and query:"]
        lines += [
            f"  {entry.name}  {_kind(operation.contract.resolve(entry.schema))}  {entry.description}"
            for entry in operation.parameters
        ]
    if operation.takes_body:
        lines += ["", "body:", *_members(operation, "", "  ")]
    return "\n".join(lines)


def _standing(operation: Operation) -> str:
    return (
        ""
        if operation.provenance == "published"
        else " (reported by users, in no vendor's published list)"
    )


def _members(operation: Operation, pointer: str, indent: str) -> Iterator[str]:
    schema = operation.schema_at(pointer)
    required = schema.get("required", ())
    for name in schema.get("properties", {}):
        member = operation.schema_at(f"{pointer}/{name}")
        mark = "required" if name in required else "optional"
        said = member.get("description", "")
        yield f"{indent}{name}  {_kind(member)}, {mark}{f'. {said}' if said else ''}"
        yield from _members(operation, f"{pointer}/{name}", f"{indent}  ")
    more = schema.get("additionalProperties")
    if isinstance(more, dict):
        yield f"{indent}KEY  {_kind(more)}, any number"


def _kind(schema: JsonSchema) -> str:
    kind = schema.get("type", "any")
    names = kind if isinstance(kind, list) else [kind]
    form = {"uuid": "UUID", "e164": "E.164 number"}.get(schema.get("format", ""), "")
    return form or " or ".join(names)


def skeleton_of(operation: Operation, *, as_csv: bool = False) -> str:
    """Return a valid body to start from, as JSON text, or as a table for a batch.

    Raises UsageError when there is none.
    """
    if operation.example is None:
        raise UsageError(
            f"`{operation.name}` has no example to start from",
            where="--skeleton",
            fix=f"see its schema: `cxcall operations {operation.name}`",
        )
    if as_csv:
        from cxcall.table import skeleton

        return skeleton(operation)
    return json.dumps(operation.example, ensure_ascii=False, indent=2)
