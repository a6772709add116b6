"""Check the query of a request: wrong values, missing parameters, and parameters sent in the body."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from http import HTTPStatus
from typing import Any

from cxcall.contracts.json_schema import JsonSchema, convert_text
from cxcall.contracts.operation import JSON, Operation
from cxcall.contracts.parameter_styles import takes_any_name, text_in_query
from cxcall.contracts.parameters import JSON_STYLE, Parameter, list_items
from cxcall.contracts.security_schemes import keys_in_query
from cxcall.documents.json_pointer import join_pointer, split_pointer
from cxcall.documents.json_text import find_json
from cxcall.explaining.correction.json_repair import read_leniently
from cxcall.explaining.observed_request import ObservedRequest
from cxcall.explaining.operations.known_operations import READ_METHODS
from cxcall.findings.finding import Finding, Severity
from cxcall.payloads.errors.broken_rules import explain_parameter_error
from cxcall.payloads.payload import Payload
from cxcall.payloads.placeholders import is_redacted, is_withheld
from cxcall.payloads.schema_check import check_body, check_parameters, is_valid_text
from cxcall.phone.number_property_names import is_any_number_name
from cxcall.runtime.patterns import compile_on_use

_LOST_PLUS = compile_on_use(r"(?P<number> [0-9][0-9 ().-]{6,})|.+T[0-9:.]+ [0-9]{2}:?[0-9]{2}")
"""A phone number in E.164, or a time with the offset of its zone, after a `+` in it was decoded."""


def check_query(
    request: ObservedRequest, operation: Operation, payload: Payload | None
) -> Iterator[Finding]:
    """Yield wrong names and values in the query, and required parameters that neither query nor body has."""
    parameters = query_parameters(operation)
    values, _ = parameters_in_query(request, operation)
    shown = {parameters[name].name: value for name, value in values.items() if value is not None}
    yield from check_parameters(operation, shown)
    yield from _check_plus(request)
    members = _members(payload) or _members_in_text(request.body)
    is_hidden = request.null_means_unknown and not request.query and not members
    is_refused_read = request.status == HTTPStatus.BAD_REQUEST and request.method in READ_METHODS
    if is_hidden and is_refused_read and "query" not in request.unknown:
        found = check_members(request, operation, members, has_body=True)
        yield from (each._replace(severity=Severity.WARNING) for each in found)
    if is_hidden or (request.has_hidden_members and accepts_query_as_body(operation)):
        return
    # A contract of `send` may accept the query as a body; then both are checked as one object.
    is_one = accepts_query_as_body(operation) and operation.is_sendable and not parameters
    is_empty = request.body == "" or _has_no_body(request)
    has_body = bool(request.body) or not is_one or not (request.query or is_empty)
    for each in check_members(request, operation, members, has_body=has_body):
        if "query" not in request.unknown or each.code != "property-missing":
            yield each


def _check_plus(request: ObservedRequest) -> Iterator[Finding]:
    """Yield a warning for each phone number or time in the query that has a space in place of its `+`."""
    for name, value in request.query:
        found = _LOST_PLUS.fullmatch(value)
        if found is None or (found["number"] and not is_any_number_name(name)):
            continue
        kind = "number" if found["number"] else "time"
        yield Finding.warning(
            "phone-format" if kind == "number" else "value-not-allowed",
            "query",
            f"`{name}` has a space where the {kind} should have a `+`",
            fix="write `+` as `%2B` in the URL (with curl: `--get --data-urlencode`, with `requests`: `params={...}`)",
            why="in a query, `+` means a space",
            source="URL Standard, application/x-www-form-urlencoded parsing",
            origin=name,
        )


def _has_no_body(request: ObservedRequest) -> bool:
    """Return whether all headers of a request are shown, and none of them describes a body."""
    if request.body is not None or request.headers is None or request.null_means_unknown:
        return False
    is_described = request.header("Content-Length").strip("0 ") or request.header("Content-Type")
    return request.kind.is_transcript and not is_described and "" not in request.unknown


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
            for each in _check_query_member(operation, parameters[name], payload, value):
                yield each._replace(severity=Severity.NOTE) if is_accepted else each
        elif parameters and not operation.takes_body:
            near = renames.get(name)
            yield payload.make_finding(
                Severity.WARNING,
                "property-unknown",
                join_pointer("", name),
                f"`{operation.name}` has no parameter or property `{name}`",
                key=True,
                fix=f"send it as `?{near}=...`" if near else f"see {operation.listing}",
                source=operation.source,
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
        f"`{parameter.name}` belongs in the query, not in the body",
        key=True,
        other_place="query",
        fix=f"send it as `?{parameter.name}=...`",
        why="the vendor documents it there; users report that a body also works"
        if is_accepted
        else "",
        source=operation.source,
    )
    if isinstance(value, str) and not is_valid_text(parameter.schema, [value]):
        finding = explain_parameter_error(operation, parameter, value)
        yield finding._replace(where=pointer, excerpt=payload.find_excerpt(pointer))


def query_parameters(operation: Operation) -> dict[str, Parameter]:
    """Return the declared parameters of the query by their names in a request."""
    return {each.as_sent.name: each for each in operation.parameters if each.location == "query"}


def accepts_query_as_body(operation: Operation) -> bool:
    """Return whether users report that the documented query is also accepted as a body."""
    extension = "x-cxcall-query-as-body"
    inherited = operation.contract.declared.get(extension, False)
    return bool(operation.declared.get(extension, inherited))


@cache
def _query_operation(operation: Operation) -> Operation:
    """Return an operation whose body is the query of another one, with the members that query and body share."""
    parameters = query_parameters(operation)
    body = operation.schema_at("") if accepts_query_as_body(operation) else {}
    body = body if "properties" in body else {}
    members = {name: _describe(each) for name, each in parameters.items()}
    needed = [name for name, each in parameters.items() if each.required]
    schema = {
        **body,
        "type": "object",
        "properties": {**body.get("properties", {}), **members},
        "required": [*body.get("required", ()), *needed],
    }
    if rules := operation.declared.get("x-cxcall-conditions"):
        schema["x-cxcall-conditions"] = [*body.get("x-cxcall-conditions", ()), *rules]
    request_body = {"content": {JSON: {"schema": schema}}}
    declared = {"operationId": operation.name, "requestBody": request_body}
    return Operation(operation.contract, operation.method, operation.path, declared)


def _describe(parameter: Parameter) -> JsonSchema:
    about = parameter.description
    return {**parameter.schema, **({"description": about} if about else {})}


def query_without_keys(request: ObservedRequest, operation: Operation) -> list[tuple[str, str]]:
    """Return the query without the API keys that the document of the operation declares in it."""
    keys = keys_in_query(operation.security)
    return [pair for pair in request.query if pair[0] not in keys]


def parameters_in_query(
    request: ObservedRequest, operation: Operation
) -> tuple[dict[str, str | None], list[tuple[str, str]]]:
    """Return the texts of the parameters in a query by their names, read by their styles, and the other pairs.

    The text is None if a part of it is not shown.
    """
    declared, pairs = query_parameters(operation), query_without_keys(request, operation)
    hidden = {
        name
        for name, text in pairs
        if f"query:{name}" in request.unknown or text[:2] == "$(" or is_redacted(text)
    }
    values: dict[str, str | None] = {}
    used: set[str] = set()
    for sent, each in sorted(declared.items(), key=lambda pair: takes_any_name(pair[1].as_sent)):
        taken = used.union(declared) - {sent}
        free = [pair for pair in pairs if pair[0] not in taken]
        text, names = text_in_query(each.as_sent, free)
        if names:
            values[sent] = None if names & hidden else text
            used |= names
    return values, [pair for pair in pairs if pair[0] not in used]


def query_members(request: ObservedRequest, operation: Operation) -> dict[str, Any]:
    """Return the query as members, each in its declared type; None stands for a value that is not shown."""
    values, others = parameters_in_query(request, operation)
    parameters, members = query_parameters(operation), dict[str, Any]()
    for name, text in (*values.items(), *others):
        schema = _query_operation(operation).schema_at(join_pointer("", name))
        if text is None or f"query:{name}" in request.unknown or is_withheld(text):
            members[name] = None
        elif name in values and (
            parameters[name].is_object or parameters[name].style == JSON_STYLE
        ):
            members[name] = find_json(text, text)
        elif "array" in schema.get("type", ()):
            items = [convert_text(each, schema.get("items", {})) for each in list_items(text)]
            members[name] = [*(members.get(name) or ()), *items]
        else:
            members[name] = convert_text(text, schema)
    return members


def find_query_renames(request: ObservedRequest, operation: Operation) -> dict[str, str]:
    """Return the right names of misspelled members of the query, by the names that were sent."""
    return find_member_renames(operation, query_members(request, operation))


def find_member_renames(operation: Operation, members: dict[str, Any]) -> dict[str, str]:
    """Return the correct names of misspelled members as parameters of the query, by their wrong names."""
    findings = check_body(_query_operation(operation), Payload(members)) if members else []
    names = ((_name(each), _new_name(each)) for each in findings)
    return {name: new for name, new in names if name in members and new}


def members_for_body(request: ObservedRequest, operation: Operation) -> dict[str, Any]:
    """Return the members of the query, by their correct names, that belong in the body of the operation."""
    if not (operation.takes_body and accepts_query_as_body(operation)):
        return {}
    renames = find_query_renames(request, operation)
    declared = operation.schema_at("").get("properties", {})
    members = query_members(request, operation)
    found = {renames.get(name, name): value for name, value in members.items()}
    return {name: each for name, each in found.items() if name in declared and each is not None}


def with_query(request: ObservedRequest, operation: Operation, payload: Payload) -> Payload:
    """Return a body with the members of the query added, for an API that accepts them in either place."""
    if not (isinstance(payload.value, dict) and accepts_query_as_body(operation)):
        return payload
    declared = operation.schema_at("").get("properties", {})
    members = query_members(request, operation)
    added = {name: value for name, value in members.items() if name in declared}
    return payload._replace(value={**added, **payload.value})


def is_in_query(finding: Finding, request: ObservedRequest, payload: Payload) -> bool:
    """Return whether a finding on a body that includes the members of the query is about one of these members."""
    name = _name(finding)
    is_own = isinstance(payload.value, dict) and name in payload.value
    return not is_own and any(name == each for each, _ in request.query)


def check_members(
    request: ObservedRequest, operation: Operation, in_body: dict[str, Any], *, has_body: bool
) -> Iterator[Finding]:
    """Yield what is wrong with the names in the query, with texts that are not a parameter, and missing parameters.

    `in_body` are the members of the body. With a body, a missing member is reported for the body.
    """
    members, parameters = query_members(request, operation), query_parameters(operation)
    declared = _query_operation(operation).schema_at("")["properties"]
    for finding in check_body(_query_operation(operation), Payload({**members, **in_body})):
        name, is_unknown = _name(finding), finding.code == "property-unknown"
        if name in members:
            is_shown = is_unknown or (members[name] is not None and name in declared)
            is_reported = name in in_body or (name in parameters and not is_unknown)
            is_near = bool(_new_name(finding)) or not is_unknown
            if is_shown and not is_reported and (is_near or name[:1] != "_"):
                for each in _as_query_finding(finding, operation):
                    yield each if is_near else _as_unknown(each, request, operation)
        elif name not in in_body and (
            name in parameters or not (has_body and operation.takes_body)
        ):
            yield from _as_query_finding(finding, operation)


def _as_unknown(finding: Finding, request: ObservedRequest, operation: Operation) -> Finding:
    """Return the finding on an unknown parameter without a similar name: a note unless the API refused the request."""
    severity = Severity.WARNING if request.status == HTTPStatus.BAD_REQUEST else Severity.NOTE
    fix = f"see its parameters: {operation.listing}"
    why = "an API may ignore it, or refuse the request"
    return finding._replace(severity=severity, fix=fix, why=why)


def _name(finding: Finding) -> str:
    """Return the name of the member at the top that a finding is about; empty for the whole object."""
    return split_pointer(finding.where)[0] if finding.where[:1] == "/" else ""


def _new_name(finding: Finding) -> str:
    """Return the parameter that a wrong name meant; empty if the finding has another correction."""
    places = [edit.pointer for edit in finding.edits if edit.source == finding.where]
    return places[0][1:] if len(finding.edits) == 1 and places and places[0].count("/") == 1 else ""


def _as_query_finding(finding: Finding, operation: Operation) -> Iterator[Finding]:
    """Yield a finding on the object made from the query, reworded for the query."""
    name, new_name = _name(finding), _new_name(finding)
    message = finding.message.replace(f"`/{name}`", f"`{name}` in the query")
    message = message.replace("the body of", "the query of").replace("a property", "a parameter")
    message = message.replace("a parameter of the query of", "a parameter of")
    fix = f"add `?{name}=...`" if finding.code == "property-missing" and name else finding.fix
    yield finding._replace(
        where="query", origin=name, message=message, fix=fix, edits=(), excerpt=None
    )
    if new_name and new_name in _query_operation(operation).schema_at("")["required"]:
        yield Finding.note(
            "property-missing",
            "query",
            f"`{new_name}` is missing: the query has it as `{name}`",
            fix=finding.fix,
            source=finding.source,
            origin=new_name,
        )
