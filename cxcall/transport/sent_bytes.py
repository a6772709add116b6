"""Observe urllib3's connections, to know whether a byte of a request left: "never twice" depends on it.

No public API of requests, urllib3, or http.client tells when the first byte of a request is
written, or whether the headers of a response are complete. This module is the only one that
uses their inner members, always by subclassing:

- `urllib3.connection.HTTPConnection._new_conn` (private) opens the socket; `_tunnel` (private, of
  http.client) sends a proxy's CONNECT; `proxy` tells whether there is one.
- `HTTPConnection.connect`, `send`, and `sock` (public in http.client, not documented by urllib3)
  bracket the TLS handshake and the first byte.
- `HTTPConnectionPool.ConnectionCls` (documented by urllib3) is set on one pool; `response_class`
  (a class attribute of http.client) and `HTTPResponse.begin`, `headers`, and `fp` (not documented) read headers.

`pyproject.toml` limits urllib3 to 2.x for this reason, and `.ci/versions` runs the tests with the
lowest and the newest versions.
"""

from __future__ import annotations

from errno import ECONNRESET
from functools import partial
from http.client import HTTPResponse, IncompleteRead
from os import strerror
from typing import TYPE_CHECKING, Any

from urllib3.exceptions import InvalidHeader

if TYPE_CHECKING:
    import socket

    from urllib3.connection import HTTPConnection

    from cxcall.transport.connection import ConnectionState
else:
    HTTPConnection = object  # a mixin: it comes before the class that the pool has chosen


def observe(pool: Any, state: ConnectionState) -> None:
    """Make the connections of a urllib3 pool report to `state`."""
    # `staticmethod`, because a function in a class would get the connection as an argument.
    response_class = staticmethod(partial(_StrictHeaderResponse, state))
    members = {"state": state, "response_class": response_class}
    bases = (_ObservedConnection, pool.ConnectionCls)
    pool.ConnectionCls = type("ObservedConnection", bases, members)


class _ObservedConnection(HTTPConnection):
    """Reports phases and the first byte; a mixin for urllib3's plain, TLS, and SOCKS connections."""

    state: ConnectionState

    def _new_conn(self) -> socket.socket:
        self.state.phase = "proxy" if self.proxy else "connect"
        connected = super()._new_conn()
        self.state.attach(connected)
        self.state.phase = "proxy" if self.proxy else "tls"
        return connected

    def _tunnel(self) -> None:
        super()._tunnel()
        self.state.phase, self.state.is_tunneled = "tls", True

    def connect(self) -> None:
        super().connect()
        version = getattr(self.sock, "version", None)
        if version is not None and version() is None:
            # `ssl` skips the handshake, without an error, when the peer has already left.
            raise ConnectionResetError(ECONNRESET, strerror(ECONNRESET))
        self.state.mark("connect")
        self.state.phase = "sent"

    def send(self, data: Any) -> None:
        # The first `send` opens a plain connection; a proxy's CONNECT is sent before it is open.
        if self.sock is None:
            self.connect()
        if self.state.phase == "sent":
            self.state.before_first_byte()
        super().send(data)


_INTERIM = frozenset(range(100, 200)) - {101}
"""Statuses of interim responses, which a final one follows (RFC 9110, section 15.2); 101 ends HTTP."""


class _StrictHeaderResponse(HTTPResponse):
    """The final response, whose headers must be valid and end with an empty line; http.client skips only 100.

    http.client takes the end of the connection, and a line that is not a header, for the end of the
    headers, so that a response cut in its headers would read as a complete one, and the headers
    after such a line, such as `Content-Length` or the engagement ID, would be lost.
    """

    def __init__(self, state: ConnectionState, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._state = state

    def begin(self) -> None:
        stream = self.fp
        self.fp = HeaderReader(stream, self._state.head)  # type: ignore[assignment]  # has all that begin() uses
        try:
            super().begin()
            while self.status in _INTERIM:
                self.headers = self.msg = None  # type: ignore[assignment]  # as before the first begin()
                super().begin()
            if not _are_header_lines(self._state.head):
                raise InvalidHeader
        finally:
            if self.fp is not None:
                self.fp = stream


def _are_header_lines(lines: list[bytes]) -> bool:
    """Return whether a status line is followed by headers, of which each may be folded, and an empty line."""
    _, *headers, last = (line.removesuffix(b"\n").removesuffix(b"\r") for line in lines)
    is_first = True
    for header in headers:
        name, colon, _ = header.partition(b":")
        is_named = bool(name and colon) and name.isascii() and name.decode().isprintable()
        is_folded = header[:1] in (b" ", b"\t") and not is_first
        if b"\r" in header or not (is_folded or (is_named and b" " not in name)):
            return False
        is_first = False
    return not last


def _without_blank_before_colon(line: bytes) -> bytes:
    """Return a header line without blanks after its name, which http.client would take for the end of the headers.

    Source: RFC 9112, section 5.1.
    """
    name, colon, value = line.partition(b":")
    is_folded = line[:1] in (b" ", b"\t")
    return name.rstrip(b" \t") + colon + value if colon and not is_folded else line


class HeaderReader:
    """Collects complete header lines; raises IncompleteRead for a truncated line."""

    def __init__(self, stream: Any, lines: list[bytes]) -> None:
        self._stream = stream
        self._lines = lines

    def readline(self, limit: int) -> bytes:
        """Read one line of at most `limit` bytes."""
        line = _without_blank_before_colon(self._stream.readline(limit))
        if line.startswith(b"HTTP/"):
            self._lines.clear()  # interim responses before it are not evidence
        if line.endswith(b"\n"):
            self._lines.append(line)
        elif len(line) < limit and (self._lines or line.startswith(b"HTTP/")):
            raise IncompleteRead(line)
        return line

    def close(self) -> None:
        """Close the stream."""
        self._stream.close()
