"""Check the body and parameters of a request against the schema of its operation."""

from __future__ import annotations

import json
import os
from functools import cache
from typing import TYPE_CHECKING, Any

from cxcall.contracts.json_schema import compile_schema, is_acceptable
from cxcall.contracts.openapi_document import rules_on
from cxcall.documents.json_document import MAX_DEPTH, DocumentError, is_too_deep, parse_json
from cxcall.documents.json_pointer import leaves
from cxcall.documents.json_text import as_text, find_json
from cxcall.documents.text_files import read_text
from cxcall.findings.finding import Finding, Severity
from cxcall.findings.text_lists import list_first
from cxcall.named_tuple import NamedTuple
from cxcall.payloads.payload import Payload
from cxcall.payloads.placeholders import is_name_of_id, is_placeholder
from cxcall.phone.number_property_names import may_be_wrong_number

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from cxcall.contracts.contract import Catalog
    from cxcall.contracts.json_schema import JsonSchema
    from cxcall.contracts.operation import Operation
    from cxcall.contracts.parameters import Parameter


_MAX_NAMES = 6


class Verdict(NamedTuple):
    """The findings of a check, in the order of the payload.

    `operations` names the operations that the payload is valid for. For an invalid payload it names
    the operation that it was checked as: the named operation, or else the nearest.
    """

    operations: tuple[str, ...]
    findings: tuple[Finding, ...]

    @property
    def valid(self) -> bool:
        """Whether no finding is an error."""
        return not has_errors(self.findings)


def check(
    payload: object,
    operation: str | None = None,
    *,
    contract: str | os.PathLike[str] | None = None,
) -> Verdict:
    """Check the body of a request offline, as `cxcall validate` does.

    `payload` is what would be sent: a value that `json.dumps` accepts, except text, or the `pathlib.Path` of
    a JSON file, whose findings have lines and columns. `operation` is a name that `cxcall operations`
    lists; without it the payload is checked as the operation that it matches, or else the nearest.
    `contract` is your own OpenAPI or Swagger document, read once per process. Settings, environment
    variables, and profiles have no effect.

    Raises UsageError (a CxcallError) for a file or document that cannot be read and for an unknown
    operation; TypeError for text and for a value of a type that JSON does not have, and ValueError for NaN, an
    infinite number, an integer of more than 4300 digits, and a value that contains itself. A value
    that is nested too deep gets a finding.
    """
    catalog = _cached_catalog(os.fspath(contract) if contract is not None else None)
    named = catalog.find_operation(operation) if operation is not None else None
    try:
        body = read_payload(payload)
    except DocumentError as error:
        return Verdict((named.name,) if named else (), error.findings)
    return match_and_check(catalog, body, named)


@cache
def _cached_catalog(contract: str | None) -> Catalog:
    from cxcall.contracts.contract import load_catalog

    return load_catalog(contract)


def read_payload(payload: object) -> Payload:
    """Read a payload; raises DocumentError if it is not a JSON document."""
    if isinstance(payload, os.PathLike):
        path = os.fspath(payload)
        document = parse_json(read_text(path), path)
        return Payload(document.value, document)
    if isinstance(payload, str):
        raise TypeError("pass a file as `pathlib.Path(...)`, JSON text as `json.loads(...)`")
    try:
        return Payload(parse_json(_as_json(payload), "payload").value)
    except DocumentError as error:
        # The caller has never seen this text, so a position in it would be meaningless.
        raise DocumentError(*(each._replace(excerpt=None) for each in error.findings)) from None


def _as_json(payload: object) -> str:
    if is_too_deep(payload):
        return "[" * (MAX_DEPTH + 1)  # also nested too deep, so that `parse_json` reports it
    return json.dumps(payload, allow_nan=False)


