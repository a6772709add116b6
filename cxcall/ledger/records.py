"""The values that the ledger stores and returns: intents, batches, and deliveries."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Self

from cxcall.findings.exit_codes import Outcome
from cxcall.named_tuple import NamedTuple
from cxcall.runtime.known_secrets import redacted_repr

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

MAX_NOTE_LENGTH = 500
PLACED, NOT_PLACED = "placed", "not-placed"
"""What a person found out about an unknown delivery: whether a call was placed."""
RANG, DID_NOT_RING = "rang", "did-not-ring"
"""The resolutions in the database. Their first names stay, because older versions read the same ledger."""
RESOLUTIONS = {PLACED: RANG, NOT_PLACED: DID_NOT_RING}
LONGEST_EXCHANGE = timedelta(days=1)
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def _no_digests(_profile: str, _operation: str) -> tuple[str, ...]:
    return ()


class Intent(NamedTuple):
    """A request that is about to be sent; numbers are masked, `row` counts from 1, `key` is the row's own name.

    `digest` identifies the request, whatever profile and operation name it is sent by. `older_digests`
    returns the digests of the same request in older records, for a profile and an operation name. `people` are
    those whom it calls; the ledger keeps keyed digests of them, because the texts have whole numbers. `undone_by` is the
    digest of a request after which this one may be sent again: it stops what this one started. `possible_people` are the
    texts by which each of the people may be recorded, for a limit of the calls to them.
    """

    profile: str
    operation: str
    provenance: str
    method: str
    target: str
    digest: str
    numbers: tuple[str, ...] = ()
    again: bool = False
    batch: str = ""
    row: int | None = None
    key: str = ""
    older_digests: Callable[[str, str], tuple[str, ...]] = _no_digests
    people: tuple[str, ...] = ()
    undone_by: str = ""
    possible_people: tuple[tuple[str, ...], ...] = ()

    def __repr__(self) -> str:
        return redacted_repr(self, "people", "possible_people")


class Batch(NamedTuple):
    """One run over a file of rows, with the runs that resumed it.

    `rows` is the number of rows in the file, None if it was not recorded; `key` is the column that names them.
    """

    id: str
    at: datetime
    is_finished: bool
    profile: str
    operation: str
    target: str
    values_digest: str
    file: str = ""
    file_digest: str = ""
    rows: int | None = None
    key: str = ""


class FileContent(NamedTuple):
    """The content of a batch's file from one resumption on: its digest, and the last delivery and row record before it."""

    digest: str
    last_delivery: int
    last_unsent: int


class UnsentRow(NamedTuple):
    """A row of a batch without a delivery of its own, with its reason: skipped, invalid, or, in a load, not confirmed.

    An unconfirmed row was in an accepted request but not in its response: its outcome is `unknown`.
    """

    batch: str
    row: int
    key: str
    outcome: Outcome
    reason: str
    message: str
    at: datetime


class Record(NamedTuple):
    """One delivery with its latest state. Times are UTC."""

    id: str
    at: datetime
    ended_at: datetime | None
    profile: str
    operation: str
    provenance: str
    method: str
    target: str
    numbers: tuple[str, ...]
    digest: str
    attempts: int
    outcome: Outcome
    status: int | None
    engagement_id: str | None
    correlation_id: str | None
    resolution: str
    again: bool
    note: str
    batch: str
    row: int | None
    key: str = ""
    code: str = ""
    message: str = ""
    timings: Mapping[str, float] = MappingProxyType({})

    @classmethod
    def of_rows(cls, delivery: Mapping[str, Any], event: Mapping[str, Any]) -> Self:
        """Return the record of a row of `delivery` and the row of its last event, both by column."""
        values = {name: (delivery if name in delivery else event)[name] for name in cls._fields}
        values["at"] = datetime.fromtimestamp(values["at"], UTC)
        if values["ended_at"] is not None:
            values["ended_at"] = datetime.fromtimestamp(values["ended_at"], UTC)
        values["numbers"] = tuple(json.loads(values["numbers"]))
        values["outcome"] = Outcome(values["outcome"])
        names = {stored: name for name, stored in RESOLUTIONS.items()}
        values["resolution"] = names.get(values["resolution"], values["resolution"])
        values["again"] = bool(values["again"])
        values["timings"] = json.loads(values["timings"] or "{}")
        return cls(**values)

    @property
    def may_be_processed(self) -> bool:
        """Whether the request was or may have been processed, so that a batch does not send its row again.

        A refused token says nothing about the row: an unauthorized request is not processed.
        """
        if self.outcome is Outcome.REFUSED and self.status == HTTPStatus.UNAUTHORIZED:
            return False
        return self.outcome is not Outcome.UNDELIVERED and self.resolution != NOT_PLACED

    @property
    def is_unresolved(self) -> bool:
        """Whether a call may have been placed, and no person has resolved it yet."""
        return self.outcome is Outcome.UNKNOWN and not self.resolution

    def may_be_in_flight(self, now: datetime) -> bool:
        """Return whether a process may still be sending it: it has no recorded end, and is less than a day old."""
        age = abs(now - self.at)  # the clock may have been set back since then
        return self.is_unresolved and self.ended_at is None and age < LONGEST_EXCHANGE

    @property
    def was_placed(self) -> bool:
        """Whether it was accepted, or a person recorded that a call was placed."""
        return self.outcome is Outcome.ACCEPTED or self.resolution == PLACED


def new_id(now: datetime) -> str:
    """Return an ID of 18 characters that sorts by time: 10 for the milliseconds, 8 random ones."""
    number = (int(now.timestamp() * 1000) << 40) | int.from_bytes(os.urandom(5))
    return "".join(_ALPHABET[(number >> shift) & 31] for shift in range(85, -1, -5))


_WEIGHTS = {Outcome.UNDELIVERED: 0, Outcome.UNKNOWN: 1}
"""The strength of an outcome as evidence of a call; all others are responses of the API, the strongest evidence."""


def may_follow(last: Mapping[str, Any], outcome: Outcome) -> bool:
    """Return whether an outcome may be recorded after the last event of a delivery."""
    if last["kind"] == "ended":
        return _weight(outcome) > _weight(last["outcome"])
    return not (last["resolution"] == RANG and outcome is Outcome.UNDELIVERED)


def _weight(outcome: str) -> int:
    return _WEIGHTS.get(Outcome(outcome), 2)
