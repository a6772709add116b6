"""Upgrade the tables of a ledger in PostgreSQL from version 6."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import psycopg

from cxcall.ledger.errors import LastingLedgerError, LedgerError, stop_on_version
from cxcall.ledger.postgres.postgres_connection import NAME_END
from cxcall.ledger.postgres.postgres_schema import SCHEMA, TYPES, in_postgres
from cxcall.ledger.schema import APPEND_ONLY_TABLES, COLUMNS, INDEXES, SCHEMA_VERSION
from cxcall.ledger.version_6 import (
    ADDED_COLUMNS,
    RECORDS,
    TABLES_IN_ORDER,
    VERSION,
    Conversion,
    kept_columns,
)

if TYPE_CHECKING:
    from psycopg import Connection

_GROUP = 10_000
"""The number of rows that are changed at once: each statement must end within the limits of the connection."""
_OLDER_SESSIONS = """
SELECT client_addr FROM pg_stat_activity
WHERE datname = current_database() AND application_name = ANY(%s)
"""
_BEGIN = f"""
SET LOCAL search_path TO {SCHEMA}; LOCK TABLE state IN ACCESS EXCLUSIVE MODE;
ALTER TABLE state RENAME last_batch_end TO last_batch_event; ALTER TABLE batch_end RENAME TO batch_event
"""
_TYPES = {"time_limit": "REAL", "is_load": "INTEGER"}
"""The types of the added columns that are not texts, as SQLite names them."""


def upgrade_tables(connection: Connection[Any], name: str, version: int) -> None:
    """Upgrade the tables within a transaction; raises LedgerError as for a file, and if the role does not own them.

    The tables stay, so that their grants do, and the number of `state`, which identifies this copy of the ledger.
    """
    stop_on_version(name, version, SCHEMA_VERSION, VERSION)
    conversion = Conversion(name)
    try:
        # An older process reads the version when it connects, and not again: from now on, it waits.
        connection.execute(f"LOCK TABLE {SCHEMA}.version IN ACCESS EXCLUSIVE MODE")
        _stop_on_older_sessions(connection, name)
        connection.execute(_BEGIN)
        conversion.announce(connection.execute(RECORDS).fetchone())
        for table in TABLES_IN_ORDER:
            _upgrade_table(connection, table, conversion)
    except psycopg.errors.InsufficientPrivilege:
        raise LastingLedgerError(
            f"`{name}` was written by an older cxcall (ledger version {version})",
            "run `cxcall history list` once as the role that owns its tables: that upgrades them",
        ) from None
    conversion.check_counts()
    connection.execute("UPDATE version SET number = %s", (SCHEMA_VERSION,))


def _stop_on_older_sessions(connection: Connection[Any], name: str) -> None:
    """Raise LedgerError if another cxcall that knows only version 6 is connected: it would report damage after the upgrade."""
    own = connection.info.get_parameters()["application_name"].removesuffix(NAME_END)
    found = connection.execute(_OLDER_SESSIONS, (["cxcall", own],)).fetchall()
    if found:
        hosts = sorted({f"from {host}" for (host,) in found if host})
        sessions = ", ".join([f"sessions: {len(found)}", *hosts])
        raise LedgerError(
            f"an older cxcall is connected to the ledger `{name}` ({sessions}), which cannot be upgraded meanwhile",
            "end the commands, workers, and programs that use the older version, then run this again; if a session stays "
            "although its program has ended, end it in the database: `SELECT pg_terminate_backend(pid) FROM "
            "pg_stat_activity WHERE datname = current_database() AND application_name = 'cxcall'`",
        )


def _upgrade_table(connection: Connection[Any], table: str, conversion: Conversion) -> None:
    """Add the columns of this version to a table, and convert its rows, without its indexes."""

    def run(*statements: str) -> None:
        for statement in statements:
            connection.execute(statement.encode())

    added, names = ADDED_COLUMNS[table], (*COLUMNS[table], "checksum")
    indexes = [each for each in INDEXES if f" ON {table} (" in each]
    is_append_only = table in APPEND_ONLY_TABLES
    columns = [f"ADD {each} {TYPES[_TYPES.get(each, 'TEXT')]}" for each in added]
    run(*(f"DROP INDEX IF EXISTS {each.split()[2]}" for each in indexes))
    run(*[f"ALTER TABLE {table} {', '.join(columns)}"] * bool(added))
    run(*[f"ALTER TABLE {table} DISABLE TRIGGER append_only"] * is_append_only)
    run(f"CREATE UNLOGGED TABLE changed (LIKE {table})")
    kept = ", ".join([*kept_columns(table), "checksum"])
    read = f"SELECT {kept} FROM {table} WHERE number > %s ORDER BY number LIMIT {_GROUP}"  # noqa: S608 - names of the schema
    write = f"COPY changed ({', '.join(names)}) FROM STDIN"
    values = ", ".join(f"{each} = c.{each}" for each in names[1:])
    # Without the range, each statement could read the whole table.
    change = f"UPDATE {table} t SET {values} FROM changed c WHERE t.number = c.number AND t.number BETWEEN %s AND %s"  # noqa: S608 - names of the schema
    last = 0
    while rows := connection.execute(read.encode(), (last,)).fetchall():
        with connection.cursor() as cursor, cursor.copy(write.encode()) as copy:
            for row in rows:
                copy.write_row(conversion.convert(table, row))
        first, last = rows[0][0], rows[-1][0]
        connection.execute(change.encode(), (first, last))
        run("TRUNCATE changed")
    run("DROP TABLE changed", *map(in_postgres, indexes))
    required = [f"ALTER {each} SET NOT NULL" for each in added]
    run(*[f"ALTER TABLE {table} {', '.join(required)}"] * bool(added))
    run(*[f"ALTER TABLE {table} ENABLE TRIGGER append_only"] * is_append_only)
