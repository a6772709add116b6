"""Tell whether a request equals one that may already have placed a call."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cxcall.findings.errors import StoppedError
from cxcall.findings.finding import Finding, Severity

if TYPE_CHECKING:
    from datetime import datetime

    from cxcall.ledger.records import Record


class AlreadySentError(StoppedError):
    """An equal request went out before, or may have."""

    def __init__(self, earlier: Record, now: datetime, *, same_batch: bool = False) -> None:
        self.earlier = earlier
        told = _unknown_finding if earlier.is_unresolved else _accepted_finding
        super().__init__(_same_batch_finding(earlier) if same_batch else told(earlier, now))


def _unknown_finding(earlier: Record, now: datetime) -> Finding:
    return Finding(
        Severity.ERROR,
        "outcome-unknown",
        "ledger",
        f"an equal request, sent {_ago(earlier.at, now)}, may have rung already: "
        f"delivery `{earlier.id}` is unknown",
        fix=f"find out, then `cxcall history resolve {earlier.id} --rang` or `--did-not-ring`; or add `--again`",
        why=f"it was sent at {earlier.at:%Y-%m-%d %H:%M:%S} UTC and its outcome was never known",
        source="ledger",
    )


def _accepted_finding(earlier: Record, now: datetime) -> Finding:
    said = "rang, a person said" if earlier.resolution else "was accepted"
    return Finding(
        Severity.ERROR,
        "already-sent",
        "ledger",
        f"an equal request {said} {_ago(earlier.ended_at or earlier.at, now)}: delivery `{earlier.id}`",
        fix=f"see `cxcall history show {earlier.id}`; to call the same person again on purpose, add `--again`",
        why=f"engagement {earlier.engagement_id or 'ID not known'}; same profile, operation, target and body",
        source="ledger",
    )


def _same_batch_finding(earlier: Record) -> Finding:
    return Finding(
        Severity.ERROR,
        "already-sent",
        "ledger",
        f"row {earlier.row} of this batch is the same request: delivery `{earlier.id}`",
        fix="leave out the one or the other; if both are meant, send the other by itself with `--again`",
        why="a batch sends a request once, however often it stands in the file",
        source="ledger",
    )


def _ago(at: datetime, now: datetime) -> str:
    seconds = (now - at).total_seconds()
    if seconds < -1:
        return f"at {at:%Y-%m-%d %H:%M:%S} UTC, later than this clock's now (was it set back?),"
    for size, unit in ((86400, "day"), (3600, "hour"), (60, "minute")):
        if seconds >= size:
            count = int(seconds // size)
            return f"{count} {unit}{'s' if count > 1 else ''} ago"
    return "less than a minute ago"
