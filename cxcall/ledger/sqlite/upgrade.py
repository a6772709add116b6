"""Upgrade a ledger of an older version."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cxcall.ledger.checksummed_rows import COUNTERS, State, row_checksum, with_checksum
from cxcall.ledger.errors import damage_error
from cxcall.ledger.schema import (
    CHECKED_SINCE,
    COLUMNS,
    INDEXES,
    SCHEMA_VERSION,
    TABLES,
    UPGRADES,
    columns_added_since,
    insert_statement,
)

if TYPE_CHECKING:
    from cxcall.ledger.sqlite.sqlite_database import SqliteDatabase


def upgrade(database: SqliteDatabase) -> None:
    """Upgrade the tables to this version; another process may be doing the same."""
    found = database.run("PRAGMA integrity_check(1)").fetchall()
    if found != [("ok",)]:
        raise damage_error(database.path, str(found))
    with database.transaction():
        version = database.pragma("user_version")
        if version == SCHEMA_VERSION:
            return
        for step in range(version + 1, CHECKED_SINCE):
            for statement in UPGRADES[step]:
                database.run(statement)
        _copy_rows(database, version)
        database.run(f"PRAGMA user_version = {SCHEMA_VERSION}")


def _copy_rows(database: SqliteDatabase, version: int) -> None:
    """Copy all rows to the tables of this version, with checksums; check existing checksums."""
    for kind in ("trigger", "index"):
        for name in _names_of(database, kind):
            database.run(f"DROP {kind} {name}")
    tables = _names_of(database, "table")
    for table in tables:
        database.run(f"ALTER TABLE {table} RENAME TO old_{table}")
    for statement in TABLES:
        database.run(statement)
    counts = {table: _copy_table(database, table, version) for table in tables}
    for table in reversed(tables):
        database.run(f"DROP TABLE old_{table}")
    for statement in INDEXES:
        database.run(statement)
    if version < CHECKED_SINCE:
        insert_row(database, "state", _first_state(database, counts))


def _names_of(database: SqliteDatabase, kind: str) -> list[str]:
    found = database.run(
        "SELECT name FROM sqlite_master WHERE type = ? AND sql IS NOT NULL ORDER BY rowid", (kind,)
    )
    return [name for (name,) in found.fetchall()]


def _first_state(database: SqliteDatabase, counts: dict[str, int]) -> State:
    """Return the state of a ledger that had none; `counts` are the numbers of its rows."""
    counted = {COUNTERS[table]: count for table, count in counts.items() if table in COUNTERS}
    values: dict[str, Any] = counted
    for table in counts:
        statement = f"SELECT coalesce(max(number), 0) FROM {table}"  # noqa: S608 - names of the schema
        (values[f"last_{table}"],) = database.run(statement).fetchone()
    return State.new()._replace(**values)


def _copy_table(database: SqliteDatabase, table: str, version: int) -> int:
    """Copy the rows of a table, and return how many; raises LedgerError if one does not match its checksum."""
    added, is_checked = columns_added_since(version, table), version >= CHECKED_SINCE
    names = [*COLUMNS[table][: len(COLUMNS[table]) - len(added)]]
    if is_checked:
        names.append("checksum")
    elif table == "batch_end":
        names[0] = "rowid"
    count = 0
    statement = f"SELECT {', '.join(names)} FROM old_{table} ORDER BY 1"  # noqa: S608 - names of the schema
    for row in database.run(statement):
        values = row[:-1] if is_checked else row
        if is_checked and row_checksum(table, values) != row[-1]:
            raise damage_error(database.path, f"a record of `{table}` does not match its checksum")
        insert_row(database, table, (*values, *added))
        count += 1
    return count


def insert_row(database: SqliteDatabase, table: str, row: tuple[Any, ...]) -> None:
    """Insert a row with its checksum."""
    database.run(insert_statement(table), with_checksum(table, row))
