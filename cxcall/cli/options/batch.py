"""The options of `batch` and `batch report`."""

# No `from __future__ import annotations` here: Typer needs the annotations of the options.

from typing import Literal

from cxcall.cli.options.lists import (
    CONCURRENCY,
    LIST_FILE,
    MAX_FAILURES,
    REJECTS,
    RESUME,
    FileOptions,
)
from cxcall.cli.shared_options import ENCODING, SHEET
from cxcall.output.output_options import OptionGroup, option

ReportFormat = Literal["text", "csv", "jsonl", "html"]


class BatchOptions(OptionGroup):
    """The options that only `batch` has."""

    file: str = LIST_FILE
    operation: str = option("--operation NAME", "Send each row as this operation.", default=...)
    param: list[str] | None = option("--param NAME=VALUE", "Set a parameter for all rows.")
    set: list[str] | None = option("--set /POINTER=JSON", "Set one value in all bodies.")
    rate: str | None = option(
        "--rate N/s|m|h", "Limit the rate [the rate that the platform allows]."
    )
    concurrency: int = CONCURRENCY._replace(default=32)
    max_failures: list[str] | None = MAX_FAILURES
    skip_invalid: bool = option("--skip-invalid", "Skip invalid rows and send the valid ones.")
    confirm: int | None = option(
        "--confirm N", "Skip the prompt; fail unless N requests would be sent."
    )
    resume: bool = RESUME
    unordered: bool = option("--unordered", "Print results as they arrive, not in input order.")
    wait_for_hours: bool = option(
        "--wait-for-hours", "Send each row as soon as it is within --hours."
    )
    rejects: str | None = REJECTS
    queue: bool = option("--queue", "Queue the rows for `cxcall worker` on any machine.")
    reading: FileOptions = FileOptions()


class ReportOptions(OptionGroup):
    """The options that only `batch report` has."""

    format: ReportFormat = option(
        "--format", "Print the report as text, CSV, JSON Lines, or HTML.", default="text"
    )
    join: bool = option("--join", "Add the columns of the file that was sent.")
    input: str | None = option("--input FILE", "Read the columns from this copy of the file.")
    encoding: str | None = ENCODING
    sheet: str | None = SHEET
    rejects: str | None = option("--rejects FILE", "Also write the rows to correct to a new file.")
    show_numbers: bool = option("--show-numbers", "Print phone numbers of the file in full.")
