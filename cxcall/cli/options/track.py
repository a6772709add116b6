"""The options of `track`."""

# No `from __future__ import annotations` here: Typer needs the annotations of the options.

from cxcall.output.output_options import OptionGroup, option


class TrackOptions(OptionGroup):
    """Whether to wait, until which state, and for at most how many seconds; what to read afterwards."""

    wait: bool = option("--wait", "Follow the call until it ends.")
    until: str = option(
        "--until STATE", "Follow the call until a party is in this state.", default=""
    )
    at_most: float = option(
        "--at-most SECONDS", "Stop following after this time [600].", min=0, default=600.0
    )
    sentiment: bool = option("--sentiment", "Print the sentiment that the platform computed.")
    transcript: bool = option("--transcript", "Print the address of each leg's transcript.")

    @property
    def follows(self) -> bool:
        """Whether the call is followed until its end or a state."""
        return self.wait or bool(self.until)
