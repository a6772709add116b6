"""The conditions by which deliveries are selected for the history, and the columns that a resolved one keeps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

_FILTERS = {
    "since": "d.at >= :since",
    "operation": "d.operation = :operation",
    "outcome": ":outcome IN (e.outcome, e.resolution)",
    "engagement_id": "d.number IN (SELECT delivery FROM event WHERE engagement_id = :engagement_id)",
    "batch": "d.batch = :batch AND d.batch <> ''",
    "profile": "d.profile = :profile",
    "unresolved": "COALESCE(e.outcome, 'unknown') = 'unknown' AND COALESCE(e.resolution, '') = ''",
}
END_COLUMNS = (
    "status engagement_id correlation_id note ended_at boot uptime code message timings".split()
)
"""The columns that a resolved delivery keeps from its last event."""


def condition_of(values: Mapping[str, Any]) -> str:
    """Return the condition in SQL for all filters that have a value."""
    conditions = [_FILTERS[name] for name, value in values.items() if value is not None]
    return " AND ".join(conditions) or "TRUE"
