"""`cxcall track`: follow a call."""

# No `from __future__ import annotations` here: Typer needs the annotations of the options.

from cxcall.cli.option_binding import argument, new_app
from cxcall.cli.options import ContractOptions, SettingsOptions
from cxcall.named_tuple import Annotated, NamedTuple
from cxcall.output.options import OutputOptions, option
from cxcall.output.report import Report

app = new_app()


class TrackOptions(NamedTuple):
    """Whether to wait, until which state, and for at most how many seconds; what to read afterwards."""

    wait: Annotated[bool, option("--wait", "Follow the call until it ends.")] = False
    until: Annotated[
        str, option("--until STATE", "Follow the call until a party is in this state.")
    ] = ""
    at_most: Annotated[
        float, option("--at-most SECONDS", "Stop following after this time.", show_default=True)
    ] = 600.0
    sentiment: Annotated[
        bool, option("--sentiment", "Print the sentiment that the platform computed.")
    ] = False
    transcript: Annotated[
        bool, option("--transcript", "Print the address of each leg's transcript.")
    ] = False

    @property
    def follows(self) -> bool:
        """Whether the call is followed, to its end or to a state."""
        return self.wait or bool(self.until)


@app.add_command(
    "track",
    "cxcall track $ID",
    "cxcall track $ID --wait",
    "cxcall track $ID --until connected -o jsonl",
    "cxcall track $ID --wait --sentiment --transcript",
)
def track(
    options: TrackOptions,
    settings: SettingsOptions,
    contracts: ContractOptions,
    output: OutputOptions,
    engagement_id: Annotated[str, argument("ENGAGEMENT_ID", "An engagement ID or a delivery ID.")],
) -> Report:
    """Follow a call.

    Reads the state of the call with the published operation of the profile's platform. A 2xx
    response does not mean that the call was placed; the state shows it. Exit code 0 if the other
    side was connected, 5 if the call ended before that, 8 if it has not ended. With --wait,
    sentiment and transcripts are read when the call has ended.
    """
    from cxcall.cli.actions.track import run_track

    return run_track(engagement_id, options, settings, contracts, output)
