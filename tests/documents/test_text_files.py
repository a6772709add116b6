"""Every input has a size limit; a device or a named pipe neither hangs a command nor fills its memory."""

from __future__ import annotations

import os
import subprocess
import sys
from io import StringIO
from typing import TYPE_CHECKING

import pytest

from cxcall.documents import text_files
from cxcall.documents.text_files import UnreadableError, open_bytes, read_rest, text_lines
from helpers.command import CONTACT, CXCALL
from helpers.small_api import swagger

if TYPE_CHECKING:
    from pathlib import Path

    from helpers.command import Cxcall

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="has no such files")

BODY = {"contactId": CONTACT, "reasonCode": "x"}
SEND = ("personal-connection", "--contact-id", CONTACT, "--reason-code", "x", "-n")
INPUTS = {
    "payload": ("personal-connection", "--file", "{}", "-n"),
    "validate": ("validate", "{}"),
    "lines": ("validate", "{}.jsonl"),
    "table": ("validate", "{}.csv", "--operation", "personal-connection"),
    "list": (*SEND, "--do-not-call", "{}"),
    "contract": ("operations", "--contract", "{}"),
    "explain": ("explain", "{}"),
    "batch": ("batch", "{}", "--operation", "personal-connection", "-n"),
}


@pytest.mark.parametrize("name", INPUTS)
def test_an_endless_or_silent_file_is_refused(cxcall: Cxcall, name: str) -> None:
    # A named pipe of lines is read line by line, as soon as a process writes.
    kind = "fifo" if name in ("payload", "list", "explain", "batch") else "zero"
    words = [word.format("input") for word in INPUTS[name]]
    path = next(cxcall.folder / word for word in words if word.startswith("input"))
    os.mkfifo(path) if kind == "fifo" else path.symlink_to("/dev/zero")
    ran = cxcall(*words)
    assert ran.code in (2, 3), ran
    assert ("named pipe" if kind == "fifo" else "is a device") in ran.err + ran.out


@pytest.mark.parametrize(("name", "kind"), [(".env", "fifo"), ("config/config.toml", "zero")])
def test_endless_or_silent_settings_are_refused(cxcall: Cxcall, name: str, kind: str) -> None:
    path = cxcall.folder / name
    path.parent.mkdir(exist_ok=True)
    os.mkfifo(path) if kind == "fifo" else path.symlink_to("/dev/zero")
    assert "regular files" in cxcall(*SEND, code=2).err


def test_settings_larger_than_their_limit_are_refused(cxcall: Cxcall) -> None:
    cxcall.file(".env", "# x\n" * 300_000)
    assert "more than 1 MiB" in cxcall(*SEND, code=2).err


def test_the_null_device_is_an_empty_file(cxcall: Cxcall) -> None:
    (cxcall.folder / ".env").symlink_to(os.devnull)
    cxcall(*SEND, "--do-not-call", os.devnull, code=0)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("command", "code"),
    [
        ("{} validate <(cat body.json)", 0),
        ("{} operations --contract <(cat own.json)", 0),
        ("cat body.json | {} validate /dev/stdin", 0),
        ("{} validate - < body.json", 0),
        ("{} batch <(cat body.json) --operation personal-connection -n", 0),
        ("cat body.json | {} personal-connection --file - --do-not-call - -n", 2),
        ("cat body.json | {} personal-connection --file /dev/stdin --do-not-call - -n", 2),
    ],
)
def test_a_pipe_of_the_shell_is_read(cxcall: Cxcall, command: str, code: int) -> None:
    cxcall.file("body.json", BODY)
    cxcall.file("own.json", swagger())
    program = CXCALL if "<(" in command else "cxcall"  # a fork has no other descriptors
    ran = subprocess.run(
        ["bash", "-c", command.format(program)],
        cwd=cxcall.folder,
        env={**cxcall.environment, "PATH": cxcall.path_of_shells()},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ran.returncode == code, ran


@pytest.mark.slow
@pytest.mark.parametrize("words", [("validate", "-"), ("explain", "-")])
def test_an_endless_pipe_is_read_up_to_its_limit(cxcall: Cxcall, words: tuple[str, ...]) -> None:
    line = f"head -c 300M /dev/zero | tr '\\0' x | cxcall {' '.join(words)}"
    ran = subprocess.run(
        ["bash", "-c", line],
        cwd=cxcall.folder,
        env={**cxcall.environment, "PATH": cxcall.path_of_shells()},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert "MiB" in ran.stderr + ran.stdout
    assert ran.returncode in (2, 3)


def test_a_file_at_its_limit_is_read(tmp_path: Path) -> None:
    file = tmp_path / "f"
    file.write_bytes(b"x" * 100)
    with open_bytes(str(file)) as opened:
        assert len(read_rest(opened, str(file), 100)) == 100
    with open_bytes(str(file)) as opened, pytest.raises(UnreadableError, match="more than"):
        read_rest(opened, str(file), 99)


def test_a_line_at_its_limit_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(text_files, "LARGEST_LINE", 10)
    assert list(text_lines(StringIO("123456789\n12345"), "f")) == ["123456789\n", "12345"]
    with pytest.raises(UnreadableError, match="a line of `f`"):
        list(text_lines(StringIO("1\n1234567890\n"), "f"))
