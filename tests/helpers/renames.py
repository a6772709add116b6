"""Bodies with one wrong name, and the property that it means."""

from __future__ import annotations

from typing import Any

from cxcall.contracts.contract import Contract
from cxcall.contracts.operation import Operation
from cxcall.payloads.errors.misnamed_properties import find_renames

TEXT = {"type": "string"}


def operation_of(schema: dict[str, Any]) -> Operation:
    """Return an operation whose body is a model called `Contact`."""
    body = {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Contact"}}}}
    document = {
        "openapi": "3.1.0",
        "paths": {"/contacts": {"post": {"operationId": "add", "requestBody": body}}},
        "components": {"schemas": {"Contact": schema}},
    }
    (operation,) = Contract("own", document).operations
    return operation


def rename(name: str, value: Any, schema: dict[str, Any]) -> tuple[str, str]:
    """Return the correct place of a value, and the certainty; empty texts if there is none."""
    found = find_renames(operation_of(schema), {name: value}, {"": [name]})
    if not found:
        return "", ""
    (correction,) = found.values()
    ((_, target),) = correction.moves
    return target, str(correction.edits[-1].applicability)
