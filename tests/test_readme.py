"""The README says what is true: its transcripts are what the program prints, its commands exist."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import transcripts
from cxcall.contracts import contract
from cxcall.findings.exit_codes import ExitCode
from helpers.command import CONTACT, CXCALL
from helpers.platform_server import Platform, Reply

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
    """Replace what differs from run to run: IDs and times."""
    text = re.sub(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "UUID", text)
    return re.sub(r"in \d+ ms", "in N ms", re.sub(r"(delivery ID:\s+)\w+", r"\1ID", text))


def test_the_accepted_request_is_what_its_command_prints(cxcall: Cxcall) -> None:
    command = next(line for line in COMMANDS if "--sandbox" in line).partition("bin/cxcall ")[2]
    assert settled(cxcall(*command.split(), code=0).out) == settled(TRANSCRIPTS[0])


def test_the_refused_request_is_what_validate_prints(cxcall: Cxcall) -> None:
    assert cxcall("validate", cxcall.file("payload.json", ASKED), code=3).out == TRANSCRIPTS[1]


CURL = (
    "curl -X POST https://api.mypurecloud.com/api/v2/conversation/calls "
    "-H 'Content-Type: application/json' -d '{\"phoneNumber\": \"+12025550123\"}'"
)
FILES: dict[str, Any] = {
    "payload.json": {"contactId": CONTACT, "reasonCode": "follow_up"},
    "failed.txt": CURL,
    "session.har": {"log": {"entries": [{"request": {"method": "GET", "url": "https://api.mypurecloud.com/api/v2/users", "headers": []}} for _ in range(4)]}},
}  # fmt: skip
ENDS = {"pbpaste": 3, "cxcall explain failed": 3, "cxcall validate": 3, "cxcall auth login": 0}
"""Of the commands that end otherwise than with 0: what they begin with, and how they end."""


def blocks() -> list[str]:
    """Return what people are told to run, but for what sets up an environment first."""
    told = (text for kind, text in BLOCKS if kind == "console")
    return [text for text in told if "venv" not in text]


@pytest.mark.slow
@pytest.mark.parametrize("block", blocks(), ids=lambda text: text.split("\n")[0][:48])
def test_every_block_does_what_it_says(block: str, live: Cxcall) -> None:
    for name, content in FILES.items():
        live.file(name, content)
    live.file("validated.json", ASKED)
    script = block.startswith("ID=")
    if "history resolve" in block:
        block = block.replace(" ID ", f" {unknown_delivery(live)} ")
    block = re.sub("CAMPAIGN_ID|QUEUE_ID|USER_ID|ENGAGEMENT_ID|UUID", CONTACT, block)
    for command in [block] if script else block.splitlines():
        end = next((code for start, code in ENDS.items() if command.startswith(start)), 0)
        told = command.replace("validate payload", "validate validated").replace("250", "1")
        ran = in_a_shell(told, live)
        assert ran.returncode == end, (command, ran)
        assert "Traceback" not in ran.stderr
        if script:
            assert re.fullmatch(r"engagement \S+\n", ran.stdout)


def in_a_shell(command: str, cxcall: Cxcall) -> subprocess.CompletedProcess[str]:
    """Run one command as a person has it, but that nobody is there to answer."""
    paste = "pbpaste() { cat failed.txt; }"
    return subprocess.run(
        ["bash", "-c", f"{paste}\nset -o pipefail\n{command}"],
        cwd=cxcall.folder,
        env={**cxcall.environment, "PATH": f"{CXCALL.parent}:{cxcall.environment['PATH']}", "TOKEN": "abc"},
        capture_output=True, text=True, timeout=60, check=False, stdin=subprocess.DEVNULL,
    )  # fmt: skip


def unknown_delivery(cxcall: Cxcall) -> str:
    """Leave a delivery behind of which nobody knows whether it rang."""
    with Platform(lambda _body, _count: Reply(0)) as platform:
        address = {"CXCALL_BASE_URL": platform.base_url, "CXCALL_ACCESS_TOKEN": "t"}
        sent = cxcall(
            "personal-connection", "-f", "payload.json", "--yes", "-o", "json", env=address, code=8
        )
    return str(sent.envelope["deliveryId"])


def test_the_setup_of_the_tests_is_the_one_that_ci_runs() -> None:
    ci = (Path(__file__).parent.parent / ".ci" / "run").read_text("utf-8")
    assert "requirements-dev.txt" in README
    assert "requirements-dev.txt" in ci
    assert ".venv/bin/pytest -q -n auto" in README


def test_every_exit_code_is_in_the_table() -> None:
    listed = {int(code) for code in re.findall(r"^\| (\d+) \|", README, re.MULTILINE)}
    assert listed == {int(code) for code in ExitCode}


def test_every_route_of_a_command_is_in_it() -> None:
    for operation in contract.load_shipped_contracts()[0].operations:
        assert f"{operation.method} {operation.path}" in README


def test_it_stays_short() -> None:
    assert README.count("\n") < 230


@pytest.mark.slow
def test_the_picture_is_what_a_terminal_shows() -> None:
    assert transcripts.draw_picture() == transcripts.PICTURE.read_text("utf-8"), (
        "run: python tools/transcripts.py"
    )
    assert str(transcripts.PICTURE.relative_to(ROOT)) in README
