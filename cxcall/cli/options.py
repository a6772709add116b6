"""Option groups that commands share. Named tuples load five times faster than dataclasses."""

# No `from __future__ import annotations` here: Typer needs the annotations of the options.
from functools import partial
from typing import Any, Literal

from cxcall.named_tuple import Annotated, NamedTuple
from cxcall.output.options import OutputOptions, option

_connection, _request, _safety, _output = (
    partial(option, group=name) for name in ("Connection", "Request", "Safety", "Output")
)
_Profile = Annotated[str | None, _connection("--profile -p NAME", "Use the settings of a profile.")]
Encoding = Annotated[
    str | None, option("--encoding NAME", "Read the file in this encoding [UTF-8].")
]
Sheet = Annotated[str | None, option("--sheet NAME", "Read this sheet of an Excel file.")]
"""The options for the form of a list of calls."""


class ProfileOptions(NamedTuple):
    """The option for the profile, for commands that use no other setting."""

    profile: _Profile = None


class SettingsOptions(NamedTuple):
    """Options for the destination of requests and their time limit."""

    profile: _Profile = None
    platform: Annotated[
        str | None,
        _connection("--platform NAME", "Set the platform: genesys-cloud (default) or nice-cxone."),
    ] = None
    region: Annotated[
        str | None,
        _connection("--region NAME", "Set the region, or for CXone the area, such as na1."),
    ] = None
    base_url: Annotated[
        str | None, _connection("--base-url URL", "Set the base URL of the API.")
    ] = None
    timeout: Annotated[
        str | None,
        _connection("--timeout SECONDS", "Limit the time for one response; 30 if not set."),
    ] = None


class ContractOptions(NamedTuple):
    """The option that adds operations."""

    contract: Annotated[
        str | None,
        _connection("--contract FILE", "Add the operations of an OpenAPI or Swagger document."),
    ] = None


class TargetOptions(NamedTuple):
    """Where requests go, and which operations there are beside the shipped ones."""

    settings: SettingsOptions
    contracts: ContractOptions

    @property
    def flags(self) -> dict[str, str | None]:
        """The flags that set settings, by the names of the settings."""
        return flags_of(self.settings, self.contracts)

    @property
    def own_contract(self) -> str | None:
        """The path of the user's own contract; None if there is none."""
        return find_own_contract(self.contracts, self.settings.profile)


class BodyOptions(NamedTuple):
    """Options for the body of a request."""

    file: Annotated[
        str | None, _request("--file -f FILE", "Read the body from a file; - is stdin.")
    ] = None
    set: Annotated[
        list[str] | None, _request("--set /POINTER=JSON", "Set one value in the body; repeatable.")
    ] = None


class CheckOptions(NamedTuple):
    """The option for the check of a request."""

    strict: Annotated[bool, _safety("--strict", "Treat warnings as errors.")] = False


class GuardOptions(NamedTuple):
    """Options for the guards of the person who is called."""

    hours: Annotated[
        str | None,
        _safety("--hours FROM-TO", "Set calling hours in the callee's time, as 08:00-21:00."),
    ] = None
    do_not_call: Annotated[
        str | None, _safety("--do-not-call FILE", "Stop calls to the numbers in this file.")
    ] = None
    max_attempts: Annotated[
        str | None,
        _safety("--max-attempts N/PERIOD", "Limit the calls to one person, as 3/day (hour, week)."),
    ] = None


class SendOptions(NamedTuple):
    """Options for sending a request."""

    dry_run: Annotated[
        bool, _request("--dry-run -n", "Check and print the request; send nothing.")
    ] = False
    curl: Annotated[bool, _request("--curl", "Print the request as a curl command.")] = False
    yes: Annotated[bool, _safety("--yes -y", "Skip the prompt before a call is placed.")] = False
    sandbox: Annotated[
        bool, _request("--sandbox", "Send to an embedded sandbox; no real calls are placed.")
    ] = False
    force: Annotated[bool, _safety("--force", "Send despite errors.")] = False
    again: Annotated[bool, _safety("--again", "Send even if it is a duplicate.")] = False
    wait: Annotated[bool, _request("--wait", "Follow the call until it ends.")] = False
    engagement_header: Annotated[
        str | None,
        _request("--engagement-header NAME", "Look for the engagement ID in this header first."),
    ] = None
    engagement_id: Annotated[
        str | None,
        option("--engagement-id PLACE", "Look for it first at header:NAME or body:/pointer."),
    ] = None
    guards: GuardOptions = GuardOptions()


class LogOptions(NamedTuple):
    """Options for the log of the steps of each delivery."""

    log_file: Annotated[
        str | None, _output("--log-file FILE", "Append each step to this file.")
    ] = None
    log_format: Annotated[
        Literal["text", "json"] | None,
        _output("--log-format", "Log each step, without a file on stderr."),
    ] = None


class ReadOptions(NamedTuple):
    """Options for the response: which pages are read, and what is printed of it."""

    all_pages: Annotated[
        bool, option("--all", "Read all pages of a list; print one item per line.")
    ] = False
    query: Annotated[
        str | None, option("--query EXPRESSION", "Print what a JMESPath expression selects.")
    ] = None
    fields: Annotated[str | None, option("--fields A,B.C", "Print these fields of each item.")] = (
        None
    )


class RequestOptions(NamedTuple):
    """The options of every command that sends requests."""

    sending: SendOptions
    check: CheckOptions
    target: TargetOptions
    log: LogOptions
    output: OutputOptions

    @property
    def flags(self) -> dict[str, str | None]:
        """The flags that set settings, by the names of the settings."""
        return {**self.target.flags, **self.sending_flags}

    @property
    def sending_flags(self) -> dict[str, str | None]:
        """The flags of `flags` that only sending has."""
        sending = self.sending
        return {
            "engagement_header": sending.engagement_header,
            "engagement_id": sending.engagement_id,
            **flags_of(sending.guards),
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


def find_own_contract(options: ContractOptions, profile: str | None = None) -> str | None:
    """Return the path of the user's own contract, from the flag or the settings; None if there is none."""
    if options.contract:
        return options.contract
    from cxcall.settings.settings import find_contract_file

    return find_contract_file({"profile": profile}) or None


def port_option(help: str) -> Any:  # noqa: A002, as in Typer
    """Declare `--port` of a command that listens on this machine."""
    return option("--port PORT", help, min=0, max=65535)
