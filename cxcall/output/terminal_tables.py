"""Draw a table on a terminal, with several lines for each row if it is narrow, and a progress bar."""

from __future__ import annotations

from typing import IO, TYPE_CHECKING

from cxcall.output.terminal_text import cell_width, escape_cell
from cxcall.runtime.secrets.known_secrets import redact

if TYPE_CHECKING:
    from rich.progress import Progress
    from rich.table import Table as Grid
    from rich.text import Text

    from cxcall.output.report import Table

_WRAPPED_COLUMNS = 2  # a table with no more columns wraps the texts in them
_INDENT = "  "
_OUTCOME_STYLES = {
    "accepted": "green",
    "refused": "red",
    "undelivered": "yellow",
    "unknown": "bold red",
}


def new_grid(table: Table, width: int) -> Grid | Text | None:
    """Return a table as rich prints it on a terminal of this width; None if it has no rows."""
    if _width(table) > width:
        table = table.narrower or table
    if not table.rows:
        return None
    if len(table.headings) > _WRAPPED_COLUMNS and _width(table) > width:
        return _new_lines(table, width)
    from rich.table import Table as Grid

    grid = Grid(box=None, pad_edge=False, header_style="bold")
    for heading in table.headings:  # an ID stays on one line, so that people can copy it
        grid.add_column(heading, overflow="fold", no_wrap=heading == "ID")
    for row in table.rows:
        cells = zip(table.headings, row, strict=True)
        grid.add_row(*(_new_cell(heading, cell) for heading, cell in cells))
    return grid


def _new_lines(table: Table, width: int) -> Text:
    """Return a table whose rows, and headings, have several lines: what does not fit on the first one is indented."""
    from rich.text import Text

    lines: list[list[list[Text]]] = []
    room = 0
    for column in zip(table.headings, *table.rows, strict=True):
        if not any(column[1:]):
            continue
        heading, *texts = column
        cells = [Text(heading, style="bold"), *(_new_cell(heading, text) for text in texts)]
        needed = max(cell.cell_len for cell in cells)
        if needed > room:
            room = width - len(_INDENT if lines else "")
            lines.append([])
        room -= needed + 2
        for cell in cells:
            cell.pad_right(needed + 2 - cell.cell_len)
        lines[-1].append(cells)
    rows = [
        Text.assemble(_INDENT if index else "", *cells)
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
    """Return a bar that shows the number done, the total, a description, and the remaining time."""
    from rich import progress
    from rich.console import Console

    return progress.Progress(
        progress.BarColumn(),
        progress.MofNCompleteColumn(),
        progress.TextColumn("{task.description}", markup=False),
        progress.TimeRemainingColumn(),
        console=Console(file=stream, no_color=not is_colored),
        transient=True,
    )
