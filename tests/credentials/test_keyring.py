"""Secrets in a real keyring with a test backend, and failures of the keyring."""

from __future__ import annotations

import json
import stat
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from helpers.cases import each_case
from helpers.command import Cxcall

if TYPE_CHECKING:
    from collections.abc import Callable

    from cxcall.sandbox.server import Sandbox
    from helpers.command import Ran

HELPERS = Path(__file__).parents[1] / "helpers"


@pytest.fixture
def keyed(cxcall: Cxcall, sandbox: Sandbox) -> Cxcall:
    """Return the command with a keyring that stores secrets."""
    return with_keyring(cxcall, sandbox)


def with_keyring(cxcall: Cxcall, sandbox: Sandbox) -> Cxcall:
    cxcall.environment |= {
        "CXCALL_BASE_URL": sandbox.base_url,
        "PYTHONPATH": str(HELPERS),
        "KEYRING_FILE": str(cxcall.folder / "keyring.json"),
    }
    return with_backend(cxcall, "keyring_backends.Keeping")


def with_backend(cxcall: Cxcall, name: str) -> Cxcall:
    cxcall.environment["PYTHON_KEYRING_BACKEND"] = name
    return cxcall


def log_in(cxcall: Cxcall, sandbox: Sandbox) -> Ran:
    return cxcall(
        "auth", "login", "--client-id", sandbox.client_id, stdin=sandbox.client_secret, code=0
    )


def records(cxcall: Cxcall) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(
        (cxcall.folder / "state" / "credentials.json").read_text("utf-8")
    )["records"]
    return found


def logins(cxcall: Cxcall) -> list[dict[str, Any]]:
    return [each for each in records(cxcall) if "profile" in each]


def entries(cxcall: Cxcall) -> dict[str, dict[str, str]]:
    """Return the secrets in the keyring by the names of their entries."""
    path = cxcall.folder / "keyring.json"
    kept = json.loads(path.read_text("utf-8")) if path.exists() else {}
    return {name: json.loads(text) for name, text in kept.items()}


def store_token(cxcall: Cxcall, token: str) -> None:
    cxcall("auth", "login", "--with-token", stdin=token, code=0)


def is_loaded(cxcall: Cxcall) -> bool:
    marker = cxcall.folder / "keyring.loaded"
    found = marker.exists()
    marker.unlink(missing_ok=True)
    return found


def drop_tokens(cxcall: Cxcall) -> None:
    (cxcall.folder / "state" / "tokens.json").unlink()


@pytest.mark.slow
def test_secret_is_stored_in_the_keyring_only(keyed: Cxcall, sandbox: Sandbox) -> None:
    assert "stored in the system's keyring" in log_in(keyed, sandbox).out
    assert sandbox.client_secret in (keyed.folder / "keyring.json").read_text("utf-8")
    for path in (keyed.folder / "state").iterdir():
        assert sandbox.client_secret not in path.read_text("utf-8")
    drop_tokens(keyed)
    assert keyed("auth", "token", code=0).out.strip()
    assert (
        keyed("auth", "status", "-o", "json").envelope["data"]["keptIn"] == "the system's keyring"
    )
    keyed("auth", "logout", code=0)
    assert json.loads((keyed.folder / "keyring.json").read_text("utf-8")) == {}
    assert keyed("auth", "token", "-o", "json", code=4).codes == ["token-missing"]


@pytest.mark.slow
def test_keyring_is_read_only_when_the_secret_is_needed(keyed: Cxcall, sandbox: Sandbox) -> None:
    log_in(keyed, sandbox)
    assert is_loaded(keyed)
    keyed("auth", "token", code=0)
    keyed("auth", "status", code=0)
    assert not is_loaded(keyed)
    drop_tokens(keyed)
    keyed("auth", "token", code=0)
    assert is_loaded(keyed)


@pytest.mark.slow
def test_login_in_a_file_does_not_read_the_keyring(keyed: Cxcall, sandbox: Sandbox) -> None:
    log_in(with_backend(keyed, "keyring.backends.fail.Keyring"), sandbox)
    with_backend(keyed, "keyring_backends.Keeping")
    drop_tokens(keyed)
    keyed("auth", "token", code=0)
    assert not is_loaded(keyed)


