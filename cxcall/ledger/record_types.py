"""The values that the ledger returns: batches and deliveries."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from http import HTTPStatus
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Self

from cxcall.findings.exit_codes import Outcome
from cxcall.ledger.row_ranges import describe_ranges
from cxcall.ledger.schema import UnsentKind
from cxcall.ledger.stored_values import NOT_PLACED, PLACED, SPLIT, time_in_flight
from cxcall.named_tuple import NamedTuple
from cxcall.runtime.host_spellings import is_same_address, is_same_api

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_FOUND_OUT = {PLACED: Outcome.ACCEPTED, NOT_PLACED: Outcome.UNDELIVERED}


class Batch(NamedTuple):
    """One run over a file of rows, with the runs that resumed it.

    `rows` is the number of rows in the file, None if it was not recorded; `key` is the column that names them. With `is_load`,
    `values_digest` stands for the list only.
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
    is_load: bool = False

    def is_at(self, target: str) -> bool:
        """Return whether its requests go to a target, in any spelling; another path may be another tenant."""
        return is_same_address(self.target, target)

    def goes_to(self, target: str) -> bool:
        """Return whether its requests go to the host of a target, whatever the path is now."""
        return is_same_api(self.target, target)


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
    kind: UnsentKind = UnsentKind.NOT_SENT


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
    rows: str = ""
    code: str = ""
    message: str = ""
    timings: Mapping[str, float] = MappingProxyType({})
    latest_end: datetime | None = None
    """The time until which a process may be sending it; None if its end is recorded."""

    @classmethod
    def of_rows(cls, delivery: Mapping[str, Any], event: Mapping[str, Any]) -> Self:
        """Return the record of a row of `delivery` and the row of its last event, both by column."""
        names = (name for name in cls._fields if name != "latest_end")
        values = {name: (delivery if name in delivery else event)[name] for name in names}
        if event["outcome"] == Outcome.UNKNOWN and event["ended_at"] is None:
            values["latest_end"] = datetime.fromtimestamp(event["at"], UTC) + time_in_flight(event)
        values["at"] = datetime.fromtimestamp(values["at"], UTC)
        if values["ended_at"] is not None:
            values["ended_at"] = datetime.fromtimestamp(values["ended_at"], UTC)
        values["numbers"] = tuple(json.loads(values["numbers"]))
        values["outcome"] = Outcome(values["outcome"])
        values["again"] = bool(values["again"])
        values["timings"] = json.loads(values["timings"] or "{}")
        return cls(**values)

    @property
    def may_be_processed(self) -> bool:
        """Whether the request was or may have been processed, so that a batch does not send its row again.

        The parts of a split request say so for its rows. A refused token says nothing about the row: an unauthorized
        request is not processed.
        """
        if self.outcome is Outcome.REFUSED and self.status == HTTPStatus.UNAUTHORIZED:
            return False
        return self.outcome is not Outcome.UNDELIVERED and self.resolution not in (
            NOT_PLACED,
            SPLIT,
        )

    @property
    def is_unresolved(self) -> bool:
        """Whether a call may have been placed, and no person has resolved it yet."""
        return self.outcome is Outcome.UNKNOWN and not self.resolution

    @property
    def known_outcome(self) -> Outcome:
        """The outcome that a person has found out, or else the recorded one."""
        return _FOUND_OUT.get(self.resolution, self.outcome)

    @property
    def is_split(self) -> bool:
        """Whether other deliveries have the outcomes of its rows."""
        return self.resolution == SPLIT

    @property
    def is_load(self) -> bool:
        """Whether it loads contacts into a list: only such a delivery is named by its rows."""
        return bool(self.rows)

    @property
    def name(self) -> str:
        """The row's own name, or the rows of a load."""
        return describe_ranges(self.rows) if self.rows else self.key

    def may_be_in_flight(self, now: datetime) -> bool:
        """Return whether a process may still be sending it: it has no recorded end, and the time for it is not over."""
        if self.latest_end is None or not self.is_unresolved:
            return False
        return abs(now - self.at) < self.latest_end - self.at  # the clock may have been set back

    @property
    def was_placed(self) -> bool:
        """Whether it was accepted, or a person recorded that a call was placed."""
        return self.outcome is Outcome.ACCEPTED or self.resolution == PLACED


_FIELDS: Mapping[str, Callable[[Record], Any]] = MappingProxyType(
    {
        "id": lambda record: record.id,
        "at": lambda record: record.at.isoformat(),
        "endedAt": lambda record: record.ended_at.isoformat() if record.ended_at else None,
        "profile": lambda record: record.profile,
        "operation": lambda record: record.operation,
        "provenance": lambda record: record.provenance,
        "method": lambda record: record.method,
        "target": lambda record: record.target,
        "numbers": lambda record: list(record.numbers),
        "outcome": lambda record: str(record.outcome),
        "resolution": lambda record: record.resolution,
        "status": lambda record: record.status,
        "engagementId": lambda record: record.engagement_id,
        "correlationId": lambda record: record.correlation_id,
        "attempts": lambda record: record.attempts,
        "again": lambda record: record.again,
        "note": lambda record: record.note,
        "batch": lambda record: record.batch,
        "row": lambda record: record.row,
        "key": lambda record: record.name,
        "apiCode": lambda record: record.code,
        "apiMessage": lambda record: record.message,
        "timingsMs": lambda record: dict(record.timings),
        "digest": lambda record: record.digest,
    }
)
RECORD_FIELDS = tuple(_FIELDS)
"""The names of a record's fields in JSON and CSV."""


def record_fields(record: Record) -> dict[str, Any]:
    """Return the fields of a record for JSON or CSV, by the names that users see."""
    return {name: read(record) for name, read in _FIELDS.items()}
