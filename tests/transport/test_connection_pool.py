"""Which proxy and which CA certificates a connection uses."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

import pytest
from requests.utils import get_environ_proxies, select_proxy

from cxcall.transport.connection_pool import ProxyAddressError, find_proxy, new_pool
from cxcall.transport.exchange import exchange
from cxcall.transport.messages import HttpRequest
from helpers.fault_server import FaultServer, accept

if TYPE_CHECKING:
    from collections.abc import Mapping

PROXY = "http://proxy.example:3128"
NAMES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")  # fmt: skip


@pytest.fixture(autouse=True)
def _plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


@pytest.mark.parametrize(
    "variables",
    [
        {},
        {"HTTPS_PROXY": PROXY},
        {"https_proxy": PROXY},
        {"HTTP_PROXY": PROXY},
        {"ALL_PROXY": PROXY},
        {"HTTPS_PROXY": PROXY, "ALL_PROXY": "http://other.example"},
    ],
)
@pytest.mark.parametrize(
    "no_proxy",
    [
        *("", "*", "api.example.com", ".example.com", "example.com", "other.com", "a.com, example.com"),
        *("api.example.com:8443", "10.0.0.0/8", "10.1.2.3", "192.168.0.0/16,10.1.2.0/24", "10.0.0.0/99"),
    ],
)  # fmt: skip
@pytest.mark.parametrize(
    "url",
    [
        *("https://api.example.com/x", "http://api.example.com/x", "https://api.example.com:8443/x"),
        *("https://10.1.2.3/x", "https://10.1.2.3:8443/x", "https://[2001:db8::1]/x"),
    ],
)  # fmt: skip
def test_proxy_is_the_one_that_requests_would_use(
    monkeypatch: pytest.MonkeyPatch, variables: Mapping[str, str], no_proxy: str, url: str
) -> None:
    for name, value in {**variables, "NO_PROXY": no_proxy}.items():
        monkeypatch.setenv(name, value)
    assert find_proxy(url) == (select_proxy(url, get_environ_proxies(url)) or "")


def test_ipv6_networks_need_no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", PROXY)
    monkeypatch.setenv("NO_PROXY", "2001:db8::/32")
    assert find_proxy("https://[2001:db8::1]/x") == ""
    assert find_proxy("https://[2001:db9::1]/x") == PROXY


@pytest.mark.parametrize("url", ["https://127.0.0.1:1/", "http://localhost/", "http://[::1]:2/"])
def test_loopback_needs_no_proxy(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setenv("ALL_PROXY", PROXY)
    assert find_proxy(url) == ""


def test_plain_request_is_forwarded_with_the_login_of_the_proxy(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with FaultServer((accept,)) as proxy:
        monkeypatch.setenv("HTTP_PROXY", f"us%40er:pa%3Ass@127.0.0.1:{proxy.port}")
        done = exchange(HttpRequest("POST", "http://api.example.invalid/a?b=c", {}, b"{}"))
    assert (done.failure, done.left) == ("", True)
    head = proxy.peers[0].head
    login = base64.b64encode(b"us@er:pa:ss")
    assert head.startswith(b"POST http://api.example.invalid/a?b=c HTTP/1.1\r\n")
    assert b"Host: api.example.invalid\r\n" in head
    assert b"Proxy-Authorization: Basic " + login in head.replace(b"proxy-auth", b"Proxy-Auth")


@pytest.mark.parametrize(
    "address", ["http://", "socks5://", "ftp://h:1", "http://h:99999", "http://[::1"]
)
def test_proxy_address_that_cannot_be_used_is_refused(
    monkeypatch: pytest.MonkeyPatch, address: str
) -> None:  # fmt: skip
    monkeypatch.setenv("HTTPS_PROXY", address)
    with pytest.raises(ProxyAddressError):
        new_pool("https://api.example.invalid/")
    done = exchange(HttpRequest("GET", "https://api.example.invalid/", {}, None))
    assert (done.failure, done.left) == ("proxy", False)
    assert done.detail == "its address cannot be used"


def test_tls_verifies_certificates_by_default() -> None:
    pool = new_pool("https://api.example.invalid/")
    assert getattr(pool, "cert_reqs", None) == "CERT_REQUIRED"
    assert getattr(pool, "ca_certs", "").endswith("cacert.pem")
