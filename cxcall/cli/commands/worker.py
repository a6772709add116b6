"""`cxcall worker`: send the rows of queued batches."""

from cxcall.cli.option_binding import new_app
from cxcall.cli.options.worker import WorkerOptions
from cxcall.output.report import Report

app = new_app()


@app.add_command(
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
