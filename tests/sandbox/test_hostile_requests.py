"""Requests of a web page or a broken client to the sandbox are refused and limited, without a traceback."""

from __future__ import annotations

import socket
from http.client import HTTPConnection
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

import pytest

from cxcall.sandbox.inspection import request_log
from cxcall.sandbox.inspection.request_log import LoggedRequest, RequestLog
from cxcall.sandbox.request_handler import RateLimit

if TYPE_CHECKING:
    from cxcall.sandbox.server import Sandbox


def exchange(sandbox: Sandbox, data: bytes) -> bytes:
    """Send bytes, and return the first of the response; empty if the connection was closed."""
    address = ("127.0.0.1", urlsplit(sandbox.base_url).port or 0)
    with socket.create_connection(address, timeout=30) as connection:
        connection.sendall(data)
        return connection.recv(65536)


def status_for(sandbox: Sandbox, path: str, host: str) -> int:
    connection = HTTPConnection(sandbox.base_url.removeprefix("http://"), timeout=30)
    try:
        connection.request("GET", path, headers={"Host": host})
        return connection.getresponse().status
    finally:
        connection.close()


@pytest.mark.parametrize("path", ["/sandbox/requests", "/sandbox", "/oauth/authorize"])
@pytest.mark.parametrize("host", ["rebound.example", "127.0.0.1.evil.example:80", "10.0.0.1", "["])
def test_a_foreign_host_is_refused(sandbox: Sandbox, path: str, host: str) -> None:
    assert status_for(sandbox, path, host) == 421
    assert sandbox.received == []


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:1", "127.0.0.1:99", "[::1]:80"])
def test_a_loopback_host_is_accepted(sandbox: Sandbox, host: str) -> None:
    assert status_for(sandbox, "/sandbox/requests", host) == 200


@pytest.mark.parametrize(
    "uri",
    [
        "javascript://localhost/%0aalert(1)",
        "file://localhost/etc",
        "http://localhost\\@evil.example/",
        "http://evil.example",
        "http://a@localhost",
        "http://[",
        "http://localhost:x",
        "http://localhost/\r\nX: 1",
        "http://localhost/中",
        "",
    ],
)
def test_only_a_web_address_of_this_machine_is_redirected_to(sandbox: Sandbox, uri: str) -> None:
    query = f"client_id=sandbox&response_type=code&redirect_uri={quote(uri)}"
    request = f"GET /oauth/authorize?{query} HTTP/1.1\r\nHost: localhost\r\n\r\n"
    assert exchange(sandbox, request.encode()).startswith(b"HTTP/1.1 400 ")


@pytest.mark.parametrize("uri", ["http://localhost", "https://127.0.0.1:99/a", "http://[::1]:8/"])
def test_a_web_address_of_this_machine_is_redirected_to(sandbox: Sandbox, uri: str) -> None:
    query = f"client_id=sandbox&response_type=code&redirect_uri={quote(uri)}"
    request = f"GET /oauth/authorize?{query} HTTP/1.1\r\nHost: localhost\r\n\r\n"
    response = exchange(sandbox, request.encode())
    assert response.startswith(b"HTTP/1.1 302 ")
    assert f"\r\nLocation: {uri}?code=".encode() in response


@pytest.mark.parametrize(
    "line",
    [
        b"GET",
        b"\x00\xff",
        b"GET http://[ HTTP/1.1",
        b"GET //[::1 HTTP/1.1",
        b"GET http://[::1]x/ HTTP/1.1",
        b"GET /%ff%00?%zz=\xff HTTP/1.1",
        b"GET * HTTP/1.1",
        b"G@T / HTTP/1.1",
        b"GET /a HTTP/9.9",
        b"POST / HTTP/1.1\r\nContent-Length: -1",
        b"GET /oauth/authorize?redirect_uri=http://[ HTTP/1.1",
    ],
)
def test_a_malformed_request_prints_no_traceback(
    sandbox: Sandbox, line: bytes, capfd: pytest.CaptureFixture[str]
) -> None:
    exchange(sandbox, line + b"\r\n\r\n")
    assert status_for(sandbox, "/sandbox", "localhost") == 200  # it continues
    out, err = capfd.readouterr()
    assert (out, err) == ("", "")


def entry(size: int, path: str = "/p") -> LoggedRequest:
    return LoggedRequest(
        "POST", path, 201, "c", accepted=True, rings=True, numbers=("1",) * 500, body=b"x" * size
    )


@pytest.mark.slow
def test_the_log_keeps_no_more_bodies_than_its_limit() -> None:
    log, one = RequestLog(), entry(1 << 19)
    for _ in range(10_000):
        log.add(one)
    kept = log.received
    assert len(kept) == 10_000
    assert sum(len(each.body) for each in kept) == request_log.LARGEST_LOG
    assert kept[-1].body
    assert all(len(each.numbers) <= 100 for each in kept)


def test_the_log_keeps_no_more_requests_than_its_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(request_log, "LARGEST_LOG", 25)
    monkeypatch.setattr(request_log, "MOST_REQUESTS", 10)
    log = RequestLog()
    for number in range(100):
        log.add(entry(number % 7, "/" + "p" * 5000))
    kept = log.received
    assert len(kept) == log.count_accepted("POST", "/" + "p" * 5000) == 10
    assert not log.wait_for_rings(11, 0)
    assert 19 <= sum(len(each.body) for each in kept) <= 25
    assert all(len(each.path) <= 1000 for each in kept)
    log.clear()
    log.add(entry(5))
    assert log.count_accepted("POST", "/p") == 1
    assert [len(each.body) for each in log.received] == [5]


@pytest.mark.slow
def test_the_rate_limit_keeps_no_more_tokens_than_its_limit() -> None:
    limit = RateLimit(10, lambda: 0.0)
    assert limit.count("first")["inin-ratelimit-count"] == "1"
    assert limit.count("first")["inin-ratelimit-count"] == "2"
    for number in range(10_000):
        limit.count(f"token {number}")
    assert limit.count("first")["inin-ratelimit-count"] == "1"
