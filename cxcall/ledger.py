"""Durable record of deliveries: the intent before, the outcome after; nothing is changed or removed."""

from __future__ import annotations

import hashlib
import json
import os
import re
import secrets
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Self

from cxcall.errors import (
    CxcallError,
    ExitCode,
    Finding,
    Outcome,
    Severity,
    StoppedError,
    UsageError,
)

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Iterator
    from pathlib import Path

FILE = "ledger.sqlite3"
VERSION = 1
BUSY_SECONDS = 30.0
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

SENDING, NOT_PROCESSED, ENDED, RESOLVED = "sending", "not-processed", "ended", "resolved"

# Deliveries and events are only ever inserted: the state of a delivery is its last event.
_SCHEMA = """
CREATE TABLE delivery (
    id TEXT PRIMARY KEY, at REAL NOT NULL, profile TEXT NOT NULL, operation TEXT NOT NULL,
    provenance TEXT NOT NULL, method TEXT NOT NULL, target TEXT NOT NULL, digest TEXT NOT NULL,
    numbers TEXT NOT NULL, again INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX delivery_digest ON delivery (digest, at);
CREATE INDEX delivery_at ON delivery (at);
CREATE INDEX delivery_operation ON delivery (operation, at);
CREATE TABLE event (
    number INTEGER PRIMARY KEY, delivery TEXT NOT NULL REFERENCES delivery (id), at REAL NOT NULL,
    kind TEXT NOT NULL, attempt INTEGER NOT NULL, outcome TEXT, status INTEGER,
    engagement_id TEXT, correlation_id TEXT, note TEXT NOT NULL DEFAULT ''
);
CREATE INDEX event_delivery ON event (delivery, number);
CREATE INDEX event_engagement ON event (engagement_id) WHERE engagement_id IS NOT NULL;
"""


_SELECT = """
SELECT d.id, d.at, d.profile, d.operation, d.provenance, d.method, d.target, d.numbers, d.digest, d.again
FROM delivery d
"""


class LedgerError(CxcallError):
    """The ledger cannot be used: nothing may be sent that it could not record."""

    exit_code = ExitCode.USAGE

    def __init__(self, message: str, fix: str, where: str = "ledger") -> None:
        super().__init__(
            Finding(
                Severity.ERROR,
                "ledger",
                where,
                message,
                fix,
                "what cannot be recorded is not sent: it might be dialled twice",
            )
        )


class AlreadySentError(StoppedError):
    """An equal request went out before, or may have."""


@dataclass(frozen=True)
class Intent:
    """What is about to be sent; numbers are masked, the body is a digest."""

    profile: str
    operation: str
    provenance: str
    method: str
    target: str
    digest: str
    numbers: tuple[str, ...] = ()
    again: bool = False


@dataclass(frozen=True)
class Record:
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
            "digest": self.digest,
        }


