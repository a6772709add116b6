"""A platform that echoes every credential it has seen, encoded, at one place of its response."""

from __future__ import annotations

import json
import socketserver
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from threading import Thread
from typing import Any, Self

CLIENT_SECRET = "cL1ent/s3cret+Of_the-Bird~5647382910=="
TOKENS = (
    "cAnArY-1/aB+cD_eF~gH=jKlMnOpQrStUvWxYz0123456789ZyXwVu",
    "cAnArY-2/Zz+Yy_Xx~Ww=vVuUtTsSrRqQpPoOnNmMlL9876543210kK",
)
Encode = Callable[[str], bytes]


class EchoServer(socketserver.ThreadingTCPServer):
    """Issues the tokens one after the other, refuses the first one, and then responds with the echo.

    `place` is `body`, `text`, `header`, `challenge` (WWW-Authenticate), or `id` (of what was accepted).
    """

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, encode: Encode, place: str) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.encode, self.place = encode, place
        self.restart()
        self._thread = Thread(target=self.serve_forever, kwargs={"poll_interval": 0.01})

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.shutdown()
        self._thread.join()
        self.server_close()

    def handle_error(self, *_: object) -> None:
        """Ignore a client that closes the connection."""

    def restart(self) -> None:
        """Remove all recorded credentials, and issue the first token again."""
        self.seen: list[str] = []
        self.grants = 0

    @property
    def environment(self) -> dict[str, str]:
        """The environment variables that send the command here."""
        return {
            "CXCALL_BASE_URL": f"http://127.0.0.1:{self.server_address[1]}",
            "CXCALL_CLIENT_ID": "client",
            "CXCALL_CLIENT_SECRET": CLIENT_SECRET,
        }

    @property
    def secrets(self) -> list[str]:
        """The credentials that were sent here: unchanged, and the secret in them."""
        return [*self.seen, CLIENT_SECRET]

    def echo(self) -> bytes:
        """Return all credentials, each one encoded."""
        return b" ".join(map(self.encode, self.secrets))


class Handler(BaseHTTPRequestHandler):
    """Responds to one request; it writes the response directly, because no library would send such bytes."""

    server: EchoServer

    def do_POST(self) -> None:
        """Issue a token, refuse the first one, or echo all credentials."""
        server = self.server
        self.rfile.read(int(self.headers.get("Content-Length", "0")))
        credential = self.headers.get("Authorization", "").rpartition(" ")[2]
        if credential not in server.seen:
            server.seen.append(credential)
        if self.path == "/oauth/token":
            token = TOKENS[server.grants % len(TOKENS)]
            server.grants += 1
            self._respond(200, {"access_token": token, "token_type": "bearer", "expires_in": 3600})
        elif credential == TOKENS[0]:
            self._respond(401, {"message": "expired"})
        else:
            self._echo()

    def _respond(self, status: int, content: Any) -> None:
        self._write(status, {"Content-Type": b"application/json"}, json.dumps(content).encode())

    def _echo(self) -> None:
        place, echo = self.server.place, self.server.echo()
        json_type = {"Content-Type": b"application/json"}
        # A header ends at a line break: the text after it is another header line.
        one_line = echo.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n ")
        if place == "body":
            self._write(
                400, json_type, b'{"message": "no: ' + echo + b'", "code": "' + echo + b'"}'
            )
        elif place == "text":
            self._write(400, {"Content-Type": b"text/plain"}, b"no: " + echo)
        elif place == "header":
            self._write(
                400, {**json_type, "X-Echo": one_line, "ININ-Correlation-Id": one_line}, b"{}"
            )
        elif place == "challenge":
            value = b'Bearer realm="x", error_description="' + one_line + b'"'
            self._write(403, {**json_type, "WWW-Authenticate": value}, b'{"message": "no"}')
        else:
            self._write(
                201,
                {**json_type, "X-Engagement-Id": self.server.encode(self.server.seen[-1])},
                b"{}",
            )

    def _write(self, status: int, headers: dict[str, bytes], body: bytes) -> None:
        head = b"".join(b"%s: %s\r\n" % (name.encode(), value) for name, value in headers.items())
        start = f"HTTP/1.1 {status} Echo\r\nContent-Length: {len(body)}\r\nConnection: close\r\n"
        self.wfile.write(start.encode() + head + b"\r\n" + body)

    def log_message(self, *_: object) -> None:
        """Print nothing."""
