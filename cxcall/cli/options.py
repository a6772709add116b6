"""Option types that commands share; named tuples, as they are made five times faster than dataclasses."""

# No `from __future__ import annotations` here: Typer needs them real, and making them so costs 3 ms.
from typing import Annotated

from cxcall.named_tuple import NamedTuple
from cxcall.output.options import OutputOptions, option


class SettingsOptions(NamedTuple):
    """Where requests go and how long they may take."""

    profile: Annotated[
        str | None,
        option("--profile", "-p", metavar="NAME", help="Use the settings of a profile."),
    ] = None
    base_url: Annotated[
        str | None, option("--base-url", metavar="URL", help="The API's address.")
    ] = None
    timeout: Annotated[
        str | None, option("--timeout", metavar="SECONDS", help="Longest wait for an answer.")
    ] = None


class PlatformOptions(NamedTuple):
    """Which platform, and where, when no profile says so."""

    platform: Annotated[
        str | None,
        option("--platform", metavar="NAME", help="genesys-cloud (default) or nice-cxone."),
    ] = None
    region: Annotated[
        str | None, option("--region", metavar="NAME", help="A region, or for CXone an area: na1.")
    ] = None


class ContractOptions(NamedTuple):
    """Which operations are known."""

    contract: Annotated[
        str | None,
        option("--contract", metavar="FILE", help="Add an OpenAPI or Swagger document."),
    ] = None


class BodyOptions(NamedTuple):
    """Where the body comes from."""

    file: Annotated[
        str | None, option("--file", "-f", metavar="FILE", help="The whole body; - is stdin.")
    ] = None
    set: Annotated[
        list[str] | None,
        option("--set", metavar="/POINTER=JSON", help="Set one value; may be repeated."),
    ] = None


class CheckOptions(NamedTuple):
    """What counts as an error."""

    strict: Annotated[bool, option("--strict", help="Count warnings as errors.")] = False


class SendOptions(NamedTuple):
    """Whether and how to send."""

    dry_run: Annotated[
        bool, option("--dry-run", "-n", help="Check and print what would be sent; send nothing.")
    ] = False
    curl: Annotated[bool, option("--curl", help="Print the request as a curl command.")] = False
    yes: Annotated[bool, option("--yes", "-y", help="Do not ask before a phone may ring.")] = False
    sandbox: Annotated[
        bool, option("--sandbox", help="Send to an embedded sandbox; no real calls are placed.")
    ] = False
    force: Annotated[bool, option("--force", help="Send despite errors found.")] = False
    again: Annotated[bool, option("--again", help="Send even if it is a duplicate.")] = False
    wait: Annotated[bool, option("--wait", help="Follow the call until it is over.")] = False
    engagement_header: Annotated[
        str | None,
        option(
            "--engagement-header", metavar="NAME", help="Look for the engagement ID here first."
        ),
    ] = None
    hours: Annotated[
        str | None,
        option(
            "--hours",
            metavar="FROM-TO",
            help="Calling hours in the callee's local time: 08:00-21:00.",
        ),
    ] = None
    do_not_call: Annotated[
        str | None,
        option("--do-not-call", metavar="FILE", help="File of numbers that must not be called."),
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
