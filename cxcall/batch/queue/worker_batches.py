"""The batches that a worker sends: each with its operation, the worker's settings for it, its rate limit, and its rows."""

from __future__ import annotations

import json
import time
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from cxcall.batch.input.rows import Row
from cxcall.batch.rate_limiter import Rate, open_rate_limiter, rate_limit_subject
from cxcall.batch.row_checks import CheckedRow, decide_row
from cxcall.batch.row_result import COMMAND, RowResult
from cxcall.batch.row_sender import RowSender
from cxcall.credentials.oauth_client import UndeliveredError
from cxcall.findings.errors import CredentialsError, CxcallError, UsageError
from cxcall.findings.finding import Excerpt, Finding
from cxcall.named_tuple import NamedTuple
from cxcall.output.report import error_report
from cxcall.payloads.payload import Payload
from cxcall.sending.call_guards import read_lists
from cxcall.sending.checked_request import build_request, token_source
from cxcall.settings.stricter_guards import with_stricter_guards

if TYPE_CHECKING:
    from collections.abc import Callable

    from cxcall.batch.rate_limiter import RateLimiter
    from cxcall.contracts.operation import Operation
    from cxcall.ledger.ledger import Ledger
    from cxcall.ledger.postgres.queued_rows import QueuedBatch, QueuedRow, QueuedRows
    from cxcall.sending.checked_request import CheckedRequest
    from cxcall.settings.settings import Settings
    from cxcall.transport.http_messages import HttpRequest

_RETRY_SECONDS = 60.0
"""Seconds after which a worker looks again whether it can send a batch that it skips."""


class Destination:
    """A batch that this worker may send."""

    def __init__(
        self,
        queued: QueuedBatch,
        operation: Operation,
        settings: Settings,
        ledger: Ledger,
        sender: RowSender,
    ) -> None:
        self.batch, self._options = queued.batch, queued.options
        self._operation, self._settings = operation, settings
        self._ledger, self._sender = ledger, sender
        self.is_closed = False

    @property
    def waits_for_hours(self) -> bool:
        """Whether rows outside their calling hours are sent later, and not skipped."""
        return bool(self._options["waits_for_hours"])

    def check(self, row: QueuedRow) -> CheckedRow:
        """Check a row with the settings of this worker at this time, and return it."""
        try:
            force = bool(self._options["force"])
            return rebuild_row(row, self._operation, self._settings, force=force)
        except CxcallError as error:
            return CheckedRow(_row_of(row), None, error.findings)

    def find_list_error(self, row: QueuedRow) -> RowResult | None:
        """Return the error for a row if a do-not-call list of this worker cannot be read: another worker may send it."""
        try:
            read_lists(self._settings)
        except UsageError as error:
            return RowResult(_row_of(row), error_report(error, COMMAND))
        return None

    def send(
        self, row: QueuedRow, checked: CheckedRow, request: CheckedRequest
    ) -> RowResult | None:
        """Send a claimed row, and return its result; None if it was not sent, because the worker stops."""
        database = self._ledger.shared_database

        def fence(delivery: str) -> None:
            row.claim.begin_sending(database.connection, row.batch, row.number, delivery)

        return self._sender.send(
            checked,
            request,
            batch=row.batch,
            key_of=lambda _row: str(row.content["key"]),
            again=bool(self._options["again"]),
            fence=fence,
            is_closed=lambda: self.is_closed,
        )


class _OpenBatch(NamedTuple):
    """An open batch of the queue, and its destination, or why this worker skips it until `retry_at`."""

    queued: QueuedBatch
    destination: Destination | None
    error: CxcallError | None = None
    retry_at: float = 0.0


