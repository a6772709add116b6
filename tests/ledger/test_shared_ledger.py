"""Several machines share one ledger in PostgreSQL: its guard, its history, and its address."""

from __future__ import annotations

import json
import re
import sqlite3
import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import psycopg
import pytest

from cxcall.findings.errors import CxcallError
from cxcall.findings.exit_codes import Outcome
from cxcall.ledger.boot_clock import uptime
from cxcall.ledger.errors import LastingLedgerError, LedgerError
from cxcall.ledger.ledger import Ledger
from cxcall.ledger.postgres import postgres_database
from cxcall.ledger.postgres.queued_rows import QueuedBatch
from cxcall.ledger.sqlite.sqlite_database import FILE_NAME
from cxcall.phone.call_limit import CallLimit
from helpers.command import Cxcall
from helpers.ledger_process import intent
from helpers.machines import SEND, begin, machine
from helpers.platform_server import Platform

if TYPE_CHECKING:
    from pathlib import Path

    from helpers.postgres import PostgresServer


PASSWORD = "corRect-horse-17"
HOUR = timedelta(hours=1)


def test_call_of_one_machine_stops_the_same_call_of_another(
    tmp_path: Path, postgres_url: str
) -> None:
    with Platform() as platform:
        here, there = (machine(tmp_path, name, postgres_url, platform) for name in ("a", "b"))
        here(*SEND, code=0)
        assert "already-sent" in there(*SEND, code=7).err
        assert platform.rung == 1
    assert not (tmp_path / "a" / "state" / "ledger.sqlite3").exists()
    [record] = there("history", "list", "-o", "jsonl", code=0).out.splitlines()
    shown = there("history", "show", json.loads(record)["id"], "-o", "json", code=0).envelope
    assert shown["data"]["outcome"] == "accepted"


def test_database_that_is_not_there_stops_the_call(tmp_path: Path) -> None:
    with Platform() as platform:
        command = machine(tmp_path, "a", f"postgresql://ada:{PASSWORD}@127.0.0.1:1/calls", platform)
        ran = command(*SEND, code=2)
        assert platform.rung == 0
    assert "the ledger `postgresql://****@127.0.0.1:1/calls` cannot be reached" in ran.err
    assert PASSWORD not in ran.out + ran.err


@pytest.mark.slow
def test_wrong_address_is_reported_without_its_password(tmp_path: Path) -> None:
    with Platform() as platform:
        urls = (
            f"postgresql://u:{PASSWORD}@h:no port/db",
            f"mysql://u:{PASSWORD}@h/db",
            f"postgresql://u:a@b/{PASSWORD}@h:1/db",
            f"postgresql://u:12/{PASSWORD}@h:1/db",
        )
        for url in urls:
            (folder := tmp_path / str(urls.index(url))).mkdir()
            ran = machine(folder, "a", url, platform)(*SEND, code=2)
            assert "CXCALL_LEDGER is not a valid address" in ran.err
            assert PASSWORD not in ran.out + ran.err
        (tmp_path / "port").mkdir()
        ran = machine(tmp_path / "port", "a", f"postgresql://u:{PASSWORD}@h:x/db", platform)(
            *SEND, code=2
        )
        assert "its port is not a number" in ran.err
        assert PASSWORD not in ran.out + ran.err


def test_empty_variable_stops_the_call(live: Cxcall) -> None:
    live.environment["CXCALL_LEDGER"] = " "
    assert "`CXCALL_LEDGER` is set, but empty" in live(*SEND, code=2).err


def test_first_call_without_the_variable_of_the_database_is_a_warning(
    live: Cxcall, postgres_url: str
) -> None:
    """A cron job does not have the variables of a shell: its ledger does not know the calls of the shell."""
    warning = "earlier calls of this user were recorded in a database"
    assert warning not in live("history", "list", code=0).err
    live(*SEND, code=0, env={"CXCALL_LEDGER": postgres_url})
    assert warning in live("doctor").err
    assert warning in live(*SEND, code=0).err
    assert warning not in live(*SEND, "--again", code=0).err


def test_ledger_variable_in_a_dotenv_file_is_refused(live: Cxcall) -> None:
    live.file(".env", "CXCALL_LEDGER=postgresql://elsewhere/db\n")
    assert "`CXCALL_LEDGER` has no effect here" in live(*SEND, code=2).err


def test_database_without_an_encoding_is_used_in_utf_8(postgres_server: PostgresServer) -> None:
    """The database has no encoding of its own, so without cxcall's its texts would be bytes."""
    options = "ENCODING 'SQL_ASCII' LC_COLLATE 'C' LC_CTYPE 'C'"
    url = postgres_server.url(postgres_server.new_database(options=options))
    with Ledger.open_shared(url) as ledger:
        number = ledger.begin(intent("Zo\u00eb"), 900)
        ledger.record_outcome(number, Outcome.ACCEPTED)
        assert ledger.missing_records() == ""
    with Ledger.open_shared(url) as ledger, pytest.raises(CxcallError):
        ledger.begin(intent("Zo\u00eb"), 900)


