"""The PostgreSQL server that tests start: a new database for each test, and a restart that keeps the data."""

from __future__ import annotations

import psycopg

from helpers.postgres import PostgresServer


def test_restarted_server_keeps_what_was_committed(postgres_server: PostgresServer) -> None:
    url = postgres_server.url(postgres_server.new_database(), by_socket=False)
    with psycopg.connect(url) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 1 AS value")
    postgres_server.restart()
    with psycopg.connect(url) as connection:
        assert connection.execute("SELECT value FROM kept").fetchone() == (1,)


def test_each_test_has_an_empty_database(postgres_url: str) -> None:
    with psycopg.connect(postgres_url) as connection:
        found = connection.execute("SELECT to_regclass('kept')").fetchone()
    assert found == (None,)
