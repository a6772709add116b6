"""Print the result of one row of a batch, in the form that the output options name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cxcall.findings.exit_codes import Outcome
from cxcall.output.finding_text import format_one_line
from cxcall.output.terminal_text import escape_to_one_line

if TYPE_CHECKING:
    from collections.abc import Callable

    from cxcall.batch.row_result import RowResult
    from cxcall.output.screen import Screen

_MAX_SKIPS_SHOWN = 20
"""How many skipped rows a terminal shows: the summary counts them all."""


class RowPrinter:
    """Prints results on stdout: every one for programs, and on a terminal those that were not accepted."""

    def __init__(self, screen: Screen) -> None:
        self._screen, self._skips_shown = screen, 0
        self._is_broken = False

    def print_or_stop(self, result: RowResult, batch: str, stop: Callable[[str], None]) -> None:
        """Print the result of a row; if that is not possible, call `stop` with the reason, and print no more."""
        if self._is_broken:
            return
        try:
            self.print(result, batch)
        except OSError as error:
            self._is_broken = True
            stop(unwritable_reason(error))

    def print(self, result: RowResult, batch: str) -> None:
        """Print the result of a row; raises OSError if that is not possible."""
        screen, report = self._screen, result.report
        if screen.options.output != "text":
            screen.print_json(result.as_dict(batch))
        elif screen.options.quiet:
            if report.delivery and report.delivery.engagement_id:
                screen.print_line(report.delivery.engagement_id)
        elif not screen.stdout.isatty():
            screen.print_line("\t".join(map(escape_to_one_line, result.cells())))
        elif report.outcome is not Outcome.ACCEPTED and not (
            result.skip and self._skips_shown > _MAX_SKIPS_SHOWN
        ):
            self._skips_shown += result.skip is not None
            screen.print_line(format_one_line(str(result)))
        screen.stdout.flush()


def unwritable_reason(error: OSError) -> str:
    """Return why a run stops whose results cannot be written; requests in flight are finished."""
    return f"the results cannot be written: {error.strerror or 'the pipe is closed'}"
