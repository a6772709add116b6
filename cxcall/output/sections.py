"""Lay out sections of names and their descriptions, folded to the width of a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cxcall.findings.hinted_commands import complete_commands
from cxcall.named_tuple import NamedTuple
from cxcall.output.terminal_text import cell_width, escape_controls, escape_to_one_line, fold

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence


_INDENT = 2
_WIDEST_TEXT = 100
"""The most cells of a line of text; longer lines are hard to read."""


class Entry(NamedTuple):
    """A name with its text; nested ones have a depth."""

    name: str
    text: str
    depth: int = 0


class Section(NamedTuple):
    """A title, lines of text below it, and entries."""

    title: str = ""
    lines: Sequence[str] = ()
    entries: Sequence[Entry] = ()


def lay_out(
    sections: Sequence[Section], columns: int | None, paint: Callable[[str, str], str]
) -> Iterator[str]:
    """Yield the lines of sections, with an empty line between them; without columns, unfolded.

    `paint` takes a style and a text.
    """
    for number, section in enumerate(sections):
        if number:
            yield ""
        if section.title:
            yield paint("bold", fold(escape_to_one_line(section.title), columns))
        for line in section.lines:
            indent = line[: len(line) - len(line.lstrip(" "))]
            yield fold(escape_controls(complete_commands(line)), columns, indent)
        yield from _entry_lines(section.entries, columns, paint)


def _entry_lines(
    entries: Sequence[Entry], columns: int | None, paint: Callable[[str, str], str]
) -> Iterator[str]:
    names = [" " * (_INDENT * (each.depth + 1)) + escape_to_one_line(each.name) for each in entries]
    width = max(map(cell_width, names), default=0) + _INDENT
    if columns is not None:
        width = min(width, columns * 2 // 5)
        columns = min(columns, width + _WIDEST_TEXT)
    for name, entry in zip(names, entries, strict=True):
        text, start = escape_to_one_line(complete_commands(entry.text)), name.rstrip()
        gap = width - cell_width(name) if columns is not None else _INDENT
        indent = len(name) - len(name.lstrip())
        painted = " " * indent + paint("note", name[indent:])
        if not text:
            yield painted
        elif gap < _INDENT:  # a long name has its own line
            yield painted
            yield fold(" " * width + text, columns, " " * width)
        else:
            folded = fold(start + " " * gap + text, columns, " " * width)
            yield painted + folded[len(start) :]
