"""The README is correct: its transcripts are the program's output, and its commands exist."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import transcripts
from cxcall.contracts import contract
from cxcall.findings.exit_codes import ExitCode

if TYPE_CHECKING:
    from helpers.command import Cxcall

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text("utf-8")
BLOCKS = re.findall(r"```(\w+)\n(.*?)```", README, re.DOTALL)
TRANSCRIPTS = [text for kind, text in BLOCKS if kind == "text"]
COMMANDS = [line for kind, text in BLOCKS if kind == "console" for line in text.splitlines()]
ASKED = """{
  "contactId": "12345",
  "reasonCode": "follow_up"
}
"""


def settled(text: str) -> str:
    """Replace the values that differ between runs: IDs and times."""
    text = re.sub(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "UUID", text)
    return re.sub(r"in \d+ ms", "in N ms", re.sub(r"(delivery ID:\s+)\w+", r"\1ID", text))


def test_the_accepted_request_is_what_its_command_prints(cxcall: Cxcall) -> None:
    command = next(line for line in COMMANDS if "--sandbox" in line).partition("bin/cxcall ")[2]
    assert settled(cxcall(*command.split(), code=0).out) == settled(TRANSCRIPTS[1])


def test_the_refused_request_is_what_validate_prints(cxcall: Cxcall) -> None:
    command = next(line for line in COMMANDS if "validate" in line).removeprefix("cxcall ")
    cxcall.file("payload.json", ASKED)
    assert cxcall(*command.split(), code=3).out == TRANSCRIPTS[0]


def test_the_setup_of_the_tests_is_the_one_that_ci_runs() -> None:
    ci = (Path(__file__).parent.parent / ".ci" / "run").read_text("utf-8")
    assert "requirements-dev.txt" in README
    assert "requirements-dev.txt" in ci
    assert ".venv/bin/pytest -q -n auto" in README


def test_exit_codes_in_the_table_are_those_of_the_program() -> None:
    rows = re.findall(r"^\| (\d+) \| (.+) \| (.+) \|$", README.replace("**", ""), re.MULTILINE)
    assert rows == [(str(int(code)), code.meaning, code.call_placed) for code in ExitCode]


def test_every_route_of_a_command_is_in_it() -> None:
    for operation in contract.load_shipped_contracts()[0].operations:
        assert f"{operation.method} {operation.path}" in README


def test_it_stays_short() -> None:
    assert README.count("\n") <= 120


@pytest.mark.slow
def test_the_picture_is_what_a_terminal_shows() -> None:
    assert transcripts.draw_picture() == transcripts.PICTURE.read_text("utf-8"), (
        "run: python tools/transcripts.py"
    )
    assert str(transcripts.PICTURE.relative_to(ROOT)) in README