def intent_digest(profile: str, operation: str, method: str, url: str, body: Any) -> str:
    """Return the SHA-256 of a request's meaning: key order, white space and the case of UUIDs aside."""
    meaning = [profile, operation, method, url, body]
    text = json.dumps(meaning, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(_UUID.sub(lambda match: match[0].lower(), text).encode()).hexdigest()


def _now() -> datetime:
    return datetime.now(UTC)


class Ledger:
    """The record of this machine, shared by all processes on it."""

    def __init__(self, connection: sqlite3.Connection, now: Callable[[], datetime]) -> None:
        self._connection = connection
        self._now = now

    @classmethod
    def open(cls, folder: Path, *, now: Callable[[], datetime] = _now) -> Self:
        """Open the ledger in `folder`, made when there is none; raises LedgerError when it cannot be used."""
        import sqlite3

        path = folder / FILE
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
            connection = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None)
        except (OSError, sqlite3.Error) as error:
            reason = getattr(error, "strerror", None) or error
            raise LedgerError(f"`{path}` cannot be opened: {reason}", _elsewhere()) from None
        ledger = cls(connection, now)
        with _clear_errors(str(path)):
            ledger._prepare(str(path))
        return ledger

    def _prepare(self, path: str) -> None:
        run = self._connection.execute
        run("PRAGMA synchronous = FULL")
        version = run("PRAGMA user_version").fetchone()[0]
        if version > VERSION:
            raise LedgerError(
                f"`{path}` was written by a newer cxcall (ledger version {version})",
                "upgrade cxcall",
            )
        if version < VERSION:
            run("PRAGMA journal_mode = WAL")
            with self._transaction():
                # Another process may have been here first.
                if run("PRAGMA user_version").fetchone()[0] < VERSION:
                    for statement in _SCHEMA.strip().split(";\n"):
                        run(statement)
                    run(f"PRAGMA user_version = {VERSION}")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        """Hold the one write lock: what is read inside is still true when it is written."""
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._connection.execute("COMMIT")
        except BaseException:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            raise

    def begin(self, intent: Intent, window: float) -> str:
        """Record that a request is about to leave; returns its delivery ID once that is durable.

        Raises AlreadySentError when an equal request was accepted within `window` seconds, or may
        have been at any time; the look and the record are one transaction.
        """
        delivery, at = _new_id(self._now()), self._now().timestamp()
        with _clear_errors(FILE), self._transaction():
            if not intent.again:
                self._guard(intent, window)
            self._connection.execute(
                "INSERT INTO delivery VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (delivery, at, intent.profile, intent.operation, intent.provenance, intent.method,
                 intent.target, intent.digest, json.dumps(intent.numbers), intent.again),
            )  # fmt: skip
            self._record(delivery, SENDING, 1)
        return delivery

    def _guard(self, intent: Intent, window: float) -> None:
        oldest = self._now() - timedelta(seconds=window)
        for record in self._select("WHERE d.digest = ? ORDER BY d.at DESC", (intent.digest,)):
            rang = record.resolution == "rang" or (record.outcome is Outcome.ACCEPTED)
            if record.outcome is Outcome.UNKNOWN and not record.resolution:
                raise AlreadySentError(_may_have_rung(record))
            if rang and (record.ended_at or record.at) >= oldest:
                raise AlreadySentError(_was_accepted(record, self._now()))

    def _record(self, delivery: str, kind: str, attempt: int, **more: Any) -> None:
        values = {
            "delivery": delivery,
            "at": self._now().timestamp(),
            "kind": kind,
            "attempt": attempt,
            **more,
        }
        names, marks = ", ".join(values), ", ".join("?" * len(values))
        self._connection.execute(
            f"INSERT INTO event ({names}) VALUES ({marks})", tuple(values.values())
        )

    def not_processed(self, delivery: str, attempt: int, reason: str) -> None:
        """Record that an attempt provably was not processed: it may be sent again."""
        with _clear_errors(FILE), self._transaction():
            self._record(delivery, NOT_PROCESSED, attempt, note=reason)

    def sending(self, delivery: str, attempt: int) -> None:
        """Record that another attempt is about to leave."""
        with _clear_errors(FILE), self._transaction():
            self._record(delivery, SENDING, attempt)

    def end(
        self,
        delivery: str,
        outcome: Outcome,
        *,
        attempts: int = 1,
        status: int | None = None,
        engagement_id: str | None = None,
        correlation_id: str | None = None,
        note: str = "",
    ) -> None:
        """Record how a delivery ended."""
        with _clear_errors(FILE), self._transaction():
            self._record(
                delivery, ENDED, attempts, outcome=str(outcome), status=status,
                engagement_id=engagement_id, correlation_id=correlation_id, note=note,
            )  # fmt: skip

    def resolve(self, delivery: str, *, rang: bool) -> Record:
        """Record what a person found out about an unknown delivery; raises UsageError for any other."""
        record = self.get(delivery)
        if record.outcome is not Outcome.UNKNOWN:
            raise UsageError(
                f"`{record.id}` is {record.outcome}, not unknown: there is nothing to resolve",
                where="history resolve",
                fix=f"see `cxcall history show {record.id}`",
            )
        with _clear_errors(FILE), self._transaction():
            self._record(
                record.id, RESOLVED, record.attempts, note="rang" if rang else "did-not-ring"
            )
        return self.get(record.id)

    def get(self, delivery: str) -> Record:
        """Return one delivery by its ID, or the start of it; raises UsageError when that is not one."""
        wanted = delivery.strip().upper()
        found = list(
            self._select(
                "WHERE d.id >= ? AND d.id < ? ORDER BY d.id LIMIT 2", (wanted, wanted + "~")
            )
        )
        if len(found) == 1 and wanted:
            return found[0]
        said = "several deliveries start" if found else "no delivery starts"
        raise UsageError(
            f"{said} with `{delivery}`",
            where="history",
            fix="see `cxcall history list` for the IDs",
        )

    def records(
        self,
        *,
        since: datetime | None = None,
        operation: str = "",
        outcome: str = "",
        engagement_id: str = "",
        limit: int | None = None,
    ) -> Iterator[Record]:
        """Yield deliveries, the newest first, read as they are asked for."""
        parts, values = [], []
        for part, value in (
            ("d.at >= ?", since.timestamp() if since else None),
            ("d.operation = ?", operation or None),
            ("d.id IN (SELECT delivery FROM event WHERE engagement_id = ?)", engagement_id or None),
        ):
            if value is not None:
                parts.append(part)
                values.append(value)
        where = f"WHERE {' AND '.join(parts)} " if parts else ""
        count = 0
        for record in self._select(f"{where}ORDER BY d.at DESC, d.id DESC", tuple(values)):
            if outcome and outcome not in (record.outcome, record.resolution):
                continue
            if limit is not None and count >= limit:
                return
            count += 1
            yield record

    def _select(self, rest: str, values: tuple[Any, ...]) -> Iterator[Record]:
        with _clear_errors(FILE):
            cursor = self._connection.execute(f"{_SELECT} {rest}", values)
            for row in cursor:
                yield self._read(row)

    def _read(self, row: tuple[Any, ...]) -> Record:
        events = self._connection.execute(
            "SELECT at, kind, attempt, outcome, status, engagement_id, correlation_id, note "
            "FROM event WHERE delivery = ? ORDER BY number",
            (row[0],),
        ).fetchall()
        ended = next((event for event in events if event[1] == ENDED), None)
        last = ended or events[-1]
        resolved = [event[7] for event in events if event[1] == RESOLVED]
        # Cut off while sending, it may have been processed; cut off while waiting to, it was not.
        cut_off = Outcome.UNKNOWN if last[1] == SENDING else Outcome.UNDELIVERED
        return Record(
            id=row[0], at=_time(row[1]), ended_at=_time(ended[0]) if ended else None, profile=row[2],
            operation=row[3], provenance=row[4], method=row[5], target=row[6],
            numbers=tuple(json.loads(row[7])), digest=row[8], attempts=max(event[2] for event in events),
            outcome=Outcome(ended[3]) if ended else cut_off, status=last[4], engagement_id=last[5],
            correlation_id=last[6], resolution=resolved[-1] if resolved else "", again=bool(row[9]), note=last[7],
        )  # fmt: skip


