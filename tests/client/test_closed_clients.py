"""A closed client finishes what is in flight, records it, and can be used again."""

from __future__ import annotations

import logging
import signal
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from threading import Condition, Event, Thread
from typing import TYPE_CHECKING, Any

import pytest

from cxcall import Client, Outcome
from cxcall.batch.beginning_and_end import begin_batch
from cxcall.batch.row_sender import THREAD_NAME
from cxcall.client import batch_run
from cxcall.client.open_resources import OpenResources
from cxcall.sandbox import server
from cxcall.sandbox.server import Sandbox, start_sandbox
from helpers.command import CONTACT
from helpers.interrupts import SIGNAL, TooLateError, handler_that_raises, tracing
from helpers.platform_server import Reply
from helpers.work import time_limit

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import FrameType

    from cxcall.contracts.contract import Contract
    from helpers.command import Cxcall
    from helpers.platform_server import Platform

OPERATION = "personal-connection"
BODY = {"contactId": CONTACT, "reasonCode": "r1"}
ROWS = [{"contactId": CONTACT, "reasonCode": f"r{number}"} for number in range(9)]
LONG_ENOUGH = 0.5
"""Seconds in which `close` returns if it does not wait for the request in flight."""


IN_FLIGHT, CLOSED = Event(), Event()
"""A request that waits is at the platform; the client was closed."""


def respond(body: Any, _count: int) -> Reply:
    """Accept everything; a request with the reason `wait` after the client was closed, or a while."""
    if body["reasonCode"] == "wait":
        IN_FLIGHT.set()
        CLOSED.wait(LONG_ENOUGH)
    return Reply(201, {"id": "e-1"})


@pytest.fixture(autouse=True)
def new_events() -> None:
    """Clear the events before each test."""
    IN_FLIGHT.clear()
    CLOSED.clear()


def outcomes(cxcall: Cxcall) -> list[str]:
    """Return the outcomes that the ledger has."""
    listed = cxcall("history", "list", "-o", "json", code=0).envelope["data"]["deliveries"]
    return [each["outcome"] for each in listed]


@pytest.mark.slow
@pytest.mark.usefixtures("platform")
def test_request_in_flight_in_another_thread_is_finished_and_recorded(cxcall: Cxcall) -> None:
    client = Client()
    with ThreadPoolExecutor(1) as pool:
        sending = pool.submit(client.send, OPERATION, {**BODY, "reasonCode": "wait"}, yes=True)
        assert IN_FLIGHT.wait(30)
        client.close()
        CLOSED.set()
        assert sending.result(30).outcome is Outcome.ACCEPTED
    assert outcomes(cxcall) == ["accepted"]


