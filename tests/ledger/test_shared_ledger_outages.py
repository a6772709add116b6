"""A database server that restarts, freezes, or is lost: nothing is sent without a record."""

from __future__ import annotations

import os
import signal
from threading import Event, Thread
from typing import TYPE_CHECKING, cast

import psycopg
import pytest

from cxcall.findings.errors import CxcallError
from cxcall.findings.exit_codes import Outcome
from cxcall.ledger.errors import LastingLedgerError, LedgerError
from cxcall.ledger.ledger import Ledger
from cxcall.ledger.postgres.postgres_database import PostgresDatabase
from helpers.interrupts import interrupt
from helpers.ledger_process import intent
from helpers.machines import SEND, begin, machine
from helpers.platform_server import Platform, Reply

if TYPE_CHECKING:
    from pathlib import Path

    from cxcall.ledger.postgres.postgres_connection import BoundedConnection
    from helpers.postgres import PostgresServer

pytestmark = pytest.mark.slow


def test_outcome_waits_for_a_server_that_restarts(
    tmp_path: Path, postgres_url: str, postgres_server: PostgresServer
) -> None:
    arrived, restarted = Event(), Event()

    def answer(_body: object, _count: int) -> Reply:
        arrived.set()
        restarted.wait(60)
        return Reply()

    with Platform(answer) as platform:
        process = begin(machine(tmp_path, "a", postgres_url, platform), *SEND)
        arrived.wait(60)
        postgres_server.restart()
        restarted.set()
        assert process.wait(60) == 0
        assert platform.rung == 1
    with Ledger.open_shared(postgres_url) as ledger:
        assert [record.outcome for record in ledger.records()] == [Outcome.ACCEPTED]


def test_outcome_waits_for_a_database_that_is_read_only_for_a_moment(
    tmp_path: Path, postgres_url: str
) -> None:
    others = """SELECT {} FROM pg_stat_activity
        WHERE datname = current_database() AND application_name LIKE 'cxcall%'"""
    arrived, is_read_only = Event(), Event()

    def answer(_body: object, _count: int) -> Reply:
        arrived.set()
        is_read_only.wait(60)
        return Reply()

    with Platform(answer) as platform, psycopg.connect(postgres_url, autocommit=True) as owner:
        change = f"ALTER DATABASE {owner.info.dbname} {{}} default_transaction_read_only"
        process = begin(machine(tmp_path, "a", postgres_url, platform), *SEND)
        arrived.wait(60)
        owner.execute(f"{change.format('SET')} = on".encode())
        owner.execute(others.format("pg_terminate_backend(pid, 10000)").encode())
        is_read_only.set()
        while (
            not owner.execute(others.format("pid").encode()).fetchall() and process.poll() is None
        ):
            pass
        owner.execute(change.format("RESET").encode())
        assert process.wait(60) == 0
    with Ledger.open_shared(postgres_url) as ledger:
        assert [record.outcome for record in ledger.records()] == [Outcome.ACCEPTED]


def test_first_record_does_not_wait_for_a_database_that_is_read_only(
    postgres_server: PostgresServer,
) -> None:
    name = postgres_server.new_database()
    url = postgres_server.url(name)
    Ledger.open_shared(url).__exit__()
    with psycopg.connect(url, autocommit=True) as owner:
        owner.execute(f"ALTER DATABASE {name} SET default_transaction_read_only = on".encode())
    with Ledger.open_shared(url) as ledger:
        with pytest.raises(LedgerError, match="permits only read-only transactions"):
            ledger.begin(intent("a"), 900)
        assert list(ledger.records()) == []


def test_killed_process_leaves_its_call_unknown_for_all_machines(
    tmp_path: Path, postgres_url: str
) -> None:
    arrived, end = Event(), Event()

    def answer(_body: object, _count: int) -> Reply:
        arrived.set()
        end.wait(60)
        return Reply()

    with Platform(answer) as platform:
        here, there = (machine(tmp_path, name, postgres_url, platform) for name in ("a", "b"))
        process = begin(here, *SEND)
        arrived.wait(60)
        process.kill()
        process.wait()
        end.set()
        assert "unknown" in there(*SEND, code=7).err
        assert platform.rung == 1


def test_server_that_freezes_during_a_commit_is_given_up(postgres_url: str) -> None:
    database = PostgresDatabase(postgres_url)
    connection = cast("BoundedConnection", database.connection)
    connection.reply_timeout = 0.2
    server = connection.info.backend_pid

    def record() -> None:
        with database.transaction():
            for number in (1, 2):
                database.write(
                    "INSERT INTO batch_event VALUES (?, 'b', 0, 'ended', '', '')", (number,)
                )
            os.kill(server, signal.SIGSTOP)

    try:
        with pytest.raises(LedgerError, match=r"cannot be reached: no response within 0\.2 s"):
            record()
    finally:
        os.kill(server, signal.SIGCONT)
    with database.transaction():  # by a new connection, which waits until the server has decided
        [(found,)] = database.run("SELECT count(*) FROM batch_event")
    assert found in (0, 2)
    database.close()


