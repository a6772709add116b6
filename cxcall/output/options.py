"""Declare the options that choose the format and amount of output."""

from collections.abc import Callable, Iterable
from itertools import pairwise, takewhile
from typing import Any, Literal

import typer

from cxcall.named_tuple import Annotated, NamedTuple

OutputFormat = Literal["text", "json", "jsonl", "github", "junit", "sarif"]
ColorChoice = Literal["auto", "always", "never"]
FORMATS: tuple[OutputFormat, ...] = ("text", "json", "jsonl")
CI_FORMATS: tuple[OutputFormat, ...] = ("github", "junit", "sarif")


_SENDING = ("send", "batch")
"""The functions of the commands that send requests."""


def supported_formats(command: str) -> tuple[OutputFormat, ...]:
    """Return the output formats of a command; only `validate` has those of CI systems."""
    return (*FORMATS, *CI_FORMATS) if command == "validate" else FORMATS


def quiet_help(command: str) -> str:
    """Return what `--quiet` does in a command."""
    if command in _SENDING:
        return "Print only the engagement ID."
    if command == "validate":
        return "Print only findings; nothing for a valid payload."
    if command in ("load", "worker"):
        return "Print no progress, and a summary only of failures."
    return "Print no progress and no summary."


def verbose_help(command: str) -> str:
    """Return what `--verbose` does in a command."""
    if command in _SENDING:
        return "Show request, headers, timing, and sources of findings."
    return "Show the sources of findings."


def option(
    usage: str,
    help: str,  # noqa: A002, as in Typer
    *,
    group: str | None = None,
    show_default: bool = False,
    **more: Any,
) -> Callable[[Any], Any]:
    """Declare an option by its usage, such as `--file -f FILE`, and its help; `group` is where the help lists it.

    The result returns Typer's option with a default value, for commands that have it.
    """

    def with_default(default: Any) -> Any:
        *names, last = usage.split()
        metavar = None if last.startswith("-") else last
        names += [last] if metavar is None else []
        return typer.Option(
            default,
            *names,
            help=help,
            metavar=metavar,
            show_default=show_default,
            rich_help_panel=group,
            **more,
        )

    return with_default


class OutputOptions(NamedTuple):
    """The format and amount of a command's output."""

    output: Annotated[
        OutputFormat, option("--output -o", "Set the output format.", group="Output")
    ] = "text"
    quiet: Annotated[bool, option("--quiet -q", "Print less.", group="Output")] = False
    verbose: Annotated[bool, option("--verbose -v", "Print more.", group="Output")] = False
    color: Annotated[
        ColorChoice, option("--color", "Use color: auto, always, or never.", group="Output")
    ] = "auto"
    no_input: Annotated[
        bool, option("--no-input", "Never prompt; fail instead.", group="Output")
    ] = False


def parse_output_options(arguments: Iterable[str], command: str) -> OutputOptions:
    """Return --output and --color from raw arguments, for errors that occur before parsing."""
    found: dict[str, Any] = {"output": "text", "color": "auto"}
    words = takewhile(lambda word: word != "--", arguments)
    for word, following in pairwise([*words, ""]):
        name, equals, text = word.partition("=")
        if word.startswith("-o"):
            found["output"] = word[2:] or following
        elif name in ("--output", "--color"):
            found[name[2:]] = text if equals else following
    return OutputOptions(
        output=found["output"] if found["output"] in supported_formats(command) else "text",
        color=found["color"] if found["color"] in ("always", "never") else "auto",
    )
