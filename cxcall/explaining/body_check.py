"""The body of a request that was made, its query, and the IDs in its path, against the operation it is or is near to."""

from __future__ import annotations

import re
from contextlib import suppress
from typing import TYPE_CHECKING

from cxcall.documents.json_document import DocumentError, parse
from cxcall.documents.json_pointer import has_value, leaves, value_at
from cxcall.explaining.query_check import check_misplaced, check_query
from cxcall.explaining.route_check import RouteMatch, path_values
from cxcall.findings.errors import UsageError
from cxcall.findings.finding import Finding, Severity
from cxcall.payloads.checks import check_body, check_parameters
from cxcall.payloads.likely_mistakes import find_unlikely_number
from cxcall.payloads.payload import Payload, set_value
from cxcall.payloads.placeholders import is_placeholder
from cxcall.phone import phone_numbers

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cxcall.contracts.contract import Operation
    from cxcall.explaining.observed_request import ObservedRequest

_ID_NAME = re.compile(r"(?:[a-z]Id|_id|^id|ID)$")
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_INDEX = re.compile(r"/[0-9]+(?=/|$)")
_NUMBER_NAME = re.compile(
    r"phone|mobile|cell|caller_?id$|^ani$|^(to|from)$|call(to|from)|number", re.IGNORECASE
)
_NUMBER = re.compile(r"(?=(?:[^0-9]*[0-9]){6})[+(]?[0-9][0-9 ().-]{4,24}")


def check_values(attempt: ObservedRequest, route: RouteMatch) -> Iterator[Finding]:
    """Yield what is wrong with the values in path and query, and where the body names other IDs."""
    operation = route.operation
    if operation is None or not attempt.path:
        return
    payload = None
    if attempt.body:
        with suppress(DocumentError):
            payload = _read(attempt)
    yield from check_parameters(operation, path_values(attempt.path, operation.path), payload)
    yield from check_query(attempt, operation, payload)


def _read(attempt: ObservedRequest) -> Payload:
    """Read the body; null stands at what is not known. Raises DocumentError where it is not JSON."""
    document = parse(attempt.body or "", "body")
    value = document.value
    for pointer in attempt.unknown:
        if not pointer.startswith("header:") and has_value(value, pointer):
            value = set_value(value, pointer, None, "") if pointer else None
    return Payload(value, document)


def check_content(
    attempt: ObservedRequest, route: RouteMatch, *, is_advice: bool
) -> Iterator[Finding]:
    """Yield what is wrong with the body; `is_advice` where the request went to no operation that is known."""
    if attempt.body and not route.is_token:
        found = _check_body(attempt, route, is_advice=is_advice)
        yield from (each for each in found if not attempt.is_unobserved(each))


def _check_body(
    attempt: ObservedRequest, route: RouteMatch, *, is_advice: bool
) -> Iterator[Finding]:
    try:
        payload = _read(attempt)
    except DocumentError as error:
        yield from error.findings
        return
    yield from payload.document.findings if payload.document else ()
    if isinstance(payload.value, str):
        yield _encoded_twice(payload)
        return
    operation = route.operation or route.advised
    found = [] if operation is None else _against(operation, payload)
    if attempt.null_means_unknown:
        found = [each for each in found if not _is_null(payload, each.where)]
    known = {(each.code, each.where) for each in found}
    general = _general(payload, operation)
    found += [each for each in general if (each.code, each.where) not in known]
    for finding in found:
        is_error = not is_advice or route.operation is not None
        yield finding if is_error else _as_advice(finding, operation)


def _against(operation: Operation, payload: Payload) -> list[Finding]:
    """Check a body as an operation takes it; what belongs into its query is named as such."""
    misplaced = list(check_misplaced(operation, payload))
    places = {finding.where for finding in misplaced}
    found = check_body(operation, payload) if operation.takes_body else []
    return [*(each for each in found if each.where not in places), *misplaced]


def _is_null(payload: Payload, pointer: str) -> bool:
    try:
        return value_at(payload.value, pointer) is None
    except (KeyError, UsageError):
        return False


def _encoded_twice(payload: Payload) -> Finding:
    return Finding(
        Severity.ERROR,
        "body-malformed",
        "body",
        "the body is a JSON string, not an object: it was encoded twice",
        fix="encode it once: with `requests`, `json=payload`, or `data=json.dumps(payload)`",
        excerpt=payload.find_excerpt(""),
    )


def _as_advice(finding: Finding, operation: Operation | None) -> Finding:
    """Turn an error into advice: it would be one at the operation that was probably meant."""
    if finding.severity is not Severity.ERROR or operation is None:
        return finding
    why = f"as `{operation.name}` has it, the nearest published operation"
    return finding._replace(severity=Severity.WARNING, why=why)


def _general(payload: Payload, operation: Operation | None) -> Iterator[Finding]:
    """Yield what can be said of values by their names: numbers, IDs, what was never filled in."""
    declared = None if operation is None else set(operation.pointers)
    for pointer, value in leaves(payload.value):
        parent, _, name = pointer.rpartition("/")
        if not isinstance(value, str):
            continue
        name = parent.rpartition("/")[2] if name.isdigit() else name
        is_known = declared is None or _INDEX.sub("/0", pointer) in declared or pointer in declared
        wants_id = bool(_ID_NAME.search(name))
        if wants_id and not value:
            yield _found("value-not-allowed", payload, pointer, "it is empty, and an ID is wanted", "put the ID there, or leave it out")  # fmt: skip
        elif is_placeholder(value, id_wanted=wants_id):
            yield _found("placeholder", payload, pointer, f"`{value}` looks like a placeholder that was never filled in", "put the real value there")  # fmt: skip
        elif re.fullmatch(r"(tel:)?\+[0-9]{5,15}", value):
            yield from find_unlikely_number(payload, pointer, value.removeprefix("tel:"))
        elif _NUMBER_NAME.search(name) and _NUMBER.fullmatch(value):
            yield _found("phone-format", payload, pointer, f"`{phone_numbers.mask(value)}` is not in E.164", "write it like `+12025550123`: a plus sign, the country code, digits only")  # fmt: skip
        elif wants_id and is_known and not (_UUID.fullmatch(value) or value.isdigit()):
            yield _found("id-format", payload, pointer, f"`{value}` is neither a UUID nor a number, as IDs of the platforms are", "copy the exact ID")  # fmt: skip


def _found(code: str, payload: Payload, pointer: str, message: str, fix: str) -> Finding:
    return payload.make_finding(Severity.WARNING, code, pointer, message, fix=fix)
