"""The progress bar of a terminal."""

from __future__ import annotations

from typing import IO

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeRemainingColumn,
)


def make_progress_bar(stream: IO[str], *, uses_color: bool) -> Progress:
    """Return a bar that shows the number done, the total, a description, and the remaining time."""
    return Progress(
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.description}", markup=False),
        TimeRemainingColumn(),
        console=Console(file=stream, no_color=not uses_color),
        transient=True,
    )
