"""A credentials file that is damaged or cannot be read is named as the cause, and loses nothing."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from cxcall.credentials import login_and_logout, stored_logins, token_provider
from cxcall.findings.errors import CredentialsError, UsageError
from helpers.token_endpoint import GARBAGE, NONE, TOKEN, LoadSettings

pytestmark = pytest.mark.usefixtures("state")


@pytest.mark.parametrize("text", GARBAGE, ids=lambda text: text[:20].decode("latin-1"))
def test_damaged_logins_are_an_error_only_if_one_is_needed(
    load: LoadSettings, state: Path, text: bytes
) -> None:
    state.mkdir(parents=True)
    (state / "credentials.json").write_bytes(text)
    (state / "credentials.json").chmod(0o600)
    assert token_provider.get_token(load()).value == f"{TOKEN}-1"
    message = "`credentials.json` cannot be read" if text else "no credentials|`client_id` is set"
    for flags in (NONE, {"client_secret": None}):
        with pytest.raises(CredentialsError, match=message):
            token_provider.get_token(load(**flags))
    if not text:
        login_and_logout.log_in_with_token(load(base_url="http://127.0.0.1:1"), "new")
        login_and_logout.delete_login("default")
        return
    with pytest.raises(UsageError, match="cannot be read"):
        login_and_logout.log_in_with_token(load(base_url="http://127.0.0.1:1"), "new")
    (state / "credentials.json.damaged").write_text("of another time", "utf-8")
    with pytest.raises(UsageError, match="cannot be read") as refused:
        login_and_logout.delete_login("default")
    # It may have logins of other profiles, and the names of entries in the keyring.
    assert (state / "credentials.json").read_bytes() == text
    _, moving, _ = refused.value.findings[0].fix.split("`")
    assert moving.startswith("mv ")
    assert not Path(moving.split()[-1]).exists()  # nothing is overwritten


def test_named_pipe_and_unreadable_file_are_no_damaged_logins(
    load: LoadSettings, state: Path
) -> None:
    path = state / "credentials.json"
    state.mkdir(parents=True)
    for make, problem in ((_make_pipe, "named pipe"), (_link_to_long_name, "File name too long")):
        make(path)
        assert stored_logins.find_login(load(**NONE)) == {}
        with pytest.raises(UsageError, match=problem):
            login_and_logout.delete_login("default")
        path.unlink()


def _make_pipe(path: Path) -> None:
    os.mkfifo(path, 0o600)


def _link_to_long_name(path: Path) -> None:
    path.symlink_to("x" * 256)
