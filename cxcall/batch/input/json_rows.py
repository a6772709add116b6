"""Read the rows of JSON Lines: each line is a body, and may also have parameters."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cxcall.contracts.json_schema import schema_types
from cxcall.documents.json_document import DocumentError, parse_lines
from cxcall.documents.json_text import as_text
from cxcall.findings.finding import Excerpt, Finding
from cxcall.findings.hinted_commands import command
from cxcall.payloads.payload import Payload

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from cxcall.batch.input.column_mapping import ColumnMap
    from cxcall.contracts.operation import Operation

    JsonRow = tuple[Excerpt, Payload | None, dict[str, str], tuple[Finding, ...]]


def read_json_rows(
    lines: Iterable[str], name: str, operation: Operation, columns: ColumnMap
) -> Iterator[JsonRow]:
    """Yield the rows of JSON Lines: each line is a body, and may also contain parameters, and members to ignore."""
    for line in parse_lines(lines, name):
        if isinstance(line, DocumentError):
            place = next((finding.excerpt for finding in line.findings if finding.excerpt), None)
            yield place or Excerpt(name, 1, 1, ""), None, {}, line.findings
        else:
            start = Excerpt(line.name, line.first_line, 1, line.text)
            if _is_list_of_rows(line.value, operation):
                yield start, None, {}, (_list_finding(line.name, start),)
                continue
            value, values = _take_parameters(line.value, operation, columns)
            yield start, Payload(value, line), values, ()


def _is_list_of_rows(value: Any, operation: Operation) -> bool:
    """Return whether a line is a list of several objects, of which each may be a row, for an operation without such a body."""
    if not (isinstance(value, list) and value[1:] and all(isinstance(x, dict) for x in value)):
        return False
    return "array" not in schema_types(operation.schema_at(""))


def _list_finding(name: str, place: Excerpt) -> Finding:
    return Finding.error(
        "type-mismatch",
        "body",
        "a row must be an object, not a list of objects",
        fix=f"write each object on a line of its own: {command('jq', '-c', '.[]', name)}",
        excerpt=place,
    )


def _take_parameters(
    line: Any, operation: Operation, columns: ColumnMap
) -> tuple[Any, dict[str, str]]:
    """Split a line into its body and its parameters; a path parameter that the body also declares is in both."""
    if not isinstance(line, dict):
        return line, {}
    value = columns.without_ignored(line, operation)
    declared = operation.schema_at("").get("properties", {})
    headers = {
        each.name.lower(): each.name for each in operation.parameters if each.location == "header"
    }
    parameters = {
        each.name
        for each in operation.parameters
        if each.location == "path" or each.name not in declared
    }
    values, body = {}, {}
    for name, member in value.items():
        # Names of headers have no case.
        parameter = name if name in declared else headers.get(name.lower(), name)
        if parameter in parameters and member is not None:
            values[parameter] = as_text(member)
        if name in declared or parameter not in parameters:
            body[name] = member
    return _with_columns(body, operation, declared), values


def _with_columns(
    body: dict[str, Any], operation: Operation, declared: Collection[str]
) -> dict[str, Any]:
    """Return a body with its undeclared members moved to the object of its columns.

    Without that object, a member that is a column of the list is moved, too.
    """
    _, _, name = (operation.columns_at or "").partition("/")
    if not name:
        return body
    if name not in body:
        declared = {*declared} - operation.schema_at(f"/{name}").get("properties", {}).keys()
    # Null, a list, and an object stay unchanged.
    extra = {
        each: value if value is None or isinstance(value, dict | list) else as_text(value)
        for each, value in body.items()
        if each not in declared
    }
    if not extra:
        return body
    kept = {each: value for each, value in body.items() if each in declared}
    old_columns = kept.get(name, {})
    return {
        **kept,
        name: {**old_columns, **extra} if isinstance(old_columns, dict) else old_columns,
    }
