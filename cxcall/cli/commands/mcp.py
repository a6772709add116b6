"""`cxcall mcp`: serve checks to AI agents."""

from typing import Any

from cxcall.cli.actions.mcp import serve_agents
from cxcall.cli.command_classes import CommandGroup
from cxcall.cli.shared_options import GuardOptions, TargetOptions
from cxcall.output.output_options import OptionGroup, option

app = CommandGroup()


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
    def flags(self) -> dict[str, Any]:
        """The flags that set settings, by the names of the settings."""
        return {**self.target.flags, **self.guards._asdict()}


@app.command(
    "mcp",
    "cxcall mcp",
    "cxcall mcp --root payloads --profile sandbox",
    "cxcall mcp --allow-send --operation execute --do-not-call dnc.txt --hours 08:00-21:00",
)
def mcp(options: ServerOptions) -> None:
    """Serve checks to AI agents.

    Speaks the Model Context Protocol on stdin and stdout, for a client that starts it. The tools validate payloads, explain failed requests, show operations and history, make dry runs, and run the preflight checks of doctor. Without --allow-send, there is no tool that sends. With it, the tool sends a request once, after a dry run has shown it and the client has asked a person. This command line sets the profile, the destination, and the guards; an agent cannot change them. Requires an extra: pip install 'cxcall[mcp]'.
    """
    serve_agents(options)
