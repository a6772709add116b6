"""Find the variables whose values a pasted script shows, and insert the values into its commands."""

from __future__ import annotations

import re
from itertools import islice
from typing import TYPE_CHECKING

from cxcall.explaining.readers.commands.shell_words import read_here_document, split_command
from cxcall.explaining.readers.unresolved_variables import mark_unresolved, replace_variables

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cxcall.explaining.readers.commands.shell_words import Command

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
