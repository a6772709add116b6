"""Send the requests of a load, and return the result of each row."""

from __future__ import annotations

import json
import re
from collections import Counter
from typing import TYPE_CHECKING, Any

from cxcall.batch.input.row_keys import shown_place
from cxcall.batch.load.earlier_loads import LoadedContacts, LoadedRows
from cxcall.batch.load.partial_responses import as_partial, results_of_parts, split_request
from cxcall.batch.run import Run
from cxcall.documents.json_pointer import has_value, value_at
from cxcall.findings.exit_codes import Outcome
from cxcall.ledger.errors import already_sent_error

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from cxcall.batch.beginning_and_end import BegunBatch
    from cxcall.batch.input.rows import Row
    from cxcall.batch.load.chunks import ChunkBuilder
    from cxcall.batch.row_checks import CheckedRow
    from cxcall.batch.row_result import RowResult
    from cxcall.batch.row_selection import RowSelection
    from cxcall.findings.errors import StoppedError
    from cxcall.findings.finding import Finding
    from cxcall.ledger.record_types import Record
    from cxcall.ledger.request_identity import RequestPart
    from cxcall.responses.delivery import Delivery
    from cxcall.sending.checked_request import CheckedRequest

COMMAND = "campaign load"
_ITEM = re.compile(r"/([0-9]+)(/.*)?")


class LoadRun(Run):
    """A run whose requests each send many rows.

    `columns_at` is the place of the cells in a contact; `returns_contacts` is true if the response to an
    accepted request contains the contacts. The contract declares both. `started` maps the engagement ID of
    each accepted request to its rows; if the platform processes an upload later, it is the ID of the upload
    job. `unnamed` are the rows of uploads without a job.
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
        self._parts: dict[str, tuple[RequestPart, ...]] = {}

    def _rows(self) -> Iterator[CheckedRow]:
        """Yield the requests, and the rows that are not sent."""
        return self._builder.combine(self.selection.rows())

    def _review(self, checked: CheckedRow, result: Delivery) -> Delivery:
        """Return an accepted delivery as unknown if its response does not list all contacts, with its rows in parts.

        The parts stay the same when it is called again, after an error in the record of the result.
        """
        if result.outcome is not Outcome.ACCEPTED or not (
            missing := self._find_missing(checked, result)
        ):
            return result
        if result.id not in self._parts:
            now, contact = self.ledger.now(), self.job.operation
            self._parts[result.id] = split_request(checked, missing, result.id, contact, now)
        return as_partial(result, missing, self._parts[result.id])

    def _results_of(self, result: RowResult) -> Iterator[RowResult]:
        """Yield the results of the parts of a request, or the result of a whole one."""
        if result.delivery:
            self._parts.pop(result.delivery.id, None)
        yield from results_of_parts(result)

    def _fence(self, checked: CheckedRow, request: CheckedRequest, delivery: str) -> None:
        """Raise StoppedError if a row is in another delivery of this load.

        Two runs of one load may combine its rows differently, so that no request equals another one. A load of
        another file into the list may have started meanwhile.
        """
        self._stop_if_ended()
        if self.contacts and (other := self.contacts.find_meanwhile(request)):
            raise _overlap_error("a contact", other, "another process is loading it into this list")
        batches = [*dict.fromkeys((self.batch, *self.resumed))]
        loaded = LoadedRows(self.ledger, batches, besides=delivery)
        for row in checked.rows:
            if other := loaded.find(row.number):
                raise _overlap_error(
                    f"row {row.number}", other, "another process is loading this file"
                )

    def _recorded(self, result: RowResult) -> RowResult:
        """Note what a request started, and return its result without the contacts in its response."""
        self.note_start(result)
        report = result.report
        if not result.is_resumed and report.delivery is not None:
            findings = [_name_row(each, result.rows) for each in report.findings]
            delivery = _without_body(report.delivery)
            report = report._replace(command=COMMAND, delivery=delivery, findings=findings)
        return super()._recorded(result._replace(report=report))

    def note_start(self, result: RowResult) -> None:
        """Record the engagement or job that an accepted request started, also for an earlier run."""
        if result.delivery and result.outcome is Outcome.ACCEPTED:
            if started := result.delivery.engagement_id:
                earlier = self.started.get(started)
                self.started[started] = f"{earlier},{result.label}" if earlier else result.label
            else:
                self.unnamed.append(result.label)

    def _find_missing(self, checked: CheckedRow, delivery: Delivery) -> tuple[int, ...]:
        """Return the numbers of the rows whose contacts are not in a response that lists fewer contacts than were sent.

        A contact that the platform has changed counts, but does not name its row; one that is listed again does not count.
        A response that is too long to be read whole counts as complete.
        """
        response = delivery.response
        if response is None or response.is_truncated:
            return ()
        body = response.json()
        if not isinstance(body, list):
            return tuple(row.number for row in checked.rows if self.returns_contacts)
        left = Counter(filter(None, (_cells(each, self.columns_at) for each in body)))
        sent = checked.request.body if checked.request else []
        if len(sent) != len(checked.rows):
            return ()
        missing, cells_of = [], [_cells(contact, self.columns_at) for contact in sent]
        for row, cells in zip(checked.rows, cells_of, strict=True):
            if left[cells]:
                left[cells] -= 1
            else:
                missing.append(row.number)
        changed = left.total() - sum(left[cells] for cells in {*cells_of})
        return tuple(missing) if changed < len(missing) else ()


def _overlap_error(what: str, other: Record, why: str) -> StoppedError:
    return already_sent_error(
        f"{what} is already in delivery {other.id}: {why}",
        fix="wait until it ends, then run the same command with `--resume`",
    )


def _cells(contact: Any, at: str) -> str:
    """Return the cells of a contact as text; empty if it has none."""
    cells = value_at(contact, at) if has_value(contact, at) else None
    is_filled = isinstance(cells, dict) and any(cells.values())
    return json.dumps(cells, sort_keys=True) if is_filled else ""


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
    """Return a delivery without the contacts in a 2xx response, which are not part of a result."""
    exchange = delivery.exchange
    if exchange is None or exchange.response is None or not exchange.response.is_success:
        return delivery
    response = exchange.response._replace(body=b"")
    request = exchange.request._replace(body=None)
    return delivery._replace(exchange=exchange._replace(request=request, response=response))
