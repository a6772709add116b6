"""Show the progress of long work: a bar on a terminal, lines elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import IO

    from rich.progress import Progress

    from cxcall.output.screen import Screen

_SECONDS_BETWEEN_LINES = 10.0


class ProgressLines:
    """Prints a line at intervals if no progress bar is shown: in a log, or on a terminal that cannot draw one."""

    def __init__(self, screen: Screen, total: int, tell: Callable[[str], None]) -> None:
        self._is_quiet = screen.options.quiet or screen.shows_bar
        self._total, self._tell = total, tell
        self._next = _SECONDS_BETWEEN_LINES

    def update(self, done: int, text: str, seconds: float) -> None:
        """Print the progress, unless a line was printed less than 10 seconds ago, or the summary follows at once."""
        if seconds >= self._next and done < self._total and not self._is_quiet:
            self._next = seconds + _SECONDS_BETWEEN_LINES
            self._tell(f"{done:,} of {self._total:,} row{'' if self._total == 1 else 's'}: {text}")


def make_progress_bar(stream: IO[str], *, uses_color: bool) -> Progress:
    """Return a bar that shows the number done, the total, a description, and the remaining time."""
    from rich import progress
    from rich.console import Console

    return progress.Progress(
        progress.BarColumn(),
        progress.MofNCompleteColumn(),
        progress.TextColumn("{task.description}", markup=False),
        progress.TimeRemainingColumn(),
        console=Console(file=stream, no_color=not uses_color),
        transient=True,
    )
