"""The options of `mcp`."""

# No `from __future__ import annotations` here: Typer needs the annotations of the options.

from cxcall.cli.shared_options import GuardOptions, TargetOptions
from cxcall.output.output_options import OptionGroup, option


class ServerOptions(OptionGroup):
    """What the person who starts the server sets: the destination, the guards, a folder to read, and operations to send."""

    target: TargetOptions
    guards: GuardOptions
    root: str | None = option("--root FOLDER", "Read payload files only below this folder.")
    allow_send: bool = option(
        "--allow-send", "Add a tool that sends requests after a person agrees.", group="Safety"
    )
    operations: list[str] | None = option(
        "--operation NAME", "Add an operation that may be sent. Repeatable.", group="Safety"
    )

    @property
    def flags(self) -> dict[str, str | None]:
        """The flags that set settings, by the names of the settings."""
        return {**self.target.flags, **self.guards._asdict()}
