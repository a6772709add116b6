"""The result of one row of a batch as a report: sent now, sent by an earlier run, or not sent."""

from __future__ import annotations

from datetime import UTC, datetime
from http import HTTPStatus
from typing import TYPE_CHECKING

from cxcall.findings.errors import CxcallError
from cxcall.findings.exit_codes import ExitCode, Outcome
from cxcall.findings.finding import Finding, Severity
from cxcall.ledger.duplicates import find_out_fix
from cxcall.ledger.errors import ledger_finding
from cxcall.ledger.row_ranges import format_ranges
from cxcall.named_tuple import NamedTuple
from cxcall.output.json_envelope import envelope_of
from cxcall.output.report import Report, delivery_report
from cxcall.responses.delivery import Delivery
from cxcall.sending.send_plan import effect_of

if TYPE_CHECKING:
    from cxcall.batch.input.rows import Row
    from cxcall.batch.row_checks import CheckedRow
    from cxcall.batch.skip_reasons import SkipReason
    from cxcall.ledger.errors import LedgerError
    from cxcall.ledger.record_types import Record
    from cxcall.sending.checked_request import CheckedRequest


COMMAND = "batch"
UNREAD_FIX = "see `cxcall history list --unresolved` when the ledger can be read again"
"""What to do about rows whose deliveries are not known."""
_EXIT_CODES = {
    Outcome.ACCEPTED: ExitCode.OK,
    Outcome.REFUSED: ExitCode.REFUSED,
    Outcome.UNDELIVERED: ExitCode.UNDELIVERED,
    Outcome.UNKNOWN: ExitCode.UNKNOWN,
}


class RowResult(NamedTuple):
    """The result of one row; `is_resumed` says that an earlier run sent it, `skip` why it is not sent.

    `may_be_in_flight` says that another process may be sending it now. `rows` are all rows of a request
    with several rows. `ledger_error` is why the ledger could not record the row, so that it was not sent. `question` is
    what to find out if its outcome is unknown. `split_from` is the delivery of the request that had its rows and others.
    """

    row: Row
    report: Report
    is_resumed: bool = False
    skip: SkipReason | None = None
    may_be_in_flight: bool = False
    rows: tuple[Row, ...] = ()
    ledger_error: LedgerError | None = None
    question: str = ""
    split_from: str = ""

    @property
    def row_count(self) -> int:
        """The number of rows that have this result."""
        return len(self.rows) or 1

    @property
    def label(self) -> str:
        """The number of the row, or the numbers of its rows, such as `1-16,18`."""
        return format_ranges(row.number for row in self.rows) or str(self.row.number)

    @property
    def number(self) -> int:
        """The number of the row, from 1."""
        return self.row.number

    @property
    def outcome(self) -> Outcome:
        """The outcome of the row."""
        return self.report.outcome

    @property
    def findings(self) -> tuple[Finding, ...]:
        """The findings of the check and of the delivery."""
        return tuple(self.report.findings)

    @property
    def error(self) -> Finding | None:
        """The error for which the row was skipped, or else the first one of its check or delivery; None without an error."""
        errors = [each for each in self.report.findings if each.severity is Severity.ERROR]
        return min(errors, key=lambda each: each.code != self.skip, default=None)

    @property
    def delivery(self) -> Delivery | None:
        """The delivery of its request, by this run or an earlier one; None if it was not sent."""
        return self.report.delivery

    def as_dict(self, batch: str) -> dict[str, object]:
        """Return the row's envelope, with its number, its line, and why it was skipped as its data."""
        data: dict[str, object] = {
            "batch": batch,
            "row": self.row.number,
            "line": self.row.place.line,
        }
        if self.rows:
            own = self.delivery.id if self.delivery and not self.is_resumed else None
            data |= {"rows": self.label, "contacts": self.row_count}
            data |= {"requestDeliveryId": self.split_from or own}
        if self.skip:
            data["skipped"] = str(self.skip)
        return {**envelope_of(self.report), "data": data}

    def __str__(self) -> str:
        number, outcome, _, delivery, reason = self.cells()
        noun = "row" if self.row_count == 1 else "rows"
        reason = reason.removeprefix(f"{outcome}: ")  # the code of an undelivered request
        return f"{noun} {number}: {outcome}{f', delivery {delivery}' if delivery else ''}: {reason}"

    def cells(self) -> tuple[str, str, str, str, str]:
        """Return the columns of a text line: row, outcome, engagement ID, delivery ID, reason."""
        delivery, error = self.report.delivery, self.error
        return (
            self.label,
            str(self.report.outcome),
            (delivery.engagement_id if delivery else None) or "",
            delivery.id if delivery else "",
            f"{error.code}: {error.message}" if error else "",
        )


