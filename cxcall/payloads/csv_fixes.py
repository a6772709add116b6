"""Say the corrections of findings in words for a table: which cell to fill in, which column to add, rename, or remove."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cxcall.contracts.json_schema import schema_types
from cxcall.documents.json_pointer import join_pointer

if TYPE_CHECKING:
    from cxcall.contracts.operation import Operation
    from cxcall.findings.finding import Finding
    from cxcall.payloads.csv_table import CsvTable

_MOST_LEVELS = 4


def fix_in_table(finding: Finding, table: CsvTable) -> Finding:
    """Return a finding on a record with a correction that can be typed into its table."""
    where, operation = finding.where, table.operation
    headers = {
        pointer: table.header.cells[each.position]
        for each in table.columns
        for pointer in each.pointers
    }
    fix = ""
    if finding.code == "property-missing":
        if where in headers:
            fix = f"fill in the cell of the column `{headers[where]}`"
        elif where[:1] == "/":
            fix = f"add a column `{scalar_place(operation, where)}`"
        else:
            fix = f"fill in a cell, or add a column: {finding.fix}"
    elif finding.code == "property-unknown" and (under := _headers_under(where, headers)):
        moved = [each.pointer for each in finding.edits if each.source == where]
        names = ", ".join(f"`{each}`" for each in under)
        if moved and under == [headers.get(where)]:
            fix = f"rename the column {names} to `{moved[0]}`"
        elif not moved:
            fix = f"remove the column {names}, or rename it: {finding.fix}"
    elif finding.code == "type-mismatch" and _is_list(operation, where) and where in headers:
        first = scalar_place(operation, where)
        fix = f"rename the column `{headers[where]}` to `{first}`, or write JSON into the cell"
    return finding._replace(fix=fix) if fix else finding


def _is_list(operation: Operation, where: str) -> bool:
    return where[:1] == "/" and schema_types(operation.schema_at(where)) == ["array"]


def _headers_under(where: str, headers: dict[str, str]) -> list[str]:
    return [name for at, name in headers.items() if f"{at}/".startswith(f"{where}/")]


def scalar_place(operation: Operation, pointer: str) -> str:
    """Return a place that a cell can set: in a list its first item, in an object its first required property."""
    for _ in range(_MOST_LEVELS):
        schema = operation.schema_at(pointer)
        types = schema_types(schema)
        names = [*schema.get("required", ()), *schema.get("properties", ())]
        if "array" in types:
            pointer = join_pointer(pointer, 0)
        elif "object" in types and names:
            pointer = join_pointer(pointer, names[0])
    return pointer
