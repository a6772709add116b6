"""The options that choose how a report is written."""

from typing import Annotated, Any, Literal, NamedTuple

import typer

OutputFormat = Literal["text", "json", "jsonl", "github", "junit", "sarif"]


ColorChoice = Literal["auto", "always", "never"]


FORMATS: tuple[OutputFormat, ...] = ("text", "json", "jsonl")


CI_FORMATS: tuple[OutputFormat, ...] = ("github", "junit", "sarif")


def supported_formats(command: str) -> tuple[OutputFormat, ...]:
    """Return the formats that a command prints; those of CI systems tell of findings in files."""
    return (*FORMATS, *CI_FORMATS) if command == "validate" else FORMATS


def option(*names: str, help: str, metavar: str | None = None, **more: Any) -> Any:  # noqa: A002, as in Typer
    """Declare an option whose help does not repeat the default."""
    return typer.Option(*names, help=help, metavar=metavar, show_default=False, **more)


class OutputOptions(NamedTuple):
    """How a command speaks."""

    output: Annotated[
        OutputFormat, option("--output", "-o", help="How to print; jsonl for many.")
    ] = "text"
    quiet: Annotated[bool, option("--quiet", "-q", help="Print the engagement ID alone.")] = False
    verbose: Annotated[
        bool, option("--verbose", "-v", help="Show request, headers and timing on stderr.")
    ] = False
    color: Annotated[ColorChoice, option("--color", help="Colour: auto, always or never.")] = "auto"
    no_input: Annotated[bool, option("--no-input", help="Never ask; fail instead.")] = False
