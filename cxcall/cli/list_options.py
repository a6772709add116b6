"""Options that the commands for lists share: `batch`, `campaign load`, and `worker`."""

# No `from __future__ import annotations` here: Typer needs the annotations of the options.

from cxcall.cli.option_binding import argument
from cxcall.cli.options import Encoding, Sheet
from cxcall.named_tuple import Annotated, NamedTuple
from cxcall.output.options import option

ListFile = Annotated[str, argument("FILE", "CSV, JSON Lines, or Excel (.xlsx); - is stdin.")]
Concurrency = Annotated[
    int,
    option(
        "--concurrency N",
        "Limit the number of requests in flight.",
        show_default=True,
        min=1,
        max=256,
    ),
]
MaxFailures = Annotated[
    list[str] | None,
    option("--max-failures N|N%", "Stop after N failures in a row [10], or N% of all [50%]."),
]
Resume = Annotated[bool, option("--resume", "Continue an earlier run of this file.")]
Rejects = Annotated[
    str | None, option("--rejects FILE", "Record refused and invalid rows in a new file.")
]


class FileOptions(NamedTuple):
    """The options for reading a file of rows."""

    map: Annotated[
        list[str] | None, option("--map TARGET=HEADER", "Set a flag or place from this column.")
    ] = None
    mapping: Annotated[
        str | None, option("--mapping FILE", "Read such names from a TOML file.")
    ] = None
    ignore_extra_columns: Annotated[
        bool, option("--ignore-extra-columns", "Skip columns that set nothing.")
    ] = False
    key: Annotated[
        str | None, option("--key COLUMN", "Use this column to name the rows in reports.")
    ] = None
    encoding: Encoding = None
    sheet: Sheet = None
    default_country: Annotated[
        str | None, option("--default-country CODE", "Set the country of national numbers, as US.")
    ] = None
