"""One HTTP exchange with requests: one connection, one request, one deadline; masking, curl text."""

from __future__ import annotations

import json
import shlex
import socket
from contextlib import suppress
from dataclasses import dataclass, field
from threading import Timer
from time import perf_counter
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from cxcall import __version__
from cxcall.endpoint import is_loopback_host

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from requests import PreparedRequest, Response, Session
    from requests.adapters import HTTPAdapter
    from requests.auth import AuthBase

KEPT_BYTES = 1 << 20
_CHUNK = 1 << 14
_SECRET_WORDS = ("authorization", "cookie", "token", "secret", "password", "api-key", "apikey")
MASKED = "****"


class Headers(dict[str, str]):
    """Header names to values, looked up without regard to case."""

    def __init__(self, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(headers or {})
        self._names = {name.lower(): name for name in self}

    def get(self, name: str, default: Any = None) -> Any:
        """Return the value of a header, in whatever case it came."""
        return super().get(self._names.get(name.lower(), name), default)

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and name.lower() in self._names

    def __getitem__(self, name: str) -> str:
        return super().__getitem__(self._names.get(name.lower(), name))


@dataclass(frozen=True)
class HttpRequest:
    """A request without its credentials: those are added as it leaves."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes | None = field(repr=False)


@dataclass(frozen=True)
class HttpResponse:
    """An answer; its body is decoded from its transfer, and `truncated` beyond the first mebibyte."""

    status: int
    reason: str
    headers: Headers
    body: bytes = field(repr=False)
    truncated: bool = False

    @property
    def text(self) -> str:
        """The body as UTF-8; what is none is replaced, never fatal."""
        return self.body.decode("utf-8", "replace")

    def json(self) -> Any | None:
        """Return the body's JSON value; None when it is no JSON."""
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError):
            return None


@dataclass(frozen=True)
class Exchange:
    """What came of one request.

    `left` is True once the connection stood, TLS and proxy included: from there on the request may
    have been processed. `failure` is empty, or one of dns, connect, tls, certificate, proxy, timeout,
    reset, cut, malformed; `timings` are milliseconds (connect, first_byte, total).
    """

    request: HttpRequest
    response: HttpResponse | None
    left: bool
    failure: str = ""
    detail: str = ""
    timings: Mapping[str, float] = field(default_factory=dict)


class Interrupted(KeyboardInterrupt):
    """Ctrl-C or SIGTERM in the middle of an exchange; carries how far it had come."""

    def __init__(self, exchange: Exchange) -> None:
        super().__init__()
        self.exchange = exchange


class _Line:
    """The one connection of an exchange: when it stood, and how to cut it at the deadline."""

    def __init__(self) -> None:
        self.started = perf_counter()
        self.timings: dict[str, float] = {}
        self.left = False
        self.expired = False
        self._handle: socket.socket | None = None

    def opened(self, connected: socket.socket) -> socket.socket:
        # A duplicate, because TLS takes the socket over and leaves us without one.
        self._handle = connected.dup()
        return connected

    def stands(self) -> None:
        self.mark("connect")
        self.left = True

    def mark(self, phase: str) -> None:
        self.timings[phase] = (perf_counter() - self.started) * 1e3

    def cut(self) -> None:
        self.expired = True
        if self._handle is not None:
            with suppress(OSError):  # it may be closed already
                self._handle.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        if self._handle is not None:
            self._handle.close()


def exchange(
    request: HttpRequest, *, auth: AuthBase | None = None, timeout: float = 30.0
) -> Exchange:
    """Send a request once and read its answer; never raises for what the network does.

    `timeout` bounds the whole of it, in seconds. No redirect is followed and nothing is repeated.
    Raises Interrupted when the process is told to stop.
    """
    line = _Line()
    alarm = Timer(timeout, line.cut)
    alarm.daemon = True
    alarm.start()
    response: HttpResponse | None = None
    failure = detail = ""
    try:
        response, failure, detail = _send(request, auth, timeout, line)
    except KeyboardInterrupt:
        raise Interrupted(Exchange(request, None, line.left, "interrupted")) from None
    finally:
        alarm.cancel()
        line.close()
    line.mark("total")
    if line.expired and failure:
        failure, detail = (
            "timeout" if line.left else "connect",
            f"no whole answer within {timeout:g} s",
        )
    return Exchange(request, response, line.left, failure, detail, line.timings)


def _send(
    request: HttpRequest, auth: AuthBase | None, timeout: float, line: _Line
) -> tuple[HttpResponse | None, str, str]:
    import requests

    with requests.Session() as session:
        session.mount("http://", _adapter(line))
        session.mount("https://", _adapter(line))
        # A loopback server is reached directly, whatever proxy the environment names.
        session.trust_env = not is_loopback(request.url)
        try:
            answer = _answer(session, request, auth, timeout)
            line.mark("first_byte")
        except requests.RequestException as error:
            return None, *_failure(error, line)
        headers = Headers(dict(answer.headers))
        body, truncated, cut = _body(answer)
        kept = HttpResponse(answer.status_code, answer.reason or "", headers, body, truncated)
        return kept, "cut" if cut else "", "the answer broke off" if cut else ""


