"""Check the query of a request: wrong values, missing parameters, and parameters sent in the body."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cxcall.documents.json_pointer import join_pointer
from cxcall.explaining.body_repair import read_leniently
from cxcall.findings.finding import Finding, Severity
from cxcall.payloads.checks import check_parameters, is_valid_text
from cxcall.payloads.suggestions import nearest_name
from cxcall.payloads.value_errors import explain_parameter_error, with_description

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cxcall.contracts.operation import Operation
    from cxcall.contracts.parameters import Parameter
    from cxcall.explaining.observed_request import ObservedRequest
    from cxcall.payloads.payload import Payload


def check_query(
    request: ObservedRequest, operation: Operation, payload: Payload | None
) -> Iterator[Finding]:
    """Yield wrong values in the query, and required parameters that neither query nor body has."""
    parameters = _query_parameters(operation)
    values = {name: value for name, value in request.query if name in parameters}
    shown = {
        name: value for name, value in values.items() if f"query:{name}" not in request.unknown
    }
    yield from check_parameters(operation, shown)
    members = _members(payload) or (read_leniently(request.body) if request.body else None) or {}
    is_hidden = request.null_means_unknown and not request.query and not members
    if is_hidden or ("" in request.unknown and _accepts_query_as_body(operation)):
        return
    for name, parameter in parameters.items():
        if parameter.required and name not in values and name not in members:
            yield Finding.error(
                "property-missing",
                "query",
                f"`{name}` is missing from the query of `{operation.name}`",
                fix=f"add `?{name}=...`",
                why=with_description("the schema requires it", parameter.description),
                source=f"contract {operation.contract.name}",
                origin=name,
            )


def check_misplaced(operation: Operation, payload: Payload) -> Iterator[Finding]:
    """Yield each member of a body that belongs in the query; without a body, also each unknown one."""
    parameters = _query_parameters(operation)
    declared = operation.schema_at("").get("properties", {})
    for name, value in _members(payload).items():
        if name in declared:
            continue
        if name in parameters:
            yield from _check_query_member(operation, parameters[name], payload, value)
        elif parameters and not operation.takes_body:
            near = nearest_name(name, parameters)
            yield payload.make_finding(
                Severity.WARNING,
                "property-unknown",
                join_pointer("", name),
                f"`{operation.name}` has no parameter or property `{name}`",
                key=True,
                fix=f"send it as `?{near}=...`"
                if near
                else f"see `cxcall operations {operation.name}`",
                source=f"contract {operation.contract.name}",
            )


def _query_parameters(operation: Operation) -> dict[str, Parameter]:
    return {each.name: each for each in operation.parameters if each.location == "query"}


def _members(payload: Payload | None) -> dict[str, Any]:
    return payload.value if payload and isinstance(payload.value, dict) else {}


def _check_query_member(
    operation: Operation, parameter: Parameter, payload: Payload, value: Any
) -> Iterator[Finding]:
    """Yield that a member belongs in the query, and whether its value would be valid there."""
    pointer = join_pointer("", parameter.name)
    is_accepted = _accepts_query_as_body(operation)
    yield payload.make_finding(
        Severity.WARNING if is_accepted else Severity.ERROR,
        "property-unknown",
        pointer,
        f"`{parameter.name}` belongs in the query, not in the body",
        key=True,
        fix=f"send it as `?{parameter.name}=...`",
        why="the vendor documents it there; users report that a body also works"
        if is_accepted
        else "",
        source=f"contract {operation.contract.name}",
    )
    if isinstance(value, str) and not is_valid_text(parameter.schema, [value]):
        finding = explain_parameter_error(operation, parameter, value)
        yield finding._replace(where=pointer, excerpt=payload.find_excerpt(pointer))


def _accepts_query_as_body(operation: Operation) -> bool:
    """Tell whether users report that the documented query is also accepted as a body."""
    extension = "x-cxcall-query-as-body"
    inherited = operation.contract.declared.get(extension, False)
    return bool(operation.declared.get(extension, inherited))
