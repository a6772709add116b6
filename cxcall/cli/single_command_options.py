"""The options of single commands, and of the commands that send lists; an action gets them as one value."""

# No `from __future__ import annotations` here: Typer needs the annotations of the options.

from typing import Literal

from cxcall.batch.limits import FailureLimit
from cxcall.cli.option_checks import Exclusion
from cxcall.cli.shared_options import (
    ENCODING,
    SHEET,
    BodyOptions,
    ContractOptions,
    GuardOptions,
    LogOptions,
    TargetOptions,
    find_own_contract,
    port_option,
)
from cxcall.output.output_options import OptionGroup, OutputOptions, argument, option

LIST_FILE = argument("FILE", "CSV, JSON Lines, or Excel (.xlsx); - is stdin.", default=...)
CONCURRENCY = option(
    "--concurrency N", "Limit the number of requests in flight.", show_default=True, min=1, max=256
)
_WEEK = 7 * 24 * 3600
_LIMIT = FailureLimit()
MAX_FAILURES = option(
    "--max-failures N|N%",
    f"Stop after N failures in a row [{_LIMIT.consecutive}], or N% of all [{_LIMIT.share:.0%}].",
)
RESENDING = Exclusion(
    ("--resume", "--again"),
    "for an unknown row: find out whether a call was placed, then `cxcall history resolve ID`",
    "a resumed batch never sends a row again that was, or may have been, processed",
)
RESUME = option("--resume", "Continue an earlier run of this file.")
REJECTS = option("--rejects FILE", "Record refused and invalid rows in a new file.")


CAMPAIGN = argument("ID", "The campaign ID; for NICE CXone, the skill ID.", default=...)
CAMPAIGN_LIST = option("--contact-list ID", "Use this list if the campaign does not name one.")


class FileOptions(OptionGroup):
    """The options for reading a file of rows."""

    map: list[str] | None = option(
        "--map TARGET=HEADER", "Fill TARGET from the column with this header."
    )
    mapping: str | None = option("--mapping FILE", "Read the column names from a TOML file.")
    ignore_extra_columns: bool = option(
        "--ignore-extra-columns", "Ignore columns that no flag or property matches."
    )
    key: str | None = option("--key COLUMN", "Use this column to name the rows in reports.")
    encoding: str | None = ENCODING
    sheet: str | None = SHEET
    default_country: str | None = option(
        "--default-country CODE", "Set the country of national numbers, such as US."
    )


class LoginOptions(OptionGroup):
    """How to log in; without `with_token` and `web`, with a client secret or an access key."""

    client_id: str | None = option("--client-id ID", "Set the ID of the OAuth client.")
    with_token: bool = option("--with-token", "Read an access token from stdin and store it.")
    basic: bool = option("--basic", "Store a user name and a password for your own API document.")
    api_key: bool = option("--api-key", "Read an API key for your own document and store it.")
    web: bool = option("--web", "Log in as a user, in the browser.")
    port: int = port_option("Redirect to this port; 0 is any free port.")
    no_browser: bool = option(
        "--no-browser", "Print the URL of the login page; do not open a browser."
    )


ReportFormat = Literal["text", "csv", "jsonl", "html"]


class BatchOptions(OptionGroup):
    """The options that only `batch` has."""

    file: str = LIST_FILE
    operation: str = option("--operation NAME", "Send each row as this operation.", default=...)
    param: list[str] | None = option(
        "--param NAME=VALUE", "Set a path or query parameter for all rows."
    )
    set: list[str] | None = option("--set /POINTER=JSON", "Set one value in all bodies.")
    rate: str | None = option(
        "--rate N/s|m|h", "Limit the rate [the rate that the platform allows]."
    )
    concurrency: int = CONCURRENCY._replace(default=32)
    max_failures: list[str] | None = MAX_FAILURES
    skip_invalid: bool = option("--skip-invalid", "Skip invalid rows and send the valid ones.")
    confirm: int | None = option(
        "--confirm N", "Skip the prompt; fail unless N requests would be sent."
    )
    resume: bool = RESUME
    unordered: bool = option("--unordered", "Print results as they arrive, not in input order.")
    wait_for_hours: bool = option(
        "--wait-for-hours", "Send each row as soon as it is within --hours."
    )
    rejects: str | None = REJECTS
    queue: bool = option("--queue", "Queue the rows for `cxcall worker` on any machine.")
    reading: FileOptions = FileOptions()


