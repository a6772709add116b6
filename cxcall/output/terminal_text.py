"""Text for a terminal: escape, fold, and measure in cells."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    Paint = Callable[[str, str], str]


# C0 and C1 controls, and the marks that reorder text: what a server sends is shown, never obeyed.
_UNSAFE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")


_LITERAL = r"`[^`\n]*`"


_HELD = "\0"  # where a literal has a space: `printable` has left none of these


_NARROWEST = 40


def printable(text: str) -> str:
    """Return text from outside with control characters spelled out, tabs and newlines kept."""
    if text.isprintable():
        return text
    return _UNSAFE.sub(lambda match: match[0].encode("unicode_escape").decode("ascii"), text)


def fold(text: str, columns: int | None, indent: str = "") -> str:
    """Break text between words where it is wider than a terminal; without one (None), leave it whole.

    What stands in backticks is to be copied, and so never broken; `indent` stands before each line
    that goes on.
    """
    if columns is None or (len(text) <= columns and text.isascii()):
        return text
    width = max(columns, _NARROWEST)
    held = re.sub(_LITERAL, lambda literal: literal[0].replace(" ", _HELD), text)
    lines = (_folded(line.expandtabs(), width, indent) for line in held.split("\n"))
    return "\n".join(lines).replace(_HELD, " ")


def _folded(line: str, width: int, indent: str) -> str:
    lines, current, used = [], "", 0
    for gap, word in re.findall(r"( *)([^ ]+)", line):
        taken = cells(word.replace(_HELD, " "))
        if current and used + len(gap) + taken > width:
            lines.append(current)
            current, used, gap = indent, len(indent), ""  # noqa: PLW2901 - none begins a line
        current += gap + word
        used += len(gap) + taken
    return "\n".join([*lines, current])


def spelled(text: str) -> str:
    """Return text from outside on one line, control characters and line breaks spelled out."""
    return printable(text).replace("\n", "\\n")


def _count(text: Iterable[str], room: int) -> int:
    """Return how many of the first characters fit into so many cells."""
    count = 0
    for char in text:
        room -= cells(char)
        if room < 0:
            break
        count += 1
    return count


def cells(text: str) -> int:
    """Return how many terminal cells a text takes."""
    if text.isascii() and text.isprintable():
        return len(text)
    return sum(map(_width, text))


def _width(char: str) -> int:
    from unicodedata import category, east_asian_width

    if _UNSAFE.match(char):
        return len(printable(char))
    if category(char) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if east_asian_width(char) in "WF" else 1
