"""Find the variables that a pasted script sets to what it shows, and put their values into its commands."""

from __future__ import annotations

import re
from itertools import islice
from typing import TYPE_CHECKING

from cxcall.explaining.readers.shell_words import read_here_document, split_command
from cxcall.explaining.readers.unresolved_variables import replace_variables

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cxcall.explaining.readers.shell_words import Command

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


def find_variables(text: str) -> dict[str, str]:
    """Return the values of the variables that a script sets; not those that it takes from elsewhere."""
    found: dict[str, str] = {}
    for match in islice(_SET.finditer(text), _MAX_VARIABLES):
        if here := _CAT.match(text, match.end()):
            content, _ = read_here_document(text, match.end(), here[1])
            words = [content] if content is not None else []
        else:
            value = text[match.end() : match.end() + _MAX_VALUE]
            words = split_command(value).words[:1]
        if words:
            found[match["name"]] = _fill(words[0], found)
    return found


def fill_command(command: Command, variables: Mapping[str, str]) -> Command:
    """Return a command with the values of the variables that are known."""
    if not variables:
        return command
    content = command.here_document
    return command._replace(
        words=[_fill(word, variables) for word in command.words],
        here_document=content if content is None else _fill(content, variables),
    )


def _fill(text: str, variables: Mapping[str, str]) -> str:
    filled = replace_variables(text, lambda name: variables.get(name.strip("${}")))
    return _CMD_NAME.sub(lambda found: variables.get(found[1], found[0]), filled)
