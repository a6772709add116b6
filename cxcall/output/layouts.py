"""Lay out sections of names and their descriptions, and tables, in the width of a terminal; draw a progress bar."""

from __future__ import annotations

from typing import IO, TYPE_CHECKING

from cxcall.findings.hinted_commands import complete_commands
from cxcall.named_tuple import NamedTuple
from cxcall.output.terminal_text import (
    cell_width,
    count_fitting,
    escape_cell,
    escape_controls,
    escape_to_one_line,
    fold,
)
from cxcall.runtime.secrets.known_secrets import redact

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from rich.progress import Progress
    from rich.table import Table as Grid
    from rich.text import Text

    from cxcall.output.report import Table


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
        else:  # a single word, such as a URL, stays beside its name even if the terminal must break it
            line = start + " " * gap + text
            folded = fold(line, columns, " " * width) if " " in text else line
            yield painted + folded[len(start) :]


_WRAPPED_COLUMNS = 2  # a table with no more columns wraps the texts in them
_FEWEST_CELLS = 14  # of a column that is cut
_ROW_INDENT = "  "
_OUTCOME_STYLES = {
    "accepted": "green",
    "refused": "red",
    "undelivered": "yellow",
    "unknown": "bold red",
}


def new_grid(table: Table, width: int) -> Grid | Text | None:
    """Return a table as rich prints it on a terminal of this width, without empty columns; None if it has no rows."""
    if not table.rows:
        return None
    wide = table = _without_empty_columns(table)
    if _width(table) > width and table.narrower is not None:
        table = _cut(_without_empty_columns(table.narrower), width)
    if len(table.headings) > _WRAPPED_COLUMNS and _width(table) > width:
        return _new_lines(wide, width)
    from rich.table import Table as Grid

    grid = Grid(box=None, pad_edge=False, header_style="bold")
    for heading in table.headings:  # an ID stays on one line, so that people can copy it
        grid.add_column(heading, overflow="fold", no_wrap=heading == "ID")
    for row in table.rows:
        cells = zip(table.headings, row, strict=True)
        grid.add_row(*(_new_cell(heading, cell) for heading, cell in cells))
    return grid


def _without_empty_columns(table: Table) -> Table:
    columns = zip(table.headings, *table.rows, strict=True)
    kept = [column for column in columns if any(column[1:])]
    headings, *rows = zip(*kept, strict=True) if kept else (table.headings, *table.rows)
    return table._replace(headings=headings, rows=rows)


def _cut(table: Table, width: int) -> Table:
    """Return a table with the texts of the column that may be cut in the room that is left for them."""
    excess = _width(table) - width
    if excess <= 0 or table.cut not in table.headings:
        return table
    index = table.headings.index(table.cut)
    room = max(max(cell_width(row[index]) for row in table.rows) - excess, _FEWEST_CELLS)

    def cut(text: str) -> str:
        is_short = cell_width(text) <= room
        return text if is_short else f"{text[: count_fitting(text, room - 1)]}\u2026"

    rows = [(*row[:index], cut(row[index]), *row[index + 1 :]) for row in table.rows]
    return table._replace(rows=rows)


def _new_lines(table: Table, width: int) -> Text:
    """Return a table whose rows, and headings, have several lines: what does not fit on the first one is indented."""
    from rich.text import Text

    lines: list[list[list[Text]]] = []
    room = 0
    for heading, *texts in zip(table.headings, *table.rows, strict=True):
        cells = [Text(heading, style="bold"), *(_new_cell(heading, text) for text in texts)]
        needed = max(cell.cell_len for cell in cells)
        if needed > room:
            room = width - len(_ROW_INDENT if lines else "")
            lines.append([])
        room -= needed + 2
        for cell in cells:
            cell.pad_right(needed + 2 - cell.cell_len)
        lines[-1].append(cells)
    rows = [
        Text.assemble(_ROW_INDENT if index else "", *cells)
        for cells_of_row in zip(*(zip(*line, strict=True) for line in lines), strict=True)
        for index, cells in enumerate(cells_of_row)
        if any(str(cell).strip() for cell in cells)
    ]
    for text in rows:
        text.rstrip()
    return Text("\n").join(rows)


def _new_cell(heading: str, cell: str) -> Text:
    from rich.text import Text

    word = cell.partition(",")[0] if heading == "OUTCOME" else ""
    return Text(escape_cell(redact(cell)), style=_OUTCOME_STYLES.get(word, ""))


def _width(table: Table) -> int:
    """Return how many columns of a terminal a row needs on one line."""
    columns = zip(table.headings, *table.rows, strict=True)
    return sum(max(map(cell_width, column)) + 2 for column in columns) - 2


def new_bar(stream: IO[str], *, is_colored: bool) -> Progress:
    """Return a progress bar: the remaining time, the number done, the total, a description, and the bar in what is left."""
    from rich import progress
    from rich.console import Console
    from rich.table import Column
    from rich.text import Text

    parts = progress.TimeRemainingColumn(), progress.MofNCompleteColumn()

    class Line(progress.ProgressColumn):
        def render(self, task: progress.Task) -> Text:
            return Text(" ").join([*(each.render(task) for each in parts), Text(task.description)])

    style = "cyan"  # neither that of a success nor of a failure
    bar = progress.BarColumn(
        None, complete_style=style, finished_style=style, table_column=Column(ratio=1)
    )
    return progress.Progress(
        Line(Column(no_wrap=True)),
        bar,
        console=Console(file=stream, no_color=not is_colored),
        transient=True,
        expand=True,
    )
