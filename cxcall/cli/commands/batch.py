"""`cxcall batch`: send many requests from a file, each at most once, and show their results."""

from typing import Literal

from cxcall.cli.command_classes import CommandGroup
from cxcall.cli.option_checks import Exclusion, Requirement
from cxcall.cli.row_file_options import (
    ENCODING,
    MAX_FAILURES,
    REJECTS,
    RESENDING,
    RESUME,
    ROW_FILE,
    SHEET,
    FileOptions,
    limit_concurrency,
)
from cxcall.cli.shared_options import DocumentOptions, RequestOptions
from cxcall.output.output_options import OptionGroup, OutputOptions, argument, option
from cxcall.output.report import Report

app = CommandGroup()


ReportFormat = Literal["text", "csv", "jsonl", "html"]


class BatchOptions(OptionGroup):
    """The options that only `batch` has."""

    file: str = ROW_FILE
    operation: str = option("--operation NAME", "Send each row as this operation.", default=...)
    param: list[str] | None = option("--param NAME=VALUE", "Set a parameter for all rows.")
    set: list[str] | None = option("--set /POINTER=JSON", "Set one value in all bodies.")
    rate: str | None = option(
        "--rate N/s|m|h", "Limit the rate.", show_default="the platform's limit"
    )
    concurrency: int = limit_concurrency(32)
    max_failures: list[str] | None = MAX_FAILURES
    skip_invalid: bool = option("--skip-invalid", "Skip invalid rows and send the valid ones.")
    confirm: int | None = option(
        "--confirm N", "Skip the prompt; fail unless N requests would be sent.", min=0
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


NEWEST_BATCH = argument("[ID]", "The batch ID or its start [the newest batch].")

_OF_WORKERS = {
    "--rejects": "leave it out; when the workers are done, run `cxcall batch report --rejects FILE`",
    "--concurrency": "give it to `cxcall worker`",
    "--max-failures": "give it to `cxcall worker`",
    "--unordered": "leave it out",
}
"""The options that have no effect on a batch in a queue, with what to do instead."""


@app.command(
    "batch",
    "cxcall operations execute --skeleton --csv > calls.csv",
    "cxcall batch calls.csv --operation execute --dry-run",
    "cxcall batch calls.csv --operation execute --confirm 250 -o jsonl > results.jsonl",
    'cxcall batch crm.csv --operation execute --map contact-id=ID --map "phone-number=Work Phone" --ignore-extra-columns --default-country US',
    omitted={
        "--wait": "`cxcall batch report` shows the results of all requests",
        "--yes": "`--confirm N` skips the prompt",
        "-y": "`--confirm N` skips the prompt",
    },
    rules=[
        RESENDING,
        *(
            Exclusion((name, "--queue"), fix, "workers send the rows of a queue")
            for name, fix in _OF_WORKERS.items()
        ),
        Exclusion(
            ("--sandbox", "--queue"),
            "start `cxcall sandbox`, and name it with `--base-url`",
            "the embedded sandbox ends with this command, before a worker can send to it",
        ),
        Exclusion(
            ("--strict", "--wait-for-hours"),
            "leave out one of them",
            "with `--strict`, a row outside the calling hours stops the whole batch",
        ),
    ],
)
def batch(batch_options: BatchOptions, options: RequestOptions) -> Report:
    """Send many requests from a file, each at most once.

    Each header of a CSV file is a flag (`phone-number`), a parameter (`campaignId`), or a JSON pointer into the body (`/contactId`); `--map phone-number=Phone` reads a flag from a column with another header. Each line of a JSON Lines file is a body, and can also set parameters.

    All rows are checked first; nothing is sent if one is invalid. A row is skipped, with the reason, if its number is invalid or on the do-not-call list, if it is outside calling hours, or if it duplicates an earlier row; with `--strict` these are errors. `--hours` only warns, unless `hours_policy` is `enforce`, or with `--wait-for-hours`. Ctrl-C waits for the requests in flight; pressed twice, it exits at once. The ledger records what was sent: `--resume` sends the remaining rows, including those that were outside their calling hours. `cxcall batch list` lists the batches, `cxcall batch report` shows the results of one, `cxcall batch status` the progress of one in the queue, and `cxcall batch cancel` closes one. With `--queue`, the rows are checked and confirmed here, and sent by `cxcall worker` on any machine that shares the ledger.
    """
    from cxcall.cli.actions.batch.run_batch import run_batch

    return run_batch(batch_options, options)


@app.command("batch list", "cxcall batch list", "cxcall batch list -o json")
def batch_list(
    limit: int = option(
        "--limit N", "List at most N batches.", show_default=True, min=1, default=20
    ),
) -> Report:
    """List the batches that were run, the newest first."""
    from cxcall.cli.actions.batch.recorded_batches import list_batches

    return list_batches(limit)


@app.command(
    "batch report",
    "cxcall batch report",
    "cxcall batch report --format html > report.html",
    "cxcall batch report 01KB3 --format csv --join --show-numbers > results.csv",
    rules=[
        Exclusion(("--output", "--format"), "leave out one of them"),
        Requirement(
            ("--join",), ("--format", "--output"), "the report as text does not show these columns"
        ),
        Requirement(
            ("--show-numbers",),
            ("--join", "--input"),
            "the ledger has no full phone numbers; they are in the file that was sent",
        ),
        Requirement(
            ("--encoding", "--sheet"),
            ("--join", "--input", "--rejects"),
            "without them, the file that was sent is not read",
        ),
    ],
)
def batch_report(
    report_options: ReportOptions, documents: DocumentOptions, batch: str | None = NEWEST_BATCH
) -> Report:
    """Show what was accepted, refused, and skipped, and why.

    The ledger masks phone numbers; `--join --show-numbers` adds them from the file that was sent.
    """
    from cxcall.cli.actions.batch.recorded_batches import report_batch

    return report_batch(batch, report_options, documents)


@app.command(
    "batch status",
    "cxcall batch status",
    "cxcall batch status 01KB3 --watch",
    "cxcall batch status -o json",
)
def batch_status(
    output: OutputOptions,
    batch: str | None = NEWEST_BATCH,
    *,
    watch: bool = option("--watch", "Follow the batch until no row is left."),
) -> Report:
    """Show the progress of a queued batch.

    Rows are todo, claimed by a worker, sending, or waiting for their calling hours; all others have an outcome. A row is unknown if its worker died while it was sending.
    """
    from cxcall.cli.actions.batch.queue_commands import show_batch_status

    return show_batch_status(batch, output, watch=watch)


@app.command("batch cancel", "cxcall batch cancel 01KB3")
def batch_cancel(batch: str = argument("ID", "The batch ID or its start.", default=...)) -> Report:
    """Stop sending the rows of a batch, or close it.

    Requests in flight are finished, and the other rows are taken out of the queue. The batch stays unfinished: `batch --queue --resume` queues the remaining rows again. If no row is in the queue, the batch is closed: it counts as finished, so the requests that it sent are duplicates only within `duplicate_window`. A command that is still sending it finishes its requests in flight, and sends no more.
    """
    from cxcall.cli.actions.batch.queue_commands import cancel_batch

    return cancel_batch(batch)
