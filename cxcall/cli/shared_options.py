"""Option groups that commands share. Named tuples load five times faster than dataclasses."""

# No `from __future__ import annotations` here: each send would evaluate the types of these options.
from functools import partial
from typing import Any, Literal

from cxcall.output.output_options import OptionGroup, OutputOptions, is_group, option
from cxcall.settings.sources import SETTING_NAMES

_connection, _request, _safety, _output = (
    partial(option, group=name) for name in ("Connection", "Request", "Safety", "Output")
)
HttpMethod = Literal["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"]
PROFILE = _connection("--profile -p NAME", "Use the settings of a profile.")


class SettingsOptions(OptionGroup):
    """Options for the destination of requests and their time limit."""

    profile: str | None = PROFILE
    platform: str | None = _connection(
        "--platform NAME",
        "Set the platform: genesys-cloud or nice-cxone.",
        show_default="genesys-cloud",
    )
    region: str | None = _connection(
        "--region NAME", "Set the region, or for CXone the area, such as na1."
    )
    base_url: str | None = _connection("--base-url URL", "Set the base URL of the API.")
    timeout: str | None = _connection(
        "--timeout SECONDS", "Limit the time for one response.", show_default="30"
    )


class ContractOptions(OptionGroup):
    """The option that adds operations."""

    contract: str | None = _connection(
        "--contract FILE", "Add the operations of an OpenAPI or Swagger document."
    )

    def find_file(self, profile: str | None = None) -> str | None:
        """Return the path of the user's own contract, from the flag or the settings; None if there is none."""
        if self.contract and not self.contract.startswith("~"):
            return self.contract
        if self.contract:
            from cxcall.documents.paths import expand_home

            return str(expand_home(self.contract, "--contract"))
        from cxcall.settings.settings import find_contract_file

        return find_contract_file({"profile": profile}) or None


class DocumentOptions(OptionGroup):
    """The user's own operations of a command that sends nothing: those of a document, or of a profile's document."""

    contracts: ContractOptions
    profile: str | None = PROFILE

    def find_file(self) -> str | None:
        """Return the path of the user's own contract; None without one."""
        return self.contracts.find_file(self.profile)


SHIPPED_ONLY = {
    "--contract": "to send an operation of your own document, use `cxcall send OPERATION`"
}
"""The option that does not apply to commands for shipped operations."""


class TargetOptions(OptionGroup):
    """The destination of requests, and the user's own operations."""

    settings: SettingsOptions
    contracts: ContractOptions

    @property
    def own_contract(self) -> str | None:
        """The path of the user's own contract; None if there is none."""
        return self.contracts.find_file(self.settings.profile)


class BodyOptions(OptionGroup):
    """Options for the body of a request."""

    file: str | None = _request("--file -f FILE", "Read the body from a file; - is stdin.")
    set: list[str] | None = _request(
        "--set /POINTER=JSON", "Set one value in the body. Repeatable."
    )


class CheckOptions(OptionGroup):
    """The option for the check of a request."""

    strict: bool = _safety("--strict", "Treat warnings as errors.")


class GuardOptions(OptionGroup):
    """Options for the guards of the person who is called."""

    hours: str | None = _safety(
        "--hours FROM-TO", "Warn outside these hours; enforce with hours_policy."
    )
    do_not_call: list[str] | None = _safety(
        "--do-not-call FILE", "Stop calls to the numbers in this file. Repeatable."
    )
    max_attempts: str | None = _safety(
        "--max-attempts N/PERIOD", "Limit the calls to one person, like 3/day (hour, week)."
    )


class SendOptions(OptionGroup):
    """Options for sending a request."""

    dry_run: bool = _request("--dry-run -n", "Check and print the request; send nothing.")
    curl: bool = _request("--curl", "Print the request as a curl command.")
    yes: bool = _safety("--yes -y", "Skip the prompt before a call is placed.")
    sandbox: bool = _request("--sandbox", "Send to an embedded sandbox; no real calls are placed.")
    force: bool = _safety("--force", "Send despite errors.")
    again: bool = _safety("--again", "Send even if it is a duplicate.")
    wait: bool = _request("--wait", "Follow the call until it ends.")
    engagement_id: str | None = _request(
        "--engagement-id PLACE", "Look for the ID first at header:NAME or body:/pointer."
    )
    engagement_header: str | None = _request(
        "--engagement-header NAME", "Look in this header: short for --engagement-id header:NAME."
    )
    guards: GuardOptions = GuardOptions()


class LogOptions(OptionGroup):
    """Options for the log of the steps of each delivery."""

    log_file: str | None = _output("--log-file FILE", "Append each step to this file.")
    log_format: Literal["text", "json"] | None = _output(
        "--log-format", "Set the log format; log to stderr without --log-file."
    )


class TrackOptions(OptionGroup):
    """Whether to wait, until which state, and for at most how many seconds; what to read afterwards."""

    wait: bool = option("--wait", "Follow the call until it ends.")
    until: str = option(
        "--until STATE", "Follow the call until a party is in this state.", default=""
    )
    at_most: float = option(
        "--at-most SECONDS",
        "Stop following after this time.",
        show_default="600",
        min=0,
        default=600.0,
    )
    sentiment: bool = option("--sentiment", "Print the sentiment that the platform computed.")
    transcript: bool = option("--transcript", "Print the address of each leg's transcript.")

    @property
    def follows(self) -> bool:
        """Whether the call is followed until its end or a state."""
        return self.wait or bool(self.until)


class ReadOptions(OptionGroup):
    """Options for the response: which pages are read, and which parts are printed."""

    all_pages: bool = option("--all", "Read all pages of a list; print one item per line.")
    query: str | None = option("--query EXPRESSION", "Print what a JMESPath expression selects.")
    fields: str | None = option("--fields A,B.C", "Print these fields of each item.")


class RequestOptions(OptionGroup):
    """The options of every command that sends requests."""

    sending: SendOptions
    check: CheckOptions
    target: TargetOptions
    log: LogOptions
    output: OutputOptions

    @property
    def is_dry_run(self) -> bool:
        """Whether the request is only printed."""
        return self.sending.dry_run or self.sending.curl


COMMON = (RequestOptions, BodyOptions)


def flags_of(options: Any) -> dict[str, Any]:
    """Return the options of a group, and of the groups in it, that set settings, by the names of the settings."""
    flags: dict[str, Any] = {}
    for name, value in options._asdict().items():
        if is_group(value):
            flags |= flags_of(value)
        elif name in SETTING_NAMES:
            flags[name] = value
    return flags


def port_option(help: str) -> Any:  # noqa: A002, as in Typer
    """Declare `--port` of a command that listens on this machine; 0 by default."""
    return option("--port PORT", help, default=0, show_default=True, min=0, max=65535)
