"""Logging in at an independent OAuth server: npm's oidc-provider, on loopback."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit

import pytest
import requests

from helpers.command import Cxcall

pytestmark = pytest.mark.slow

VERSION = "9.13.3"
SERVER = Path(__file__).parents[1] / "helpers" / "oidc_provider.mjs"
SECRET = "a-secret-of-the-client"
WAIT = 60


@pytest.fixture(scope="session")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Install the server once for all workers; skip with the reason if that fails."""
    fcntl = pytest.importorskip("fcntl")
    if not (shutil.which("node") and shutil.which("npm")):
        pytest.skip("oidc-provider needs Node, and `node` or `npm` is not there")
    shared = "PYTEST_XDIST_WORKER" in os.environ
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if shared else base) / "oidc-provider"
    folder.mkdir(exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "done").exists():
            command = ["npm", "install", "--no-audit", "--no-fund", "--ignore-scripts"]
            result = subprocess.run(
                [*command, "--prefix", str(folder), f"oidc-provider@{VERSION}"],
                capture_output=True,
                text=True,
                timeout=240,
                check=False,
            )
            (folder / "done").write_text(
                _reason(result.stderr) if result.returncode else "", "utf-8"
            )
            shutil.copy(SERVER, folder)
        if failure := (folder / "done").read_text("utf-8"):
            pytest.skip(f"oidc-provider {VERSION} cannot be installed: {failure}")
    return folder


def _reason(text: str) -> str:
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


@pytest.fixture(scope="module")
def start(installed: Path) -> Iterator[Start]:
    """Return a function that starts a server, or returns a running one with the same settings."""
    running: dict[str, Provider] = {}

    def start_one(**settings: Any) -> Provider:
        text = json.dumps({**USUAL, **settings})
        provider = running[text] = running.get(text) or Provider(installed, text)
        provider.granted()
        return provider

    yield start_one
    for provider in running.values():
        provider.stop()


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


def test_browser_login_stores_the_token(cxcall: Cxcall, start: Start) -> None:
    provider = start()
    output = logged_in(at(cxcall, provider))
    assert "authorization-code" in output
    found = status(cxcall)
    assert (found["usable"], found["kind"], found["clientId"]) == (
        True,
        "authorization-code",
        "public",
    )
    token = cxcall("auth", "token", code=0).out.strip()
    del cxcall.environment["CXCALL_CLIENT_ID"]
    assert cxcall("auth", "token", code=0).out.strip() == token
    assert token not in output
    assert provider.granted() == ["authorization_code"]


def test_authorization_url_has_the_required_parameters(cxcall: Cxcall, start: Start) -> None:
    running = Running(at(cxcall, start()), "--no-browser")
    asked = running.asked
    assert (asked["response_type"], asked["code_challenge_method"]) == ("code", "S256")
    assert "scope" not in asked
    assert urlsplit(asked["redirect_uri"]).hostname == "localhost"
    assert len(asked["state"]) >= 32
    running.process.send_signal(signal.SIGINT)
    running.end(130)


@pytest.mark.slow
def test_expired_token_is_renewed_with_the_refresh_token(cxcall: Cxcall, start: Start) -> None:
    provider = start()
    logged_in(at(cxcall, provider))
    tokens = set()
    for _ in range(3):
        age(cxcall)
        tokens.add(cxcall("auth", "token", code=0).out.strip())
    assert len(tokens) == 3
    # Each refresh token is valid once: using an old one again would have ended the login.
    assert provider.granted() == ["authorization_code", *["refresh_token"] * 3]


@pytest.mark.slow
def test_only_one_of_two_processes_renews_the_login(cxcall: Cxcall, start: Start) -> None:
    provider = start(life=30)
    logged_in(at(cxcall, provider))
    age(cxcall)
    with ThreadPoolExecutor(6) as pool:
        ran = list(pool.map(lambda _: cxcall("auth", "token", code=0).out, range(6)))
    assert len(set(ran)) == 1
    assert provider.granted() == ["authorization_code", "refresh_token"]


def test_login_without_refresh_token_requires_a_new_login(cxcall: Cxcall, start: Start) -> None:
    logged_in(at(cxcall, start(refreshes=False)))
    assert status(cxcall)["renewable"] is False
    age(cxcall)
    ran = cxcall("auth", "token", "-o", "json", code=4)
    assert ran.codes == ["token-expired"]
    assert "--web" in ran.envelope["findings"][0]["fix"]


def test_login_ended_by_the_server_is_reported(cxcall: Cxcall, start: Start) -> None:
    logged_in(at(cxcall, start()))
    path = cxcall.folder / "state" / "credentials.json"
    kept = json.loads(path.read_text("utf-8"))
    refresh = kept["records"][0]["refresh_token"]
    kept["records"][0]["refresh_token"] = "not-one-of-its-own"
    path.write_text(json.dumps(kept), "utf-8")
    age(cxcall)
    ran = cxcall("auth", "token", code=4)
    assert "the login is no longer valid" in ran.err
    assert "not-one-of-its-own" not in ran.err
    assert refresh not in ran.err