class ReportOptions(OptionGroup):
    """The options that only `batch report` has."""

    format: ReportFormat = option(
        "--format", "Print the report as text, CSV, JSON Lines, or HTML.", default="text"
    )
    join: bool = option("--join", "Add the columns of the file that was sent.")
    input: str | None = option("--input FILE", "Read the columns from this copy of the file.")
    encoding: str | None = ENCODING
    sheet: str | None = SHEET
    rejects: str | None = option("--rejects FILE", "Also write the rows to correct to a new file.")
    show_numbers: bool = option("--show-numbers", "Print phone numbers of the file in full.")


class LoadOptions(OptionGroup):
    """The options that only `campaign load` has."""

    file: str = LIST_FILE
    contact_list: str = option("--contact-list ID", "Add the contacts to this list.", default=...)
    param: list[str] | None = option("--param NAME=VALUE", "Set a query parameter of all requests.")
    set: list[str] | None = option(
        "--set /POINTER=JSON", "Set one value in all contacts, or in the upload."
    )
    rate: str | None = option(
        "--rate N/s|m|h", "Limit the requests [the rate that the platform allows]."
    )
    concurrency: int = option(
        "--concurrency N",
        "Limit the number of requests in flight.",
        show_default=True,
        min=1,
        max=32,
        default=4,
    )
    max_failures: list[str] | None = MAX_FAILURES
    skip_invalid: bool = option("--skip-invalid", "Skip invalid rows and load the valid ones.")
    confirm: int | None = option(
        "--confirm N", "Skip the prompt; fail unless N contacts would be loaded."
    )
    resume: bool = RESUME
    rejects: str | None = REJECTS
    at_most: float = option(
        "--at-most SECONDS",
        "Stop waiting for upload jobs after this time [600].",
        min=0,
        default=600.0,
    )
    reading: FileOptions = FileOptions()


class ExportOptions(OptionGroup):
    """The options for what is exported, from where, and for its file."""

    target: TargetOptions
    output: OutputOptions
    to: str = option("--to FILE", "Store the results in this file.", default=...)
    campaign: str | None = argument("[ID]", "The campaign whose contact list is exported.")
    format: Literal["csv", "jsonl"] | None = option(
        "--format", "Set the file format [from the file name]."
    )
    force: bool = option("--force", "Overwrite an existing file.")
    contact_list: str | None = CAMPAIGN_LIST


class ExplainOptions(OptionGroup):
    """What is explained, and how the result and the corrected request are printed."""

    output: OutputOptions
    contracts: ContractOptions
    file: str | None = argument(
        "[FILE|CODE]", "A request in one of the formats above, or an error code."
    )
    entry: int | None = option("--entry N", "Explain only this entry of a HAR file.", min=1)
    last: bool = option("--last", "Explain the last delivery that was not accepted.")
    fix: bool = option("--fix", "Print the corrected request.")
    form: Literal["send", "curl", "cmd", "powershell", "json"] | None = option(
        "--as", "Set the format of the corrected request [send]."
    )
    show_all: bool = option("--all", "Print all findings and requests, not only the first ten.")
    codes: bool = option("--codes", "List the finding codes.")

    @property
    def own_contract(self) -> str | None:
        """The path of the user's own contract; None if there is none."""
        return find_own_contract(self.contracts)


class StatusOptions(OptionGroup):
    """The options of `campaign status`: the campaign, its list, and how it is followed."""

    target: TargetOptions
    output: OutputOptions
    campaign: str = CAMPAIGN
    watch: bool = option("--watch", "Follow the campaign until it no longer runs.")
    interval: float = option(
        "--interval SECONDS", "Set the time between two reads [5].", min=0.1, max=86400, default=5.0
    )
    contact_list: str | None = CAMPAIGN_LIST


SINCE = option(
    "--since WHEN", "Show deliveries since a time, or since 15m, 2h, or 7d ago.", default=""
)