@pytest.mark.usefixtures("platform")
def test_batch_that_a_sending_thread_closes_ends() -> None:
    class Closer(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            if record.threadName and record.threadName.startswith(THREAD_NAME):
                batch.close()

    logger, closer = logging.getLogger("cxcall"), Closer(logging.INFO)
    logger.setLevel(logging.INFO)
    logger.addHandler(closer)
    try:
        with Client() as client, time_limit(30):
            batch = client.batch(OPERATION, ROWS, confirm=len(ROWS), concurrency=1)
            assert len([*batch]) <= 2
            assert batch.stop_reason == "the batch was closed"
    finally:
        logger.removeHandler(closer)
        logger.setLevel(logging.NOTSET)


@pytest.mark.slow
def test_batch_sends_no_more_rows_and_records_those_in_flight(
    platform: Platform, cxcall: Cxcall
) -> None:
    client = Client()
    found = []
    for row in client.batch(OPERATION, ROWS, confirm=len(ROWS), concurrency=2):
        found.append(row.outcome)
        client.close()
    assert found == [Outcome.ACCEPTED]
    assert platform.rung < len(ROWS)
    assert outcomes(cxcall) == ["accepted"] * platform.rung


@pytest.mark.slow
@pytest.mark.usefixtures("platform")
def test_batch_in_another_thread_ends_after_the_rows_in_flight(cxcall: Cxcall) -> None:
    client = Client()
    with ThreadPoolExecutor(1) as pool:
        rows = [{**BODY, "reasonCode": "wait"}, *ROWS]
        batch = client.batch(OPERATION, rows, confirm=len(rows), concurrency=1)
        results = pool.submit(list, batch)
        assert IN_FLIGHT.wait(30)
        client.close()
        CLOSED.set()
        assert [row.outcome for row in results.result(30)] == [Outcome.ACCEPTED]
    assert batch.stop_reason == "the batch was closed"
    assert outcomes(cxcall) == ["accepted"]


def test_batch_that_is_closed_while_it_begins_sends_nothing(
    platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    def begin(*given: Any, **named: Any) -> Any:
        batch.close()
        return begin_batch(*given, **named)

    monkeypatch.setattr(batch_run, "begin_batch", begin)
    with Client() as client:
        batch = client.batch(OPERATION, ROWS, confirm=len(ROWS))
        assert [*batch] == []
    assert (batch.stop_reason, platform.rung) == ("the batch was closed", 0)


@pytest.mark.usefixtures("platform")
def test_thread_that_gets_the_ledger_late_opens_it_again() -> None:
    resources = OpenResources(None)
    with resources.ledger() as ledger:
        assert [*ledger.records(limit=1)] == []
    resources.close()
    with resources.ledger() as ledger:
        assert [*ledger.records(limit=1)] == []


def test_client_can_be_used_after_it_was_closed(platform: Platform) -> None:
    client = Client()
    for number in range(2):
        with client:
            body = {**BODY, "reasonCode": f"r{number}"}
            assert client.send(OPERATION, body, yes=True).outcome is Outcome.ACCEPTED
    assert platform.rung == 2


def test_client_starts_a_new_sandbox_after_it_was_closed(
    cxcall: Cxcall, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in cxcall.environment.items():
        monkeypatch.setenv(name, value)
    client = Client(sandbox=True)
    for number in range(2):
        with client:
            body = {**BODY, "reasonCode": f"r{number}"}
            assert client.send(OPERATION, body).outcome is Outcome.ACCEPTED


@pytest.mark.skipif(not hasattr(signal, "SIGUSR1"), reason="needs a signal of its own")
def test_signal_handler_may_close_the_client_while_it_opens(
    cxcall: Cxcall, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in cxcall.environment.items():
        monkeypatch.setenv(name, value)

    def start(contracts: Sequence[Contract]) -> Sandbox:
        signal.raise_signal(signal.SIGUSR1)
        return start_sandbox(contracts)

    client = Client(sandbox=True)
    client.close()
    before = signal.signal(signal.SIGUSR1, lambda *_: client.close())
    monkeypatch.setattr(server, "start_sandbox", start)
    try:
        with time_limit(60):
            assert client.send(OPERATION, BODY).outcome is Outcome.ACCEPTED
    finally:
        signal.signal(signal.SIGUSR1, before)
        client.close()


@pytest.mark.usefixtures("platform")
def test_exception_of_a_signal_handler_in_a_condition_leaves_it_usable_for_other_threads() -> None:
    """Its methods are in Python: a handler may run when one has taken the lock, or before one releases it."""
    ends = {(Condition.__enter__.__code__, "return"), (Condition.__exit__.__code__, "call")}

    def trace(frame: FrameType, event: str, _argument: Any) -> Any:
        if (frame.f_code, event) in ends:
            signal.raise_signal(SIGNAL)
        return trace

    client = Client()
    client.send(OPERATION, BODY, yes=True)
    sent: list[Outcome] = []
    with suppress(TooLateError), handler_that_raises(TooLateError()), tracing(trace):
        client.send(OPERATION, {**BODY, "reasonCode": "interrupted"}, yes=True)
    other = Thread(
        target=lambda: sent.append(client.send(OPERATION, ROWS[3], yes=True).outcome), daemon=True
    )
    other.start()
    other.join(20)
    assert sent == [Outcome.ACCEPTED]
    client.close()