@pytest.mark.parametrize(
    "setting", ["datestyle = 'German'", "extra_float_digits = 0", "search_path = 'public'"]
)
def test_settings_of_a_database_do_not_change_the_ledger(
    postgres_server: PostgresServer, setting: str
) -> None:
    name = postgres_server.new_database()
    with psycopg.connect(postgres_server.url("postgres"), autocommit=True) as connection:
        connection.execute(f"ALTER DATABASE {name} SET {setting}")
        for again in (False, True):
            with Ledger.open_shared(postgres_server.url(name)) as ledger:
                ledger.begin(intent("a", again=again), 900)
                ledger.check(always=True)
        connection.execute(f"ALTER DATABASE {name} RESET ALL")


def test_connection_that_a_pool_gave_another_session_records_nothing(postgres_url: str) -> None:
    with Ledger.open_shared(postgres_url) as ledger:
        ledger.begin(intent("a"), 900)
        with ledger.database.reading():
            # A session of another client, which may not wait for the disk, say.
            ledger.database.run("DISCARD ALL")
            ledger.database.run("SET search_path = cxcall")
        with pytest.raises(LedgerError, match="another session") as raised:
            ledger.begin(intent("b"), 900)
        assert "use a pool in session mode" in str(raised.value.findings[-1].fix)
    with Ledger.open_shared(postgres_url) as ledger:
        assert ledger.database.run("SELECT count(*) FROM delivery").fetchone() == (1,)


def test_backup_names_the_program_of_the_server(tmp_path: Path, postgres_url: str) -> None:
    with Platform() as platform:
        command = machine(tmp_path, "a", postgres_url, platform)
        command(*SEND, code=0)
        err = command("history", "backup", "copy file.sql", code=2).err
        command.environment["CXCALL_LEDGER"] += f"&password={PASSWORD}"
        warned = command("history", "backup", "copy file.sql", code=2).err
    assert "process lists show command lines" not in " ".join(err.split())
    assert "process lists show command lines" in " ".join(warned.split())
    assert PASSWORD not in warned
    found = re.search(r"`(pg_dump .*?)`", err)
    assert found
    assert "--schema=cxcall" in found[1]
    assert '"$CXCALL_LEDGER"' in found[1]


def test_password_file_is_used(tmp_path: Path, postgres_server: PostgresServer) -> None:
    database = postgres_server.new_database()
    with psycopg.connect(postgres_server.url("postgres"), autocommit=True) as connection:
        connection.execute(f"CREATE ROLE caller LOGIN PASSWORD '{PASSWORD}'")
        connection.execute(f"GRANT CREATE ON DATABASE {database} TO caller")
    port = urlsplit(postgres_server.url(database, by_socket=False)).port
    file = tmp_path / "passwords"
    file.write_text(f"127.0.0.1:{port}:*:caller:{PASSWORD}\n")
    file.chmod(0o600)
    with Platform() as platform:
        url = f"postgresql://caller@127.0.0.1:{port}/{database}"
        command = machine(tmp_path, "a", url, platform)
        command.environment["PGPASSFILE"] = str(file)
        command(*SEND, code=0)
        assert platform.rung == 1


def test_role_without_rights_is_told_what_to_grant(
    tmp_path: Path, postgres_server: PostgresServer
) -> None:
    database = postgres_server.new_database()
    with psycopg.connect(postgres_server.url("postgres"), autocommit=True) as connection:
        connection.execute("CREATE ROLE guest LOGIN")
    url = postgres_server.url(database).replace("cxcall@", "guest@")
    with Platform() as platform:
        ran = machine(tmp_path, "a", url, platform)(*SEND, code=2)
        assert platform.rung == 0
    assert "grant CREATE on the database" in ran.err


def test_schema_that_an_administrator_made_needs_no_right_on_the_database(
    postgres_server: PostgresServer,
) -> None:
    database = postgres_server.new_database()
    with psycopg.connect(postgres_server.url(database), autocommit=True) as connection:
        connection.execute("CREATE ROLE tenant LOGIN")
        connection.execute("CREATE SCHEMA cxcall")
        connection.execute("GRANT USAGE, CREATE ON SCHEMA cxcall TO tenant")
        connection.execute(f"REVOKE TEMPORARY ON DATABASE {database} FROM PUBLIC")
    url = postgres_server.url(database).replace("cxcall@", "tenant@")
    with Ledger.open_shared(url) as ledger:
        ledger.begin(intent("a"), 900)
        queue = ledger.open_queue()
        with pytest.raises(LedgerError, match="permission denied to create temp") as raised:
            queue.fill(QueuedBatch("B1", "p", "o", "t", {}), [])
        queue.close()
    assert "a queue also needs TEMPORARY" in str(raised.value.findings[-1].fix)


def test_queue_on_a_server_that_only_reads_may_work_later(
    postgres_url: str, postgres_server: PostgresServer
) -> None:
    with Ledger.open_shared(postgres_url) as ledger:
        queue = ledger.open_queue()
        queue.close()
        postgres_server.stand_by()
        with pytest.raises(LedgerError, match="read-only transaction") as raised:
            queue.expire()
        assert not isinstance(raised.value, LastingLedgerError)
        assert "use the address of the primary server" in str(raised.value.findings[-1].fix)
        with psycopg.connect(postgres_url, autocommit=True) as connection:
            connection.execute("SELECT pg_promote()")


