"""The HTTP server around the sandbox: sockets, threads, and answers that never come whole."""

from __future__ import annotations

import time
from threading import Event, Lock, Thread
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import urlsplit

from cxcall.findings.errors import UsageError
from cxcall.sandbox.app import TOKEN_PATH, App
from cxcall.sandbox.messages import SandboxRequest, SandboxResponse, Transmission
from cxcall.sandbox.rate_limit import DEFAULT_LIMIT, RateLimit
from cxcall.sandbox.request_log import LoggedRequest, RequestLog
from cxcall.sandbox.tokens import CLIENT_ID, CLIENT_SECRET, TokenIssuer

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Sequence
    from wsgiref.types import StartResponse, WSGIEnvironment

    from cxcall.contracts.contract import Contract

WORKERS = 8
LARGEST_READ_BODY = 64 * 1024 * 1024
"""Bytes read of a body so that a refusal can be answered in peace; beyond it the connection ends."""

_LOOK_EVERY = 0.05


class Sandbox:
    """A running sandbox: where it is, how to log in, and what it received. Ends with `stop()`."""

    client_id = CLIENT_ID
    client_secret = CLIENT_SECRET

    def __init__(self, app: App, record: RequestLog, listener: socket.socket) -> None:
        import logging

        from waitress.server import create_server  # type: ignore[import-untyped] # ships no types

        # Cut answers and long queues are what a sandbox is for; its own faults are still told.
        logging.getLogger("waitress").setLevel(logging.ERROR)
        host, port = listener.getsockname()[:2]
        self.base_url = f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
        self._app = app
        self._record = record
        self._lock = Lock()
        self._held = 0
        self._stopping = Event()
        self._ended = Event()
        self._channels: dict[int, Any] = {}
        self._server = create_server(
            self._serve,
            map=self._channels,
            sockets=[listener],
            threads=WORKERS,
            ident="cxcall-sandbox",
            connection_limit=1000,
            channel_request_lookahead=1,  # lets a held request see that its client went away
            log_socket_errors=False,
            max_request_body_size=LARGEST_READ_BODY,
            clear_untrusted_proxy_headers=False,
        )
        self._thread = Thread(target=self._run, name="cxcall-sandbox", daemon=True)
        self._thread.start()

    @property
    def token_url(self) -> str:
        """Where it grants tokens."""
        return self.base_url + TOKEN_PATH

    @property
    def received(self) -> list[LoggedRequest]:
        """Every request but those about the sandbox itself, in the order of the answers."""
        return self._record.received

    @property
    def rings(self) -> list[LoggedRequest]:
        """The requests for which a phone would have rung."""
        return [entry for entry in self._record.received if entry.rings]

    def wait_for_rings(self, count: int = 1, timeout: float = 30) -> bool:
        """Wait until `count` phones would have rung; returns whether they did within `timeout` seconds."""
        return self._record.wait_for_rings(count, timeout)

    def wait(self) -> None:
        """Stay until the sandbox is stopped, or Ctrl-C."""
        try:
            self._thread.join()
        except KeyboardInterrupt:
            self.stop()

    def stop(self) -> None:
        """Let go of what is held, close every connection, and return once all threads are done."""
        with self._lock:
            if self._stopping.is_set():
                return
            self._stopping.set()
        # In this order nobody can wake the loop by a descriptor that is closed, or reused, by then.
        self._server.task_dispatcher.shutdown()
        self._ended.set()
        self._server.pull_trigger()
        self._thread.join()
        for channel in list(self._channels.values()):
            channel.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _run(self) -> None:
        while not self._ended.is_set():
            self._server.asyncore.loop(timeout=1, use_poll=True, map=self._channels, count=1)

    def _serve(self, environ: WSGIEnvironment, start_response: StartResponse) -> list[bytes]:
        from waitress.channel import ClientDisconnected  # type: ignore[import-untyped] # no types

        request = _read(environ)
        answer = self._app.answer(request)
        content, media = answer.content()
        if answer.ending is Transmission.HELD:
            self._hold(environ["waitress.client_disconnected"])
        if answer.ending in (Transmission.HELD, Transmission.CLOSED) or (
            answer.ending is Transmission.CUT and not content
        ):
            raise ClientDisconnected  # the server's own word for: close, and say nothing
        start_response(f"{answer.status} {answer.reason}", _headers(answer, content, media))
        if request.method == "HEAD" or not content:
            return []
        return [content[: len(content) // 2] if answer.ending is Transmission.CUT else content]

    def _hold(self, is_gone: Callable[[], bool]) -> None:
        """Keep a request unanswered until its client leaves or the sandbox stops.

        A worker stands in for the one that is held, so that others are served meanwhile.
        """
        self._stand_in(1)
        while not self._stopping.wait(_LOOK_EVERY) and not is_gone():
            pass
        self._stand_in(-1)

    def _stand_in(self, change: int) -> None:
        with self._lock:
            self._held += change
            if not self._stopping.is_set():
                self._server.task_dispatcher.set_thread_count(WORKERS + self._held)


def start_sandbox(
    contracts: Sequence[Contract],
    *,
    host: str = "127.0.0.1",
    port: int = 0,
    token_life: float = 86400,
    rate_allowed: int = DEFAULT_LIMIT,
    clock: Callable[[], float] = time.time,
) -> Sandbox:
    """Run a sandbox of `contracts` in the background; `port` 0 picks a free one.

    Tokens live `token_life` seconds and `rate_allowed` requests of one token are answered in a minute,
    both by `clock`. Raises UsageError when the port cannot be had.
    """
    operations = [operation for known in contracts for operation in known.operations]
    scopes = frozenset(
        scope for operation in operations for needed in operation.scopes for scope in needed
    )
    record = RequestLog()
    app = App(
        operations, TokenIssuer(scopes, token_life, clock), RateLimit(rate_allowed, clock), record
    )
    return Sandbox(app, record, _listen(host, port))


def _listen(host: str, port: int) -> socket.socket:
    import os
    import socket

    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family)
    except OSError as error:
        reason = (
            os.strerror(error.errno) if error.errno else str(error)
        )  # `strerror` names the address, too
        raise UsageError(
            f"the sandbox cannot listen on `{host}:{port}`: {reason}",
            where="--port",
            fix="give another port, or `--port 0` to pick a free one",
        ) from error


def _read(environ: WSGIEnvironment) -> SandboxRequest:
    headers = {
        name.removeprefix("HTTP_").replace("_", "-").lower(): value
        for name, value in environ.items()
        if name.startswith("HTTP_") or name in ("CONTENT_TYPE", "CONTENT_LENGTH")
    }
    uri = environ["REQUEST_URI"]
    path = uri.partition("?")[0] if uri.startswith("/") else urlsplit(uri).path
    return SandboxRequest(
        environ["REQUEST_METHOD"],
        path,
        environ["QUERY_STRING"],
        headers,
        environ["wsgi.input"].read(),
    )


def _headers(answer: SandboxResponse, content: bytes, media: str) -> list[tuple[str, str]]:
    headers = list(answer.headers.items())
    if content:
        headers.append(("Content-Type", media))
    if answer.status not in (204, 304):
        headers.append(("Content-Length", str(len(content))))
    return headers
