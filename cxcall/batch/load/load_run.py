"""Send the requests of a load, and return the result of each row."""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from functools import cached_property
from typing import TYPE_CHECKING, Any

from cxcall.batch.input.row_keys import shown_place
from cxcall.batch.load.earlier_loads import LoadedContacts, LoadedRows
from cxcall.batch.row_result import RowResult
from cxcall.batch.run import Run
from cxcall.batch.unsent_rows import UnsentRows
from cxcall.documents.json_pointer import has_value, value_at
from cxcall.findings.errors import StoppedError
from cxcall.findings.exit_codes import ExitCode, Outcome
from cxcall.findings.finding import Finding
from cxcall.findings.hinted_commands import resolve_fix
from cxcall.ledger.errors import ledger_finding
from cxcall.ledger.row_ranges import (
    UNLISTED_FIX,
    describe_ranges,
    format_ranges,
    note_of_unknown_rows,
)
from cxcall.output.report import Report
from cxcall.payloads.payload import Payload
from cxcall.phone.number_masking import FEWEST_DIGITS, plain_digits
from cxcall.sending.checked_request import build_request

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

    from cxcall.batch.beginning_and_end import BegunBatch
    from cxcall.batch.input.rows import Row
    from cxcall.batch.load.chunks import ChunkBuilder
    from cxcall.batch.row_checks import CheckedRow
    from cxcall.batch.row_selection import RowSelection
    from cxcall.ledger.record_types import Record
    from cxcall.responses.delivery import Delivery
    from cxcall.sending.checked_request import CheckedRequest

COMMAND = "campaign load"
_ITEM = re.compile(r"/([0-9]+)(/.*)?")


