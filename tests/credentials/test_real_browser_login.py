"""A login in a real browser, and the tenant of NICE CXone."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import time
import webbrowser
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
import requests

from cxcall.credentials.browser_login import open_page
from helpers.command import Cxcall
from helpers.oauth_provider import (
    CLIENT_SECRET,
    SERVER,
    WAIT,
    Person,
    Running,
    Start,
    age,
    at,
    logged_in,
    status,
)

pytestmark = pytest.mark.slow


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
    script.write_text(
        f'#!/bin/sh\nprintf %s "$1" > {tmp_path}/opened\nenv > {tmp_path}/environment\n', "utf-8"
    )
    script.chmod(0o755)
    vendors = {"GENESYSCLOUD_SDK_LOG": "x"}
    running = Running(at(cxcall, start()), env={"BROWSER": f"{script} %s", **vendors})
    Person().log_in(running.page)
    running.end(0)
    assert (tmp_path / "opened").read_text("utf-8") == running.page
    environment = (tmp_path / "environment").read_text("utf-8")
    assert "BROWSER=" in environment
    assert not {"CXCALL_", "GENESYSCLOUD_"} & {*re.findall("^[A-Z]+_", environment, re.MULTILINE)}


def test_text_mode_browser_is_not_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It would write into the output of the command, and read its terminal."""
    for name in ("lynx", "browser"):
        script = tmp_path / name
        script.write_text(f"#!/bin/sh\n: > {tmp_path}/opened-$(basename $0)\n", "utf-8")
        script.chmod(0o755)
        browser = webbrowser.GenericBrowser([str(script), "%s"])
        monkeypatch.setattr(webbrowser, "get", lambda browser=browser: browser)
        open_page("http://127.0.0.1:1/")
    assert [each.name for each in tmp_path.glob("opened-*")] == ["opened-browser"]


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
        "CXCALL_CLIENT_SECRET": CLIENT_SECRET,
    }
    provider = start()
    logged_in(at(cxcall, provider, "confidential"))
    del cxcall.environment["CXCALL_CLIENT_SECRET"]
    for _ in range(2):
        age(cxcall)
        cxcall("auth", "token", code=0)
    kept = (cxcall.folder / "state" / "credentials.json").read_text("utf-8")
    (login,) = (each for each in json.loads(kept)["records"] if "base_url" in each)
    assert login["in_keyring"] == ["client_secret", "refresh_token"]
    entries = json.loads((cxcall.folder / "keyring.json").read_text("utf-8"))
    assert len(entries) == 1  # a login that is renewed keeps its entry
    assert CLIENT_SECRET not in kept
    assert provider.granted() == ["authorization_code", "refresh_token", "refresh_token"]
