"""The connection of one exchange: the progress of its request, aborting it at any moment, and the body of the response.

Loads requests, so only `exchange` imports it, and only to send.
"""

from __future__ import annotations

import logging
import socket
import threading
import zlib
from binascii import b2a_base64
from contextlib import contextmanager, suppress
from http.client import IncompleteRead
from os import environ
from time import perf_counter
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from cxcall.documents.json_text import load_json
from cxcall.runtime.secrets.known_secrets import remember_secrets
from cxcall.transport.charset_detector import without_charset_detector
from cxcall.transport.origins import is_loopback_url

with without_charset_detector():
    from requests.adapters import HTTPAdapter
    from requests.utils import get_environ_proxies, select_proxy

from cxcall.transport.sent_bytes import observe

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from requests import PreparedRequest, Response
    from urllib3 import HTTPResponse


THREAD_NAME = "cxcall-exchange"
"""The name of the threads that send requests."""
KEPT_BYTES = 1 << 20
_CHUNK = 1 << 14
_GZIP = 31  # zlib's `wbits` for a gzip header and trailer, both checked


def _is_of_program(_record: logging.LogRecord) -> bool:
    """Return whether a message is not about a request of cxcall: urllib3 logs URLs with numbers and secrets."""
    return threading.current_thread().name != THREAD_NAME


logging.getLogger("urllib3.connectionpool").addFilter(_is_of_program)


class CutError(Exception):
    """The exchange was aborted: no more bytes of it may leave."""


class LateError(Exception):
    """The process was stopped for so long that its record of the request no longer counts as in flight."""


class ConnectionState:
    """The progress of one connection; safe to use from two threads.

    `may_be_sent` becomes True before the first byte of the request is written. `abort` takes the same
    lock: after it, `may_be_sent` no longer changes. `turn` is called once the connection is open; it
    waits until the request may be sent. If `is_late` returns True, no more bytes leave.
    """

    def __init__(self, turn: Callable[[], None] | None, is_late: Callable[[], bool]) -> None:
        self.may_be_sent = False
        self.phase = "connect"
        self.is_tunneled = False
        self._turn, self._is_late = turn, is_late
        self._in_turn: float | None = None
        self._earlier_seconds = 0.0
        self.head: list[bytes] = []
        self.timings: dict[str, float] = {}
        self._started = perf_counter()
        self._gate = threading.Lock()
        self._is_aborted = False
        self._handle: socket.socket | None = None

    @property
    def stage(self) -> str:
        """The step in which an unsent request failed: connect, proxy, or tls."""
        return self.phase if self.phase in ("proxy", "tls") else "connect"

    @property
    def seconds_in_turn(self) -> float:
        """The seconds spent waiting in `turn` until now."""
        since = self._in_turn
        return self._earlier_seconds + (perf_counter() - since if since is not None else 0.0)

    def mark(self, phase: str) -> None:
        """Record the end of a phase, in milliseconds from the start."""
        self.timings[phase] = round((perf_counter() - self._started) * 1e3, 3)

    def attach(self, connected: socket.socket) -> None:
        """Keep a duplicate of a new socket, because TLS takes over the socket itself."""
        with self._gate:
            if self._is_aborted:
                connected.close()
                raise CutError
            self._handle = connected.dup()

    def before_first_byte(self) -> None:
        """Wait for `turn`, then allow bytes to leave; raises CutError once aborted, and LateError."""
        if self._turn is not None and not self.may_be_sent:
            self._in_turn = perf_counter()
            try:
                self._turn()
            finally:
                self._earlier_seconds, self._in_turn = self.seconds_in_turn, None
            self.mark("turn")
        with self._gate:
            if self._is_aborted:
                raise CutError
            if self._is_late():
                raise LateError
            self.may_be_sent = True

    def abort(self) -> bool:
        """End the connection, and return whether anything may have left."""
        with self._gate:
            self._is_aborted = True
            if self._handle is not None:
                with suppress(OSError):  # the server may have closed it first
                    self._handle.shutdown(socket.SHUT_RDWR)
            return self.may_be_sent

    def close(self) -> None:
        """Release the socket."""
        with self._gate:
            if self._handle is not None:
                self._handle.close()
                self._handle = None


