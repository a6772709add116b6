"""A signal handler of the program raises an exception while a delivery is recorded: no record is lost, no lock is kept."""

from __future__ import annotations

import os
import signal
import sys
from contextlib import suppress
from itertools import count
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Any

import pytest

from cxcall import Client, InterruptedDelivery, Outcome
from cxcall.findings.errors import StoppedError
from cxcall.ledger.ledger import Ledger
from cxcall.ledger.postgres.postgres_connection import BoundedConnection
from cxcall.ledger.sqlite.sqlite_database import SqliteDatabase
from cxcall.runtime.signals import DeferredSignals
from cxcall.sending.configured_ledger import open_ledger
from helpers.command import CONTACT
from helpers.interrupts import SIGNAL, TooLateError, handler_that_raises, tracing
from helpers.platform_server import Platform, Reply
from helpers.work import stride

if TYPE_CHECKING:
    from collections.abc import Generator
    from types import FrameType

FULL = 2
"""The value of SQLite's pragma `synchronous` for records that survive a power failure."""
pytestmark = pytest.mark.slow


def respond(_body: Any, count: int) -> Reply:
    """Refuse the first request for a moment, so that there is a second attempt."""
    return Reply() if count else Reply(429, {"message": "wait"}, {"Retry-After": "0"}, rings=False)


@pytest.fixture(params=["sqlite", "postgres"])
def ledger(
    request: pytest.FixtureRequest, platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> Platform:
    """Use a ledger in a file, and one in a database; return the platform."""
    if request.param == "postgres":
        monkeypatch.setenv("CXCALL_LEDGER", request.getfixturevalue("postgres_url"))
    return platform


def send(client: Client, reason: object) -> Outcome:
    body = {"contactId": CONTACT, "reasonCode": str(reason)}
    return client.send("personal-connection", body, yes=True).outcome


def check_interrupted_send(
    platform: Platform, client: Client, reason: str, error: BaseException
) -> None:
    """Check the record of an interrupted send, while its exception exists, and send it again."""
    is_sent = any(f'"{reason}"' in body for body in platform.dials)
    with open_ledger() as ledger:
        last = ledger.last()
    assert last is not None
    if isinstance(error, InterruptedDelivery):
        assert (last.id, last.outcome) == (error.delivery.id, error.delivery.outcome)
        assert is_sent
    else:
        assert isinstance(error, TooLateError)
    assert last.ended_at is not None
    if is_sent:
        assert last.outcome is Outcome.ACCEPTED
    others: list[Outcome] = []
    other = Thread(target=lambda: others.append(send(client, f"{reason}-other")), daemon=True)
    other.start()
    other.join(20)
    if (
        other.is_alive()
    ):  # the end of the client would wait for the lock, too: the test would hang, not fail
        os.write(2, f"a lock is left after {reason}\n".encode())
        os._exit(1)
    assert others == [Outcome.ACCEPTED]
    if is_sent:
        with pytest.raises(StoppedError, match=last.id):
            send(client, reason)
    else:
        assert send(client, reason) is Outcome.ACCEPTED


def test_exception_at_the_end_of_a_send_leaves_the_handlers_of_the_program(
    platform: Platform,
) -> None:
    ends = (DeferredSignals.__exit__.__code__, DeferredSignals.restore.__code__)

    def trace(frame: FrameType, event: str, _argument: Any) -> None:
        if event == "call" and frame.f_code in ends:
            sys.settrace(None)
            signal.raise_signal(SIGNAL)

    before = signal.getsignal(signal.SIGTERM)
    with Client() as client, handler_that_raises(TooLateError()):
        send(client, "first")
        sys.settrace(trace)
        with pytest.raises(InterruptedDelivery) as raised:
            send(client, "second")
    assert raised.value.delivery.outcome is Outcome.ACCEPTED
    assert signal.getsignal(signal.SIGTERM) is before
    assert set(platform.dials.values()) == {1}


def test_exception_at_the_start_of_a_send_leaves_the_handlers_of_the_program(
    platform: Platform,
) -> None:
    start = DeferredSignals.__enter__.__code__
    before = signal.getsignal(signal.SIGTERM)

    def interrupt(step: int) -> Any:
        steps = count()

        def trace(frame: FrameType, event: str, _argument: Any) -> Any:
            if frame.f_code is not start:
                return None
            frame.f_trace_opcodes = True
            if event == "opcode" and next(steps) == step:
                signal.raise_signal(SIGNAL)
            return trace

        return trace

    with Client() as client, handler_that_raises(TooLateError()):
        send(client, "first")
        for step in count():
            try:
                with tracing(interrupt(step)):
                    send(client, f"{step}")
            except TooLateError:
                assert signal.getsignal(signal.SIGTERM) is before, step
            else:
                break
    assert step > 20
    assert len(platform.dials) == 2  # nothing was sent where the program interrupted


def test_interrupted_change_of_durability_makes_no_later_record_less_durable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Ledger.open(tmp_path / "state") as ledger:
        database = ledger.database
        assert isinstance(database, SqliteDatabase)
        with database.transaction():
            pass
        run = database.run

        def interrupt(statement: str, *values: Any, **more: Any) -> Any:
            run(statement, *values, **more)
            raise TooLateError

        with monkeypatch.context() as changed:
            changed.setattr(database, "run", interrupt)
            with pytest.raises(TooLateError), database.transaction(is_durable=False):
                raise AssertionError
        with database.transaction():
            assert database.pragma("synchronous") == FULL


@pytest.mark.filterwarnings(  # psycopg cannot end the generator of a pipeline that is interrupted
    "ignore::pytest.PytestUnraisableExceptionWarning"
)
def test_exception_during_any_exchange_with_the_database(
    platform: Platform, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It comes before the response of the server and right after it in turn: also in the middle of a pipeline."""
    monkeypatch.setenv("CXCALL_LEDGER", postgres_url)
    run = vars(BoundedConnection)["_end_in_time"]
    left, number = [0], 0

    def interrupt(connection: Any, exchange: Any) -> Generator[Any, Any, Any]:
        left[0] -= 1
        if left[0] != 0:
            return (yield from run(connection, exchange))
        if number // stride() % 2:
            yield from run(connection, exchange)
        else:
            with suppress(StopIteration):
                yield next(exchange)
        signal.raise_signal(SIGNAL)
        raise AssertionError

    monkeypatch.setattr(BoundedConnection, "_end_in_time", interrupt)
    with Client() as client, handler_that_raises(TooLateError()):
        send(client, "first")
        for number in count(1, stride()):
            left[0] = number
            try:
                send(client, f"r{number}")
            except (TooLateError, InterruptedDelivery) as error:
                assert left[0] <= 0
                check_interrupted_send(platform, client, f"r{number}", error)
            if left[0] > 0:
                break
    assert number > 10
    assert set(platform.dials.values()) == {1}
