"""Split a request whose response does not list all of its contacts: the listed rows are accepted, the others unknown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cxcall.findings.exit_codes import ExitCode, Outcome
from cxcall.findings.finding import Finding
from cxcall.findings.hinted_commands import resolve_fix
from cxcall.ledger.request_identity import RequestPart
from cxcall.ledger.row_ranges import describe_ranges, format_ranges
from cxcall.ledger.stored_values import new_id
from cxcall.output.report import delivery_report
from cxcall.payloads.payload import Payload
from cxcall.sending.numbers_in_request import find_numbers

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from cxcall.batch.row_checks import CheckedRow
    from cxcall.batch.row_result import RowResult
    from cxcall.contracts.operation import Operation
    from cxcall.responses.delivery import Delivery
    from cxcall.sending.checked_request import CheckedRequest


def split_request(
    checked: CheckedRow, missing: Sequence[int], delivery: str, contact: Operation, now: datetime
) -> tuple[RequestPart, ...]:
    """Return the listed and the missing rows of a request as parts; none if no row is listed, or if they lack a person.

    `missing` are numbers of rows, `contact` is the operation that would send one contact.
    """
    request, numbers = checked.request, tuple(row.number for row in checked.rows)
    if request is None or len(missing) == len(numbers):
        return ()
    listed = tuple(sorted({*numbers} - {*missing}))
    parts = ((listed, Outcome.ACCEPTED, "lists"), (missing, Outcome.UNKNOWN, "does not list"))
    contacts = dict(zip(numbers, request.body, strict=True))
    found: list[RequestPart] = []
    for rows, outcome, verb in parts:
        note = f"the response to delivery {delivery} {verb} these contacts"
        own = _with_contacts(request, [contacts[row] for row in rows], contact)
        found.append(RequestPart(new_id(now), (*rows,), outcome, note, own.numbers, own.people))
    people = {person for each in found for person in each.people}
    return tuple(found) if people.issuperset(request.people) else ()


def _with_contacts(
    request: CheckedRequest, contacts: list[object], contact: Operation
) -> CheckedRequest:
    """Return a request with only some of its contacts, and their numbers; it is not sent."""
    has_lists = bool(request.settings.do_not_call_files)
    bodies = map(Payload, contacts)
    found = [find_numbers(contact, request.values, each, with_digits=has_lists) for each in bodies]
    numbers = tuple(number for each in found for number in each)
    dialed = tuple(each.number for each in numbers if each.is_dialed)
    return request._replace(
        payload=Payload(contacts), dialed_numbers=dialed, checked_numbers=numbers
    )


def as_partial(sent: Delivery, missing: Sequence[int], parts: tuple[RequestPart, ...]) -> Delivery:
    """Return an accepted delivery as unknown, with the rows that its response does not list, and its parts."""
    note = f"its rows are in deliveries {' and '.join(each.id for each in parts)}"
    return sent._replace(
        outcome=Outcome.UNKNOWN,
        exit_code=ExitCode.UNKNOWN,
        findings=(*sent.findings, _missing_finding(missing, sent.id, sent.id)),
        note=note if parts else sent.note,
        parts=parts,
    )


def results_of_parts(result: RowResult) -> Iterator[RowResult]:
    """Yield the results of the parts of a request; the result itself if it has none, or if they are not recorded."""
    sent = result.report.delivery
    if sent is None or not sent.parts or not sent.is_recorded:
        yield result
        return
    whole = _missing_finding(sent.parts[-1].rows, sent.id, sent.id)
    others = tuple(each for each in sent.findings if each != whole)
    for part in sent.parts:
        own = sent._replace(
            id=part.id,
            outcome=part.outcome,
            engagement_id=None,
            engagement_id_source=None,
            parts=(),
        )
        if part.outcome is Outcome.ACCEPTED:  # without the exchange, which counts once
            own = own._replace(exit_code=ExitCode.OK, findings=others, exchange=None)
        else:
            own = own._replace(findings=(*others, _missing_finding(part.rows, sent.id, part.id)))
        report = result.report
        numbers = {*part.rows}
        rows = tuple(row for row in result.rows if row.number in numbers)
        report = delivery_report(report.command, own, report.operation, report.request, report.body)
        yield result._replace(row=rows[0], rows=rows, report=report, split_from=sent.id)


def _missing_finding(missing: Sequence[int], request: str, delivery: str) -> Finding:
    """Return the finding on rows that the response to the delivery `request` does not list, with their own delivery."""
    return Finding.error(
        "outcome-unknown",
        "response",
        f"the response to delivery `{request}` does not list the contacts of {describe_ranges(format_ranges(missing))}",
        fix=resolve_fix(delivery, is_load=True),
        why="the request was accepted, so the platform may have added them",
        source="response",
    )
