"""Write the examples of docs/explain.md from real runs: python tools/explain_examples.py.

Each text below "Before:" is explained again. The page is checked in; a test compares it with the current output.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

PAGE = Path(__file__).parent.parent / "docs/explain.md"
FINDING_START, FINDING_END = "<!-- finding: example 2, with -v -->", "<!-- end of finding -->"
EXAMPLE = re.compile(
    r"(Before:\n\n```text\n(.*?)\n```\n\nAfter `cxcall explain failed.txt`:\n\n```text\n).*?(?=\n```)",
    re.DOTALL,
)
_SHOWN_FINDINGS = 2


class Ended(Protocol):
    """The results of a process that has ended."""

    @property
    def returncode(self) -> int:
        """Its exit code."""

    @property
    def stdout(self) -> bytes:
        """What it printed."""


Run = Callable[[list[str], bytes], Ended]
"""Runs the arguments of a command with a text on stdin."""


def run_command(arguments: list[str], given: bytes) -> Ended:
    """Run the command of this environment."""
    words = [sys.executable, "-m", "cxcall", *arguments]
    return subprocess.run(words, input=given, capture_output=True, check=False)


def write_examples(run: Run = run_command) -> str:
    """Return the page with the current output of its examples, and of one finding with its source."""
    page = PAGE.read_text("utf-8")
    second = EXAMPLE.findall(page)[1][1]
    finding = run(["explain", "-v", "-"], f"{second}\n".encode()).stdout.decode()
    before, _, rest = page.partition(FINDING_START)
    shown = finding.strip().split("\n\n")[1]
    page = f"{before}{FINDING_START}\n```text\n{shown}\n```\n{FINDING_END}{rest.partition(FINDING_END)[2]}"
    return EXAMPLE.sub(lambda found: found[1] + explain(f"{found[2]}\n", run), page)


def explain(text: str, run: Run) -> str:
    """Return what `explain` prints for a text: the first findings, the end, and the exit code."""
    ran = run(["explain", "-"], text.encode())
    blocks = ran.stdout.decode().strip().split("\n\n")
    findings = [each for each in blocks if re.match(r"(error|warning|note)\[", each)]
    left_out = findings[_SHOWN_FINDINGS:]
    kept = [f"[... {len(left_out)} more]" if each in left_out[:1] else each for each in blocks]
    kept = [each for each in kept if each not in left_out]
    return "\n\n".join(kept) + f"\n\nexit code {ran.returncode}"


if __name__ == "__main__":
    PAGE.write_text(write_examples(), "utf-8")