def match_and_check(
    operations: Sequence[Operation], body: Payload, named: Operation | None
) -> Verdict:
    """Return the verdict on a body, checked as the operation `named`, or as the one that it matches or is nearest to.

    If the body has errors, a finding says which other operation it matches, or that the operation is only
    the nearest one.
    """
    from cxcall.payloads import operation_matching as matching

    matches: tuple[Operation, ...] = ()
    if named is None:
        matches, operation = matching.match_operations(operations, body.value)
    else:
        operation = named
    if not operation.takes_body:
        from cxcall.payloads.errors.structure_errors import find_unexpected_body

        found = [*find_unexpected_body(operation, body)]
    elif has_errors(found := check_body(operation, body)):
        if named is None:
            found.append(_no_matching_operation(operations, operation, body))
        elif other := matching.find_better_operation(operations, named, body.value):
            found.insert(0, operation_mismatch(named, other, body))
    elif matches:
        from cxcall.payloads.intended_command import note_intended_command

        found += note_intended_command(operations, matches, body, check_body)
    findings = (*(body.document.findings if body.document else ()), *found)
    valid_for = (operation,) if has_errors(findings) or not matches else matches
    return Verdict(tuple(each.name for each in valid_for), findings)


def check_body(operation: Operation, body: Payload) -> list[Finding]:
    """Return the findings on a body, in the order of its file.

    One of them is an error if the body is invalid by JSON Schema 2020-12. A valid body has an error only for a
    placeholder that would be dialed.
    """
    from cxcall.payloads.likely_mistakes import find_likely_mistakes

    findings: list[Finding] = []
    structures: list[Finding] = []
    corrected = body
    if not compile_schema(operation.body_schema).is_valid(body.value):
        from cxcall.payloads.errors.schema_errors import explain_schema_errors
        from cxcall.payloads.errors.structure_errors import find_wrong_structures

        findings, corrected = explain_schema_errors(operation, body)
        # The body may only fit several alternatives, which is a warning.
        structures = [*find_wrong_structures(operation, body)] if has_errors(findings) else []
    moved = {*corrected.moved.values()}
    known = {
        each.where
        for each in findings
        if each.code != "property-unknown" or each.where not in moved
    }
    findings.extend(find_likely_mistakes(operation, corrected, known))
    findings = list(map(corrected.without_false_certainty, findings))
    renamed = corrected.places_with_renames()
    structures = [each for each in structures if each.where not in renamed]
    found = [*structures, *sort_findings(findings)]
    if structures or has_errors(found):
        from cxcall.payloads.errors.structure_errors import without_wrapper

        found = without_wrapper(operation, body, found)
    if not found:
        return found
    from cxcall.payloads.masked_findings import without_secrets

    return without_secrets(found, body.value)


def check_parameters(
    operation: Operation, values: Mapping[str, str], body: Payload | None = None
) -> list[Finding]:
    """Return the findings on path and query parameters, compared with their schemas and the body."""
    from cxcall.payloads.likely_mistakes import find_id_mismatches

    findings: list[Finding] = []
    for parameter in operation.parameters:
        value = values.get(parameter.name)
        if value is None:
            continue
        if not is_valid_text(parameter.schema, [value]):
            from cxcall.payloads.errors.broken_rules import explain_parameter_error

            findings.append(explain_parameter_error(operation, parameter, value))
        elif _is_unfilled(operation, parameter.as_sent, value):
            from cxcall.payloads.errors.broken_rules import explain_unfilled_parameter

            findings.append(explain_unfilled_parameter(operation, parameter, value))
        elif has_other_spelling(parameter, value) or parameter.has_other_integers(value):
            from cxcall.payloads.errors.broken_rules import explain_spelling

            findings.append(explain_spelling(operation, parameter, value))
        elif may_be_wrong_number(parameter.schema, parameter.name, value):
            from cxcall.payloads.undialable_values import find_undialable

            name = parameter.name
            found = find_undialable(operation, parameter.schema, name, value)
            findings += [found._replace(where=parameter.location, origin=name)] if found else ()
    rules = rules_on(operation.contract.declared, operation.method, operation.path, "query")
    if rules and values:
        from cxcall.payloads.declared_conditions import find_broken_rules

        findings.extend(find_broken_rules(rules, values, {each.origin for each in findings}))
    if body is not None:
        findings.extend(find_id_mismatches(operation, values, body))
    if not findings:
        return findings
    from cxcall.payloads.masked_findings import without_secret_parameters

    return without_secret_parameters(findings, values)


def _is_unfilled(operation: Operation, parameter: Parameter, value: str) -> bool:
    """Return whether a parameter in the path, an ID, or a number to dial is a placeholder that its schema allows."""
    is_id, read = is_name_of_id(parameter.name), parameter.value_of(value)
    texts = [value] if read is value else [leaf for _, leaf in leaves(read)]
    if not any(
        isinstance(text, str) and is_placeholder(text, id_wanted=is_id, name=parameter.name)
        for text in texts
    ):
        return False
    if is_id or parameter.location == "path":
        return True
    from cxcall.payloads.undialable_values import is_dialed_place, may_be_address

    is_dialed = is_dialed_place(operation, parameter.schema, parameter.name)
    return is_dialed and not may_be_address(value)


