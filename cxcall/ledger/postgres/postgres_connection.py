"""Connect to PostgreSQL with the settings that a ledger needs, and close a connection whose server stops responding."""

from __future__ import annotations

import logging
import secrets
import time
from itertools import chain
from typing import TYPE_CHECKING, Any, TypeVar

import psycopg

from cxcall.ledger.database_interface import LOCK_TIMEOUT
from cxcall.ledger.postgres.postgres_schema import SCHEMA
from cxcall.ledger.schema import SCHEMA_VERSION

if TYPE_CHECKING:
    from collections.abc import Mapping

    from psycopg.abc import PQGen

_CONNECT_TIMEOUT = 10
_STATEMENT_SECONDS = 60
_SETTINGS = {
    "search_path": f"{SCHEMA},pg_temp",
    "synchronous_commit": "on",  # a commit survives a crash of the server
    "lock_timeout": f"{LOCK_TIMEOUT:g}s",
    "statement_timeout": f"{_STATEMENT_SECONDS}s",
    "idle_in_transaction_session_timeout": f"{_STATEMENT_SECONDS}s",  # a frozen machine loses the lock
    "client_min_messages": "warning",
    "datestyle": "ISO",  # the only style that psycopg reads
    "random_page_cost": "1.1",  # as for SSDs: with 4, the rows of a batch are joined with all events, read in order
    "extra_float_digits": "1",  # a number has the same digits as in its checksum
}
SESSION = f"{SCHEMA}.session"
"""A setting that only one connection has: it shows whether a pool moved the connection to another session."""
NAME_END = f" (ledger {SCHEMA_VERSION})"
"""The end of the name by which the server knows a session; version 6 had none."""
_SERVER = f"""
SELECT CASE WHEN NOT pg_is_in_recovery() THEN
    substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8) || '/' || to_hex('{SCHEMA}.state'::regclass::oid::bigint) END
"""
"""The timeline changes with a promoted standby or a recovery, the table's number with a restored dump; NULL on a standby."""
READ_ONLY = psycopg.errors.ReadOnlySqlTransaction
LOST = (psycopg.OperationalError, READ_ONLY)
"""The errors after which another connection may be able to write: a server restarts, or was made read-only for a moment."""
Result = TypeVar("Result")


class BoundedConnection(psycopg.Connection[Any]):
    """A connection that is closed when a response takes longer than `reply_timeout` seconds.

    No timeout of the server, of TCP, or of libpq ends the wait for a server that is frozen, or whose disk is stuck.
    """

    reply_timeout = 65.0
    """Seconds to wait for a response; a working server itself ends each statement earlier."""
    session = ""

    def wait(self, gen: PQGen[Result], *arguments: Any, **more: Any) -> Result:
        """Return the result of an exchange with the server; raises OperationalError when it takes too long."""
        return super().wait(self._end_in_time(gen), *arguments, **more)

    def _end_in_time(self, gen: PQGen[Result]) -> PQGen[Result]:
        """Run an exchange, and stop it after the timeout; psycopg reports 10 times a second that nothing has arrived."""
        deadline = time.monotonic() + self.reply_timeout
        try:
            wanted = next(gen)
            while True:
                ready = yield wanted
                if not ready and time.monotonic() >= deadline:
                    self.close()
                    raise psycopg.OperationalError(f"no response within {self.reply_timeout:g} s")
                wanted = gen.send(ready)
        except StopIteration as end:
            result: Result = end.value
            return result


def connect(parameters: Mapping[str, str], **settings: str) -> BoundedConnection:
    """Return a connection in autocommit mode; `settings` are its different settings. Raises the errors of psycopg."""
    # Its warnings only repeat an error of cxcall in other words.
    logging.getLogger("psycopg").setLevel(logging.CRITICAL)
    own = {
        "connect_timeout": str(_CONNECT_TIMEOUT),
        "keepalives_idle": "15",
        "keepalives_interval": "5",
        "keepalives_count": "3",
        **parameters,
        "application_name": parameters.get("application_name", "cxcall")[:52] + NAME_END,
        "client_encoding": "utf8",
    }
    connection = BoundedConnection.connect(**own, autocommit=True, prepare_threshold=None)  # type: ignore[arg-type]
    try:
        # By a statement, because a connection pool takes no settings when a connection begins.
        connection.session = secrets.token_hex(8)
        chosen = _SETTINGS | settings | {SESSION: connection.session}
        calls = ", ".join(["set_config(%s, %s, false)"] * len(chosen))
        connection.execute(f"SELECT {calls}".encode(), [*chain.from_iterable(chosen.items())])
    except BaseException:
        connection.close()
        raise
    return connection


def read_server(connection: psycopg.Connection[Any]) -> str | None:
    """Return the server's timeline and the number of the ledger's table; None for a standby, empty if unknown."""
    try:
        row = connection.execute(_SERVER.encode()).fetchone()
    except psycopg.OperationalError:
        raise
    except psycopg.Error:
        return ""
    return row[0] if row else ""
