"""Select deliveries by the filters of the history."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cxcall.ledger.checksummed_rows import LedgerRows

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
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
        values: dict[str, Any] = {
            "since": since.timestamp() if since else None,
            "operation": operation or None,
            "outcome": outcome or None,
            "engagement_id": engagement_id or None,
            "batch": batch.upper() or None,
            "profile": profile or None,
            "unresolved": unresolved or None,
        }
        rest = f"WHERE {_condition_of(values)} ORDER BY d.at DESC, d.number DESC"
        if limit is not None:
            rest, values["limit"] = f"{rest} LIMIT :limit", limit
        with self.database.explaining_errors():
            for stored in self.rows.select(rest, values):
                yield stored.record


def _condition_of(values: Mapping[str, Any]) -> str:
    """Return the condition in SQL for all filters that have a value."""
    conditions = [_FILTERS[name] for name, value in values.items() if value is not None]
    return " AND ".join(conditions) or "TRUE"
