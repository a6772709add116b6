"""Report the errors of a batch: also on stderr, where stdout is a file or another program."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cxcall.batch.run_stages import InvalidRowsError
from cxcall.findings.errors import CxcallError
from cxcall.output.finding_text import format_one_line
from cxcall.output.report import Report, error_report
from cxcall.output.screen import Screen

if TYPE_CHECKING:
    from collections.abc import Callable

    from cxcall.cli.options import RequestOptions

_MAX_ERRORS_ON_STDERR = 5


def report_errors(run: Callable[[Screen], Report], common: RequestOptions, command: str) -> Report:
    """Return the report of a run; its errors also go to stderr where stdout is a file or another program."""
    screen = Screen.standard(common.output)
    try:
        return run(screen)
    except InvalidRowsError as error:
        _tell_errors(screen, error)
        return error_report(error, command)._replace(summary=error.summary)
    except CxcallError as error:
        _tell_errors(screen, error)
        raise


def _tell_errors(screen: Screen, error: CxcallError) -> None:
    """Print errors on stderr if the envelope goes to a file or another program."""
    if screen.options.output != "text" and not screen.stdout.isatty():
        for finding in error.findings[:_MAX_ERRORS_ON_STDERR]:
            screen.print_diagnostic(format_one_line(f"error: {finding.message}"), always=True)
