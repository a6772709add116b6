"""A socket server that fails in every way a network can, and counts the complete requests that it got.

A fault is the behavior of one connection. `takes` says whether the platform behind it would have acted on
the request: then a call is placed, and `FaultServer.rung` counts it.
"""

from __future__ import annotations

import gzip
import json
import socket
import struct
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from threading import Event, Lock, Thread
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    import ssl

RST = struct.pack("ii", 1, 0)
PATIENCE = 20.0
ID = "11111111-2222-3333-4444-555555555555"
CORRELATION = "99999999-8888-7777-6666-555555555555"
IDS = {"X-Engagement-Id": ID, "ININ-Correlation-Id": CORRELATION}


@dataclass(eq=False)
class Peer:
    """One connection, seen from the server."""

    sock: socket.socket
    stopping: Event
    head: bytes = b""
    body: bytes = b""
    whole: bool = False

    def read_head(self) -> bytes:
        """Read up to the empty line; the part of the body that came with it is kept."""
        received = b""
        while not self.head and b"\r\n\r\n" not in received:
            received += self.receive()
        if not self.head:
            self.head, _, self.body = received.partition(b"\r\n\r\n")
        return self.head

    def read(self) -> None:
        """Read the whole request."""
        self.read_head()
        while len(self.body) < self.length:
            self.body += self.receive()
        self.whole = True

    def receive(self) -> bytes:
        """Return the next bytes; raises ConnectionError if there are none."""
        data = self.sock.recv(65536)
        if not data:
            raise ConnectionError
        return data

    @property
    def length(self) -> int:
        """The length of the body that the request declares."""
        for line in self.head.lower().split(b"\r\n"):
            if line.startswith(b"content-length:"):
                return int(line.partition(b":")[2])
        return 0

    def send(self, data: bytes) -> None:
        """Send bytes, and ignore errors of the other side."""
        with suppress(OSError):
            self.sock.sendall(data)

    def reset(self) -> None:
        """End the connection with a RST instead of a FIN."""
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RST)
        self.sock.close()

    def hold(self) -> None:
        """Send nothing until the client disconnects or the server stops."""
        self.sock.settimeout(0.02)
        while not self.stopping.is_set():
            try:
                if not self.sock.recv(65536):
                    return
            except TimeoutError:
                continue
            except OSError:
                return


@dataclass(frozen=True)
class Fault:
    """The behavior of a connection, and whether the platform would have acted on a complete request."""

    act: Callable[[Peer], None]
    takes: bool = True

    def __call__(self, peer: Peer) -> None:
        """Handle a connection."""
        self.act(peer)


def message(status: int, headers: dict[str, str] | None = None, body: Any = None) -> bytes:
    """Return a response as bytes; a dict is sent as JSON, with its length."""
    raw = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
    sent = {"Content-Length": str(len(raw)), **(headers or {})}
    if isinstance(body, dict | list):
        sent = {"Content-Type": "application/json", **sent}
    lines = [f"HTTP/1.1 {status} Because", *(f"{name}: {value}" for name, value in sent.items())]
    return "\r\n".join([*lines, "", ""]).encode() + raw


def answer(
    status: int,
    headers: dict[str, str] | None = None,
    body: Any = None,
    *,
    takes: bool = True,
) -> Fault:
    """Read the whole request, then respond."""
    return raw(message(status, headers, body), takes=takes)


def raw(data: bytes, *, takes: bool = True) -> Fault:
    """Read the whole request, then send these bytes and close."""

    def act(peer: Peer) -> None:
        peer.read()
        peer.send(data)

    return Fault(act, takes)


def refused(status: int, headers: dict[str, str] | None = None, body: Any = None) -> Fault:
    """Respond with a status that says that the platform did not act on the request."""
    return answer(status, headers, body, takes=False)


ACCEPTED = message(201, IDS, {"id": ID, "state": "created"})
accept = raw(ACCEPTED)


def _in_chunks(body: bytes) -> bytes:
    whole = message(201, {**IDS, "Transfer-Encoding": "chunked"}, body)
    return whole.replace(b"Content-Length", b"X-Length")


def _reset_before_body(peer: Peer) -> None:
    peer.read_head()
    peer.reset()


def _reset_in_body(peer: Peer) -> None:
    peer.read_head()
    while len(peer.body) < peer.length // 2:
        peer.body += peer.receive()
    peer.reset()


def _reset_after_body(peer: Peer) -> None:
    peer.read()
    peer.reset()


def _close_after_body(peer: Peer) -> None:
    peer.read()


def _never_answer(peer: Peer) -> None:
    peer.read()
    peer.hold()


def _byte_by_byte(peer: Peer) -> None:
    peer.read()
    for byte in ACCEPTED:
        if peer.stopping.wait(0.05):
            return
        try:
            peer.sock.sendall(bytes([byte]))
        except OSError:
            return


def _answer_early(peer: Peer) -> None:
    peer.read_head()
    peer.send(message(413, {"Connection": "close"}, {"code": "request.entity.too.large"}))
    peer.sock.shutdown(socket.SHUT_WR)
    peer.hold()


def _send_much(peer: Peer) -> None:
    peer.read()
    peer.send(message(201, IDS, b" " * (10 << 20)))


def _send_gzip_bomb(peer: Peer) -> None:
    peer.read()
    member = gzip.compress(bytes(1 << 20), 9)  # a gzip file may have many members
    peer.send(message(201, {**IDS, "Content-Encoding": "gzip"}, member * 256))


