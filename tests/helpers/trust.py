"""A working directory that is not trusted, and a server that records the secrets that it receives."""

from __future__ import annotations

import os
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING

from cxcall.contracts.contract import find_platform_contract
from cxcall.settings.settings import Settings, find_platform, load_settings

if TYPE_CHECKING:
    import pytest

SECRET = "m4rker-s3cret"


class Folder:
    """A working directory with a `.env` file, and a config folder, in a clean environment."""

    def __init__(self, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        for name in list(os.environ):
            if name.startswith(("CXCALL_", "GENESYSCLOUD_")):
                monkeypatch.delenv(name)
        for name in ("config", "state"):
            monkeypatch.setenv(f"CXCALL_{name.upper()}_DIR", str(path / name))
        (path / "config").mkdir()
        monkeypatch.chdir(path)
        self._monkeypatch = monkeypatch
        self._profile = ["[profiles.default]"]
        self._dotenv: list[str] = []
        self._flags: dict[str, str | None] = {}

    def set(self, source: str, name: str, value: str) -> None:
        """Set a setting in `environment`, `vendor`, `profile`, `.env`, or a `flag`."""
        vendor = {
            "access_token": "GENESYSCLOUD_ACCESS_TOKEN",
            "client_id": "GENESYSCLOUD_OAUTHCLIENT_ID",
            "client_secret": "GENESYSCLOUD_OAUTHCLIENT_SECRET",
        }
        if source == "environment":
            self._monkeypatch.setenv(f"CXCALL_{name.upper()}", value)
        elif source == "vendor":
            self._monkeypatch.setenv(vendor[name], value)
        elif source == "profile":
            self._profile.append(f'{name} = "{value}"')
        elif source == "flag":
            self._flags[name] = value
        else:
            self._dotenv.append(f"CXCALL_{name.upper()}={value}")

    def load(self, *, has_dotenv: bool = True) -> Settings:
        """Write the files, and load the settings as a command does."""
        profiles = [*self._profile, "[profiles.other]", 'region = "eu-west-1"']
        config = Path("config/config.toml")
        config.write_text("\n".join(profiles), "utf-8")
        config.chmod(0o600)
        Path(".env").write_text("\n".join(self._dotenv if has_dotenv else ()), "utf-8")
        return load_settings(self._flags, find_platform_contract(find_platform(self._flags)))


class Recorder:
    """A loopback server that records the `Authorization` headers and bodies that it receives.

    As a proxy (`HTTPS_PROXY`), it records the requested hosts in `hosts`, and connects to none.
    """

    def __init__(self) -> None:
        self.received: list[str] = []
        self.hosts: list[str] = []
        self.count = 0
        recorder = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                recorder.count += 1
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                authorization = self.headers.get("Authorization", "")
                if authorization or body:
                    recorder.received.append(f"{authorization} {body!r}")
                self.send_response(401)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def do_POST(self) -> None:
                self.do_GET()

            def do_CONNECT(self) -> None:
                recorder.hosts.append(self.path)
                self.send_response(403)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def stop(self) -> None:
        """Stop the server."""
        self._server.shutdown()
        self._server.server_close()
