"""What the ledger holds: intents, what became of them, and why an earlier one stops a request."""

from __future__ import annotations

import hashlib
import json
import os
import re
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, NamedTuple

from cxcall.findings.errors import Finding, Outcome, Severity, StoppedError
from cxcall.pattern import pattern

if TYPE_CHECKING:
    from datetime import datetime

RANG, DID_NOT_RING = "rang", "did-not-ring"
_UUID = pattern(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


class AlreadySentError(StoppedError):
    """An equal request went out before, or may have."""

    def __init__(self, earlier: Record, now: datetime, *, same_batch: bool = False) -> None:
        self.earlier = earlier
        told = _may_have_rung if earlier.is_open else _was_accepted
        super().__init__(_same_row(earlier) if same_batch else told(earlier, now))


class Intent(NamedTuple):
    """What is about to be sent; numbers are masked, the body is a digest; `row` counts from 1."""

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


class Batch(NamedTuple):
    """One run over a file of requests, and those that resumed it."""

    id: str
    at: datetime
    is_ended: bool
    profile: str
    operation: str
    target: str
    given: str


class Record(NamedTuple):
    """One delivery as the ledger knows it. Times are UTC."""

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

    @property
    def is_done(self) -> bool:
        """Whether a batch leaves its row alone: it was answered, or may have been.

        A token that was refused is no answer to the row: an unauthorised request is not processed.
        """
        if self.outcome is Outcome.REFUSED and self.status == HTTPStatus.UNAUTHORIZED:
            return False
        return self.outcome is not Outcome.UNDELIVERED and self.resolution != DID_NOT_RING

    @property
    def is_open(self) -> bool:
        """Whether it may have rung, and nobody has said yet."""
        return self.outcome is Outcome.UNKNOWN and not self.resolution

    def as_dict(self) -> dict[str, Any]:
        """Return the record for JSON or CSV."""
        return {
            "id": self.id,
            "at": self.at.isoformat(),
            "endedAt": self.ended_at.isoformat() if self.ended_at else None,
            "profile": self.profile,
            "operation": self.operation,
            "provenance": self.provenance,
            "method": self.method,
            "target": self.target,
            "numbers": list(self.numbers),
            "outcome": str(self.outcome),
            "resolution": self.resolution,
            "status": self.status,
            "engagementId": self.engagement_id,
            "correlationId": self.correlation_id,
            "attempts": self.attempts,
            "again": self.again,
            "note": self.note,
            "batch": self.batch,
            "row": self.row,
            "digest": self.digest,
        }


def intent_digest(profile: str, operation: str, method: str, url: str, body: Any) -> str:
    """Return the SHA-256 of a request's meaning: key order, white space and the case of UUIDs aside."""
    meaning = [profile, operation, method, url, body]
    text = json.dumps(meaning, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(_UUID.sub(lambda match: match[0].lower(), text).encode()).hexdigest()


def new_id(now: datetime) -> str:
    """Return 18 characters that sort by time: 10 of milliseconds, 8 at random."""
    number = (int(now.timestamp() * 1000) << 40) | int.from_bytes(os.urandom(5))
    return "".join(_ALPHABET[(number >> shift) & 31] for shift in range(85, -1, -5))


def _may_have_rung(earlier: Record, now: datetime) -> Finding:
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


def _was_accepted(earlier: Record, now: datetime) -> Finding:
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


def _same_row(earlier: Record) -> Finding:
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
