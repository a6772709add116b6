"""Prepare a batch: its file of rows, settings, and job; report its errors."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cxcall.batch.beginning_and_end import InvalidRowsError
from cxcall.batch.input.column_mapping import parse_column_map
from cxcall.batch.input.national_numbers import parse_country
from cxcall.batch.input.rows import RowFile, RowFormat, check_encoding
from cxcall.batch.input.unknown_columns import UnknownColumnsError
from cxcall.batch.job import Job
from cxcall.findings.errors import CxcallError, UsageError
from cxcall.output.finding_text import format_one_line
from cxcall.output.report import Report, error_report
from cxcall.output.screen import Screen
from cxcall.settings.sources import Layer, Setting

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from contextlib import ExitStack

    from cxcall.cli.commands.batch import BatchOptions
    from cxcall.cli.commands.campaign import LoadOptions
    from cxcall.cli.shared_options import RequestOptions
    from cxcall.contracts.operation import Operation
    from cxcall.settings.settings import Settings


def open_row_file(
    options: BatchOptions | LoadOptions,
    operation: Operation,
    screen: Screen,
    stack: ExitStack,
    usual_headers: Mapping[str, str],
) -> RowFile:
    """Return the open file of rows; on a terminal, ask whether to ignore columns that set nothing.

    `usual_headers` are the headers of columns that the profile sets.
    """
    reading = options.reading
    columns = parse_column_map(
        reading.map or (),
        reading.mapping,
        ignores_extra=reading.ignore_extra_columns,
        key=reading.key or "",
        usual_headers=usual_headers,
    )
    given = [text.partition("=")[0] for text in (*(options.param or ()), *(options.set or ()))]
    columns = columns._replace(given=given)
    encoding = check_encoding(reading.encoding) if reading.encoding else ""
    rows = stack.enter_context(
        RowFile(options.file, RowFormat(encoding, reading.sheet or "", columns))
    )
    try:
        next(rows.rows(operation), None)
    except UnknownColumnsError as error:
        if error.proposals or error.missing or not screen.is_interactive:
            raise
        if not screen.confirm(f"{error}. Ignore these columns?"):
            raise
        columns = columns._replace(ignores_extra=True)
        rows.format = rows.format._replace(columns=columns)
    return rows


def new_job(
    operation: Operation,
    rows: RowFile,
    settings: Settings,
    values: Mapping[str, str],
    sets: Sequence[str],
    options: BatchOptions | LoadOptions,
    common: RequestOptions,
    *,
    is_load: bool = False,
    waits_in_queue: bool = False,
) -> Job:
    """Return the job of these rows with the flags that apply to each of them."""
    country = options.reading.default_country
    return Job(
        operation,
        rows,
        settings,
        values,
        sets,
        parse_country(country) if country else "",
        strict=common.check.strict,
        force=common.sending.force,
        again=common.sending.again,
        is_load=is_load,
        waits_in_queue=waits_in_queue,
    )


def enforce_hours(settings: Settings) -> Settings:
    """Return the settings with enforced calling hours, so that rows wait for them."""
    if not settings.hours:
        raise UsageError(
            "`--wait-for-hours` needs calling hours",
            where="--wait-for-hours",
            fix="add `--hours 08:00-21:00`, or set `hours` in the profile",
        )
    return settings.with_values(hours_policy=Setting("enforce", "--wait-for-hours", Layer.FLAGS))


_MAX_ERRORS_ON_STDERR = 5


def report_errors(run: Callable[[Screen], Report], common: RequestOptions, command: str) -> Report:
    """Return the report of a run; its errors are also printed on stderr if stdout is a file or another program."""
    screen = Screen.standard(common.output)
    try:
        return run(screen)
    except InvalidRowsError as error:
        _tell_errors(screen, error, error.summary)
        report = error_report(error, command)
        return report._replace(data=error.totals.as_dict(), summary=error.summary)
    except CxcallError as error:
        _tell_errors(screen, error)
        raise


def _tell_errors(screen: Screen, error: CxcallError, summary: str = "") -> None:
    """Print errors, and the counts of the check, on stderr if the envelope goes to a file or another program."""
    if screen.options.output != "text" and not screen.is_terminal:
        for finding in error.findings[:_MAX_ERRORS_ON_STDERR]:
            screen.print_diagnostic(format_one_line(f"error: {finding.message}"), always=True)
        if summary and not screen.options.quiet:
            screen.print_diagnostic(summary, always=True)