def result_of_recorded_row(checked: CheckedRow, record: Record) -> RowResult:
    """Return the result in the ledger of a row, or of several rows in one request."""
    request = None if checked.rows else checked.request
    question = effect_of(request, is_load=record.is_load)[1]
    report = result_of_record(record, request)
    return RowResult(checked.row, report, rows=checked.rows, question=question)


def result_of_record(record: Record, checked: CheckedRequest | None) -> Report:
    """Return the result in the ledger of a row that is not sent now; a person's resolution applies."""
    outcome = record.known_outcome
    delivery = Delivery(
        id=record.id,
        outcome=outcome,
        exit_code=_EXIT_CODES[outcome],
        engagement_id=record.engagement_id,
        engagement_id_source="ledger" if record.engagement_id else None,
        correlation_id=record.correlation_id,
        attempts=record.attempts,
        findings=() if outcome is Outcome.ACCEPTED else (_finding_of_record(record, checked),),
    )
    request = (checked.operation, checked.request, checked.body) if checked else ()
    return delivery_report(COMMAND, delivery, *request)


def result_of_unread_record(checked: CheckedRow, error: LedgerError) -> RowResult:
    """Return the result of a row that may have been sent: the ledger, which would say so, cannot be read."""
    finding = ledger_finding(
        "outcome-unknown",
        "the row was in flight, and may have been sent",
        fix=UNREAD_FIX,
        why=error.findings[0].message,
    )
    report = Report(COMMAND, Outcome.UNKNOWN, ExitCode.UNKNOWN, findings=(finding,))
    return RowResult(checked.row, report, rows=checked.rows)


def _finding_of_record(record: Record, checked: CheckedRequest | None) -> Finding:
    """Return why a recorded delivery was not accepted, in the words of the ledger; `history show` explains it."""
    may, question, _ = effect_of(checked, is_load=record.is_load)
    is_hidden = HTTPStatus.OK <= (record.status or 0) < HTTPStatus.MULTIPLE_CHOICES
    refused = f"it was refused with HTTP {record.status}{f', {record.code}' if record.code else ''}"
    code, message = {
        Outcome.UNKNOWN: ("outcome-unknown", may),
        Outcome.REFUSED: ("hidden-failure" if is_hidden else "not-provable", refused),
        Outcome.UNDELIVERED: ("undelivered", "it was not processed"),
    }[record.known_outcome]
    fix = f"`cxcall history show {record.id}`"
    if record.is_unresolved:
        fix = find_out_fix(record, datetime.now(UTC), question)
    why = f"the API says: {record.message}" if record.message else record.note
    return ledger_finding(code, message, fix, why)


def result_without_sending(checked: CheckedRow) -> RowResult | None:
    """Return the result of a row that is invalid or skipped; None for any other row."""
    if checked.request is None:
        report = Report(COMMAND, Outcome.INVALID, ExitCode.INVALID, findings=checked.findings)
        return RowResult(checked.row, report, rows=checked.rows)
    return result_of_skipped_row(checked, checked.skip) if checked.skip else None


def result_of_skipped_row(checked: CheckedRow, skip: SkipReason) -> RowResult:
    """Return the result of a row that is deliberately not sent."""
    report = Report(COMMAND, Outcome.SKIPPED, skip.exit_code, findings=checked.findings)
    return RowResult(checked.row, report, skip=skip, rows=checked.rows)


def fault_of_row(fault: BaseException) -> CxcallError:
    """Return the error for a row on which cxcall itself failed."""
    return CxcallError(
        Finding.error(
            "fault",
            "batch",
            f"cxcall itself failed on this row: {type(fault).__name__}",
            fix="see `cxcall history list`, and report it",
        )
    )
