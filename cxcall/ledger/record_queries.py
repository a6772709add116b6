"""Select deliveries by the filters of the history."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cxcall.ledger.checksummed_rows import LedgerRows

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from cxcall.ledger.database_interface import LedgerDatabase
    from cxcall.ledger.record_types import Record

_FILTERS = {
    "since": "d.at >= :since",
    "operation": "d.operation = :operation",
    "outcome": ":outcome IN (e.outcome, e.resolution)",
    "engagement_id": "d.number IN (SELECT delivery FROM event WHERE engagement_id = :engagement_id)",
    "batch": "d.batch = :batch AND d.batch <> ''",
    "profile": "d.profile = :profile",
    "unresolved": "COALESCE(e.outcome, 'unknown') = 'unknown' AND COALESCE(e.resolution, '') = ''",
}


class RecordQueries:
    """The deliveries of a ledger, the newest first."""

    def __init__(self, database: LedgerDatabase) -> None:
        self.database, self.rows = database, LedgerRows(database)

    def last(self, outcome: str = "") -> Record | None:
        """Return the newest delivery, optionally with one outcome; None if there is none."""
        return next(self.records(outcome=outcome, limit=1), None)

    def records(
        self,
        *,
        since: datetime | None = None,
        operation: str = "",
        outcome: str = "",
        engagement_id: str = "",
        batch: str = "",
        profile: str = "",
        unresolved: bool = False,
        limit: int | None = None,
    ) -> Iterator[Record]:
        """Yield the deliveries that fit every filter, newest first; `outcome` may also be a resolution.

        `unresolved` yields those that may have placed a call and were not resolved by a person.
        """
        filters = {
            "since": since and since.timestamp(),
            "operation": operation,
            "outcome": outcome,
            "engagement_id": engagement_id,
            "batch": batch.upper(),
            "profile": profile,
            "unresolved": unresolved,
        }
        values: dict[str, Any] = {name: value for name, value in filters.items() if value}
        condition = " AND ".join(_FILTERS[name] for name in values) or "TRUE"
        rest = f"WHERE {condition} ORDER BY d.at DESC, d.number DESC"
        if limit is not None:
            rest, values["limit"] = f"{rest} LIMIT :limit", limit
        with self.database.explaining_errors():
            for stored in self.rows.select(rest, values):
                yield stored.record
