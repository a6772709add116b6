"""Upgrade the ledger's file from version 6."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from cxcall.ledger.errors import stop_on_version
from cxcall.ledger.schema import INDEXES, SCHEMA_VERSION, TABLES, insert_statement
from cxcall.ledger.version_6 import FORMER_NAMES, RECORDS, TABLES_IN_ORDER, VERSION, Conversion

if TYPE_CHECKING:
    from cxcall.ledger.sqlite.sqlite_database import SqliteDatabase

_STATEMENTS = "895c69e71d1b2b78e2113eb6aa67fc037c0f4dce5e701919350fe9754495617d"
"""The SHA-256 of the statements that `sqlite_master` has in version 6."""


def upgrade_file(database: SqliteDatabase) -> None:
    """Upgrade a ledger in one transaction; raises LedgerError if it is damaged, or older than version 6.

    All of its records are checked first as they are when they are read. Another process may have upgraded it meanwhile.
    """
    with database.transaction():
        version = database.pragma("user_version")
        if version != SCHEMA_VERSION:
            stop_on_version(database.name, version, SCHEMA_VERSION, VERSION)
            conversion = Conversion(database.name)
            _set_old_tables_aside(database, conversion)
            for statement in TABLES:
                database.run(statement)
            _convert_rows(database, conversion)
            for statement in INDEXES:
                database.run(statement)
            database.run(f"PRAGMA user_version = {SCHEMA_VERSION}")


def _set_old_tables_aside(database: SqliteDatabase, conversion: Conversion) -> None:
    """Rename the tables, and drop triggers and indexes; raises LedgerError if they are not those of version 6."""
    found = database.run(
        "SELECT sql, type, name FROM sqlite_master WHERE sql IS NOT NULL"
    ).fetchall()
    statements = "\n".join(sorted(statement for statement, _, _ in found))
    if hashlib.sha256(statements.encode()).hexdigest() != _STATEMENTS:
        raise conversion.damage_error("its tables are not those of a ledger")
    conversion.announce(database.run(RECORDS).fetchone())
    if damage := database.find_structural_damage():
        raise conversion.damage_error(damage)
    for kind in ("trigger", "index", "table"):
        for name in (name for _, each, name in found if each == kind):
            is_table = kind == "table"
            database.run(
                f"ALTER TABLE {name} RENAME TO old_{name}" if is_table else f"DROP {kind} {name}"
            )


def _convert_rows(database: SqliteDatabase, conversion: Conversion) -> None:
    """Copy all rows to the new tables, and drop the old ones."""
    old = {table: f"old_{FORMER_NAMES.get(table, table)}" for table in TABLES_IN_ORDER}
    for table, former in old.items():
        rows = database.run(f"SELECT * FROM {former} ORDER BY number")  # noqa: S608 - a name of the schema
        converted = (conversion.convert(table, row) for row in rows)
        database.run_many(insert_statement(table), converted)
    conversion.check_counts()
    for table in reversed(old):
        database.run(f"DROP TABLE {old[table]}")
