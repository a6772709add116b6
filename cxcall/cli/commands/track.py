"""`cxcall track`: follow a call."""

from __future__ import annotations

from typing import Annotated

import typer

from cxcall.cli.option_binding import examples, expand_option_groups, new_app
from cxcall.cli.options import ContractOptions, SettingsOptions
from cxcall.output.options import OutputOptions, option
from cxcall.output.report import Report

app = new_app("")


@app.command(
    "track",
    epilog=examples(
        "cxcall track $ID",
        "cxcall track $ID --wait",
        "cxcall track $ID --until connected -o jsonl",
        "cxcall track $ID --sentiment",
    ),
)
@expand_option_groups
def track(
    settings: SettingsOptions,
    contracts: ContractOptions,
    output: OutputOptions,
    engagement_id: Annotated[
        str,
        typer.Argument(metavar="ENGAGEMENT_ID", help="What the platform calls the call."),
    ],
    wait: Annotated[bool, typer.Option("--wait", help="Go on until it is over.")] = False,
    until: Annotated[
        str,
        option("--until", metavar="STATE", help="Go on until a party is in this state."),
    ] = "",
    at_most: Annotated[
        float, typer.Option("--at-most", metavar="SECONDS", help="How long to go on.")
    ] = 600.0,
    sentiment: Annotated[
        bool, typer.Option("--sentiment", help="Read the platform's sentiment of it.")
    ] = False,
) -> Report:
    """Follow what became of a call.

    Reads the published operation of the profile's platform; an ID of a delivery is taken as well. A
    2xx does not say that a phone rang: this does. Exit code 0 when the other side was connected, 5
    when it is over and was not, 8 when it goes on still.
    """
    from cxcall.cli.actions.track import TrackOptions, read_sentiment, run_track

    if sentiment:
        return read_sentiment(engagement_id, settings, contracts)
    options = TrackOptions(wait or bool(until), until, at_most)
    return run_track(engagement_id, options, settings, contracts, output)
