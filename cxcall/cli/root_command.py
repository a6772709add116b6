"""The root command: the modules of the commands, and the short help."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Any

import typer

from cxcall.cli.command_classes import CommandGroup
from cxcall.cli.shared_options import COMMON
from cxcall.output.output_options import option
from cxcall.output.terminal_text import reading_width
from cxcall.version import __version__

if TYPE_CHECKING:
    from collections.abc import Sequence

# A command's module is imported only when the command runs; the list of commands needs no module.
FIRST = {"auth": "Log in to the platform and show credentials."}
LAST = {
    "validate": "Check payload files offline.",
    "send": "Send any operation, shipped or from your own document.",
    "explain": "Explain why a request failed.",
    "batch": "Send many requests from a file, each at most once.",
    "batch list": "List the batches that were run, the newest first.",
    "batch report": "Show what was accepted, refused, and skipped, and why.",
    "batch status": "Show the progress of a queued batch.",
    "batch cancel": "Stop sending the rows of a batch, or close it.",
    "worker": "Send the rows of queued batches, each at most once.",
    "campaign": "Send a list to the platform's dialer, and follow it.",
    "doctor": "Run preflight checks before a call.",
    "track": "Follow a call.",
    "operations": "Show the operations that can be sent.",
    "history": "Show recorded deliveries and their outcomes.",
    "sandbox": "Run the embedded API server; no real calls are placed.",
    "sandbox requests": "List the requests that a running sandbox received.",
    "config": "Show settings and change profiles.",
    "mcp": "Serve checks to AI agents.",
    "completion": "Print the completion script of a shell.",
    "help": "Show help on a topic or a command.",
}


_MAX_SUMMARIES = 4


class RootGroup(CommandGroup):
    """The commands of the package and those that a contract declares."""

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002 - Click's signature
        """Return the names of all commands, the most important ones first."""
        from cxcall.contracts.contract import find_command_operations, load_shipped_contracts

        commands = {entry.command for entry in load_shipped_contracts()[0].operations}
        declared = [entry.command for entry in find_command_operations()]
        first = [*FIRST, *(name for name in declared if name in commands), "validate"]
        return list(dict.fromkeys([*first, *declared, *LAST]))

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ARG002 - Click's signature
        """Return the command with a name; None if there is none."""
        return _build(cmd_name)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Find the subcommand; `batch list` and others are commands beside `batch FILE`."""
        name = " ".join(args[:2])
        if name in LAST and len(args[:2]) > 1:
            return name, self.get_command(ctx, name), args[2:]
        return super().resolve_command(ctx, args)

    def lines(self, ctx: Any) -> list[tuple[str, str]]:
        """Return the name and summary of each command without loading it."""
        from cxcall.contracts.contract import find_command_operations

        declared = {entry.command: entry.summary for entry in reversed(find_command_operations())}
        lines = {**FIRST, **LAST, **declared}
        return [(name, lines[name]) for name in self.list_commands(ctx)]

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """Write the commands and their summaries to the help."""
        with formatter.section("Commands"):
            formatter.write_dl(self.lines(ctx))


@cache
def _build(name: str) -> Any:
    if name in (*FIRST, *LAST):
        module, _, _ = name.partition(" ")
        app = import_module(f"cxcall.cli.commands.{module}").app
        return app.commands.get(name, app)
    from cxcall.cli.generated_commands import new_command

    return new_command(name)


def assemble(arguments: Sequence[str]) -> Any:
    """Return the root command, with the common flags if the arguments start with a flag."""
    version = option("--version", "Show the version.", callback=_show_version, is_eager=True)
    return RootGroup(
        "Trigger outbound calls through contact-center APIs, and explain refusals.",
        COMMON if arguments[0].startswith("-") else (),
        epilog="You can also write the flags of a command before it. `cxcall COMMAND --help` has examples. `cxcall help exit-codes`, `environment`, `output`, and `files` have more.",
        more=[version.bind("version", bool)],
    )


def _show_version(value: bool) -> None:  # noqa: FBT001 - Typer calls it so
    if value:
        print(f"cxcall {__version__}")  # noqa: T201 - before there is a screen
        raise typer.Exit


def short_help() -> str:
    """Return the output of `cxcall` without arguments: the first commands, and where to find more."""
    from textwrap import fill

    width = reading_width()
    lines = RootGroup().lines(None)
    shown, others = lines[:_MAX_SUMMARIES], [name for name, _ in lines[_MAX_SUMMARIES:]]
    more = ", ".join(name for name in others if " " not in name)  # `batch list` is part of `batch`
    text = [
        fill("Trigger outbound calls, and explain refusals.", width),
        "",
        *(
            fill(about, width, initial_indent=f"  cxcall {name:<20} ", subsequent_indent=" " * 8)
            for name, about in shown
        ),
        "",
        fill(f"More: {more}.", width, subsequent_indent="      "),
        "",
        "To try it without real calls:",
        "  cxcall operations personal-connection --skeleton > p.json",
        "  cxcall validate p.json",
        "  cxcall personal-connection --file p.json --sandbox",
        "",
        fill("Help: `cxcall --help`, and `cxcall COMMAND --help`.", width),
    ]
    return "\n".join(text)
