"""Build a CSV table to start from: the header, and a valid row from an operation's example."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from cxcall.documents.json_pointer import leaves
from cxcall.payloads.csv_table import format_record

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cxcall.contracts.operation import Operation

_EXAMPLE_ID = "12345678-1234-4234-8234-123456789012"


def build_skeleton(operation: Operation) -> str:
    """Return a table to start from: the header, and a valid row from the operation's example."""
    cells = dict(_example_cells(operation))
    return f"{format_record(list(cells))}\n{format_record(list(cells.values()))}".rstrip("\n")


def _example_cells(operation: Operation) -> Iterator[tuple[str, str]]:
    """Yield (column, cell): required parameters, flags, then the values that no flag sets."""
    from cxcall.contracts.sample_values import sample_body

    from_flags = {flag.parameter for flag in operation.flags if flag.sets_body}
    cells = {
        pointer: value if isinstance(value, str) else json.dumps(value)
        for pointer, value in (leaves(sample_body(operation)) if operation.takes_body else ())
    }
    by_name = {pointer.rpartition("/")[2]: cell for pointer, cell in cells.items()}
    for parameter in operation.parameters:
        if parameter.required and parameter.name not in from_flags:
            is_id = operation.contract.resolve(parameter.schema).get("format") == "uuid"
            yield parameter.name, by_name.get(parameter.name, _EXAMPLE_ID if is_id else "1")
    for flag in operation.flags:
        if flag.pointers and not flag.under and cells.keys() >= set(flag.pointers):
            values = [cells.pop(pointer) for pointer in flag.pointers]
            yield flag.name, values[0]
    yield from cells.items()
