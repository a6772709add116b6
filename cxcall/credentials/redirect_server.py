"""Receive the browser's redirect after a login, on a loopback port (RFC 8252)."""

from __future__ import annotations

from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Lock, Thread
from typing import TYPE_CHECKING, Self
from urllib.parse import parse_qs, urlsplit

from cxcall.findings.errors import CredentialsError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

_REDIRECT_PARAMETERS = {"code", "error", "state"}
_PAGE = (
    "<!DOCTYPE html><html lang='en'><meta charset='utf-8'><title>cxcall</title>"
    "<p>{text}</p><p>You can close this page and return to the terminal.</p></html>"
)
_DONE = "The login continues in the terminal."
_FAILED = "The login failed. The terminal shows the reason."
_READ_TIMEOUT = 10.0


class ForeignRedirectError(Exception):
    """A redirect belongs to another login; it is answered like any other request, and the wait continues."""


class RedirectServer:
    """A server on 127.0.0.1 that accepts one redirect and passes its URL to `code`.

    `code` raises ForeignRedirectError for a redirect of another login.

    Clients register `http://localhost` and may use any port (docs/platforms/genesys-cloud.md#user-login).
    """

    def __init__(self, port: int, code: Callable[[str], str]) -> None:
        self._code = code
        self._lock = Lock()
        self._is_received = False
        self._has_responded = Event()
        self._outcome: str | CredentialsError = ""
        try:
            self._server = ThreadingHTTPServer(("127.0.0.1", port), self._handler())
        except OSError as error:
            raise UsageError(
                f"cannot listen on port {port}: {error.strerror}",
                where="--port",
                fix="use a port for which the client has a redirect URI, or leave out the port",
            ) from None
        self._server.daemon_threads = True  # a browser keeps unused connections open
        self._thread = Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self.redirect_uri = f"http://localhost:{self._server.server_port}"

    def wait(self, timeout: float) -> str:
        """Return the result of `code`; empty if no redirect arrives within `timeout` seconds.

        Raises the CredentialsError that `code` raised.
        """
        self._has_responded.wait(timeout)
        if isinstance(self._outcome, CredentialsError):
            raise self._outcome
        return self._outcome

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _handle(self, path: str, host: str) -> str:
        """Handle the first redirect of this login and return the text of the page; empty for any other request."""
        parts = urlsplit(path)
        port = self._server.server_port
        # The Host header shows whether another site's name resolves to this machine (DNS rebinding).
        is_ours = host.lower() in (f"localhost:{port}", f"127.0.0.1:{port}")
        if (
            not is_ours
            or parts.path not in ("", "/")
            or not _REDIRECT_PARAMETERS & {*parse_qs(parts.query)}
        ):
            return ""
        with self._lock:
            if self._is_received:
                return ""
            try:
                self._outcome = self._code(f"{self.redirect_uri}/?{parts.query}")
            except ForeignRedirectError:
                return ""
            except CredentialsError as error:
                self._outcome = error
            self._is_received = True
        return _FAILED if isinstance(self._outcome, CredentialsError) else _DONE

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        server = self

        class Handler(BaseHTTPRequestHandler):
            timeout = _READ_TIMEOUT

            def do_GET(self) -> None:
                text = server._handle(self.path, self.headers.get("Host", ""))
                page = _PAGE.format(text=text or "Not found.").encode()
                self.send_response(200 if text else 404)
                self.send_header("Content-Type", "text/html; charset=utf-8")
                self.send_header("Content-Length", str(len(page)))
                self.send_header("Content-Security-Policy", "default-src 'none'")
                self.send_header("Referrer-Policy", "no-referrer")
                self.send_header("Cache-Control", "no-store")
                self.send_header("Connection", "close")
                self.end_headers()
                self.wfile.write(page)
                if text:
                    server._has_responded.set()

            def log_message(self, *_: object) -> None:
                """Log nothing, because the path contains the code."""

        return Handler
