"""Ledgers of version 6, as cxcall 0.2.0 and its last development version wrote them, in a file or in PostgreSQL."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import psycopg

from cxcall.ledger.boot_clock import BootTime
from cxcall.ledger.checksummed_rows import row_checksum
from cxcall.ledger.ledger import Ledger
from cxcall.ledger.postgres.postgres_connection import read_server
from cxcall.ledger.postgres.postgres_schema import in_postgres
from cxcall.ledger.request_identity import Intent, intent_digest, older_digests
from cxcall.ledger.schema import APPEND_ONLY_TABLES, COLUMNS
from cxcall.ledger.sqlite.sqlite_database import FILE_NAME

_FOLDER = Path(__file__).parents[1] / "ledger"
RELEASED, LAST = "records_of_0_2_0.sql", "records_of_version_6.sql"
"""The files with the records of 0.2.0, and with those of each kind that version 6 had at last."""

API = "https://api.example.com/x"


def now() -> datetime:
    """Return a time ten minutes after the records."""
    return datetime(2026, 11, 23, 9, 9, tzinfo=UTC)


def clock() -> BootTime:
    """Return the time since the machine started."""
    return BootTime("boot", 640.0)


def intent(name: str, **more: Any) -> Intent:
    """Return the intent to send a request of the ledgers again, now to another host of the vendor if it has several."""
    at = "https://api-b32.nice-incontact.com/x" if name == "vendor" else API
    digests = partial(older_digests, method="POST", url=at, body=name)
    if name == "vendor":  # as in records of 0.2.0: the host is in the digest
        assert list(digests(["api-na1.niceincontact.com"]))[1:]
    digest = intent_digest("POST", at, name)
    named = "default", "execute", "community", "POST", at, digest
    return Intent(*named, older_digests=digests, **more)


def _read(name: str) -> str:
    return (_FOLDER / name).read_text("utf-8")


def write_older_file(folder: Path, records: str, change: str = "") -> Path:
    """Write a ledger to a folder, and return its file; `change` are statements that are executed at the end."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / FILE_NAME
    with closing(sqlite3.connect(path)) as file:
        file.executescript(f"{_read('ledger_version_6.sql')} {_read(records)} {change}")
    return path


def write_older_tables(url: str, records: str, change: str = "") -> None:
    """Write a ledger to an empty database."""
    Ledger.open_shared(url).__exit__()
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("SET search_path TO cxcall")
        for table in COLUMNS:
            connection.execute(f"DROP TABLE {table} CASCADE".encode())
        tables = re.sub(r"(?m)^(--|PRAGMA|CREATE TRIGGER).*", "", _read("ledger_version_6.sql"))
        for statement in tables.split(";"):
            connection.execute(in_postgres(statement.strip()).encode())
        for table in APPEND_ONLY_TABLES:
            trigger = f"CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON {table}"
            connection.execute(
                f"{trigger} FOR EACH ROW EXECUTE FUNCTION cxcall.refuse_change()".encode()
            )
        for line in _read(records).splitlines()[1:]:
            connection.execute(line.encode())
        # The place of these tables, in place of the recorded one.
        for number, at, note in connection.execute(
            "SELECT number, at, note FROM decision"
        ).fetchall():
            if note.startswith("server: "):
                here = [number, at, f"server: {read_server(connection)}"]
                values = (here[-1], row_checksum("decision", here), number)
                update = "UPDATE decision SET note = %s, checksum = %s WHERE number = %s"
                connection.execute(update, values)
        connection.execute(f"UPDATE version SET number = 6; {change}".encode())
