"""The one connection of an exchange: how far a request came, and how to cut it off at any moment.

Loads requests, so only `transport` imports it, and only to send.
"""

from __future__ import annotations

import json
import socket
import zlib
from contextlib import contextmanager, suppress
from errno import ECONNRESET
from functools import partial
from os import environ, strerror
from threading import Lock
from time import perf_counter
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from cxcall.lean import lazy, left_out
from cxcall.pattern import lazy_patterns
from cxcall.transport.urls import is_loopback_host

# What requests and urllib3 load for features that are not used here costs 12 % of a send: a detector
# of character sets alone, which only `requests.Response.text` asks, 7 %. Bodies are unpacked here.
_UNUSED = (
    "calendar:timegm",
    "idna",
    "importlib.metadata:version",
    "ipaddress:IPv4Address IPv6Address",
    "mimetypes",
    "shutil",
    "traceback",
    "zipfile",
)
_OPTIONAL = ("backports", "brotli", "brotlicffi", "chardet", "charset_normalizer", "simplejson")
with lazy_patterns(), lazy(*_UNUSED), left_out(*_OPTIONAL):
    from http.client import HTTPResponse as Answer
    from http.client import IncompleteRead

    from requests.adapters import HTTPAdapter
    from requests.utils import get_environ_proxies

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from requests import PreparedRequest, Response
    from urllib3 import HTTPResponse

KEPT_BYTES = 1 << 20
_CHUNK = 1 << 14
_GZIP = 31  # zlib's word for: a gzip header and trailer, checked


class CutError(Exception):
    """The exchange was given up: from here on, nothing of it may leave."""


class ConnectionState:
    """What is known of one connection while it is in use; safe to ask from another thread.

    `left` turns True under the gate, before the first byte of the request is handed over; once
    `cut` went through the same gate, it never turns True any more.
    """

    def __init__(self, turn: Callable[[], None] | None = None) -> None:
        self.left = False
        self.phase = "connect"
        self._turn = turn
        self._in_turn: float | None = None
        self._held = 0.0
        self.head: list[bytes] = []
        self.timings: dict[str, float] = {}
        self._started = perf_counter()
        self._gate = Lock()
        self._given_up = False
        self._handle: socket.socket | None = None

    @property
    def stage(self) -> str:
        """What a request that did not leave failed in: connect, proxy or tls."""
        return self.phase if self.phase in ("proxy", "tls") else "connect"

    @property
    def held(self) -> float:
        """How many seconds it has waited for its turn, up to now."""
        since = self._in_turn
        return self._held + (perf_counter() - since if since is not None else 0.0)

    def mark(self, phase: str) -> None:
        """Note when a phase ended, in milliseconds from the start."""
        self.timings[phase] = round((perf_counter() - self._started) * 1e3, 3)

    def attach(self, connected: socket.socket) -> None:
        """Keep a handle on a new connection; TLS takes the socket itself over."""
        with self._gate:
            if self._given_up:
                connected.close()
                raise CutError
            self._handle = connected.dup()

    def before_first_byte(self) -> None:
        """Let bytes of the request leave, once it is their turn, unless the exchange was given up."""
        if self._turn is not None and not self.left:
            self._in_turn = perf_counter()
            try:
                self._turn()
            finally:
                self._held, self._in_turn = self.held, None
            self.mark("turn")
        with self._gate:
            if self._given_up:
                raise CutError
            self.left = True

    def abort(self) -> bool:
        """Give the exchange up, end its connection, and tell whether anything may have left."""
        with self._gate:
            self._given_up = True
            if self._handle is not None:
                with suppress(OSError):  # the other side may have ended it first
                    self._handle.shutdown(socket.SHUT_RDWR)
            return self.left

    def close(self) -> None:
        """Let go of the connection."""
        with self._gate:
            if self._handle is not None:
                self._handle.close()
                self._handle = None


class LineAdapter(HTTPAdapter):
    """Send over a fresh connection that reports to a line; repeats nothing, whatever happens."""

    def __init__(self, line: ConnectionState) -> None:
        super().__init__(pool_connections=1, pool_maxsize=1, max_retries=0)
        self._line = line

    def get_connection_with_tls_context(self, *args: Any, **kwargs: Any) -> Any:
        """Return requests' own pool, its connections watched."""
        pool: Any = super().get_connection_with_tls_context(*args, **kwargs)
        answer_class = staticmethod(
            partial(_StrictHeaderResponse, self._line)
        )  # no method: it takes no self
        own = {"line": self._line, "response_class": answer_class}
        pool.ConnectionCls = type("WatchedConnection", (_Watched, pool.ConnectionCls), own)
        return pool

    @contextmanager
    def opened(self, prepared: PreparedRequest, timeout: float) -> Iterator[Response]:
        """Send a request and yield its answer, the body unread; close everything in the end.

        A loopback server is reached directly, whatever proxy the environment names: the token
        may be on an unencrypted connection, and must not leave this machine on it.
        """
        url = prepared.url or ""
        proxies = {} if is_loopback_host(urlsplit(url).hostname or "") else get_environ_proxies(url)
        bundle = environ.get("REQUESTS_CA_BUNDLE") or environ.get("CURL_CA_BUNDLE")
        try:
            with self.send(
                prepared, stream=True, timeout=timeout, verify=bundle or True, proxies=proxies
            ) as answer:
                yield answer
        finally:
            self.close()


