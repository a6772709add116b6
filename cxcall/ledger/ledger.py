"""The durable record of deliveries: the intent before sending, the outcome after it."""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import UTC, datetime
from math import inf
from typing import TYPE_CHECKING, Any, Self

from cxcall.findings.errors import UsageError
from cxcall.findings.exit_codes import Outcome
from cxcall.ledger.database import LedgerDatabase, LedgerError, explain_errors
from cxcall.ledger.duplicates import AlreadySentError
from cxcall.ledger.records import DID_NOT_RING, RANG, Batch, Record, new_id
from cxcall.phone.phone_numbers import mask_text
from cxcall.runtime.redaction import redact

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from cxcall.ledger.records import Intent

MAX_NOTE_LENGTH = 500

# The columns are in the order of Record's fields.
_SELECT = """
SELECT d.id, d.at, e.ended_at, d.profile, d.operation, d.provenance, d.method, d.target, d.numbers, d.digest,
    e.attempts, e.outcome, e.status, e.engagement_id, e.correlation_id, e.resolution, d.again, e.note, d.batch, d.row
FROM delivery d CROSS JOIN event e ON e.number = (SELECT max(number) FROM event WHERE delivery = d.number)
"""

_BLOCKING_DELIVERY = """
WHERE d.digest IN (:digest, :old_digest) AND d.id <> :other_than AND (
    (e.outcome = 'unknown' AND e.resolution = '')
    OR ((e.outcome = 'accepted' OR e.resolution = 'rang')
        AND (coalesce(e.ended_at, d.at) >= :oldest OR e.number > :after)))
ORDER BY e.outcome = 'unknown' AND e.resolution = '' DESC, e.number DESC LIMIT 1
"""

_INTENT = """
SELECT digest, again, (SELECT min(number) FROM event WHERE delivery = d.number), batch FROM delivery d WHERE id = ?
"""

_DELIVERIES_OF_ROW = "WHERE d.batch = ? AND d.batch <> '' AND d.digest IN (?, ?) AND d.id <> ? ORDER BY d.number DESC"

_FILTERS = {
    "since": "d.at >= :since",
    "operation": "d.operation = :operation",
    "outcome": ":outcome IN (e.outcome, e.resolution)",
    "engagement_id": "d.number IN (SELECT delivery FROM event WHERE engagement_id = :engagement_id)",
    "batch": "d.batch = :batch AND d.batch <> ''",
}

_BATCHES_OF_FILE = """
SELECT id, at, EXISTS (SELECT 1 FROM batch_end WHERE batch = id), profile, operation, target, given FROM batch
WHERE digest = ? OR (file = ? AND file <> '') ORDER BY number DESC
"""

_PRUNABLE_DELIVERIES = """
FROM delivery d CROSS JOIN event e ON e.number = (SELECT max(number) FROM event WHERE delivery = d.number)
WHERE coalesce(e.ended_at, d.at) < ? AND e.outcome <> 'unknown'
"""

_INSERT_EVENT = """
INSERT INTO event (delivery, at, kind, attempts, outcome, status, engagement_id, correlation_id, resolution, ended_at, note)
SELECT d.number, :at, :kind, coalesce(:attempts, (SELECT max(attempts) FROM event WHERE delivery = d.number)),
    :outcome, :status, :engagement_id, :correlation_id, :resolution, :ended_at, :note
FROM delivery d WHERE d.id = :delivery
"""


def _now() -> datetime:
    return datetime.now(UTC)


