"""Say the corrections of findings in words for a table: which cell to fill in, which column to add, rename, or remove."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cxcall.contracts.json_schema import alternatives_of, schema_types
from cxcall.findings.text_lists import list_in_words
from cxcall.payloads.csv_columns import is_filled, parameter_columns, scalar_place

if TYPE_CHECKING:
    from cxcall.contracts.operation import Operation
    from cxcall.findings.finding import Finding
    from cxcall.payloads.csv_table import CsvTable


def fix_in_table(finding: Finding, table: CsvTable) -> Finding:
    """Return a finding on a record with a correction that can be typed into its table."""
    where, operation = finding.where, table.operation
    headers = {
        pointer: table.header.cells[each.position]
        for each in table.columns
        for pointer in (*each.pointers, each.sets_parameter)
    }
    fix = ""
    if finding.code == "property-missing":
        if where and (under := _headers_under(where, headers)):
            fix = f"fill in the cell of the column `{under[0]}`"
        elif lacks_column(finding, table):
            fix = f"add a column `{_name_column(table, where)}`"
        elif where[:1] != "/":
            fix = _fill_alternative(table, headers) or finding.fix
    elif finding.code == "usage" and finding.origin in headers.keys() - {""}:
        fix = f"fill in the cell of the column `{headers[finding.origin]}`"
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


def _fill_alternative(table: CsvTable, headers: dict[str, str]) -> str:
    """Return which cells to fill in, or which columns to add, for one of the properties of which a body needs one."""
    alternatives = alternatives_of(table.operation.schema_at(""))
    places = [f"/{name}" for each in alternatives for name in each.get("required", ())]
    if cells := [f"`{name}`" for at in places for name in _headers_under(at, headers)]:
        return f"fill in the cell of the column {list_in_words(cells, 'or')}"
    columns = [f"`{_name_column(table, at)}`" for at in places]
    return f"add a column {list_in_words(columns, 'or')}" if columns else ""


def _is_list(operation: Operation, where: str) -> bool:
    return where[:1] == "/" and schema_types(operation.schema_at(where)) == ["array"]


def _headers_under(where: str, headers: dict[str, str]) -> list[str]:
    return [name for at, name in headers.items() if f"{at}/".startswith(f"{where}/")]


def lacks_column(finding: Finding, table: CsvTable) -> bool:
    """Return whether a finding on a record says that a value is missing which no column of its table sets."""
    where = finding.where
    if finding.code == "usage":
        filled = {each.sets_parameter for each in table.columns}
        return finding.origin in {*parameter_columns(table.operation)} - filled
    pointers = (at for each in table.columns for at in each.pointers)
    is_near = (f"{at}/".startswith(f"{where}/") or where.startswith(f"{at}/") for at in pointers)
    return finding.code == "property-missing" and where[:1] == "/" and not any(is_near)


def _name_column(table: CsvTable, where: str) -> str:
    """Return the name of a column to add: the flag that sets a place, unless another column sets a part of it."""
    place = scalar_place(table.operation, where)
    flags = (each.name for each in table.operation.flags if place in each.pointers)
    free = (each for each in flags if not is_filled(each, table.columns, table.operation))
    return next(free, place)
