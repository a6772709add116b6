"""Fixtures for tokens: a token endpoint, a state folder, and a function that loads settings for both."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from cxcall.contracts.contract import load_shipped_contracts
from cxcall.settings import settings as config
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