def test_records_cannot_be_changed_or_deleted(postgres_url: str) -> None:
    with Ledger.open_shared(postgres_url) as ledger:
        ledger.begin(intent("a"), 900)
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        for statement in (
            "UPDATE cxcall.event SET outcome = 'refused'",
            "DELETE FROM cxcall.delivery",
        ):
            with pytest.raises(psycopg.errors.RaiseException, match="append-only"):
                connection.execute(statement)


def test_changed_record_is_noticed(postgres_url: str) -> None:
    with Ledger.open_shared(postgres_url) as ledger:
        ledger.begin(intent("a"), 900)
        with psycopg.connect(postgres_url, autocommit=True) as connection:
            connection.execute("ALTER TABLE cxcall.delivery DISABLE TRIGGER append_only")
            connection.execute("UPDATE cxcall.delivery SET target = 'https://other'")
        with pytest.raises(LedgerError, match="does not match its checksum"):
            list(ledger.records())


def test_database_has_the_indexes_of_a_ledger_file(tmp_path: Path, postgres_url: str) -> None:
    with Ledger.open_shared(postgres_url), psycopg.connect(postgres_url) as connection:
        rows = connection.execute("SELECT indexname FROM pg_indexes WHERE schemaname = 'cxcall'")
        shared = {name for (name,) in rows.fetchall()}
    with Ledger.open(tmp_path), sqlite3.connect(tmp_path / FILE_NAME) as file:
        found = file.execute("SELECT name FROM sqlite_master WHERE type = 'index' AND sql NOT NULL")
        of_a_file = {name for (name,) in found}
    assert of_a_file
    assert of_a_file <= shared


def test_number_of_zero_bytes_is_stored(postgres_url: str) -> None:
    with Ledger.open_shared(postgres_url) as ledger:
        delivery = ledger.begin(intent("a"), 900)
        ledger.record_outcome(delivery, Outcome.REFUSED, note="a\0b", message="\ud800")
        assert ledger.get(delivery).outcome is Outcome.REFUSED


@pytest.mark.slow
def test_batches_of_two_machines_send_no_row_twice(tmp_path: Path, postgres_url: str) -> None:
    rows = [
        {"contactId": f"12345678-1234-4234-8234-{number:012}", "reasonCode": "x"}
        for number in range(12)
    ]
    words = (
        "batch",
        "calls.jsonl",
        "--operation",
        "personal-connection",
        "--rate",
        "500/s",
        "--confirm",
        "12",
    )
    with Platform() as platform:
        processes = []
        for name in ("a", "b"):
            command = machine(tmp_path, name, postgres_url, platform)
            # Both share one token: a token for one machine would end that of the other.
            command.environment |= {"CXCALL_ACCESS_TOKEN": "token", "CXCALL_CLIENT_ID": ""}
            command.environment["CXCALL_CLIENT_SECRET"] = ""
            command.file("calls.jsonl", "".join(json.dumps(row) + "\n" for row in rows))
            processes.append(begin(command, *words))
        for process in processes:
            process.wait(60)
        assert platform.rung == 12
        assert max(platform.dials.values()) == 1


def test_clock_that_is_set_does_not_change_the_time_of_the_ledger(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Ledger.open_shared(postgres_url) as ledger:
        database = ledger.shared_database
        before, real = database.clock_offset, time.time
        monkeypatch.setattr(time, "time", lambda: real() + 3600)
        assert round((database.clock_offset - before).total_seconds(), -1) == -3600


@pytest.mark.parametrize("paused", ["uptime", "all clocks"])
def test_machine_that_its_host_paused_records_the_time_of_the_database(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch, paused: str
) -> None:
    """The time since the machine started stood still; the time of day may have been corrected."""
    with Ledger.open_shared(postgres_url) as ledger:
        real, before = uptime, datetime.now(UTC)
        if paused == "uptime":
            monkeypatch.setattr(postgres_database, "uptime", lambda: real() - 3600)
        else:
            offset = vars(ledger.shared_database)["_offset"] - HOUR
            monkeypatch.setattr(ledger.shared_database, "_offset", offset)
        ledger.record_outcome(ledger.begin(intent("1"), 900), Outcome.ACCEPTED)
        (record,) = ledger.records()
    assert record.ended_at
    assert abs(record.ended_at - before) < timedelta(minutes=10)


def test_calls_that_a_limit_counts_are_not_pruned(postgres_url: str) -> None:
    now = datetime.now(UTC)
    with Ledger.open_shared(postgres_url) as ledger:
        for name, people in (("a", ("number 1",)), ("b", ())):
            delivery = ledger.begin(intent(name)._replace(people=people), 900)
            ledger.record_outcome(delivery, Outcome.ACCEPTED)
        assert ledger.prune(now + timedelta(days=1)) == 1
        assert ledger.people.find_finding([("number 1",)], CallLimit(1, 604_800))
