"""Translate the tables and statements of the ledger from SQLite to PostgreSQL."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from cxcall.ledger.checksummed_rows import State, with_checksum
from cxcall.ledger.errors import stop_on_version
from cxcall.ledger.schema import (
    APPEND_ONLY_TABLES,
    INDEXES,
    SCHEMA_VERSION,
    TABLES,
    insert_statement,
)

if TYPE_CHECKING:
    from psycopg import Connection, Cursor

SCHEMA = "cxcall"
PRUNING = f"{SCHEMA}.pruning"
"""The setting of a transaction that may delete records."""

_LOCK = 0x63786C67
"""The key of the advisory lock under which the tables are created: SQLite's application ID of a ledger."""
_TYPES = {"INTEGER": "BIGINT", "REAL": "DOUBLE PRECISION", "TEXT": 'TEXT COLLATE "C"'}
_TYPE = re.compile(r"\b(?:INTEGER|REAL|TEXT)\b")
_VALUE = re.compile(r"\?|(?<!:):([a-z_]+)")
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


@lru_cache(maxsize=256)
def in_postgres(statement: str) -> str:
    """Return a statement of SQLite in PostgreSQL's dialect: placeholders, types, no choice of an index."""
    statement = re.sub(r" INDEXED BY \w+", "", statement)
    statement = re.sub(r"CROSS JOIN (\w+ \w+) ON", r"JOIN \1 ON", statement)
    statement = _VALUE.sub(lambda mark: f"%({mark[1]})s" if mark[1] else "%s", statement)
    if statement.startswith("CREATE"):
        statement = _TYPE.sub(lambda name: _TYPES[name[0]], statement)
    return statement


def prepare_schema(connection: Connection[Any], name: str) -> None:
    """Create the tables if they do not exist; raises LedgerError for tables of another version."""
    found = _read_version(connection)
    if found is None:
        with connection.transaction():
            connection.execute("SELECT pg_advisory_xact_lock(%s)", (_LOCK,))
            found = _read_version(connection)  # another process may have created them meanwhile
            if found is None:
                _create(connection)
                found = SCHEMA_VERSION
    stop_on_version(name, found, SCHEMA_VERSION)


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


def read_time(cursor: Cursor[Any]) -> datetime:
    """Return the time that the last statement of a cursor selected."""
    found: datetime = read_last_row(cursor)[0].astimezone(UTC)
    return found


def read_last_row(cursor: Cursor[Any]) -> tuple[Any, ...]:
    """Return the row that the last statement of a cursor selected."""
    while cursor.nextset():
        pass
    row: tuple[Any, ...] | None = cursor.fetchone()
    assert row is not None  # noqa: S101 - for the type checker
    return row
