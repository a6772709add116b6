"""One HTTP exchange with requests: one connection, one request, one deadline; masking, curl text."""

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
from cxcall.transport.urls import target_of
from cxcall.version import __version__

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from requests import PreparedRequest, Response
    from requests.auth import AuthBase

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
    auth: AuthBase | None = None,
    timeout: float = 30.0,
    turn: Callable[[], None] | None = None,
) -> Exchange:
    """Send a request once and read its answer; never raises for what the network does.

    `timeout` bounds the whole of it, name resolution and a dribbled answer included, in seconds.
    `turn` is called once the connection stands and before anything leaves; it may wait, or raise
    SendPostponedError.
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
        self, request: HttpRequest, auth: AuthBase | None, turn: Callable[[], None] | None
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

    def _prepare(self, request: HttpRequest, auth: AuthBase | None) -> PreparedRequest | None:
        """Prepare without a session: no `~/.netrc`, no cookies, no redirects."""
        import requests

        own = {"User-Agent": f"cxcall/{__version__}", "Accept-Encoding": "gzip"}
        headers = {**own, **request.headers}
        plain = requests.Request(request.method, request.url, headers, data=request.body, auth=auth)
        try:
            prepared = plain.prepare()
            is_changed = prepared.path_url != target_of(request.url)
        except (requests.RequestException, ValueError):
            self._settle("malformed", "the request cannot be put into HTTP")
            return None
        if is_changed:
            self._settle("malformed", "requests would send another path or query")
            return None
        sent = {name: str(value) for name, value in prepared.headers.items()}
        remember_secrets(sent.get("Authorization", "").rpartition(" ")[2])
        self._request = HttpRequest(request.method, request.url, masked_headers(sent), request.body)
        return prepared

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

    def _run(self, prepared: PreparedRequest, timeout: float) -> None:
        from cxcall.transport.connection import SingleUseAdapter
        from cxcall.transport.failures import name_failure

        block_in_thread()
        try:
            with SingleUseAdapter(self._state).response_to(prepared, timeout) as answer:
                self._read(answer)
                self._settle("", "")
        except Exception as error:  # noqa: BLE001 - no fault of a library may hide that bytes left
            self._settle(*name_failure(error, self._state))
        finally:
            self._state.close()
            self.done.set()

    def _read(self, answer: Response) -> None:
        self._state.mark("first_byte")
        self._state.phase = "answer"
        headers = Headers(answer.raw.headers.items())
        self._status = answer.status_code, answer.reason or "", headers
        self._body.read(answer.raw)

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
