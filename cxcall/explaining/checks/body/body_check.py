"""Compare the body of a request, its query, and the IDs in its path with the operation's schema."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import parse_qsl, unquote

from cxcall.contracts.json_schema import alternatives_of
from cxcall.contracts.media_types import is_unchecked_type
from cxcall.contracts.operation import MULTIPART, URLENCODED, Operation
from cxcall.contracts.parameter_styles import text_of_parts
from cxcall.documents.json_pointer import find_value, has_value, join_pointer
from cxcall.explaining.checks.body.lost_body import check_ignored_body, check_missing_body
from cxcall.explaining.checks.body.named_value_check import check_leaves, kind_of
from cxcall.explaining.checks.body.optional_members import (
    is_null,
    is_optional_null,
    is_unknown,
    null_note,
    read_only_names,
    without_nulls,
)
from cxcall.explaining.checks.url.path_value_check import path_values
from cxcall.explaining.checks.url.query_check import (
    check_misplaced,
    check_query,
    is_in_query,
    with_query,
)
from cxcall.explaining.checks.url.route_check import RouteMatch
from cxcall.explaining.correction.json_repair import looks_like_form, repair_body
from cxcall.explaining.observed_request import ObservedRequest
from cxcall.explaining.operations.intended_operation import find_owner_of_body
from cxcall.explaining.operations.known_operations import is_upload
from cxcall.findings.finding import Finding, Severity
from cxcall.payloads import form_bodies
from cxcall.payloads.errors.value_corrections import is_valid_scalar
from cxcall.payloads.payload import Payload
from cxcall.payloads.placeholders import is_withheld
from cxcall.payloads.schema_check import check_body as check_schema
from cxcall.payloads.schema_check import check_parameters, operation_mismatch
from cxcall.runtime.patterns import is_uuid

_ID_KINDS = ("uuid", "integer", "id")
_ABOUT_VALUES = ("type-mismatch", "value-not-allowed")
MAY_BE_ADDED = "other lines of the code have this name, and may add it to the body"
_OF_OTHER_OPERATION = ("property-missing", "property-unknown")
"""Codes of the findings that result if a body is for another operation."""


def check_parameter_values(request: ObservedRequest, route: RouteMatch) -> Iterator[Finding]:
    """Yield wrong values in path and query, and IDs in the path that differ from those in the body."""
    operation = route.operation
    if operation is None or not request.path:
        return
    payload, _ = repair_body(request)
    sent = path_values(request.path, operation.path)
    in_path = (each for each in operation.parameters if each.name in sent)
    values = {each.name: text_of_parts(each, [unquote(sent[each.name])]) for each in in_path}
    for each in check_parameters(operation, values, payload):
        if each.code == "placeholder":
            continue  # the route check reports it
        is_id = each.where == "path" and kind_of(each.origin, route.platform) in _ID_KINDS
        is_in_braces = is_uuid(values.get(each.origin, "").strip("{}"))
        fix = "write it without the braces" if is_id and is_in_braces else each.fix
        code = "id-format" if is_id and each.code in _ABOUT_VALUES else each.code
        yield each._replace(code=code, fix=fix)
    yield from check_query(request, operation, payload)


def check_sent_body(
    request: ObservedRequest, route: RouteMatch, operation: Operation | None
) -> Iterator[Finding]:
    """Yield what is wrong with the body of a request that was meant for `operation`.

    If the request was sent to another path, errors become warnings.
    """
    rules = route.rules
    if route.is_token or is_upload(request.path):
        return
    if not request.body:
        yield from check_missing_body(request, route.operation)
        return
    if rules and is_unchecked_body(request, rules):
        return
    form = _read_form(request, rules)
    if form is not None:
        for each in _check_payload(request, form, route, operation):
            is_hidden = _is_withheld(form, each.where) or request.is_unobserved(each)
            if each.code == "property-unknown" or not is_hidden:
                yield each
        return
    if request.content_type.startswith("multipart/"):
        return  # the content type is wrong, whatever the parts are
    payload, findings = repair_body(request)
    found = list(findings)
    if payload is not None:
        found += _check_payload(request, payload, route, operation)
    elif looks_like_form(request.body):
        form_body = found[0]._replace(
            message="the body is a form (`name=value&...`), but the API expects JSON",
            fix="send JSON: `json={...}` in `requests`, `-d '{...}'` with curl",
            why="the API finds no properties in another format",
        )
        # A text has the same value in JSON, so a wrong one would be refused there, too.
        texts = Payload(dict(parse_qsl(request.body, keep_blank_values=True)))
        wrong = _check_payload(request, texts, route, operation)
        found = [form_body, *(each for each in wrong if _is_wrong_text(each, texts))]
    yield from (finding for finding in found if not request.is_unobserved(finding))


def _is_wrong_text(finding: Finding, form: Payload) -> bool:
    """Return whether a finding is an error in the format of a value that the source shows."""
    is_format = finding.code in ("id-format", "phone-format", "placeholder")
    is_error = finding.severity is Severity.ERROR
    return is_format and is_error and not _is_withheld(form, finding.where)


def is_unchecked_body(request: ObservedRequest, operation: Operation) -> bool:
    """Return whether a request has a body of a type that its operation declares, but cxcall does not check."""
    body = request.body or ""
    return bool(body) and is_unchecked_type(operation, request.content_type, body)


def _read_form(request: ObservedRequest, operation: Operation | None) -> Payload | None:
    """Return the body of an operation that takes a form, if the request has one; a JSON body is not."""
    if operation is None or operation.media_type not in (MULTIPART, URLENCODED):
        return None
    if request.content_type not in ("", operation.media_type):
        return None
    body, content_type = request.body or "", request.header("Content-Type") or operation.media_type
    is_multipart = (request.content_type or operation.media_type) == MULTIPART
    if is_multipart and not form_bodies.has_headers(body):
        content_type = URLENCODED  # a reader writes the parts in this form
    try:
        return Payload(form_bodies.decode_body(operation, body.encode(), content_type))
    except ValueError:
        return None


def read_body(request: ObservedRequest, route: RouteMatch) -> Payload | None:
    """Return the body of a request, a form or JSON; None if it has none, or if it cannot be read."""
    form = _read_form(request, route.rules) if request.body else None
    return form or repair_body(request)[0]


def _is_withheld(form: Payload, where: str) -> bool:
    """Return whether a field stands for a value that the source does not show, such as `$TO` or a file."""
    value = find_value(form.value, where) if where.startswith("/") else None
    return isinstance(value, str) and (is_withheld(value) or value.startswith("@"))


def _check_payload(
    request: ObservedRequest, payload: Payload, route: RouteMatch, operation: Operation | None
) -> list[Finding]:
    if isinstance(payload.value, str):
        twice = Finding.error(
            "body-malformed",
            "body",
            "the body is a JSON string, not an object: it was encoded twice",
            fix="encode it once: with `requests`, `json=payload`, or `data=json.dumps(payload)`",
            excerpt=payload.find_excerpt(""),
        )
        return [twice]
    problems = _compare(request, operation, payload) if operation else []
    known = {(each.code, each.where) for each in problems}
    known |= {("id-format", each.where) for each in problems if each.code in _ABOUT_VALUES}
    general = check_leaves(payload, operation, route.platform)
    problems += [each for each in general if (each.code, each.where) not in known]
    if operation is not None and route.operation is None:
        return [_as_advice(each, operation) for each in problems]
    return problems


def _compare(request: ObservedRequest, operation: Operation, payload: Payload) -> list[Finding]:
    """Check a body against the schema of an operation, and report members that belong in the query."""
    filled, nulls = without_nulls(operation, payload, request.unknown)
    misplaced = list(check_misplaced(operation, payload, is_accepted=request.is_successful))
    places = {finding.where for finding in misplaced}
    misplaced += check_ignored_body(operation, payload)
    whole = with_query(request, operation, filled)
    findings = check_schema(operation, whole) if operation.takes_body else []
    findings = [each for each in findings if not is_in_query(each, request, payload)]
    unknown = {each.where for each in findings if each.code == "property-unknown"}
    if request.null_means_unknown:
        why = "null may stand for a value that the source does not show"
        findings = [
            each._replace(severity=Severity.NOTE, why=why)
            if is_unknown(each, payload, nulls)
            else each
            for each in findings
        ]
    # Of a null in an unknown property, only the name is reported.
    no_type = {where for where in unknown if is_null(payload, where)}
    findings = [x for x in findings if x.code != "type-mismatch" or x.where not in no_type]
    findings = [each for each in findings if each.where not in places]
    findings = [_as_note(each, request, operation, payload) for each in findings]
    findings = [_as_unproven(each, request, operation) for each in findings]
    refused = [each for each in nulls if not is_valid_scalar(None, operation.schema_at(each))]
    if refused and not request.null_means_unknown:
        findings.append(null_note(payload, refused))
    findings = _mismatch(operation, filled, findings)
    return [*findings, *misplaced, *_renamed_notes(operation, findings)]


def _renamed_notes(operation: Operation, findings: list[Finding]) -> Iterator[Finding]:
    """Yield a note for each required property that has a wrong name in the body; another finding reports the name."""
    for finding in findings:
        added = [each.pointer for each in finding.edits if each.op == "add"]
        for edit in finding.edits:
            if not edit.source or edit.source != finding.where:
                continue
            # The value may belong in an object that is missing, too.
            above_it = [each for each in added if edit.pointer.startswith(f"{each}/")]
            for place in (*above_it, edit.pointer):
                above, _, name = place.rpartition("/")
                if name in _needed_names(operation, above):
                    yield Finding.note(
                        "property-missing",
                        place,
                        f"`{name}` is missing: the body has it as `{edit.source}`",
                        fix=finding.fix,
                        source=finding.source,
                    )
                    break


def _needed_names(operation: Operation, pointer: str) -> set[str]:
    """Return the names that an object must have, or one of which it must have, by its schema and by other rules."""
    schema = operation.schema_at(pointer)
    rules = [each["then"] for each in schema.get("x-cxcall-conditions", ()) if not each["if"]]
    groups = (
        schema.get("required", ()),
        *schema.get("x-cxcall-once-required", ()),
        *(each.get("required", ()) for each in (*alternatives_of(schema), *rules)),
    )
    return {name for group in groups for name in group}


def _as_note(
    finding: Finding, request: ObservedRequest, operation: Operation, payload: Payload
) -> Finding:
    """Return a finding as a note if the platform is known to accept the value that it is about."""
    above, _, name = finding.where.rpartition("/")
    is_mistake = name in operation.schema_at(above).get("x-cxcall-mistakes", {})
    if (
        finding.code == "property-unknown"
        and not is_mistake
        and name in read_only_names(operation, above)
        and not _belongs_in_missing_object(operation, payload, above, name)
    ):
        return finding._replace(
            severity=Severity.NOTE,
            message=f"`{name}` is read-only: responses contain it, requests do not need it",
            fix="it can be left out",
            why="APIs ignore such properties in most cases",
        )
    if finding.code == "property-missing" and _is_in_path(request, operation, finding.where):
        return finding._replace(
            severity=Severity.NOTE,
            message=f"`{name}` is missing from the body, but is in the path",
            fix=f"add `{name}` if the API refuses the request without it",
            why="the schema requires it in both; the vendor's own examples leave it out of the body",
        )
    if is_optional_null(operation, payload, finding.where):
        return finding._replace(severity=Severity.NOTE)
    return finding


def _as_unproven(finding: Finding, request: ObservedRequest, operation: Operation) -> Finding:
    """Return a finding about a missing property as a note if other lines of the code may add it to the body."""
    if finding.code != "property-missing" or not request.other_names:
        return finding
    above, _, name = finding.where.rpartition("/")
    is_one = name in _needed_names(operation, above)
    needed = {name} if is_one else _needed_names(operation, finding.where)
    if needed.isdisjoint(request.other_names):
        return finding
    fix = "check that the body has it when it is sent"
    return finding._replace(severity=Severity.NOTE, why=MAY_BE_ADDED, fix=fix, edits=())


def _belongs_in_missing_object(
    operation: Operation, payload: Payload, pointer: str, name: str
) -> bool:
    """Return whether a name belongs to a required object that is missing at `pointer`."""
    required = operation.schema_at(pointer).get("required", ())
    places = (join_pointer(pointer, each) for each in required)
    return any(
        name in operation.schema_at(place).get("properties", {})
        for place in places
        if not has_value(payload.value, place)
    )


def _is_in_path(request: ObservedRequest, operation: Operation, pointer: str) -> bool:
    """Return whether a property must have the same value as a parameter that the path has."""
    place = str(operation.schema_at(pointer).get("x-cxcall-same-as", ""))
    kind, _, name = place.partition(":")
    name = name if kind == "path" else pointer.rpartition("/")[2]
    return kind in ("path", "") and bool(request.path) and f"{{{name}}}" in operation.path


def _mismatch(operation: Operation, payload: Payload, findings: list[Finding]) -> list[Finding]:
    """Return the findings; if the body clearly belongs to another operation, the finding that says so comes first.

    Missing properties of this operation are then notes.
    """
    is_wrapped = any(each.code == "type-mismatch" and not each.where for each in findings)
    if is_wrapped or not any(each.severity is Severity.ERROR for each in findings):
        return findings
    other = find_owner_of_body(operation, payload.value)
    if other is not None:
        return [operation_mismatch(operation, other, payload), *_lessen(findings)]
    return findings


def _lessen(findings: list[Finding]) -> Iterator[Finding]:
    """Yield findings that result if a body is for another operation as notes, and others unchanged."""
    for each in findings:
        is_result = each.code in _OF_OTHER_OPERATION
        yield each._replace(severity=Severity.NOTE) if is_result else each


def _as_advice(finding: Finding, operation: Operation) -> Finding:
    """Return an error as a warning, because the schema is of the operation that was only probably meant."""
    if finding.severity is not Severity.ERROR:
        return finding
    why = f"by the schema of `{operation.name}`, the nearest operation"
    return finding._replace(severity=Severity.WARNING, why=why)
