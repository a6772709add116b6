"""The durable record of deliveries: the intent before sending, the outcome after it."""

from __future__ import annotations

from contextlib import contextmanager, suppress
from functools import cached_property
from typing import TYPE_CHECKING, Any

from cxcall.findings.errors import CxcallError
from cxcall.findings.exit_codes import Outcome
from cxcall.ledger.calls_to_people import CallsToPeople
from cxcall.ledger.database_interface import never, no_fence
from cxcall.ledger.duplicates import (
    AlreadySentError,
    Window,
    check_has_ended,
    check_is_unknown,
    find_row_of_batches,
    may_follow,
    stop_on_identical,
    stop_on_resolved,
    stop_on_same_row,
)
from cxcall.ledger.errors import LedgerError, MissingRecordsError
from cxcall.ledger.ledger_access import LedgerAccess
from cxcall.ledger.schema import END_COLUMNS, EventKind
from cxcall.ledger.stored_values import (
    MAX_NOTE_LENGTH,
    NOT_PLACED,
    PLACED,
    SPLIT,
    mask_for_ledger,
    new_id,
    storable,
    text_of_numbers,
    text_of_timings,
)
from cxcall.runtime.host_spellings import vendor_host

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

    from cxcall.ledger.batches import BatchRecords
    from cxcall.ledger.checksummed_rows import StoredDelivery
    from cxcall.ledger.record_types import Record
    from cxcall.ledger.request_identity import Intent, RequestPart
    from cxcall.phone.call_limit import CallLimit