class RecordFilters(OptionGroup):
    """The filters of `history list`, by the names of the parameters of `Ledger.records`."""

    since: str = SINCE
    operation: str = option("--operation NAME", "Show deliveries of this operation.", default="")
    outcome: str = option("--outcome NAME", "Show deliveries with this outcome.", default="")
    engagement_id: str = option(
        "--engagement-id ID", "Show the delivery with this engagement ID.", default=""
    )
    batch: str = option("--batch ID", "Show deliveries of this batch.", default="")
    profile: str = option("--profile -p NAME", "Show deliveries of this profile.", default="")
    unresolved: bool = option("--unresolved", "Show deliveries that may have placed a call.")
    limit: int = option(
        "--limit N", "Show at most N deliveries.", show_default=True, min=1, default=50
    )


class DoctorOptions(OptionGroup):
    """The options of `doctor`."""

    guards: GuardOptions
    body: BodyOptions
    target: TargetOptions
    output: OutputOptions
    operation: str | None = option("--for OPERATION", "Also check a request of this operation.")
    param: list[str] | None = option(
        "--param NAME=VALUE", "Set a parameter or flag of the request, or an ID to check."
    )


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


class SandboxOptions(OptionGroup):
    """Where the sandbox listens, what it keeps, and how its campaigns dial."""

    host: str = option(
        "--host ADDRESS", "Listen on this address; 0.0.0.0 in a container.", default="127.0.0.1"
    )
    port: int = port_option("Listen on this port; 0 is any free port.")
    allow_host: list[str] | None = option(
        "--allow-host NAME", "Also accept requests for this host name."
    )
    record: str | None = option("--record FILE", "Append each request with its body to this file.")
    webhook: str | None = option("--webhook URL", "Send the outcome of each call to this URL.")
    dial_rate: float = option(
        "--dial-rate N",
        "Set how many contacts a campaign dials per second.",
        min=0.001,
        default=10.0,
    )
    dial_outcome: str | None = option(
        "--dial-outcome NAME=WEIGHT,...", "Set the outcomes [connected=60,no-answer=30,busy=10]."
    )
    seed: int = option("--seed N", "Use this random seed for outcomes and IDs.", default=0)


class RequestsOptions(OptionGroup):
    """Options for listing requests: the sandbox, the filters, and the expected number."""

    url: str | None = option("--url URL", "Use the sandbox at this address [the base URL].")
    method: str | None = option("--method NAME", "List requests of this method.")
    path: str | None = option("--path PATH", "List requests for this path; * is a wildcard.")
    status: str | None = option(
        "--status CODE", "List requests with this status, such as 400 or 4xx."
    )
    expect: int | None = option(
        "--expect N", "Check that N requests are listed; otherwise exit with 3.", min=0
    )
    json: bool = option("--json", "Print JSON, like `--output json`.")


class TrackOptions(OptionGroup):
    """Whether to wait, until which state, and for at most how many seconds; what to read afterwards."""

    wait: bool = option("--wait", "Follow the call until it ends.")
    until: str = option(
        "--until STATE", "Follow the call until a party is in this state.", default=""
    )
    at_most: float = option(
        "--at-most SECONDS", "Stop following after this time [600].", min=0, default=600.0
    )
    sentiment: bool = option("--sentiment", "Print the sentiment that the platform computed.")
    transcript: bool = option("--transcript", "Print the address of each leg's transcript.")

    @property
    def follows(self) -> bool:
        """Whether the call is followed until its end or a state."""
        return self.wait or bool(self.until)


class WorkerOptions(OptionGroup):
    """The options of `worker`."""

    guards: GuardOptions
    target: TargetOptions
    log: LogOptions
    output: OutputOptions
    until_empty: bool = option("--until-empty", "Stop when no row can be sent now.")
    rate: str | None = option("--rate N/s|m|h", "Set a lower rate than that of the batch.")
    concurrency: int = CONCURRENCY._replace(default=8)
    max_failures: list[str] | None = MAX_FAILURES
    lease: float | None = option(
        "--lease SECONDS",
        "Set how long a dead worker keeps its rows [timeout + 30].",
        min=1,
        max=_WEEK,
    )
