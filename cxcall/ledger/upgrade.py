"""Upgrade a ledger of an older version."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from cxcall.ledger.errors import damage_error
from cxcall.ledger.rows import State, row_checksum
from cxcall.ledger.schema import (
    COLUMNS,
    INDEXES,
    OLD_INDEXES,
    OLD_TABLES,
    SCHEMA_VERSION,
    TABLES,
    UPGRADES,
    insert_statement,
)

if TYPE_CHECKING:
    from cxcall.ledger.database import LedgerDatabase

_OLD_COLUMNS = {name: tuple(c for c in COLUMNS[name] if c not in ("boot", "uptime")) for name in OLD_TABLES}  # fmt: skip
_ADDED_VALUES = {"event": ("", 0.0)}


def upgrade(database: LedgerDatabase) -> None:
    """Upgrade the tables to this version; another process may be doing the same."""
    found = database.run("PRAGMA integrity_check(1)").fetchall()
    if found != [("ok",)]:
        raise damage_error(database.path, str(found))
    with database.transaction():
        version = database.pragma("user_version")
        if version == SCHEMA_VERSION:
            return
        for step in range(version + 1, SCHEMA_VERSION):
            for statement in UPGRADES[step]:
                database.run(statement)
        _copy_rows(database)
        database.run(f"PRAGMA user_version = {SCHEMA_VERSION}")


def _copy_rows(database: LedgerDatabase) -> None:
    """Copy all rows to the tables of this version, with checksums."""
    for table in ("delivery", "event"):
        for verb in ("UPDATE", "DELETE"):
            database.run(f"DROP TRIGGER {table}_{verb}")
    for index in OLD_INDEXES:
        database.run(f"DROP INDEX {index}")
    for table in OLD_TABLES:
        database.run(f"ALTER TABLE {table} RENAME TO old_{table}")
    for statement in TABLES:
        database.run(statement)
    counts: dict[str, int] = {}
    for table in OLD_TABLES:
        counts[table] = _copy_table(database, table)
    for table in reversed(OLD_TABLES):
        database.run(f"DROP TABLE old_{table}")
    for statement in INDEXES:
        database.run(statement)
    last = {table: _last_number(database, table) for table in OLD_TABLES}
    state = State(
        1, os.urandom(8).hex(), 1, last["delivery"], last["event"], last["batch"], last["batch_end"], 0,
        counts["delivery"], counts["event"], counts["batch"],
    )  # fmt: skip
    insert_row(database, "state", state)


def _last_number(database: LedgerDatabase, table: str) -> int:
    statement = f"SELECT coalesce(max(number), 0) FROM {table}"  # noqa: S608 - names of the schema
    return int(database.run(statement).fetchone()[0])


def _copy_table(database: LedgerDatabase, table: str) -> int:
    columns = ", ".join(_OLD_COLUMNS[table])
    if table == "batch_end":
        columns = columns.replace("number", "rowid")
    count = 0
    statement = f"SELECT {columns} FROM old_{table} ORDER BY 1"  # noqa: S608 - names of the schema
    for row in database.run(statement):
        insert_row(database, table, (*row, *_ADDED_VALUES.get(table, ())))
        count += 1
    return count


def insert_row(database: LedgerDatabase, table: str, row: tuple[Any, ...]) -> None:
    """Insert a row with its checksum."""
    database.run(insert_statement(table), (*row, row_checksum(table, row)))
