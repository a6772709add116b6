"""Correct the values of a failed request: its body by the edits of its findings, and the parameters of path and query."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from copy import deepcopy
from typing import Any
from urllib.parse import unquote

from cxcall.contracts.operation import Operation
from cxcall.contracts.parameter_styles import text_of_parts
from cxcall.contracts.parameters import Parameter
from cxcall.contracts.path_templates import is_mixed_segment, slot_names, slot_values
from cxcall.documents.json_edits import apply_edits
from cxcall.documents.json_pointer import find_value, has_value, join_pointer, leaves, split_pointer
from cxcall.documents.json_text import find_json
from cxcall.explaining.checks.body.optional_members import is_optional_null
from cxcall.explaining.checks.url.query_check import (
    find_member_renames,
    find_query_renames,
    parameters_in_query,
    query_parameters,
)
from cxcall.explaining.correction.lost_values import find_lost_ids
from cxcall.explaining.explanation import Explanation
from cxcall.explaining.named_places import QUOTATION
from cxcall.explaining.observed_request import ObservedRequest
from cxcall.explaining.operations.known_operations import GENESYS
from cxcall.explaining.operations.path_distance import is_same_word, may_be_id
from cxcall.findings.edit import Applicability, Edit, write
from cxcall.findings.finding import Finding, Severity
from cxcall.payloads.errors.value_corrections import correct_text, new_value, placeholder
from cxcall.payloads.payload import Payload, empty_value, is_form
from cxcall.payloads.placeholders import is_name_of_id, is_placeholder
from cxcall.payloads.schema_check import check_body, is_valid_text
from cxcall.phone.number_masking import mask_text
from cxcall.runtime.patterns import compile_on_use, fold_name
from cxcall.runtime.secrets.known_secrets import MASKED
from cxcall.runtime.secrets.likely_secrets import masked_headers

_MAX_ROUNDS = 200
_WRONG_VALUES = {"id-format": "uuid", "phone-format": "e164", "placeholder": ""}
"""Codes of findings on a value that must not be repeated, and the format that it should have."""
_WRONG_VALUE = ("id-format", "placeholder")
_ROUTE_CHANGE = compile_on_use(r"(?:^|[/\\])\.{1,2}(?:[/\\]|$)")


def correct_body(
    explanation: Explanation,
    operation: Operation,
    value: Any,
    parameters: Mapping[str, str],
    *,
    with_warnings: bool,
) -> tuple[Any, tuple[str, ...]]:
    """Return a body for an operation, and the places of values that it does not use.

    The values of `parameters` are in the path or the query, so they are not in the body. `with_warnings`:
    also correct values that are only likely to be wrong.
    """
    empty = empty_value(operation.schema_at(""))
    body = deepcopy(value) if isinstance(value, dict | list) else empty
    if isinstance(body, dict):
        declared = {**_properties(operation, ""), **_properties(operation, "/0")}
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
        corrected = _apply(body, chosen)
        if corrected == body:
            break
        body = corrected
        removals = (edit for each in chosen if not _is_move(each) for edit in each.edits)
        left_out += [edit.pointer for edit in removals if edit.op == "remove"]
    return _with_values_of_path(operation, body, parameters), tuple(left_out)


def _properties(operation: Operation, pointer: str) -> Mapping[str, Any]:
    return dict(operation.schema_at(pointer).get("properties", {}))


def _with_values_of_path(operation: Operation, body: Any, parameters: Mapping[str, str]) -> Any:
    """Return a body with the value of the path in place of each placeholder that must have the same value."""
    for pointer, value in [*leaves(body)]:
        name = split_pointer(pointer)[-1] if pointer else ""
        known = parameters.get(name, "") if f"{{{name}}}" in operation.path else ""
        if known and is_placeholder(value) and not is_placeholder(known):
            body = apply_edits(body, [write("replace", pointer, known, Applicability.SAFE)])
    return body


def _is_move(finding: Finding) -> bool:
    return any(edit.op == "move" for edit in finding.edits)


def _choose(findings: Sequence[Finding], *, with_warnings: bool) -> list[Finding]:
    """Return the findings to correct next: safe ones, then moves, removals, and placeholders last.

    Moves that may be wrong are made one by one, because each can show that another is not needed.
    """
    severities = [Severity.ERROR] + [Severity.WARNING] * with_warnings
    errors = [each for each in findings if each.edits and each.severity in severities]
    safe = [each for each in findings if _kinds(each) == {Applicability.SAFE}]
    if safe:
        return safe
    unsafe = [each for each in errors if Applicability.PLACEHOLDER not in _kinds(each)]
    moves = [each for each in unsafe if each.code != "property-unknown" or _is_move(each)]
    return moves[:1] or unsafe or errors


def _kinds(finding: Finding) -> set[Applicability]:
    return {edit.applicability for edit in finding.edits}


def _apply(body: Any, findings: Sequence[Finding]) -> Any:
    """Return a body after the edits of findings, without those of a finding whose place no longer exists."""
    try:
        return apply_edits(deepcopy(body), [edit for each in findings for edit in each.edits])
    except KeyError:
        if len(findings) == 1:
            return body
    half = len(findings) // 2
    return _apply(_apply(body, findings[:half]), findings[half:])


def _mark_wrong_values(explanation: Explanation, operation: Operation, body: Any) -> Any:
    """Return a body with placeholders for values that are wrong, masked, or not known to the source."""
    body = apply_edits(body, _unknown_values(explanation, body))
    is_a_form = is_form(operation.media_type)
    for pointer, value in leaves(body):
        is_file = is_a_form and pointer and str(value).startswith("@")
        if isinstance(value, str) and (MASKED in value or is_file):
            body = apply_edits(body, [_placeholder(operation, pointer, "")])
    for finding in explanation.findings:
        code, where = finding.code, finding.where
        if code == "value-not-allowed" and finding.why.startswith(QUOTATION) and finding.edits:
            body = _apply(body, [finding])  # the API lists the values that it allows
        value = find_value(body, where) if where[:1] == "/" else None
        is_doubtful = code == "id-format" and finding.severity is Severity.NOTE
        is_wrong = code in _WRONG_VALUES and not (finding.edits or is_doubtful)
        is_stale = (code, where) == ("state", "/version")
        if is_stale or (is_wrong and isinstance(value, str)):
            edit = None if is_stale else _in_form(where, str(value), code)
            form = _WRONG_VALUES.get(code, "")
            body = apply_edits(body, [edit or _placeholder(operation, where, form)])
    return body


def _in_form(where: str, value: str, code: str) -> Edit | None:
    """Return the edit that writes a phone number in E.164, if only its separators differ; else None."""
    found = correct_text(value, {"format": "e164"}) if code == "phone-format" else None
    is_safe = found is not None and found[1] is Applicability.SAFE
    return write("replace", where, *found) if found and is_safe else None


def _unknown_values(explanation: Explanation, body: Any) -> Iterator[Edit]:
    for pointer in explanation.request.unknown:
        if pointer[:1] == "/" and has_value(body, pointer):
            names = (each for each in reversed(split_pointer(pointer)) if not each.isdigit())
            name = next(names, "body")
            yield write("replace", pointer, f"<{name}>", Applicability.PLACEHOLDER)


def _placeholder(operation: Operation, pointer: str, format_name: str) -> Edit:
    schema = operation.schema_at(pointer)
    value = new_value(operation, pointer)
    is_known = format_name != "uuid" or operation.platform == GENESYS
    if format_name and is_known and not schema.get("format"):
        value = placeholder(split_pointer(pointer)[-1], {"format": format_name})
    return write("replace", pointer, value, Applicability.PLACEHOLDER)


def correct_parameters(
    explanation: Explanation, operation: Operation, body: Any
) -> tuple[dict[str, str], tuple[str, ...]]:
    """Return the parameters of path, query, and headers, and the places of values that the operation does not use."""
    request = explanation.request
    parameters = {each.name: each for each in operation.parameters}
    parameter_values, left_out = _correct_query(request, operation, body)
    in_url = {name: each for name, each in parameters.items() if each.location != "header"}
    in_body, not_used = _members_as_parameters(operation, body, in_url, request.unknown)
    parameter_values |= in_body
    left_out += not_used
    values = _path_values(operation.path, request.path)
    parameter_values |= {
        name: text_of_parts(parameters[name], [value])
        for name, value in values.items()
        if name in parameters
    }
    parameter_values |= dict(_header_values(request, parameters.values()))
    values = {
        name: _usable_value(explanation, operation, parameter, parameter_values.get(name, ""))
        for name, parameter in parameters.items()
        if name in parameter_values or parameter.required
    }
    return values, (*left_out, *find_lost_ids(request.path, operation, values.values()))


def _header_values(
    request: ObservedRequest, parameters: Iterable[Parameter]
) -> Iterator[tuple[str, str]]:
    """Yield the headers of a request that are parameters; one with a secret is to be filled in."""
    for each in parameters:
        name = each.as_sent.name
        if each.location == "header" and (value := request.header(name)):
            (shown,) = masked_headers({name: value}).values()
            yield each.name, text_of_parts(each, [shown])


def _members_as_parameters(
    operation: Operation,
    body: Any,
    parameters: Mapping[str, Parameter],
    unknown: Collection[str],
) -> tuple[dict[str, str], list[str]]:
    """Return the members of a body that are parameters, and for an operation without a body, the places of the others.

    The form of a list or an object in a URL is not known, nor is the value of a place in `unknown`, so that its
    parameter is to be filled in. A null is no value.
    """
    if not isinstance(body, dict):
        return {}, [""] * (bool(body) and not operation.takes_body)
    declared = operation.schema_at("").get("properties", {})
    members = {name: body[name] for name in body if name not in declared}
    renames = {} if operation.takes_body else find_member_renames(operation, members)
    same = {fold_name(name): name for name in parameters}
    values: dict[str, str] = {}
    left_out = []
    for name, value in members.items():
        target = same.get(fold_name(name)) or renames.get(name, "")
        place = join_pointer("", name)
        if target in parameters and (value is not None or place in unknown):
            is_text, is_open = isinstance(value, str), isinstance(value, dict | list | None)
            values[target] = value if is_text else "" if is_open else json.dumps(value)
        elif not operation.takes_body:
            left_out.append(place)
    return values, left_out


def _correct_query(
    request: ObservedRequest, operation: Operation, body: Any
) -> tuple[dict[str, str], list[str]]:
    """Return the values of the query by their correct names, and the places of values without a correct name.

    A value that is not valid for the parameter of that name is left out.
    """
    parameters, renames = query_parameters(operation), find_query_renames(request, operation)
    same = {fold_name(name): name for name in parameters}
    values, others = parameters_in_query(request, operation)
    query = {parameters[name].name: text or "" for name, text in values.items()}
    left_out = []
    for name, value in others:
        known = same.get(fold_name(name), "")
        target = known or renames.get(name, name)
        if known or (target in parameters and is_valid_text(parameters[target].schema, [value])):
            own = parameters[target].name
            query[own] = f"{query[own]},{value}" if own in query else value
        elif not (isinstance(body, dict) and target in body):
            left_out.append(f"query:{name}")
    return query, left_out


def _usable_value(
    explanation: Explanation, operation: Operation, parameter: Parameter, value: str
) -> str:
    """Return the value of a parameter, or a placeholder if it is missing, wrong, or changes the path."""
    of_place = (each for each in explanation.findings if each.where == parameter.location)
    wrong = False
    for each in of_place:
        is_own = each.origin == parameter.name and each.code == "value-not-allowed"
        wrong |= is_own and each.severity is Severity.ERROR
        wrong |= each.code in _WRONG_VALUE and each.value in (value, mask_text(value))
    is_usable = value.isprintable() and value != MASKED and not _ROUTE_CHANGE.search(unquote(value))
    is_id = parameter.location == "path" or is_name_of_id(parameter.name)
    is_filled = bool(value) and not has_open_place(value, id_wanted=is_id) and not wrong
    if is_usable and is_filled and is_valid_text(parameter.schema, [value]):
        return value
    is_uuid = operation.platform == GENESYS and parameter.name.endswith("Id")
    return placeholder(parameter.name, {"format": "uuid"} if is_uuid else parameter.schema)


def has_open_place(text: str, *, id_wanted: bool = False) -> bool:
    """Return whether the text of a parameter has a placeholder; a list or an object may be written as JSON."""
    value = find_json(text, text) if text[:1] in ("[", "{") else text
    texts = [text] if value is text else [leaf for _, leaf in leaves(value)]
    return any(is_placeholder(each, id_wanted=id_wanted) for each in texts)


def _path_values(template: str, path: str) -> dict[str, str]:
    """Return the values of a template's parameters in a path; an empty text for each missing value.

    A value is found after the same word as in the template, perhaps misspelled or in the singular, and with extra words
    between: without that word, it is the ID of another kind of object. A plain word never counts as an ID.
    """
    expected, segments = template.strip("/").split("/"), path.strip("/").split("/")
    words = [each for each in expected if "{" not in each]
    values = dict.fromkeys(slot_names(template), "")
    for index, name in enumerate(expected):
        if "{" not in name:
            continue
        before = next((at for at in range(index - 1, -1, -1) if expected[at] in words), None)
        places = [end := index - len(expected) + len(segments)]
        if before is not None:
            pairs = enumerate(segments)
            same = [at for at, each in pairs if is_same_word(each, expected[before])]
            places = [*(at + index - before for at in same), *[end] * any(at < end for at in same)]
        is_id = not is_mixed_segment(name) and is_name_of_id(name[1:-1])
        found = (segments[at] for at in places if 0 <= at < len(segments))
        usable = (each for each in found if each not in words and (may_be_id(each) or not is_id))
        read = (slot_values(name, each) for each in usable)
        values |= {each: unquote(value) for each, value in next(filter(None, read), {}).items()}
    return values
