"""What the ledger holds: intents, what became of them, and why an earlier one stops a request."""

from __future__ import annotations

import hashlib
import json
import os
import re
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, NamedTuple

from cxcall.findings.exit_codes import Outcome
from cxcall.pattern import pattern

if TYPE_CHECKING:
    from datetime import datetime

RANG, DID_NOT_RING = "rang", "did-not-ring"
_UUID = pattern(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


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
    def may_be_processed(self) -> bool:
        """Whether a batch leaves its row alone: it was answered, or may have been.

        A token that was refused is no answer to the row: an unauthorised request is not processed.
        """
        if self.outcome is Outcome.REFUSED and self.status == HTTPStatus.UNAUTHORIZED:
            return False
        return self.outcome is not Outcome.UNDELIVERED and self.resolution != DID_NOT_RING

    @property
    def is_unresolved(self) -> bool:
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
