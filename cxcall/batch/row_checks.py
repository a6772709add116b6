"""Check every row of a batch before any is sent."""

from __future__ import annotations

from itertools import chain
from types import MappingProxyType
from typing import TYPE_CHECKING

from cxcall.batch.input.national_numbers import find_invalid_number, write_in_e164
from cxcall.batch.input.row_keys import shown_place
from cxcall.batch.skip_reasons import (
    NUMBER_CODES,
    as_errors,
    contact_without_number,
    find_skip_reason,
)
from cxcall.findings.errors import CxcallError, UnusableGuardError
from cxcall.findings.finding import Excerpt, Finding, Severity
from cxcall.findings.hinted_commands import command
from cxcall.named_tuple import NamedTuple
from cxcall.payloads.csv_fixes import lacks_column
from cxcall.payloads.csv_table import CsvRecord
from cxcall.payloads.payload import apply_flags, parse_set_options
from cxcall.payloads.schema_check import has_errors
from cxcall.payloads.undialable_values import place_in_body, suggest_country
from cxcall.phone.number_property_names import PHONE_FORMATS
from cxcall.sending import call_guards
from cxcall.sending.call_times import find_next_calling_time
from cxcall.sending.checked_request import (
    build_request,
    parameter_values,
    stop_on_missing_parameter,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from cxcall.batch.input.rows import Row
    from cxcall.batch.job import Job
    from cxcall.batch.skip_reasons import SkipReason
    from cxcall.ledger.record_types import Record
    from cxcall.sending.checked_request import CheckedRequest


class CheckedRow(NamedTuple):
    """A row and its check.

    `request` is None if the row cannot be sent because of errors. `values` are its parameters,
    `numbers_written` is the number of phone numbers that were converted to E.164. `skip` is the reason why
    the row is not sent, `earlier` its delivery by an earlier run. `is_stopped` says that the duplicate guard stopped
    it when the requests were counted. `rows` are all rows of a request that sends several rows; `row` is the first of them.
    """

    row: Row
    request: CheckedRequest | None
    findings: tuple[Finding, ...]
    values: Mapping[str, str] = MappingProxyType({})
    numbers_written: int = 0
    skip: SkipReason | None = None
    earlier: Record | None = None
    rows: tuple[Row, ...] = ()
    is_stopped: bool = False


def check_rows(job: Job) -> Iterator[CheckedRow]:
    """Yield every row with its check, in the order of the file; nothing is sent.

    Raises UsageError for a flag or a setting with an invalid value, which is not the fault of a row.
    """
    parse_set_options(job.operation, job.sets)
    if job.may_place_call:
        call_guards.read_guards(job.settings)
    for row in job.rows.rows(job.operation):
        if job.may_place_call:
            call_guards.read_guards(job.settings)  # a list may have changed
        try:
            yield _check_row(job, row)
        except UnusableGuardError:
            raise  # not the fault of the row, which selects a call by a value
        except CxcallError as error:
            yield CheckedRow(row, None, _add_places(row, error.findings))


def _check_row(job: Job, row: Row) -> CheckedRow:
    if row.payload is None:
        return CheckedRow(row, None, row.findings)
    takes_object = job.operation.schema_at("").get("type") == "object"
    is_settable = isinstance(row.payload.value, dict) or not takes_object
    payload = apply_flags(job.operation, row.payload, sets=job.sets if is_settable else ())
    values = parameter_values(job.operation, {**row.values, **job.values}, (), payload)
    written = 0
    if job.default_country:
        written = write_in_e164(job.operation, values, payload, job.default_country)
    stop_on_missing_parameter(
        job.operation,
        values,
        payload,
        lambda name: f"add a column `{name}`, or {command('--param', f'{name}=VALUE')}",
    )
    request = build_request(job.operation, values, payload, job.row_settings)
    found = request.findings
    if not job.default_country:
        option = "`--default-country CODE`"
        found = tuple(suggest_country(each, values, payload, option) for each in found)
    if job.is_load and (without_number := _check_contact(job, request)):
        # A contact without any column lacks its number, too.
        no_column = "property-missing", job.operation.columns_at
        found = (
            *(each for each in found if (each.code, each.where) != no_column),
            *without_number,
        )
    findings = _add_places(row, found)
    checked = decide_row(row, request, values, findings, force=job.force, strict=job.strict)
    return checked._replace(numbers_written=written)


def _check_contact(job: Job, request: CheckedRequest) -> Sequence[Finding]:
    """Return the findings on a contact without a number that may be valid; none if another finding is on a number.

    If the list declares its phone columns, only those are dialed.
    """
    if any(each.code in NUMBER_CODES for each in request.findings):
        return ()
    operation = job.operation
    columns = operation.schema_at(operation.columns_at or "").get("properties", {}).values()
    is_declared = any(each.get("format") in PHONE_FORMATS for each in columns)
    findings: dict[str, Finding] = {}
    for number, where, is_dialed, _, is_local in request.checked_numbers:
        is_phone = not is_declared or operation.schema_at(where).get("format") in PHONE_FORMATS
        if not (is_dialed and is_phone) or where in findings:
            continue
        found = find_invalid_number(number.strip(), job.default_country)
        if found is None or is_local:
            return ()
        findings[where] = found
    placed = (place_in_body(each, request.payload, where) for where, each in findings.items())
    return [*chain.from_iterable(placed)] or [contact_without_number()]


def decide_row(
    row: Row,
    request: CheckedRequest,
    values: Mapping[str, str],
    findings: Sequence[Finding],
    *,
    force: bool,
    strict: bool = False,
) -> CheckedRow:
    """Return a row with the decision from its findings: it is sent, skipped, or invalid."""
    if not strict and (skip := find_skip_reason(request, values, findings, force=force)):
        return CheckedRow(row, request, as_errors(findings), values, skip=skip)
    is_stopped = any(map(call_guards.is_stopping, findings)) or (
        not force and has_errors(findings, strict=strict)
    )
    return CheckedRow(row, None if is_stopped else request, tuple(findings), values)


def as_waiting(checked: CheckedRow, request: CheckedRequest) -> CheckedRow:
    """Return a row outside its calling hours as one that is sent when they begin."""
    opening = find_next_calling_time(request, checked.values)
    fix = (
        f"nothing to do: the row waits until {opening.astimezone():%Y-%m-%d %H:%M %Z}"
        if opening
        else ""
    )
    findings = [
        each._replace(severity=Severity.NOTE, fix=fix) if call_guards.is_stopping(each) else each
        for each in checked.findings
    ]
    return checked._replace(skip=None, findings=tuple(findings))


def _add_places(row: Row, findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """Return the findings, each with a place in the file: its cell, or else the start of its row."""
    document = row.payload.document if row.payload else None
    if isinstance(document, CsvRecord):
        found: dict[object, Finding] = {}
        for each in map(document.add_place, findings):  # a cell may set a value at several places
            is_lacking = lacks_column(each, document.table)  # so may a column that is not there
            cell = each.fix if is_lacking else each.excerpt if each.value else each.where
            found.setdefault((each.code, each.value, cell), each)
        return tuple(found.values())
    return tuple(
        each if each.excerpt else each._replace(excerpt=shown_place(row)) for each in findings
    )


def place_in_header(row: Row, finding: Finding) -> Finding | None:
    """Return a finding on a value that no column of the table sets, with the place of the header; None for another."""
    document = row.payload.document if row.payload else None
    if not isinstance(document, CsvRecord) or not lacks_column(finding, document.table):
        return None
    header, start = document.table.header, document.cell_excerpt(0)
    cell = start.cell.replace(str(start.line), str(header.line))
    text = header.text.partition("\n")[0].rstrip("\r")
    return finding._replace(excerpt=Excerpt(header.name, header.line, 1, text, cell=cell))
