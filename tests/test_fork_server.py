"""A command that is started by a fork behaves like the installed program."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from helpers.command import CONTACT, CXCALL, Cxcall, Start, Stranger, screen, terminal

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def forks() -> None:
    """Skip where no command is started by a fork."""
    if Cxcall.forks is None:
        pytest.skip("every command is the installed program here")


def assert_equal_runs(folder: Path, *arguments: str, stdin: str = "", **environment: str) -> None:
    """Run a command both ways, and compare the exit code, stdout, and stderr."""
    started, forked = (
        command.run([str(CXCALL), *arguments], stdin.encode(), command.environment | environment)
        for command in (Cxcall(folder, Start.PROGRAM), Cxcall(folder))
    )
    assert started == forked
    assert started.stdout or started.stderr


RUNS = [
    ("explain -", "POST https://api.mypurecloud.com/oauth/token HTTP/1.1\n\n"),
    ("validate - -o json", '{"contactId": 1, "contactid": "x"}'),
    ("doctor --base-url http://127.0.0.1:9", ""),
]


@pytest.mark.parametrize(
    ("arguments", "stdin", "more"),
    [("--help", "", {"FORCE_COLOR": "1"}), *((*run, {}) for run in RUNS)],
)
def test_forked_command_prints_and_ends_as_the_program(
    tmp_path: Path, arguments: str, stdin: str, more: dict[str, str]
) -> None:
    assert_equal_runs(tmp_path, *arguments.split(), stdin=stdin, **more)


def test_forked_command_has_its_own_time_zone(tmp_path: Path) -> None:
    expression = "import time; print(time.tzname, time.localtime(0))"
    (tmp_path / "zone.py").write_text(expression)
    assert Cxcall.forks is not None
    for zone in ("JST-9", "EST5EDT"):
        environment = {"TZ": zone, "PATH": ""}
        forked = Cxcall.forks.run(["zone.py"], b"", str(tmp_path), environment)
        started = subprocess.run(
            [sys.executable, "zone.py"],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            check=True,
        )
        assert forked is not None
        assert forked.stdout == started.stdout


def test_forked_command_has_a_terminal_as_the_program(tmp_path: Path, stranger: Stranger) -> None:
    """The question is seen before the end of a line, and Ctrl-C reaches the command."""
    words = ("personal-connection", "--contact-id", CONTACT, "--reason-code", "x")
    address = {"CXCALL_BASE_URL": stranger.base_url, "GENESYSCLOUD_ACCESS_TOKEN": "t"}
    found = []
    for start in (Start.PROGRAM, Start.FORK):
        command = Cxcall(tmp_path, start)
        with terminal(command, "history", "--help", columns=60) as child:
            texts, codes = [screen(child)], [child.exitstatus]
        for answer in ("n\n", "\3"):
            with terminal(command, *words, columns=100, **address) as child:
                child.expect_exact("Send? [y/N] ")
                texts.append(child.before)
                child.send(answer)
                texts.append(screen(child, again=answer))
            codes.append(child.exitstatus)
        found.append((texts, codes))
    assert found[0] == found[1]
    assert found[0][1] == [0, 7, 130]
    assert not stranger.taken


def test_forked_command_sends_as_the_program(tmp_path: Path, stranger: Stranger) -> None:
    words = (
        "personal-connection",
        "--contact-id",
        CONTACT,
        "--reason-code",
        "x",
        "--yes",
        "--again",
        "--quiet",
    )
    address = {"CXCALL_BASE_URL": stranger.base_url, "GENESYSCLOUD_ACCESS_TOKEN": "t"}
    assert_equal_runs(tmp_path, *words, **address)
    assert len(stranger.taken) == 2
    assert_equal_runs(tmp_path, "history", "list", "-o", "json")
