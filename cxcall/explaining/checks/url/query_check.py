"""Check the query of a request: wrong values, missing parameters, and parameters sent in the body."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cxcall.documents.json_pointer import join_pointer
from cxcall.explaining.checks.url.query_members import (
    accepts_query_as_body,
    check_members,
    find_member_renames,
    query_parameters,
)
from cxcall.explaining.correction.json_repair import read_leniently
from cxcall.explaining.operations.known_operations import READ_METHODS
from cxcall.findings.finding import Severity
from cxcall.payloads.errors.value_errors import explain_parameter_error
from cxcall.payloads.schema_check import check_parameters, is_valid_text
from cxcall.runtime.name_similarity import nearest_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cxcall.contracts.operation import Operation
    from cxcall.contracts.parameters import Parameter
    from cxcall.explaining.observed_request import ObservedRequest
    from cxcall.findings.finding import Finding
    from cxcall.payloads.payload import Payload

BELONGS_IN_QUERY = "belongs in the query, not in the body"
_BAD_REQUEST = 400


def check_query(
    request: ObservedRequest, operation: Operation, payload: Payload | None
) -> Iterator[Finding]:
    """Yield wrong names and values in the query, and required parameters that neither query nor body has."""
    parameters = query_parameters(operation)
    values = {name: value for name, value in request.query if name in parameters}
    shown = {
        name: value for name, value in values.items() if f"query:{name}" not in request.unknown
    }
    yield from check_parameters(operation, shown)
    members = _members(payload) or _members_in_text(request.body)
    is_hidden = request.null_means_unknown and not request.query and not members
    if (
        is_hidden
        and "query" not in request.unknown
        and request.status == _BAD_REQUEST
        and request.method in READ_METHODS
    ):
        found = check_members(request, operation, members, has_body=True)
        yield from (each._replace(severity=Severity.WARNING) for each in found)
    if is_hidden or ("" in request.unknown and accepts_query_as_body(operation)):
        return
    # A contract of `send` may accept the query as a body; then both are checked as one object.
    is_one = accepts_query_as_body(operation) and operation.is_sendable and not parameters
    is_empty = request.body == "" or _has_no_body(request)
    has_body = bool(request.body) or not is_one or not (request.query or is_empty)
    for each in check_members(request, operation, members, has_body=has_body):
        if "query" not in request.unknown or each.code != "property-missing":
            yield each


def _has_no_body(request: ObservedRequest) -> bool:
    """Return whether all headers of a request are shown, and none of them describes a body."""
    headers = request.headers
    if request.body is not None or headers is None or request.null_means_unknown:
        return False
    length = headers.get("Content-Length", "").strip("0 ")
    return (
        request.kind.shows_all_headers
        and not length
        and not headers.get("Content-Type", "")
        and "" not in request.unknown
    )


def check_misplaced(
    operation: Operation, payload: Payload, *, is_accepted: bool
) -> Iterator[Finding]:
    """Yield each member of a body that belongs in the query; if the operation takes no body, also each unknown member.

    `is_accepted` says whether the API accepted the request.
    """
    parameters = query_parameters(operation)
    declared = operation.schema_at("").get("properties", {})
    members = _members(payload)
    has_unknown = parameters and not operation.takes_body and members.keys() - parameters.keys()
    renames = find_member_renames(operation, members) if has_unknown else {}
    for name, value in members.items():
        if name in declared:
            continue
        if name in parameters:
            found = _check_query_member(operation, parameters[name], payload, value)
            yield from (
                each._replace(severity=Severity.NOTE) if is_accepted else each for each in found
            )
        elif parameters and not operation.takes_body:
            near = renames.get(name) or nearest_name(name, parameters)
            yield payload.make_finding(
                Severity.WARNING,
                "property-unknown",
                join_pointer("", name),
                f"`{operation.name}` has no parameter or property `{name}`",
                key=True,
                fix=f"send it as `?{near}=...`" if near else f"see {operation.listing}",
                source=f"contract {operation.contract.name}",
            )


def _members_in_text(body: str | None) -> dict[str, Any]:
    found = read_leniently(body) if body else None
    return found if isinstance(found, dict) else {}


def _members(payload: Payload | None) -> dict[str, Any]:
    return payload.value if payload and isinstance(payload.value, dict) else {}


def _check_query_member(
    operation: Operation, parameter: Parameter, payload: Payload, value: Any
) -> Iterator[Finding]:
    """Yield the finding that a member belongs in the query, and whether its value would be valid there."""
    pointer = join_pointer("", parameter.name)
    is_accepted = accepts_query_as_body(operation)
    yield payload.make_finding(
        Severity.WARNING if is_accepted else Severity.ERROR,
        "property-unknown",
        pointer,
        f"`{parameter.name}` {BELONGS_IN_QUERY}",
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