class LoadRun(Run):
    """A run whose requests each send many rows.

    `columns_at` is the place of the cells in a contact; `returns_contacts` is true if the response to an
    accepted request contains the contacts. The contract declares both. `started` maps the engagement ID of
    each accepted request to its rows; if the platform processes an upload later, it is the ID of the upload
    job. `unnamed` are the rows of uploads without a job, `repeated` the jobs of several requests.
    The rows of the `resumed` batches are not sent again. `contacts` finds contacts that an earlier load of
    another file sent; it is None if they are sent again.
    """

    def __init__(
        self,
        begun: BegunBatch,
        selection: RowSelection,
        builder: ChunkBuilder,
        contacts: LoadedContacts | None,
        *,
        columns_at: str,
        returns_contacts: bool,
        resumed: Sequence[str],
    ) -> None:
        super().__init__(begun, selection)
        self._builder, self.contacts = builder, contacts
        self.columns_at, self.returns_contacts = columns_at, returns_contacts
        self.resumed = resumed
        self.started: dict[str, str] = {}
        self.unnamed: list[str] = []
        self.repeated: set[str] = set()
        self._sent: dict[int, CheckedRow] = {}

    def _rows(self) -> Iterator[CheckedRow]:
        """Yield the requests, and the rows that are not sent."""
        return self._builder.combine(self.selection.rows())

    def _review(self, checked: CheckedRow, result: Delivery) -> Delivery:
        """Return an accepted delivery with how many rows its response does not confirm, or as unknown if it confirms none.

        If these rows cannot be recorded, all rows stay unknown: as rows of an accepted request, they would count as loaded.
        """
        if result.outcome is not Outcome.ACCEPTED:
            return result
        missing, total = self._find_missing(checked, result), len(checked.rows)
        unknown = result._replace(outcome=Outcome.UNKNOWN, exit_code=ExitCode.UNKNOWN)
        if len(missing) == total:
            return unknown
        if problem := self._record_missing(missing, checked, result.id):
            return unknown._replace(findings=(*result.findings, _unrecorded_finding(problem)))
        note = note_of_unknown_rows(len(missing), total)
        return result._replace(note=note, unknown_rows=len(missing))

    def _fence(self, checked: CheckedRow, request: CheckedRequest, delivery: str) -> None:
        """Raise StoppedError if a row is in another delivery of this load.

        Two runs of one load may combine its rows differently, so that no request equals another one. A load of
        another file into the list may have started meanwhile.
        """
        self._stop_if_ended()
        if self.contacts and (other := self.contacts.find_meanwhile(request)):
            raise _overlap_error("a contact", other, "another process is loading it into this list")
        loaded = LoadedRows(self.ledger, {self.batch, *self.resumed}, besides=delivery)
        for row in checked.rows:
            if other := loaded.find(row.number):
                raise _overlap_error(
                    f"row {row.number}", other, "another process is loading this file"
                )

    def _next_result(self) -> RowResult | None:
        """Keep the rows of a request until its result is split."""
        waiting = dict(self._in_flight)
        result = super()._next_result()
        if result is not None:
            self._sent[result.row.number] = waiting[result.row.number]
        return result

    def split(self, result: RowResult) -> Sequence[RowResult]:
        """Return the result of a request, and another one for rows that its response does not confirm."""
        self._note_start(result)
        if result.is_resumed and result.delivery and result.outcome is Outcome.ACCEPTED:
            numbers = self.contacts.unconfirmed if self.contacts else ()
            missing = tuple(
                row
                for row in result.rows
                if row.number in self._unconfirmed_rows or row.number in numbers
            )
            return self._split_missing(missing, result, result.delivery.id)
        checked = self._sent.pop(result.row.number, None)
        report = result.report._replace(command=COMMAND)
        delivery = report.delivery
        if checked is None or delivery is None:
            return (result._replace(report=report),)
        missing = self._find_missing(checked, delivery)
        report = report._replace(
            delivery=_without_body(delivery),
            findings=[_name_row(each, result.rows) for each in report.findings],
        )
        if missing and report.outcome is not Outcome.ACCEPTED:
            finding = _missing_finding(missing, delivery.id, is_resolvable=True)
            report = report._replace(findings=(*report.findings, finding))
            missing = ()
        return self._split_missing(missing, result._replace(report=report), delivery.id)

    def _note_start(self, result: RowResult) -> None:
        """Record the engagement or job that an accepted request started, also for an earlier run."""
        if result.delivery and result.outcome is Outcome.ACCEPTED:
            if started := result.delivery.engagement_id:
                earlier = self.started.get(started)
                self.started[started] = f"{earlier},{result.label}" if earlier else result.label
                if earlier:
                    self.repeated.add(started)
            else:
                self.unnamed.append(result.label)

    @cached_property
    def _unconfirmed_rows(self) -> Collection[int]:
        """The rows that an earlier run of this load sent, and whose contacts were not in the response."""
        return self.ledger.batches.unsent_rows({self.batch, *self.resumed}, Outcome.UNKNOWN).keys()

    def _split_missing(
        self, missing: tuple[Row, ...], result: RowResult, delivery: str
    ) -> Sequence[RowResult]:
        """Return the result of a request without some rows, and a result with the outcome unknown for these rows."""
        if not missing:
            return (result,)
        result_of_missing = _result_of_missing(missing, delivery)
        result_of_missing = result_of_missing._replace(is_resumed=result.is_resumed)
        numbers = {row.number for row in missing}
        left = tuple(row for row in result.rows if row.number not in numbers)
        return (
            (result._replace(row=left[0], rows=left), result_of_missing)
            if left
            else (result_of_missing,)
        )

    def _record_missing(self, missing: tuple[Row, ...], checked: CheckedRow, delivery: str) -> str:
        """Record the rows that a response does not confirm, and their people for loads of other files.

        Returns why this failed, or an empty text. They are recorded before the outcome of their request: it
        is accepted, and if the process were killed in between, the rows would count as accepted, too.
        """
        if not missing:
            return ""
        unsent = UnsentRows(self.ledger, self.batch, self.key_of)
        contacts = checked.request.body if checked.request else []
        numbers = {row.number for row in missing}
        for row, contact in zip(checked.rows, contacts, strict=False):
            if row.number in numbers:
                values, settings = checked.values, self.job.settings
                built = build_request(self.job.operation, values, Payload(contact), settings)
                unsent.add_people(row, built.people)
        unsent.add(_result_of_missing(missing, delivery))
        if not unsent.problem:
            self.unsent.recorded |= numbers
        return unsent.problem

    def _find_missing(self, checked: CheckedRow, delivery: Delivery) -> tuple[Row, ...]:
        """Return the rows whose contacts are not in a response.

        A contact that equals no sent contact may be one that the platform changed: it confirms a row with which it
        shares a cell or the digits of a number. A response that is too long to be read whole counts as complete.
        """
        response = delivery.response
        if response is None or response.is_truncated:
            return ()
        body = response.json()
        if not isinstance(body, list):
            return checked.rows if self.returns_contacts else ()
        named = [each for each in body if has_value(each, self.columns_at)]
        sent = checked.request.body if checked.request else []
        if len(sent) != len(checked.rows):
            return ()
        found = Counter(_cells(each, self.columns_at) for each in named)
        own = {_cells(contact, self.columns_at) for contact in sent}
        others = {
            json.dumps(each, sort_keys=True): _cell_keys(each, self.columns_at)
            for each in named
            if _cells(each, self.columns_at) not in own
        }
        changed = _ChangedContacts(others.values())
        missing = []
        for row, contact in zip(checked.rows, sent, strict=True):
            cells = _cells(contact, self.columns_at)
            if found[cells]:
                found[cells] -= 1
            elif not changed.take(_cell_keys(contact, self.columns_at)):
                missing.append(row)
        return tuple(missing)


