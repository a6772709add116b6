"""The command that continues a batch after an interruption."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cxcall.findings.finding import command

if TYPE_CHECKING:
    from collections.abc import Sequence


def resume_command(arguments: Sequence[str]) -> str:
    """Return the command line that continues a batch; the number of calls must be confirmed again."""
    words = iter(arguments[1:])
    kept = ["cxcall"]
    for word in words:
        if word == "--confirm":
            next(words, None)
        elif word == "--":  # the next words are not options
            return command(*kept, "--resume", word, *words)
        elif not word.startswith("--confirm=") and word not in ("--again", "--resume"):
            kept.append(word)
    return command(*kept, "--resume")
