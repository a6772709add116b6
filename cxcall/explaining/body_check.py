"""Compare the body of a request, its query, and the IDs in its path with the operation's schema."""

from __future__ import annotations

import re
from contextlib import suppress
from typing import TYPE_CHECKING

from cxcall.documents.json_document import DocumentError, parse
from cxcall.documents.json_pointer import has_value, leaves, value_at
from cxcall.explaining.placeholder_check import placeholder_finding
from cxcall.explaining.published_operations import UUID
from cxcall.explaining.query_check import check_misplaced, check_query
from cxcall.explaining.route_check import path_values
from cxcall.findings.finding import Finding, Severity
from cxcall.payloads.checks import check_body as check_schema
from cxcall.payloads.checks import check_parameters
from cxcall.payloads.likely_mistakes import find_unlikely_number
from cxcall.payloads.payload import Payload, set_value
from cxcall.payloads.placeholders import is_placeholder
from cxcall.phone import phone_numbers

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cxcall.contracts.operation import Operation
    from cxcall.explaining.observed_request import ObservedRequest
    from cxcall.explaining.route_check import RouteMatch

_ID_NAME = re.compile(r"(?:[a-z]Id|_id|^id|ID)$")
_INDEX = re.compile(r"/[0-9]+(?=/|$)")
_PHONE_NAME = re.compile(
    r"phone|mobile|cell|caller_?id$|^ani$|^(to|from)$|call(to|from)|number", re.IGNORECASE
)
_PHONE_NUMBER = re.compile(r"(?=(?:[^0-9]*[0-9]){6})[+(]?[0-9][0-9 ().-]{4,24}")


def check_parameter_values(request: ObservedRequest, route: RouteMatch) -> Iterator[Finding]:
    """Yield wrong values in path and query, and IDs in the path that differ from those in the body."""
    operation = route.operation
    if operation is None or not request.path:
        return
    payload = None
    if request.body:
        with suppress(DocumentError):
            payload = _read_body(request)
    yield from check_parameters(operation, path_values(request.path, operation.path), payload)
    yield from check_query(request, operation, payload)


def check_body(
    request: ObservedRequest, route: RouteMatch, *, is_elsewhere: bool
) -> Iterator[Finding]:
    """Yield what is wrong with the body.

    Where the request went to no known operation (`is_elsewhere`), the nearest one is compared, and
    errors become warnings.
    """
    if not request.body or route.is_token:
        return
    try:
        payload = _read_body(request)
    except DocumentError as error:
        findings = list(error.findings)
    else:
        findings = _check_payload(request, payload, route, is_elsewhere=is_elsewhere)
    yield from (finding for finding in findings if not request.is_unobserved(finding))


def _read_body(request: ObservedRequest) -> Payload:
    """Return the body, with null for values that are not known; raises DocumentError if it is not JSON."""
    document = parse(request.body or "", "body")
    value = document.value
    for pointer in request.unknown:
        if not pointer.startswith("header:") and has_value(value, pointer):
            value = set_value(value, pointer, None, "") if pointer else None
    return Payload(value, document)


def _check_payload(
    request: ObservedRequest, payload: Payload, route: RouteMatch, *, is_elsewhere: bool
) -> list[Finding]:
    findings = list(payload.document.findings if payload.document else ())
    if isinstance(payload.value, str):
        return [*findings, _encoded_twice(payload)]
    operation = route.operation or route.nearest_operation
    problems = _compare(operation, payload) if operation else []
    if request.null_means_unknown:
        problems = [each for each in problems if not _is_null(payload, each.where)]
    known = {(each.code, each.where) for each in problems}
    general = _check_leaves(payload, operation)
    problems += [each for each in general if (each.code, each.where) not in known]
    if is_elsewhere and route.operation is None and operation is not None:
        problems = [_as_advice(each, operation) for each in problems]
    return findings + problems


def _compare(operation: Operation, payload: Payload) -> list[Finding]:
    """Check a body against the schema of an operation; members that belong in the query say so."""
    misplaced = list(check_misplaced(operation, payload))
    places = {finding.where for finding in misplaced}
    findings = check_schema(operation, payload) if operation.takes_body else []
    return [*(each for each in findings if each.where not in places), *misplaced]


def _is_null(payload: Payload, where: str) -> bool:
    is_pointer = where[:1] in ("", "/")
    return is_pointer and has_value(payload.value, where) and value_at(payload.value, where) is None


def _encoded_twice(payload: Payload) -> Finding:
    return Finding.error(
        "body-malformed",
        "body",
        "the body is a JSON string, not an object: it was encoded twice",
        fix="encode it once: with `requests`, `json=payload`, or `data=json.dumps(payload)`",
        excerpt=payload.find_excerpt(""),
    )


def _as_advice(finding: Finding, operation: Operation) -> Finding:
    """Return an error as a warning: the schema is that of the operation that was probably meant."""
    if finding.severity is not Severity.ERROR:
        return finding
    why = f"by the schema of `{operation.name}`, the nearest published operation"
    return finding._replace(severity=Severity.WARNING, why=why)


def _check_leaves(payload: Payload, operation: Operation | None) -> Iterator[Finding]:
    """Yield warnings about texts that do not look like what their names say: IDs and phone numbers."""
    declared = set(operation.pointers) if operation else None
    for pointer, value in leaves(payload.value):
        if not isinstance(value, str):
            continue
        name = _INDEX.sub("", pointer).rpartition("/")[2]
        is_id = bool(_ID_NAME.search(name))
        is_declared = declared is None or bool({_INDEX.sub("/0", pointer), pointer} & declared)
        code = message = fix = ""
        if is_id and not value:
            code, message, fix = "value-not-allowed", "the ID is empty", "add the ID, or remove it"
        elif is_placeholder(value, id_wanted=is_id):
            yield placeholder_finding(pointer, f"`{value}`", excerpt=payload.find_excerpt(pointer))
        elif re.fullmatch(r"(tel:)?\+[0-9]{5,15}", value):
            yield from find_unlikely_number(payload, pointer, value.removeprefix("tel:"))
        elif _PHONE_NAME.search(name) and _PHONE_NUMBER.fullmatch(value):
            code, message = "phone-format", f"`{phone_numbers.mask(value)}` is not in E.164"
            fix = "write it like `+12025550123`: a plus sign, the country code, digits only"
        elif is_id and is_declared and not (UUID.fullmatch(value) or value.isdigit()):
            code, message = "id-format", f"`{value}` is neither a UUID nor a number"
            fix = "copy the exact ID: IDs of the platforms are UUIDs or numbers"
        if code:
            yield payload.make_finding(Severity.WARNING, code, pointer, message, fix=fix)
