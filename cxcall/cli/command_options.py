"""The options that single commands have, or those that send lists share; actions get them as one value."""

# No `from __future__ import annotations` here: Typer needs the annotations of the options.

from typing import Literal

from cxcall.cli.exclusive_options import Exclusion
from cxcall.cli.option_binding import argument
from cxcall.cli.options import Encoding, Sheet, port_option
from cxcall.named_tuple import Annotated, NamedTuple
from cxcall.output.options import option

ListFile = Annotated[str, argument("FILE", "CSV, JSON Lines, or Excel (.xlsx); - is stdin.")]
Concurrency = Annotated[
    int,
    option(
        "--concurrency N",
        "Limit the number of requests in flight.",
        show_default=True,
        min=1,
        max=256,
    ),
]
MaxFailures = Annotated[
    list[str] | None,
    option("--max-failures N|N%", "Stop after N failures in a row [10], or N% of all [50%]."),
]
RESENDING = Exclusion(
    ("--resume", "--again"),
    "for an unknown row: find out whether a call was placed, then `cxcall history resolve ID`",
    "a resumed batch never sends a row again that was, or may have been, processed",
)
Resume = Annotated[bool, option("--resume", "Continue an earlier run of this file.")]
Rejects = Annotated[
    str | None, option("--rejects FILE", "Record refused and invalid rows in a new file.")
]


CampaignList = Annotated[
    str | None, option("--contact-list ID", "Use this list where the campaign names none.")
]


class FileOptions(NamedTuple):
    """The options for reading a file of rows."""

    map: Annotated[
        list[str] | None, option("--map TARGET=HEADER", "Set a flag or place from this column.")
    ] = None
    mapping: Annotated[
        str | None, option("--mapping FILE", "Read such names from a TOML file.")
    ] = None
    ignore_extra_columns: Annotated[
        bool, option("--ignore-extra-columns", "Skip columns that set nothing.")
    ] = False
    key: Annotated[
        str | None, option("--key COLUMN", "Use this column to name the rows in reports.")
    ] = None
    encoding: Encoding = None
    sheet: Sheet = None
    default_country: Annotated[
        str | None, option("--default-country CODE", "Set the country of national numbers, as US.")
    ] = None


class LoginOptions(NamedTuple):
    """How to log in; without `with_token` and `web`, with a client secret or an access key."""

    client_id: Annotated[
        str | None, option("--client-id ID", "Set the ID of the OAuth client.")
    ] = None
    with_token: Annotated[
        bool, option("--with-token", "Read an access token from stdin and store it.")
    ] = False
    basic: Annotated[
        bool, option("--basic", "Store a user name and a password for your own API document.")
    ] = False
    api_key: Annotated[
        bool, option("--api-key", "Read an API key for your own document and store it.")
    ] = False
    web: Annotated[bool, option("--web", "Log in as a user, in the browser.")] = False
    port: Annotated[int, port_option("Redirect to this port; 0 is any free port.")] = 0
    no_browser: Annotated[
        bool, option("--no-browser", "Print the URL of the login page; do not open a browser.")
    ] = False


ReportFormat = Literal["text", "csv", "jsonl", "html"]


class BatchOptions(NamedTuple):
    """The options that only `batch` has."""

    file: ListFile
    operation: Annotated[str, option("--operation NAME", "Send each row as this operation.")]
    param: Annotated[
        list[str] | None,
        option("--param NAME=VALUE", "Set a path or query parameter for all rows."),
    ] = None
    set: Annotated[
        list[str] | None, option("--set /POINTER=JSON", "Set one value in all bodies.")
    ] = None
    rate: Annotated[
        str | None, option("--rate N/s|m|h", "Limit the rate [the rate that the platform allows].")
    ] = None
    concurrency: Concurrency = 32
    max_failures: MaxFailures = None
    skip_invalid: Annotated[
        bool, option("--skip-invalid", "Skip invalid rows and send the valid ones.")
    ] = False
    confirm: Annotated[
        int | None, option("--confirm N", "Skip the prompt; fail unless N requests would be sent.")
    ] = None
    resume: Resume = False
    unordered: Annotated[
        bool, option("--unordered", "Print results as they arrive, not in input order.")
    ] = False
    wait_for_hours: Annotated[
        bool, option("--wait-for-hours", "Send each row as soon as it is within --hours.")
    ] = False
    rejects: Rejects = None
    queue: Annotated[
        bool, option("--queue", "Send the rows by `cxcall worker` on any machine.")
    ] = False
    reading: FileOptions = FileOptions()


