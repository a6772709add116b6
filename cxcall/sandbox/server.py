"""The HTTP server of the sandbox: sockets, threads, and incomplete responses."""

from __future__ import annotations

import time
from functools import lru_cache
from threading import Event, Lock, Thread
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import urlsplit

from cxcall.contracts.security_schemes import API_KEY, BASIC, SecurityScheme
from cxcall.findings.errors import UsageError
from cxcall.runtime.signals import SIGNAL_INTERVAL
from cxcall.sandbox.campaign_dialer import OUTCOME_NUMBERS, CallOutcome, DialPlan
from cxcall.sandbox.campaigns_and_lists import StoredObjects
from cxcall.sandbox.http_messages import (
    ErrorResponse,
    SandboxRequest,
    SandboxResponse,
    Transmission,
    is_allowed_host,
)
from cxcall.sandbox.inspection.inspection_endpoints import Inspection
from cxcall.sandbox.inspection.request_log import TOKEN_PATH, CallEvents, LoggedRequest, RequestLog
from cxcall.sandbox.oauth.token_endpoint import CLIENT_ID, CLIENT_SECRET, TokenIssuer
from cxcall.sandbox.request_check import Routes
from cxcall.sandbox.request_handler import DEFAULT_LIMIT, App, RateLimit

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Sequence
    from wsgiref.types import StartResponse, WSGIEnvironment

    from cxcall.contracts.contract import Contract
    from cxcall.contracts.operation import Operation

WORKERS = 8
LARGEST_READ_BODY = 16 * 1024 * 1024
"""The most bytes to read of a refused body, so that the client gets the error; a longer body ends the connection."""

_POLL_SECONDS = 0.05
_WILDCARDS = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - compared, not listened on


