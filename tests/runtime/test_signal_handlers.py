"""No signal handler waits for a lock: the main thread, which it interrupts, may hold it, and would never release it."""

from __future__ import annotations

import signal
from threading import Event
from typing import TYPE_CHECKING, Any

import pytest

from helpers.batch_files import PERSONAL, write_lines
from helpers.command import CONTACT
from helpers.platform_server import Platform, Reply
from helpers.workers import queue_rows, rows_of

if TYPE_CHECKING:
    from helpers.command import Cxcall

pytestmark = pytest.mark.slow

CHECK_HANDLERS = """
import _signal, _thread, os, threading

main, handling = threading.get_ident(), []
install, new_lock = _signal.signal, _thread.allocate_lock

class Lock:
    def __init__(self):
        self.lock = new_lock()

    def acquire(self, blocking=True, timeout=-1):
        if blocking and handling and threading.get_ident() == main:
            os.write(2, b"a signal handler waits for a lock")
            os._exit(99)
        return self.lock.acquire(blocking, timeout)

    __enter__ = acquire

    def __exit__(self, *_):
        self.lock.release()

    def __getattr__(self, name):
        return getattr(self.lock, name)

def handle_checked(number, handler):
    def handle(number, frame):
        handling.append(number)
        try:
            handler(number, frame)
        finally:
            handling.pop()
    return install(number, handle if callable(handler) else handler)

threading.Lock = threading._allocate_lock = Lock
threading._CRLock = None  # reentrant locks are then made of `Lock`
_signal.signal = handle_checked
"""
SLOW = ("--rate", "1/s", "--concurrency", "2")


def batch(cxcall: Cxcall) -> tuple[str, ...]:
    return ("batch", write_lines(cxcall, 5), *PERSONAL, "--confirm", "5", *SLOW)


def worker(cxcall: Cxcall) -> tuple[str, ...]:
    queue_rows(cxcall, rows_of(5))
    return ("worker", *SLOW)


def send(_cxcall: Cxcall) -> tuple[str, ...]:
    return ("personal-connection", "--contact-id", CONTACT, "--reason-code", "x", "--yes")


def track(_cxcall: Cxcall) -> tuple[str, ...]:
    return ("track", CONTACT, "--wait")


@pytest.mark.parametrize(("command", "code"), [(batch, 9), (worker, 0), (send, 8), (track, 130)])
def test_signal_handlers_wait_for_no_lock(
    request: pytest.FixtureRequest, cxcall: Cxcall, command: Any, code: int
) -> None:
    arrived, ended = Event(), Event()

    def answer(*_: Any) -> Reply:
        arrived.set()
        ended.wait(60)
        return Reply()

    if command is worker:
        cxcall.environment["CXCALL_LEDGER"] = request.getfixturevalue("postgres_url")
    cxcall.file("hook/sitecustomize.py", CHECK_HANDLERS)
    with Platform(answer, reads=answer) as platform:
        cxcall.environment |= platform.environment
        words = command(cxcall)
        hook = {"PYTHONPATH": str(cxcall.folder / "hook")}
        with cxcall.begin(*words, env=hook) as process:
            try:
                assert arrived.wait(60)
                for number in (signal.SIGTERM, signal.SIGINT):
                    process.send_signal(number)
                _, err = process.communicate(timeout=60)
            finally:
                ended.set()
                process.kill()
    assert (process.returncode, "Traceback" in err) == (code, False), err