def _answer(
    session: Session, request: HttpRequest, auth: AuthBase | None, timeout: float
) -> Response:
    import requests

    # A callable, even an empty one, keeps `~/.netrc` from adding credentials of its own.
    prepared: PreparedRequest = session.prepare_request(
        requests.Request(
            request.method,
            request.url,
            headers={
                "User-Agent": f"cxcall/{__version__}",
                "Connection": "close",
                **request.headers,
            },
            data=request.body,
            auth=auth or (lambda prepared: prepared),
        )
    )
    settings = session.merge_environment_settings(prepared.url, {}, True, None, None)  # noqa: FBT003
    return session.send(prepared, timeout=timeout, allow_redirects=False, **settings)


def _adapter(line: _Line) -> HTTPAdapter:
    """Return an adapter that repeats nothing and reports when its connection stands."""
    from requests.adapters import HTTPAdapter
    from urllib3.connection import HTTPConnection, HTTPSConnection
    from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

    class Plain(HTTPConnection):
        def _new_conn(self) -> socket.socket:
            return line.opened(super()._new_conn())

        def connect(self) -> None:
            super().connect()
            line.stands()

    class Secure(HTTPSConnection):
        def _new_conn(self) -> socket.socket:
            return line.opened(super()._new_conn())

        def connect(self) -> None:
            super().connect()
            line.stands()

    class PlainPool(HTTPConnectionPool):
        ConnectionCls = Plain

    class SecurePool(HTTPSConnectionPool):
        ConnectionCls = Secure

    class Adapter(HTTPAdapter):
        def get_connection_with_tls_context(self, *args: Any, **kwargs: Any) -> Any:
            pools = {"http": PlainPool, "https": SecurePool}
            for manager in (self.poolmanager, *self.proxy_manager.values()):
                manager.pool_classes_by_scheme = pools
            return super().get_connection_with_tls_context(*args, **kwargs)

        def proxy_manager_for(self, *args: Any, **kwargs: Any) -> Any:
            manager = super().proxy_manager_for(*args, **kwargs)
            manager.pool_classes_by_scheme = {"http": PlainPool, "https": SecurePool}
            return manager

    return Adapter(max_retries=0)


def _body(answer: Response) -> tuple[bytes, bool, bool]:
    """Read a body up to what is kept; returns it, whether there was more, and whether it broke off."""
    import requests

    kept = bytearray()
    try:
        for chunk in answer.iter_content(_CHUNK):
            kept += chunk
            if len(kept) > KEPT_BYTES:
                return bytes(kept[:KEPT_BYTES]), True, False
    except (requests.RequestException, OSError):
        return bytes(kept[:KEPT_BYTES]), False, True
    return bytes(kept), False, False


def _failure(error: Exception, line: _Line) -> tuple[str, str]:
    """Name what went wrong, from the innermost cause; nothing of the request is quoted."""
    names = [type(cause).__name__ for cause in _causes(error)]
    text = " ".join(str(cause) for cause in _causes(error))
    for failure, signs, detail in (
        ("proxy", ("ProxyError",), "the proxy refused or failed"),
        ("certificate", ("SSLCertVerificationError",), "the certificate was not accepted"),
        ("dns", ("NameResolutionError", "gaierror"), "the host name was not found"),
        ("tls", ("SSLError",), "no secure connection came about"),
        (
            "connect",
            ("ConnectTimeout", "ConnectTimeoutError"),
            "the host did not take the connection in time",
        ),
        (
            "connect",
            ("NewConnectionError", "ConnectionRefusedError"),
            "the host refused the connection",
        ),
        ("timeout", ("ReadTimeout", "ReadTimeoutError"), "no answer in time"),
        (
            "malformed",
            ("BadStatusLine", "LineTooLong", "HTTPException", "HeaderParsingError", "UnicodeError"),
            "the answer is not HTTP",
        ),
        (
            "malformed",
            ("InvalidURL", "InvalidSchema", "MissingSchema", "InvalidHeader", "LocationParseError"),
            "the request cannot be put into HTTP",
        ),
    ):
        if any(name in signs for name in names):
            return failure, detail
    broke = "the connection broke" if line.left or "closed" in text else "the connection failed"
    return "reset" if line.left else "connect", broke


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Yield an exception and all that it wraps, however it wraps it."""
    queue, seen = [error], set()
    while queue:
        cause = queue.pop(0)
        if id(cause) in seen:
            continue
        seen.add(id(cause))
        yield cause
        inner = (*cause.args, getattr(cause, "reason", None), cause.__cause__, cause.__context__)
        queue += [entry for entry in inner if isinstance(entry, BaseException)]


def is_loopback(url: str) -> bool:
    """Tell whether a URL leads to this machine: 127.0.0.0/8, ::1 or localhost."""
    return is_loopback_host(urlsplit(url).hostname or "")


def masked_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """Return headers with the value of each that may hold a secret masked."""
    return {
        name: MASKED if any(word in name.lower() for word in _SECRET_WORDS) else value
        for name, value in headers.items()
    }


def curl(request: HttpRequest) -> str:
    """Return the request as a curl command for a POSIX shell, the token left to its environment."""
    words = [f"curl --request {request.method} {shlex.quote(request.url)}"]
    words += [
        f"--header {shlex.quote(f'{name}: {value}')}" for name, value in request.headers.items()
    ]
    words.append('--header "Authorization: Bearer $CXCALL_ACCESS_TOKEN"')
    if request.body is not None:
        words.append(f"--data-raw {shlex.quote(request.body.decode())}")
    return " \\\n  ".join(words)
