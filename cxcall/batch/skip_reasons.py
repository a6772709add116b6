"""Decide which rows are deliberately not sent, and why."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from cxcall.documents.json_pointer import has_value
from cxcall.findings.exit_codes import ExitCode
from cxcall.findings.finding import Finding, Severity
from cxcall.payloads.csv_table import CsvRecord
from cxcall.phone.number_property_names import is_number_name
from cxcall.sending.call_guards import DO_NOT_CALL, GUARD_CODES, IN_PARTS, OUTSIDE_HOURS
from cxcall.sending.call_times import find_next_calling_time

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from cxcall.sending.checked_request import CheckedRequest

NUMBER_CODES = ("phone-format", "phone-unlikely", "phone-kind")
"""The codes of findings on numbers that cannot, or should not, be dialed."""
_HEADERS = "headers of the exchange itself, such as `X-Request-Id`, do not count"


class SkipReason(StrEnum):
    """Why a row is not sent although its batch is."""

    DO_NOT_CALL = "do-not-call"
    INVALID_NUMBER = "invalid-number"
    DUPLICATE = "duplicate"
    MAX_ATTEMPTS = "max-attempts"
    """The person was already called as often as the limit allows."""
    OUTSIDE_HOURS = "outside-hours"
    """It can be sent later: the batch stays open."""
    NO_CALLING_HOURS = "no-calling-hours"
    """At no time is it certainly within the calling hours."""

    @property
    def exit_code(self) -> ExitCode:
        """The exit code of a single request that is stopped for the same reason."""
        is_invalid = self is SkipReason.INVALID_NUMBER
        return ExitCode.INVALID if is_invalid else ExitCode.STOPPED


def find_skip_reason(
    checked: CheckedRequest, values: Mapping[str, str], findings: Sequence[Finding], *, force: bool
) -> SkipReason | None:
    """Return why a row is skipped; None for a row that is sent, or that other errors make invalid.

    Only rows that may place a call are skipped; another operation may use any number. A number on the
    do-not-call list outweighs every error: the row would not be sent anyway. `force` overrides all but
    the guards.
    """
    if not checked.operation.can_place_call:
        return None
    errors = [finding for finding in findings if finding.severity is Severity.ERROR]
    stopping = {finding.code for finding in errors}
    if DO_NOT_CALL in stopping:
        return SkipReason.DO_NOT_CALL
    others = (each for each in errors if each.code not in GUARD_CODES)
    if not force and not all(_is_about_number(checked, each) for each in others):
        return None
    is_invalid = not force and any(_is_about_number(checked, each) for each in findings)
    if is_invalid or IN_PARTS in stopping:
        return SkipReason.INVALID_NUMBER
    if OUTSIDE_HOURS in stopping:
        opening = find_next_calling_time(checked, values)
        return SkipReason.OUTSIDE_HOURS if opening else SkipReason.NO_CALLING_HOURS
    return None


def _is_about_number(checked: CheckedRequest, finding: Finding) -> bool:
    """Return whether a finding says that a number is missing, or should not be dialed."""
    is_error = finding.severity is Severity.ERROR
    return finding.code in NUMBER_CODES or (is_error and _is_missing_number(checked, finding))


def _is_missing_number(checked: CheckedRequest, finding: Finding) -> bool:
    """Return whether a finding is about a missing number, whose cell is empty."""
    record, body = checked.payload.document, checked.body
    if finding.code != "property-missing" or not isinstance(record, CsvRecord):
        return False
    return any(
        f"{pointer}/".startswith(f"{finding.where}/")
        and is_number_name(pointer.rpartition("/")[2])
        and not has_value(body, pointer)
        for column in record.table.columns
        for pointer in column.pointers
    )


def as_errors(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return the findings of a skipped row; a warning about an unlikely number becomes an error."""
    return tuple(
        finding._replace(severity=Severity.ERROR) if finding.code in NUMBER_CODES else finding
        for finding in findings
    )


def contact_without_number() -> Finding:
    """Return the finding on a contact without a phone number, which a dialer could not call."""
    return Finding.error(
        NUMBER_CODES[0],
        "body",
        "this row has no phone number",
        fix="fill in the number, or name its column: `--map TARGET=HEADER`; add `--force` if the list uses another name for that column",
    )


def no_number_finding(skipped: Mapping[SkipReason, int]) -> Finding:
    """Return the finding on a file in which no row can be sent because of its number; `skipped` are its skipped rows."""
    count = skipped[SkipReason.INVALID_NUMBER]
    have = "row has" if count == 1 else "rows have"
    return Finding.error(
        "phone-format",
        "batch",
        f"nothing is left to send: {count} {have} no valid number",
        fix="name the column with the whole number: `--map TARGET=HEADER`; for national numbers add `--default-country CODE`; if the area code is in a column of its own, write both in one",
    )


def duplicate_finding(first: int, request: CheckedRequest) -> Finding:
    """Return the finding on a row whose request is also that of an earlier row."""
    why = "the same method, URL, headers, and body would place the same call again"
    return Finding.error(
        "duplicate-row",
        "batch",
        f"the request is the same as that of row {first}",
        fix="nothing to do: the request is sent once; for a second call, send this row from a separate file after this batch"
        " is finished and `duplicate_window` has passed",
        why=f"{why}; {_HEADERS}" if request.own_headers else why,
    )


def repeated_contact_finding(first: int) -> Finding:
    """Return the finding on a row of a load whose contact is that of an earlier row."""
    return Finding.error(
        "duplicate-row",
        "batch",
        f"the contact is the same as that of row {first}",
        fix="nothing to do: the contact is loaded once",
        why="a person who is in the list twice may be called twice",
    )


def duplicate_contact_finding(first: int) -> Finding:
    """Return the finding on a contact that has a number of a contact in an earlier row."""
    return Finding.error(
        "duplicate-row",
        "batch",
        f"the contact in row {first} has the same phone number",
        fix="nothing to do if it is the same person; to load all contacts, even those that share a number, add `--again`",
        why="a person who is in the list twice may be called twice",
    )


def same_number_note(first: int) -> Finding:
    """Return the note on a row that calls the person of an earlier row by another request."""
    return Finding.note(
        "duplicate-row",
        "batch",
        f"row {first} may call the same person, by another request",
        fix="to call the person once, add `--max-attempts 1/day`, or remove a row",
    )


def not_agreed_finding(code: str, problem: str) -> Finding:
    """Return the finding on a row that could not be sent when the requests were counted, and now could."""
    return Finding.error(
        code,
        "batch",
        problem,
        fix="run the same command with `--resume`",
        why="cxcall does not send more requests than you agreed to",
    )
