"""A process that waits for a locked ledger still reacts to signals."""

from __future__ import annotations

import json
import signal
import sqlite3
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Any

import pytest

from cxcall.ledger.database_interface import LOCK_TIMEOUT
from cxcall.ledger.errors import LedgerError
from cxcall.ledger.ledger import Ledger
from cxcall.ledger.sqlite.sqlite_database import FILE_NAME, SqliteDatabase
from helpers.command import CONTACT
from helpers.missing_records import BATCH, SEND
from helpers.platform_server import Platform, Reply

if TYPE_CHECKING:
    from collections.abc import Iterator

    from helpers.command import Cxcall, Running

pytestmark = [pytest.mark.slow, pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")]


@contextmanager
def locker(folder: Path) -> Iterator[sqlite3.Connection]:
    """Yield another connection to the ledger, for `BEGIN IMMEDIATE`."""
    Ledger.open(folder).__exit__()
    with closing(
        sqlite3.connect(folder / FILE_NAME, isolation_level=None, check_same_thread=False)
    ) as other:
        yield other


def wait_until_it_has_opened(process: Running, file: Path) -> None:
    """Wait until the process has the ledger open."""
    while process.poll() is None:
        for link in Path(f"/proc/{process.pid}/fd").iterdir():
            try:
                if link.readlink() == file:
                    return
            except OSError:
                continue


def end(process: Running) -> str:
    """Wait for the end, for less than the process would wait for the lock; return what it printed."""
    out, err = process.communicate(timeout=LOCK_TIMEOUT / 2)
    assert "Traceback" not in err
    return out + err


def test_signal_ends_the_wait_before_anything_is_sent(cxcall: Cxcall) -> None:
    state = cxcall.folder / "state"
    with Platform() as platform, locker(state) as other:
        cxcall.environment |= platform.environment
        other.execute("BEGIN IMMEDIATE")
        process = cxcall.begin(*SEND)
        wait_until_it_has_opened(process, state / FILE_NAME)
        process.send_signal(signal.SIGTERM)
        end(process)
        assert (process.returncode, platform.rung) == (130, 0)
        other.execute("ROLLBACK")
        cxcall(*SEND, code=0)
    assert platform.rung == 1


def test_signal_ends_the_wait_to_record_an_outcome(cxcall: Cxcall) -> None:
    state = cxcall.folder / "state"
    with locker(state) as other:

        def lock(_body: Any, _count: int) -> Reply:
            other.execute("BEGIN IMMEDIATE")
            return Reply()

        with Platform(lock) as platform:
            cxcall.environment |= platform.environment
            process = cxcall.begin(*SEND)
            assert platform.wait_for_rings(1)
            process.send_signal(signal.SIGINT)
            printed = end(process)
            assert process.returncode in (0, 8)  # whether the response was read before the signal
            assert "the outcome was not recorded: interrupted" in printed
            other.execute("ROLLBACK")
            cxcall(*SEND, code=7)
        assert platform.rung == 1


def test_signal_ends_the_wait_before_a_retry(cxcall: Cxcall) -> None:
    state = cxcall.folder / "state"
    is_locked = Event()
    with locker(state) as other:

        def lock(_body: Any, _count: int) -> Reply:
            other.execute("BEGIN IMMEDIATE")
            is_locked.set()
            return Reply(429, {}, {"Retry-After": "0"})

        with Platform(lock) as platform:
            cxcall.environment |= platform.environment | {"CXCALL_MAX_WAIT": "60"}
            process = cxcall.begin(*SEND)
            assert is_locked.wait(30)
            process.send_signal(signal.SIGTERM)
            end(process)
            assert process.returncode in (8, 130)
            other.execute("ROLLBACK")
        assert platform.rung == 0


def test_signal_ends_the_wait_of_a_batch(cxcall: Cxcall) -> None:
    rows = [{"contactId": CONTACT, "reasonCode": f"row {number}"} for number in range(16)]
    cxcall.file("calls.jsonl", "".join(json.dumps(row) + "\n" for row in rows))
    state = cxcall.folder / "state"
    is_locked = Event()
    with locker(state) as other:

        def lock(body: Any, _count: int) -> Reply:
            if body["reasonCode"] == "row 5":
                while not is_locked.is_set():
                    with suppress(sqlite3.OperationalError):  # another row waits to be recorded
                        other.execute("BEGIN IMMEDIATE")
                        is_locked.set()
            elif int(body["reasonCode"].split()[1]) > 5:
                is_locked.wait(30)  # otherwise all rows could be sent before
            return Reply()

        with Platform(lock) as platform:
            cxcall.environment |= platform.environment
            # Each row in flight waits for the lock once more, one after the other.
            process = cxcall.begin(*BATCH, "16", "--concurrency", "2", "-o", "jsonl")
            assert is_locked.wait(30)
            process.send_signal(signal.SIGTERM)
            printed = end(process)
            assert process.returncode == 9
            # Messages of stderr may follow the summary.
            summary = [line for line in printed.splitlines() if line.startswith("{")][-1]
            assert json.loads(summary)["data"]["stopped"] == "interrupted"
            other.execute("ROLLBACK")
            # Rows whose outcome was not recorded stay unknown; no other row is called twice.
            cxcall(*BATCH, str(16 - platform.rung), "--resume")
        assert set(platform.dials.values()) == {1}
        assert platform.rung == 16


class Seconds:
    """A clock that only `sleep` moves, and the number of times that it was read."""

    def __init__(self) -> None:
        self.now, self.reads = 0.0, 0

    def monotonic(self) -> float:
        """Return the time, and count the reading."""
        self.reads += 1
        return self.now

    def sleep(self, _seconds: float) -> None:
        """Let a second pass."""
        self.now += 1


def test_threads_wait_for_the_lock_of_another_process_at_the_same_time(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Seconds()

    def record() -> str:
        with pytest.raises(LedgerError) as caught, database.transaction():
            pass
        return str(caught.value)

    with locker(folder) as other, ThreadPoolExecutor(4) as pool:
        other.execute("BEGIN IMMEDIATE")
        database = SqliteDatabase(folder / FILE_NAME)
        monkeypatch.setattr("cxcall.ledger.sqlite.sqlite_database.time", clock)
        with database.lock.held:
            waiting = [pool.submit(record) for _ in range(4)]
            while clock.reads < len(waiting):
                pass
        assert all("locked by another process" in each.result() for each in waiting)
        database.close()
    assert clock.now <= LOCK_TIMEOUT
