"""A request -> findings, before it is sent: what the contract says of its body and parameters."""

from __future__ import annotations

import json
import os
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

from cxcall.contracts.json_schema import compile_schema
from cxcall.documents.json_document import DocumentError, parse
from cxcall.documents.text_files import read_text
from cxcall.findings.finding import Finding, Severity
from cxcall.payloads.operation_matching import (
    OperationMatch,
    count_declared_properties,
    declared_names,
    find_valid_operations,
    has_declared_property,
    match_operations,
    property_names,
)
from cxcall.payloads.payload import Payload

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from cxcall.contracts.catalog import Catalog
    from cxcall.contracts.contract import Operation
    from cxcall.contracts.json_schema import JsonSchema


class Verdict(NamedTuple):
    """What a check found, in the order of the payload.

    `operations` names those that the payload is valid as; when it is not valid, the one that it was
    checked as, which is the nearest one where none was named.
    """

    operations: tuple[str, ...]
    findings: tuple[Finding, ...]

    @property
    def valid(self) -> bool:
        """Whether no finding is an error: warnings and notes do not stop a request."""
        return not has_errors(self.findings)


def check(
    payload: object,
    operation: str | None = None,
    *,
    contract: str | os.PathLike[str] | None = None,
) -> Verdict:
    """Check the body of a request offline, as `cxcall validate` does.

    `payload` is what would be sent: a value that `json.dumps` takes, or the `pathlib.Path` of a file
    that holds one JSON document; its findings then have lines and columns. `operation` is a name of
    `cxcall operations`; without it the payload is checked as the operation that it fits, or is
    nearest to. `contract` is an OpenAPI or Swagger document of one's own, read once for the process; no
    setting, environment variable or profile is looked at.

    Raises UsageError (a CxcallError) for a file or contract that cannot be read and for an operation
    that is not known, TypeError or ValueError for a value that is not JSON.
    """
    known = _cached_catalog(os.fspath(contract) if contract is not None else None)
    named = known.named(operation) if operation is not None else None
    try:
        body = _read_payload(payload)
    except DocumentError as error:
        return Verdict((named.name,) if named else (), error.findings)
    return match_and_check(known, body, named)


@cache
def _cached_catalog(contract: str | None) -> Catalog:
    from cxcall.contracts.catalog import load_catalog

    return load_catalog(contract)


def _read_payload(payload: object) -> Payload:
    """Read a payload; raises DocumentError where what would be sent is no JSON document."""
    if isinstance(payload, os.PathLike):
        path = os.fspath(payload)
        document = parse(read_text(path), path)
        return Payload(document.value, document)
    if isinstance(payload, str):
        raise TypeError("a file is given as `pathlib.Path(...)`, JSON text as `json.loads(...)`")
    try:
        return Payload(parse(json.dumps(payload, allow_nan=False), "payload").value)
    except DocumentError as error:
        # The text is made here: a place in it would mean nothing to the caller.
        raise DocumentError(*(each._replace(excerpt=None) for each in error.findings)) from None


def match_and_check(
    known: Sequence[Operation], body: Payload, named: Operation | None = None
) -> Verdict:
    """Check a body that was read, as the operation `named` or as the one of `known` that it fits."""
    found = None if named else match_operations(known, body.value)
    operation, findings = check_payload(known, body, named, found)
    every = (*(body.document.findings if body.document else ()), *findings)
    fitting = found.matches if found and not has_errors(every) else (operation,)
    return Verdict(tuple(entry.name for entry in fitting), every)


def check_body(operation: Operation, body: Payload) -> list[Finding]:
    """Return every finding on a body, in the order of the file it came from.

    An `error` stands here exactly when JSON Schema 2020-12 calls the body invalid.
    """
    from cxcall.payloads.likely_mistakes import find_likely_mistakes

    judge = compile_schema(operation.body_schema)
    if judge.is_valid(body.value):
        findings: list[Finding] = []
    else:
        from cxcall.payloads.schema_errors import explain_schema_error

        findings = [
            finding
            for misfit in judge.iter_errors(body.value)
            for finding in explain_schema_error(operation, body, misfit)
        ]
    findings.extend(find_likely_mistakes(operation, body, {finding.where for finding in findings}))
    return sort_findings(findings)


