"""Translate the tables and statements of the ledger from SQLite to PostgreSQL."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from psycopg import Cursor

SCHEMA = "cxcall"
PRUNING = f"{SCHEMA}.pruning"
"""The setting of a transaction that may delete records."""

TYPES = {"INTEGER": "BIGINT", "REAL": "DOUBLE PRECISION", "TEXT": 'TEXT COLLATE "C"'}
_TYPE = re.compile(r"\b(?:INTEGER|REAL|TEXT)\b")
_VALUE = re.compile(r"\?|(?<!:):([a-z_]+)")


@lru_cache(maxsize=256)
def in_postgres(statement: str) -> str:
    """Return a statement of SQLite in PostgreSQL's dialect: placeholders, types, no choice of an index."""
    statement = re.sub(r" INDEXED BY \w+", "", statement)
    statement = re.sub(r"CROSS JOIN (\w+ \w+) ON", r"JOIN \1 ON", statement)
    statement = _VALUE.sub(lambda mark: f"%({mark[1]})s" if mark[1] else "%s", statement)
    if statement.startswith("CREATE"):
        statement = _TYPE.sub(lambda name: TYPES[name[0]], statement)
    return statement


def read_last_row(cursor: Cursor[Any]) -> tuple[Any, ...]:
    """Return the row that the last statement of a cursor selected."""
    while cursor.nextset():
        pass
    row: tuple[Any, ...] | None = cursor.fetchone()
    assert row is not None  # noqa: S101 - for the type checker
    return row
