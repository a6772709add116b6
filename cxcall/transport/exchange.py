"""Send one HTTP request: one connection, one request, one deadline."""

from __future__ import annotations

import time
from contextlib import suppress
from threading import Event, Lock, Thread
from typing import TYPE_CHECKING

from cxcall.findings.errors import CxcallError
from cxcall.runtime.secrets.known_secrets import redact, remember_secrets, without_cut_secret
from cxcall.runtime.signals import SIGNAL_INTERVAL, block_in_thread
from cxcall.transport.http_messages import Exchange, Headers, HttpRequest, HttpResponse, SentHeaders
from cxcall.transport.origins import target_of
from cxcall.version import __version__

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from requests import PreparedRequest
    from requests.auth import AuthBase

    from cxcall.transport.connection import ConnectionState

_SLACK = 5.0
_STATUS_DIGITS = 3


class InterruptedExchange(KeyboardInterrupt):
    """Ctrl-C, SIGTERM, or SIGHUP during an exchange; `exchange` is its state at that moment."""

    def __init__(self, exchange: Exchange) -> None:
        super().__init__()
        self.exchange = exchange

    @property
    def may_be_sent(self) -> bool:
        """Whether a part of the request may have been sent."""
        return self.exchange.may_be_sent


def load_client() -> None:
    """Start to load the HTTP client in another thread, so that it loads during the wait for the disk."""
    with suppress(RuntimeError):  # no thread can start: see `_Call.start`
        Thread(target=_load_client, daemon=True).start()


def _load_client() -> None:
    block_in_thread()
    with suppress(Exception):  # the import that needs the client reports it
        import cxcall.transport.connection  # noqa: F401


def exchange(
    request: HttpRequest,
    *,
    auth: AuthBase | None = None,
    timeout: float = 30.0,
    turn: Callable[[], None] | None = None,
    on_break: Callable[[Exchange], None] = lambda _exchange: None,
    is_late: Callable[[], bool] = lambda: False,
) -> Exchange:
    """Send a request once and read its response; never raises for a network error.

    `timeout` is the limit in seconds for all of it, including name resolution and a slow response.
    `turn` is called when the connection is established and before the first byte; it may wait, or raise
    SendPostponedError. `is_late` is called right before bytes leave: if it returns True, none do.
    Follows no redirect and repeats nothing. Raises InterruptedExchange after Ctrl-C, SIGTERM, or SIGHUP, and the
    errors of `auth`. Another exception, such as one of a signal handler of the program, ends the exchange:
    `on_break` gets its state at that moment.
    """
    call: _Call | None = None
    try:
        call = _Call(request, auth, turn, is_late)
        call.start(timeout + _SLACK)
        call.wait(timeout)
        return call.result()
    except BaseException as error:
        if call is None and isinstance(error, CxcallError):  # of `auth`
            raise
        if call is None:
            stopped = Exchange(request, None, may_be_sent=False, failure="interrupted")
        else:
            call.give_up("interrupted", "interrupted by a signal")
            stopped = call.result()
        if isinstance(error, KeyboardInterrupt):
            raise InterruptedExchange(stopped) from None
        on_break(stopped)
        raise


