"""Count the calls to each person, and stop a call above the limit."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import cached_property
from itertools import chain
from math import inf
from typing import TYPE_CHECKING

from cxcall.findings.errors import StoppedError
from cxcall.findings.finding import Finding
from cxcall.ledger.schema import PersonKind
from cxcall.ledger.stored_values import keyed_digest

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

    from cxcall.ledger.checksummed_rows import StoredDelivery
    from cxcall.ledger.ledger_access import LedgerAccess
    from cxcall.ledger.record_types import Record
    from cxcall.phone.call_limit import CallLimit

_MAX_DIGESTS = 500
"""The number of people in one statement."""
MAX_ATTEMPTS = "max-attempts"
"""The code of the finding that a person was already called as often as the limit allows."""


class TooManyCallsError(StoppedError):
    """The limit of calls to a person is reached; nothing was sent."""

    def __init__(self, limit: CallLimit, count: int, next_at: datetime) -> None:
        times = "once" if count == 1 else f"{count} times"
        super().__init__(
            Finding.error(
                MAX_ATTEMPTS,
                "ledger",
                f"this person was called {times} already, and the limit is {limit}",
                fix=f"call again after {next_at.astimezone():%Y-%m-%d %H:%M %Z}",
                why="accepted calls count, and so do calls that may have been placed",
                source="setting max_attempts",
            )
        )


class CallsToPeople:
    """The records of whom each delivery called, stored only as keyed digests."""

    def __init__(self, access: LedgerAccess) -> None:
        self._access, self._rows, self._database = access, access.rows, access.database

    def find_finding(
        self, people: Collection[Sequence[str]], limit: CallLimit | None
    ) -> Finding | None:
        """Return the finding on people who may not be called now; None if a call is allowed."""
        if not (people and limit):
            return None
        try:
            with self._database.snapshot():
                self.guard(people, limit)
        except TooManyCallsError as error:
            return error.findings[0]
        return None

    def guard(self, people: Iterable[Sequence[str]], limit: CallLimit) -> None:
        """Raise TooManyCallsError if one of the people was already called as often as the limit allows.

        `people` are the texts by which each of them may be recorded. The clock may have been set: a call counts if it was
        within the period by the clock or by the time since the start of the machine.
        """
        now, boot_time = self._access.now(), self._access.boot_clock()
        period = timedelta(seconds=limit.seconds)
        since = boot_time.uptime - limit.seconds if boot_time.boot else inf
        bounds = ((now - period).timestamp(), boot_time.boot, since)
        for texts in people:
            found = {each.delivery["number"]: each for each in self._calls_to(texts, *bounds)}
            called = [found[number] for number in sorted(found)]
            if len(called) >= limit.calls:
                first = called[-limit.calls]
                elapsed = boot_time.seconds_since(first.event["boot"], first.event["uptime"])
                left = timedelta(seconds=0 if elapsed is None else limit.seconds - elapsed)
                next_at = max(first.record.at + period, now + left)
                raise TooManyCallsError(limit, len(called), next_at)

    def _calls_to(
        self, texts: Sequence[str], since: float, boot: str = "", uptime: float = inf
    ) -> Iterator[StoredDelivery]:
        """Yield the deliveries that called, or may have called, a person by one of some texts, since a time.

        Deliveries of the machine's start `boot` also count if they are from its second `uptime` on.
        Older records have IDs in lower case.
        """
        key = self._rows.read_state().digest_key
        texts = list(dict.fromkeys((*texts, *map(str.lower, texts))))
        for start in range(0, len(texts), _MAX_DIGESTS):
            digests = [keyed_digest(each, key) for each in texts[start : start + _MAX_DIGESTS]]
            for found in self._rows.select_by_person(digests, since, boot, uptime):
                if found.record.is_unresolved or found.record.was_placed:
                    yield found

    def find_contact(
        self, people: Iterable[Sequence[str]], batches: Collection[str]
    ) -> Record | None:
        """Return the delivery by which one of these batches called, or may have called, one of the people; else None.

        A delivery that is still unknown comes first.
        """
        texts = list(chain.from_iterable(people))
        with self._database.snapshot():
            found = [
                each.record
                for each in self._calls_to(texts, 0.0)
                if each.delivery["batch"] in batches
            ]
        return min(found, key=lambda record: not record.is_unresolved, default=None)

    def of_delivery(self, delivery: str) -> set[str]:
        """Return the digests of the people whom a delivery called; none if none is recorded."""
        where = "WHERE delivery = (SELECT number FROM delivery WHERE id = ?)"
        with self._database.snapshot():
            return {row["digest"] for row in self._rows.select_table("person", where, (delivery,))}

    def digests(self, texts: Iterable[str]) -> list[str]:
        """Return the ledger's digests of some people, by their texts; nothing is read after the first record."""
        key = self._rows.state.digest_key or self._read_key
        return [keyed_digest(each, key) for each in texts]

    @cached_property
    def _read_key(self) -> str:
        with self._database.snapshot():
            return self._rows.read_state().digest_key

    def record(self, delivery: int, people: Collection[str]) -> None:
        """Record whom a delivery calls, in the transaction that records it."""
        at, key = self._access.now().timestamp(), self._rows.state.digest_key
        for text in people:
            digest = keyed_digest(text, key)
            kind = PersonKind.PERSON
            self._rows.insert("person", at=at, delivery=delivery, digest=digest, kind=kind)
