"""`cxcall campaign`: load contacts into a list, start and stop a campaign, follow it, export its results."""

from cxcall.cli.command_classes import CommandGroup
from cxcall.cli.row_file_options import (
    MAX_FAILURES,
    REJECTS,
    RESENDING,
    RESUME,
    ROW_FILE,
    FileOptions,
    limit_concurrency,
)
from cxcall.cli.shared_options import COMMON, SHIPPED_ONLY, RequestOptions, SettingsOptions
from cxcall.output.output_options import OptionGroup, OutputOptions, argument, option
from cxcall.output.report import Report

app = CommandGroup("Send a list to the platform's dialer, and follow it.", COMMON)


CAMPAIGN = argument("ID", "The campaign ID; for NICE CXone, the skill ID.", default=...)
CAMPAIGN_LIST = option("--contact-list ID", "Use this list if the campaign does not name one.")


class LoadOptions(OptionGroup):
    """The options that only `campaign load` has."""

    file: str = ROW_FILE
    contact_list: str = option("--contact-list ID", "Add the contacts to this list.", default=...)
    param: list[str] | None = option("--param NAME=VALUE", "Set a query parameter of all requests.")
    set: list[str] | None = option(
        "--set /POINTER=JSON", "Set one value in all contacts, or in the upload."
    )
    rate: str | None = option(
        "--rate N/s|m|h", "Limit the requests.", show_default="the platform's limit"
    )
    concurrency: int = limit_concurrency(4, 32)
    max_failures: list[str] | None = MAX_FAILURES
    skip_invalid: bool = option("--skip-invalid", "Skip invalid rows and load the valid ones.")
    confirm: int | None = option(
        "--confirm N", "Skip the prompt; fail unless N contacts would be loaded.", min=0
    )
    resume: bool = RESUME
    rejects: str | None = REJECTS
    at_most: float = option(
        "--at-most SECONDS",
        "Stop waiting for upload jobs after this time.",
        show_default="600",
        min=0,
        default=600.0,
    )
    reading: FileOptions = FileOptions()


class StatusOptions(OptionGroup):
    """The options of `campaign status`: the campaign, its list, and how it is followed."""

    settings: SettingsOptions
    output: OutputOptions
    campaign: str = CAMPAIGN
    watch: bool = option("--watch", "Follow the campaign until it no longer runs.")
    interval: float = option(
        "--interval SECONDS",
        "Set the time between two reads.",
        show_default="5",
        min=0.1,
        max=86400,
        default=5.0,
    )
    contact_list: str | None = CAMPAIGN_LIST


class ExportOptions(OptionGroup):
    """The options for what is exported, from where, and for its file."""

    settings: SettingsOptions
    output: OutputOptions
    to: str = option("--to FILE", "Store the results in this .csv or .jsonl file.", default=...)
    campaign: str | None = argument("[ID]", "The campaign whose contact list is exported.")
    contact_list: str | None = CAMPAIGN_LIST


_FOLLOW = "`cxcall campaign status --watch` follows the campaign"
_NO_ENGAGEMENT = dict.fromkeys(
    ("--engagement-id", "--engagement-header"), "the response has no engagement ID"
)
_DIALED_LATER = {
    **SHIPPED_ONLY,
    "--wait": _FOLLOW,
    **_NO_ENGAGEMENT,
    **dict.fromkeys(
        ("--hours", "--do-not-call", "--max-attempts"),
        "apply it when the list is loaded: `cxcall campaign load`",
    ),
}
"""Options that do not apply, because the platform's dialer chooses whom it calls, and when."""


@app.command(
    "load",
    "cxcall campaign load leads.csv --contact-list $LIST --dry-run",
    "cxcall campaign load leads.csv --contact-list $LIST",
    'cxcall campaign load crm.csv --contact-list $LIST --map "Phone=Work Phone" --ignore-extra-columns --default-country US',
    "cxcall campaign load leads.csv --contact-list $LIST --resume",
    omitted={**SHIPPED_ONLY, "--wait": _FOLLOW, **_NO_ENGAGEMENT},
    rules=[RESENDING],
)
def load(load_options: LoadOptions, options: RequestOptions) -> Report:
    """Load contacts from a file into a contact list.

    Each header of the file is the name of a column of the list; `--map TARGET=HEADER` fills a column of the list from a column of the file with another header. All rows are checked first, as in `batch`; then they are sent in as few requests as the platform allows. Each request is recorded with its rows before it is sent: `--resume` sends only rows that cannot have been processed. A campaign that dials the list may call the contacts as soon as they are in it, so cxcall asks first.
    """
    from cxcall.cli.actions.batch.campaign_load import run_load

    return run_load(load_options, options)


@app.command(
    "start",
    "cxcall campaign start $CAMPAIGN",
    "cxcall campaign start $CAMPAIGN --yes",
    omitted=_DIALED_LATER,
)
def start(options: RequestOptions, campaign: str = CAMPAIGN) -> Report:
    """Start a campaign: it calls the contacts of its list."""
    from cxcall.cli.actions.campaign import control_campaign

    return control_campaign("start", campaign, options)


@app.command("stop", "cxcall campaign stop $CAMPAIGN", omitted=_DIALED_LATER)
def stop(options: RequestOptions, campaign: str = CAMPAIGN) -> Report:
    """Stop a campaign; calls in progress are not ended."""
    from cxcall.cli.actions.campaign import control_campaign

    return control_campaign("stop", campaign, options)


@app.command(
    "status",
    "cxcall campaign status $CAMPAIGN",
    "cxcall campaign status $CAMPAIGN --watch",
    "cxcall campaign status $CAMPAIGN --watch -o jsonl",
    omitted=SHIPPED_ONLY,
)
def status(options: StatusOptions) -> Report:
    """Show the status and progress of a campaign."""
    from cxcall.cli.actions.campaign import show_campaign_status

    return show_campaign_status(options)


@app.command(
    "export",
    "cxcall campaign export $CAMPAIGN --to results.csv",
    "cxcall campaign export --contact-list $LIST --to results.jsonl",
    omitted=SHIPPED_ONLY,
)
def export(options: ExportOptions) -> Report:
    """Store the contacts of a list with their results."""
    from cxcall.cli.actions.campaign_export import export_results

    return export_results(options)
