"""A shared ledger that lost records stops all machines."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import psycopg
import pytest

from cxcall.ledger.errors import MissingRecordsError
from cxcall.ledger.ledger import Ledger
from cxcall.phone.call_limit import CallLimit
from helpers.ledger_process import intent

if TYPE_CHECKING:
    from pathlib import Path

    from helpers.postgres import PostgresServer

pytestmark = pytest.mark.slow


def restore_older_copy(server: PostgresServer, marker_folder: Path, name: str = "") -> str:
    """Return the address of a ledger that was restored from a copy without its last record."""
    name = name or server.new_database()
    url = server.url(name)
    with Ledger.open_shared(url, marker_folder=marker_folder) as ledger:
        ledger.begin(intent("a", again=True)._replace(people=("number 1",)), 900)
    copy = server.new_database(template=name)
    with Ledger.open_shared(url, marker_folder=marker_folder) as ledger:
        ledger.begin(intent("b", again=True), 900)
    replace_database(server, name, copy)
    return url


def replace_database(server: PostgresServer, name: str, copy: str) -> None:
    """Restore a database from a copy of it."""
    with psycopg.connect(server.url("postgres"), autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name}")
        connection.execute(f"ALTER DATABASE {copy} RENAME TO {name}")


def test_machine_without_a_marker_notices_a_promoted_standby(
    postgres_url: str, postgres_server: PostgresServer
) -> None:
    with Ledger.open_shared(postgres_url) as ledger:
        ledger.begin(intent("a"), 900)
        assert ledger.missing_records() == ""
    postgres_server.promote()
    with Ledger.open_shared(postgres_url) as ledger:
        with pytest.raises(MissingRecordsError, match="a standby was promoted"):
            ledger.begin(intent("b"), 900)
        ledger.accept_missing_records()
        ledger.begin(intent("b"), 900)
    with Ledger.open_shared(postgres_url) as ledger:
        assert ledger.missing_records() == ""
        ledger.check(always=True)


def test_process_that_connected_to_a_standby_notices_its_promotion(
    postgres_url: str, postgres_server: PostgresServer
) -> None:
    with Ledger.open_shared(postgres_url) as ledger:
        ledger.begin(intent("a"), 900)
    postgres_server.stand_by()
    with Ledger.open_shared(postgres_url) as ledger:
        assert ledger.missing_records() == ""
        with psycopg.connect(postgres_url, autocommit=True) as connection:
            connection.execute("SELECT pg_promote()")
        with pytest.raises(MissingRecordsError, match="a standby was promoted"):
            ledger.begin(intent("b"), 900)


def test_machine_that_notices_missing_records_stops_all_others(
    tmp_path: Path, postgres_server: PostgresServer
) -> None:
    url = restore_older_copy(postgres_server, tmp_path)
    with (
        Ledger.open_shared(url, marker_folder=tmp_path) as ledger,
        pytest.raises(MissingRecordsError, match="older copy"),
    ):
        ledger.begin(intent("c"), 900)
    with Ledger.open_shared(url) as fresh:
        with pytest.raises(MissingRecordsError, match="another machine found"):
            fresh.begin(intent("d"), 900)
        fresh.accept_missing_records()
        fresh.begin(intent("d"), 900)
        assert fresh.people.find_finding([("number 1",)], CallLimit(1, 604_800))


def test_every_loss_stops_all_machines_and_each_one_is_accepted_once(
    tmp_path: Path, postgres_server: PostgresServer
) -> None:
    markers, others = tmp_path / "one", tmp_path / "other"
    url = restore_older_copy(postgres_server, markers)
    with Ledger.open_shared(url, marker_folder=markers) as ledger:
        ledger.accept_missing_records()
        ledger.begin(intent("c"), 900)
    restore_older_copy(postgres_server, markers, urlsplit(url).path.strip("/"))
    with (
        Ledger.open_shared(url, marker_folder=markers) as ledger,
        Ledger.open_shared(url, marker_folder=others) as fresh,
    ):
        with pytest.raises(MissingRecordsError, match="older copy"):
            ledger.begin(intent("d"), 900)
        with pytest.raises(MissingRecordsError, match="another machine found"):
            fresh.begin(intent("b"), 900)
        fresh.accept_missing_records()
        with pytest.raises(MissingRecordsError, match="restored from an older copy"):
            ledger.begin(intent("d"), 900)
        fresh.begin(intent("b"), 900)  # which is not stopped again
        ledger.accept_missing_records()
        ledger.begin(intent("d"), 900)


def check_all_machines_stop(url: str, markers: Path, why: str) -> None:
    """Check that the machine with the markers stops because of a copy, and then one without any, too."""
    with Ledger.open_shared(url, marker_folder=markers) as ledger, Ledger.open_shared(url) as fresh:
        with pytest.raises(MissingRecordsError, match=why):
            ledger.begin(intent("b"), 900)
        with pytest.raises(MissingRecordsError, match="another machine found"):
            fresh.begin(intent("b"), 900)


def test_copy_from_between_two_losses_stops_all_machines(
    tmp_path: Path, postgres_server: PostgresServer
) -> None:
    name = postgres_server.new_database()
    for _ in range(2):
        url = restore_older_copy(postgres_server, tmp_path, name)
        between = postgres_server.new_database(template=name)
        with Ledger.open_shared(url, marker_folder=tmp_path) as ledger:
            ledger.accept_missing_records()
    replace_database(postgres_server, name, between)
    check_all_machines_stop(url, tmp_path, "restored from an older copy")


def test_copy_that_was_used_elsewhere_stops_all_machines(
    tmp_path: Path, postgres_server: PostgresServer
) -> None:
    name = postgres_server.new_database()
    url = postgres_server.url(name)
    with Ledger.open_shared(url, marker_folder=tmp_path) as ledger:
        ledger.begin(intent("a"), 900)
    copy = postgres_server.new_database(template=name)
    with Ledger.open_shared(url, marker_folder=tmp_path) as ledger:
        ledger.begin(intent("b"), 900)
    with Ledger.open_shared(postgres_server.url(copy)) as ledger:
        for each in ("x", "y"):
            ledger.begin(intent(each), 900)
    replace_database(postgres_server, name, copy)
    check_all_machines_stop(url, tmp_path, "was used elsewhere")
