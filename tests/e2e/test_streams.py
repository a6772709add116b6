"""Streams that close, fill up or never were: no traceback, and the exit code stays the truth."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from running import CONTACT, CXCALL

if TYPE_CHECKING:
    from running import Cxcall

PERSONAL = f"personal-connection --contact-id {CONTACT} --reason-code x"


def shell(cxcall: Cxcall, line: str) -> subprocess.CompletedProcess[str]:
    """Run a line of bash, where `cxcall` is the installed command."""
    program = f'cxcall() {{ {CXCALL} "$@"; }}; {line}'
    return subprocess.run(
        ["bash", "-c", program], cwd=cxcall.folder, env=cxcall.environment, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


def test_a_reader_that_leaves_is_no_fault(live: Cxcall) -> None:
    for number in range(3):
        live("personal-connection", "--contact-id", CONTACT, "--reason-code", str(number), code=0)
    for line in (
        "history export",
        "history export --format csv",
        "history list -o jsonl",
        "--help",
    ):
        done = shell(live, f"cxcall {line} | true; echo ${{PIPESTATUS[0]}}")
        assert (done.stdout, done.stderr) == ("0\n", ""), line


@pytest.mark.parametrize("target", ["/dev/full", "&-"])
def test_an_output_that_takes_nothing_does_not_change_what_happened(
    live: Cxcall, target: str
) -> None:
    done = shell(live, f"cxcall {PERSONAL} >{target}; echo $?")
    assert done.stdout == "0\n"
    assert "Traceback" not in done.stderr
    assert "accepted" in live("history", "list", code=0).out


def test_a_closed_stderr_does_not_either(live: Cxcall) -> None:
    done = shell(
        live, f"cxcall {PERSONAL} --force 2>&-; echo $?; cxcall validate missing.json 2>&-; echo $?"
    )
    assert [line for line in done.stdout.splitlines() if line.isdigit()] == ["0", "2"]


def test_a_locale_without_unicode_is_no_fault(cxcall: Cxcall) -> None:
    name = cxcall.file("p.json", {"contactId": "é☎"})
    ran = cxcall("validate", name, env={"LC_ALL": "POSIX", "PYTHONIOENCODING": "ascii"}, code=3)
    assert r"\xe9" in ran.out


def test_a_state_folder_that_cannot_be_made_stops_it_before_anything_is_sent(live: Cxcall) -> None:
    live.file("file", "")
    ran = live(
        *PERSONAL.split(),
        "-o",
        "json",
        code=2,
        env={"CXCALL_STATE_DIR": str(live.folder / "file" / "state")},
    )
    assert "ledger" in ran.codes
