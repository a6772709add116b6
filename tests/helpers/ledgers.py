"""Ledgers of tests: a clock that a test controls, and processes that use a ledger."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cxcall.ledger.boot_clock import BootTime
from cxcall.ledger.sqlite import sqlite_database as database
from helpers.command import Running, start_script

PROCESS = Path(__file__).parents[1] / "helpers" / "ledger_process.py"
START = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
WINDOW = 900.0
DAY = 86400


class Clock:
    """A clock that the test controls."""

    def __init__(self) -> None:
        self.time, self.uptime = START, 100.0

    def __call__(self) -> datetime:
        """Return the time that was set."""
        return self.time

    def advance(self, seconds: float) -> None:
        """Move forward, or set the clock back; the time since the machine started only grows."""
        self.time += timedelta(seconds=seconds)
        self.uptime += max(seconds, 0.0)

    def boot_time(self) -> BootTime:
        """Return the time since the machine started."""
        return BootTime("boot", self.uptime)


def start_process(*args: object) -> Running:
    """Start a process that uses the ledger: by a fork of one that has loaded it, if there is one."""
    return start_script([str(PROCESS), *map(str, args)], dict(os.environ))


def read_words(process: Running) -> list[list[str]]:
    out, err = process.communicate(timeout=60)
    assert "Traceback" not in err, err
    return [line.split(" ", 2) for line in out.splitlines()]


@contextmanager
def connect(folder: Path) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(folder / database.FILE_NAME, isolation_level=None)) as connection:
        yield connection


def is_intact(folder: Path) -> bool:
    with connect(folder) as connection:
        return connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
