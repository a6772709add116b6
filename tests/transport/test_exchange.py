"""One exchange: its report on every network failure, and whether anything was sent."""

from __future__ import annotations

import gc
import gzip
import json
import pickle
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from requests import PreparedRequest
from requests.auth import AuthBase

from cxcall.runtime.likely_secrets import masked_headers
from cxcall.transport.connection import ConnectionState, CutError
from cxcall.transport.curl import curl
from cxcall.transport.exchange import InterruptedExchange, exchange
from cxcall.transport.http_messages import Exchange, Headers, HttpRequest, HttpResponse
from cxcall.transport.origins import is_loopback_url
from cxcall.transport.response_body import decompress
from cxcall.transport.urllib3_hooks import HeaderReader
from helpers import fault_server as fault
from helpers.certificates import Certificate, make_certificate
from helpers.fault_server import Fault, FaultServer, answer, message, port_of, raw, reserve

BODY = json.dumps({"contactId": "x", "filler": "y" * 100}).encode()
TOKEN = "a-token-nobody-may-see"

# Python's ssl does not close a socket that was reset before the handshake; the garbage collector does.
LOST_SOCKET = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")


class Auth(AuthBase):
    """Credentials like those of `auth`."""

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        """Put the token on a request."""
        request.headers["Authorization"] = f"Bearer {TOKEN}"
        return request


