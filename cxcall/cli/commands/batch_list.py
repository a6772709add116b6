"""`cxcall batch list`: list the batches in the ledger."""

from __future__ import annotations

from typing import Annotated

from cxcall.cli.option_binding import new_app
from cxcall.output.options import option
from cxcall.output.report import Report

app = new_app()


@app.add_command("batch list", "cxcall batch list", "cxcall batch list -o json")
def batch_list(
    limit: Annotated[
        int, option("--limit N", "List at most so many.", show_default=True, min=1)
    ] = 20,
) -> Report:
    """List the batches that were run, the newest first."""
    from cxcall.cli.actions.batch_report import list_batches

    return list_batches(limit)
