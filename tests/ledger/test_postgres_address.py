"""The address of a ledger in PostgreSQL, which also tells the markers of two ledgers apart."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cxcall.ledger.ledger import Ledger
from cxcall.ledger.postgres.postgres_address import read_address
from helpers.ledger_process import intent

if TYPE_CHECKING:
    from pathlib import Path

    from helpers.command import Cxcall
    from helpers.postgres import PostgresServer


@pytest.mark.parametrize(
    ("url", "variables", "address"),
    [
        ("postgresql://ada@db:5433/calls", {"PGHOST": "other", "PGPORT": "1"}, "ada@db:5433/calls"),
        ("postgresql://db/calls?service=prod", {}, "db/calls"),
        ("postgresql://a:1,b:2/calls?user=ada", {}, "ada@a:1,2/calls"),
        ("postgresql://?service=prod", {"PGHOST": "other"}, "/?service=prod"),
        ("postgresql:///calls", {"PGSERVICE": "prod"}, "/calls?service=prod"),
        (
            "postgresql://",
            {"PGHOST": "db", "PGPORT": "5433", "PGDATABASE": "calls"},
            "db:5433/calls",
        ),
        ("postgresql:///calls?host=/run/pg&port=5433", {}, "/calls?host=/run/pg&port=5433"),
        ("postgresql:///calls?hostaddr=192.0.2.1", {}, "/calls?hostaddr=192.0.2.1"),
        ("postgresql:///calls", {}, "/calls"),
    ],
)
def test_address_tells_databases_apart_wherever_its_parameters_come_from(
    monkeypatch: pytest.MonkeyPatch, url: str, variables: dict[str, str], address: str
) -> None:
    for name in ("PGSERVICE", "PGHOST", "PGHOSTADDR", "PGPORT", "PGDATABASE"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert read_address(url)[1] == f"postgresql://{address}"


def test_ledgers_of_two_services_have_two_markers(
    tmp_path: Path, postgres_server: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    services = tmp_path / "pg_service.conf"
    for name in ("test", "prod"):
        with services.open("a") as file:
            file.write(
                f"[{name}]\nhost={postgres_server.folder}\nport={postgres_server.port}\n"
                f"user=cxcall\ndbname={postgres_server.new_database()}\n"
            )
    monkeypatch.setenv("PGSERVICEFILE", str(services))
    for key, name in enumerate(("test", "prod", "test")):
        url = f"postgresql://?service={name}"
        with Ledger.open_shared(url, marker_folder=tmp_path) as ledger:
            ledger.begin(intent(str(key)), 900)
            assert ledger.missing_records() == ""


@pytest.mark.slow
def test_missing_client_library_is_named_with_its_extra(cxcall: Cxcall) -> None:
    cxcall.file("without/psycopg.py", "raise ModuleNotFoundError(name='psycopg')")
    variables = {
        "CXCALL_LEDGER": "postgresql://db.invalid/calls",
        "PYTHONPATH": str(cxcall.folder / "without"),
    }
    ran = cxcall("history", "list", code=2, env=variables)
    assert "the PostgreSQL client library is not installed" in ran.err
    assert "`pip install 'cxcall[postgres]'`" in ran.err
    del variables["CXCALL_LEDGER"]
    ran = cxcall("worker", code=2, env=variables)
    assert "a queue needs a ledger in PostgreSQL" in ran.err
