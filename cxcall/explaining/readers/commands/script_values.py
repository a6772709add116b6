"""Find the values that a pasted script shows: those of its variables, and the text that it pipes into a command."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from itertools import islice

from cxcall.explaining.readers.commands.shell_words import (
    Command,
    read_here_document,
    split_command,
)
from cxcall.explaining.readers.messages.responses_in_text import object_text
from cxcall.explaining.readers.unresolved_variables import mark_unresolved, replace_variables

# bash, zsh, and cmd write `name=value`, fish `set name value`.
_SET = re.compile(
    r"""^[ \t]*(?:\$[ \t]+)?(?:(?:export|local|readonly|declare|typeset|set)[ \t]+(?:-\w+[ \t]+)*)?
    (?P<name>[A-Za-z_]\w*)(?:=|(?<=[ \t]\w)[ \t]+|[ \t]+(?=['"]))(?=\S)""",
    re.MULTILINE | re.VERBOSE,
)
_CAT = re.compile(r"\$\([ \t]*cat[ \t]*<<-?[ \t]*(['\"]?\w+['\"]?)[^\n]*")
_CMD_NAME = re.compile(r"%(\w+)%")
_MAX_VARIABLES = 100
_MAX_VALUE = 1 << 16
_MAX_FILLED = 1 << 22
_JQ = re.compile(r"\bjq[ \t]+(?=[^|\n]*-n|[^|\n]*--null-input)")


def find_variables(text: str) -> dict[str, str]:
    """Return the values of the variables that a script sets itself."""
    found: dict[str, str] = {}
    for match in islice(_SET.finditer(text), _MAX_VARIABLES):
        if here := _CAT.match(text, match.end()):
            content, _ = read_here_document(text, match.end(), here[1])
            words = [content] if content is not None else []
        else:
            value = text[match.end() : match.end() + _MAX_VALUE]
            words = split_command(value).words[:1]
        if words and len(filled := _fill(words[0], found)) <= _MAX_VALUE:
            found[match["name"]] = filled
    return found


def fill_command(command: Command, variables: Mapping[str, str]) -> Command:
    """Return a command with the values of known variables; unchanged if the values are too long in total."""
    if not variables:
        return command
    content, words, room = command.here_document, [], _MAX_FILLED
    for word in command.words:
        words.append(_fill(word, variables))
        room -= len(words[-1])
        if room < 0:
            return command
    filled = content if content is None else _fill(content, variables)
    return command._replace(words=words, here_document=filled)


def _fill(text: str, variables: Mapping[str, str]) -> str:
    marked = _CMD_NAME.sub(
        lambda found: mark_unresolved(found[0]) if found[1] in variables else found[0], text
    )
    return replace_variables(marked, lambda name: variables.get(name.strip("${}%")))


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