def test_interrupted_wait_for_the_lock_leaves_the_connection_usable(postgres_url: str) -> None:
    holder, waiting = PostgresDatabase(postgres_url), PostgresDatabase(postgres_url)

    def interrupt_once_it_waits() -> None:
        with psycopg.connect(postgres_url, autocommit=True) as watching:
            while not watching.execute("SELECT 1 FROM pg_locks WHERE NOT granted").fetchone():
                pass
        interrupt(signal.SIGINT)

    def wait_for_the_lock() -> None:
        Thread(target=interrupt_once_it_waits).start()
        with waiting.transaction():
            pass

    with holder.transaction(), pytest.raises(KeyboardInterrupt):
        wait_for_the_lock()
    for write in (waiting, holder, waiting):
        with write.transaction():
            assert write.run("SELECT 1").fetchone() == (1,)
    holder.close()
    waiting.close()


def test_settings_of_the_role_do_not_make_records_less_durable(
    postgres_server: PostgresServer,
) -> None:
    name = postgres_server.new_database()
    with psycopg.connect(postgres_server.url("postgres"), autocommit=True) as connection:
        connection.execute(f"ALTER DATABASE {name} SET synchronous_commit = off")
    url = f"{postgres_server.url(name)}&options=-c%20synchronous_commit%3Doff"
    database = PostgresDatabase(url)
    assert database.run("SHOW synchronous_commit").fetchone() == ("on",)
    database.close()


def test_database_stopped_before_the_outcome_leaves_the_call_unknown(
    postgres_url: str, postgres_server: PostgresServer
) -> None:
    with Ledger.open_shared(postgres_url) as ledger:
        delivery = ledger.begin(intent("a"), 900)
        postgres_server.stop()
        try:
            with pytest.raises(
                KeyboardInterrupt, match="server of the ledger could not be reached"
            ):
                ledger.record_outcome(delivery, Outcome.ACCEPTED, is_cancelled=lambda: True)
            with pytest.raises(KeyboardInterrupt):  # and nothing is sent without a record
                ledger.begin(intent("b"), 900, lambda: True)
        finally:
            postgres_server.start()
        with pytest.raises(CxcallError, match="unknown"):
            ledger.begin(intent("a"), 900)
        assert [record.outcome for record in ledger.records()] == [Outcome.UNKNOWN]


def test_pool_that_forgets_prepared_statements_changes_nothing(postgres_url: str) -> None:
    with Ledger.open_shared(postgres_url) as ledger:
        for number in range(9):
            delivery = ledger.begin(intent(str(number)), 900)
            ledger.shared_database.connection.pgconn.exec_(b"DEALLOCATE ALL")
            ledger.record_outcome(delivery, Outcome.ACCEPTED)
        assert len(list(ledger.records())) == 9


def test_lost_prepared_statement_is_not_called_damage(postgres_url: str) -> None:
    with Ledger.open_shared(postgres_url) as ledger:
        with (
            pytest.raises(LedgerError, match="cannot be used over this connection") as caught,
            ledger.shared_database.explaining_errors(),
        ):
            raise psycopg.errors.InvalidSqlStatementName("prepared statement is lost")
        assert "damaged" not in str(caught.value)


def test_pool_in_statement_mode_ends_a_worker_and_one_without_its_server_does_not(
    postgres_url: str,
) -> None:
    mode = "transaction blocks not allowed in statement pooling mode"
    with Ledger.open_shared(postgres_url) as ledger:
        for text, is_lasting in ((mode, True), ("server conn crashed?", False)):
            with pytest.raises(LedgerError) as caught, ledger.shared_database.explaining_errors():
                raise psycopg.errors.ProtocolViolation(text)
            assert isinstance(caught.value, LastingLedgerError) is is_lasting


def test_record_waits_for_a_table_that_an_administrator_has_locked(
    tmp_path: Path, postgres_url: str
) -> None:
    Ledger.open_shared(postgres_url).__exit__()
    arrived, locked = Event(), Event()

    def answer(_body: object, _count: int) -> Reply:
        arrived.set()
        locked.wait(60)
        return Reply()

    waits = "SELECT xact_start FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
    with Platform(answer) as platform, psycopg.connect(postgres_url) as administrator:
        process = begin(machine(tmp_path, "a", postgres_url, platform), *SEND)
        arrived.wait(60)
        administrator.execute("LOCK TABLE cxcall.event IN SHARE MODE")  # as REINDEX does
        locked.set()
        seen: set[object] = set()
        with psycopg.connect(postgres_url, autocommit=True) as watching:
            while len(seen) < 2 and process.poll() is None:  # it tries again
                seen |= {*watching.execute(waits).fetchall()}
        administrator.rollback()
        assert process.wait(60) == 0
    with Ledger.open_shared(postgres_url) as ledger:
        assert [record.outcome for record in ledger.records()] == [Outcome.ACCEPTED]
