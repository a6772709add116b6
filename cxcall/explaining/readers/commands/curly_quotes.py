"""Replace typographic quotes and dashes in pasted commands by plain ones, and report them: a shell does not."""

from __future__ import annotations

import re

from cxcall.findings.finding import Finding

_STRAIGHT = str.maketrans(
    {
        **dict.fromkeys("\u201c\u201d\u201e", '"'),
        **dict.fromkeys("\u2018\u2019", "'"),
        "\u2013": "-",
        "\u2014": "--",
    }
)
_COMMAND_START = re.compile(r"\b(?:curl|wget2?|https?|xhs?)(?:\.exe)? ")
# An option after a long dash, or a curly quote after an option.
_CURLY_OPTION = re.compile(
    "(?:(?<=curl )|\\s-{1,2}[\\w-]{1,30}[ =]?|(?:GET|POST|PUT|PATCH|DELETE) )[\u201c\u201d\u201e\u2018]|\\s[\u2013\u2014]{1,2}[A-Za-z]"
)
_EMPTY_LINE = re.compile(r"(\n[ \t]*\n)")


def straighten_quotes(text: str) -> str:
    """Return a text with plain quotes and dashes in place of typographic ones in its commands."""
    return "".join(map(_straighten, _EMPTY_LINE.split(text)))


def _straighten(paragraph: str) -> str:
    """Return a paragraph with plain quotes and dashes in place of typographic ones in its command."""
    command = _COMMAND_START.search(paragraph)
    if command is None or not _CURLY_OPTION.search(paragraph, command.end() - 1):
        return paragraph
    return paragraph[: command.start()] + paragraph[command.start() :].translate(_STRAIGHT)


def curly_quotes_finding() -> Finding:
    """Return the finding that a command has typographic quotes."""
    return Finding.error(
        "body-malformed",
        "body",
        "the command has typographic quotes, which shells do not treat as quotes; it is read as if they were straight quotes",
        fix="replace `\u201c`, `\u201d`, `\u2018`, and `\u2019` with `\"` and `'`",
        why="word processors and chats replace straight quotes",
    )
