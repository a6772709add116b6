"""The README says what is true: its transcripts are what the program prints, its commands exist."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from cxcall import contract
from cxcall.errors import ExitCode

if TYPE_CHECKING:
    from running import Cxcall

README = (Path(__file__).parent.parent / "README.md").read_text("utf-8")
BLOCKS = re.findall(r"```(\w+)\n(.*?)```", README, re.DOTALL)
TRANSCRIPTS = [text for kind, text in BLOCKS if kind == "text"]
COMMANDS = [line for kind, text in BLOCKS if kind == "console" for line in text.splitlines()]
ASKED = """{
  "contactId": "12345",
  "reasonCode": "follow_up"
}
"""


def settled(text: str) -> str:
    """Replace what differs from run to run: IDs and times."""
    text = re.sub(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "UUID", text)
    return re.sub(r"in \d+ ms", "in N ms", re.sub(r"(delivery ID:\s+)\w+", r"\1ID", text))


def test_the_accepted_request_is_what_its_command_prints(cxcall: Cxcall) -> None:
    command = next(line for line in COMMANDS if "--sandbox" in line).partition("bin/cxcall ")[2]
    assert settled(cxcall(*command.split(), code=0).out) == settled(TRANSCRIPTS[0])


def test_the_refused_request_is_what_validate_prints(cxcall: Cxcall) -> None:
    assert cxcall("validate", cxcall.file("payload.json", ASKED), code=3).out == TRANSCRIPTS[1]


def test_every_command_and_flag_of_it_exists(cxcall: Cxcall) -> None:
    lines = [
        found for line in COMMANDS for found in re.findall(r"(?:^|\(|bin/)cxcall ([^)#|]*)", line)
    ]
    assert len(lines) > 8
    for line in lines:
        words = [word for word in line.split() if re.fullmatch(r"[a-z-]+", word)]
        depth = 2 if words[0] in ("auth", "history", "config") else 1
        helped = cxcall(*words[:depth], "--help", code=0).out
        for flag in (word for word in words if word.startswith("--")):
            assert flag in helped, line


def test_the_setup_of_the_tests_is_the_one_that_ci_runs() -> None:
    ci = (Path(__file__).parent.parent / ".ci" / "run").read_text("utf-8")
    assert "requirements-dev.txt" in README
    assert "requirements-dev.txt" in ci
    assert ".venv/bin/pytest -q -n auto" in README


def test_every_exit_code_is_in_the_table() -> None:
    listed = {int(code) for code in re.findall(r"^\| (\d+) \|", README, re.MULTILINE)}
    assert listed == {int(code) for code in ExitCode}


def test_every_route_of_a_command_is_in_it() -> None:
    for operation in contract.builtin()[0].operations:
        assert f"{operation.method} {operation.path}" in README


def test_it_stays_short() -> None:
    assert README.count("\n") < 200
