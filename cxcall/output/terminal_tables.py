"""Draw a table on a terminal in the widest form that fits, and a progress bar."""

from __future__ import annotations

from typing import IO, TYPE_CHECKING

from cxcall.output.terminal_text import cell_width, escape_cell
from cxcall.runtime.secrets.known_secrets import redact

if TYPE_CHECKING:
    from rich.progress import Progress
    from rich.table import Table as Grid
    from rich.text import Text

    from cxcall.output.report import Table

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
    return Text(escape_cell(redact(cell)), style=_OUTCOME_STYLES.get(word, ""))


def _narrow_to_fit(table: Table, width: int) -> Table:
    """Return the widest form of a table that fits this number of columns, or else the narrowest form."""
    while table.narrower is not None:
        columns = zip(table.headings, *table.rows, strict=True)
        if sum(max(map(cell_width, column)) + 2 for column in columns) - 2 <= width:
            break
        table = table.narrower
    return table


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
