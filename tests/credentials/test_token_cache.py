"""Tokens are requested once, stored privately, and shared by processes."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cxcall.credentials import login_and_logout, token_cache, token_provider
from cxcall.credentials.oauth_client import OAuthClient, UndeliveredError
from cxcall.credentials.status import get_status
from cxcall.documents import private_files
from cxcall.findings.errors import RejectedCredentialsError, UsageError
from cxcall.settings import settings as config
from cxcall.settings.sources import Layer
from helpers.command import start_script
from helpers.token_endpoint import (
    GARBAGE,
    NONE,
    SECRET,
    TOKEN,
    Answer,
    LoadSettings,
    TokenEndpoint,
    environment,
    mode,
    records,
    rewrite,
    said,
)

pytestmark = pytest.mark.usefixtures("state")


def test_token_is_requested_once_and_cached_privately(
    endpoint: TokenEndpoint, load: LoadSettings, state: Path
) -> None:
    first, second = token_provider.get_token(load()), token_provider.get_token(load())
    assert first == second
    assert len(endpoint.asked) == 1
    assert mode(state) == 0o700
    assert mode(state / "tokens.json") == 0o600
    assert [path.name for path in state.iterdir()] == ["tokens.json"]
    assert SECRET not in (state / "tokens.json").read_text("utf-8")


def test_refused_token_is_replaced(
    endpoint: TokenEndpoint, load: LoadSettings, state: Path
) -> None:
    first = token_provider.get_token(load())
    second = token_provider.get_token(load(), refused=first)
    assert second.value == f"{TOKEN}-2" != first.value
    assert token_provider.get_token(load()) == second
    assert len(endpoint.asked) == len(records(state)) + 1 == 2


def test_refused_token_is_not_used_again_if_it_is_issued_again(
    endpoint: TokenEndpoint, load: LoadSettings
) -> None:
    endpoint.script = [Answer(body={"access_token": TOKEN, "expires_in": 3600})] * 2
    token = token_provider.get_token(load())
    with pytest.raises(RejectedCredentialsError, match="cannot renew it"):
        token_provider.get_token(load(), refused=token)
    assert len(endpoint.asked) == 2


def test_refused_token_is_deleted_even_without_a_new_one(
    endpoint: TokenEndpoint, load: LoadSettings, state: Path
) -> None:
    token = token_provider.get_token(load())
    endpoint.script = [Answer(500, b"")]
    with pytest.raises(UndeliveredError):
        token_provider.get_token(load(), refused=token)
    assert records(state) == []


@pytest.mark.parametrize(
    ("life", "left", "kept"),
    [
        (86400, 62, True),
        (86400, 58, False),
        (86400, -1, False),
        (300, 32, True),
        (300, 28, False),
        (86400, 86400 + 5, False),  # issued in the future: the clock was set back
    ],
)
def test_cached_token_is_used_until_shortly_before_expiry(
    endpoint: TokenEndpoint,
    load: LoadSettings,
    state: Path,
    life: float,
    left: float,
    *,
    kept: bool,
) -> None:
    token_provider.get_token(load())
    now = time.time()
    rewrite(
        state,
        lambda record: record.update(issued_at=now + left - life, expires_at=now + left),
    )
    token_provider.get_token(load())
    assert len(endpoint.asked) == (1 if kept else 2)


@pytest.mark.parametrize(
    "change",
    [{"profile": "eu"}, {"client_id": "you"}, {"token_url": "{base_url}/other"}],
    ids=lambda change: next(iter(change)),
)
def test_cached_token_belongs_to_one_profile_client_and_endpoint(
    endpoint: TokenEndpoint, load: LoadSettings, state: Path, change: dict[str, str]
) -> None:
    folder = config.config_dir()
    folder.mkdir()
    (folder / "config.toml").write_text("[profiles.eu]\n", "utf-8")
    other = {name: value.format(base_url=endpoint.base_url) for name, value in change.items()}
    first, second = token_provider.get_token(load()), token_provider.get_token(load(**other))
    assert first.value != second.value
    assert token_provider.get_token(load()) == first
    assert token_provider.get_token(load(**other)) == second
    assert len(records(state)) == 2


@pytest.mark.parametrize("text", GARBAGE, ids=lambda text: text[:20].decode("latin-1"))
def test_damaged_cache_is_rewritten(
    endpoint: TokenEndpoint, load: LoadSettings, state: Path, text: bytes
) -> None:
    token_provider.get_token(load())
    (state / "tokens.json").write_bytes(text)
    token = token_provider.get_token(load())
    assert token.value == f"{TOKEN}-2"
    assert token_provider.get_token(load()) == token
    assert len(endpoint.asked) == 2
    assert records(state)[0]["value"] == token.value


DAMAGE: list[dict[str, Any]] = [
    {"value": 3},
    {"value": ""},
    {"value": "a\nb"},
    {"value": None},
    {"expires_at": "soon"},
    {"expires_at": None},
    {"issued_at": []},
    {"scopes": 3},
    {"expires_at": True},
]


@pytest.mark.parametrize("damage", DAMAGE, ids=str)
def test_damaged_token_is_requested_again(
    endpoint: TokenEndpoint, load: LoadSettings, state: Path, damage: dict[str, Any]
) -> None:
    token_provider.get_token(load())
    rewrite(state, lambda record: record.update(damage))
    assert token_provider.get_token(load()).value == f"{TOKEN}-2"
    assert len(endpoint.asked) == len(records(state)) + 1 == 2


@pytest.mark.usefixtures("endpoint")
def test_logout_names_each_address_of_tokens_once(load: LoadSettings) -> None:
    for client_id in ("me", "you"):
        login_and_logout.store_login(load(**NONE), client_id, SECRET)
    removed = login_and_logout.delete_login("default")[0]
    assert len(removed) == len(set(removed))
    assert sum(each.startswith("2 tokens from http") for each in removed) == 1


def test_folder_in_place_of_the_cache_is_not_reported_as_a_file_that_others_can_read(
    endpoint: TokenEndpoint, load: LoadSettings, state: Path
) -> None:
    (state / "tokens.json").mkdir(0o755, parents=True)
    assert token_provider.get_token(load()).value.startswith(TOKEN)
    assert len(endpoint.asked) == 1


@pytest.mark.parametrize("bits", [0o644, 0o640, 0o601])
@pytest.mark.parametrize("name", ["tokens.json", "credentials.json"])
def test_stored_secrets_that_other_users_can_read_are_refused(
    endpoint: TokenEndpoint, load: LoadSettings, state: Path, bits: int, name: str
) -> None:
    login_and_logout.store_login(load(**NONE), "me", SECRET)
    (state / name).chmod(bits)
    for attempt in (token_provider.get_token, get_status):
        with pytest.raises(UsageError) as caught:
            attempt(load(**NONE))
        assert f"chmod 600 {state / name}" in caught.value.findings[0].fix
        assert SECRET not in said(caught.value)
    assert len(endpoint.asked) == 1
    assert len(login_and_logout.delete_login("default")[0]) == 2
    (state / name).chmod(0o600)
    assert records(state, name) == []


def test_expired_tokens_are_deleted(load: LoadSettings, state: Path) -> None:
    for number in range(3):
        token_provider.get_token(load(client_id=f"c{number}"))
    rewrite(state, lambda record: record.update(expires_at=time.time() - 1))
    token_provider.get_token(load(client_id="last"))
    assert [record["client_id"] for record in records(state)] == ["last"]


def test_unwritable_state_folder_does_not_stop_token_requests(
    endpoint: TokenEndpoint, load: LoadSettings, state: Path
) -> None:
    state.parent.mkdir(parents=True)
    state.write_text("a file", "utf-8")
    assert token_provider.get_token(load()).value == f"{TOKEN}-1"
    attempts: list[Callable[[], object]] = [
        lambda: login_and_logout.store_login(load(), "me", SECRET),
        lambda: login_and_logout.log_in_with_token(load(), TOKEN),
    ]
    for attempt in attempts:
        with pytest.raises(private_files.UnwritableError) as caught:
            attempt()
        assert caught.value.exit_code == 2
        assert "`credentials.json` cannot be written" in str(caught.value)
        assert "CXCALL_STATE_DIR" in caught.value.findings[0].fix
        assert SECRET not in said(caught.value)
    assert len(endpoint.asked) == 2


def test_failed_write_keeps_the_old_file(
    load: LoadSettings, state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = token_provider.get_token(load())

    def fail(_: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", fail)
        assert token_provider.get_token(load(client_id="you")).value == f"{TOKEN}-2"
        with pytest.raises(private_files.UnwritableError, match="No space left on device"):
            login_and_logout.log_in_with_token(load(), TOKEN)
    assert token_provider.get_token(load()) == token
    assert [path.name for path in state.iterdir()] == ["tokens.json"]


PROGRAM = """
import sys
from cxcall.contracts.contract import load_shipped_contracts
from cxcall.credentials import token_provider
from cxcall.credentials.access_token import Token
from cxcall.settings.settings import load_settings
sys.stdin.read()
settings = load_settings({"client_id": sys.argv[1]}, load_shipped_contracts()[0])
refused = Token(sys.argv[2], "client-credentials", None, None, "") if sys.argv[2] else None
print(token_provider.get_token(settings, refused=refused).value)
"""


def race(folder: Path, base_url: str, clients: list[str], refused: str = "") -> list[str]:
    """Get tokens in as many processes, which start together."""
    script = folder / "program.py"
    script.write_text(PROGRAM)
    running = [
        start_script([str(script), client, refused], environment(base_url)) for client in clients
    ]
    for process in running:
        assert process.stdin is not None
        process.stdin.close()
        process.stdin = None
    values = [process.communicate(timeout=60)[0].strip() for process in running]
    assert [process.returncode for process in running] == [0] * len(clients)
    return values


@pytest.mark.slow
def test_many_processes_request_one_token(
    endpoint: TokenEndpoint, state: Path, tmp_path: Path
) -> None:
    values = race(tmp_path, endpoint.base_url, ["me"] * 6)
    assert set(values) == {f"{TOKEN}-1"}
    assert len(endpoint.asked) == 1
    assert len(records(state)) == 1


@pytest.mark.slow
def test_processes_keep_the_tokens_of_each_other(
    endpoint: TokenEndpoint, state: Path, tmp_path: Path
) -> None:
    clients = [f"c{number}" for number in range(6)]
    values = race(tmp_path, endpoint.base_url, clients)
    kept = {record["client_id"]: record["value"] for record in records(state)}
    assert kept == dict(zip(clients, values, strict=True))


@pytest.mark.slow
def test_two_processes_refresh_once(
    endpoint: TokenEndpoint, load: LoadSettings, state: Path, tmp_path: Path
) -> None:
    first = token_provider.get_token(load())
    values = race(tmp_path, endpoint.base_url, ["me", "me"], first.value)
    assert set(values) == {f"{TOKEN}-2"}
    assert len(records(state)) == 1


@pytest.mark.slow
def test_stuck_lock_does_not_block_forever(load: LoadSettings, state: Path) -> None:
    fcntl = pytest.importorskip("fcntl")
    state.mkdir(parents=True)
    held = os.open(state, os.O_RDONLY)
    try:
        fcntl.flock(held, fcntl.LOCK_EX)
        assert token_provider.get_token(load(timeout="0.3")).value == f"{TOKEN}-1"
    finally:
        os.close(held)


def test_cached_token_is_found_for_its_client(load: LoadSettings) -> None:
    token = token_provider.get_token(load())
    client = OAuthClient("me", SECRET, "--client-secret", load().token_url, layer=Layer.FLAGS)
    assert token_cache.find_cached_token(load(), client) == token
