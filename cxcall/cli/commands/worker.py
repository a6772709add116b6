"""`cxcall worker`: send the rows of queued batches."""

from cxcall.cli.command_classes import CommandGroup
from cxcall.cli.row_file_options import CONCURRENCY, MAX_FAILURES
from cxcall.cli.shared_options import GuardOptions, LogOptions, TargetOptions
from cxcall.output.output_options import OptionGroup, OutputOptions, option
from cxcall.output.report import Report

app = CommandGroup()


_WEEK = 7 * 24 * 3600


class WorkerOptions(OptionGroup):
    """The options of `worker`."""

    guards: GuardOptions
    target: TargetOptions
    log: LogOptions
    output: OutputOptions
    until_empty: bool = option("--until-empty", "Stop when no row can be sent now.")
    rate: str | None = option("--rate N/s|m|h", "Set a lower rate than that of the batch.")
    concurrency: int = CONCURRENCY._replace(default=8)
    max_failures: list[str] | None = MAX_FAILURES
    lease: float | None = option(
        "--lease SECONDS",
        "Set how long a dead worker keeps its rows [timeout + 30].",
        min=1,
        max=_WEEK,
    )


@app.command(
    "worker",
    "cxcall batch calls.csv --operation execute --queue",
    "cxcall worker --profile prod",
    "cxcall worker --until-empty --concurrency 16 -o jsonl > results.jsonl",
)
def worker(options: WorkerOptions) -> Report:
    """Send the rows of queued batches, each at most once.

    The rows come from the queue in the ledger's database (CXCALL_LEDGER); any number of workers may run, on any machine. Each uses its own credentials, and sends only batches of its profile and base URL. When a row is sent, the guards of the batch and of the worker both apply. SIGTERM and Ctrl-C finish the requests in flight and return the other rows to the queue. If a worker dies, its rows that may have been sent become unknown; another worker sends the others.
    """
    from cxcall.cli.actions.batch.worker import run_worker

    return run_worker(options)