close_at_once = Fault(lambda _peer: None)
reset_at_once = Fault(Peer.reset)
reset_before_body = Fault(_reset_before_body)
reset_in_body = Fault(_reset_in_body)
reset_after_body = Fault(_reset_after_body)
close_after_body = Fault(_close_after_body)
never_answer = Fault(_never_answer)
byte_by_byte = Fault(_byte_by_byte)
answer_early = Fault(_answer_early, takes=False)
silence = Fault(Peer.hold)
cut_in_status = raw(b"HTTP/1.1 201")
cut_in_headers = raw(ACCEPTED[: ACCEPTED.index(b"ININ-Corr") + 12])
cut_after_headers = raw(ACCEPTED[: ACCEPTED.index(b"\r\n\r\n") + 4])
cut_in_body = raw(ACCEPTED[:-5])
cut_unframed = raw(ACCEPTED.replace(b"Content-Length: ", b"X-Length: ")[:-5])
cut_in_chunk = raw(_in_chunks(b'40\r\n{"id"'))
wrong_chunk = raw(_in_chunks(b"zz\r\n{}\r\n0\r\n\r\n"))
chunked = raw(_in_chunks(b"2\r\n{}\r\n0\r\n\r\n"))
too_long = raw(message(201, {**IDS, "Content-Length": "1000"}, b"{}"))
too_short = raw(
    message(201, {"Content-Type": "application/json", "Content-Length": "5"}, b'{"id": "x"}')
)
two_lengths = raw(message(201, {**IDS, "content-length": "7"}, b"{}"))
interim = raw(b"HTTP/1.1 100 Continue\r\n\r\n" + ACCEPTED)
interim_alone = raw(b"HTTP/1.1 100 Continue\r\n\r\n")
garbage = raw(b"\x16\x03\x01 this is not HTTP\r\n\r\n")
endless_status = raw(b"HTTP/1.1 201 " + b"x" * 70000)
endless_headers = raw(b"HTTP/1.1 201 Created\r\n" + b"X: y\r\n" * 200 + b"\r\n")
long_header = raw(b"HTTP/1.1 200 OK\r\nX: " + b"y" * 70000 + b"\r\n\r\n")
zipped = raw(message(201, {**IDS, "Content-Encoding": "gzip"}, gzip.compress(b'{"id": "a"}')))
broken_gzip = raw(message(201, {**IDS, "Content-Encoding": "gzip"}, b"this is no gzip"))
half_gzip = raw(message(201, {**IDS, "Content-Encoding": "gzip"}, gzip.compress(b"{}" * 99)[:-9]))
big = Fault(_send_much)
bomb = Fault(_send_gzip_bomb)
no_utf8 = raw(message(201, IDS, b'{"id": "\xff\xfe"}'))
page = raw(message(200, {"Content-Type": "text/html"}, b"<html><body>Sign in</body></html>"))


def reserve(port: int = 0) -> socket.socket:
    """Reserve a port of this machine without listening on it, so that connections are refused."""
    taken = socket.socket()
    taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    taken.bind(("127.0.0.1", port))
    return taken


def port_of(taken: socket.socket) -> int:
    """Return the port that a socket is bound to."""
    port: int = taken.getsockname()[1]
    return port


@dataclass
class FaultServer:
    """Applies the faults to connections in order; the last fault is repeated."""

    faults: tuple[Fault, ...]
    tls: ssl.SSLContext | None = None
    listener: socket.socket = field(default_factory=reserve)
    bare: int = 0
    """The number of connections without TLS, before TLS starts."""
    peers: list[Peer] = field(default_factory=list)
    rung: int = 0
    whole: int = 0

    def __post_init__(self) -> None:
        self._stopping = Event()
        self._lock = Lock()
        self._threads: list[Thread] = []
        self.port = port_of(self.listener)
        self.listener.listen(128)

    @property
    def connections(self) -> int:
        """The number of connections."""
        return len(self.peers)

    @property
    def base_url(self) -> str:
        """Its address."""
        return f"{'https' if self.tls else 'http'}://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        self._start(self._accept)
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        with suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        for thread in self._threads:
            thread.join(PATIENCE)
            assert not thread.is_alive(), "a connection outlived its server"

    def _start(self, run: Callable[..., None], *args: Any) -> None:
        thread = Thread(target=run, args=args, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while True:
            try:
                sock, _ = self.listener.accept()
            except OSError:
                return
            sock.settimeout(PATIENCE)
            peer = Peer(sock, self._stopping)
            self.peers.append(peer)
            self._start(self._meet, peer, self.faults[min(len(self.peers), len(self.faults)) - 1])

    def _meet(self, peer: Peer, fault: Fault) -> None:
        try:
            if self.tls is not None and self.peers.index(peer) < self.bare:
                return
            if self.tls is not None:
                peer.sock = self.tls.wrap_socket(peer.sock, server_side=True)
            fault(peer)
        except OSError:
            pass  # the client disconnected, or did not trust the certificate
        finally:
            with self._lock:
                self.whole += peer.whole
                self.rung += peer.whole and fault.takes
            with suppress(OSError):
                peer.sock.close()


def but(fault: Fault, first: Callable[[Peer], None]) -> Fault:
    """Run an action after the request has arrived, before the fault continues."""

    def act(peer: Peer) -> None:
        peer.read()
        first(peer)
        fault.act(peer)

    return replace(fault, act=act)
