"""`cxcall history`: list, show, resolve, export, and prune recorded deliveries."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from cxcall.cli.option_binding import (
    accept_global_options,
    argument,
    examples,
    expand_option_groups,
    new_app,
)
from cxcall.output.options import OutputOptions, option
from cxcall.output.report import Report

app = accept_global_options(new_app("Show what this machine sent, and what became of it."))
_Since = Annotated[str, option("--since", metavar="WHEN", help="Since a time, or 15m, 2h, 7d ago.")]
_Delivery = Annotated[str, argument("ID", "A delivery ID, or its start.")]


@app.command(
    "list",
    epilog=examples(
        "cxcall history list",
        "cxcall history list --since 2h --outcome unknown",
        "cxcall history list -o jsonl",
    ),
)
@expand_option_groups
def list_records(
    since: _Since = "",
    operation: Annotated[
        str, option("--operation", metavar="NAME", help="Of this operation.")
    ] = "",
    outcome: Annotated[str, option("--outcome", metavar="NAME", help="With this outcome.")] = "",
    engagement_id: Annotated[
        str, option("--engagement-id", metavar="ID", help="With this engagement ID.")
    ] = "",
    batch: Annotated[str, option("--batch", metavar="ID", help="Of this batch.")] = "",
    limit: Annotated[
        int, typer.Option("--limit", metavar="N", min=1, help="At most so many.")
    ] = 50,
) -> Report:
    """List deliveries, the newest first."""
    from cxcall.cli.actions.history import list_deliveries

    return list_deliveries(
        since,
        operation=operation,
        outcome=outcome,
        engagement_id=engagement_id,
        batch=batch,
        limit=limit,
    )


@app.command(
    "show",
    epilog=examples("cxcall history show 01JDQ8", "cxcall history show 01JDQ8 -o json"),
)
@expand_option_groups
def show(delivery: _Delivery) -> Report:
    """Show a delivery."""
    from cxcall.cli.actions.history import show_delivery

    return show_delivery(delivery)


@app.command(
    "resolve",
    epilog=examples(
        "cxcall history resolve 01JDQ8 --rang", "cxcall history resolve 01JDQ8 --did-not-ring"
    ),
)
@expand_option_groups
def resolve(
    delivery: _Delivery,
    rang: Annotated[
        bool | None, option("--rang/--did-not-ring", help="What a person found out.")
    ] = None,
) -> Report:
    """Say what became of an unknown delivery.

    Until then, an identical request is stopped; after `--did-not-ring` it may be sent again.
    """
    from cxcall.cli.actions.history import resolve_delivery

    return resolve_delivery(delivery, rang=rang)


@app.command(
    "export",
    epilog=examples(
        "cxcall history export > calls.jsonl",
        "cxcall history export --format csv --since 7d > calls.csv",
    ),
)
@expand_option_groups
def export(
    output: OutputOptions,
    format: Annotated[  # noqa: A002 - the name of the flag
        Literal["jsonl", "csv"], typer.Option("--format", help="The form.")
    ] = "jsonl",
    since: _Since = "",
) -> None:
    """Write every delivery to stdout as JSON Lines or CSV, streamed."""
    from cxcall.cli.actions.history import export_deliveries

    export_deliveries(format, since, output)


@app.command(
    "prune",
    epilog=examples(
        "cxcall history prune --older-than 90d", "cxcall history prune --older-than 52w --yes"
    ),
)
@expand_option_groups
def prune(
    output: OutputOptions,
    older_than: Annotated[
        str, option("--older-than", metavar="SPAN", help="Such as 90d, 52w, or a time.")
    ],
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
) -> Report:
    """Delete old deliveries; one that is unknown is kept, however old.

    A pruned batch cannot be resumed. The file shrinks.
    """
    from cxcall.cli.actions.history import prune_deliveries

    return prune_deliveries(older_than, output, yes=yes)