def test_client_with_a_secret_logs_in(cxcall: Cxcall, start: Start) -> None:
    provider = start(life=30)
    cxcall.environment["CXCALL_CLIENT_SECRET"] = SECRET
    assert SECRET not in logged_in(at(cxcall, provider, "confidential"))
    assert status(cxcall)["kind"] == "authorization-code"  # and not by the client's own credentials
    age(cxcall)
    cxcall("auth", "token", code=0)
    assert provider.granted() == ["authorization_code", "refresh_token"]


def test_client_credentials_work_with_a_third_party_server(cxcall: Cxcall, start: Start) -> None:
    provider = start()
    cxcall.environment["CXCALL_CLIENT_SECRET"] = SECRET
    at(cxcall, provider, "machine")
    wrong = cxcall("auth", "token", code=4, env={"CXCALL_CLIENT_SECRET": "wrong"})
    assert "is wrong" in wrong.err
    cxcall("auth", "token", code=0)
    assert status(cxcall)["kind"] == "client-credentials"
    assert provider.granted()[0] == "client_credentials"


def test_refused_consent_is_reported(cxcall: Cxcall, start: Start) -> None:
    running = Running(at(cxcall, start()), "--no-browser")
    assert "The login failed" in Person().refuse(running.page).text
    output = running.end(4)
    assert "refused in the browser" in output
    assert "access_denied" in output
    assert not (cxcall.folder / "state" / "credentials.json").exists()


def test_unknown_client_ends_the_login(cxcall: Cxcall, start: Start) -> None:
    running = Running(at(cxcall, start(), "nobody"), "--no-browser")
    reply = requests.get(running.page, timeout=WAIT)
    assert reply.status_code == 400  # reported on the page: the browser does not return
    running.process.send_signal(signal.SIGINT)
    running.end(130)


@contextmanager
def waiting(cxcall: Cxcall, start: Start) -> Iterator[tuple[Running, str]]:
    """Run a login until it waits; yields it with its redirect address."""
    running = Running(at(cxcall, start()), "--no-browser")
    yield running, running.asked["redirect_uri"]
    if running.process.poll() is None:
        running.process.kill()
        running.process.communicate()


@pytest.mark.parametrize("state", ["another", "", None])
def test_redirect_with_wrong_state_does_not_end_the_login(
    cxcall: Cxcall, start: Start, state: str | None
) -> None:
    with waiting(cxcall, start) as (running, back):
        parameters = {"code": "c0de-of-somebody", **({} if state is None else {"state": state})}
        reply = requests.get(f"{back}/?{urlencode(parameters)}", timeout=WAIT)
        assert reply.status_code == 404
        assert "login" not in reply.text
        Person().log_in(running.page)
        assert "c0de-of-somebody" not in running.end(0)


def test_invalid_code_is_refused(cxcall: Cxcall, start: Start) -> None:
    with waiting(cxcall, start) as (running, back):
        parameters = urlencode({"code": "c0de-of-nobody", "state": running.asked["state"]})
        requests.get(f"{back}/?{parameters}", timeout=WAIT)
        output = running.end(4)
        assert "c0de-of-nobody" not in output


@pytest.mark.parametrize(
    ("parameters", "words"),
    [
        ({"error": "server_error", "error_description": "oops\x1b[2J"}, "oops"),
        ({"error": "unauthorized_client"}, "grant type"),
        ({"error": "made_up"}, "made_up"),
        ({}, "has no authorization code"),
    ],
)
def test_error_in_redirect_is_reported(
    cxcall: Cxcall, start: Start, parameters: dict[str, str], words: str
) -> None:
    with waiting(cxcall, start) as (running, back):
        requests.get(
            f"{back}/?{urlencode({**parameters, 'state': running.asked['state']})}", timeout=WAIT
        )
        output = running.end(4)
        assert words in output
        assert "\x1b" not in output


def test_unrelated_requests_do_not_end_the_login(cxcall: Cxcall, start: Start) -> None:
    with waiting(cxcall, start) as (running, back):
        for path in ("/favicon.ico", "/", "/else?code=1&state=2", "/?x=y"):
            assert requests.get(f"{back}{path}", timeout=WAIT).status_code == 404
        strange = {"Host": "rebound.example"}
        assert requests.get(f"{back}/?code=1", headers=strange, timeout=WAIT).status_code == 404
        assert requests.post(f"{back}/?code=1", timeout=WAIT).status_code == 501
        Person().log_in(running.page)
        running.end(0)


def test_idle_browser_connection_does_not_block_the_login(cxcall: Cxcall, start: Start) -> None:
    import socket

    with (
        waiting(cxcall, start) as (running, back),
        socket.create_connection(("127.0.0.1", urlsplit(back).port or 0)),
    ):
        Person().log_in(running.page)
        running.end(0)


def test_redirect_port_can_be_chosen(cxcall: Cxcall, start: Start) -> None:
    import socket

    at(cxcall, start())
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        ran = cxcall("auth", "login", "--web", "--port", port, code=2)
        assert "cannot listen on port" in ran.err
    running = Running(cxcall, "--no-browser", "--port", port)
    assert running.asked["redirect_uri"] == f"http://localhost:{port}"
    Person().log_in(running.page)
    running.end(0)


