"""Run `cxcall operations`: list operations, show one, print a sample body."""

from __future__ import annotations

import json
from itertools import groupby
from typing import TYPE_CHECKING, Any

from cxcall.documents.json_pointer import join_pointer
from cxcall.findings.errors import UsageError
from cxcall.output.report import Report, Table

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from cxcall.contracts.json_schema import JsonSchema
    from cxcall.contracts.operation import Operation


_DEEPEST = 8


def show_operations(known: Sequence[Operation]) -> Report:
    """Return all operations."""
    data = {"operations": [_operation_dict(entry) for entry in known]}
    return Report("operations", data=data, table=_operations_table(known))


def show_operation(operation: Operation) -> Report:
    """Return one operation with its schema."""
    data, text = _operation_dict(operation, whole=True), _operation_text(operation)
    return Report("operations", operation=operation, data=data, text=text)


def show_skeleton(operation: Operation, *, as_csv: bool) -> Report:
    """Return a sample body of an operation, or a sample CSV file for a batch."""
    body = _skeleton_text(operation, as_csv=as_csv)
    return Report("operations", operation=operation, data={"skeleton": body}, text=body)


def _operations_table(operations: Sequence[Operation]) -> Table:
    """Return one row per operation; on a terminal, its name and summary."""
    return Table(
        ("NAME", "METHOD", "PATH", "PROVENANCE"),
        [(entry.name, entry.method, entry.path, entry.provenance) for entry in operations],
        Table(("NAME", "WHAT IT DOES"), list(_group_rows(operations))),
    )


def _group_rows(operations: Sequence[Operation]) -> Iterator[tuple[str, str]]:
    for name, group in groupby(operations, key=lambda entry: entry.contract.name):
        first, *rest = group
        title = first.contract.declared.get("info", {}).get("title", "")
        yield from (("", ""), (f"{name}:", str(title)))
        yield from ((f"  {entry.name}", entry.summary) for entry in (first, *rest))
    yield from (("", ""), ("", "Show one: `cxcall operations NAME`"))


def _operation_dict(operation: Operation, *, whole: bool = False) -> dict[str, Any]:
    """Return an operation as JSON; `whole` adds its parameters and the schema of its body."""
    found: dict[str, Any] = {
        "name": operation.name,
        "method": operation.method,
        "path": operation.path,
        "platform": operation.platform,
        "provenance": operation.provenance,
        "rings": operation.can_place_call,
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


def _operation_text(operation: Operation) -> str:
    """Return an operation as text: summary, provenance, credentials, parameters, and body."""
    lines = [f"{operation.name}: {operation.summary}", f"{operation.method} {operation.path}", ""]
    if operation.description:
        lines += [operation.description, ""]
    is_published = operation.provenance == "published"
    remark = "" if is_published else " (reported by users; not documented by the vendor)"
    lines.append(f"provenance:  {operation.provenance}" + remark)
    lines += _token_lines(operation)
    lines += [f"instead:     {entry}, to {entry.summary}" for entry in operation.nearest]
    lines.append(f"rings:       {'yes, it can place a call' if operation.can_place_call else 'no'}")
    if operation.parameters:
        lines += ["", "path and query:"]
        lines += [
            f"  {entry.name}  {_type_name(operation.contract.resolve(entry.schema))}, "
            f"{'required' if entry.required else 'optional'}"
            + (f". {entry.description}" if entry.description else "")
            for entry in operation.parameters
        ]
    if operation.takes_body:
        lines += ["", *_body_lines(operation)]
    return "\n".join(lines)


def _token_lines(operation: Operation) -> Iterator[str]:
    """Yield lines about the kind of token, and its scopes and permissions."""
    if operation.token_kinds:
        yield f"token:       {' or '.join(operation.token_kinds)}"
    for label, alternatives in (
        ("scope:       ", operation.scopes),
        ("permission:  ", operation.permissions),
    ):
        if any(alternatives):
            yield label + " or ".join(" and ".join(sorted(names)) for names in alternatives)


def _property_lines(operation: Operation, pointer: str, indent: str) -> Iterator[str]:
    """Yield a line per property, nested ones indented; recursive schemas end at a fixed depth."""
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
        yield f"{indent}{name}  {_type_text(operation, member)}, {mark}{f'. {said}' if said else ''}"
        yield from _property_lines(operation, join_pointer(pointer, name), f"{indent}  ")
    more = schema.get("additionalProperties")
    if isinstance(more, dict):
        yield f"{indent}KEY  {_type_name(more)}, any number"


def _body_lines(operation: Operation) -> Iterator[str]:
    schema = operation.schema_at("")
    kind = _type_text(operation, schema)
    yield "body:" if kind == "object" else f"body: {kind}"
    for described in (schema, operation.schema_at("/0")):
        if description := described.get("description"):
            yield f"  {description}"
    yield from _property_lines(operation, "", "  ")


def _type_text(operation: Operation, schema: JsonSchema) -> str:
    """Return the type of a value, for an array with the type of its items."""
    if "items" not in schema:
        return _type_name(schema)
    return f"array of {_type_name(operation.contract.resolve(schema['items']))}"


def _type_name(schema: JsonSchema) -> str:
    kind = schema.get("type", "any")
    names = kind if isinstance(kind, list) else [kind]
    form = {"uuid": "UUID", "e164": "E.164 number", "phone": "phone number"}.get(
        schema.get("format", ""), ""
    )
    return form or " or ".join(names)


def _skeleton_text(operation: Operation, *, as_csv: bool = False) -> str:
    """Return a valid sample body as JSON, or as CSV for a batch; raises UsageError if there is none."""
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
