"""An interrupted exchange reports whether anything was sent."""

from __future__ import annotations

import signal
import socket
import threading
from contextlib import suppress
from typing import Any

import pytest

from cxcall.transport.connection import ConnectionState, CutError
from cxcall.transport.exchange import InterruptedExchange
from cxcall.transport.sent_bytes import HeaderReader
from helpers import fault_server as fault
from helpers.exchange_requests import post
from helpers.fault_server import Fault, FaultServer

pytestmark = pytest.mark.usefixtures("_plain_environment")


def interrupt(_: object = None) -> None:
    """Send SIGINT to the main thread, as a terminal does."""
    main = threading.main_thread().ident
    assert main is not None
    signal.pthread_kill(main, signal.SIGINT)


def test_an_interrupt_after_it_left_says_so() -> None:
    faults = (fault.but(fault.never_answer, interrupt),)
    with FaultServer(faults) as server, pytest.raises(InterruptedExchange) as raised:
        post(server.base_url)
    assert (raised.value.may_be_sent, raised.value.exchange.failure, server.whole) == (
        True,
        "interrupted",
        1,
    )
    assert isinstance(raised.value, KeyboardInterrupt)


def test_an_interrupt_in_the_headers_keeps_what_was_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    readline = HeaderReader.readline

    def read(self: HeaderReader, limit: int) -> bytes:
        if len(self._lines) == 2:
            interrupt()
        return readline(self, limit)

    def some(peer: fault.Peer) -> None:
        peer.read()
        peer.send(b"HTTP/1.1 201 Created\r\nX-Engagement-Id: abc\r\nX-Half: ab")
        peer.hold()

    monkeypatch.setattr(HeaderReader, "readline", read)
    with FaultServer((Fault(some),)) as server, pytest.raises(InterruptedExchange) as raised:
        post(server.base_url)
    response = raised.value.exchange.response
    assert response is not None
    assert (response.status, dict(response.headers)) == (201, {"X-Engagement-Id": "abc"})


def test_an_interrupt_before_it_left_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    gone = threading.Event()

    def wait(*_: Any, **__: Any) -> None:
        interrupt()
        gone.wait(10)
        raise socket.gaierror

    with FaultServer((fault.accept,)) as server:
        monkeypatch.setattr(socket, "getaddrinfo", wait)
        with pytest.raises(InterruptedExchange) as raised:
            post(server.base_url)
        gone.set()
    assert (raised.value.may_be_sent, server.connections) == (False, 0)


def test_what_was_given_up_never_leaves() -> None:
    for _ in range(200):
        line, output = ConnectionState(None, lambda: False), []
        start = threading.Barrier(2)

        def send(line: ConnectionState = line, start: threading.Barrier = start) -> None:
            start.wait()
            with suppress(CutError):
                line.before_first_byte()

        thread = threading.Thread(target=send)
        thread.start()
        start.wait()
        output.append(line.abort())
        thread.join()
        assert line.may_be_sent is output[0]
    line = ConnectionState(None, lambda: False)
    assert line.abort() is False
    with pytest.raises(CutError):
        line.before_first_byte()
    assert line.may_be_sent is False
