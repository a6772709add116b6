"""Read the text that `echo`, `printf`, `cat`, or `jq -n` pipes into a command."""

from __future__ import annotations

import json
import re

from cxcall.explaining.readers.commands.shell_words import split_command
from cxcall.explaining.readers.messages.responses_in_text import object_text

_JQ = re.compile(r"\bjq[ \t]+(?=[^|\n]*-n|[^|\n]*--null-input)")


def read_piped_text(before: str) -> str | None:
    """Return the text that `echo` or `printf` pipes into the command after a text."""
    before = before[-(1 << 18) :]
    pipe = before.rstrip(" \t\r\n\\").endswith("|")
    if pipe and (made := _JQ.search(before)):
        return _evaluate_jq(split_command(before[made.start() :]).words)
    start = max(before.rfind(f"{name} ") for name in ("echo", "printf", "cat")) if pipe else -1
    first = min(
        (
            at
            for name in ("echo '", 'echo "', "printf '", 'printf "')
            if (at := before.find(name)) >= 0
        ),
        default=start,
    )
    if first < 0:
        return None
    command = split_command(before[first:])
    words = [each for each in command.words[1:] if not each.startswith("-")]
    text = command.here_document if command.here_document is not None else " ".join(words)
    return text.replace("%%", "%").replace("\\\\", "\\") if command.words[0] == "printf" else text


def _evaluate_jq(words: list[str]) -> str | None:
    """Return the object that `jq -n --arg name value '{...}'` prints, as far as it is literal."""
    program = next((each for each in reversed(words) if each[:1] in ("{", "[")), "")
    for index, word in enumerate(words[:-2]):
        if word in ("--arg", "--argjson"):
            name, value = words[index + 1 : index + 3]
            argument = value if word == "--argjson" else json.dumps(value)
            program = re.sub(rf"\${re.escape(name)}\b", argument.replace("\\", r"\\"), program)
    return object_text(program) or None