class Sandbox:
    """A running sandbox: its address, its credentials, and its received requests. `stop()` ends it."""

    client_id = CLIENT_ID
    client_secret = CLIENT_SECRET

    def __init__(
        self, app: App, log: RequestLog, listener: socket.socket, on_tick: Callable[[], None]
    ) -> None:
        import logging

        from waitress.server import create_server  # type: ignore[import-untyped] # ships no types

        # Truncated responses and malformed requests are intended here; `_respond` logs real errors.
        logging.getLogger("waitress").setLevel(logging.CRITICAL)
        host, port = listener.getsockname()[:2]
        host = _WILDCARDS.get(host, host)
        self.base_url = f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
        self._address, self._on_tick = listener.getsockname()[0], on_tick
        self._app = app
        self._log = log
        self._lock = Lock()
        self._held_count = 0
        self._is_stopping = Event()
        self._end = Event()
        self._channels: dict[int, Any] = {}
        self._server = create_server(
            self._respond,
            map=self._channels,
            sockets=[listener],
            threads=WORKERS,
            ident="cxcall-sandbox",
            connection_limit=1000,
            channel_request_lookahead=1,  # so that a held request notices that its client disconnected
            log_socket_errors=False,
            max_request_body_size=LARGEST_READ_BODY,
            clear_untrusted_proxy_headers=False,
        )
        self._thread = Thread(target=self._run, name="cxcall-sandbox", daemon=True)
        self._thread.start()

    @property
    def token_url(self) -> str:
        """The URL of the token endpoint."""
        return self.base_url + TOKEN_PATH

    def environment(self, own: Contract) -> dict[str, str]:
        """Return the variables that make cxcall use it, with the credentials that the user's `own` document requires."""
        declared = own.declared.get("components", {}).get("securitySchemes", {})
        kinds = {SecurityScheme.of(name, scheme).kind for name, scheme in declared.items()}
        basic = {"CXCALL_USERNAME": CLIENT_ID, "CXCALL_PASSWORD": CLIENT_SECRET}
        return {
            "CXCALL_BASE_URL": self.base_url,
            "CXCALL_ONLY_SANDBOX": self.base_url,
            "CXCALL_CLIENT_ID": CLIENT_ID,
            "CXCALL_CLIENT_SECRET": CLIENT_SECRET,
            "CXCALL_ACCESS_KEY_ID": CLIENT_ID,  # for NICE CXone
            "CXCALL_ACCESS_KEY_SECRET": CLIENT_SECRET,
            **(basic if BASIC in kinds else {}),
            **({"CXCALL_API_KEY": CLIENT_SECRET} if API_KEY in kinds else {}),
        }

    def new_user_token(self) -> str:
        """Return a token with every scope, like that of a person who logs in with the browser."""
        return self._app.tokens.issue()

    @property
    def received(self) -> list[LoggedRequest]:
        """Every request except those about the sandbox itself, in the order of the responses."""
        return self._log.received

    @property
    def rings(self) -> list[LoggedRequest]:
        """The requests that would have placed a call."""
        return [entry for entry in self._log.received if entry.rings]

    def wait_for_rings(self, count: int = 1, timeout: float = 30) -> bool:
        """Wait for `count` requests that place a call; raise AssertionError if they do not come in `timeout` seconds."""
        if self._log.wait_for_rings(count, timeout):
            return True
        shown = [f"{each.method} {each.path} -> {each.status}" for each in self.received[-5:]]
        raise AssertionError(
            f"{len(self.rings)} of {count} calls were placed in {timeout:g} s; "
            f"last requests: {', '.join(shown) or 'none'}"
        )

    def wait(self) -> None:
        """Wait until the sandbox stops, or Ctrl-C."""
        try:
            while self._thread.is_alive():
                self._thread.join(SIGNAL_INTERVAL)
        except KeyboardInterrupt:
            self.stop()

    def stop(self) -> None:
        """Release held requests, close every connection, and return when all threads have ended."""
        with self._lock:
            if self._is_stopping.is_set():
                return
            self._is_stopping.set()
        # In this order, no thread can wake the loop through a descriptor that is already closed.
        self._server.task_dispatcher.shutdown()
        self._end.set()
        self._server.pull_trigger()
        self._thread.join()
        for channel in list(self._channels.values()):
            channel.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _run(self) -> None:
        while not self._end.is_set():
            self._server.asyncore.loop(timeout=1, use_poll=True, map=self._channels, count=1)
            self._on_tick()

    def _respond(self, environ: WSGIEnvironment, start_response: StartResponse) -> list[bytes]:
        from waitress.channel import ClientDisconnected  # type: ignore[import-untyped] # no types

        try:
            request = _read_request(environ)
            if is_allowed_host(request.headers.get("host", ""), self._address):
                response = self._app.respond(request)
            else:  # it is not logged
                message = "This sandbox has another address."
                response = ErrorResponse(421, "misdirected.request", message).response("")
        except Exception:
            import logging

            logging.getLogger("cxcall.sandbox").exception("the sandbox itself failed")
            raise
        content, media_type = response.content()
        if response.transmission is Transmission.HELD:
            self._hold(environ["waitress.client_disconnected"])
        if response.transmission in (Transmission.HELD, Transmission.CLOSED) or (
            response.transmission is Transmission.TRUNCATED and not content
        ):
            raise ClientDisconnected  # makes the server close the connection without a response
        start_response(
            f"{response.status} {response.reason}", _headers(response, content, media_type)
        )
        if request.method == "HEAD" or not content:
            return []
        return [
            content[: len(content) // 2]
            if response.transmission is Transmission.TRUNCATED
            else content
        ]

    def _hold(self, is_gone: Callable[[], bool]) -> None:
        """Hold a request without a response until its client disconnects or the sandbox stops.

        An additional worker replaces the held one, so that other requests get a response.
        """
        self._change_held_count(1)
        while not self._is_stopping.wait(_POLL_SECONDS) and not is_gone():
            pass
        self._change_held_count(-1)

    def _change_held_count(self, change: int) -> None:
        with self._lock:
            self._held_count += change
            if not self._is_stopping.is_set():
                self._server.task_dispatcher.set_thread_count(WORKERS + self._held_count)


def start_sandbox(
    contracts: Sequence[Contract],
    *,
    host: str = "127.0.0.1",
    port: int = 0,
    token_life: float = 86400,
    rate_allowed: int = DEFAULT_LIMIT,
    clock: Callable[[], float] = time.time,
    on_request: Callable[[LoggedRequest], None] = lambda _: None,
    dial_plan: DialPlan = DialPlan(),  # noqa: B008 - immutable
    explain: Callable[[LoggedRequest, str], list[dict[str, Any]]] | None = None,
    all_stopped: bool = False,
) -> Sandbox:
    """Run a sandbox for `contracts` in the background; `port` 0 picks a free port.

    It listens on `host`, and accepts requests for it (see `is_allowed_host`). Tokens expire after
    `token_life` seconds, and each token may send `rate_allowed` requests per minute, both measured by `clock`.
    `on_request` is called with each request after its response is known; `dial_plan` paces the calls of campaigns.
    `explain` returns the findings on a request to a host, as JSON data. With `all_stopped`, no campaign runs at first,
    as it does in the examples. Raises UsageError if it cannot listen there.
    """
    operations, routes, scopes = _index_operations(tuple(contracts))
    log, events = RequestLog(on_request), CallEvents()

    def add_call(entry: LoggedRequest) -> None:
        number = entry.numbers[0] if entry.numbers else ""
        outcome = OUTCOME_NUMBERS.get(number, "connected")
        events.add_later(
            CallOutcome(
                "", "", "", number, outcome, clock() + 1 / dial_plan.rate, entry.engagement_id or ""
            )
        )

    stored = StoredObjects(dial_plan, clock, events.add, all_stopped=all_stopped)

    def advance() -> None:
        stored.advance()
        events.advance(clock())

    tokens = TokenIssuer(scopes, token_life, clock)
    inspection = Inspection(operations, log, events, explain)
    rate_limit = RateLimit(rate_allowed, clock)
    app = App(routes, tokens, rate_limit, log, stored, inspection, clock, add_call)
    listener = _listen(host, port)
    return Sandbox(app, log, listener, advance)


# Cached for programs whose tests each start a sandbox: it takes 5 ms for the shipped contracts.
@lru_cache(maxsize=4)
def _index_operations(
    contracts: tuple[Contract, ...],
) -> tuple[tuple[Operation, ...], Routes, frozenset[str]]:
    """Return the operations of some contracts, their routes, and all scopes that they declare."""
    operations = tuple(operation for contract in contracts for operation in contract.operations)
    scopes = frozenset(
        scope for operation in operations for scopes in operation.scopes for scope in scopes
    )
    return operations, Routes(operations), scopes


def _listen(host: str, port: int) -> socket.socket:
    import errno
    import os
    import socket

    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family)
    except OSError as error:
        is_elsewhere = error.errno == errno.EADDRNOTAVAIL
        if is_elsewhere or isinstance(error.__context__, socket.gaierror):
            raise UsageError(
                f"`{host}` is not an address of this machine",
                where="--host",
                fix="give an IP address of this machine, or `0.0.0.0` for all of them",
            ) from error
        reason = (
            os.strerror(error.errno) if error.errno else str(error)
        )  # `strerror` also names the address
        raise UsageError(
            f"the sandbox cannot listen on `{host}:{port}`: {reason}",
            where="--port",
            fix="give another port, or `--port 0` to pick a free one",
        ) from error


def _read_request(environ: WSGIEnvironment) -> SandboxRequest:
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


def _headers(response: SandboxResponse, content: bytes, media_type: str) -> list[tuple[str, str]]:
    headers = list(response.headers.items())
    if content:
        headers.append(("Content-Type", media_type))
    if response.status not in (204, 304):
        headers.append(("Content-Length", str(len(content))))
    return headers
