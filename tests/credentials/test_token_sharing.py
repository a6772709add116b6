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
from helpers.platform_server import Platform, Reply
from helpers.workers import OPERATION, rows_of

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


@pytest.mark.parametrize("is_late", [False, True], ids=["at the lock", "before"])
@pytest.mark.parametrize("is_refused", [False, True], ids=["none yet", "refused"])
def test_process_uses_the_token_another_one_requested(
    platform: Platform,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    *,
    is_refused: bool,
    is_late: bool,
) -> None:
    settings = load_settings({}, load_shipped_contracts()[0])
    refused = token_provider.get_token(settings) if is_refused else None
    lock, others = token_cache.lock_tokens, []

    @contextmanager
    def wait_for_lock(timeout: float) -> Iterator[None]:
        monkeypatch.setattr(token_cache, "lock_tokens", lock)
        others.append(
            token_provider.get_token(settings, refused=refused)
        )  # the process that has the lock
        with lock(timeout):
            yield

    if is_late:
        others.append(token_provider.get_token(settings, refused=refused))
    else:
        monkeypatch.setattr(token_cache, "lock_tokens", wait_for_lock)
    token = token_provider.get_token(settings, refused=refused)
    assert [token] == others
    assert token != refused
    assert platform.grants == (2 if is_refused else 1)
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


@pytest.mark.slow
def test_batch_says_why_it_gets_no_new_token(cxcall: Cxcall) -> None:
    """It sends no row with the token that the API refused."""
    with Platform(token_uses=0) as platform:
        issue = platform.token
        no_more = Reply(429, {}, {"Retry-After": "0"})
        platform.token = lambda: no_more if platform.grants else issue()  # type: ignore[method-assign]
        cxcall.environment |= platform.environment
        queue = cxcall.file("rows.jsonl", "".join(json.dumps(row) + "\n" for row in rows_of(5)))
        words = (
            "batch",
            queue,
            *OPERATION,
            "--confirm",
            "5",
            "--max-failures",
            "3",
            "--concurrency",
            "1",
        )
        ran = cxcall(*words, "--rate", "500/s", code=9)
        assert "issues no more tokens for now" in ran.err
        assert "stopped: 3 requests in a row failed" in ran.err
        assert (platform.uses, platform.rung) == (1, 0)
