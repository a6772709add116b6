"""Count the calls to one person, and stop one that is too many."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from cxcall.findings.errors import StoppedError
from cxcall.findings.finding import Finding
from cxcall.ledger.access import keyed_digest
from cxcall.ledger.batches import BatchRecords

if TYPE_CHECKING:
    from collections.abc import Collection

    from cxcall.ledger.records import Record
    from cxcall.phone.attempt_limit import AttemptLimit

_MAX_DIGESTS = 500
"""How many people one statement looks for."""
MAX_ATTEMPTS = "max-attempts"
"""The code of the finding that a person was called as often as the limit allows."""


class TooManyAttemptsError(StoppedError):
    """The limit of calls to a person is reached; nothing was sent."""

    def __init__(self, limit: AttemptLimit, count: int, next_at: datetime) -> None:
        times = "once" if count == 1 else f"{count} times"
        super().__init__(
            Finding.error(
                MAX_ATTEMPTS,
                "ledger",
                f"this person was called {times} already, and the limit is {limit}",
                fix=f"call again after {next_at.astimezone():%Y-%m-%d %H:%M %Z}",
                why="the ledger counts calls that were accepted, and those of which it is unknown whether they were placed",
                source="setting max_attempts",
            )
        )


class AttemptRecords(BatchRecords):
    """The records of whom each delivery called. Only keyed digests are kept, which other ledgers do not have."""

    def find_attempts_finding(
        self, people: Collection[str], limit: AttemptLimit | None
    ) -> Finding | None:
        """Return the finding on people who may not be called now; None where a call is allowed."""
        if not (people and limit):
            return None
        try:
            with self._database.snapshot():
                self.guard_attempts(people, limit)
        except TooManyAttemptsError as error:
            return error.findings[0]
        return None

    def guard_attempts(self, people: Collection[str], limit: AttemptLimit) -> None:
        """Raise TooManyAttemptsError if one of the people was called as often as the limit allows."""
        now = self._now()
        since = now - timedelta(seconds=limit.seconds)
        key = self._rows.read_state().digest_key
        for person in people:
            called = [
                each
                for each in self._rows.select_by_person(
                    [keyed_digest(person, key)], since.timestamp()
                )
                if each.record.is_unresolved or each.record.was_placed
            ]
            if len(called) >= limit.calls:
                first = called[-limit.calls].record
                raise TooManyAttemptsError(limit, len(called), first.at + (now - since))

    def find_contact(self, people: Collection[str], batches: Collection[str]) -> Record | None:
        """Return the delivery by which one of these batches called, or may have called, one of the people; else None."""
        with self._database.snapshot():
            key = self._rows.read_state().digest_key
            digests = [keyed_digest(person, key) for person in people]
            for start in range(0, len(digests), _MAX_DIGESTS):
                for found in self._rows.select_by_person(digests[start : start + _MAX_DIGESTS], 0.0):  # fmt: skip
                    record = found.record
                    if record.batch in batches and (record.is_unresolved or record.was_placed):
                        return record
        return None

    def _record_people(self, delivery: int, people: Collection[str]) -> None:
        at, key = self._now().timestamp(), self._rows.state.digest_key
        for person in people:
            self._rows.insert("person", at=at, delivery=delivery, digest=keyed_digest(person, key))