class Body:
    """A body, decoded from its transfer and from gzip, no more of it than is kept."""

    def __init__(self) -> None:
        self._received = bytearray()

    @property
    def kept(self) -> bytes:
        """What has come so far."""
        return bytes(self._received[:KEPT_BYTES])

    @property
    def truncated(self) -> bool:
        """Whether there was more than is kept."""
        return len(self._received) > KEPT_BYTES

    def read(self, raw: HTTPResponse) -> None:
        """Read to the end, or to where no more is kept; raises IncompleteRead for half a body."""
        gzipped = raw.headers.get("Content-Encoding", "").strip().lower() in ("gzip", "x-gzip")
        chunks = raw.stream(_CHUNK, decode_content=False)
        for chunk in _gunzipped(chunks) if gzipped else chunks:
            self._received += chunk
            if self.truncated:
                return
        framed = raw.chunked or raw.length_remaining is not None
        if not framed and "json" in raw.headers.get("Content-Type", "").lower():
            self._check_json()

    def _check_json(self) -> None:
        # Such a body ends where the connection ends: only what is in it tells a half from a whole.
        try:
            json.loads(self.kept)
        except RecursionError:
            return
        except ValueError:
            raise IncompleteRead(self.kept) from None


def _gunzipped(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Inflate in small pieces: a bomb is noticed long before it is as big as it could be."""
    inflater, begun = zlib.decompressobj(_GZIP), False
    for chunk in chunks:
        rest = chunk
        while rest:
            if inflater.eof:
                inflater = zlib.decompressobj(_GZIP)
            begun = True
            yield inflater.decompress(rest, _CHUNK)
            rest = inflater.unused_data if inflater.eof else inflater.unconsumed_tail
    if begun:
        yield inflater.flush()
        if not inflater.eof:
            raise IncompleteRead(b"")


if TYPE_CHECKING:
    from urllib3.connection import HTTPConnection as _Connection
else:
    _Connection = object


class _Watched(_Connection):
    """What is put in front of urllib3's connection classes, plain, TLS and SOCKS alike."""

    line: ConnectionState

    def _new_conn(self) -> socket.socket:
        self.line.phase = "proxy" if self.proxy else "connect"
        connected = super()._new_conn()
        self.line.attach(connected)
        self.line.phase = "proxy" if self.proxy else "tls"
        return connected

    def _tunnel(self) -> None:
        super()._tunnel()
        self.line.phase = "tls"

    def connect(self) -> None:
        super().connect()
        version = getattr(self.sock, "version", None)
        if version is not None and version() is None:
            # ssl does not shake hands on a connection that is gone by then, and says nothing.
            raise ConnectionResetError(ECONNRESET, strerror(ECONNRESET))
        self.line.mark("connect")
        self.line.phase = "sent"

    def send(self, data: Any) -> None:
        # A plain connection is opened by its first `send`; a proxy's CONNECT is sent before it stands.
        if self.sock is None:
            self.connect()
        if self.line.phase == "sent":
            self.line.before_first_byte()
        super().send(data)


class _StrictHeaderResponse(Answer):
    """An answer whose headers end where they say, with an empty line.

    http.client takes the end of the connection for it: half an answer would read as a whole one.
    """

    def __init__(self, line: ConnectionState, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._line = line

    def begin(self) -> None:
        stream = self.fp
        self.fp = _HeadReader(stream, self._line.head)  # type: ignore[assignment]  # all that begin() uses
        try:
            super().begin()
        finally:
            if self.fp is not None:
                self.fp = stream


class _HeadReader:
    def __init__(self, stream: Any, lines: list[bytes]) -> None:
        self._stream = stream
        self._lines = lines

    def readline(self, limit: int) -> bytes:
        line: bytes = self._stream.readline(limit)
        if line.endswith(b"\n"):
            self._lines.append(line)
        elif len(line) < limit and (self._lines or line.startswith(b"HTTP/")):
            raise IncompleteRead(line)
        return line

    def close(self) -> None:
        self._stream.close()
