"""A process that uses the ledger, for tests that need several, or that kill one."""

from __future__ import annotations

import os
import resource
import signal
import sqlite3
import sys
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

from cxcall.findings.errors import CxcallError
from cxcall.findings.exit_codes import Outcome
from cxcall.ledger.ledger import Ledger
from cxcall.ledger.request_identity import Intent, intent_digest
from cxcall.ledger.sqlite.sqlite_database import SqliteDatabase

if TYPE_CHECKING:
    from collections.abc import Iterator

ENDS = (Outcome.ACCEPTED, Outcome.REFUSED, Outcome.UNDELIVERED, Outcome.UNKNOWN)
NOBODY = 65534


def intent(name: str, *, again: bool = False) -> Intent:
    """Return an intent; intents are identical exactly if their names are equal."""
    digest = intent_digest("POST", "https://api.example.com/x", name)
    target = "https://api.example.com/x"
    return Intent("default", "execute", "community", "POST", target, digest, (), again)


def open_ledger(place: str) -> Ledger:
    """Open the ledger in a folder or a database."""
    is_shared = place.startswith("postgresql:")
    return Ledger.open_shared(place) if is_shared else Ledger.open(Path(place))


def say(*words: object) -> None:
    """Acknowledge on stdout, without buffering."""
    os.write(1, (" ".join(map(str, words)) + "\n").encode())


def deliver(place: str, seed: str) -> None:
    """Begin and end deliveries until killed, and acknowledge each record after it was written."""
    chance = Random(seed)
    with open_ledger(place) as ledger:
        for number in count():
            planned = chance.choice(ENDS)
            delivery = ledger.begin(intent(f"{seed} {number}"), 900)
            say(delivery, "unknown", planned)
            if chance.random() < 0.5:
                ledger.record_not_processed(delivery, 1, "busy")
                say(delivery, "undelivered", planned)
                ledger.record_attempt(delivery, 2)
                say(delivery, "unknown", planned)
            ledger.record_outcome(delivery, planned, status=201, engagement_id=f"e-{number}")
            say(delivery, planned, planned)


def begin(place: str, *names: str) -> None:
    """Wait for a line on stdin, then open the ledger, and begin and end one delivery for each name."""
    say("ready")
    sys.stdin.readline()
    with open_ledger(place) as ledger:
        for name in names:
            delivery = ledger.begin(intent(name), 900)
            say("begun", delivery)
            ledger.record_outcome(delivery, Outcome.ACCEPTED)


def begin_in_turns(place: str, own: str, *names: str) -> None:
    """Wait for a line on stdin before each name; open the ledger, and begin and end one delivery.

    Then do the same as `begin` with five names that start with `own`.
    """
    say("ready")
    for name in names:
        sys.stdin.readline()
        with errors_said(), open_ledger(place) as ledger:
            delivery = ledger.begin(intent(name), 900)
            ledger.record_outcome(delivery, Outcome.ACCEPTED)
            say("begun", delivery)
    begin(place, *(f"{own} {number}" for number in range(5)))


def fill(place: str, size: str) -> None:
    """Begin deliveries until the disk is full: no file may grow beyond `size` bytes."""
    with open_ledger(place) as ledger:
        resource.setrlimit(resource.RLIMIT_FSIZE, (int(size), resource.RLIM_INFINITY))
        for number in count():
            say("begun", ledger.begin(intent(f"full {number}"), 900))


def open_unprivileged(place: str) -> None:
    """Begin a delivery as an unprivileged user."""
    sqlite3.connect(":memory:").close()  # imported while the files can still be read
    before = os.geteuid()
    if before == 0:
        os.seteuid(NOBODY)
    try:
        with open_ledger(place) as ledger:
            say("begun", ledger.begin(intent("unprivileged"), 900))
    finally:
        os.seteuid(before)  # coverage writes to a folder that only the first user can write


def upgrade(place: str, step: str) -> None:
    """Open a ledger, and be killed before one of the statements that this takes."""
    database: Any
    if place.startswith("postgresql:"):
        import psycopg

        database, method = psycopg.Connection, "execute"
    else:
        database, method = SqliteDatabase, "run"
    run, number = getattr(database, method), count()

    def run_or_die(*arguments: Any, **more: Any) -> Any:
        if next(number) == int(step):
            os.kill(os.getpid(), signal.SIGKILL)
        return run(*arguments, **more)

    setattr(database, method, run_or_die)
    open_ledger(place).__exit__()


@contextmanager
def errors_said() -> Iterator[None]:
    """Print the error that stops a block."""
    try:
        yield
    except CxcallError as error:
        finding = error.findings[0]
        say("stopped", int(error.exit_code), finding.code, finding.message, "FIX", finding.fix)


if __name__ == "__main__":
    with errors_said():
        globals()[sys.argv[1]](*sys.argv[2:])
