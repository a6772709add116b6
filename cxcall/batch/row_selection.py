"""Select the rows to send: each request once, and only those that were counted before."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime
from enum import IntEnum
from itertools import islice
from typing import TYPE_CHECKING, Self

from cxcall.batch.file_contacts import FileContacts
from cxcall.batch.input.row_keys import shown_place
from cxcall.batch.resume import (
    find_by_request,
    find_resumable_batches,
    new_batch_guard,
)
from cxcall.batch.row_checks import CheckedRow, as_waiting, check_rows
from cxcall.batch.skip_reasons import (
    SkipReason,
    duplicate_contact_finding,
    duplicate_finding,
    not_agreed_finding,
    repeated_contact_finding,
    same_number_note,
)
from cxcall.findings.errors import StoppedError, UsageError
from cxcall.findings.finding import Severity
from cxcall.ledger.errors import StillQueuedError
from cxcall.ledger.request_identity import intent_digest
from cxcall.sending.call_guards import OUTSIDE_HOURS
from cxcall.sending.call_times import find_next_calling_time
from cxcall.sending.compared_content import compared_content
from cxcall.sending.send_plan import Plan

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from cxcall.batch.job import Job
    from cxcall.batch.resume import FindEarlier
    from cxcall.findings.finding import Finding
    from cxcall.ledger.ledger import Ledger
    from cxcall.sending.checked_request import CheckedRequest

_NEW_BATCH = "new"
"""The batch of a row in a batch that is not recorded yet."""


class _State(IntEnum):
    """The decision about the first row of a request."""

    NOT_TO_SEND = 0
    TO_SEND = 1
    WAITING = 2
    STOPPED = 3
    """The duplicate guard stops it now."""


class RowSelection:
    """The rows of a batch, with a digest of each request in a temporary file, so that memory use stays constant.

    `find_earlier` returns the delivery of a request, with its row number, by an earlier run of the batch, and
    `batch` is its ID; `guard` is as in `BatchRecords.begin`. With a `ledger`, a person who was called too often is not
    called. With `waits_for_hours`, a row outside the calling hours is sent by a later pass over the file.
    """

    def __init__(
        self,
        job: Job,
        find_earlier: FindEarlier | None,
        ledger: Ledger | None,
        *,
        waits_for_hours: bool = False,
    ) -> None:
        self._job, self._find_earlier, self._ledger = job, find_earlier, ledger
        self.batch = ""
        self.guard: Callable[[], None] = lambda: None
        state = ledger.read_state() if ledger else None
        self.last_end = state.last_batch_event if state else 0
        """The last end of a batch from before the check: the check, or a question, may take long."""
        self.last_delivery = state.last_delivery if state else 0
        """The last delivery of the ledger from before those of earlier runs were read."""
        self._may_have_duplicates = bool(state and state.last_delivery) and not job.is_load
        self.waits_for_hours = waits_for_hours
        self._count = self._passes = 0
        self.opening: datetime | None = None
        # An empty name is a temporary file, which SQLite removes; it is written when the cache is full. A program may
        # check the rows on one thread, and send them on another.
        self._database = sqlite3.connect("", isolation_level=None, check_same_thread=False)
        self._database.execute("PRAGMA journal_mode = OFF")
        self._database.execute(
            "CREATE TABLE request (row INTEGER PRIMARY KEY, digest BLOB NOT NULL UNIQUE, state INTEGER NOT NULL)"
        )
        self._contacts = None if job.again else FileContacts(self._database)
        self._database.execute("BEGIN")

    @classmethod
    def open(
        cls,
        job: Job,
        ledger: Ledger,
        *,
        resume: bool,
        is_dry_run: bool = False,
        waits_for_hours: bool = False,
        finder: Callable[[Ledger, Sequence[str]], FindEarlier] = find_by_request,
    ) -> Self:
        """Return the rows of a new batch, or of the batch to resume; `finder` returns `find_earlier`.

        Raises as `find_resumable_batches`, and StillQueuedError if workers have its rows, unless `is_dry_run`.
        """
        guard = new_batch_guard(ledger, job)
        batches = find_resumable_batches(ledger, job, resume=resume)
        for batch in () if is_dry_run else batches:
            if ledger.has_queued_rows(batch):
                raise StillQueuedError(batch)
        last_delivery = ledger.read_state().last_delivery
        find_earlier = finder(ledger, batches)
        selection = cls(job, find_earlier, ledger, waits_for_hours=waits_for_hours)
        selection.last_delivery = last_delivery
        selection.batch, selection.guard = batches[0] if batches else "", guard
        ledger.batches.events.resuming.update(batches[:1])
        return selection

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._database.close()

    def check(self) -> Iterator[CheckedRow]:
        """Yield every row with its check, and remember which of them may be sent."""
        self._count = 0
        for checked in check_rows(self._job):
            self._count += 1
            yield self._register(checked, checked.request) if checked.request else checked

    def _register(self, checked: CheckedRow, request: CheckedRequest) -> CheckedRow:
        number = checked.row.number
        found = self._database.execute(
            "INSERT INTO request VALUES (?, ?, ?) ON CONFLICT (digest) DO NOTHING RETURNING row",
            (number, _digest(request), _State.NOT_TO_SEND),
        ).fetchone()
        if found is None:
            return self._as_duplicate(checked, request, self._find(request)[0])
        checked = self._with_earlier(checked, request)
        if checked.skip is SkipReason.OUTSIDE_HOURS and self.waits_for_hours:
            checked = as_waiting(checked, request)
        checked = self._with_contact(self._with_limit(checked, request), request)
        is_left = checked.request is not None and checked.skip is None
        checked = self._with_stop(checked, request)
        if is_left:
            self._set_state(number, _State.STOPPED if checked.is_stopped else _State.TO_SEND)
            checked = self._with_note(checked, request)
        return checked

    def _with_stop(self, checked: CheckedRow, request: CheckedRequest) -> CheckedRow:
        """Return a row that would be sent as stopped, if the duplicate guard would stop it now.

        The requests of a load have many rows, so that they are not known here.
        """
        if not (_is_to_send(checked) and self._ledger and self._may_have_duplicates):
            return checked
        plan = Plan(request, again=self._job.again, batch=self.batch or _NEW_BATCH)
        try:
            self._ledger.stop_on_guards(plan.intent(), request.settings.duplicate_window, None)
        except StoppedError as error:
            (found,) = error.findings
            found = found._replace(severity=Severity.WARNING, excerpt=shown_place(checked.row))
            return checked._replace(is_stopped=True, findings=(*checked.findings, found))
        return checked

    def _with_note(self, checked: CheckedRow, request: CheckedRequest) -> CheckedRow:
        """Store the people of a row to send, and return it with a note if an earlier row calls its number."""
        if self._contacts is None:
            return checked
        # Such a row of a load is not sent; with a limit, the second call is not placed.
        has_number = any(each.is_whole for each in request.checked_numbers)
        is_noted = has_number and not (self._job.is_load or request.settings.call_limit)
        first = self._contacts.find(request) if is_noted else None
        self._contacts.add(request, checked.row.number)
        if first is None:
            return checked
        note = same_number_note(first)._replace(excerpt=shown_place(checked.row))
        return checked._replace(findings=(*checked.findings, note))

    def _with_earlier(self, checked: CheckedRow, request: CheckedRequest) -> CheckedRow:
        """Return a row with its earlier delivery: a row that was sent is not skipped."""
        earlier = self._find_earlier and self._find_earlier(request, checked.row.number)
        return checked._replace(earlier=earlier, skip=None) if earlier else checked

    def _stop(self, checked: CheckedRow, finding: Finding, reason: SkipReason) -> CheckedRow:
        """Return a row as skipped, or as invalid if `strict`."""
        finding = finding._replace(excerpt=shown_place(checked.row))
        if self._job.strict:  # the first error is the reason that is recorded
            return checked._replace(request=None, findings=(finding, *checked.findings))
        return checked._replace(skip=reason, findings=(*checked.findings, finding))

    def _as_duplicate(self, checked: CheckedRow, request: CheckedRequest, first: int) -> CheckedRow:
        """Return a row as the duplicate of an earlier one; a skip reason that both share is kept."""
        if checked.skip not in (None, SkipReason.OUTSIDE_HOURS):
            return checked
        is_load = self._job.is_load
        found = repeated_contact_finding(first) if is_load else duplicate_finding(first, request)
        return self._stop_duplicate(checked, found)

    def _stop_duplicate(self, checked: CheckedRow, finding: Finding) -> CheckedRow:
        if self._job.strict:
            finding = finding._replace(fix="remove the row; without `--strict`, it is skipped")
        return self._stop(checked, finding, SkipReason.DUPLICATE)

    def _with_limit(self, checked: CheckedRow, request: CheckedRequest) -> CheckedRow:
        """Return a row that would be sent as not sent, if its person was already called too often."""
        limit = request.settings.call_limit
        if not (_is_to_send(checked) and self._ledger and limit):
            return checked
        finding = self._ledger.people.find_finding(request.possible_people, limit)
        return self._stop(checked, finding, SkipReason.MAX_ATTEMPTS) if finding else checked

    def _with_contact(self, checked: CheckedRow, request: CheckedRequest) -> CheckedRow:
        """Return a row of a load that would be sent as skipped, if an earlier row has its contact."""
        if not (_is_to_send(checked) and self._contacts and self._job.is_load):
            return checked
        first = self._contacts.find(request)
        if first is None or first == checked.row.number:
            return checked
        return self._stop_duplicate(checked, duplicate_contact_finding(first))

    def rows(self) -> Iterator[CheckedRow]:
        """Yield the rows again, without those that wait for their calling hours; then only these.

        Sets `opening` to the time at which the next pass has a row to send; None if no row waits.
        Raises UsageError for a row that was not checked before.
        """
        self._passes += 1
        self.opening = None
        for checked in islice(check_rows(self._job), self._count):
            if checked.request is not None:
                chosen = self._choose(checked, checked.request)
                if chosen is not None:
                    yield chosen
            elif self._passes == 1:
                yield checked

    def _choose(self, checked: CheckedRow, request: CheckedRequest) -> CheckedRow | None:
        """Return a row with the decision to send or skip it; None if it belongs to another pass."""
        number = checked.row.number
        first, state = self._find(request)
        if first != number:
            self._stop_on_moved_row(number, first)
            is_first = self._passes == 1
            return self._as_duplicate(checked, request, first) if is_first else None
        if self._passes > 1 and state is not _State.WAITING:
            return None
        checked = self._with_contact(self._with_earlier(checked, request), request)
        if (
            checked.request is None
            or checked.skip is SkipReason.DUPLICATE
            or state is _State.STOPPED
        ):
            return checked._replace(is_stopped=state is _State.STOPPED)
        if checked.skip is SkipReason.OUTSIDE_HOURS and state is not _State.NOT_TO_SEND:
            self.defer(checked)
            return None
        if state is _State.NOT_TO_SEND:
            checked = self._with_limit(checked, request)
        if _is_to_send(checked) and state is _State.NOT_TO_SEND:
            problem = "the row was outside the calling hours when the requests were counted"
            findings = (*checked.findings, not_agreed_finding(OUTSIDE_HOURS, problem))
            return checked._replace(skip=SkipReason.OUTSIDE_HOURS, findings=findings)
        if state is _State.WAITING:
            self._set_state(number, _State.TO_SEND)
        return checked

    def defer(self, checked: CheckedRow) -> None:
        """Leave a row to a later pass, when it is within its calling hours."""
        assert checked.request is not None  # noqa: S101 - only a row with a request is sent
        now = self.both_clocks()
        opening = find_next_calling_time(checked.request, checked.values, now) or now
        self.opening = min(self.opening or opening, opening)
        self._set_state(checked.row.number, _State.WAITING)

    def both_clocks(self) -> datetime:
        """Return the earlier time of two clocks: of this machine, which checks rows, and of the ledger, which stops them."""
        now = datetime.now(UTC)
        return min(now, self._ledger.now()) if self._ledger else now

    def _find(self, request: CheckedRequest) -> tuple[int, _State]:
        """Return the first row of a request, and the decision about it."""
        found = self._database.execute(
            "SELECT row, state FROM request WHERE digest = ?", (_digest(request),)
        ).fetchone()
        if found is None:
            raise self._change_error()
        return found[0], _State(found[1])

    def _change_error(self) -> UsageError:
        return UsageError(
            f"`{self._job.rows.name}` was changed after it was checked",
            where=self._job.rows.name,
            fix="restore the file as it was before you resume the batch",
        )

    def _stop_on_moved_row(self, number: int, first: int) -> None:
        """Raise UsageError if a row has the request of another one now, and is not a duplicate of it."""
        had_own = self._database.execute(
            "SELECT 1 FROM request WHERE row = ?", (number,)
        ).fetchone()
        if had_own or first > number:
            raise self._change_error()

    def _set_state(self, row: int, state: _State) -> None:
        self._database.execute("UPDATE request SET state = ? WHERE row = ?", (state, row))


def _is_to_send(checked: CheckedRow) -> bool:
    """Return whether a row is neither invalid, nor skipped, nor sent by an earlier run."""
    return checked.request is not None and checked.skip is None and checked.earlier is None


def _digest(checked: CheckedRequest) -> bytes:
    return bytes.fromhex(intent_digest(**compared_content(checked)).rpartition(":")[2])
