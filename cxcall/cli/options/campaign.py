"""The options of `campaign load`, `campaign status`, and `campaign export`."""

# No `from __future__ import annotations` here: Typer needs the annotations of the options.

from typing import Literal

from cxcall.cli.options.lists import LIST_FILE, MAX_FAILURES, REJECTS, RESUME, FileOptions
from cxcall.cli.shared_options import TargetOptions
from cxcall.output.output_options import OptionGroup, OutputOptions, argument, option

CAMPAIGN = argument("ID", "The campaign ID; for NICE CXone, the skill ID.", default=...)
CAMPAIGN_LIST = option("--contact-list ID", "Use this list if the campaign does not name one.")


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
