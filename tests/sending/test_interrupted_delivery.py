"""A signal during a delivery never hides that a call may have been placed."""

from __future__ import annotations

import signal
import socket
import threading
from pathlib import Path
from typing import Any

import pytest

from cxcall.credentials.access_token import Token
from cxcall.credentials.request_credentials import Credentials
from cxcall.findings.exit_codes import ExitCode, Outcome
from cxcall.ledger.ledger import Ledger
from cxcall.responses.delivery import Delivery
from cxcall.runtime import signals
from cxcall.sending.request_sender import deliver
from cxcall.sending.send_plan import SendHooks
from helpers import fault_server as fault
from helpers.deliveries import Tokens, limited, plan_to
from helpers.fault_server import Fault, FaultServer, refused
from helpers.sender_checks import Sleep, check_findings, check_record

pytestmark = pytest.mark.usefixtures("_plain_environment")


def interrupt(_: object = None) -> None:
    main = threading.main_thread().ident
    assert main is not None
    signal.pthread_kill(main, signal.SIGINT)


def test_interrupt_after_the_request_left_is_unknown(ledger: Ledger) -> None:
    with FaultServer((fault.but(fault.never_answer, interrupt),)) as server:
        delivery = deliver(plan_to(server.base_url), ledger, Tokens())
    assert (delivery.outcome, delivery.exit_code) == (Outcome.UNKNOWN, ExitCode.UNKNOWN)
    assert server.rung == 1
    check_record(ledger, delivery)
    check_findings(delivery)


def test_interrupt_before_the_request_left_is_undelivered(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = threading.Event()

    def wait(*_: Any, **__: Any) -> None:
        interrupt()
        gone.wait(10)
        raise socket.gaierror

    with FaultServer((fault.accept,)) as server:
        monkeypatch.setattr(socket, "getaddrinfo", wait)
        delivery = deliver(plan_to(server.base_url), ledger, Tokens())
        gone.set()
    assert_stopped(ledger, delivery)
    assert server.connections == 0


def assert_stopped(ledger: Ledger, delivery: Delivery) -> None:
    assert (delivery.outcome, delivery.exit_code) == (Outcome.UNDELIVERED, ExitCode.INTERRUPTED)
    check_record(ledger, delivery)
    check_findings(delivery)


def test_interrupt_during_a_retry_wait_is_undelivered(ledger: Ledger) -> None:
    with FaultServer((limited("5"), fault.accept)) as server:
        delivery = deliver(plan_to(server.base_url), ledger, Tokens(), SendHooks(sleep=interrupt))
    assert_stopped(ledger, delivery)
    assert (server.whole, server.rung) == (1, 0)


def test_interrupt_while_a_token_is_renewed_is_undelivered(ledger: Ledger) -> None:
    tokens = Tokens()

    def slow(refused: Credentials | None) -> Token:
        if refused:
            raise KeyboardInterrupt
        return tokens(refused)

    with FaultServer((refused(401), fault.accept)) as server:
        delivery = deliver(plan_to(server.base_url), ledger, slow)
    assert_stopped(ledger, delivery)
    assert server.whole == 1


@pytest.mark.slow
def test_wait_for_a_slot_does_not_count_against_the_timeout(ledger: Ledger) -> None:
    def wait_for_slot() -> None:
        threading.Event().wait(1.1)

    turn = SendHooks(wait_for_slot=wait_for_slot)
    with FaultServer((fault.accept,)) as server:
        delivery = deliver(plan_to(server.base_url, timeout=1.0), ledger, Tokens(), turn)
    assert (delivery.outcome, server.rung) == (Outcome.ACCEPTED, 1)


@pytest.mark.parametrize("step", ["begin", "record_not_processed", "record_attempt"])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_signal_during_a_ledger_write_is_deferred(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch, step: str, number: signal.Signals
) -> None:
    before = {known: signal.getsignal(known) for known in (signal.SIGINT, signal.SIGTERM)}
    write = getattr(ledger, step)

    def write_and_signal(*arguments: Any, **more: Any) -> Any:
        signal.raise_signal(number)
        return write(*arguments, **more)

    monkeypatch.setattr(ledger, step, write_and_signal)
    handler = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with FaultServer((limited("1"), fault.accept)) as server:
            delivery = deliver(plan_to(server.base_url), ledger, Tokens(), SendHooks(sleep=Sleep()))
    finally:
        signal.signal(signal.SIGTERM, handler)
    assert_stopped(ledger, delivery)
    assert server.rung == 0
    assert {known: signal.getsignal(known) for known in before} == before


@pytest.mark.parametrize("fault_", [fault.accept, fault.reset_after_body, refused(400)])
def test_signal_while_the_outcome_is_written_does_not_change_it(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch, fault_: Fault
) -> None:
    write = ledger.record_outcome

    def write_and_signal(*arguments: Any, **more: Any) -> None:
        signal.raise_signal(signal.SIGINT)
        write(*arguments, **more)

    with FaultServer((fault_,)) as server:
        monkeypatch.setattr(ledger, "record_outcome", write_and_signal)
        delivery = deliver(plan_to(server.base_url), ledger, Tokens())
    assert delivery.exit_code in (0, 5, 8)
    check_record(ledger, delivery)


def test_signal_before_the_record_sends_nothing(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any, **_more: Any) -> str:
        raise KeyboardInterrupt

    monkeypatch.setattr(ledger, "begin", refuse)
    with FaultServer((fault.accept,)) as server, pytest.raises(KeyboardInterrupt):
        deliver(plan_to(server.base_url), ledger, Tokens())
    assert server.connections == 0


def test_signal_that_was_deferred_before_the_delivery_sends_nothing(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(signals, "deferred", [signal.SIGTERM])
    with FaultServer((fault.accept,)) as server:
        delivery = deliver(plan_to(server.base_url), ledger, Tokens())
    assert_stopped(ledger, delivery)
    assert server.connections == 0
    assert signals.deferred == []


def test_delivery_in_a_thread_keeps_signal_handlers(tmp_path: Path) -> None:
    found: list[Delivery] = []

    def send(base_url: str) -> None:
        with Ledger.open(tmp_path / "state") as ledger:
            found.append(deliver(plan_to(base_url), ledger, Tokens()))

    with FaultServer((fault.accept,)) as server:
        thread = threading.Thread(target=send, args=(server.base_url,))
        thread.start()
        thread.join(20)
    assert [result.outcome for result in found] == [Outcome.ACCEPTED]
