"""Slots for the requests of many machines: one row of the database for each rate limit of the API."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from cxcall.ledger.database_interface import LOCK_TIMEOUT
from cxcall.ledger.errors import LedgerError
from cxcall.ledger.forked_processes import ProcessLock
from cxcall.ledger.postgres.postgres_connection import LOST
from cxcall.ledger.postgres.postgres_schema import SCHEMA

if TYPE_CHECKING:
    from psycopg import Connection

    from cxcall.ledger.postgres.postgres_database import PostgresDatabase

_NOW = "extract(epoch FROM clock_timestamp())::double precision"
# A slot is never in the past, so a late machine sends no burst.
_RESERVE = f"""
INSERT INTO {SCHEMA}.pace AS p (key, next_at, paused_until) VALUES (%(key)s, {_NOW} + %(interval)s, 0)
ON CONFLICT (key) DO UPDATE SET next_at = greatest(p.next_at, p.paused_until, {_NOW}) + %(interval)s
RETURNING p.next_at - %(interval)s - {_NOW}
"""  # noqa: S608 - constants
_PAUSE = f"""
INSERT INTO {SCHEMA}.pace AS p (key, next_at, paused_until) VALUES (%(key)s, 0, {_NOW} + %(seconds)s)
ON CONFLICT (key) DO UPDATE SET paused_until = greatest(p.paused_until, {_NOW} + %(seconds)s)
"""  # noqa: S608 - constants
_READ_PAUSE = f"SELECT paused_until - {_NOW} FROM {SCHEMA}.pace WHERE key = %(key)s"  # noqa: S608 - constants
_RETRY_INTERVAL = 0.25


class SharedPace:
    """The slots of one rate limit, with their own connection. All times are the database's."""

    def __init__(self, database: PostgresDatabase, key: str) -> None:
        self._database, self._key = database, key
        self._lock = ProcessLock(database.name)
        self._connection: Connection[Any] | None = None

    def reserve(self, interval: float) -> float:
        """Reserve the next slot, `interval` seconds before the one after it, and return the seconds until it."""
        return max(float(self._run(_RESERVE, interval=interval)), 0.0)

    def pause(self, seconds: float) -> None:
        """Stop all machines from sending for some seconds.

        The outcome of a delivery is recorded afterwards, so it waits for a server only as long as a new connection takes.
        """
        self._run(_PAUSE, patience=_RETRY_INTERVAL, seconds=seconds)

    def is_paused(self) -> bool:
        """Return whether sending is paused; False if the database is lost at this moment."""
        try:
            return float(self._run(_READ_PAUSE, patience=0.0) or 0.0) > 0
        except LedgerError:
            return False

    def _run(self, statement: str, *, patience: float = LOCK_TIMEOUT, **values: float) -> Any:
        """Execute a statement, and return its first value; waits for a server that restarts.

        Raises LedgerError when it does not come back.
        """
        started = time.monotonic()
        with self._lock.held, self._database.explaining_errors():
            while True:
                try:
                    if self._connection is None or self._connection.closed:
                        # A slot that is lost in a crash of the server delays no request.
                        self._connection = self._database.new_connection(synchronous_commit="off")
                    cursor = self._connection.execute(
                        statement.encode(), {"key": self._key, **values}
                    )
                    row = cursor.fetchone() if cursor.description else None
                    return row[0] if row else None
                except (*LOST, LedgerError):
                    if self._connection is not None:
                        self._connection.close()
                    if time.monotonic() - started >= patience:
                        raise
                time.sleep(_RETRY_INTERVAL)

    def close(self) -> None:
        """End the connection."""
        if self._lock.is_own and self._connection is not None:
            with self._lock.held:
                self._connection.close()
