"""Find the operation that a request was meant for: the one at its path, the nearest one, or by its body."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cxcall.explaining.body_check import body_value
from cxcall.explaining.published_operations import READ_METHODS
from cxcall.findings.finding import Finding

if TYPE_CHECKING:
    from cxcall.contracts.operation import Operation
    from cxcall.explaining.observed_request import ObservedRequest
    from cxcall.explaining.route_check import RouteMatch

_MIN_SHARE = 1 / 3
"""So much of a body's names an operation must know to have been meant."""


def find_meant_operation(request: ObservedRequest, route: RouteMatch) -> Operation | None:
    """Return the operation whose schema the body is compared with; None if none was clearly meant.

    The body decides only where no path is shown, or where the path is not near to any that is known.
    """
    if operation := route.operation or route.nearest_operation:
        return operation
    is_unknown_path = any(each.code == "path-unpublished" for each in route.findings)
    is_elsewhere = bool(request.path) and not is_unknown_path
    if route.nearest or route.is_token or request.method in READ_METHODS or is_elsewhere:
        return None
    value = body_value(request)
    names = _names(value)
    if not names:
        return None
    from cxcall.contracts.catalog import load_catalog
    from cxcall.payloads import operation_matching as matching

    candidates = [
        each for each in load_catalog()
        if each.takes_body and not each.is_for_login and route.platform in ("", each.platform)
    ]  # fmt: skip
    if valid := matching.find_valid_operations(candidates, value):
        return valid[0]
    nearest = max(candidates, key=lambda each: _score(each, value, names), default=None)
    if nearest is None or _score(nearest, value, names)[1] < max(1, len(names) * _MIN_SHARE):
        return None
    return nearest


def _names(value: Any) -> list[str]:
    """Return the names of a body, or of the first item of a list."""
    first = value[0] if isinstance(value, list) and value else value
    return list(first) if isinstance(first, dict) else []


def _score(operation: Operation, value: Any, names: list[str]) -> tuple[bool, float, int]:
    """Rank by the JSON type, by the names that a schema knows, also as mistakes, and by what lies deeper."""
    from cxcall.payloads.operation_matching import count_declared_properties
    from cxcall.payloads.suggestions import nearest_name

    is_list = operation.schema_at("").get("type") == "array"
    schema = operation.schema_at("/0" if is_list else "")
    known = {**schema.get("properties", {}), **schema.get("x-cxcall-mistakes", {})}
    deep = count_declared_properties(operation, value)
    near = sum(name not in known and bool(nearest_name(name, known)) for name in names)
    return is_list == isinstance(value, list), sum(name in known for name in names) + near / 2, deep


def meant_operation_note(request: ObservedRequest, operation: Operation) -> Finding:
    """Return the note on how the operation was found, where the source shows no path of it."""
    shown = "the path is not published" if request.path else "no path is shown"
    return Finding.note(
        "operation-mismatch",
        "body",
        f"{shown}; by its properties, the body is for `{operation.name}` (`{operation.method} {operation.path}`)",
        fix="explain the request with its method and URL for a certain result",
        source=f"contract {operation.contract.name}",
    )