def has_other_spelling(parameter: Parameter, value: str) -> bool:
    """Return whether a path parameter has another spelling that a platform may accept as the same value.

    Requests with two spellings of one ID are not detected as duplicates. Spellings differ in blanks at the ends,
    invisible characters, and numbers such as `1001.0` or `1e3`.
    """
    if parameter.location != "path":
        return False
    if value != value.strip() or not value.isprintable():
        return True
    number = _parse_scalar(value)
    is_whole = isinstance(number, float) and number.is_integer()
    is_plain = isinstance(number, str) or (json.dumps(number) == value and not is_whole)
    return not is_plain and not is_acceptable(parameter.schema, value)


def is_valid_text(schema: JsonSchema, texts: list[str]) -> bool:
    """Return whether the texts of a parameter can stand for a value that matches its schema."""
    return any(is_acceptable(schema, value) for value in _possible_values(texts))


def _possible_values(texts: list[Any]) -> Iterator[Any]:
    """Yield the values that texts may stand for: a string, a number or boolean, an object, a list."""
    if len(texts) == 1:
        (text,) = texts
        yield text
        yield _parse_scalar(text)
        read = find_json(text, None, is_strict=True) if text.lstrip()[:1] in ("{", "[") else None
        if read is not None:
            yield read
        if isinstance(read, list):
            texts = [as_text(each) if isinstance(each, int | float) else each for each in read]
        else:
            texts = text.split(",")
    yield texts
    yield [_parse_scalar(text) for text in texts]


def _parse_scalar(text: Any) -> Any:
    if not isinstance(text, str):
        return text
    value = find_json(text, text, is_strict=True)
    return value if isinstance(value, bool | int | float) else text


def sort_findings(findings: Iterable[Finding]) -> list[Finding]:
    """Return findings sorted by their place in the file, without duplicates.

    Findings without a place come last; those at the same place keep their order.
    """
    return sorted(
        dict.fromkeys(findings),
        key=lambda found: (
            (found.excerpt.line, found.excerpt.column) if found.excerpt else (float("inf"), 0)
        ),
    )


def has_errors(findings: Iterable[Finding], *, strict: bool = False) -> bool:
    """Return whether findings stop a request; `strict` counts warnings as errors."""
    stopping = {Severity.ERROR, Severity.WARNING} if strict else {Severity.ERROR}
    return any(finding.severity in stopping for finding in findings)


def operation_mismatch(named: Operation, other: Operation, body: Payload) -> Finding:
    """Return the finding that a body is for another operation than the one named."""
    from cxcall.payloads.operation_matching import declared_names, property_names

    present, declared = property_names(body.value), declared_names(named)
    required = set(named.schema_at("").get("required", ()))
    lacking = required - present or declared - present
    differences = [
        f"{verb} {list_first([f'`{name}`' for name in sorted(names)], _MAX_NAMES)}"
        for verb, names in (("it has", present - declared), ("it lacks", lacking))
        if names
    ]
    return Finding.error(
        "operation-mismatch",
        "body",
        f"this payload is not for `{named.name}`, it fits `{other.name}`",
        fix=f"send it to `{other.method} {other.path}`: `--operation {other.name}`",
        why=f"as `{named.name}` {' and '.join(differences)}" if differences else "",
        source=other.source,
        excerpt=body.find_excerpt(""),
    )


def _no_matching_operation(
    operations: Sequence[Operation], operation: Operation, body: Payload
) -> Finding:
    from cxcall.payloads.operation_matching import advise_unusable, count_recognized

    is_nearest = count_recognized(operation, body.value) > 0
    choice = ", the nearest one" if is_nearest else " (no known property matched)"
    unusable = advise_unusable(operations)
    return Finding.note(
        "operation-mismatch",
        "body",
        f"this payload fits no {'usable ' * bool(unusable)}operation; it was checked as `{operation.name}`{choice}",
        fix="name the operation that it is for: `--operation NAME`" + unusable,
        source=operation.source,
        excerpt=body.find_excerpt(""),
    )