class ReportOptions(NamedTuple):
    """The options that only `batch report` has."""

    format: Annotated[ReportFormat, option("--format", "Set the form of the report.")] = "text"
    join: Annotated[bool, option("--join", "Add the columns of the file that was sent.")] = False
    input: Annotated[
        str | None, option("--input FILE", "Add the columns of this copy of the file.")
    ] = None
    encoding: Encoding = None
    sheet: Sheet = None
    rejects: Annotated[
        str | None, option("--rejects FILE", "Also write the rows to correct to a new file.")
    ] = None
    show_numbers: Annotated[
        bool, option("--show-numbers", "Print phone numbers of the file in full.")
    ] = False


class LoadOptions(NamedTuple):
    """The options that only `campaign load` has."""

    file: ListFile
    contact_list: Annotated[str, option("--contact-list ID", "Add the contacts to this list.")]
    param: Annotated[
        list[str] | None, option("--param NAME=VALUE", "Set a query parameter of all requests.")
    ] = None
    set: Annotated[
        list[str] | None,
        option("--set /POINTER=JSON", "Set one value in all contacts, or in the upload."),
    ] = None
    rate: Annotated[
        str | None,
        option("--rate N/s|m|h", "Limit the requests [the rate that the platform allows]."),
    ] = None
    concurrency: Annotated[
        int,
        option(
            "--concurrency N",
            "Limit the number of requests in flight.",
            show_default=True,
            min=1,
            max=32,
        ),
    ] = 4
    max_failures: MaxFailures = None
    skip_invalid: Annotated[
        bool, option("--skip-invalid", "Skip invalid rows and load the valid ones.")
    ] = False
    confirm: Annotated[
        int | None,
        option("--confirm N", "Skip the prompt; fail unless N contacts would be loaded."),
    ] = None
    resume: Resume = False
    rejects: Rejects = None
    at_most: Annotated[
        float,
        option(
            "--at-most SECONDS", "Stop waiting for upload jobs after this time.", show_default=True
        ),
    ] = 600.0
    reading: FileOptions = FileOptions()

    @property
    def wait_for_hours(self) -> bool:
        """Whether rows wait for their calling hours: the platform's dialer has hours of its own."""
        return False

    @property
    def queue(self) -> bool:
        """Whether workers send the rows."""
        return False

    @property
    def unordered(self) -> bool:
        """Whether results are printed as they arrive."""
        return False


class ExportOptions(NamedTuple):
    """What is exported, and where to."""

    to: Annotated[str, option("--to FILE", "Store the results in this file.")]
    campaign: Annotated[str | None, argument("[ID]", "The campaign whose list is read.")] = None
    format: Annotated[
        Literal["csv", "jsonl"] | None,
        option("--format", "Set the form of the file [by its name]."),
    ] = None
    force: Annotated[bool, option("--force", "Store them also in a file that exists.")] = False
    contact_list: CampaignList = None


class DoctorOptions(NamedTuple):
    """The options that only `doctor` has."""

    operation: Annotated[
        str | None, option("--for OPERATION", "Also check a request of this operation.")
    ] = None
    param: Annotated[
        list[str] | None,
        option("--param NAME=VALUE", "Set a parameter or flag of the request, or an ID to check."),
    ] = None


