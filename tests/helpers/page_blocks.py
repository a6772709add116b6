"""The code blocks of README.md and docs/: find them, and run them in tests.

Each command of a `console` block is run, in the order of the page. A block of type `sh` is not: it needs a real host, a
browser, or another machine. `# exit N` after a command is its exit code, if not 0; `$ ` before a command means that the
other lines are output.
"""

from __future__ import annotations

import json
import re
import shlex
import subprocess
from typing import TYPE_CHECKING, Any, NamedTuple

from helpers.command import CONTACT, start_script

if TYPE_CHECKING:
    from helpers.command import Cxcall

_CURL = (
    "curl -X POST https://api.mypurecloud.com/api/v2/conversation/calls "
    "-H 'Content-Type: application/json' -d '{\"phoneNumber\": \"+12025550123\"}'"
)
_ENTRY = {
    "request": {"method": "GET", "url": "https://api.mypurecloud.com/api/v2/users", "headers": []}
}
FILES: dict[str, Any] = {
    "payload.json": {"contactId": CONTACT, "reasonCode": "follow_up"},
    "failed.txt": _CURL,
    "session.har": {"log": {"entries": [_ENTRY] * 4}},
    "calls.csv": f"contact-id,phone-number,campaignId\n{CONTACT},+12025550100,{CONTACT}\n",
    "crm.csv": f"Customer ID,Work Phone,First Name,City\n{CONTACT},(202) 555-0100,Ada,London\n",
    "dnc.txt": "+12025550199\n",
}
_PLAIN = re.compile(r"cxcall [^|<>$()&;*`\n]*")
"""A command that needs no shell."""


class Command(NamedTuple):
    """A command of a block, and the exit code that the page names."""

    text: str
    code: int


class Ended(NamedTuple):
    """The result of a command."""

    code: int
    out: str
    err: str


def find_blocks(page: str, kind: str) -> list[str]:
    """Return the contents of the code blocks of one type."""
    return re.findall(rf"^```{kind}\n(.*?)^```", page, re.DOTALL | re.MULTILINE)


def read_commands(block: str) -> list[Command]:
    """Return the commands of a block; an assignment with its `case` is one."""
    if re.match(r"\w+=\$\(", block):
        return [Command(block, 0)]
    lines = block.replace("\\\n", " ").splitlines()
    if any(line.startswith("$ ") for line in lines):
        lines = [line[2:] for line in lines if line.startswith("$ ")]
    return [_read_command(line) for line in lines if line.strip()]


def _read_command(line: str) -> Command:
    text, _, comment = line.partition(" # ")
    found = re.search(r"exit (\d+)", comment)
    return Command(text.strip(), int(found[1]) if found else 0)


def run_command(text: str, cxcall: Cxcall) -> Ended:
    """Run a command like a person, but without answers to questions."""
    text = re.sub(r"\b(?:CAMPAIGN_ID|QUEUE_ID|USER_ID|ENGAGEMENT_ID|UUID)\b", CONTACT, text)
    if _PLAIN.fullmatch(text):
        ran = cxcall(*shlex.split(text)[1:])
        return Ended(ran.code, ran.out, ran.err)
    result = subprocess.run(
        ["bash", "-c", f"set -o pipefail\n{text}"],
        cwd=cxcall.folder,
        env={**cxcall.environment, "PATH": cxcall.path_of_shells(), "TOKEN": "abc"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    return Ended(result.returncode, result.stdout, result.stderr)


def run_python(block: str, cxcall: Cxcall) -> Ended:
    """Run a Python block as a script."""
    script = cxcall.folder / cxcall.file("script.py", block)
    with start_script([str(script)], cxcall.environment, cxcall.folder) as process:
        out, err = process.communicate(timeout=60)
    return Ended(process.wait(), out, err)


def write_files(cxcall: Cxcall) -> None:
    """Write the files that the pages name."""
    for name, content in FILES.items():
        cxcall.file(name, content if isinstance(content, str) else json.dumps(content))
