"""`cxcall campaign`: load contacts into a list, start and stop a campaign, follow it, export its results."""

# No `from __future__ import annotations` here: Typer needs the annotations of the options.
from typing import Literal

from cxcall.cli.list_options import FileOptions, ListFile, MaxFailures, Rejects, Resume
from cxcall.cli.option_binding import accept_global_options, argument, new_app
from cxcall.cli.options import ContractOptions, RequestOptions, SettingsOptions
from cxcall.named_tuple import Annotated, NamedTuple
from cxcall.output.options import OutputOptions, option
from cxcall.output.report import Report

app = accept_global_options(new_app("Send a list to the platform's dialer, and follow it."))

_Campaign = Annotated[str, argument("ID", "The campaign; for NICE CXone, the skill.")]
_List = Annotated[
    str | None, option("--contact-list ID", "Use this list where the campaign names none.")
]


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
    contact_list: _List = None


@app.add_command(
    "load",
    "cxcall campaign load leads.csv --contact-list $LIST --dry-run",
    "cxcall campaign load leads.csv --contact-list $LIST",
    'cxcall campaign load crm.csv --contact-list $LIST --map "Phone=Work Phone" --ignore-extra-columns --default-country US',
    "cxcall campaign load leads.csv --contact-list $LIST --resume",
)
def load(load_options: LoadOptions, options: RequestOptions) -> Report:
    """Load contacts from a file into a contact list.

    Each header of the file names a column of the list; `--map COLUMN=HEADER` names another one. All rows are checked first, as in `batch`; then they are sent in as few requests as the platform allows. Each request is recorded before it is sent, with the rows in it: `--resume` sends only rows that cannot have been processed. A campaign that dials the list may call the contacts as soon as they are in it, so cxcall asks.
    """
    from cxcall.cli.actions.campaign_load import run_load

    return run_load(load_options, options)


@app.add_command(
    "start", "cxcall campaign start $CAMPAIGN", "cxcall campaign start $CAMPAIGN --yes"
)
def start(options: RequestOptions, campaign: _Campaign) -> Report:
    """Start a campaign: it calls the contacts of its list."""
    from cxcall.cli.actions.campaign import control_campaign

    return control_campaign("start", campaign, options)


@app.add_command("stop", "cxcall campaign stop $CAMPAIGN")
def stop(options: RequestOptions, campaign: _Campaign) -> Report:
    """Stop a campaign; calls in progress are not ended."""
    from cxcall.cli.actions.campaign import control_campaign

    return control_campaign("stop", campaign, options)


@app.add_command(
    "status",
    "cxcall campaign status $CAMPAIGN",
    "cxcall campaign status $CAMPAIGN --watch",
    "cxcall campaign status $CAMPAIGN --watch -o jsonl",
)
def status(
    settings: SettingsOptions,
    contracts: ContractOptions,
    output: OutputOptions,
    campaign: _Campaign,
    watch: Annotated[
        bool, option("--watch", "Follow the campaign until it does not run any more.")
    ] = False,
    interval: Annotated[
        float, option("--interval SECONDS", "Read it so often [5].", show_default=True, min=0.1)
    ] = 5.0,
    contact_list: _List = None,
) -> Report:
    """Show the status and progress of a campaign."""
    from cxcall.cli.actions.campaign import show_status

    return show_status(
        campaign, contact_list or "", settings, contracts, output, interval if watch else None
    )


@app.add_command(
    "export",
    "cxcall campaign export $CAMPAIGN --to results.csv",
    "cxcall campaign export --contact-list $LIST --to results.jsonl",
)
def export(
    options: ExportOptions,
    settings: SettingsOptions,
    contracts: ContractOptions,
    output: OutputOptions,
) -> Report:
    """Store the contacts of a list with their results."""
    from cxcall.cli.actions.campaign_export import export_results

    return export_results(options, settings, contracts, output)
