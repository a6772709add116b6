"""Processes share one token: each token that is issued counts against a limit of the platform."""

from __future__ import annotations

import json
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from cxcall.contracts.contract import load_shipped_contracts
from cxcall.credentials import store, tokens
from cxcall.settings.settings import load_settings
from helpers.platform_server import Platform

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from cxcall.settings.settings import Settings


@pytest.fixture
def platform(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Platform]:
    monkeypatch.setenv("CXCALL_STATE_DIR", str(tmp_path / "state"))
    monkeypatch.setenv("CXCALL_CONFIG_DIR", str(tmp_path / "config"))
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.fail.Keyring")
    monkeypatch.chdir(tmp_path)
    with Platform() as running:
        for name, value in running.environment.items():
            monkeypatch.setenv(name, value)
        yield running


@pytest.mark.parametrize("fresh", [False, True], ids=["none yet", "refused"])
def test_process_that_waited_uses_the_token_another_one_requested(
    platform: Platform, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, fresh: bool
) -> None:
    settings = load_settings({}, load_shipped_contracts()[0])
    refused = tokens.get_token(settings) if fresh else None
    lock, others = store.lock_store, []

    @contextmanager
    def wait_for_lock(settings: Settings) -> Iterator[None]:
        monkeypatch.setattr(store, "lock_store", lock)
        others.append(tokens.get_token(settings, fresh=fresh))  # the process that has the lock
        with lock(settings):
            yield

    monkeypatch.setattr(store, "lock_store", wait_for_lock)
    token = tokens.get_token(settings, fresh=fresh)
    assert [token] == others
    assert token != refused
    assert platform.grants == (2 if fresh else 1)
    kept = json.loads((tmp_path / "state" / "tokens.json").read_text("utf-8"))["records"]
    assert [record["value"] for record in kept] == [token.value]