class Destinations:
    """The open batches of the queue that this worker can send.

    `load` returns the operation and settings of a batch on this machine. A batch with another profile or
    host, or without a token for it, is skipped for a minute: `on_refusal` gets each reason once.
    """

    def __init__(
        self,
        queue: QueuedRows,
        ledger: Ledger,
        load: Callable[[QueuedBatch], tuple[Operation, Settings]],
        rate: Rate | None,
        on_refusal: Callable[[str], None],
    ) -> None:
        self._queue, self._ledger, self._load, self._rate = queue, ledger, load, rate
        self._on_refusal, self._is_stopped = on_refusal, False
        self._open: dict[str, _OpenBatch] = {}
        self._rate_limiters: dict[tuple[Rate, str], RateLimiter] = {}

    def open(self) -> list[Destination]:
        """Return the batches that may have rows to send, the oldest first; raises LedgerError.

        Rows of other batches wait no longer.
        """
        before = self._open
        self._open = {each.batch: self._find(each) for each in self._queue.open_batches()}
        for batch, known in before.items():
            if known.destination and batch not in self._open:
                known.destination.is_closed = True
        return [each.destination for each in self._open.values() if each.destination]

    @property
    def credentials_problem(self) -> CxcallError | None:
        """Why this worker has no token for an open batch of its profile and host; None if it has all tokens."""
        errors = (each.error for each in self._open.values())
        return next((each for each in errors if each and not isinstance(each, UsageError)), None)

    def _find(self, queued: QueuedBatch) -> _OpenBatch:
        """Return a batch in its current state: it may have been cancelled, and resumed with other guards."""
        known = self._open.get(queued.batch)
        is_current = known and known.queued == queued
        if known and is_current and (known.destination or time.monotonic() < known.retry_at):
            return known
        try:
            return _OpenBatch(queued, self._new(queued))
        except (UsageError, CredentialsError, UndeliveredError) as error:
            if not known or str(known.error) != str(error):
                self._on_refusal(f"this worker skips batch {queued.batch}: {error}")
            return _OpenBatch(queued, None, error, time.monotonic() + _RETRY_SECONDS)

    def _new(self, queued: QueuedBatch) -> Destination:
        operation, settings = self._load(queued)
        own = (settings.profile, settings.base_url)
        if own != (queued.profile, queued.target):
            raise UsageError(
                f"it is for profile `{queued.profile}`, {queued.target}; this worker uses `{own[0]}`, {own[1]}",
                where="profile",
                fix=f"start a worker with `--profile {queued.profile}`",
            )
        settings = with_stricter_guards(settings, queued.options["guards"], f"batch {queued.batch}")
        rate = Rate.parse(str(queued.options["rate"]))
        if self._rate and self._rate.interval > rate.interval:
            rate = self._rate
        tokens = token_source(settings, operation, force=bool(queued.options["force"]))
        pace = rate, rate_limit_subject(settings)
        if pace not in self._rate_limiters:
            self._rate_limiters[pace] = open_rate_limiter(self._ledger, rate, settings)
        limiter = self._rate_limiters[pace]
        sender = RowSender(self._ledger, limiter, tokens, lambda: self._is_stopped)
        return Destination(queued, operation, settings, self._ledger, sender)

    def stop(self, reason: str) -> None:
        """Wake all threads that wait for a slot or for the ledger."""
        self._is_stopped = True
        for limiter in self._rate_limiters.values():
            limiter.stop(reason)

    @property
    def excessive_wait(self) -> float | None:
        """The longest wait in seconds that the API asks for, if it is so long that the worker should stop."""
        waits = (each.excessive_wait for each in self._rate_limiters.values())
        return max((wait for wait in waits if wait is not None), default=None)


def row_content(checked: CheckedRow, request: CheckedRequest, key: str) -> dict[str, Any]:
    """Return the values that a worker needs to send a row: parameters and body, with whole phone numbers."""
    return {
        "values": dict(checked.values),
        "body": request.body,
        "key": key,
        "line": checked.row.place.line,
        "digest": _digest(request.request),
        "canPlaceCall": request.operation.can_place_call,
    }


def _digest(request: HttpRequest) -> str:
    """Return the SHA-256 of every byte that is sent, without the credentials."""
    head = json.dumps([request.method, request.url, sorted(request.headers.items())])
    return sha256(head.encode() + (request.body or b"")).hexdigest()


def _row_of(queued: QueuedRow) -> Row:
    """Return a queued row as a row of its file."""
    content = queued.content
    place = Excerpt(f"batch {queued.batch}", content["line"], 1, "")
    return Row(queued.number, place, Payload(content["body"]), content["values"])


def rebuild_row(
    queued: QueuedRow, operation: Operation, settings: Settings, *, force: bool
) -> CheckedRow:
    """Return a row, checked with the settings and guards of its worker at the time of sending.

    The row has an error if its request differs from the request that was confirmed. It may place a call if the operation
    may on this machine, or might on the one that queued it: the API document may be another one.
    """
    content, row = queued.content, _row_of(queued)
    if content.get("canPlaceCall"):  # an older cxcall did not record it
        operation = operation.as_call
    payload = row.payload or Payload(None)
    request = build_request(operation, content["values"], payload, settings)
    if _digest(request.request) != content["digest"]:
        return CheckedRow(row, None, (_other_request_finding(operation),))
    return decide_row(row, request, content["values"], request.findings, force=force)


def _other_request_finding(operation: Operation) -> Finding:
    return Finding.error(
        "request-changed",
        "batch",
        f"this worker would send a different request for `{operation.name}` than the one that was queued",
        fix="use the same cxcall version, contract, and base URL on both machines; then run `batch` again with `--queue --resume`",
        why="only what was checked and agreed to is sent",
    )
