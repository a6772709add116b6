"""Requests that were not sent are repeated or reported, by the cause of the failed connection."""

from __future__ import annotations

import socket
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from cxcall.findings.exit_codes import ExitCode, Outcome
from cxcall.ledger.ledger import Ledger
from cxcall.responses.delivery import Delivery
from cxcall.sending.request_sender import deliver
from cxcall.sending.send_plan import SendHooks
from helpers import fault_server as fault
from helpers.certificates import Certificate, make_certificate
from helpers.deliveries import Tokens, plan_to
from helpers.fault_proxies import dying_proxy, rejecting_proxy
from helpers.fault_server import Fault, FaultServer, port_of, raw, reserve
from helpers.sender_checks import Sleep, check_findings, check_record

pytestmark = pytest.mark.usefixtures("_plain_environment")


@dataclass(frozen=True)
class ConnectionFailure:
    """A failure to connect: its finding code, and the number of attempts."""

    code: str
    attempts: int


def certificate_for(folder: Path, name: str = "good", hosts: str = "IP:127.0.0.1") -> Certificate:
    return make_certificate(folder, name, hosts)


def test_refused_connection_is_tried_three_times(ledger: Ledger) -> None:
    sleep = Sleep()
    with reserve() as closed:
        url = f"http://127.0.0.1:{port_of(closed)}"
        delivery = deliver(plan_to(url), ledger, Tokens(), SendHooks(sleep=sleep))
    assert_unreached(ledger, delivery, ConnectionFailure("undelivered", 3))
    assert 0.5 < sleep.slept < 2


def test_request_is_not_sent_if_no_thread_can_start(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_: Thread) -> None:
        raise RuntimeError("can't create new thread at interpreter shutdown")

    monkeypatch.setattr(Thread, "start", refuse)
    with reserve() as closed:
        delivery = deliver(plan_to(f"http://127.0.0.1:{port_of(closed)}"), ledger, Tokens())
    assert_unreached(ledger, delivery, ConnectionFailure("undelivered", 1))
    assert "cannot start a thread" in delivery.findings[0].message


def test_request_is_sent_when_the_server_starts_during_retries(ledger: Ledger) -> None:
    with ExitStack() as stack:
        closed = reserve()
        server: list[FaultServer] = []

        def start(_: float) -> None:
            server.append(stack.enter_context(FaultServer((fault.accept,), listener=closed)))

        url = f"http://127.0.0.1:{port_of(closed)}"
        delivery = deliver(plan_to(url), ledger, Tokens(), SendHooks(sleep=start))
    assert (delivery.outcome, delivery.attempts) == (Outcome.ACCEPTED, 2)
    assert [one.rung for one in server] == [1]


def assert_unreached(ledger: Ledger, delivery: Delivery, expected: ConnectionFailure) -> None:
    assert (delivery.outcome, delivery.exit_code) == (Outcome.UNDELIVERED, ExitCode.UNDELIVERED)
    assert (delivery.findings[0].code, delivery.attempts) == (expected.code, expected.attempts)
    check_record(ledger, delivery)
    check_findings(delivery)


def test_unknown_host_is_tried_three_times(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", fail)
    delivery = deliver(
        plan_to("https://api.example.invalid"), ledger, Tokens(), SendHooks(sleep=Sleep())
    )
    assert_unreached(ledger, delivery, ConnectionFailure("host-unknown", 3))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "hosts", "trusted"),
    [
        ("good", "DNS:other.invalid", True),
        ("expired", "IP:127.0.0.1", True),
        ("good", "IP:127.0.0.1", False),
    ],
    ids=["wrong name", "expired", "self-signed"],
)
def test_untrusted_certificate_is_tried_once(
    ledger: Ledger,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    name: str,
    hosts: str,
    trusted: bool,  # noqa: FBT001 - a column of the table
) -> None:
    shown = certificate_for(tmp_path / "shown", name, hosts)
    other = certificate_for(tmp_path / "other")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str((shown if trusted else other).path))
    with FaultServer((fault.accept,), shown.context()) as server:
        delivery = deliver(plan_to(server.base_url), ledger, Tokens(), SendHooks(sleep=Sleep()))
    assert_unreached(ledger, delivery, ConnectionFailure("undelivered", 1))
    assert server.whole == 0


@pytest.mark.slow
def test_server_without_tls_is_tried_three_times(ledger: Ledger) -> None:
    with FaultServer((Fault(lambda peer: peer.send(b"HTTP/1.1 400 No\r\n\r\n")),)) as server:
        url = server.base_url.replace("http:", "https:")
        delivery = deliver(plan_to(url), ledger, Tokens(), SendHooks(sleep=Sleep()))
    assert_unreached(ledger, delivery, ConnectionFailure("undelivered", 3))
    assert server.connections == 3


def test_request_is_sent_once_after_a_failed_tls_handshake(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    shown = certificate_for(tmp_path / "shown")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(shown.path))
    with FaultServer((fault.accept,), shown.context(), bare=1) as server:
        delivery = deliver(plan_to(server.base_url), ledger, Tokens(), SendHooks(sleep=Sleep()))
    assert (delivery.outcome, delivery.attempts, server.rung) == (Outcome.ACCEPTED, 2, 1)


@pytest.mark.parametrize(
    ("proxy", "attempts", "hint"),
    [
        (rejecting_proxy(), 1, "`http://USER:PASSWORD@HOST:PORT`, or correct them"),
        (rejecting_proxy(403), 1, "check `HTTPS_PROXY`"),
        (rejecting_proxy(503), 3, "check `HTTPS_PROXY`"),
        (dying_proxy, 3, "check `HTTPS_PROXY`"),
        (raw(b"HTTP/1.1 200 OK\r\n\r\n"), 3, "check `HTTPS_PROXY`"),
    ],
    ids=["407", "403", "503", "dies", "no TLS"],
)
def test_unreachable_proxy_leaves_the_request_undelivered(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch, proxy: Fault, attempts: int, hint: str
) -> None:
    with FaultServer((proxy,)) as server:
        monkeypatch.setenv("HTTPS_PROXY", f"http://user:pa55word@127.0.0.1:{server.port}")
        delivery = deliver(
            plan_to("https://api.example.invalid"), ledger, Tokens(), SendHooks(sleep=Sleep())
        )
    assert_unreached(ledger, delivery, ConnectionFailure("undelivered", attempts))
    assert hint in delivery.findings[0].fix
    assert "pa55word" not in repr(delivery)


@pytest.mark.slow
def test_connect_timeout_leaves_the_request_undelivered(ledger: Ledger) -> None:
    with FaultServer((fault.silence,)) as server:
        url = server.base_url.replace("http:", "https:")
        delivery = deliver(plan_to(url, timeout=0.2), ledger, Tokens(), SendHooks(sleep=Sleep()))
    assert_unreached(ledger, delivery, ConnectionFailure("undelivered", 3))
