"""The query of a request that was made: what is wrong in it, what it lacks, what stands in the body in its place."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cxcall.documents.json_pointer import join_pointer
from cxcall.findings.finding import Finding, Severity
from cxcall.payloads.checks import check_parameters, is_valid_text
from cxcall.payloads.schema_errors import explain_parameter_error
from cxcall.payloads.suggestions import nearest_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cxcall.contracts.contract import Operation
    from cxcall.contracts.parameters import Parameter
    from cxcall.explaining.observed_request import ObservedRequest
    from cxcall.payloads.payload import Payload


def check_query(
    attempt: ObservedRequest, operation: Operation, payload: Payload | None
) -> Iterator[Finding]:
    """Yield what is wrong with the values of a query, and what it lacks; of one that is not shown, nothing."""
    declared = {each.name: each for each in operation.parameters if each.location == "query"}
    given = {name: value for name, value in attempt.query if name in declared}
    yield from check_parameters(operation, given)
    in_body = _members(payload)
    is_silent = attempt.null_means_unknown and not attempt.query and not in_body
    if is_silent or ("" in attempt.unknown and _takes_either(operation)):
        return
    for parameter in declared.values():
        if parameter.required and parameter.name not in given and parameter.name not in in_body:
            yield _missing(operation, parameter)


def check_misplaced(operation: Operation, payload: Payload) -> Iterator[Finding]:
    """Yield each name in a body that belongs into the query, and, where no body is taken, each other one."""
    declared = operation.schema_at("").get("properties", {})
    parameters = {each.name: each for each in operation.parameters if each.location == "query"}
    for name, value in _members(payload).items():
        if name in declared:
            continue
        if name in parameters:
            yield from _of_query(operation, parameters[name], payload, value)
        elif parameters and not operation.takes_body:
            yield _of_nothing(operation, payload, name, nearest_name(name, parameters))


def _members(payload: Payload | None) -> dict[str, Any]:
    value = payload.value if payload else None
    return value if isinstance(value, dict) else {}


def _missing(operation: Operation, parameter: Parameter) -> Finding:
    return Finding(
        Severity.ERROR,
        "property-missing",
        "query",
        f"`{parameter.name}` is missing from the query of `{operation.name}`",
        fix=f"add `?{parameter.name}=...`",
        why=f"the contract requires it. {parameter.description}".rstrip(),
        source=f"contract {operation.contract.name}",
        origin=parameter.name,
    )


def _of_query(
    operation: Operation, parameter: Parameter, payload: Payload, value: Any
) -> Iterator[Finding]:
    """Yield that a value belongs into the query, and what would be wrong with it there."""
    place = join_pointer("", parameter.name)
    either = _takes_either(operation)
    yield payload.make_finding(
        Severity.WARNING if either else Severity.ERROR,
        "property-unknown",
        place,
        f"`{parameter.name}` belongs into the query, not into the body",
        key=True,
        fix=f"send it as `?{parameter.name}=...`",
        why="it is published there; users report that a body is taken, too" if either else "",
        source=f"contract {operation.contract.name}",
    )
    if isinstance(value, str) and not is_valid_text(parameter.schema, [value]):
        misfit = explain_parameter_error(operation, parameter, value)
        yield misfit._replace(where=place, excerpt=payload.find_excerpt(place))


def _takes_either(operation: Operation) -> bool:
    """Tell whether what is published as the query is reported to be taken as a body, too."""
    word = "x-cxcall-query-as-body"
    return bool(operation.declared.get(word, operation.contract.declared.get(word, False)))


def _of_nothing(operation: Operation, payload: Payload, name: str, near: str) -> Finding:
    return payload.make_finding(
        Severity.WARNING,
        "property-unknown",
        join_pointer("", name),
        f"`{name}` is none of the names that `{operation.name}` takes, in a query or in a body",
        key=True,
        fix=f"did you mean `{near}`?" if near else f"see `cxcall operations {operation.name}`",
        source=f"contract {operation.contract.name}",
    )