@contextmanager
def _clear_errors(path: str) -> Iterator[None]:
    """Turn what SQLite says into what a person can act on."""
    import sqlite3

    try:
        yield
    except sqlite3.OperationalError as error:
        full = "full" in str(error) or "disk I/O" in str(error)
        fix = "free some space" if full else _elsewhere()
        raise LedgerError(f"the ledger `{path}` cannot be written: {error}", fix) from None
    except sqlite3.DatabaseError as error:
        fix = f"move it away and keep it: `mv {path} {path}.broken`; then look at the platform for what it recorded"
        raise LedgerError(f"the ledger `{path}` is damaged, or is none: {error}", fix) from None


def _elsewhere() -> str:
    return "set CXCALL_STATE_DIR to a folder of yours that can be written"


def _time(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def _new_id(now: datetime) -> str:
    """Return 18 characters that sort by time: 10 of milliseconds, 8 at random."""
    number = (int(now.timestamp() * 1000) << 40) | secrets.randbits(40)
    return "".join(_ALPHABET[(number >> shift) & 31] for shift in range(85, -1, -5))


def _may_have_rung(record: Record) -> Finding:
    return Finding(
        Severity.ERROR,
        "outcome-unknown",
        "ledger",
        f"an equal request may have rung already: delivery `{record.id}` is unknown",
        fix=f"find out, then `cxcall history resolve {record.id} --rang` or `--did-not-ring`; or add `--again`",
        why=f"it was sent at {record.at:%Y-%m-%d %H:%M:%S} UTC and its outcome was never known",
        source="ledger",
    )


def _was_accepted(record: Record, now: datetime) -> Finding:
    minutes = max((now - (record.ended_at or record.at)).total_seconds() / 60, 0)
    return Finding(
        Severity.ERROR,
        "already-sent",
        "ledger",
        f"an equal request was accepted {minutes:.0f} minutes ago: delivery `{record.id}`",
        fix="to call the same person again on purpose, add `--again`",
        why=f"engagement {record.engagement_id or 'ID not known'}; same profile, operation, target and body",
        source="ledger",
    )
