"""Exchanges with TLS: certificates, handshakes, and failures before the first byte."""

from __future__ import annotations

import gc
import socket
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from helpers import fault_server as fault
from helpers.certificates import Certificate, make_certificate
from helpers.exchange_requests import BROKEN, post, trust
from helpers.fault_server import Fault, FaultServer

pytestmark = pytest.mark.usefixtures("_plain_environment")


# Python's ssl does not close a socket that was reset before the handshake; the garbage collector does.
LOST_SOCKET = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")


def test_tls_with_a_trusted_certificate(
    monkeypatch: pytest.MonkeyPatch, certificate: Certificate
) -> None:
    trust(monkeypatch, certificate)
    with FaultServer((fault.accept,), certificate.context()) as server:
        result = post(f"{server.base_url}/")
    assert (result.failure, result.may_be_sent, server.rung) == ("", True, 1)


@pytest.mark.parametrize(
    "broken", ["close after the body", "cut in the headers", "cut in the body"]
)
def test_a_connection_that_breaks_under_tls_may_have_sent_the_request(
    monkeypatch: pytest.MonkeyPatch, certificate: Certificate, broken: str
) -> None:
    trust(monkeypatch, certificate)
    with FaultServer((BROKEN[broken][0],), certificate.context()) as server:
        result = post(f"{server.base_url}/")
    assert (result.failure, result.may_be_sent, server.rung) == (BROKEN[broken][1], True, 1)


@pytest.mark.slow
def test_silence_under_tls_ends_at_the_deadline(
    monkeypatch: pytest.MonkeyPatch, certificate: Certificate
) -> None:
    trust(monkeypatch, certificate)
    for timeout in (0.5, 3.0, 10.0):  # on a busy machine the handshake is slow
        with FaultServer((fault.never_answer,), certificate.context()) as server:
            result = post(f"{server.base_url}/", timeout=timeout)
        if result.may_be_sent:
            break
    assert (result.failure, result.may_be_sent, server.rung) == ("timeout", True, 1)


@pytest.mark.parametrize(
    ("name", "hosts", "trusted", "failure", "detail"),
    [
        ("good", "DNS:other.invalid", True, "certificate-name", "IP address mismatch"),
        ("expired", "IP:127.0.0.1", True, "certificate-date", "expired"),
        ("good", "IP:127.0.0.1", False, "certificate", "self-signed"),
    ],
)
def test_a_certificate_that_is_not_good_gets_nothing(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    certificate: Certificate,
    name: str,
    hosts: str,
    trusted: bool,  # noqa: FBT001 - a column of the table
    failure: str,
    detail: str,
) -> None:
    shown = make_certificate(tmp_path / "shown", name, hosts)
    trust(monkeypatch, shown if trusted else certificate)
    with FaultServer((fault.accept,), shown.context()) as server:
        result = post(f"{server.base_url}/")
    assert (result.failure, result.may_be_sent, server.whole) == (failure, False, 0)
    assert detail in result.detail.replace("self signed", "self-signed")


def test_a_bundle_that_is_missing_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "none.pem"))
    result = post("https://127.0.0.1:9/")
    assert (result.failure, result.may_be_sent) == ("ca-file", False)
    assert result.detail == "the file in `REQUESTS_CA_BUNDLE` does not exist"


@pytest.mark.slow
@pytest.mark.parametrize(
    "spoken",
    [
        Fault(lambda peer: peer.send(b"HTTP/1.1 400 Bad Request\r\n\r\n")),
        fault.close_at_once,
        fault.reset_at_once,
    ],
    ids=["plain HTTP", "closed", "reset"],
)
@LOST_SOCKET
def test_nothing_is_sent_to_a_server_without_tls(spoken: Fault) -> None:
    gc.freeze()  # checking the objects of other tests takes a second
    with FaultServer((spoken,)) as server:
        result = post(server.base_url.replace("http:", "https:"))
    # A reset may come before the connection was open; nothing was sent in either case.
    expected = {fault.reset_at_once: ("tls", "connect"), fault.close_at_once: ("tls",)}
    assert result.failure in expected.get(spoken, ("no-tls",))
    assert (result.may_be_sent, result.response) == (False, None)
    assert result.detail
    gc.collect()


@pytest.mark.slow
@LOST_SOCKET
def test_nothing_is_sent_if_the_connection_ends_before_the_handshake(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from urllib3.util import connection

    gc.freeze()
    connect, stood = connection.create_connection, threading.Event()

    def connect_and_lose(*arguments: Any, **more: Any) -> socket.socket:
        connected = connect(*arguments, **more)
        stood.set()
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            try:
                connected.getpeername()
            except OSError:
                connected.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)  # as if configured
                return connected
        raise AssertionError

    def reset(peer: fault.Peer) -> None:
        stood.wait(10)
        peer.reset()

    monkeypatch.setattr(connection, "create_connection", connect_and_lose)
    with FaultServer((Fault(reset),)) as server:
        result = post(server.base_url.replace("http:", "https:"))
    assert (result.failure, result.may_be_sent) == ("tls", False)
    gc.collect()


@pytest.mark.slow
def test_nothing_is_sent_while_a_handshake_does_not_end() -> None:
    for timeout in (0.3, 2.0, 10.0):  # on a busy machine the connection is slow
        with FaultServer((fault.silence,)) as server:
            result = post(server.base_url.replace("http:", "https:"), timeout=timeout)
        assert not result.may_be_sent
        if result.failure != "connect":
            break
    assert result.failure == "tls"