class Ledger(LedgerAccess):
    """The ledger of this machine, which all of its processes share; `batches` and `people` are parts of it."""

    @cached_property
    def batches(self) -> BatchRecords:
        """The records of batches."""
        from cxcall.ledger.batches import BatchRecords

        return BatchRecords(self)

    @cached_property
    def people(self) -> CallsToPeople:
        """The records of the people whom each delivery called."""
        return CallsToPeople(self)

    def begin(
        self,
        intent: Intent,
        window: float,
        is_cancelled: Callable[[], bool] = never,
        *,
        limit: CallLimit | None = None,
        fence: Callable[[str], None] = no_fence,
    ) -> str:
        """Record durably that a request is about to be sent, and return its delivery ID.

        Raises AlreadySentError when an identical request was accepted within `window` seconds, or is
        unknown or belongs to another batch that has not come to its end, at any age,
        TooManyCallsError when `limit` allows no more calls to a person whom it calls, and
        MissingRecordsError when that cannot be known; these checks and the record are one
        transaction, in which `fence` is called with the delivery ID: what it raises stops the request.
        Raises KeyboardInterrupt when `is_cancelled` returns True during the wait for another process:
        nothing is recorded then.
        """
        delivery, is_in_transaction = new_id(self.now()), False
        try:
            with self._writing_row(is_cancelled) as problem:
                is_in_transaction = True
                self._guard_intent(delivery, intent, window, limit, problem)
                number = self._insert_delivery(delivery, intent)
                limited = {"attempts": 1, "time_limit": float(intent.limit)}
                self._insert_event(number, EventKind.SENDING, Outcome.UNKNOWN, **limited)
                self.people.record(number, intent.people)
                fence(delivery)
        except CxcallError:
            self._compared.pop(delivery, None)
            raise
        except BaseException:  # such as one of a signal handler of the program
            if is_in_transaction:
                with suppress(LedgerError):  # it may not exist
                    note = "interrupted before anything was sent"
                    self.record_outcome(delivery, Outcome.UNDELIVERED, note=note)
            raise
        return delivery

    @contextmanager
    def _writing_row(self, is_cancelled: Callable[[], bool]) -> Iterator[str]:
        """Hold the write lock as `writing` does, and record what stops a row of a batch: the row stays stopped."""
        try:
            with self.writing(is_cancelled) as problem:
                yield problem
        except AlreadySentError as error:
            if error.batch:
                self.batches.events.record_stop(error.batch, error.earlier.id)
            raise

    def stop_on_guards(
        self, intent: Intent, window: float, limit: CallLimit | None, problem: str = ""
    ) -> None:
        """Raise the error with which `begin` would stop a request now; `problem` says which records are missing."""
        with self.database.snapshot():
            self._guard_intent("", intent, window, limit, problem)

    def _insert_delivery(self, delivery: str, intent: Intent) -> int:
        own = {
            "id": delivery,
            "at": self.now().timestamp(),
            "target": mask_for_ledger(intent.target),
            "numbers": text_of_numbers(intent.numbers),
            "key": storable(intent.key),
        }
        return self.rows.insert("delivery", **(intent._asdict() | own))

    def _select_identical(self, intent: Intent) -> list[StoredDelivery]:
        """Return all deliveries of a request, newest first.

        One with an older digest, in which headers do not count, is of another request if it did not call all people
        who are in the headers.
        """

        def is_same(delivery: Mapping[str, Any]) -> bool:
            if delivery["digest"] == intent.digest:
                return True
            called = self.people.of_delivery(delivery["id"])
            people = map(self.people.digests, intent.people_in_headers())
            return not called or all(map(called.intersection, people))

        found = self.rows.select_by_digest(*self._digests(intent))
        return [each for each in found if is_same(each.delivery)]

    def _digests(self, intent: Intent) -> tuple[str, ...]:
        """Return the digests that an earlier delivery of the same request may have."""
        hosts = sorted(self.rows.hosts_of_older_digests) if vendor_host(intent.target) else ()
        return tuple(dict.fromkeys((intent.digest, *intent.older_digests(hosts))))

    def _guard_intent(
        self, delivery: str, intent: Intent, window: float, limit: CallLimit | None, problem: str
    ) -> None:
        if problem and not intent.again:
            raise MissingRecordsError(problem)
        if not intent.again or intent.batch:
            self._guard_request(delivery, intent, window)
        if limit:
            people = intent.possible_people or [(each,) for each in intent.people]
            self.people.guard(people, limit)

    def _guard_request(self, delivery: str, intent: Intent, window: float) -> None:
        self._compared[delivery] = intent
        earlier = self._select_identical(intent)
        stop_on_same_row(intent.batch, intent.row, earlier, self.now())
        if not intent.again:
            self._stop_on_identical(
                intent.batch, earlier, Window(window), names_person=intent.names_person
            )

    def _stop_on_identical(
        self,
        batch: str,
        earlier: Sequence[StoredDelivery],
        window: Window,
        *,
        names_person: bool = True,
    ) -> None:
        if not earlier:
            return  # `batches` is loaded only if there is an identical request
        events, clocks = self.batches.events, (self.now(), self.boot_clock())
        limits = events.extend(window, batch) if batch else window
        stop_on_identical(
            batch, earlier, limits, *clocks, events.is_finished, names_person=names_person
        )

    def _insert_event(self, delivery: int, kind: EventKind, outcome: Outcome, **more: Any) -> None:
        boot, uptime = self.boot_clock()
        values: dict[str, Any] = {
            **dict.fromkeys(("status", "engagement_id", "correlation_id", "ended_at")),
            **dict.fromkeys(("resolution", "note", "code", "message", "timings"), ""),
            "time_limit": 0.0,
            "at": self.now().timestamp(),
            "kind": kind,
            "outcome": outcome,
            "boot": boot,
            "uptime": uptime,
            **more,
        }
        self.rows.insert("event", delivery=delivery, **values)

    def _find(self, delivery: str) -> StoredDelivery:
        """Return a delivery by its ID; raises LedgerError if there is none."""
        for found in self.rows.select("WHERE d.id = ?", (delivery,)):
            return found
        raise LedgerError(
            f"the ledger `{self.database.name}` has no delivery `{delivery}`",
            "restore the previous ledger file",
        )

    def record_not_processed(
        self, delivery: str, attempt: int, reason: str, is_cancelled: Callable[[], bool] = never
    ) -> None:
        """Record that an attempt provably was not processed, so that it may be sent again.

        Raises ResolvedError if a person has resolved the delivery meanwhile.
        """
        with self.writing(is_cancelled, is_durable=False):
            stop_on_resolved(found := self._find(delivery))
            more = {"attempts": attempt, "note": mask_for_ledger(reason)[:MAX_NOTE_LENGTH]}
            number, kind = found.delivery["number"], EventKind.NOT_PROCESSED
            self._insert_event(number, kind, Outcome.UNDELIVERED, **more)

    def record_attempt(
        self,
        delivery: str,
        attempt: int,
        is_cancelled: Callable[[], bool] = never,
        fence: Callable[[str], None] = no_fence,
        limit: float = 0.0,
    ) -> None:
        """Record that another attempt is about to be sent; `fence` is called as in `begin`, `limit` is as in `Intent`.

        Raises AlreadySentError when another process has sent an identical request during the wait, and ResolvedError as
        `record_not_processed`.
        """
        with self._writing_row(is_cancelled):
            own = (found := self._find(delivery)).delivery
            stop_on_resolved(found)
            intent = self._compared.get(delivery)
            earlier = (
                self._select_identical(intent)
                if intent
                else self.rows.select_by_digest(own["digest"])
            )
            others = [each for each in earlier if each.delivery["number"] != own["number"]]
            stop_on_same_row(own["batch"], own["row"], others, self.now())
            if not own["again"]:
                window = Window(after=self.rows.first_event(own["number"]))
                self._stop_on_identical(own["batch"], others, window)
            limited = {"attempts": attempt, "time_limit": float(limit)}
            self._insert_event(own["number"], EventKind.SENDING, Outcome.UNKNOWN, **limited)
            fence(delivery)

    def record_outcome(
        self,
        delivery: str,
        outcome: Outcome,
        *,
        attempts: int | None = None,
        status: int | None = None,
        engagement_id: str | None = None,
        correlation_id: str | None = None,
        note: str = "",
        code: str = "",
        message: str = "",
        timings: Mapping[str, float] | None = None,
        parts: Sequence[RequestPart] = (),
        is_cancelled: Callable[[], bool] = never,
    ) -> None:
        """Record the outcome of a delivery; `attempts` defaults to the highest number that is recorded.

        `code` and `message` are the API's own, `timings` the milliseconds of the last exchange. If `parts` have all of
        its rows, each of them is recorded as a delivery in the same transaction.
        A power failure before the next record, or before the file is closed, leaves it `unknown`.
        An outcome is replaced only by one that is stronger evidence of a call: `undelivered` by `unknown`, both
        by the API's response. If a person recorded that a call was placed, `undelivered` does not replace it.
        """
        self._compared.pop(delivery, None)
        with self.writing(is_cancelled, is_durable=False):
            found = self._find(delivery)
            if not may_follow(found.event, outcome):
                return
            end = {
                "attempts": found.event["attempts"] if attempts is None else attempts,
                "status": status,
                "ended_at": self.now().timestamp(),
                "correlation_id": storable(correlation_id),
                "code": mask_for_ledger(code)[:MAX_NOTE_LENGTH],
                "message": mask_for_ledger(message)[:MAX_NOTE_LENGTH],
                "timings": text_of_timings(timings or {}),
            }
            for part in parts:
                number = self.rows.insert("delivery", **part.delivery_of(found.delivery))
                self._insert_event(number, EventKind.ENDED, part.outcome, note=part.note, **end)
                self.people.record(number, part.people)
            end["engagement_id"] = storable(engagement_id)
            end["note"] = mask_for_ledger(note)[:MAX_NOTE_LENGTH]
            end["resolution"] = SPLIT if parts else ""
            kind = EventKind.SPLIT if parts else EventKind.ENDED
            self._insert_event(found.delivery["number"], kind, outcome, **end)

    def resolve(self, delivery: str, *, placed: bool, force: bool = False) -> Record:
        """Record whether an unknown delivery placed a call; raises UsageError for any other delivery.

        Raises InFlightError if another process may still be sending it, unless `force`.
        """
        with self.writing():
            found = self._find(self.get(delivery).id)
            check_is_unknown(found.record)
            if not force:
                check_has_ended(found, self.now(), self.boot_clock())
            end = {name: found.event[name] for name in END_COLUMNS}
            end["resolution"] = PLACED if placed else NOT_PLACED
            number = found.delivery["number"]
            self._insert_event(number, EventKind.RESOLVED, Outcome.UNKNOWN, **end)
        return self.get(found.delivery["id"])

    def find_row(self, batches: Collection[str], intent: Intent) -> Record | None:
        """Return the delivery of a request within some batches; None when there is none.

        With identical rows, several batches, or two runs at once, there can be several: a delivery that
        may have been processed comes first.
        """
        with self.database.snapshot():
            return find_row_of_batches(batches, self._select_identical(intent))

    def deliveries_of(self, intent: Intent) -> list[Record]:
        """Return all deliveries of a request, newest first."""
        with self.database.snapshot():
            return [each.record for each in self._select_identical(intent)]
