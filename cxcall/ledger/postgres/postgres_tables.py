"""Create the tables of a ledger in PostgreSQL, or upgrade them."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import psycopg

from cxcall.ledger.checksummed_rows import State, with_checksum
from cxcall.ledger.errors import LedgerError, stop_on_version
from cxcall.ledger.postgres.postgres_schema import PRUNING, SCHEMA, in_postgres
from cxcall.ledger.schema import (
    APPEND_ONLY_TABLES,
    INDEXES,
    SCHEMA_VERSION,
    TABLES,
    insert_statement,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from psycopg import Connection

_LOCK = 0x63786C67
"""The key of the advisory lock under which the tables are created: SQLite's application ID of a ledger."""
_APPEND_ONLY = f"""
CREATE FUNCTION {SCHEMA}.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' AND current_setting('{PRUNING}', true) = 'on' THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION 'the ledger is append-only';
END $$
"""
_PACE = f"""
CREATE TABLE {SCHEMA}.pace (
    key TEXT PRIMARY KEY, next_at DOUBLE PRECISION NOT NULL, paused_until DOUBLE PRECISION NOT NULL
)
"""


def prepare_tables(connection: Connection[Any], name: str) -> None:
    """Create the tables if they do not exist, or upgrade them; raises LedgerError for tables of another version."""
    with _explaining_lock(name):
        found = _read_version(connection)
    if found is None or found < SCHEMA_VERSION:
        with connection.transaction():
            with _explaining_lock(name):
                connection.execute("SELECT pg_advisory_xact_lock(%s)", (_LOCK,))
                found = _read_version(connection)  # another process may have changed it meanwhile
            if found is None:
                _create(connection)
            elif found < SCHEMA_VERSION:
                from cxcall.ledger.postgres.upgrade import upgrade_tables

                upgrade_tables(connection, name, found)
            found = max(found or 0, SCHEMA_VERSION)
    stop_on_version(name, found, SCHEMA_VERSION)


@contextmanager
def _explaining_lock(name: str) -> Iterator[None]:
    """Raise LedgerError if another process still creates or upgrades the tables."""
    try:
        yield
    except psycopg.errors.LockNotAvailable:
        raise LedgerError(
            f"another process is creating or upgrading the ledger `{name}`",
            "wait until it is finished",
        ) from None


def _read_version(connection: Connection[Any]) -> int | None:
    """Return the version of the tables; None if there are none."""
    # By a query, because the cache of `to_regclass` may lack what another process has committed.
    tables = "SELECT FROM pg_catalog.pg_tables WHERE schemaname = %s AND tablename = 'version'"
    if connection.execute(tables, (SCHEMA,)).fetchone() is None:
        return None
    row = connection.execute(f"SELECT number FROM {SCHEMA}.version").fetchone()  # noqa: S608 - a constant
    return int(row[0]) if row else 0


def _create(connection: Connection[Any]) -> None:
    run = connection.execute
    # IF NOT EXISTS needs the right to create schemas even if an administrator has made this one.
    if run("SELECT FROM pg_catalog.pg_namespace WHERE nspname = %s", (SCHEMA,)).fetchone() is None:
        run(f"CREATE SCHEMA {SCHEMA}")
    run(f"SET LOCAL search_path TO {SCHEMA}")
    run(f"CREATE TABLE {SCHEMA}.version (number INTEGER NOT NULL)")
    run(f"INSERT INTO {SCHEMA}.version VALUES (%s)", (SCHEMA_VERSION,))  # noqa: S608 - a constant
    for statement in TABLES:
        run(in_postgres(statement).encode())
    for statement in INDEXES:
        if not statement.startswith("CREATE TRIGGER"):
            run(in_postgres(statement).encode())
    run(_APPEND_ONLY.encode())
    for table in APPEND_ONLY_TABLES:
        run(
            f"CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON {SCHEMA}.{table}"
            f" FOR EACH ROW EXECUTE FUNCTION {SCHEMA}.refuse_change()".encode()
        )
    run(_PACE.encode())
    insert_state = in_postgres(insert_statement("state")).encode()
    run(insert_state, with_checksum("state", State.new()))
