"""Connect to PostgreSQL with the settings that a ledger needs, and tell one server from another."""

from __future__ import annotations

import logging
import secrets
from itertools import chain
from typing import TYPE_CHECKING, Any

from cxcall.ledger.postgres.postgres_schema import SCHEMA
from cxcall.ledger.postgres.reply_timeout import BoundedConnection

if TYPE_CHECKING:
    from collections.abc import Mapping

    from psycopg import Connection

_CONNECT_TIMEOUT = 10
_STATEMENT_SECONDS = 60
_SETTINGS = {
    "search_path": f"{SCHEMA},pg_temp",
    "synchronous_commit": "on",  # a commit survives a crash of the server
    "statement_timeout": f"{_STATEMENT_SECONDS}s",
    "idle_in_transaction_session_timeout": f"{_STATEMENT_SECONDS}s",  # a frozen machine loses the lock
    "client_min_messages": "warning",
    "datestyle": "ISO",  # the only style that psycopg reads
    "extra_float_digits": "1",  # a number has the same digits as in its checksum
}
SESSION = f"{SCHEMA}.session"
"""A setting that only one connection has: it shows whether a pool moved the connection to another session."""
_SERVER = f"""
SELECT CASE WHEN NOT pg_is_in_recovery() THEN
    substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8) || '/' || to_hex('{SCHEMA}.state'::regclass::oid::bigint) END
"""
"""The timeline changes with a promoted standby or a recovery, the table's number with a restored dump; NULL on a standby."""


def connect(parameters: Mapping[str, str], **settings: str) -> BoundedConnection:
    """Return a connection in autocommit mode; `settings` are its different settings. Raises the errors of psycopg."""
    # Its warnings only repeat an error of cxcall in other words.
    logging.getLogger("psycopg").setLevel(logging.CRITICAL)
    own = {
        "connect_timeout": str(_CONNECT_TIMEOUT),
        "application_name": "cxcall",
        "keepalives_idle": "15",
        "keepalives_interval": "5",
        "keepalives_count": "3",
        **parameters,
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


def read_server(connection: Connection[Any]) -> str | None:
    """Return the timeline of the server and the number of the ledger's table; None for a standby, empty if it is not reported."""
    import psycopg

    try:
        row = connection.execute(_SERVER.encode()).fetchone()
    except psycopg.OperationalError:
        raise
    except psycopg.Error:
        return ""
    return row[0] if row else ""
