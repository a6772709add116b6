"""Option groups that commands share. Named tuples load five times faster than dataclasses."""

# No `from __future__ import annotations` here: Typer needs the annotations of the options.
from typing import Annotated, Any, Literal

from cxcall.named_tuple import NamedTuple
from cxcall.output.options import OutputOptions, option

_Profile = Annotated[
    str | None,
    option(
        "--profile", "-p", group="Connection", metavar="NAME", help="Use the settings of a profile."
    ),
]


Encoding = Annotated[
    str | None,
    option("--encoding", metavar="NAME", help="Read the file in this encoding [UTF-8]."),
]
Sheet = Annotated[
    str | None, option("--sheet", metavar="NAME", help="Read this sheet of an Excel file.")
]
"""The options for the form of a list of calls."""


class ProfileOptions(NamedTuple):
    """The option for the profile, for commands that use no other setting."""

    profile: _Profile = None


class SettingsOptions(NamedTuple):
    """Options for the destination of requests and their time limit."""

    profile: _Profile = None
    platform: Annotated[
        str | None,
        option(
            "--platform",
            group="Connection",
            metavar="NAME",
            help="Set the platform: genesys-cloud (default) or nice-cxone.",
        ),
    ] = None
    region: Annotated[
        str | None,
        option(
            "--region",
            group="Connection",
            metavar="NAME",
            help="Set the region, or for CXone the area, such as na1.",
        ),
    ] = None
    base_url: Annotated[
        str | None,
        option(
            "--base-url", group="Connection", metavar="URL", help="Set the base URL of the API."
        ),
    ] = None
    timeout: Annotated[
        str | None,
        option(
            "--timeout",
            group="Connection",
            metavar="SECONDS",
            help="Limit the time for one response; 30 if not set.",
        ),
    ] = None


class ContractOptions(NamedTuple):
    """The option that adds operations."""

    contract: Annotated[
        str | None,
        option(
            "--contract",
            group="Connection",
            metavar="FILE",
            help="Add the operations of an OpenAPI or Swagger document.",
        ),
    ] = None


class BodyOptions(NamedTuple):
    """Options for the body of a request."""

    file: Annotated[
        str | None,
        option(
            "--file",
            "-f",
            group="Request",
            metavar="FILE",
            help="Read the body from a file; - is stdin.",
        ),
    ] = None
    set: Annotated[
        list[str] | None,
        option(
            "--set",
            group="Request",
            metavar="/POINTER=JSON",
            help="Set one value in the body; repeatable.",
        ),
    ] = None


class CheckOptions(NamedTuple):
    """The option for the check of a request."""

    strict: Annotated[
        bool, option("--strict", group="Safety", help="Treat warnings as errors.")
    ] = False


class GuardOptions(NamedTuple):
    """Options for the guards of the person who is called."""

    hours: Annotated[
        str | None,
        option(
            "--hours",
            group="Safety",
            metavar="FROM-TO",
            help="Set calling hours in the callee's time, as 08:00-21:00.",
        ),
    ] = None
    do_not_call: Annotated[
        str | None,
        option(
            "--do-not-call",
            group="Safety",
            metavar="FILE",
            help="Stop calls to the numbers in this file.",
        ),
    ] = None
    max_attempts: Annotated[
        str | None,
        option(
            "--max-attempts",
            group="Safety",
            metavar="N/PERIOD",
            help="Limit the calls to one person, as 3/day (hour, week).",
        ),
    ] = None


class SendOptions(NamedTuple):
    """Options for sending a request."""

    dry_run: Annotated[
        bool,
        option(
            "--dry-run", "-n", group="Request", help="Check and print the request; send nothing."
        ),
    ] = False
    curl: Annotated[
        bool, option("--curl", group="Request", help="Print the request as a curl command.")
    ] = False
    yes: Annotated[
        bool, option("--yes", "-y", group="Safety", help="Skip the prompt before a call is placed.")
    ] = False
    sandbox: Annotated[
        bool,
        option(
            "--sandbox",
            group="Request",
            help="Send to an embedded sandbox; no real calls are placed.",
        ),
    ] = False
    force: Annotated[bool, option("--force", group="Safety", help="Send despite errors.")] = False
    again: Annotated[
        bool, option("--again", group="Safety", help="Send even if it is a duplicate.")
    ] = False
    wait: Annotated[
        bool, option("--wait", group="Request", help="Follow the call until it ends.")
    ] = False
    engagement_header: Annotated[
        str | None,
        option(
            "--engagement-header",
            group="Request",
            metavar="NAME",
            help="Look for the engagement ID in this header first.",
        ),
    ] = None
    engagement_id: Annotated[
        str | None,
        option(
            "--engagement-id",
            metavar="PLACE",
            help="Look for it first at header:NAME or body:/pointer.",
        ),
    ] = None
    guards: GuardOptions = GuardOptions()


class LogOptions(NamedTuple):
    """Options for the log of the steps of each delivery."""

    log_file: Annotated[
        str | None,
        option("--log-file", group="Output", metavar="FILE", help="Append each step to this file."),
    ] = None
    log_format: Annotated[
        Literal["text", "json"] | None,
        option("--log-format", group="Output", help="Log each step, without a file on stderr."),
    ] = None


class ReadOptions(NamedTuple):
    """Options for the response: which pages are read, and what is printed of it."""

    all_pages: Annotated[
        bool, option("--all", help="Read all pages of a list; print one item per line.")
    ] = False
    query: Annotated[
        str | None,
        option("--query", metavar="EXPRESSION", help="Print what a JMESPath expression selects."),
    ] = None
    fields: Annotated[
        str | None,
        option("--fields", metavar="A,B.C", help="Print these fields of each item."),
    ] = None


class RequestOptions(NamedTuple):
    """The options of every command that sends requests."""

    sending: SendOptions
    check: CheckOptions
    settings: SettingsOptions
    contracts: ContractOptions
    log: LogOptions
    output: OutputOptions

    @property
    def flags(self) -> dict[str, str | None]:
        """The flags that set settings, by the names of the settings."""
        return {**flags_of(self.settings, self.contracts), **self.sending_flags}

    @property
    def sending_flags(self) -> dict[str, str | None]:
        """The flags of `flags` that only sending has."""
        header = self.sending.engagement_header
        place = self.sending.engagement_id
        return {
            "engagement_header": header,
            "engagement_id": place,
            **flags_of(self.sending.guards),
        }

    @property
    def is_dry_run(self) -> bool:
        """Whether the request is only printed."""
        return self.sending.dry_run or self.sending.curl


COMMON = (RequestOptions, BodyOptions)


def flags_of(
    *options: ProfileOptions | SettingsOptions | ContractOptions | GuardOptions,
) -> dict[str, str | None]:
    """Return the settings flags by the names of the settings they set."""
    return {name: value for group in options for name, value in group._asdict().items()}


def port_option(help: str) -> Any:  # noqa: A002, as in Typer
    """Declare `--port` of a command that listens on this machine."""
    return option("--port", metavar="PORT", min=0, max=65535, help=help)
