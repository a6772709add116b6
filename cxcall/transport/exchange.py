"""One HTTP exchange with urllib3: one connection, one request, one deadline; masking, curl text."""

from __future__ import annotations

import time
from threading import Event, Lock, Thread
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from cxcall.runtime.redaction import redact, remember_secrets
from cxcall.runtime.signals import block_in_thread
from cxcall.transport.messages import (
    Exchange,
    Headers,
    HttpRequest,
    HttpResponse,
    masked_headers,
)
from cxcall.transport.urls import is_header, is_sent_unchanged
from cxcall.version import __version__

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from urllib3 import HTTPHeaderDict, HTTPResponse

_SLACK = 5.0
_STATUS_DIGITS = 3


class Interrupted(KeyboardInterrupt):
    """Ctrl-C or SIGTERM in the middle of an exchange; carries how far it had come."""

    def __init__(self, exchange: Exchange) -> None:
        super().__init__()
        self.exchange = exchange

    @property
    def left(self) -> bool:
        """Whether anything of the request may have left."""
        return self.exchange.left


def exchange(
    request: HttpRequest,
    *,
    auth: Callable[[str], str] | None = None,
    timeout: float = 30.0,
    turn: Callable[[], None] | None = None,
) -> Exchange:
    """Send a request once and read its answer; never raises for what the network does.

    `timeout` bounds the whole of it, name resolution and a dribbled answer included, in seconds.
    `auth` returns the Authorization header for a URL, empty for none. `turn` is called once the connection stands and before anything leaves; it may wait, or raise
    HeldBackError.
    No redirect is followed and nothing is repeated. Raises Interrupted when told to stop, and
    what `auth` raises.
    """
    call: _Call | None = None
    try:
        call = _Call(request, auth, turn)
        call.start(timeout + _SLACK)
        call.wait(timeout)
        return call.result()
    except KeyboardInterrupt:
        if call is None:
            stopped = Exchange(request, None, left=False, failure="interrupted")
        else:
            call.give_up("interrupted", "told to stop")
            stopped = call.result()
        raise Interrupted(stopped) from None


class _Call:
    """An exchange on a thread of its own: no name server, and nothing else, can hold up its deadline."""

    def __init__(
        self,
        request: HttpRequest,
        auth: Callable[[str], str] | None,
        turn: Callable[[], None] | None,
    ) -> None:
        from cxcall.transport.connection import ConnectionState
        from cxcall.transport.response_body import Body

        self.done = Event()
        self._request = request
        self._state = ConnectionState(turn)
        self._status: tuple[int, str, Headers] | None = None
        self._body = Body()
        self._lock = Lock()
        self._failure: tuple[str, str] | None = None
        self._prepared = self._prepare(request, auth)

    def _prepare(
        self, request: HttpRequest, auth: Callable[[str], str] | None
    ) -> HttpRequest | None:
        """Return the request with all its headers; None, and the failure, if it cannot be sent as it is."""
        authorization = auth(request.url) if auth else ""
        sent = _complete_headers(request, authorization)
        remember_secrets(authorization.rpartition(" ")[2])
        self._request = HttpRequest(request.method, request.url, masked_headers(sent), request.body)
        if not is_sent_unchanged(request.url):
            self._settle("malformed", "another path or query would be sent")
        elif not all(is_header(name, value) for name, value in sent.items()):
            self._settle("malformed", "the request cannot be put into HTTP")
        else:
            return HttpRequest(request.method, request.url, sent, request.body)
        return None

    def start(self, timeout: float) -> None:
        """Send and read on another thread; `timeout` ends that one should it be left alone."""
        if self._prepared is None:
            self.done.set()
        else:
            Thread(target=self._run, args=(self._prepared, timeout), daemon=True).start()

    def wait(self, timeout: float) -> None:
        """Wait for the end; give up after so many seconds, but for those that it waited for its turn."""
        began = time.monotonic()
        while not self.done.wait(max(began + timeout + self._state.held - time.monotonic(), 0.0)):
            if time.monotonic() >= began + timeout + self._state.held:
                self.give_up("timeout", f"no whole answer within {timeout:g} s")
                return

    def _run(self, prepared: HttpRequest, timeout: float) -> None:
        from cxcall.transport.connection import send_once
        from cxcall.transport.failures import name_failure

        block_in_thread()
        try:
            with send_once(prepared, self._state, timeout) as answer:
                self._read(answer)
                self._settle("", "")
        except Exception as error:  # noqa: BLE001 - no fault of a library may hide that bytes left
            self._settle(*name_failure(error, self._state))
        finally:
            self._state.close()
            self.done.set()

    def _read(self, answer: HTTPResponse) -> None:
        self._state.mark("first_byte")
        self._state.phase = "answer"
        headers = Headers(answer.headers.items())
        self._status = answer.status, answer.reason or "", headers
        self._body.read(answer)

    def _settle(self, failure: str, detail: str) -> None:
        with self._lock:
            if self._failure is None:
                self._state.mark("total")
                self._failure = failure, detail

    def give_up(self, failure: str, detail: str) -> None:
        """End the exchange as it stands, unless it has just settled."""
        with self._lock:
            if self._failure is not None:
                return
            if not self._state.abort() and failure == "timeout":
                failure, detail = self._state.stage, detail.replace("whole answer", "connection")
            self._state.mark("total")
            self._failure = failure, detail

    def result(self) -> Exchange:
        """Return what came of it."""
        failure, detail = self._failure or ("", "")
        return Exchange(
            self._request,
            self._response(),
            self._state.left,
            failure,
            detail,
            dict(self._state.timings),
        )

    def _response(self) -> HttpResponse | None:
        status = self._status or _partial(self._state.head)
        if status is None:
            return None
        code, reason, headers = status
        return HttpResponse(
            code,
            redact(reason),
            Headers((redact(name), redact(value)) for name, value in headers.items()),
            bytes(self._body.kept),
            self._body.truncated,
        )


def _complete_headers(request: HttpRequest, authorization: str) -> HTTPHeaderDict:
    """Return all headers of a request; nothing that it has itself replaces its credentials."""
    from urllib3 import HTTPHeaderDict

    headers = HTTPHeaderDict({"User-Agent": f"cxcall/{__version__}", "Accept-Encoding": "gzip"})
    headers.update(request.headers)
    if request.body is not None or request.method not in ("GET", "HEAD"):
        headers["Content-Length"] = str(len(request.body or b""))
    if authorization:
        headers["Authorization"] = authorization
    return headers


def _partial(lines: Sequence[bytes]) -> tuple[int, str, Headers] | None:
    """Read the whole lines of headers that were cut; a half line could be half an ID."""
    texts = [line.decode("latin-1").strip() for line in lines]
    starts = [place for place, text in enumerate(texts) if text.startswith("HTTP/")]
    if not starts:
        return None
    _, _, status = texts[starts[-1]].partition(" ")
    code, _, reason = status.partition(" ")
    if not (code.isascii() and code.isdigit() and len(code) == _STATUS_DIGITS):
        return None
    fields = (text.partition(":") for text in texts[starts[-1] + 1 :] if ":" in text)
    return int(code), reason, Headers((name, value.strip()) for name, _, value in fields)


def is_loopback(url: str) -> bool:
    """Tell whether a URL leads to this machine: 127.0.0.0/8, ::1 or localhost."""
    from cxcall.transport.urls import is_loopback_host

    return is_loopback_host(urlsplit(url).hostname or "")
