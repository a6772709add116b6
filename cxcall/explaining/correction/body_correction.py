"""Correct the body of a failed request by the edits of its findings, until only placeholders remain."""

from __future__ import annotations

from copy import deepcopy
from typing import TYPE_CHECKING, Any

from cxcall.documents.json_edits import apply_edits
from cxcall.documents.json_pointer import has_value, leaves, split_pointer, value_at
from cxcall.explaining.checks.body.optional_members import is_optional_null
from cxcall.explaining.operations.known_operations import GENESYS
from cxcall.findings.edit import Applicability, Edit, write
from cxcall.findings.finding import Severity
from cxcall.payloads.errors.value_corrections import new_value, placeholder
from cxcall.payloads.payload import Payload, empty_value
from cxcall.payloads.schema_check import check_body
from cxcall.runtime.known_secrets import MASKED

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from cxcall.contracts.operation import Operation
    from cxcall.explaining.explanation import Explanation
    from cxcall.findings.finding import Finding

_MAX_ROUNDS = 200
_WRONG_VALUES = {"id-format": "uuid", "phone-format": "e164", "placeholder": ""}
"""Codes of findings on a value that must not be repeated, and the format that it should have."""


def correct_body(
    explanation: Explanation,
    operation: Operation,
    value: Any,
    parameters: Mapping[str, str],
    *,
    with_warnings: bool = False,
) -> tuple[Any, tuple[str, ...]]:
    """Return a body for an operation, and the places of values that it does not use.

    The values of `parameters` are in the path or the query, so they are not in the body. `with_warnings`:
    also correct values that are only likely to be wrong.
    """
    empty = empty_value(operation.schema_at(""))
    body = deepcopy(value) if isinstance(value, dict | list) else empty
    if isinstance(body, dict):
        declared = operation.schema_at("").get("properties", {})
        body = {name: body[name] for name in body if name in declared or name not in parameters}
    body = _mark_wrong_values(explanation, operation, body)
    if not body and not operation.needs_body:
        return body, ()
    left_out: list[str] = []
    for _ in range(_MAX_ROUNDS):
        findings = check_body(operation, Payload(body))
        chosen = [
            each._replace(edits=(Edit("remove", each.where),))
            for each in findings
            if each.severity is Severity.ERROR
            and is_optional_null(operation, Payload(body), each.where)
        ] or _choose(findings, with_warnings=with_warnings)
        corrected = body
        for finding in chosen:
            corrected = _apply(corrected, finding.edits)
        if corrected == body:
            break
        body = corrected
        left_out += [
            edit.pointer
            for each in chosen
            for edit in each.edits
            if edit.op == "remove" and not _is_move(each)
        ]
    return body, tuple(left_out)


def _is_move(finding: Finding) -> bool:
    return any(edit.op == "move" for edit in finding.edits)


def _choose(findings: Sequence[Finding], *, with_warnings: bool) -> list[Finding]:
    """Return the findings to correct next: safe ones, then moves, removals, and placeholders last.

    Moves that may be wrong are made one by one, because each can show that another is not needed.
    """
    severities = [Severity.ERROR] + [Severity.WARNING] * with_warnings
    errors = [each for each in findings if each.edits and each.severity in severities]
    safe = [each for each in findings if each.edits and _is(each, Applicability.SAFE)]
    if safe:
        return safe
    unsafe = [each for each in errors if not any(_is_placeholder_edit(edit) for edit in each.edits)]
    moves = [each for each in unsafe if each.code != "property-unknown" or _is_move(each)]
    return moves[:1] or unsafe or errors


def _is(finding: Finding, applicability: Applicability) -> bool:
    return all(edit.applicability is applicability for edit in finding.edits)


def _is_placeholder_edit(edit: Edit) -> bool:
    return edit.applicability is Applicability.PLACEHOLDER


def _apply(body: Any, edits: Sequence[Edit]) -> Any:
    """Return a body after edits; the unchanged body if the place of an edit no longer exists."""
    try:
        return apply_edits(deepcopy(body), edits)
    except KeyError:
        return body


def _mark_wrong_values(explanation: Explanation, operation: Operation, body: Any) -> Any:
    """Return a body with placeholders for values that are wrong, masked, or not known to the source."""
    body = apply_edits(body, _unknown_values(explanation, body))
    for pointer, value in leaves(body):
        if isinstance(value, str) and MASKED in value:
            body = apply_edits(body, [_placeholder(operation, pointer, "")])
    for finding in explanation.findings:
        code, where = finding.code, finding.where
        if (
            code in _WRONG_VALUES
            and not finding.edits
            and where[:1] == "/"
            and has_value(body, where)
            and isinstance(value_at(body, where), str)
        ):
            body = apply_edits(body, [_placeholder(operation, where, _WRONG_VALUES[code])])
    return body


def _unknown_values(explanation: Explanation, body: Any) -> Iterator[Edit]:
    for pointer in explanation.request.unknown:
        if pointer[:1] == "/" and has_value(body, pointer):
            name = split_pointer(pointer)[-1]
            yield write("replace", pointer, f"<{name}>", Applicability.PLACEHOLDER)


def _placeholder(operation: Operation, pointer: str, format_name: str) -> Edit:
    schema = operation.schema_at(pointer)
    value = new_value(operation, pointer)
    is_known = format_name != "uuid" or operation.platform == GENESYS
    if format_name and is_known and not schema.get("format"):
        value = placeholder(split_pointer(pointer)[-1], {"format": format_name})
    return write("replace", pointer, value, Applicability.PLACEHOLDER)
