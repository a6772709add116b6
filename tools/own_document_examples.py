"""Write the output in docs/own-documents.md from real runs: python tools/own_document_examples.py.

Each block that starts with `$ cxcall` is run again, with the document of docs/examples. The page is checked
in; a test compares it with the current output.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

DOCS = Path(__file__).parent.parent / "docs"
PAGE = DOCS.parent / "docs/own-documents.md"
Run = Callable[[list[str], str, dict[str, str]], tuple[str, str]]
"""Runs the arguments of a command in a folder and an environment; returns its stdout and its stderr."""
_BLOCK = re.compile(r"```console\n(\$ cxcall (?:[^\n]*\\\n)*[^\n]*)\n.*?```", re.DOTALL)


def write_examples(run: Run | None = None) -> str:
    """Return the page with the current output; `run` runs the commands."""
    return _BLOCK.sub(
        lambda block: f"```console\n{block[1]}\n{output(block[1], run or run_command)}\n```",
        PAGE.read_text("utf-8"),
    )


def output(command: str, run: Run) -> str:
    """Return the output of a command of the page, in its own environment."""
    words = shlex.split(command.removeprefix("$ cxcall ").replace("\\\n", " "))
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "calls.yaml").write_bytes((DOCS / "examples/calls.yaml").read_bytes())
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": folder,
            "CXCALL_STATE_DIR": folder,
            "CXCALL_CONFIG_DIR": folder,
            "CXCALL_CONTRACT": "calls.yaml",
        }
        out, err = run(words, folder, environment)
    # A terminal shows stderr first: stdout is written when the command ends.
    return (err + out).strip().replace("\n\n\n", "\n\n")


def run_command(words: list[str], folder: str, environment: dict[str, str]) -> tuple[str, str]:
    """Run the command of this Python environment."""
    ran = subprocess.run(
        [sys.executable, "-m", "cxcall", *words],
        env=environment,
        cwd=folder,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    return ran.stdout, ran.stderr


if __name__ == "__main__":
    PAGE.write_text(write_examples(), "utf-8")
