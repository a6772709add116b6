"""Header lines of a response that are not valid, and that http.client takes for the end of the headers."""

from __future__ import annotations

import pytest

from helpers.cases import each_case
from helpers.exchange_requests import post
from helpers.fault_server import FaultServer, raw

pytestmark = pytest.mark.usefixtures("_plain_environment")


def _head(*lines: bytes) -> bytes:
    return b"\r\n".join((b"HTTP/1.1 429 Too Many", b"Retry-After: 0", *lines, b"", b""))


@each_case(
    "lines",
    [
        (b"no colon", b"X-Engagement-Id: q-1"),
        (b": no name", b"X-Engagement-Id: q-1"),
        (b"X: a\r\r\nX-Engagement-Id: q-1",),
        (b"X: a\rb", b"X-Engagement-Id: q-1"),
        (b"From here", b"X-Engagement-Id: q-1"),
    ],
)
def test_response_with_an_invalid_header_line_is_not_complete(lines: tuple[bytes, ...]) -> None:
    with FaultServer((raw(_head(*lines)),)) as server:
        done = post(server.base_url)
    assert (done.failure, done.detail) == ("malformed", "the response has an invalid header")
    assert done.response is not None
    assert done.response.status == 429
    assert done.response.headers["X-Engagement-Id"] == "q-1"


def test_headers_after_an_invalid_line_do_not_hide_that_a_body_is_cut() -> None:
    body = b'broken\r\nContent-Length: 500\r\n\r\n{"success": fal'
    with FaultServer((raw(b"HTTP/1.1 201 Created\r\n" + body),)) as server:
        assert post(server.base_url).failure == "malformed"


@each_case(
    "lines",
    [
        (b"X-Folded: a", b" b", b"\tc"),
        (b"X-Empty:",),
        (b"X-Blank : before the colon",),
        (b"X-Folded: a", b" b : c"),
        (b"X-Latin: \xe4\x80",),
        (b"!#$%&'*+-.^_`|~(x)\"/[]{}@,;<=>?: lenient", b"x:y:z"),
        (b"Content-Type: multipart/mixed",),
        (b"Content-Type: message/rfc822",),
        (b"X: y\nZ: only LF",),
    ],
)
def test_unusual_but_valid_header_lines_are_read(lines: tuple[bytes, ...]) -> None:
    with FaultServer((raw(_head(*lines, b"Content-Length: 0", b"X-Last: z")),)) as server:
        done = post(server.base_url)
    assert (done.failure, done.detail) == ("", "")
    assert done.response is not None
    assert done.response.headers["X-Last"] == "z"
