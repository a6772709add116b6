"""The options of the commands that send the rows of a file."""

from typing import Any

from cxcall.batch.failure_limit import FailureLimit
from cxcall.cli.option_checks import Exclusion
from cxcall.output.output_options import OptionGroup, argument, option

ROW_FILE = argument("FILE", "CSV, JSON Lines, or Excel (.xlsx); - is stdin.", default=...)
_LIMIT = FailureLimit()
MAX_FAILURES = option(
    "--max-failures N|N%",
    "Stop after N failures in a row, or N% of all.",
    show_default=f"{_LIMIT.consecutive} in a row, {_LIMIT.share:.0%} of all",
)
RESENDING = Exclusion(
    ("--resume", "--again"),
    "for an unknown row: find out whether it was processed, then `cxcall history resolve ID`",
    "a resumed batch never sends a row again that was, or may have been, processed",
)
ENCODING = option("--encoding NAME", "Read the file in this encoding.", show_default="UTF-8")
SHEET = option("--sheet NAME", "Read this sheet of an Excel file.")
RESUME = option("--resume", "Continue an earlier run of this file.")
REJECTS = option("--rejects FILE", "Record refused and invalid rows in a new file.")


def limit_concurrency(default: int, most: int = 256) -> Any:
    """Declare `--concurrency`."""
    about = "Limit the number of requests in flight."
    return option("--concurrency N", about, show_default=True, min=1, max=most, default=default)


class FileOptions(OptionGroup):
    """The options for reading a file of rows."""

    map: list[str] | None = option(
        "--map TARGET=HEADER", "Fill TARGET from the column with this header."
    )
    mapping: str | None = option("--mapping FILE", "Read the column names from a TOML file.")
    ignore_extra_columns: bool = option(
        "--ignore-extra-columns", "Ignore columns that are not part of the request."
    )
    key: str | None = option("--key COLUMN", "Use this column to name the rows in reports.")
    encoding: str | None = ENCODING
    sheet: str | None = SHEET
    default_country: str | None = option(
        "--default-country CODE", "Set the country of national numbers, such as US."
    )
