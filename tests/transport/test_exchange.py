"""One exchange: its report on every network failure, and whether anything was sent."""

from __future__ import annotations

import gzip
import pickle
import socket
import sys
import threading
import time
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
import requests
from requests import PreparedRequest

from cxcall.transport.connection import decompress
from cxcall.transport.exchange import exchange
from cxcall.transport.http_messages import Exchange, HttpRequest
from helpers import fault_server as fault
from helpers.exchange_requests import BODY, BROKEN, TOKEN, post
from helpers.fault_server import Fault, FaultServer, answer, message, port_of, raw, reserve

pytestmark = pytest.mark.usefixtures("_plain_environment")


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


def test_log_of_a_program_shows_no_url_of_a_request(log: StringIO) -> None:
    with FaultServer((fault.accept, fault.accept)) as server:
        post(f"{server.base_url}/calls?to=%2B12025550123&api_key=SECRETkey1234567890")
        assert log.getvalue() == ""
        requests.post(f"{server.base_url}/own", timeout=20)
    assert "/own" in log.getvalue()


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


@pytest.mark.slow
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


def test_nothing_is_sent_if_the_connection_is_refused() -> None:
    with reserve() as closed:
        result = post(f"http://127.0.0.1:{port_of(closed)}/")
    assert (result.failure, result.may_be_sent, result.response) == ("connect", False, None)
    assert result.detail == "Connection refused"


def test_a_failure_has_a_name_where_its_module_cannot_be_loaded(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Where too many files are open, the module that describes failures may be one more."""
    monkeypatch.setitem(sys.modules, "cxcall.transport.failure_descriptions", None)
    with reserve() as closed:
        refused = post(f"http://127.0.0.1:{port_of(closed)}/")
    assert (refused.failure, refused.may_be_sent) == ("connect", False)
    result, _ = meet(fault.close_after_body)
    assert (result.failure, result.may_be_sent, result.response) == ("cut", True, None)
    assert refused.detail == result.detail == "ConnectionError"


def test_nothing_is_sent_to_an_unknown_host(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", fail)
    result = post("https://api.example.invalid/")
    assert (result.failure, result.may_be_sent) == ("dns", False)
    assert result.detail == "Name or service not known"


@pytest.mark.slow
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
def test_nothing_is_sent_to_a_text_that_is_not_a_url(url: str) -> None:
    result = post(url)
    assert (result.failure, result.may_be_sent, result.response) == ("malformed", False, None)


def test_nothing_is_sent_with_a_header_that_is_not_valid() -> None:
    with FaultServer((fault.accept,)) as server:
        result = post(server.base_url, X="☎")
        two = post(server.base_url, X="a\r\nAuthorization: b")
    assert {result.failure, two.failure} == {"malformed"}
    assert not result.may_be_sent
    assert not two.may_be_sent
    assert server.whole == 0


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
