"""Fixtures for credentials: a token endpoint with settings for it, and an independent OAuth server."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cxcall.contracts.contract import load_shipped_contracts
from cxcall.settings import settings as config
from helpers.oauth_provider import (
    SERVER,
    USUAL,
    VERSION,
    Provider,
    Start,
    npm_error,
)
from helpers.token_endpoint import (
    SECRET,
    LoadSettings,
    TokenEndpoint,
)


@pytest.fixture
def endpoint() -> Iterator[TokenEndpoint]:
    running = TokenEndpoint()
    yield running
    running.stop()


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in list(os.environ):
        if name.startswith(("CXCALL_", "GENESYSCLOUD_")) or name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)
    folder = tmp_path / "home" / "state"
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("CXCALL_STATE_DIR", str(folder))
    monkeypatch.setenv("CXCALL_CONFIG_DIR", str(tmp_path / "config"))
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.fail.Keyring")
    monkeypatch.chdir(tmp_path)
    return folder


@pytest.fixture
def load(endpoint: TokenEndpoint) -> LoadSettings:
    """Load settings for the endpoint with values by name; None means not set."""

    def load_with(**flags: str | None) -> config.Settings:
        set_ones = {
            "base_url": endpoint.base_url,
            "client_id": "me",
            "client_secret": SECRET,
            "timeout": "5",
        }
        return config.load_settings({**set_ones, **flags}, load_shipped_contracts()[0])

    return load_with


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
            command += [
                "--fetch-retry-mintimeout=1000",
                "--fetch-retry-maxtimeout=2000",
            ]  # not 70 s
            result = subprocess.run(
                [*command, "--prefix", str(folder), f"oidc-provider@{VERSION}"],
                capture_output=True,
                text=True,
                timeout=240,
                check=False,
            )
            (folder / "done").write_text(
                npm_error(result.stderr) if result.returncode else "", "utf-8"
            )
            shutil.copy(SERVER, folder)
        if failure := (folder / "done").read_text("utf-8"):
            pytest.skip(f"oidc-provider {VERSION} cannot be installed: {failure}")
    return folder


@pytest.fixture(scope="session")
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