def test_login_opens_the_browser(cxcall: Cxcall, start: Start, tmp_path: Path) -> None:
    script = tmp_path / "browser"
    script.write_text(f'#!/bin/sh\nprintf %s "$1" > {tmp_path}/opened\n', "utf-8")
    script.chmod(0o755)
    running = Running(at(cxcall, start()), env={"BROWSER": f"{script} %s"})
    Person().log_in(running.page)
    running.end(0)
    assert (tmp_path / "opened").read_text("utf-8") == running.page


@pytest.fixture
def chromium(tmp_path: Path) -> Iterator[Path]:
    """Return a script that opens a page in a headless Chromium; it ends with the test."""
    names = ("chromium", "chromium-browser", "google-chrome", "chrome")
    found = os.environ.get("CHROME_BIN") or next(filter(None, map(shutil.which, names)), None)
    if not found:
        pytest.skip("no Chromium is on PATH, and CHROME_BIN names none")
    flags = "--headless --no-sandbox --disable-gpu --no-zygote --remote-debugging-port=0"
    script = tmp_path / "chromium"
    script.write_text(
        f"#!/bin/sh\necho $$ > {tmp_path}/pid\n"
        f'exec {found} {flags} --user-data-dir={tmp_path}/profile "$1" >/dev/null 2>&1\n',
        "utf-8",
    )
    script.chmod(0o755)
    yield script
    with suppress(FileNotFoundError, ProcessLookupError):
        os.kill(int((tmp_path / "pid").read_text("utf-8")), signal.SIGTERM)


def test_real_browser_completes_the_login(cxcall: Cxcall, start: Start, chromium: Path) -> None:
    provider = start(fills=True)
    # In `webbrowser`, `&` means a browser that does not block its caller.
    running = Running(at(cxcall, provider), env={"BROWSER": f"{chromium} %s &"})
    running.end(0)
    port = (chromium.parent / "profile" / "DevToolsActivePort").read_text("utf-8").split()[0]
    expected = running.asked["redirect_uri"]
    shown: dict[str, str] = {}
    ends = time.monotonic() + WAIT
    while expected not in shown.get("url", "") and time.monotonic() < ends:
        tabs = requests.get(f"http://127.0.0.1:{port}/json/list", timeout=WAIT).json()
        shown = next(tab for tab in tabs if tab["type"] == "page")
    assert shown["url"].startswith(expected)
    assert status(cxcall)["kind"] == "authorization-code"
    assert provider.granted() == ["authorization_code"]


def test_browser_login_finds_the_cxone_tenant(cxcall: Cxcall, start: Start) -> None:
    provider = start(path="/auth")
    cxcall.environment |= {
        "CXCALL_PLATFORM": "nice-cxone",
        "CXCALL_ISSUER": provider.url,
        "CXCALL_CLIENT_ID": "public",
    }
    running = Running(cxcall, "--no-browser")
    assert running.asked["scope"] == "openid"
    Person().log_in(running.page)
    running.end(0)
    found = status(cxcall)
    assert found["kind"] == "authorization-code"
    assert found["baseUrl"] == f"{provider.url}/inContactAPI/services/v34.0"
    del cxcall.environment["CXCALL_CLIENT_ID"]
    assert cxcall("auth", "token", code=0).out


@pytest.mark.parametrize(
    # `test_failed_tenant_discovery_is_reported` has more cases: a browser login uses the same discovery.
    "api",
    ["https://niceincontact.com@attacker.example", ""],
)
def test_token_is_not_sent_to_an_untrusted_discovered_host(
    cxcall: Cxcall, start: Start, api: str
) -> None:
    provider = start(path="/auth", api=api)
    cxcall.environment |= {
        "CXCALL_PLATFORM": "nice-cxone",
        "CXCALL_ISSUER": provider.url,
        "CXCALL_CLIENT_ID": "public",
    }
    running = Running(cxcall, "--no-browser")
    Person().log_in(running.page)
    assert "as the tenant's API" in running.end(4)
    state = cxcall.folder / "state"
    assert not (state / "credentials.json").exists()
    assert not (state / "tenants.json").exists()


@pytest.mark.slow
def test_renewed_login_stays_in_the_keyring(cxcall: Cxcall, start: Start) -> None:
    cxcall.environment |= {
        "PYTHONPATH": str(SERVER.parent),
        "KEYRING_FILE": str(cxcall.folder / "keyring.json"),
        "PYTHON_KEYRING_BACKEND": "keyring_backends.Keeping",
        "CXCALL_CLIENT_SECRET": SECRET,
    }
    provider = start()
    logged_in(at(cxcall, provider, "confidential"))
    del cxcall.environment["CXCALL_CLIENT_SECRET"]
    for _ in range(2):
        age(cxcall)
        cxcall("auth", "token", code=0)
    kept = (cxcall.folder / "state" / "credentials.json").read_text("utf-8")
    assert json.loads(kept)["records"][0]["in_keyring"] == ["client_secret", "refresh_token"]
    assert SECRET not in kept
    assert provider.granted() == ["authorization_code", "refresh_token", "refresh_token"]
