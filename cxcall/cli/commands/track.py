"""`cxcall track`: follow a call."""

from cxcall.cli.command_classes import CommandGroup
from cxcall.cli.shared_options import TargetOptions, TrackOptions
from cxcall.output.output_options import OutputOptions, argument
from cxcall.output.report import Report

app = CommandGroup()


@app.command(
    "track",
    "cxcall track $ID",
    "cxcall track $ID --wait",
    "cxcall track $ID --until connected -o jsonl",
    "cxcall track $ID --wait --sentiment --transcript",
)
def track(
    options: TrackOptions,
    target: TargetOptions,
    output: OutputOptions,
    engagement_id: str = argument(
        "ENGAGEMENT_ID", "An engagement ID or a delivery ID.", default=...
    ),
) -> Report:
    """Follow a call.

    Reads the state of the call with the published operation of the profile's platform. A 2xx
    response does not mean that the call was placed; the state shows it. Exit code 0 if the other
    side is or was connected, 5 if the call ended without that, 8 if neither is known yet. With
    --wait, 8 also if the call has not ended in time; sentiment and transcripts are read when it
    has ended. With --until, 0 only if a party was seen in that state; `connected` is that of the
    other side. Without --wait, --sentiment ends with the exit code of its own read.
    """
    from cxcall.cli.actions.track import run_track

    return run_track(engagement_id, options, target, output)
