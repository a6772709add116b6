"""`cxcall batch cancel`: send no more rows of a queued batch."""

from __future__ import annotations

from typing import Annotated

from cxcall.cli.option_binding import argument, new_app
from cxcall.output.report import Report

app = new_app()


@app.add_command("batch cancel", "cxcall batch cancel 01KB3")
def batch_cancel(
    batch: Annotated[str, argument("ID", "The batch, or the start of its ID.")],
) -> Report:
    """Stop sending the rows of a queued batch.

    Requests in flight are finished, and the other rows are taken out of the queue. The batch stays unfinished: `batch --queue --resume` queues the remaining rows again.
    """
    from cxcall.cli.actions.batch_queue import cancel_batch

    return cancel_batch(batch)
