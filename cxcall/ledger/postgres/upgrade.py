"""Upgrade the tables of a ledger in PostgreSQL from version 6."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import psycopg

from cxcall.ledger.errors import LastingLedgerError, stop_on_version
from cxcall.ledger.postgres.postgres_errors import server_damage_error
from cxcall.ledger.postgres.postgres_schema import SCHEMA, TYPES
from cxcall.ledger.schema import APPEND_ONLY_TABLES, COLUMNS, SCHEMA_VERSION
from cxcall.ledger.version_6 import ADDED_COLUMNS, VERSION, Conversion, kept_columns

if TYPE_CHECKING:
    from psycopg import Connection

_GROUP = 2000
"""The number of rows that are changed at once: each statement must end within the limits of the connection."""
_BEGIN = f"""
SET LOCAL lock_timeout = '30s'; SET LOCAL search_path TO {SCHEMA}; LOCK TABLE state IN ACCESS EXCLUSIVE MODE;
ALTER TABLE state RENAME last_batch_end TO last_batch_event; ALTER TABLE batch_end RENAME TO batch_event
"""
_TYPES = {"unknown_rows": "INTEGER", "time_limit": "REAL", "is_load": "INTEGER"}
"""The types of the added columns that are not texts, as SQLite names them."""


def upgrade_tables(connection: Connection[Any], name: str, version: int) -> None:
    """Upgrade the tables within a transaction; raises LedgerError as for a file, and if the role does not own them.

    The tables stay, so that their grants do, and the number of `state`, which identifies this copy of the ledger.
    """
    stop_on_version(name, version, VERSION)
    conversion = Conversion(lambda detail: server_damage_error(name, detail))
    try:
        connection.execute(_BEGIN)
        for table in COLUMNS:
            _upgrade_table(connection, table, conversion)
    except psycopg.errors.InsufficientPrivilege:
        raise LastingLedgerError(
            f"`{name}` was written by an older cxcall (ledger version {version})",
            "run `cxcall history list` once as the role that owns its tables: that upgrades them",
        ) from None
    conversion.check_counts()
    connection.execute("UPDATE version SET number = %s", (SCHEMA_VERSION,))


def _upgrade_table(connection: Connection[Any], table: str, conversion: Conversion) -> None:
    """Add the columns of this version to a table, and convert its rows."""

    def alter(*actions: str) -> None:
        if actions:
            connection.execute(f"ALTER TABLE {table} {', '.join(actions)}".encode())

    added, is_append_only = ADDED_COLUMNS[table], table in APPEND_ONLY_TABLES
    alter(*(f"ADD {each} {TYPES[_TYPES.get(each, 'TEXT')]}" for each in added))
    alter(*["DISABLE TRIGGER append_only"] * is_append_only)
    kept = ", ".join([*kept_columns(table), "checksum"])
    read = f"SELECT {kept} FROM {table} WHERE number > %s ORDER BY number LIMIT {_GROUP}"  # noqa: S608 - names of the schema
    values = ", ".join(f"{each} = %s" for each in (*COLUMNS[table], "checksum"))
    write = f"UPDATE {table} SET {values} WHERE number = %s"  # noqa: S608 - names of the schema
    last = 0
    while rows := connection.execute(read.encode(), (last,)).fetchall():
        changed = [conversion.convert(table, row) for row in rows]
        with connection.cursor() as cursor:
            cursor.executemany(write.encode(), [(*row, row[0]) for row in changed])
        last = rows[-1][0]
    alter(*(f"ALTER {each} SET NOT NULL" for each in added))
    alter(*["ENABLE TRIGGER append_only"] * is_append_only)
