"""An independent OAuth server on loopback, npm's oidc-provider, and a person with a browser."""

from __future__ import annotations

import json
import re
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urljoin, urlsplit

import requests

from helpers.command import Cxcall

VERSION = "9.13.3"
SERVER = Path(__file__).parents[1] / "helpers" / "oidc_provider.mjs"
CLIENT_SECRET = "a-secret-of-the-client"
WAIT = 60


def npm_error(text: str) -> str:
    """Return the line of npm's errors with the reason, or else the last line."""
    lines = text.strip().splitlines() or ["npm says nothing"]
    return next((line for line in lines if "reason:" in line), lines[-1])


class Provider:
    """A running server."""

    def __init__(self, folder: Path, settings: str) -> None:
        self._process = subprocess.Popen(
            ["node", str(folder / SERVER.name), settings],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        assert self._process.stdout is not None
        self.url = self._process.stdout.readline().strip()

    def granted(self) -> list[str]:
        """Return the types of the grants since the last call."""
        found: list[str] = requests.get(f"{self.url}/granted", timeout=WAIT).json()
        return found

    def stop(self) -> None:
        """Stop it."""
        self._process.terminate()
        self._process.communicate(timeout=WAIT)


Start = Callable[..., Provider]
USUAL = {"life": 3600, "refreshes": True, "path": "/oauth", "tenant": "tenant-1"}


class Person:
    """A simulated person with a browser: follows redirects, keeps cookies, fills in forms."""

    def __init__(self) -> None:
        self._session = requests.Session()
        self._session.trust_env = False
        self.visited: list[str] = []

    def _get(self, url: str) -> requests.Response:
        # A browser also tries 127.0.0.1 for `localhost` if nothing listens on ::1.
        self.visited.append(url)
        return self._session.get(url, allow_redirects=False, timeout=WAIT)

    def _follow(self, reply: requests.Response) -> requests.Response:
        while reply.is_redirect:
            reply = self._get(urljoin(reply.url, reply.headers["Location"]))
        return reply

    def log_in(self, page: str) -> requests.Response:
        """Log in and allow; returns the last page."""
        reply = self._follow(self._get(page))
        while form := re.search(r'<form[^>]*action="([^"]+)"', reply.text):
            fields = dict(re.findall(r'name="(prompt)"[^>]*value="(\w+)"', reply.text))
            data = {**fields, "login": "ada", "password": "-"}
            reply = self._follow(
                self._session.post(
                    urljoin(reply.url, form[1]), data, allow_redirects=False, timeout=WAIT
                )
            )
        return reply

    def refuse(self, page: str) -> requests.Response:
        """Follow the link to cancel on the login page."""
        reply = self._follow(self._get(page))
        link = re.search(r'href="([^"]*/abort)"', reply.text)
        assert link
        return self._follow(self._get(urljoin(reply.url, link[1])))


class Running:
    """`cxcall auth login --web` while it waits for the person."""

    def __init__(self, cxcall: Cxcall, *args: str, env: dict[str, str] | None = None) -> None:
        self.process = cxcall.begin("auth", "login", "--web", *args, env=env)
        assert self.process.stderr is not None
        self.told = self.process.stderr.readline()
        self.page = self.process.stderr.readline().strip()

    @property
    def asked(self) -> dict[str, str]:
        """The query of the page's URL."""
        return dict(parse_qsl(urlsplit(self.page).query))

    def end(self, code: int) -> str:
        """Wait for the end, and return the whole output."""
        out, err = self.process.communicate(timeout=WAIT)
        assert "Traceback" not in err
        assert self.process.returncode == code, (out, err)
        return out + err


def at(cxcall: Cxcall, provider: Provider, client: str = "public") -> Cxcall:
    cxcall.environment |= {"CXCALL_BASE_URL": provider.url, "CXCALL_CLIENT_ID": client}
    return cxcall


def logged_in(cxcall: Cxcall, *args: str) -> str:
    running = Running(cxcall, "--no-browser", *args)
    reply = Person().log_in(running.page)
    assert "return to the terminal" in reply.text
    return running.end(0)


def status(cxcall: Cxcall) -> dict[str, Any]:
    data: dict[str, Any] = cxcall("auth", "status", "-o", "json").envelope["data"]
    return data


def age(cxcall: Cxcall) -> None:
    """Replace the token in use by an expired one."""
    path = cxcall.folder / "state" / "tokens.json"
    kept = json.loads(path.read_text("utf-8"))
    for record in kept["records"]:
        record["expires_at"] = time.time() - 1
    path.write_text(json.dumps(kept), "utf-8")
