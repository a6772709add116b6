"""Lay out what fits a terminal: sections of names and their descriptions, and tables in the widest form that fits."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cxcall.named_tuple import NamedTuple
from cxcall.output.hinted_commands import complete_commands
from cxcall.output.terminal_text import cell_width, escape_controls, escape_to_one_line, fold
from cxcall.runtime.redaction import redact

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from rich.table import Table as Grid
    from rich.text import Text

    from cxcall.output.report import Table


_INDENT = 2
_WIDEST_TEXT = 100
"""Cells of a line of text: longer ones are hard to read."""


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
            yield fold(escape_controls(complete_commands(line)), columns)
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
        elif gap < _INDENT:  # a long name has a line of its own
            yield painted
            yield fold(" " * width + text, columns, " " * width)
        else:
            folded = fold(start + " " * gap + text, columns, " " * width)
            yield painted + folded[len(start) :]


_OUTCOME_STYLES = {
    "accepted": "green",
    "refused": "red",
    "undelivered": "yellow",
    "unknown": "bold red",
}


def new_grid(table: Table, width: int) -> Grid | None:
    """Return a table as rich prints it on a terminal of this width; None if it has no rows."""
    from rich.table import Table as Grid

    table = _narrow_to_fit(table, width)
    if not table.rows:
        return None
    grid = Grid(box=None, pad_edge=False, header_style="bold")
    for heading in table.headings:  # an ID stays on one line, so that people can copy it
        grid.add_column(heading, overflow="fold", no_wrap=heading == "ID")
    for row in table.rows:
        cells = zip(table.headings, row, strict=True)
        grid.add_row(*(_new_cell(heading, cell) for heading, cell in cells))
    return grid


def _new_cell(heading: str, cell: str) -> Text:
    from rich.text import Text

    word = cell.partition(",")[0] if heading == "OUTCOME" else ""
    return Text(escape_controls(redact(cell)), style=_OUTCOME_STYLES.get(word, ""))


def _narrow_to_fit(table: Table, width: int) -> Table:
    """Return the widest form of a table that fits so many columns, else the narrowest form."""
    while table.narrower is not None:
        columns = zip(table.headings, *table.rows, strict=True)
        if sum(max(map(cell_width, column)) + 2 for column in columns) - 2 <= width:
            break
        table = table.narrower
    return table
