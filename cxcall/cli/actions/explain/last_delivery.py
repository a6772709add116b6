"""Explain the last delivery that was not accepted, from its record in the ledger."""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from cxcall.cli.actions.explain.request_printer import headline
from cxcall.cli.actions.history import delivery_section
from cxcall.contracts.call_risk import Route
from cxcall.contracts.contract import load_contracts, load_user_contract
from cxcall.explaining.explanation import explain_request
from cxcall.explaining.readers.request_builder import build_observed_request, build_response
from cxcall.findings.errors import UsageError
from cxcall.findings.exit_codes import ExitCode, Outcome
from cxcall.findings.finding import Finding
from cxcall.findings.hinted_commands import unknown_fix
from cxcall.ledger.record_types import record_fields
from cxcall.output.count_phrases import format_severity_counts
from cxcall.output.layouts import Section
from cxcall.output.report import Report
from cxcall.payloads.payload import Payload
from cxcall.payloads.schema_check import has_errors
from cxcall.sending.configured_ledger import open_ledger
from cxcall.sending.people_in_request import marked_ids
from cxcall.sending.send_plan import possible_effect

if TYPE_CHECKING:
    from cxcall.cli.shared_options import ContractOptions
    from cxcall.contracts.operation import Operation
    from cxcall.ledger.ledger import Ledger
    from cxcall.ledger.record_types import Record


def explain_last(contracts: ContractOptions) -> Report:
    """Explain the last delivery that was refused, got no acceptance from the API, or may have placed a call."""
    with open_ledger(is_for_reading=True) as ledger:
        record = _last_not_accepted(ledger)
    if record is None:
        raise UsageError(
            "the ledger has no delivery that was refused or whose outcome is unknown",
            where="--last",
            fix="see `cxcall history list`",
        )
    request = build_observed_request(
        f"delivery {record.id}",
        method=record.method,
        url=record.target,
        response=build_response(record.status, None, _recorded_answer(record)),
    )
    own = _find_document(contracts, record)
    explanation = explain_request(request, load_user_contract(own) if own else None)
    limit = [_limit_of_ledger(record)]
    if record.is_unresolved and not record.status:
        # A lost response is not caused by the request, and nothing more can be captured.
        explanation, limit = explanation._replace(findings=()), []
    unknown = _unknown_outcome(record, _find_operation(record, own))
    findings = [*unknown, *explanation.findings, *limit]
    is_error = explanation.is_unexplained or has_errors(findings)
    return Report(
        "explain",
        Outcome.INVALID if is_error else Outcome.OK,
        ExitCode.INVALID if is_error else ExitCode.OK,
        findings=findings,
        findings_are_data=True,
        data={**record_fields(record), "attempts": [explanation.as_dict()]},
        sections=[Section(headline(explanation)), delivery_section(record), Section()],
        summary=format_severity_counts(Counter(finding.severity for finding in findings)),
    )


def _last_not_accepted(ledger: Ledger) -> Record | None:
    """Return the newest delivery that was refused, may have placed a call, or was not processed despite a response."""
    unanswered = (each for each in ledger.records(outcome="undelivered") if each.status)
    newest = (
        ledger.last("refused"),
        next(ledger.records(unresolved=True, limit=1), None),
        next(unanswered, None),
    )
    return max(filter(None, newest), key=lambda record: record.at, default=None)


def _find_document(contracts: ContractOptions, record: Record) -> str | None:
    """Return the user's document, from the flag or the profile of the delivery; None if it is not known.

    The profile may have been removed.
    """
    if contracts.contract:
        return contracts.find_file()
    with suppress(UsageError):
        return contracts.find_file(record.profile)
    return None


def _find_operation(record: Record, own: str | None) -> Operation | None:
    """Return the operation that the delivery recorded; None if its document is not given, or has changed."""
    recorded = Route.of(record.method, "", {}, record.target)
    known = (each for one in load_contracts(own) for each in one.find_by_name(record.operation))
    equal = (each for each in known if recorded.may_equal(Route.of(each.method, each.path, {}, "")))
    return next(equal, None)


def _unknown_outcome(record: Record, operation: Operation | None) -> list[Finding]:
    if not record.is_unresolved:
        return []
    names_person = bool(record.numbers or (operation and _marks_person(operation)))
    may, question, effect = possible_effect(
        operation, is_load=record.is_load, names_person=names_person
    )
    fix = unknown_fix(
        record.id,
        is_load=record.is_load,
        is_repeatable=operation is not None and operation.is_repeatable,
        question=question,
    )
    if operation is None:
        fix += f"; `--contract FILE`, with the document of `{record.operation}`, shows whether to run it again"
    note = f": {record.note}" if record.note and not record.status else ""
    finding = Finding.error(
        "outcome-unknown",
        "ledger",
        f"the outcome of this delivery is unknown{note}; {may}",
        fix=fix,
        why=f"the request may have arrived: sending it again {effect}",
        source="ledger",
    )
    return [finding]


def _marks_person(operation: Operation) -> bool:
    """Return whether a request of an operation has the ID of a person, by its parameters and example."""
    values = {each.name: "1" for each in operation.parameters}
    return any(marked_ids(operation, values, Payload(operation.example)))


def _limit_of_ledger(record: Record) -> Finding:
    """Return the note on unrecorded facts; it does not advise to repeat a request that may have placed a call."""
    again = "see the response that the command printed"
    if not record.is_unresolved:
        again = "send the request again with `-o json`, and explain that output"
    return Finding.note(
        "not-provable",
        "ledger",
        "the ledger keeps neither request bodies nor response bodies, only the API's code and message",
        fix=f"give the correlation ID `{record.correlation_id}` to support"
        if record.correlation_id
        else again,
        source="ledger",
    )


def _recorded_answer(record: Record) -> dict[str, Any] | None:
    """Return the recorded part of a response body; None if nothing was recorded."""
    message = (record.message or "").removesuffix(f" ({record.code})")
    kept = {"status": record.status, "code": record.code, "message": message}
    return kept if record.code or record.message else None
