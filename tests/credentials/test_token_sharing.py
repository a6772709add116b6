"""Processes share one token: each token that is issued counts against a limit of the platform."""

from __future__ import annotations

import json
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from cxcall.contracts.contract import load_shipped_contracts
from cxcall.credentials import token_cache, token_provider
from cxcall.settings.settings import load_settings
from helpers.command import CAMPAIGN
from helpers.platform_server import Platform

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from helpers.command import Cxcall


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
    refused = token_provider.get_token(settings) if fresh else None
    lock, others = token_cache.lock_tokens, []

    @contextmanager
    def wait_for_lock(timeout: float) -> Iterator[None]:
        monkeypatch.setattr(token_cache, "lock_tokens", lock)
        others.append(
            token_provider.get_token(settings, fresh=fresh)
        )  # the process that has the lock
        with lock(timeout):
            yield

    monkeypatch.setattr(token_cache, "lock_tokens", wait_for_lock)
    token = token_provider.get_token(settings, fresh=fresh)
    assert [token] == others
    assert token != refused
    assert platform.grants == (2 if fresh else 1)
    kept = json.loads((tmp_path / "state" / "tokens.json").read_text("utf-8"))["records"]
    assert [record["value"] for record in kept] == [token.value]


@pytest.mark.slow
def test_token_that_the_api_refuses_is_renewed_once_for_a_single_call(cxcall: Cxcall) -> None:
    words = ("execute", CAMPAIGN, "--phone-number", "+12025550123", "--yes", "-o", "json")
    with Platform(token_uses=1) as platform:
        cxcall.environment |= platform.environment
        for number, attempts in ((1, 1), (2, 2)):  # the second process cannot use the cached token
            contact = f"12345678-1234-4234-8234-{number:012}"
            ran = cxcall(*words, "--contact-id", contact, code=0)
            assert ran.envelope["attempts"] == attempts
        assert (platform.rung, platform.grants) == (2, 2)
        platform.token_uses = 0
        ran = cxcall(*words, "--contact-id", f"12345678-1234-4234-8234-{3:012}", code=4)
        assert (ran.envelope["attempts"], platform.rung) == (2, 2)
