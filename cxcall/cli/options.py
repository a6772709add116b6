"""Option types that commands share; named tuples, as they are made five times faster than dataclasses."""

# No `from __future__ import annotations` here: Typer needs them real, and making them so costs 3 ms.
from typing import Annotated, Any, Literal, NamedTuple

import typer

OutputFormat = Literal["text", "json", "jsonl", "github", "junit", "sarif"]
ColorChoice = Literal["auto", "always", "never"]
FORMATS: tuple[OutputFormat, ...] = ("text", "json", "jsonl")
CI_FORMATS: tuple[OutputFormat, ...] = ("github", "junit", "sarif")


def formats_of(command: str) -> tuple[OutputFormat, ...]:
    """Return the formats that a command prints; those of CI systems tell of findings in files."""
    return (*FORMATS, *CI_FORMATS) if command == "validate" else FORMATS


def _option(*names: str, help: str, metavar: str | None = None, **more: Any) -> Any:  # noqa: A002, as in Typer
    return typer.Option(*names, help=help, metavar=metavar, show_default=False, **more)


class OutputOptions(NamedTuple):
    """How a command speaks."""

    output: Annotated[
        OutputFormat, _option("--output", "-o", help="How to print; jsonl for many.")
    ] = "text"
    quiet: Annotated[bool, _option("--quiet", "-q", help="Print the engagement ID alone.")] = False
    verbose: Annotated[
        bool, _option("--verbose", "-v", help="Show request, headers and timing on stderr.")
    ] = False
    color: Annotated[ColorChoice, _option("--color", help="Colour: auto, always or never.")] = (
        "auto"
    )
    no_input: Annotated[bool, _option("--no-input", help="Never ask; fail instead.")] = False


class SettingsOptions(NamedTuple):
    """Where requests go and how long they may take."""

    profile: Annotated[
        str | None,
        _option("--profile", "-p", metavar="NAME", help="Use the settings of a profile."),
    ] = None
    base_url: Annotated[
        str | None, _option("--base-url", metavar="URL", help="The API's address.")
    ] = None
    timeout: Annotated[
        str | None, _option("--timeout", metavar="SECONDS", help="Longest wait for an answer.")
    ] = None


class PlatformOptions(NamedTuple):
    """Which platform, and where, when no profile says so."""

    platform: Annotated[
        str | None,
        _option("--platform", metavar="NAME", help="genesys-cloud (default) or nice-cxone."),
    ] = None
    region: Annotated[
        str | None, _option("--region", metavar="NAME", help="A region, or for CXone an area: na1.")
    ] = None


class ContractOptions(NamedTuple):
    """Which operations are known."""

    contract: Annotated[
        str | None,
        _option("--contract", metavar="FILE", help="Add an OpenAPI or Swagger document."),
    ] = None


class BodyOptions(NamedTuple):
    """Where the body comes from."""

    file: Annotated[
        str | None, _option("--file", "-f", metavar="FILE", help="The whole body; - is stdin.")
    ] = None
    set: Annotated[
        list[str] | None,
        _option("--set", metavar="/POINTER=JSON", help="Set one value; may be repeated."),
    ] = None


class CheckOptions(NamedTuple):
    """What counts as an error."""

    strict: Annotated[bool, _option("--strict", help="Count warnings as errors.")] = False


class SendOptions(NamedTuple):
    """Whether and how to send."""

    dry_run: Annotated[
        bool, _option("--dry-run", "-n", help="Check and print what would be sent; send nothing.")
    ] = False
    curl: Annotated[bool, _option("--curl", help="The same, as a curl command.")] = False
    yes: Annotated[bool, _option("--yes", "-y", help="Do not ask before a phone may ring.")] = False
    sandbox: Annotated[
        bool, _option("--sandbox", help="Send to an embedded sandbox that rings nobody.")
    ] = False
    force: Annotated[bool, _option("--force", help="Send despite errors found.")] = False
    again: Annotated[
        bool, _option("--again", help="Send though the same request went out before.")
    ] = False
    wait: Annotated[bool, _option("--wait", help="Follow the call until it is over.")] = False
    engagement_header: Annotated[
        str | None,
        _option(
            "--engagement-header", metavar="NAME", help="Look for the engagement ID here first."
        ),
    ] = None
    hours: Annotated[
        str | None,
        _option(
            "--hours", metavar="FROM-TO", help="When people may be called, there: 08:00-21:00."
        ),
    ] = None
    do_not_call: Annotated[
        str | None,
        _option("--do-not-call", metavar="FILE", help="Numbers that are not to be called."),
    ] = None


COMMON = (
    *(OutputOptions, SettingsOptions, PlatformOptions, ContractOptions),
    *(BodyOptions, CheckOptions, SendOptions),
)


def flags_of(
    *options: SettingsOptions | PlatformOptions | ContractOptions,
) -> dict[str, str | None]:
    """Return the settings flags by the names of the settings they set."""
    return {name: value for group in options for name, value in group._asdict().items()}


def sending_flags(sending: SendOptions) -> dict[str, str | None]:
    """Return those flags of a sending command that set settings."""
    return {name: getattr(sending, name) for name in ("engagement_header", "hours", "do_not_call")}