@pytest.mark.parametrize(
    ("backend", "words"),
    [
        ("keyring_backends.Telling", "RuntimeError"),
        ("keyring.backends.fail.Keyring", "no keyring backend is available"),
        ("keyring.backends.null.Keyring", "did not store the secret"),
        ("no_such_module.Keyring", "ModuleNotFoundError"),
    ],
)
def test_keyring_failure_falls_back_to_a_private_file(
    keyed: Cxcall, sandbox: Sandbox, backend: str, words: str
) -> None:
    check_fallback(keyed, sandbox, backend, words)


def check_fallback(keyed: Cxcall, sandbox: Sandbox, backend: str, words: str) -> None:
    ran = log_in(with_backend(keyed, backend), sandbox)
    assert "stored in credentials.json, mode 0600" in ran.out
    assert words in ran.out
    assert sandbox.client_secret not in ran.out + ran.err
    path = keyed.folder / "state" / "credentials.json"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    drop_tokens(keyed)
    keyed("auth", "token", code=0)
    assert words in keyed("auth", "status", code=0).out


@pytest.mark.parametrize(
    ("backend", "words"),
    [
        ("keyring.backends.fail.Keyring", "no keyring backend is available"),
        ("keyring.backends.null.Keyring", "is no longer in the keyring"),
    ],
)
@pytest.mark.slow
def test_unavailable_keyring_secret_is_reported(
    keyed: Cxcall, sandbox: Sandbox, backend: str, words: str
) -> None:
    log_in(keyed, sandbox)
    drop_tokens(keyed)
    check_token(keyed, sandbox, backend, words)
    if backend == "keyring.backends.null.Keyring":
        assert "removed" in keyed("auth", "logout", code=0).out
        return
    check_logout(keyed, sandbox, backend, words)
    log_in(keyed, sandbox)  # into the file: the earlier secret stays in the keyring
    assert len(logins(keyed)) == 1
    removed = with_backend(keyed, "keyring_backends.Keeping")("auth", "logout", code=0)
    assert "removed the client secret" in removed.out
    assert json.loads((keyed.folder / "keyring.json").read_text("utf-8")) == {}
    assert records(keyed) == []


def check_token(keyed: Cxcall, _sandbox: Sandbox, backend: str, words: str) -> None:
    ran = with_backend(keyed, backend)("auth", "token", code=4)
    assert words in ran.err
    assert "cxcall auth login" in ran.err


def check_logout(keyed: Cxcall, _sandbox: Sandbox, backend: str, words: str) -> None:
    for _ in range(2):  # the entry is remembered until it is deleted
        output = with_backend(keyed, backend)("auth", "logout", code=2)
        assert "is logged out" in output.out
        assert "may still be in the keyring" in output.err
        assert words in output.err
    assert logins(keyed) == []


@pytest.mark.slow
def test_secret_that_a_logout_left_in_the_keyring_is_deleted_by_the_next_one(
    keyed: Cxcall, sandbox: Sandbox
) -> None:
    log_in(keyed, sandbox)
    drop_tokens(keyed)
    check_logout(keyed, sandbox, "keyring_backends.Refusing", "PasswordDeleteError")
    keyed("auth", "token", code=4)
    with_backend(keyed, "keyring_backends.Keeping")
    assert "removed the client secret for" in keyed("auth", "logout", code=0).out
    assert (entries(keyed), records(keyed)) == ({}, [])
    assert "has no login" in keyed("auth", "logout", code=0).out


@pytest.mark.slow
def test_secret_of_an_earlier_login_in_the_keyring_is_not_forgotten(
    keyed: Cxcall, sandbox: Sandbox
) -> None:
    log_in(keyed, sandbox)
    failing = "keyring.backends.fail.Keyring"
    log_in(with_backend(keyed, failing), sandbox)  # into the file
    assert "may still be in the keyring" in keyed("auth", "logout", code=2).err
    with_backend(keyed, "keyring_backends.Keeping")("auth", "logout", code=0)
    assert (entries(keyed), records(keyed)) == ({}, [])


def check_late_entry(keyed: Cxcall, _sandbox: Sandbox, _backend: str, words: str) -> None:
    """Check that a secret that a slow keyring stored after all is removed."""
    with_backend(keyed, "keyring_backends.Late")
    ran = keyed("auth", "login", "--with-token", stdin="a-token-of-mine", code=0)
    assert words in ran.out
    assert logins(keyed)[0]["access_token"] == "a-token-of-mine"
    with_backend(keyed, "keyring_backends.Keeping")
    assert len(entries(keyed)) == 1
    keyed("auth", "logout", code=0)
    assert entries(keyed) == {}


