"""A batch job: its rows, and the check of every row before any is sent."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

from cxcall.batch.input.national_numbers import suggest_country, write_in_e164
from cxcall.batch.skip_reasons import as_errors, contact_without_number, find_skip_reason
from cxcall.findings.errors import CxcallError, UsageError
from cxcall.findings.finding import Finding, command
from cxcall.ledger.records import LOAD, intent_digest
from cxcall.named_tuple import NamedTuple
from cxcall.payloads.checks import has_errors
from cxcall.payloads.payload import apply_flags
from cxcall.sending import call_guards
from cxcall.sending.draft import build_request, parameter_values
from cxcall.transport.urls import comparable_url

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from cxcall.batch.input.rows import Row, RowFile
    from cxcall.batch.skip_reasons import SkipReason
    from cxcall.contracts.operation import Operation
    from cxcall.ledger.records import Record
    from cxcall.sending.draft import CheckedRequest
    from cxcall.settings.settings import Settings

SANDBOX_TARGET = "sandbox"
"""The target of a batch that is sent to the embedded sandbox, which has another port in each run."""


@dataclass(frozen=True)
class Job:
    """The rows of a batch, and what applies to each of them.

    `is_load`: each row is a contact that a dialer will call, and so needs a number.
    """

    operation: Operation
    rows: RowFile
    settings: Settings
    values: Mapping[str, str]
    sets: Sequence[str] = ()
    default_country: str = ""
    strict: bool = False
    force: bool = False
    again: bool = False
    is_load: bool = False

    @property
    def identity(self) -> tuple[str, str, str, str, str, str]:
        """What distinguishes this batch from others in the ledger, as `Ledger.begin_batch` takes it."""
        profile, target = self.settings.profile, self.settings.base_url
        if self.is_load:
            target = comparable_url(target)
        target = SANDBOX_TARGET if self.settings.is_embedded else target
        return (
            profile,
            self.operation.name,
            target,
            self._values_digest,
            self.rows.file,
            self.rows.digest,
        )

    @property
    def _values_digest(self) -> str:
        """SHA-256 of the flags that decide which requests the rows become; empty without such flags. Of a load, of the list."""
        if self.is_load:
            parameters = self.operation.parameters
            ids = [self.values.get(each.name, "") for each in parameters if each.location == "path"]
            return LOAD + intent_digest("", "", ids)
        more = [each for each in (self.rows.format.key, self.default_country) if each]
        if not (self.sets or self.values or more):
            return ""
        text = json.dumps([sorted(self.values.items()), *self.sets, *more])
        return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


class CheckedRow(NamedTuple):
    """A row and its check: `request` is None where errors keep the row from being sent.

    `values` are its parameters, `numbers_written` how many numbers were written in E.164. `skip` says
    why it is deliberately not sent, `earlier` is its delivery by an earlier run. `rows` are those of a
    request that sends several; its number and place are those of the first one.
    """

    row: Row
    request: CheckedRequest | None
    findings: tuple[Finding, ...]
    values: Mapping[str, str] = MappingProxyType({})
    numbers_written: int = 0
    skip: SkipReason | None = None
    earlier: Record | None = None
    rows: tuple[Row, ...] = ()


def check_rows(job: Job) -> Iterator[CheckedRow]:
    """Yield every row with its check, in the order of the file; nothing is sent."""
    for row in job.rows.rows(job.operation):
        try:
            yield _check_row(job, row)
        except CxcallError as error:
            yield CheckedRow(row, None, _add_places(row, error.findings))


def _check_row(job: Job, row: Row) -> CheckedRow:
    if row.payload is None:
        return CheckedRow(row, None, row.findings)
    takes_object = job.operation.schema_at("").get("type") == "object"
    is_settable = isinstance(row.payload.value, dict) or not takes_object  # else the check says so
    payload = apply_flags(job.operation, row.payload, sets=job.sets if is_settable else ())
    values = parameter_values(job.operation, {**row.values, **job.values}, (), payload)
    for parameter in job.operation.parameters:
        if parameter.required and parameter.name not in values:
            raise UsageError(
                f"`{parameter.name}` is missing: it is part of the {parameter.location}",
                where=parameter.location,
                fix=f"add a column `{parameter.name}`, or {command('--param', f'{parameter.name}=VALUE')}",
            )
    written = 0
    if job.default_country:
        written = write_in_e164(job.operation, values, payload, job.default_country)
    request = build_request(job.operation, values, payload, job.settings)
    found = request.findings
    if job.is_load and not request.dialed_numbers:
        found = (
            *(each for each in found if not _is_empty_contact(job, each)),
            contact_without_number(),
        )
    if not job.default_country:
        found = tuple(suggest_country(finding, values, payload) for finding in found)
    findings = _add_places(row, found)
    checked = decide_row(row, request, values, findings, force=job.force, strict=job.strict)
    return checked._replace(numbers_written=written)


def _is_empty_contact(job: Job, finding: Finding) -> bool:
    """Return whether a contact has no column at all, of which the missing number is what matters."""
    return finding.code == "property-missing" and finding.where == job.operation.columns_at


def decide_row(
    row: Row,
    request: CheckedRequest,
    values: Mapping[str, str],
    findings: Sequence[Finding],
    *,
    force: bool,
    strict: bool = False,
) -> CheckedRow:
    """Return a row with what its findings decide: it is sent, skipped, or invalid."""
    if not strict and (skip := find_skip_reason(request, values, findings, force=force)):
        return CheckedRow(row, request, as_errors(findings), values, skip=skip)
    is_stopped = any(map(call_guards.is_stopping, findings)) or (
        not force and has_errors(findings, strict=strict)
    )
    return CheckedRow(row, None if is_stopped else request, tuple(findings), values)


def _add_places(row: Row, findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """Return the findings, each with a place in the file: its cell, else the start of its row."""
    document = row.payload.document if row.payload else None
    cell_of = getattr(document, "parameter", lambda _name: None)
    return tuple(
        finding
        if finding.excerpt
        else finding._replace(excerpt=cell_of(finding.origin) or row.place)
        for finding in findings
    )