@pytest.fixture(autouse=True)
def _plain_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "REQUESTS_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    monkeypatch.delenv("CURL_CA_BUNDLE", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    """Return a certificate for this machine and for `api.example.invalid`."""
    hosts = "IP:127.0.0.1,DNS:localhost,DNS:api.example.invalid"
    return make_certificate(tmp_path_factory.mktemp("good"), hosts=hosts)


def post(url: str, *, timeout: float = 20.0, body: bytes = BODY, **headers: str) -> Exchange:
    sent = {"Content-Type": "application/json", **headers}
    return exchange(HttpRequest("POST", url, sent, body), auth=Auth(), timeout=timeout)


def meet(*faults: Fault, timeout: float = 20.0, body: bytes = BODY) -> tuple[Exchange, FaultServer]:
    with FaultServer(faults) as server:
        result = post(f"{server.base_url}/calls", timeout=timeout, body=body)
    assert server.connections <= 1, "it was sent again"
    return result, server


def meet_silence(silent: Fault, **more: Any) -> Exchange:
    """Send to a silent server, with longer timeouts until a busy machine has time to send."""
    for timeout in (0.3, 2.0, 10.0):
        result, server = meet(silent, timeout=timeout, **more)
        assert result.failure in ("timeout", "connect")
        if result.may_be_sent and (more or server.whole):
            assert f"{timeout:g} s" in result.detail
            return result
    raise AssertionError("it never left")


def test_a_whole_answer() -> None:
    result, server = meet(fault.accept)
    assert result.response is not None
    assert (result.failure, result.may_be_sent, result.response.status) == ("", True, 201)
    assert result.response.headers["x-engagement-id"] == fault.ID
    assert result.response.json() == {"id": fault.ID, "state": "created"}
    assert server.whole == 1
    assert 0 < result.timings["connect"] < result.timings["first_byte"] <= result.timings["total"]
    peer = server.peers[0]
    assert peer.body == BODY
    assert f"Authorization: Bearer {TOKEN}".encode() in peer.head


BROKEN: dict[str, tuple[Fault, str, int | None]] = {
    "close at once": (fault.close_at_once, "reset", None),
    "reset before the body": (fault.reset_before_body, "reset", None),
    "reset in the body": (fault.reset_in_body, "reset", None),
    "reset after the body": (fault.reset_after_body, "reset", None),
    "close after the body": (fault.close_after_body, "reset", None),
    "cut in the status line": (fault.cut_in_status, "cut", None),
    "cut in the headers": (fault.cut_in_headers, "cut", 201),
    "cut after the headers": (fault.cut_after_headers, "cut", 201),
    "cut in the body": (fault.cut_in_body, "cut", 201),
    "cut in a body without a length": (fault.cut_unframed, "cut", 201),
    "cut in a chunk": (fault.cut_in_chunk, "cut", 201),
    "a chunk without a length": (fault.wrong_chunk, "cut", 201),
    "a length too long": (fault.too_long, "cut", 201),
    "two lengths": (fault.two_lengths, "malformed", 201),
    "gzip that is none": (fault.broken_gzip, "cut", 201),
    "half a gzip": (fault.half_gzip, "cut", 201),
    "nothing after 100": (fault.interim_alone, "cut", 100),
    "no HTTP": (fault.garbage, "malformed", None),
    "an endless status line": (fault.endless_status, "malformed", None),
    "endless headers": (fault.endless_headers, "malformed", 201),
    "a header that is too long": (fault.long_header, "malformed", 200),
}


@pytest.mark.parametrize("name", BROKEN)
def test_what_breaks_after_it_left_is_named_and_sent_once(name: str) -> None:
    broken, failure, status = BROKEN[name]
    result, _ = meet(broken)
    assert (result.failure, result.may_be_sent) == (failure, True)
    assert (result.response.status if result.response else None) == status
    assert result.detail
    assert TOKEN not in repr(result)


@pytest.mark.parametrize(
    ("broken", "detail"),
    [
        (fault.long_header, "a response header is too long"),
        (fault.endless_headers, "the response has too many headers"),
        (fault.two_lengths, "the response has an invalid header"),
        (fault.broken_gzip, "the response body cannot be decompressed"),
    ],
)
def test_detail_says_which_part_of_the_response_is_wrong(broken: Fault, detail: str) -> None:
    result, _ = meet(broken)
    assert result.detail == detail


def test_reset_at_once() -> None:
    # The system decides whether the connection was open for a moment.
    result, server = meet(fault.reset_at_once)
    assert (result.failure, result.may_be_sent) in (("reset", True), ("connect", False))
    assert server.whole == 0


WHOLE: dict[str, tuple[Fault, int, bytes | None]] = {
    "chunks": (fault.chunked, 201, b"{}"),
    "100 before it": (fault.interim, 201, None),
    "gzip": (fault.zipped, 201, b'{"id": "a"}'),
    "two gzips in a row": (
        raw(
            message(
                200,
                {"Content-Encoding": "gzip"},
                _two := gzip.compress(b"[1,") + gzip.compress(b"2]"),
            )
        ),
        200,
        b"[1,2]",
    ),
    "no UTF-8": (fault.no_utf8, 201, b'{"id": "\xff\xfe"}'),
    "no body": (raw(b"HTTP/1.1 204 No Content\r\n\r\n"), 204, b""),
    "a body up to the end": (
        raw(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n{}"),
        200,
        b"{}",
    ),
    "no phrase": (raw(b"HTTP/1.1 202\r\nContent-Length: 0\r\n\r\n"), 202, b""),
    "an answer before the body": (fault.answer_early, 413, None),
    "a redirect that cannot be followed": (answer(307, {"Location": "http://[::1/x"}), 307, b""),
}


@pytest.mark.parametrize("name", WHOLE)
def test_what_is_whole_is_read(name: str) -> None:
    whole, status, body = WHOLE[name]
    result, _ = meet(whole)
    assert result.response is not None
    assert (result.failure, result.may_be_sent, result.response.status) == ("", True, status)
    assert body is None or result.response.body == body


INTERIM = b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"


@pytest.mark.parametrize(
    "before",
    [
        INTERIM,
        INTERIM * 50,
        b"HTTP/1.1 102 Processing\r\n\r\n" + INTERIM,
        b"HTTP/1.1 100 x\r\n\r\n" + INTERIM,
    ],
)
def test_interim_responses_are_read_past(before: bytes) -> None:
    result, _ = meet(raw(before + message(201, fault.IDS, {"id": fault.ID})))
    assert result.response is not None
    assert (result.failure, result.response.status) == ("", 201)
    assert result.response.json() == {"id": fault.ID}
    assert "Link" not in result.response.headers


def test_an_interim_response_without_a_final_one_is_cut() -> None:
    result, _ = meet(raw(INTERIM))
    assert (result.failure, result.may_be_sent) == ("cut", True)


def test_switching_protocols_is_a_final_response() -> None:
    result, _ = meet(raw(b"HTTP/1.1 101 Switching Protocols\r\n\r\n"))
    assert result.response is not None
    assert result.response.status == 101


@pytest.mark.parametrize("fault_", [fault.big, fault.bomb], ids=["10 MB", "gzip bomb"])
def test_no_more_of_a_body_is_kept_than_a_mebibyte(fault_: Fault) -> None:
    result, _ = meet(fault_)
    assert result.response is not None
    assert result.failure == ""
    assert len(result.response.body) == 1 << 20
    assert result.response.is_truncated


@pytest.mark.slow
@pytest.mark.parametrize(
    "silent", [fault.never_answer, fault.byte_by_byte], ids=["silent", "dribble"]
)
def test_the_deadline_ends_the_whole_exchange(silent: Fault) -> None:
    assert meet_silence(silent).failure == "timeout"


@pytest.mark.slow
def test_a_body_that_nobody_reads_ends_at_the_deadline() -> None:
    unread = Fault(lambda peer: void(peer.stopping.wait(10)))
    assert meet_silence(unread, body=b"x" * (64 << 20)).failure == "timeout"


def void(_: object) -> None:
    """Drop a value."""


def test_a_refused_connection_left_nothing() -> None:
    with reserve() as closed:
        result = post(f"http://127.0.0.1:{port_of(closed)}/")
    assert (result.failure, result.may_be_sent, result.response) == ("connect", False, None)
    assert result.detail == "Connection refused"


def test_a_failure_has_a_name_where_its_module_cannot_be_loaded(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Where too many files are open, the module that describes failures may be one more."""
    monkeypatch.setitem(sys.modules, "cxcall.transport.exchange_failures", None)
    with reserve() as closed:
        refused = post(f"http://127.0.0.1:{port_of(closed)}/")
    assert (refused.failure, refused.may_be_sent) == ("connect", False)
    result, _ = meet(fault.close_after_body)
    assert (result.failure, result.may_be_sent, result.response) == ("cut", True, None)
    assert refused.detail == result.detail == "ConnectionError"


