"""Separate the commands of a text from the calls of code beside them, so that each has its own status and response."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from cxcall.explaining.readers.commands.commands_in_text import COMMAND
from cxcall.explaining.readers.commands.shell_text import split_command
from cxcall.runtime.patterns import compile_on_use

_CALL = compile_on_use(
    r"(?<![\w$])[\w$]*(?:get|post|put|patch|delete|request|fetch|axios)\w*(?:<\w+>)?\("
    r"[^\n(]{0,60}?[\"'`][^\s\"'`]*(?:/[\w{$-]|\$?\{)",
    re.IGNORECASE,
)
"""A call with a URL or a path as an argument: `requests.post(BASE + "/path"`."""
_PARAGRAPH_END = compile_on_use(r"\n[ \t]*\n\s*?(?=[^\S\n]*\S)")
_HEADING = compile_on_use(
    r"[^\n]*(?::|\*\*|__)[ \t]*|[ \t]*(?:#{1,6} |[0-9]{1,2}[.)] )[^\n]*|.*\n```\w*"
)
_MAX_TEXT = 1 << 16


def separate_requests(text: str) -> list[str]:
    """Return the parts of a text with only commands, and those with only calls of code; one part if it has no both."""
    if len(text) > _MAX_TEXT or not COMMAND.search(text) or not _CALL.search(text):
        return [text]
    commands = [*_commands(text)]
    calls = [
        each.start()
        for each in _CALL.finditer(text)
        if not any(start <= each.start() < end for start, end in commands)
    ]
    marks = sorted([(start, True) for start, _ in commands] + [(start, False) for start in calls])
    cuts = [0]
    for (_, is_command), (start, is_next) in pairwise(marks):
        if is_command != is_next:
            cuts.append(_start_of_section(text, start))
    ends = [*cuts[1:], len(text)]
    return [text[start:end] for start, end in zip(cuts, ends, strict=True)]


def _commands(text: str) -> Iterator[tuple[int, int]]:
    match = COMMAND.search(text)
    while match:
        end = match.start() + max(split_command(text[match.start() :]).end, 1)
        yield match.start(), end
        match = COMMAND.search(text, end)


def _start_of_section(text: str, start: int) -> int:
    """Return the start of the paragraph with a request, or of the heading above it, such as `In Python it fails:`."""
    ends = [each.end() for each in _PARAGRAPH_END.finditer(text, 0, start + 1)]
    own = ends[-1] if ends else 0
    above = ends[-2] if len(ends) > 1 else 0
    return above if own and _HEADING.fullmatch(text[above:own].strip()) else own
