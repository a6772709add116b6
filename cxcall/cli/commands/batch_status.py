"""`cxcall batch status`: show how far a queued batch has come."""

# No `from __future__ import annotations` here: Typer needs the annotations of the options.
from typing import Annotated

from cxcall.cli.option_binding import argument, new_app
from cxcall.output.options import OutputOptions, option
from cxcall.output.report import Report

app = new_app()

Identifier = Annotated[
    str | None, argument("[ID]", "The batch, or the start of its ID; the newest one.")
]


@app.add_command(
    "batch status",
    "cxcall batch status",
    "cxcall batch status 01KB3 --watch",
    "cxcall batch status -o json",
)
def batch_status(
    output: OutputOptions,
    batch: Identifier = None,
    *,
    watch: Annotated[bool, option("--watch", "Follow it until no row is left.")] = False,
) -> Report:
    """Show how far a queued batch has come.

    Rows are todo, claimed by a worker, sending, or waiting for their calling hours; all others have an outcome. A row is unknown if its worker died while it was sending.
    """
    from cxcall.cli.actions.batch_queue import show_status

    return show_status(batch, output, watch=watch)
