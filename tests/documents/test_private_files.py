"""Folders that only their owner can read and change, whatever the umask."""

from __future__ import annotations

import os
import stat
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from cxcall.documents.private_files import PrivateFile, make_private_folder
from helpers.command import CONTACT, CXCALL

if TYPE_CHECKING:
    from helpers.command import Cxcall


def test_new_folder_and_its_new_parents_are_private(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        make_private_folder(tmp_path / "a/b")
    finally:
        os.umask(before)
    made = [tmp_path / "a", tmp_path / "a/b"]
    assert [stat.S_IMODE(each.stat().st_mode) for each in made] == [0o700, 0o700]


@pytest.mark.slow
def test_all_new_folders_of_a_send_are_private(cxcall: Cxcall) -> None:
    names = {
        "CXCALL_STATE_DIR": "home/.local/state/cxcall",
        "CXCALL_CONFIG_DIR": "home/.config/cxcall",
        "CXCALL_CACHE_DIR": "home/.cache/cxcall",
    }
    folders = {name: str(cxcall.folder / place) for name, place in names.items()}
    words = ("personal-connection", "--sandbox", "--contact-id", CONTACT, "--reason-code", "x")
    environment = {**os.environ, **cxcall.environment, **folders}
    subprocess.run([CXCALL, *words], env=environment, umask=0, check=True, capture_output=True)
    made = {
        str(each.relative_to(cxcall.folder)): stat.S_IMODE(each.stat().st_mode)
        for each in (cxcall.folder / "home").rglob("*")
        if each.is_dir()
    }
    assert {"home/.config/cxcall/ledgers", "home/.local/state/cxcall"} <= made.keys()
    assert {*made.values()} == {0o700}


def test_files_that_killed_processes_left_are_removed(tmp_path: Path) -> None:
    file = PrivateFile(tmp_path / "tokens.json")
    left, new, other = (tmp_path / f".tokens.json.{end}" for end in ("12.345", "67.890", "12.bak"))
    for each in (left, new, other):
        each.write_text("secret", "utf-8")
    os.utime(left, (0, 0))
    file.put({"token": "x"}, {"profile": "a"})
    assert (left.exists(), new.exists()) == (False, True), "a process may be writing a new one"
    assert file.remove({"profile": "b"}) == []
    assert sorted(each.name for each in tmp_path.iterdir()) == [other.name, "tokens.json"]
    assert file.find({"profile": "a"})[0]["token"] == "x"
