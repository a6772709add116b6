"""Fixtures for ledgers: empty ones in a file and in a database, and a clock."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from cxcall.ledger.ledger import Ledger
from helpers.ledgers import Clock


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "state"


@pytest.fixture
def file_book(folder: Path, clock: Clock) -> Iterator[Ledger]:
    """Return an empty ledger in a file."""
    with Ledger.open(folder, now=clock, boot_clock=clock.boot_time) as opened:
        yield opened


@pytest.fixture(params=["sqlite", "postgres"])
def book(request: pytest.FixtureRequest, folder: Path, clock: Clock) -> Iterator[Ledger]:
    """Return an empty ledger in a file, and one in a database that machines share."""
    if request.param == "sqlite":
        opened = Ledger.open(folder, now=clock, boot_clock=clock.boot_time)
    else:
        url = request.getfixturevalue("postgres_url")
        opened = Ledger.open_shared(url, now=clock, boot_clock=clock.boot_time)
    with opened:
        yield opened
