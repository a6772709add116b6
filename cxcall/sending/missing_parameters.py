"""Find required parameters without a value, together with the errors of what was given."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cxcall.contracts.parameters import unique_flags
from cxcall.findings.errors import UsageError
from cxcall.findings.finding import Finding, Severity
from cxcall.findings.hinted_commands import command

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from cxcall.contracts.operation import Operation
    from cxcall.contracts.parameters import Parameter
    from cxcall.payloads.payload import Payload


class MissingParametersError(UsageError):
    """Required parameters have no value. It also has the errors of the other parameters and of the body."""

    def __init__(self, *findings: Finding) -> None:
        super().__init__(findings[0].message, where=findings[0].where)
        self.findings = findings


def missing_parameters_error(
    operation: Operation,
    values: Mapping[str, str],
    payload: Payload,
    fix_for: Callable[[str], str] | None,
) -> MissingParametersError:
    """Return the error for required parameters without a value.

    `fix_for` returns what to do about the parameter with a name; without it, the flags to add are named.
    """
    missing = [each for each in operation.parameters if each.required and each.name not in values]
    findings = (
        Finding.error(
            "usage",
            each.location,
            f"`{each.name}` is missing from the {each.location}",
            fix_for(each.name),
            origin=each.name,
        )
        if fix_for
        else _missing_flag(operation, each)
        for each in missing
    )
    names = {each.name for each in missing}
    return MissingParametersError(*findings, *_other_errors(operation, values, payload, names))


def _missing_flag(operation: Operation, parameter: Parameter) -> Finding:
    """Return the finding that the flag of a parameter, or `--param`, is missing."""
    name, place = parameter.name, parameter.location
    body_flags = {flag.parameter: flag for flag in operation.flags if flag.sets_body}
    flag = body_flags.get(name) or parameter.flag
    option, fix = f"--param {name}", f"add {command('--param', f'{name}=VALUE')}"
    if flag in body_flags.values() or flag in unique_flags(operation.parameters):
        option, fix = f"--{flag.name}", f"add `--{flag.name} {flag.metavar}`"
    message = f"`{option}` is missing: `{name}` is required in the {place}"
    return Finding.error("usage", option, message, fix)


def _other_errors(
    operation: Operation, values: Mapping[str, str], payload: Payload, missing: set[str]
) -> Iterator[Finding]:
    """Yield the errors of a request without some parameters, but not those in the body that their flags correct."""
    from cxcall.payloads.schema_check import check_body, check_parameters

    found = check_parameters(operation, values, payload)
    if operation.takes_body and payload.value is not None:
        found += check_body(operation, payload)
    places = [
        pointer
        for flag in operation.flags
        if flag.parameter in missing
        for pointer in flag.pointers
    ]
    for finding in found:
        is_set = any(f"{place}/".startswith(f"{finding.where}/") for place in places)
        if finding.severity is Severity.ERROR and not is_set:
            yield finding