class SingleUseAdapter(HTTPAdapter):
    """Sends one request over a new connection that reports to `state`; never retries."""

    def __init__(self, state: ConnectionState) -> None:
        super().__init__(pool_connections=1, pool_maxsize=1, max_retries=0)
        self._state = state

    def get_connection_with_tls_context(self, *args: Any, **kwargs: Any) -> Any:
        """Return the pool that requests chooses, with observed connections."""
        pool = super().get_connection_with_tls_context(*args, **kwargs)
        observe(pool, self._state)
        return pool

    @contextmanager
    def response_to(self, prepared: PreparedRequest, timeout: float) -> Iterator[Response]:
        """Send a request and yield its response with the body unread; close everything at the end.

        A loopback server is reached without a proxy: the connection may be unencrypted, and the
        token must not leave this machine on it.
        """
        url = prepared.url or ""
        proxies = {} if is_loopback_url(url) else get_environ_proxies(url)
        _remember_passwords(proxies.values())
        if select_proxy(url, proxies):
            self._state.phase = "proxy"
        _, bundle = ca_file()
        try:
            with self.send(
                prepared, stream=True, timeout=timeout, verify=bundle or True, proxies=proxies
            ) as response:
                yield response
        finally:
            self.close()


def ca_file() -> tuple[str, str]:
    """Return the variable that names the file or folder of CA certificates, and its value; both empty if there is none."""
    names = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
    return next(((name, path) for name in names if (path := environ.get(name))), ("", ""))


def _remember_passwords(urls: Iterable[str]) -> None:
    """Mask the credentials of proxies in all output."""
    for url in urls:
        userinfo, at, _ = url.rpartition("://")[2].rpartition("@")
        if at:
            password = userinfo.partition(":")[2]
            basic = b2a_base64(unquote(userinfo).encode(), newline=False).decode()
            remember_secrets(password, unquote(password), basic)


class Body:
    """A response body, of which at most `KEPT_BYTES` are kept."""

    def __init__(self) -> None:
        self._received = bytearray()

    @property
    def content(self) -> bytes:
        """The bytes received so far, decompressed."""
        return bytes(self._received[:KEPT_BYTES])

    @property
    def is_truncated(self) -> bool:
        """Whether the server sent more than is kept."""
        return len(self._received) > KEPT_BYTES

    def read(self, raw: HTTPResponse) -> None:
        """Read to the end or to the limit; raises IncompleteRead if the body is truncated."""
        gzipped = raw.headers.get("Content-Encoding", "").strip().lower() in ("gzip", "x-gzip")
        chunks = raw.stream(_CHUNK, decode_content=False)
        for chunk in decompress(chunks) if gzipped else chunks:
            self._received += chunk
            if self.is_truncated:
                return
        has_length = raw.chunked or raw.length_remaining is not None
        if not has_length and "json" in raw.headers.get("Content-Type", "").lower():
            # Such a body ends with the connection: only its JSON shows whether it is complete.
            try:
                load_json(self.content)
            except RecursionError:
                return
            except ValueError:
                raise IncompleteRead(self.content) from None


def decompress(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Decompress gzip in small pieces, so that the reader can stop before a decompression bomb fills the memory.

    Raises IncompleteRead when the data ends early.
    """
    decompressor, has_data = zlib.decompressobj(_GZIP), False
    for chunk in chunks:
        rest = chunk
        while rest:
            if decompressor.eof:
                decompressor = zlib.decompressobj(_GZIP)
            has_data = True
            yield decompressor.decompress(rest, _CHUNK)
            rest = decompressor.unused_data if decompressor.eof else decompressor.unconsumed_tail
    if has_data:
        yield decompressor.flush()
        if not decompressor.eof:
            raise IncompleteRead(b"")
