"""The PostgreSQL server that tests start: an empty database for each test, and a restart that keeps the data."""

from __future__ import annotations

import psycopg
import pytest

from cxcall.ledger.ledger import Ledger
from helpers.ledger_process import intent
from helpers.postgres import PostgresServer

pytestmark = pytest.mark.slow


def everything_in(url: str) -> list[tuple[object, ...]]:
    """Return the kind, name, and privileges of all that a database has, and its own settings."""
    parts = (
        # The server keeps the empty schemas of temporary tables.
        "SELECT 'schema', nspname::text, nspowner::text, nspacl::text FROM pg_namespace WHERE nspname !~ '^pg_(toast_)?temp_'",
        "SELECT 'table', relname::text, relnamespace::regnamespace::text, relacl::text FROM pg_class",
        "SELECT 'function', proname::text, pronamespace::regnamespace::text, proacl::text FROM pg_proc",
        "SELECT 'setting', setconfig::text, '', '' FROM pg_db_role_setting",
    )
    with psycopg.connect(url) as connection:
        found = connection.execute(" UNION ALL ".join(parts)).fetchall()
    return sorted(found, key=str)


def test_database_of_an_earlier_test_is_as_a_new_one(postgres_server: PostgresServer) -> None:
    new = everything_in(postgres_server.url(postgres_server.new_database()))
    with postgres_server.empty_database() as name:
        url = postgres_server.url(name)
        assert everything_in(url) == new
        with Ledger.open_shared(url) as ledger:
            ledger.begin(intent("a"), 900)
        held = psycopg.connect(url)
        held.execute("CREATE TABLE kept AS SELECT 1 AS value")
        held.commit()
        held.execute("LOCK TABLE kept")
        assert everything_in(url) != new
    with postgres_server.empty_database() as other:
        assert other == name
        assert everything_in(url) == new
    with pytest.raises(psycopg.OperationalError):
        held.execute("SELECT 1")
    held.close()


def test_database_that_a_test_renamed_is_not_used_again(postgres_server: PostgresServer) -> None:
    with (
        postgres_server.empty_database() as name,
        psycopg.connect(postgres_server.url("postgres"), autocommit=True) as connection,
    ):
        connection.execute(f"ALTER DATABASE {name} RENAME TO {name}_other")
    with postgres_server.empty_database() as other:
        assert other != name
