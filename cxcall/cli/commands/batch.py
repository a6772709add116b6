"""`cxcall batch`: send many requests from a file, each at most once."""

# No `from __future__ import annotations` here: Typer needs the annotations of the options.
from typing import Annotated

from cxcall.cli.list_options import Concurrency, FileOptions, ListFile, MaxFailures, Rejects, Resume
from cxcall.cli.option_binding import new_app
from cxcall.cli.options import RequestOptions
from cxcall.named_tuple import NamedTuple
from cxcall.output.options import option
from cxcall.output.report import Report

app = new_app()


class BatchOptions(NamedTuple):
    """The options that only `batch` has."""

    file: ListFile
    operation: Annotated[str, option("--operation NAME", "Send each row as this operation.")]
    param: Annotated[
        list[str] | None,
        option("--param NAME=VALUE", "Set a path or query parameter for all rows."),
    ] = None
    set: Annotated[
        list[str] | None, option("--set /POINTER=JSON", "Set one value in all bodies.")
    ] = None
    rate: Annotated[
        str | None, option("--rate N/s|m|h", "Limit the rate [the rate that the platform allows].")
    ] = None
    concurrency: Concurrency = 32
    max_failures: MaxFailures = None
    skip_invalid: Annotated[
        bool, option("--skip-invalid", "Skip invalid rows and send the valid ones.")
    ] = False
    confirm: Annotated[
        int | None, option("--confirm N", "Skip the prompt; fail unless N requests would be sent.")
    ] = None
    resume: Resume = False
    unordered: Annotated[
        bool, option("--unordered", "Print results as they arrive, not in input order.")
    ] = False
    wait_for_hours: Annotated[
        bool, option("--wait-for-hours", "Send each row as soon as it is within --hours.")
    ] = False
    rejects: Rejects = None
    queue: Annotated[
        bool, option("--queue", "Send the rows by `cxcall worker` on any machine.")
    ] = False
    reading: FileOptions = FileOptions()


@app.add_command(
    "batch",
    "cxcall operations execute --skeleton --csv > calls.csv",
    "cxcall batch calls.csv --operation execute --dry-run",
    "cxcall batch calls.csv --operation execute --confirm 250 -o jsonl > results.jsonl",
    'cxcall batch crm.csv --operation execute --map contact-id=ID --map "phone-number=Work Phone" --ignore-extra-columns --default-country US',
)
def batch(
    batch_options: BatchOptions,
    options: RequestOptions,
) -> Report:
    """Send many requests from a file, each at most once.

    The header of a CSV file names flags (`phone-number`), parameters (`campaignId`), or places in the body (`/contactId`); `--map phone-number=Phone` names another column. A line of JSON Lines is a body, and may also name parameters.

    All rows are checked first; nothing is sent if one is invalid. Rows on the do-not-call list, with an invalid number, outside enforced calling hours, and duplicates within the file are skipped, each with its reason; with `--strict` they are errors. Ctrl-C waits for the requests in flight; pressed twice, it exits at once. The ledger records what was sent: `--resume` sends the rest, also the rows that were outside their calling hours. `cxcall batch list` lists the batches, and `cxcall batch report` shows their results. With `--queue`, the rows are checked and agreed to here, and sent by `cxcall worker` on any machine that shares the ledger.
    """
    from cxcall.cli.actions.batch import run_batch

    return run_batch(batch_options, options)