def check_parameters(
    operation: Operation, values: Mapping[str, str], body: Payload | None = None
) -> list[Finding]:
    """Return the findings on path and query parameters: against their schemas, and against the body."""
    from cxcall.payloads.likely_mistakes import find_id_mismatches

    findings = []
    for parameter in operation.parameters:
        value = values.get(parameter.name)
        if value is not None and not is_valid_text(parameter.schema, [value]):
            from cxcall.payloads.schema_errors import explain_parameter_error

            findings.append(explain_parameter_error(operation, parameter, value))
    if body is not None:
        findings.extend(find_id_mismatches(operation, values, body))
    return findings


def is_valid_text(schema: JsonSchema, texts: list[str]) -> bool:
    """Tell whether the texts of one parameter, in any reading of them, are as its schema wants."""
    judge = compile_schema(schema)
    return any(judge.is_valid(value) for value in _possible_values(texts))


def _possible_values(texts: list[str]) -> Iterator[Any]:
    """Yield what the text of a parameter may stand for: itself, a number or boolean, a list of them."""
    if len(texts) == 1:
        yield texts[0]
        yield _parse_scalar(texts[0])
        texts = texts[0].split(",")
    yield texts
    yield [_parse_scalar(text) for text in texts]


def _parse_scalar(text: str) -> Any:
    try:
        value = json.loads(text, parse_constant=str)
    except (ValueError, RecursionError):
        return text
    return value if isinstance(value, bool | int | float) else text


def sort_findings(findings: Iterable[Finding]) -> list[Finding]:
    """Sort by place in the file; what has no place keeps its turn, after what has one.

    Two findings at one place stay in their order; a repeated one is dropped.
    """
    unique = dict.fromkeys(findings)
    return sorted(
        unique,
        key=lambda found: (
            (found.excerpt.line, found.excerpt.column) if found.excerpt else (float("inf"), 0)
        ),
    )


def has_errors(findings: Iterable[Finding], *, strict: bool = False) -> bool:
    """Tell whether the findings stop a request; `strict` counts warnings as errors."""
    stopping = {Severity.ERROR, Severity.WARNING} if strict else {Severity.ERROR}
    return any(finding.severity in stopping for finding in findings)


def check_payload(
    operations: Sequence[Operation],
    body: Payload,
    named: Operation | None = None,
    found: OperationMatch | None = None,
) -> tuple[Operation, list[Finding]]:
    """Check a body against the operation `named`, or else against the one it fits or is nearest to.

    `found` is what `fit` says of the body, where that is known. Returns that operation and the
    findings; where the body fits another operation than the one named, or fits several, a finding
    says which.
    """
    operation = named or (found or match_operations(operations, body.value)).nearest
    findings = check_body(operation, body)
    if has_errors(findings):
        if named is None:
            findings.append(_no_matching_operation(operation, body.value))
        else:
            others = find_valid_operations(operations, body.value)
            known = next(
                (entry for entry in others if has_declared_property(entry, body.value)), None
            )
            findings[:0] = [_operation_mismatch(named, known, body)] if known else []
    return operation, findings


def _operation_mismatch(named: Operation, other: Operation, body: Payload) -> Finding:
    has = property_names(body.value) - declared_names(named)
    lacks = declared_names(named) - property_names(body.value)
    told = [
        f"{verb} {', '.join(f'`{name}`' for name in sorted(names))}"
        for verb, names in (("it has", has), ("it lacks", lacks))
        if names
    ]
    return Finding(
        Severity.ERROR,
        "operation-mismatch",
        "body",
        f"this payload is not for `{named.name}`, it fits `{other.name}`",
        fix=f"send it to `{other.method} {other.path}`: `--operation {other.name}`",
        why=f"as `{named.name}` {' and '.join(told)}" if told else "",
        source=f"contract {other.contract.name}",
        excerpt=body.find_excerpt(""),
    )


def _no_matching_operation(operation: Operation, value: Any) -> Finding:
    shares = count_declared_properties(operation, value)
    how = "the nearest one" if shares else "for want of a property that any of them knows"
    return Finding(
        Severity.NOTE,
        "operation-mismatch",
        "body",
        f"this payload fits no operation; it was checked as `{operation.name}`, {how}",
        fix="name the operation it is meant for with `--operation NAME`",
        source=f"contract {operation.contract.name}",
    )