class Ledger:
    """The ledger of this machine, which all of its processes share."""

    def __init__(self, database: LedgerDatabase, now: Callable[[], datetime]) -> None:
        self._database, self._now = database, now

    @classmethod
    def open(cls, folder: Path, *, now: Callable[[], datetime] = _now) -> Self:
        """Open the ledger in `folder`, or create it; raises LedgerError when it cannot be used."""
        return cls(LedgerDatabase.open(folder), now)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._database.close()

    def begin(
        self, intent: Intent, window: float, is_cancelled: Callable[[], bool] = lambda: False
    ) -> str:
        """Record durably that a request is about to be sent, and return its delivery ID.

        Raises AlreadySentError when an identical request was accepted within `window` seconds, or
        is unknown at any age; this check and the record are one transaction. Raises
        KeyboardInterrupt when `is_cancelled` returns True during the wait for another process:
        nothing is recorded then.
        """
        delivery, has_begun = new_id(self._now()), False
        try:
            with self._database.transaction(is_cancelled):
                has_begun = True
                at = self._now().timestamp()
                self._guard_row(intent.batch, intent.digest, intent.old_digest)
                if not intent.again:
                    self._guard(intent.digest, intent.old_digest, oldest=at - window)
                self._database.run(
                    "INSERT INTO delivery VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                    (delivery, at, intent.profile, intent.operation, intent.provenance, intent.method,
                     _mask(intent.target), intent.digest, json.dumps([_mask(number) for number in intent.numbers]),
                     intent.again, intent.batch, intent.row),
                )  # fmt: skip
                self._append(delivery, "sending", Outcome.UNKNOWN, attempts=1)
        except KeyboardInterrupt:
            if has_begun:
                with suppress(LedgerError):  # there may be nothing to end
                    self.record_outcome(
                        delivery, Outcome.UNDELIVERED, note="interrupted before anything left"
                    )
            raise
        return delivery

    def _guard_row(self, batch: str, *digests: str, other_than: str = "") -> None:
        """Stop a row whose request this batch has already sent, even with `again`."""
        earlier = self.find_row(batch, *digests, other_than=other_than) if batch else None
        if earlier is not None and earlier.may_be_processed:
            raise AlreadySentError(earlier, self._now(), same_batch=True)

    def _guard(
        self, *digests: str, other_than: str = "", oldest: float = inf, after: float = inf
    ) -> None:
        """Stop a request if an identical one is unknown, or was accepted since `oldest` or event `after`."""
        values = {"digest": digests[0], "old_digest": digests[-1], "other_than": other_than, "oldest": oldest, "after": after}  # fmt: skip
        for earlier in self._select(_BLOCKING_DELIVERY, values):
            raise AlreadySentError(earlier, self._now())

    def _append(self, delivery: str, kind: str, outcome: Outcome, **more: Any) -> None:
        values = {
            "delivery": delivery, "at": self._now().timestamp(), "kind": kind, "outcome": str(outcome),
            "attempts": None, "status": None, "engagement_id": None, "correlation_id": None,
            "resolution": "", "ended_at": None, "note": "", **more,
        }  # fmt: skip
        if self._database.run(_INSERT_EVENT, values).rowcount != 1:
            raise LedgerError(
                f"the ledger `{self._database.path}` knows no delivery `{delivery}`",
                "put back the file that was there before",
            )

    def record_not_processed(self, delivery: str, attempt: int, reason: str) -> None:
        """Record that an attempt provably was not processed, so that it may be sent again."""
        with self._database.transaction():
            self._append(
                delivery,
                "not-processed",
                Outcome.UNDELIVERED,
                attempts=attempt,
                note=_mask(reason)[:MAX_NOTE_LENGTH],
            )

    def record_attempt(self, delivery: str, attempt: int) -> None:
        """Record that another attempt is about to be sent.

        Raises AlreadySentError when another process has sent an identical request during the wait.
        """
        with self._database.transaction():
            found = self._database.run(_INTENT, (delivery,)).fetchone()
            if found:
                digest, again, first_event, batch = found
                self._guard_row(batch, digest, other_than=delivery)
                if not again:
                    self._guard(digest, other_than=delivery, after=first_event)
            self._append(delivery, "sending", Outcome.UNKNOWN, attempts=attempt)

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
    ) -> None:
        """Record the outcome of a delivery; `attempts` defaults to the highest number that is recorded."""
        with self._database.transaction():
            self._append(
                delivery, "ended", outcome, attempts=attempts, status=status, ended_at=self._now().timestamp(),
                engagement_id=_storable(engagement_id), correlation_id=_storable(correlation_id),
                note=_mask(note)[:MAX_NOTE_LENGTH],
            )  # fmt: skip

    def resolve(self, delivery: str, *, rang: bool) -> Record:
        """Record what a person found out about an unknown delivery; raises UsageError for any other delivery."""
        with self._database.transaction():
            record = self.get(delivery)
            if record.outcome is not Outcome.UNKNOWN:
                raise UsageError(
                    f"`{record.id}` is {record.outcome}, not unknown: there is nothing to resolve",
                    where="history resolve",
                    fix=f"see `cxcall history show {record.id}`",
                )
            self._append(
                record.id, "resolved", record.outcome, status=record.status,
                engagement_id=record.engagement_id, correlation_id=record.correlation_id, note=record.note,
                ended_at=record.ended_at.timestamp() if record.ended_at else None,
                resolution=RANG if rang else DID_NOT_RING,
            )  # fmt: skip
        return self.get(record.id)

    def begin_batch(
        self, profile: str, operation: str, target: str, values_digest: str, file: str, digest: str
    ) -> str:
        """Record that a batch begins, and return its ID.

        `values_digest` stands for the values that the flags set in every row, `digest` for the
        file's content.
        """
        batch = new_id(self._now())
        with self._database.transaction():
            at = self._now().timestamp()
            values = (
                batch,
                at,
                profile,
                operation,
                target,
                _storable(file),
                digest,
                values_digest,
            )
            self._database.run("INSERT INTO batch VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?)", values)
        return batch

    def end_batch(self, batch: str) -> None:
        """Record that a batch has gone through all of its rows."""
        with self._database.transaction():
            at = self._now().timestamp()
            self._database.run("INSERT INTO batch_end VALUES (?, ?)", (batch, at))

    def batches_of(self, file: str, digest: str) -> list[Batch]:
        """Return the batches of a file, found by its content or its path, newest first."""
        with self._database.reading():
            found = self._database.run(_BATCHES_OF_FILE, (digest, _storable(file))).fetchall()
        return [
            Batch(name, datetime.fromtimestamp(at, UTC), bool(is_ended), *rest)
            for name, at, is_ended, *rest in found
        ]

    def find_row(self, batch: str, *digests: str, other_than: str = "") -> Record | None:
        """Return the delivery of a request, by any digest of it, within a batch; None when there is none.

        With identical rows or two runs at once there can be several: one that may have been
        processed comes first.
        """
        with self._database.reading():
            found = list(
                self._select(_DELIVERIES_OF_ROW, (batch, digests[0], digests[-1], other_than))
            )
        return next((each for each in found if each.may_be_processed), found[0] if found else None)

    def count_prunable(self, before: datetime) -> int:
        """Return how many deliveries from before a time are not unknown."""
        with self._database.reading():
            found = self._database.run(
                f"SELECT count(*) {_PRUNABLE_DELIVERIES}", (before.timestamp(),)
            )
            return int(found.fetchone()[0])

    def prune(self, before: datetime) -> int:
        """Delete the deliveries from before a time that are not unknown, and return how many.

        A batch that loses one of its rows is deleted too: it could not be resumed safely.
        """
        run = self._database.run
        with self._database.pruning():
            run("CREATE TEMP TABLE pruned (number INTEGER PRIMARY KEY, batch TEXT)")
            run(
                f"INSERT INTO pruned SELECT d.number, d.batch {_PRUNABLE_DELIVERIES}",
                (before.timestamp(),),
            )
            run("DELETE FROM batch WHERE id IN (SELECT batch FROM pruned)")
            run("DELETE FROM event WHERE delivery IN (SELECT number FROM pruned)")
            count = run("DELETE FROM delivery WHERE number IN (SELECT number FROM pruned)").rowcount
            run("DROP TABLE pruned")
        return count

    def get(self, delivery: str) -> Record:
        """Return a delivery by its ID or the start of it; raises UsageError unless exactly one fits."""
        prefix = delivery.strip().upper()
        bounds = (prefix, prefix + "~")
        found = list(self._select("WHERE d.id >= ? AND d.id < ? LIMIT 2", bounds))
        if len(found) == 1 and prefix:
            return found[0]
        problem = "several deliveries start" if found else "no delivery starts"
        raise UsageError(
            f"{problem} with `{delivery}`",
            where="history",
            fix="see `cxcall history list` for the IDs",
        )

    def last(self, outcome: str = "") -> Record | None:
        """Return the newest delivery, of one outcome if it is named; None when there is none."""
        return next(self.records(outcome=outcome, limit=1), None)

    def records(
        self,
        *,
        since: datetime | None = None,
        operation: str = "",
        outcome: str = "",
        engagement_id: str = "",
        batch: str = "",
        limit: int | None = None,
    ) -> Iterator[Record]:
        """Yield the deliveries that fit every filter, newest first; `outcome` may also be a resolution."""
        values: dict[str, Any] = {
            "since": since.timestamp() if since else None,
            "operation": operation or None,
            "outcome": outcome or None,
            "engagement_id": engagement_id or None,
            "batch": batch.upper() or None,
        }
        conditions = [_FILTERS[name] for name, value in values.items() if value is not None]
        where = " AND ".join(conditions) or "TRUE"
        return self._select(
            f"WHERE {where} ORDER BY d.at DESC, d.number DESC LIMIT :limit",
            {**values, "limit": -1 if limit is None else limit},
        )

    def _select(self, rest: str, values: tuple[Any, ...] | dict[str, Any]) -> Iterator[Record]:
        with explain_errors(self._database.path):
            for row in self._database.run(_SELECT + rest, values):
                yield Record.of_columns(row)


def _storable(text: str | None) -> str | None:
    """Return a text as it may be stored: secrets masked, and without what UTF-8 cannot encode."""
    return redact(text).encode("utf-8", "replace").decode() if text is not None else None


def _mask(text: str) -> str:
    """Mask phone numbers and secrets: the file never holds one, whatever the caller passes."""
    return mask_text(_storable(text) or "")