@pytest.mark.slow
@each_case(
    "check",
    [check_fallback, check_token, check_logout, check_late_entry],
    ids=lambda check: check.__name__,
    at_once=True,
)
def test_keyring_that_does_not_respond_is_left_after_3_s(
    tmp_path: Path, sandbox: Sandbox, check: Callable[[Cxcall, Sandbox, str, str], None]
) -> None:
    folder = tmp_path / check.__name__
    folder.mkdir()
    keyed = with_keyring(Cxcall(folder), sandbox)
    if check in (check_token, check_logout):
        log_in(keyed, sandbox)
        drop_tokens(keyed)
    check(keyed, sandbox, "keyring_backends.Hanging", "did not respond within 3 s")


@pytest.mark.slow
def test_token_from_stdin_is_stored_in_the_keyring(keyed: Cxcall) -> None:
    keyed("auth", "login", "--with-token", stdin="a-token-of-mine", code=0)
    assert "a-token-of-mine" not in json.dumps(records(keyed))
    assert keyed("auth", "token", code=0).out.strip() == "a-token-of-mine"


@pytest.mark.slow
def test_keyring_login_without_the_extra_names_the_missing_package(
    keyed: Cxcall, sandbox: Sandbox
) -> None:
    log_in(keyed, sandbox)
    drop_tokens(keyed)
    hidden = keyed.folder / "hidden"
    hidden.mkdir()
    (hidden / "sitecustomize.py").write_text(
        "import importlib.util as util\n"
        "real = util.find_spec\n"
        "util.find_spec = lambda name, *rest: None if name == 'keyring' else real(name, *rest)\n",
        "utf-8",
    )
    ran = keyed("auth", "token", code=4, env={"PYTHONPATH": str(hidden)})
    assert "pip install 'cxcall[keyring]'" in ran.err


@pytest.mark.slow
def test_each_state_folder_has_its_own_secrets(keyed: Cxcall) -> None:
    folders = [{"CXCALL_STATE_DIR": str(keyed.folder / name)} for name in ("a", "b")]
    for folder in folders:
        token = Path(folder["CXCALL_STATE_DIR"]).name * 20
        keyed("auth", "login", "--with-token", stdin=token, code=0, env=folder)
    assert keyed("auth", "token", code=0, env=folders[0]).out.strip() == "a" * 20
    keyed("auth", "logout", code=0, env=folders[1])
    assert keyed("auth", "token", code=0, env=folders[0]).out.strip() == "a" * 20


@pytest.mark.slow
@pytest.mark.parametrize("name", ["state/credentials.json", "config/config.toml"])
def test_login_and_logout_that_cannot_be_recorded_change_nothing(
    keyed: Cxcall, sandbox: Sandbox, name: str
) -> None:
    keyed("config", "set", "timeout", "20", code=0)
    store_token(keyed, "a-token-of-mine")
    before = entries(keyed), records(keyed)
    (keyed.folder / name).chmod(0o400)
    new = ("--client-id", sandbox.client_id)
    ran = keyed("auth", "login", *new, stdin=sandbox.client_secret, code=2)
    assert "it is read-only" in ran.err
    assert (entries(keyed), records(keyed)) == before
    if name.startswith("state"):
        keyed("auth", "logout", code=2)
        assert (entries(keyed), records(keyed)) == before


def test_new_login_leaves_one_entry(keyed: Cxcall) -> None:
    for token in ("the-first-token", "the-second-token"):
        store_token(keyed, token)
        assert [*entries(keyed).values()] == [{"access_token": token}]


@pytest.mark.slow
def test_entry_of_an_earlier_version_is_used_until_the_next_login(keyed: Cxcall) -> None:
    host = keyed.environment["CXCALL_BASE_URL"]
    login = {"profile": "default", "base_url": host, "in_keyring": ["access_token"], "id": "17"}
    keyed.file("state/credentials.json", json.dumps({"version": 1, "records": [login]}))
    (keyed.folder / "state" / "credentials.json").chmod(0o600)
    secret = {f"cxcall/default {host} 17": json.dumps({"access_token": "an-old-token"})}
    keyed.file("keyring.json", json.dumps(secret))
    assert keyed("auth", "token", code=0).out.strip() == "an-old-token"
    store_token(keyed, "the-new-token")
    assert keyed("auth", "token", code=0).out.strip() == "the-new-token"
    assert [*entries(keyed).values()] == [{"access_token": "the-new-token"}]
    assert "removed the access token" in keyed("auth", "logout", code=0).out
    assert entries(keyed) == {}
