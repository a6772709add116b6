"""Proxies that refuse, break, or tunnel the connections of a client."""

from __future__ import annotations

import socket
from contextlib import suppress
from threading import Thread

from helpers.fault_server import PATIENCE, Fault, Peer, message


def rejecting_proxy(status: int = 407) -> Fault:
    """Run a proxy that refuses to connect."""

    def act(peer: Peer) -> None:
        peer.read_head()
        peer.send(message(status, {"Proxy-Authenticate": 'Basic realm="x"'}))

    return Fault(act)


def _dying_proxy(peer: Peer) -> None:
    peer.read_head()


dying_proxy = Fault(_dying_proxy)


def tunnel_to(port: int) -> Fault:
    """Run a proxy that connects to a port of this machine for every requested host."""

    def act(peer: Peer) -> None:
        peer.read_head()
        with socket.create_connection(("127.0.0.1", port), PATIENCE) as onward:
            peer.send(b"HTTP/1.1 200 Connection established\r\n\r\n")
            back = Thread(target=_pump, args=(onward, peer.sock), daemon=True)
            back.start()
            _pump(peer.sock, onward)
            back.join(PATIENCE)

    return Fault(act)


def _pump(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(65536):
            target.sendall(data)
    with suppress(OSError):
        target.shutdown(socket.SHUT_WR)
