"""Exchanges through a proxy: nothing is sent before the tunnel and TLS are established."""

from __future__ import annotations

from pathlib import Path

import pytest

from helpers import fault_server as fault
from helpers.certificates import Certificate, make_certificate
from helpers.exchange_requests import TOKEN, post, trust
from helpers.fault_proxies import dying_proxy, rejecting_proxy, tunnel_to
from helpers.fault_server import Fault, FaultServer, raw

pytestmark = pytest.mark.usefixtures("_plain_environment")


REMOTE = "https://api.example.invalid/calls"


@pytest.mark.parametrize(
    ("proxy", "failure", "detail"),
    [
        (rejecting_proxy(), "proxy-login", "407"),
        (rejecting_proxy(403), "proxy-refused", "403"),
        (rejecting_proxy(429), "proxy", "429"),
        (rejecting_proxy(502), "proxy", "502"),
        (dying_proxy, "proxy", "closed"),
        (fault.reset_at_once, "proxy", ""),
        (raw(b"nonsense\r\n\r\n"), "proxy", ""),
        (raw(b"HTTP/1.1 200 O"), "proxy", ""),
        (raw(b"HTTP/1.1 200 OK\r\n\r\n"), "proxy", ""),
        (raw(b"HTTP/1.1 200 OK\r\n\r\nthis is not TLS"), "proxy", ""),
    ],
    ids="407 403 429 502 dies resets nonsense cut closes no-TLS".split(),
)
def test_a_proxy_that_does_not_let_us_through(
    monkeypatch: pytest.MonkeyPatch, proxy: Fault, failure: str, detail: str
) -> None:
    with FaultServer((proxy,)) as server:
        monkeypatch.setenv("HTTPS_PROXY", f"http://user:pa55word@127.0.0.1:{server.port}")
        result = post(REMOTE)
    assert (result.failure, result.may_be_sent, result.response) == (failure, False, None)
    assert detail in result.detail
    assert "pa55word" not in repr(result)
    assert TOKEN.encode() not in server.peers[0].head


@pytest.mark.slow
def test_a_silent_proxy_ends_at_the_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    with FaultServer((fault.silence,)) as server:
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{server.port}")
        result = post(REMOTE, timeout=0.3)
    assert (result.failure, result.may_be_sent) == ("proxy", False)


@pytest.mark.parametrize(
    ("address", "failure"),
    [
        ("http://127.0.0.1:1", "proxy"),
        ("http://", "proxy-refused"),
        ("foo://127.0.0.1:1", "proxy-refused"),
        ("http://127.0.0.1:99999", "proxy-refused"),
        ("::", "proxy-refused"),
    ],
)
def test_a_proxy_that_is_none(monkeypatch: pytest.MonkeyPatch, address: str, failure: str) -> None:
    monkeypatch.setenv("HTTPS_PROXY", address)
    result = post(REMOTE)
    assert (result.failure, result.may_be_sent, result.response) == (failure, False, None)


def test_through_a_proxy_it_leaves_once_the_tunnel_and_tls_stand(
    monkeypatch: pytest.MonkeyPatch, certificate: Certificate
) -> None:
    trust(monkeypatch, certificate)
    with (
        FaultServer((fault.accept, fault.close_after_body), certificate.context()) as server,
        FaultServer((tunnel_to(server.port),)) as proxy,
    ):
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{proxy.port}")
        first, second = post(REMOTE), post(REMOTE)
    assert (first.failure, first.may_be_sent) == ("", True)
    assert (second.failure, second.may_be_sent) == ("reset", True)
    assert server.rung == 2
    assert all(TOKEN.encode() not in peer.head for peer in proxy.peers)


def test_behind_a_proxy_a_bad_certificate_gets_nothing(
    monkeypatch: pytest.MonkeyPatch, certificate: Certificate, tmp_path: Path
) -> None:
    shown = make_certificate(tmp_path / "shown")
    trust(monkeypatch, certificate)
    with (
        FaultServer((fault.accept,), shown.context()) as server,
        FaultServer((tunnel_to(server.port),)) as proxy,
    ):
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{proxy.port}")
        result = post(REMOTE)
    assert (result.failure, result.may_be_sent, server.whole) == ("certificate", False, 0)


def test_loopback_goes_through_no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    with FaultServer((fault.accept,)) as server, FaultServer((fault.accept,)) as proxy:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
        result = post(server.base_url)
    assert (result.failure, server.rung, proxy.connections) == ("", 1, 0)