class _Call:
    """An exchange in its own thread, so that nothing, such as a name server, delays its deadline."""

    def __init__(
        self,
        request: HttpRequest,
        auth: AuthBase | None,
        turn: Callable[[], None] | None,
        is_late: Callable[[], bool],
    ) -> None:
        from cxcall.transport.connection import Body, ConnectionState

        self.done = Event()
        self._request = request
        self._state = ConnectionState(turn, is_late)
        self._status: tuple[int, str, Headers] | None = None
        self._body = Body()
        self._lock = Lock()
        self._failure: tuple[str, str] | None = None
        self._prepared = self._prepare(request, auth)

    def _prepare(self, request: HttpRequest, auth: AuthBase | None) -> PreparedRequest | None:
        """Prepare without a session: no `~/.netrc`, no cookies, no redirects."""
        import requests

        own = {"User-Agent": f"cxcall/{__version__}", "Accept-Encoding": "gzip"}
        headers = {**own, **request.headers}
        # Without `auth`, requests would take credentials from the URL.
        plain = requests.Request(request.method, request.url, headers, data=request.body)
        plain.auth = lambda unchanged: unchanged
        try:
            prepared = plain.prepare()
            is_changed = prepared.path_url != target_of(request.url)
        except (requests.RequestException, ValueError):
            self._settle("malformed", "the request cannot be put into HTTP")
            return None
        if is_changed:
            self._settle("malformed", "requests would send another path or query")
            return None
        if auth is not None:
            prepared = auth(prepared)
        sent = {name: str(value) for name, value in prepared.headers.items()}
        remember_secrets(sent.get("Authorization", "").rpartition(" ")[2])
        self._request = request._replace(headers=SentHeaders(sent))
        return prepared

    def start(self, timeout: float) -> None:
        """Start sending in another thread; `timeout` ends that thread if no caller waits for it."""
        if self._prepared is None:
            self.done.set()
        else:
            from cxcall.transport.connection import THREAD_NAME

            arguments = (self._prepared, timeout)
            thread = Thread(target=self._run, args=arguments, name=THREAD_NAME, daemon=True)
            try:
                thread.start()
            except (
                RuntimeError
            ) as error:  # the main thread has ended, or the system has no more threads
                self._settle("no-thread", str(error))
                self.done.set()

    def wait(self, timeout: float) -> None:
        """Wait for the end; give up after `timeout` seconds, not counting the wait for its turn."""
        end, left = time.monotonic() + timeout, timeout
        while not self.done.wait(min(left, SIGNAL_INTERVAL)):
            left = end + self._state.seconds_in_turn - time.monotonic()
            if left <= 0:
                self.give_up("timeout", f"timed out after {timeout:g} s")
                return

    def _run(self, prepared: PreparedRequest, timeout: float) -> None:
        from cxcall.transport.connection import SingleUseAdapter

        block_in_thread()
        try:
            with SingleUseAdapter(self._state).response_to(prepared, timeout) as response:
                self._state.mark("first_byte")
                self._state.phase = "answer"
                headers = Headers(response.raw.headers.items())
                self._status = response.status_code, response.reason or "", headers
                self._body.read(response.raw)
                self._settle("", "")
        except Exception as error:  # noqa: BLE001 - no fault of a library may hide that bytes left
            self._settle(*_name_failure(error, self._state))
        finally:
            self._state.close()
            self.done.set()

    def _settle(self, failure: str, detail: str) -> None:
        with self._lock:
            if self._failure is None:
                self._state.mark("total")
                self._failure = failure, detail

    def give_up(self, failure: str, detail: str) -> None:
        """End the exchange in its current state, unless it has already ended."""
        with self._lock:
            if self._failure is not None:
                return
            if not self._state.abort() and failure == "timeout":
                failure = self._state.stage
            self._state.mark("total")
            self._failure = failure, detail

    def result(self) -> Exchange:
        """Return the exchange in its current state."""
        failure, detail = self._failure or ("", "")
        return Exchange(
            self._request,
            self._response(),
            self._state.may_be_sent,
            failure,
            detail,
            dict(self._state.timings),
        )

    def _response(self) -> HttpResponse | None:
        status = self._status or _parse_partial_head(self._state.head)
        if status is None:
            return None
        code, reason, headers = status
        is_truncated, content = self._body.is_truncated, self._body.content
        return HttpResponse(
            code,
            redact(reason),
            Headers((redact(name), redact(value)) for name, value in headers.items()),
            without_cut_secret(content) if is_truncated else content,
            is_truncated,
        )


def _name_failure(error: Exception, state: ConnectionState) -> tuple[str, str]:
    """Return the failure and its cause, even if no more files, such as modules, can be opened."""
    try:
        from cxcall.transport.failure_descriptions import name_failure
    except Exception:  # noqa: BLE001 - as in `_run`
        return "cut" if state.may_be_sent else state.stage, type(error).__name__
    return name_failure(error, state)


def _parse_partial_head(lines: Sequence[bytes]) -> tuple[int, str, Headers] | None:
    """Parse the complete lines of a truncated head; a partial line could contain a part of an ID."""
    texts = [line.decode("latin-1").strip() for line in lines]
    starts = [place for place, text in enumerate(texts) if text.startswith("HTTP/")]
    if not starts:
        return None
    _, _, status = texts[starts[-1]].partition(" ")
    code, _, reason = status.partition(" ")
    if not (code.isascii() and code.isdigit() and len(code) == _STATUS_DIGITS):
        return None
    fields = (text.partition(":") for text in texts[starts[-1] + 1 :] if ":" in text)
    return int(code), reason, Headers((name.strip(), value.strip()) for name, _, value in fields)
