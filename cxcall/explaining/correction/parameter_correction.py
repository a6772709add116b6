"""Correct the parameters of a failed request's path and query, with placeholders for values to fill in."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from cxcall.explaining.checks.url.query_members import find_renames, query_parameters
from cxcall.explaining.operations.known_operations import GENESYS
from cxcall.explaining.operations.path_distance import may_be_id
from cxcall.payloads.errors.value_corrections import placeholder
from cxcall.payloads.placeholders import is_name_of_id, is_placeholder
from cxcall.payloads.schema_check import is_valid_text
from cxcall.phone.number_masking import mask_text
from cxcall.runtime.known_secrets import MASKED
from cxcall.runtime.patterns import fold_name

if TYPE_CHECKING:
    from cxcall.contracts.operation import Operation
    from cxcall.contracts.parameters import Parameter
    from cxcall.explaining.explanation import Explanation
    from cxcall.explaining.observed_request import ObservedRequest

_WRONG_VALUE = ("id-format", "placeholder")
_ROUTE_CHANGE = re.compile(r"(?:^|[/\\])\.{1,2}(?:[/\\]|$)")


def correct_parameters(
    explanation: Explanation, operation: Operation, body: Any
) -> tuple[dict[str, str], tuple[str, ...]]:
    """Return the parameters of path and query, and the places of values that the operation does not use."""
    request = explanation.request
    parameters = {
        each.name: each for each in operation.parameters if each.location in ("path", "query")
    }
    parameter_values, left_out = _correct_query(request, operation, body)
    if isinstance(body, dict):
        declared = operation.schema_at("").get("properties", {})
        misplaced = {
            name: body[name] for name in body if name in parameters and name not in declared
        }
        parameter_values |= {
            name: value if isinstance(value, str) else json.dumps(value)
            for name, value in misplaced.items()
        }
    sent = explanation.route.operation or operation
    values = _path_values(sent.path, request.path)
    parameter_values |= {name: value for name, value in values.items() if name in parameters}
    values = {
        name: _usable_value(explanation, operation, parameter, parameter_values.get(name, ""))
        for name, parameter in parameters.items()
        if name in parameter_values or parameter.required
    }
    return values, tuple(left_out)


def _correct_query(
    request: ObservedRequest, operation: Operation, body: Any
) -> tuple[dict[str, str], list[str]]:
    """Return the values of the query by their correct names, and the places of values without a correct name.

    A value that is not valid for the parameter of that name is left out.
    """
    parameters, renames = query_parameters(operation), find_renames(request, operation)
    same = {fold_name(name): name for name in parameters}
    query: dict[str, str] = {}
    left_out = []
    for name, value in request.query:
        known = same.get(fold_name(name), "")
        target = known or renames.get(name, name)
        if known or (target in parameters and is_valid_text(parameters[target].schema, [value])):
            query[target] = f"{query[target]},{value}" if target in query else value
        elif not (isinstance(body, dict) and target in body):
            left_out.append(f"query:{name}")
    return query, left_out


def _usable_value(
    explanation: Explanation, operation: Operation, parameter: Parameter, value: str
) -> str:
    """Return the value of a parameter, or a placeholder if it is missing, wrong, or changes the path."""
    wrong = [
        each
        for each in explanation.findings
        if each.where == parameter.location
        and each.code in _WRONG_VALUE
        and each.value in (value, mask_text(value))
    ]
    is_usable = value.isprintable() and value != MASKED and not _ROUTE_CHANGE.search(unquote(value))
    is_filled = bool(value) and not is_placeholder(value, id_wanted=True) and not wrong
    if is_usable and is_filled and is_valid_text(parameter.schema, [value]):
        return value
    is_uuid = operation.platform == GENESYS and parameter.name.endswith("Id")
    return placeholder(parameter.name, {"format": "uuid"} if is_uuid else parameter.schema)


def _path_values(template: str, path: str) -> dict[str, str]:
    """Return the values of a template's parameters in a path; an empty text for each missing value.

    A value is found after the same word as in the template. If that word is misspelled, or an extra word is
    in the path, it is found at the same place counted from the end. A plain word never counts as an ID.
    """
    expected, segments = template.strip("/").split("/"), path.strip("/").split("/")
    words = [each for each in expected if each[:1] != "{"]
    values = {}
    for index, name in enumerate(expected):
        if name[:1] != "{":
            continue
        before = next((at for at in range(index - 1, -1, -1) if expected[at] in words), None)
        places = [index - len(expected) + len(segments)]
        if before is not None and expected[before] in segments:
            places.insert(0, segments.index(expected[before]) + index - before)
        is_id = is_name_of_id(name[1:-1])
        found = (segments[at] for at in places if 0 <= at < len(segments))
        usable = (each for each in found if each not in words and (may_be_id(each) or not is_id))
        values[name[1:-1]] = unquote(next(usable, ""))
    return values