class ServerOptions(NamedTuple):
    """What the person who starts the server allows: a folder to read, and operations to send."""

    root: Annotated[
        str | None, option("--root FOLDER", "Read payload files only below this folder.")
    ] = None
    allow_send: Annotated[
        bool, option("--allow-send", "Add a tool that sends, if a person agrees.", group="Safety")
    ] = False
    operations: Annotated[
        list[str] | None,
        option(
            "--operation NAME", "Add an operation that may be sent; repeatable.", group="Safety"
        ),
    ] = None


class SandboxOptions(NamedTuple):
    """Where the sandbox listens, what it keeps, and how its campaigns dial."""

    host: Annotated[
        str, option("--host ADDRESS", "Listen on this address; 0.0.0.0 in a container.")
    ] = "127.0.0.1"
    port: Annotated[int, port_option("Listen on this port; 0 is any free port.")] = 0
    allow_host: Annotated[
        list[str] | None, option("--allow-host NAME", "Also accept requests for this host name.")
    ] = None
    record: Annotated[
        str | None, option("--record FILE", "Append each request with its body to this file.")
    ] = None
    webhook: Annotated[
        str | None, option("--webhook URL", "Send the outcome of each call to this URL.")
    ] = None
    dial_rate: Annotated[
        float,
        option("--dial-rate N", "Set the contacts that a campaign dials in a second.", min=0.001),
    ] = 10.0
    dial_outcome: Annotated[
        str | None,
        option(
            "--dial-outcome NAME=WEIGHT,...",
            "Set the outcomes [connected=60,no-answer=30,busy=10].",
        ),
    ] = None
    seed: Annotated[int, option("--seed N", "Choose the outcomes and IDs by this number.")] = 0


class RequestsOptions(NamedTuple):
    """Which requests of which sandbox are listed, and how many there should be."""

    url: Annotated[
        str | None, option("--url URL", "Use the sandbox at this address [the base URL].")
    ] = None
    method: Annotated[str | None, option("--method NAME", "List requests of this method.")] = None
    path: Annotated[
        str | None, option("--path PATH", "List requests for this path; * is a wildcard.")
    ] = None
    status: Annotated[
        str | None, option("--status CODE", "List requests with this status, as 400 or 4xx.")
    ] = None
    expect: Annotated[
        int | None, option("--expect N", "Check that N are listed; if not, exit with 3.", min=0)
    ] = None
    json: Annotated[bool, option("--json", "Print JSON, as `--output json` does.")] = False


class TrackOptions(NamedTuple):
    """Whether to wait, until which state, and for at most how many seconds; what to read afterwards."""

    wait: Annotated[bool, option("--wait", "Follow the call until it ends.")] = False
    until: Annotated[
        str, option("--until STATE", "Follow the call until a party is in this state.")
    ] = ""
    at_most: Annotated[
        float, option("--at-most SECONDS", "Stop following after this time.", show_default=True)
    ] = 600.0
    sentiment: Annotated[
        bool, option("--sentiment", "Print the sentiment that the platform computed.")
    ] = False
    transcript: Annotated[
        bool, option("--transcript", "Print the address of each leg's transcript.")
    ] = False

    @property
    def follows(self) -> bool:
        """Whether the call is followed, to its end or to a state."""
        return self.wait or bool(self.until)


class WorkerOptions(NamedTuple):
    """The options that only `worker` has."""

    until_empty: Annotated[
        bool, option("--until-empty", "Stop when no row is left to send now.")
    ] = False
    rate: Annotated[
        str | None, option("--rate N/s|m|h", "Limit the rate further than the batch does.")
    ] = None
    concurrency: Concurrency = 8
    max_failures: MaxFailures = None
    lease: Annotated[
        float | None,
        option(
            "--lease SECONDS", "Set how long a dead worker holds its rows [timeout + 30].", min=1
        ),
    ] = None
