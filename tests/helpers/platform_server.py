"""A platform for batches: tokens that expire, a token bucket, responses by rule; it counts every call.

Independent of the sandbox, so that both cannot have the same error.
"""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BufferedIOBase
from threading import Condition, Lock, Thread
from typing import Any, NamedTuple, Self


class Reply(NamedTuple):
    """A response; `rings` says whether the platform acted on the request."""

    status: int = 201
    body: Mapping[str, Any] | list[Any] | None = None
    headers: Mapping[str, str] = {}
    rings: bool = True


class Bucket:
    """A token bucket: `rate` requests a second, `burst` of them at once; full at the start."""

    def __init__(self, rate: float, burst: float) -> None:
        self.rate, self.burst, self.tokens = rate, burst, burst
        self.at = time.monotonic()
        self.lock = Lock()

    def take(self) -> bool:
        """Take one token, if there is one."""
        with self.lock:
            now = time.monotonic()
            self.tokens = min(self.burst, self.tokens + (now - self.at) * self.rate)
            self.at = now
            if self.tokens < 1:
                return False
            self.tokens -= 1
            return True


def read_whole(file: BufferedIOBase, length: int) -> bytes:
    """Return a body; raises ConnectionError if its client was killed meanwhile, so that the request has no effect."""
    content = file.read(length)
    if len(content) < length:
        raise ConnectionError("the client ended within its body")
    return content


class Platform:
    """A running server. `answer` decides each reply from the body, `reads` that of a GET from its path.

    Both also get the number of earlier requests of the same kind.
    """

    def __init__(
        self,
        answer: Callable[[Any, int], Reply] = lambda _body, _count: Reply(),
        *,
        bucket: Bucket | None = None,
        token_uses: int = 1_000_000,
        reads: Callable[[str, int], Reply] = lambda _path, _count: Reply(404),
    ) -> None:
        self.answer, self.bucket, self.token_uses = answer, bucket, token_uses
        self.reads = reads
        self.dials: Counter[str] = Counter()
        self.seen: Counter[str] = Counter()
        self.order: list[Any] = []
        self.limited = self.grants = self.uses = self.at_once = self.most_at_once = 0
        self.at_first = self.at_last = 0.0
        self.changed = Condition()

    @property
    def rung(self) -> int:
        """The number of placed calls."""
        return sum(self.dials.values())

    def wait_for_rings(self, count: int, timeout: float = 30) -> bool:
        """Wait until `count` calls were placed."""
        with self.changed:
            return self.changed.wait_for(lambda: self.rung >= count, timeout)

    def token(self) -> Reply:
        """Issue the next token; the previous one expires."""
        with self.changed:
            self.grants += 1
            self.uses = 0
        granted = {"access_token": f"token-{self.grants:08}", "token_type": "bearer"}
        return Reply(200, {**granted, "expires_in": 3600})

    def reply(self, raw: bytes, token: str) -> Reply:
        """Respond like the platform: by the token (after it issued one), the rate, and the body."""
        body = json.loads(raw or b"null")
        key = json.dumps(body, sort_keys=True)
        with self.changed:
            is_known = token == f"Bearer token-{self.grants:08}" or not self.grants
            self.uses += is_known  # others may still come with the token before
            if not is_known or self.uses > self.token_uses:
                return Reply(401, {"message": "expired", "code": "credentials.expired"})
            if self.bucket is not None and not self.bucket.take():
                self.limited += 1
                return Reply(
                    429, {"message": "Rate limit exceeded", "status": 429}, {"Retry-After": "1"}
                )
            count = self.seen[key]
            self.seen[key] += 1
        reply = self.answer(body, count)
        with self.changed:
            if reply.rings and reply.status not in (400, 401, 403, 404, 429):
                self.dials[key] += 1
                self.at_last = time.monotonic()
                self.at_first = self.at_first or self.at_last
                self.order.append(body)
                self.changed.notify_all()
        return reply

    def __enter__(self) -> Self:
        platform = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                raw = read_whole(self.rfile, int(self.headers["Content-Length"]))
                if self.path == "/oauth/token":
                    reply = platform.token()
                else:
                    with platform.changed:
                        platform.at_once += 1
                        platform.most_at_once = max(platform.at_once, platform.most_at_once)
                    reply = platform.reply(raw, self.headers["Authorization"])
                    with platform.changed:
                        platform.at_once -= 1
                self.send(reply)

            def do_GET(self) -> None:
                with platform.changed:
                    count = platform.seen[self.path]
                    platform.seen[self.path] += 1
                self.send(platform.reads(self.path, count))

            def send(self, reply: Reply) -> None:
                if reply.status == 0:  # the connection ends without a response
                    self.close_connection = True
                    return
                content = json.dumps({} if reply.body is None else reply.body).encode()
                self.send_response_only(reply.status)
                self.send_header("Date", reply.headers.get("Date", self.date_time_string()))
                for name, value in reply.headers.items():
                    if name != "Date":
                        self.send_header(name, value)
                self.send_header("Content-Length", str(len(content)))
                self.send_header("Connection", "close")
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_: object) -> None:
                pass

        class Server(ThreadingHTTPServer):
            request_queue_size = 256
            daemon_threads = True

            def handle_error(self, *_: object) -> None:
                pass

        self._server = Server(("127.0.0.1", 0), Handler)
        self._thread = Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})
        self._thread.start()
        self.base_url = f"http://127.0.0.1:{self._server.server_port}"
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    @property
    def environment(self) -> dict[str, str]:
        """The environment variables that point the command here."""
        return {
            "CXCALL_BASE_URL": self.base_url,
            "CXCALL_CLIENT_ID": "client",
            "CXCALL_CLIENT_SECRET": "secret-of-the-client",
        }
