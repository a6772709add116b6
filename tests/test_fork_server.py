"""A command that is started by a fork behaves like the installed program."""

from __future__ import annotations

from pathlib import Path

import pytest

from helpers.command import CONTACT, CXCALL, Cxcall, Start, Stranger


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
    ("--version", ""),
    ("", ""),
    ("--help", ""),
    ("operations", ""),
    ("operations execute --skeleton", ""),
    ("explain -", "POST https://api.mypurecloud.com/oauth/token HTTP/1.1\n\n"),
    ("validate - -o json", '{"contactId": 1, "contactid": "x"}'),
    ("validate - -o sarif", "{"),
    ("history list", ""),
    ("auth status", ""),
    ("completion bash", ""),
    ("personal-connection --contact-id 1 --dry-run", ""),
    (f"personal-connection --contact-id {CONTACT} --dry-run -o json", ""),
    (f"track {CONTACT} --base-url http://127.0.0.1:9", ""),
    ("batch none.csv --operation execute --dry-run", ""),
    ("campaign load none.csv --contact-list x", ""),
    ("call --to 1 --dry-run", ""),
    ("config show", ""),
    ("doctor --base-url http://127.0.0.1:9", ""),
    ("send execute --dry-run", ""),
]
PLAIN: dict[str, str] = {}
COLOR = {"FORCE_COLOR": "1"}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("arguments", "stdin", "more"),
    [*((*run, PLAIN) for run in RUNS), *((*run, COLOR) for run in RUNS[1::3])],
)
def test_forked_command_prints_and_ends_as_the_program(
    tmp_path: Path, arguments: str, stdin: str, more: dict[str, str]
) -> None:
    assert_equal_runs(tmp_path, *arguments.split(), stdin=stdin, **more)


@pytest.mark.slow
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