def test_an_unknown_host_left_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", fail)
    result = post("https://api.example.invalid/")
    assert (result.failure, result.may_be_sent) == ("dns", False)
    assert result.detail == "Name or service not known"


def test_a_name_server_that_does_not_answer_is_given_up_and_nothing_leaves_later(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    answered, resolve = threading.Event(), socket.getaddrinfo

    def wait(*arguments: Any, **more: Any) -> Any:
        answered.wait(10)
        return resolve(*arguments, **more)

    with FaultServer((fault.accept,)) as server:
        monkeypatch.setattr(socket, "getaddrinfo", wait)
        before = set(threading.enumerate())
        result = post(f"{server.base_url}/", timeout=0.2)
        assert (result.failure, result.may_be_sent) == ("connect", False)
        answered.set()
        for thread in set(threading.enumerate()) - before:
            thread.join(10)
    assert server.whole == 0
    assert not any(peer.head for peer in server.peers)


@pytest.mark.parametrize("url", ["https://a..b/", "http://[::1/", "http://127.0.0.1:99999/"])
def test_a_url_that_is_none_left_nothing(url: str) -> None:
    result = post(url)
    assert (result.failure, result.may_be_sent, result.response) == ("malformed", False, None)


def test_a_header_that_is_none_left_nothing() -> None:
    with FaultServer((fault.accept,)) as server:
        result = post(server.base_url, X="☎")
        two = post(server.base_url, X="a\r\nAuthorization: b")
    assert {result.failure, two.failure} == {"malformed"}
    assert not result.may_be_sent
    assert not two.may_be_sent
    assert server.whole == 0


def trust(monkeypatch: pytest.MonkeyPatch, certificate: Certificate) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate.path))


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
def test_what_breaks_under_tls_had_left(
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
def test_no_tls_left_nothing(spoken: Fault) -> None:
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
def test_a_connection_gone_before_the_handshake_left_nothing(
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


def test_a_handshake_that_never_ends_left_nothing() -> None:
    for timeout in (0.3, 2.0, 10.0):  # on a busy machine the connection is slow
        with FaultServer((fault.silence,)) as server:
            result = post(server.base_url.replace("http:", "https:"), timeout=timeout)
        assert not result.may_be_sent
        if result.failure != "connect":
            break
    assert result.failure == "tls"


REMOTE = "https://api.example.invalid/calls"


@pytest.mark.parametrize(
    ("proxy", "detail"),
    [
        (fault.rejecting_proxy(), "407"),
        (fault.rejecting_proxy(502), "502"),
        (fault.dying_proxy, "closed"),
        (fault.reset_at_once, ""),
        (raw(b"nonsense\r\n\r\n"), ""),
    ],
    ids=["407", "502", "dies", "resets", "no proxy"],
)
def test_a_proxy_that_does_not_let_us_through(
    monkeypatch: pytest.MonkeyPatch, proxy: Fault, detail: str
) -> None:
    with FaultServer((proxy,)) as server:
        monkeypatch.setenv("HTTPS_PROXY", f"http://user:pa55word@127.0.0.1:{server.port}")
        result = post(REMOTE)
    assert (result.failure, result.may_be_sent, result.response) == ("proxy", False, None)
    assert detail in result.detail
    assert "pa55word" not in repr(result)
    assert TOKEN.encode() not in server.peers[0].head


def test_a_silent_proxy_ends_at_the_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    with FaultServer((fault.silence,)) as server:
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{server.port}")
        result = post(REMOTE, timeout=0.3)
    assert (result.failure, result.may_be_sent) == ("proxy", False)


@pytest.mark.parametrize(
    ("address", "failure"),
    [
        ("http://127.0.0.1:1", "proxy"),
        ("http://", "proxy-url"),
        ("foo://127.0.0.1:1", "proxy-url"),
        ("http://127.0.0.1:99999", "proxy-url"),
        ("::", "proxy-url"),
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
        FaultServer((fault.tunnel_to(server.port),)) as proxy,
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
        FaultServer((fault.tunnel_to(server.port),)) as proxy,
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


def test_no_redirect_is_followed_and_no_netrc_read(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    netrc = tmp_path / ".netrc"
    netrc.write_text("machine 127.0.0.1 login thief password thief\n", "utf-8")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    with (
        FaultServer((fault.accept,)) as elsewhere,
        FaultServer(
            tuple(
                answer(status, {"Location": f"http://127.0.0.1:{elsewhere.port}/"})
                for status in (301, 302, 303, 307, 308)
            )
        ) as server,
    ):
        seen = [post(server.base_url) for _ in range(5)]
        bare = exchange(HttpRequest("GET", server.base_url, {}, None))
    assert [result.response.status for result in seen if result.response] == [
        301,
        302,
        303,
        307,
        308,
    ]
    assert bare.response is not None
    assert elsewhere.connections == 0
    assert all(f"Bearer {TOKEN}".encode() in peer.head for peer in server.peers[:5])
    assert b"Authorization" not in server.peers[5].head


@pytest.mark.parametrize("status", [401, 408, 429, 500, 502, 503, 504])
def test_no_status_is_retried(status: int) -> None:
    result, server = meet(answer(status, {"Retry-After": "0"}))
    assert result.response is not None
    assert (result.response.status, server.whole) == (status, 1)


def test_what_a_server_echoes_of_the_token_is_masked() -> None:
    result, _ = meet(answer(400, {"X-Echo": f"Bearer {TOKEN}"}, {"message": f"bad {TOKEN}"}))
    assert result.response is not None
    assert TOKEN not in result.response.text
    assert TOKEN not in str(dict(result.response.headers))
    assert result.request.headers["Authorization"] == "Bearer ****"


def test_a_sent_request_shows_its_token_to_nobody() -> None:
    done, _ = meet(fault.accept)
    headers = done.request.headers
    kept = pickle.dumps(done.request)
    for shown in (headers, dict(headers), done, done.request.texts, kept):
        assert TOKEN not in repr(shown)
    assert pickle.loads(kept).headers == headers
    assert len(headers) == len(dict(headers))


def test_what_auth_raises_passes() -> None:
    def refuse(_: PreparedRequest) -> PreparedRequest:
        raise PermissionError

    with FaultServer((fault.accept,)) as server, pytest.raises(PermissionError):
        exchange(HttpRequest("POST", server.base_url, {}, BODY), auth=refuse)  # type: ignore[arg-type]  # any callable does
    assert server.connections == 0


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
        line, output = ConnectionState(), []
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
    line = ConnectionState()
    assert line.abort() is False
    with pytest.raises(CutError):
        line.before_first_byte()
    assert line.may_be_sent is False


def test_a_bomb_is_inflated_in_small_pieces() -> None:
    packed = gzip.compress(bytes(4 << 20))
    pieces = list(decompress([packed[:1000], packed[1000:]]))
    assert sum(map(len, pieces)) == 4 << 20
    assert max(map(len, pieces)) <= 1 << 14


def test_nothing_stays_open() -> None:
    before = threading.active_count()
    for broken in (fault.accept, fault.cut_in_body, fault.big, fault.reset_after_body):
        meet(broken)
    deadline = time.monotonic() + 5
    while threading.active_count() > before and time.monotonic() < deadline:
        time.sleep(0.01)
    assert threading.active_count() <= before


@given(st.dictionaries(st.sampled_from(["a", "X-Id", "Date"]), st.text("ab ", max_size=3)))
def test_headers_are_looked_up_in_any_case(given_: dict[str, str]) -> None:
    headers = Headers(given_.items())
    assert dict(headers) == given_
    for name, value in given_.items():
        assert headers[name.upper()] == headers.get(name.lower()) == value
        assert name.swapcase() in headers


def test_repeated_headers() -> None:
    headers = Headers([("Id", "a"), ("id", "a"), ("Via", "b"), ("VIA", "c")])
    assert (headers["ID"], headers["via"], len(headers)) == ("a", "b, c", 2)
    assert "secret" not in repr(Headers([("Set-Cookie", "secret")]))


@pytest.mark.parametrize(
    ("kind", "body", "text"),
    [
        ("text/plain; charset=latin-1", b"\xe9", "é"),
        ("text/plain", "é".encode(), "é"),
        ("text/plain; charset=nonsense", b"a\xff", "a�"),
        ("text/plain; charset=rot13", b"a", "a"),
        ('text/plain; charset="UTF-8"', "é".encode(), "é"),
    ],
)
def test_text_is_never_fatal(kind: str, body: bytes, text: str) -> None:
    assert HttpResponse(200, "OK", Headers([("Content-Type", kind)]), body).text == text


@given(st.binary(max_size=40))
def test_json_is_never_fatal(body: bytes) -> None:
    response = HttpResponse(200, "OK", Headers(), body)
    try:
        expected = json.loads(body)
    except ValueError:
        expected = None
    assert repr(response.json()) == repr(expected)


def test_deep_json_is_no_json() -> None:
    assert HttpResponse(200, "OK", Headers(), b"[" * 200000).json() is None


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://127.0.0.1:1/x", True),
        ("http://127.8.9.10", True),
        ("http://[::1]:8/", True),
        ("https://LOCALHOST", True),
        ("https://api.mypurecloud.com", False),
        ("http://127.0.0.1.evil.example", False),
        ("http://localhost.evil.example", False),
        ("http://10.0.0.1", False),
        ("nonsense", False),
    ],
)
def test_loopback(url: str, expected: bool) -> None:  # noqa: FBT001 - a column of the table
    assert is_loopback_url(url) is expected


def test_secrets_in_headers_are_masked() -> None:
    sent = {
        "Authorization": "Bearer abc",
        "Proxy-Authorization": "abc",
        "X-Api-Key": "k",
        "Set-Cookie": "c=d",
        "X-Session-Token": "t",
        "X-Passphrase": "p",
        "Accept": "a/b",
        "ININ-Correlation-Id": "1",
    }
    assert masked_headers(sent) == {
        **dict.fromkeys(sent, "****"),
        "Authorization": "Bearer ****",
        "Accept": "a/b",
        "ININ-Correlation-Id": "1",
    }


@pytest.mark.parametrize("text", ["it's", 'a "b" $HOME `id` \\ ! @file', "über\nline", "%s"])
def test_curl_sends_the_same(text: str) -> None:
    body = json.dumps({"reason": text}, ensure_ascii=False).encode()
    with FaultServer((fault.accept,)) as server:
        headers = {
            "Content-Type": "application/json",
            "X-Note": "it's",
            "Authorization": "Bearer no",
        }
        command = curl(HttpRequest("POST", f"{server.base_url}/a?b=c&d=e", headers, body))
        assert "Bearer no" not in command
        ran = subprocess.run(
            ["bash", "-c", command],
            env={"CXCALL_ACCESS_TOKEN": TOKEN, "PATH": "/usr/bin:/bin"},
            capture_output=True,
            check=True,
            timeout=30,
        )
    peer = server.peers[0]
    assert peer.body == body
    assert f"Authorization: Bearer {TOKEN}".encode() in peer.head
    assert b"X-Note: it's" in peer.head
    assert peer.head.startswith(b"POST /a?b=c&d=e HTTP/1.1")
    assert fault.ID.encode() in ran.stdout
