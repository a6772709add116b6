"""Let a person log in with the browser: Authorization Code with PKCE, on a loopback redirect (RFC 8252)."""

from __future__ import annotations

import os
import secrets
from base64 import urlsafe_b64encode
from contextlib import contextmanager, suppress
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Lock, Thread
from typing import TYPE_CHECKING, Self
from urllib.parse import parse_qs, parse_qsl, urlencode

from cxcall.contracts.openapi_document import CXONE
from cxcall.credentials.access_token import credentials_error
from cxcall.credentials.token_request import redeem_code
from cxcall.findings.errors import CredentialsError, UsageError
from cxcall.findings.finding import printable
from cxcall.runtime.signals import wait_for_event

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from cxcall.credentials.oauth_client import OAuthClient, TokenGrant


PATIENCE = 300.0
"""Seconds within which a person must log in."""

_AGAIN = "run `cxcall auth login --web` again"
_RANDOM_BYTES = 48
_SCOPES = {CXONE: "openid"}
"""The OAuth scope of a login (docs/platforms/nice-cxone.md#tokens); for Genesys Cloud, the client has the scopes."""
_SHOWN = 200
_SETTINGS = ("CXCALL_", "GENESYSCLOUD_")
_TEXT_BROWSERS = ("www-browser", "links", "links2", "elinks", "lynx", "w3m")


class Login:
    """One login of one person; its `state` and its PKCE verifier (RFC 7636) are used once."""

    def __init__(self, client: OAuthClient) -> None:
        self.client = client
        self.state = secrets.token_urlsafe(_RANDOM_BYTES)
        self.verifier = secrets.token_urlsafe(_RANDOM_BYTES)

    def page(self, redirect_uri: str, scope: str) -> str:
        """Return the URL of the page to log in at."""
        digest = sha256(self.verifier.encode()).digest()
        query = {
            "response_type": "code",
            "client_id": self.client.client_id,
            "redirect_uri": redirect_uri,
            **({"scope": scope} if scope else {}),
            "state": self.state,
            "code_challenge": urlsafe_b64encode(digest).rstrip(b"=").decode(),
            "code_challenge_method": "S256",
        }
        return f"{self.client.token_url.rpartition('/')[0]}/authorize?{urlencode(query)}"

    def code(self, query: str) -> str:
        """Return the code in the query of the URL that the browser was redirected to.

        Raises ForeignRedirectError if its `state` belongs to another login; CredentialsError when
        it reports an error (RFC 6749 section 4.1.2.1) or has no code.
        """
        values = dict(parse_qsl(query))
        if not secrets.compare_digest(values.get("state", "").encode(), self.state.encode()):
            raise ForeignRedirectError
        if "error" in values:
            raise self._refusal(values["error"], values.get("error_description", ""))
        if not values.get("code"):
            raise credentials_error(
                f"the redirect from `{self.client.host}` has no authorization code", _AGAIN
            )
        return values["code"]

    def _refusal(self, error: str, description: str) -> CredentialsError:
        host = self.client.host
        shown = printable(": ".join(filter(None, (error, description))))[:_SHOWN]
        why = f"the message of `{host}` is `{shown}`"
        if error == "access_denied":
            fix = f"{_AGAIN}, and allow the login in the browser; the first login of a client needs `oauth:client:authorize`"
            return credentials_error("the login was refused in the browser", fix, why)
        fix = "check the grant type of the client, and that its redirect URIs include `http://localhost`"
        return credentials_error(f"`{host}` refused the login", fix, why)


def log_in_by_browser(
    client: OAuthClient,
    show: Callable[[str], None],
    *,
    port: int = 0,
    platform: str = "",
    timeout: float = 30.0,
) -> TokenGrant:
    """Let a person log in at the page that is passed to `show`, and exchange the code for a token.

    `port` 0 chooses a free port; `timeout` limits the exchange, in seconds. Raises CredentialsError if the
    login fails, UndeliveredError if the token endpoint does not respond, and UsageError if the port is not
    available.
    """
    login = Login(client)
    with RedirectServer(port, login.code) as loopback:
        show(login.page(loopback.redirect_uri, _SCOPES.get(platform, "")))
        code = loopback.wait(PATIENCE)
    if not code:
        message = f"the login was not finished within {PATIENCE:g} s"
        why = "no redirect from the browser arrived; the page may have been closed, or the redirect URI is not registered"
        raise credentials_error(message, _AGAIN, why)
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "code_verifier": login.verifier,
        "redirect_uri": loopback.redirect_uri,
    }
    return redeem_code(client, form, timeout)


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


class _Server(ThreadingHTTPServer):
    def handle_error(self, *_: object) -> None:
        """Print no traceback if the browser resets a connection."""


class RedirectServer:
    """A server on 127.0.0.1 that accepts one redirect and passes its query to `code`.

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
            self._server = _Server(("127.0.0.1", port), self._handler())
        except OSError as error:
            raise UsageError(
                f"cannot listen on port {port}: {error.strerror}",
                where="--port",
                fix="use a port for which the client has a redirect URI, or leave out the port",
            ) from None
        self._thread = Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self.redirect_uri = f"http://localhost:{self._server.server_port}"

    def wait(self, timeout: float) -> str:
        """Return the result of `code`; empty if no redirect arrives within `timeout` seconds.

        Raises the CredentialsError that `code` raised.
        """
        wait_for_event(self._has_responded, timeout)
        if isinstance(self._outcome, CredentialsError):
            raise self._outcome
        return self._outcome

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _handle(self, target: str, host: str) -> str:
        """Handle the first redirect of this login and return the text of the page; empty for any other request."""
        path, _, query = target.partition("?")
        port = self._server.server_port
        # The Host header shows whether another site's name resolves to this machine (DNS rebinding).
        is_ours = host.lower() in (f"localhost:{port}", f"127.0.0.1:{port}")
        if not is_ours or path != "/" or not _REDIRECT_PARAMETERS & {*parse_qs(query)}:
            return ""
        with self._lock:
            if self._is_received:
                return ""
            try:
                self._outcome = self._code(query)
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
                try:
                    self._send_page(200 if text else 404, text or "Not found.")
                finally:  # the login continues even if the browser closed the connection
                    if text:
                        server._has_responded.set()

            def _send_page(self, status: int, text: str) -> None:
                page = _PAGE.format(text=text).encode()
                self.send_response(status)
                self.send_header("Content-Type", "text/html; charset=utf-8")
                self.send_header("Content-Length", str(len(page)))
                self.send_header("Content-Security-Policy", "default-src 'none'")
                self.send_header("Referrer-Policy", "no-referrer")
                self.send_header("Cache-Control", "no-store")
                self.send_header("Connection", "close")
                self.end_headers()
                self.wfile.write(page)

            def log_message(self, *_: object) -> None:
                """Log nothing, because the path contains the code."""

        return Handler


def open_page(page: str) -> None:
    """Open a page in the browser, unless that runs in text mode: it would use this terminal and stdout.

    The browser gets no settings of cxcall and the vendor: they may be secrets.
    """
    import webbrowser

    with suppress(webbrowser.Error), _without_settings():
        browser = webbrowser.get()
        if Path(getattr(browser, "name", "")).name not in _TEXT_BROWSERS:
            browser.open(page)


@contextmanager
def _without_settings() -> Iterator[None]:
    """Remove the settings from the environment that processes inherit, until the end of the block."""
    kept = {name: text for name, text in os.environ.items() if name.startswith(_SETTINGS)}
    for name in kept:
        del os.environ[name]
    try:
        yield
    finally:
        os.environ.update(kept)
