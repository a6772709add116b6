"""The fields of a delivery in the output: in `history list` and `show`, and as columns of the export."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cxcall.ledger.row_ranges import count_unknown_rows

if TYPE_CHECKING:
    from cxcall.ledger.records import Record


def record_fields(record: Record) -> dict[str, Any]:
    """Return the fields of a record for JSON or CSV, by the names that users see."""
    return {
        "id": record.id,
        "at": record.at.isoformat(),
        "endedAt": record.ended_at.isoformat() if record.ended_at else None,
        "profile": record.profile,
        "operation": record.operation,
        "provenance": record.provenance,
        "method": record.method,
        "target": record.target,
        "numbers": list(record.numbers),
        "outcome": str(record.outcome),
        "resolution": record.resolution,
        "unknownRows": count_unknown_rows(record.note),
        "status": record.status,
        "engagementId": record.engagement_id,
        "correlationId": record.correlation_id,
        "attempts": record.attempts,
        "again": record.again,
        "note": record.note,
        "batch": record.batch,
        "row": record.row,
        "key": record.key,
        "apiCode": record.code,
        "apiMessage": record.message,
        "timingsMs": dict(record.timings),
        "digest": record.digest,
    }
