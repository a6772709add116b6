"""A token endpoint on loopback with scripted responses, and the settings for it."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from cxcall.findings.errors import CxcallError
from cxcall.settings import settings as config

SECRET = "m4rker+s3cret/=%"


TOKEN = "t0ken-m4rker"


ROOT = Path(__file__).parents[2]


@dataclass
class Answer:
    """A response of the token endpoint; `raw` replaces everything, with `hang` it never responds."""

    status: int = 200
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    raw: bytes | None = None
    hang: bool = False


@dataclass(frozen=True)
class Asked:
    """A request that it received."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


class TokenEndpoint:
    """A real token endpoint on loopback: scripted responses first, then numbered tokens."""

    def __init__(self) -> None:
        self.script: list[Answer] = []
        self.asked: list[Asked] = []
        self.life: object = 86400
        self.called, self.released = threading.Event(), threading.Event()
        endpoint = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                endpoint.answer(self)

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.base_url = f"http://127.0.0.1:{self.server.server_address[1]}"
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.01,))
        self.thread.start()

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        """Record the request, and respond."""
        body = handler.rfile.read(int(handler.headers.get("Content-Length", 0)))
        self.asked.append(
            Asked(handler.command, handler.path, {**dict(handler.headers.items())}, body)
        )
        self.called.set()
        granted = {
            "access_token": f"{TOKEN}-{len(self.asked)}",
            "token_type": "bearer",
            "expires_in": self.life,
        }
        answer = self.script.pop(0) if self.script else Answer(body=granted)
        handler.close_connection = True
        if answer.hang:
            self.released.wait(30)
        elif answer.raw is not None:
            handler.wfile.write(answer.raw)
        else:
            body = (
                answer.body if isinstance(answer.body, bytes) else json.dumps(answer.body).encode()
            )
            handler.send_response(answer.status)
            for name, value in {"Content-Length": str(len(body)), **answer.headers}.items():
                handler.send_header(name, value)
            handler.end_headers()
            handler.wfile.write(body)

    def stop(self) -> None:
        """Release waiting requests, and close."""
        self.released.set()
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


LoadSettings = Callable[..., config.Settings]


NONE: dict[str, None] = {"client_id": None, "client_secret": None}


def records(state: Path, name: str = "tokens.json") -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((state / name).read_text("utf-8"))["records"]
    return found


def rewrite(state: Path, change: Callable[[dict[str, Any]], object]) -> None:
    found = records(state)
    for record in found:
        change(record)
    text = json.dumps({"version": 1, "records": found})
    (state / "tokens.json").write_text(text, "utf-8")


def said(error: CxcallError) -> str:
    return " ".join(f"{found!r} {found}" for found in error.findings) + repr(error) + str(error)


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


def environment(base_url: str) -> dict[str, str]:
    return {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "CXCALL_BASE_URL": base_url,
        "CXCALL_CLIENT_SECRET": SECRET,
    }


def oauth(status: int, error: str, description: str, **headers: str) -> Answer:
    body = {"error": error, "description": description, "error_description": description}
    return Answer(status, body, headers)


GARBAGE = [
    b"",
    b"{",
    b"null",
    b"[]",
    b'"x"',
    b"\xff\xfe",
    b"{}",
    b'{"version": 1}',
    b"[" * 100_000,
    b'{"version": 1, "records": 3}',
    b'{"version": 1, "records": [3, null, {}]}',
    b'{"version": 2, "records": []}',
    b'{"version": 1, "records": {"a": 1}}',
]
