"""`cxcall batch report`: report the results of a batch."""

# No `from __future__ import annotations` here: Typer needs the annotations of the options.
from typing import Annotated, Literal

from cxcall.cli.option_binding import argument, new_app
from cxcall.cli.options import ContractOptions, Encoding, Sheet
from cxcall.named_tuple import NamedTuple
from cxcall.output.options import option
from cxcall.output.report import Report

app = new_app()

ReportFormat = Literal["text", "csv", "jsonl", "html"]


class ReportOptions(NamedTuple):
    """The options that only `batch report` has."""

    format: Annotated[ReportFormat, option("--format", "Set the form of the report.")] = "text"
    join: Annotated[bool, option("--join", "Add the columns of the file that was sent.")] = False
    input: Annotated[
        str | None, option("--input FILE", "Add the columns of this copy of the file.")
    ] = None
    encoding: Encoding = None
    sheet: Sheet = None
    rejects: Annotated[
        str | None, option("--rejects FILE", "Also write the rows to correct to a new file.")
    ] = None
    show_numbers: Annotated[
        bool, option("--show-numbers", "Print phone numbers of the file in full.")
    ] = False


@app.add_command(
    "batch report",
    "cxcall batch report",
    "cxcall batch report --format html > report.html",
    "cxcall batch report 01KB3 --format csv --join --show-numbers > results.csv",
)
def batch_report(
    report_options: ReportOptions,
    contracts: ContractOptions,
    batch: Annotated[
        str | None, argument("[ID]", "The batch, or the start of its ID; the newest one.")
    ] = None,
) -> Report:
    """Show what was accepted, refused, and skipped, and why.

    The ledger masks phone numbers; `--join --show-numbers` adds them from the file that was sent.
    """
    from cxcall.cli.actions.batch_report import report_batch

    return report_batch(batch, report_options, contracts)