class _ChangedContacts:
    """The contacts of a response that differ from all contacts that were sent; each belongs to at most one row."""

    def __init__(self, contacts: Iterable[Collection[str]]) -> None:
        self._with_key: dict[str, set[int]] = defaultdict(set)
        self._keys = [*contacts]
        for index, keys in enumerate(self._keys):
            for key in keys:
                self._with_key[key].add(index)

    def take(self, keys: Collection[str]) -> bool:
        """Remove a contact that shares a key, by the rarest key first, and return whether there was one."""
        shared = [self._with_key[each] for each in keys if self._with_key.get(each)]
        if not shared:
            return False
        _, rarest = min((len(each), sorted(each)) for each in shared)
        position = rarest[0]
        for key in self._keys[position]:
            self._with_key[key].discard(position)
        return True


def _overlap_error(what: str, other: Record, why: str) -> StoppedError:
    return StoppedError(
        ledger_finding(
            "already-sent",
            f"{what} is already in delivery {other.id}: {why}",
            fix="wait until it ends, then run the same command with `--resume`",
        )
    )


def _cells(contact: Any, at: str) -> str:
    return json.dumps(value_at(contact, at), sort_keys=True) if has_value(contact, at) else ""


def _cell_keys(contact: Any, at: str) -> set[str]:
    """Return keys for the cells of a contact: each text, and the last digits of each number in any spelling."""
    cells = value_at(contact, at) if has_value(contact, at) else {}
    texts = (
        {str(each).strip().casefold() for each in cells.values()}
        if isinstance(cells, dict)
        else set()
    )
    digits = filter(lambda each: len(each) >= FEWEST_DIGITS, map(plain_digits, texts))
    return (texts - {"", "none"}) | {f"number {each[-FEWEST_DIGITS:]}" for each in digits}


def _missing_finding(
    missing: Sequence[Row], delivery: str, *, is_resolvable: bool = False
) -> Finding:
    named = format_ranges(row.number for row in missing)
    fix = UNLISTED_FIX
    if is_resolvable:
        fix = resolve_fix(delivery, is_load=True)
    return Finding.error(
        "outcome-unknown",
        "response",
        f"the response to delivery `{delivery}` does not list the contacts of {describe_ranges(named)}",
        fix=fix,
        why="the request was accepted, so the platform may have added them",
        source="response",
    )


def _unrecorded_finding(problem: str) -> Finding:
    return Finding.warning(
        "ledger",
        "ledger",
        f"the rows that the response does not list were not recorded: {problem}",
        fix="find out which contacts of the request are in the list",
        why="so the outcome of the whole request is unknown in the ledger, and none of its rows is sent again",
        source="ledger",
    )


def _result_of_missing(missing: tuple[Row, ...], delivery: str) -> RowResult:
    findings = (_missing_finding(missing, delivery),)
    report = Report(COMMAND, Outcome.UNKNOWN, ExitCode.UNKNOWN, findings=findings)
    return RowResult(missing[0], report, rows=missing)


def _name_row(finding: Finding, rows: Sequence[Row]) -> Finding:
    """Return a finding with the row of a contact in place of its place in the body."""
    found = _ITEM.fullmatch(finding.where)
    if not found or int(found[1]) >= len(rows):
        return finding
    row = rows[int(found[1])]
    return finding._replace(
        message=f"row {row.number}: {finding.message}", excerpt=shown_place(row)
    )


def _without_body(delivery: Delivery) -> Delivery:
    """Return a delivery without the contacts in an accepted response, which are not part of a result."""
    exchange = delivery.exchange
    if exchange is None or exchange.response is None or delivery.outcome is not Outcome.ACCEPTED:
        return delivery
    response = exchange.response._replace(body=b"")
    request = exchange.request._replace(body=None)
    return delivery._replace(exchange=exchange._replace(request=request, response=response))
