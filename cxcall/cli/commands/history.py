"""`cxcall history`: list, show, resolve, export, prune, and back up recorded deliveries."""

from typing import Literal

from cxcall.cli.actions.history import (
    export_deliveries,
    list_deliveries,
    resolve_delivery,
    show_delivery,
)
from cxcall.cli.actions.ledger_upkeep import accept_missing_records, back_up_ledger, prune_ledger
from cxcall.cli.command_classes import CommandGroup
from cxcall.cli.option_checks import Exclusion
from cxcall.cli.shared_options import COMMON
from cxcall.output.output_options import OptionGroup, OutputOptions, argument, option
from cxcall.output.report import Report

app = CommandGroup("Show recorded deliveries and their outcomes.", COMMON)


SINCE = option(
    "--since WHEN", "Show deliveries since a time, or since 15m, 2h, or 7d ago.", default=""
)


OutcomeName = Literal["accepted", "refused", "undelivered", "unknown", "placed", "not-placed"]


class RecordFilters(OptionGroup):
    """The filters of `history list`, by the names of the parameters of `Ledger.records`."""

    since: str = SINCE
    operation: str = option("--operation NAME", "Show deliveries of this operation.", default="")
    outcome: OutcomeName | None = option("--outcome NAME", "Show deliveries with this outcome.")
    engagement_id: str = option(
        "--engagement-id ID", "Show the delivery with this engagement ID.", default=""
    )
    batch: str = option("--batch ID", "Show deliveries of this batch.", default="")
    profile: str = option("--profile -p NAME", "Show deliveries of this profile.", default="")
    unresolved: bool = option("--unresolved", "Show deliveries that may have placed a call.")
    limit: int | None = option(
        "--limit N",
        "List at most N [50; all with --unresolved or --batch].",
        min=1,
    )


_DELIVERY = argument("ID", "A delivery ID or its start.", default=...)


@app.command(
    "list",
    "cxcall history list",
    "cxcall history list --since 2h --unresolved",
    "cxcall history list -o jsonl",
)
def list_records(filters: RecordFilters) -> Report:
    """List deliveries, newest first."""
    return list_deliveries(filters)


@app.command("show", "cxcall history show 01JDQ8", "cxcall history show 01JDQ8 -o json")
def show(delivery: str = _DELIVERY) -> Report:
    """Show a delivery."""
    return show_delivery(delivery)


@app.command(
    "resolve",
    "cxcall history resolve 01JDQ8 --placed",
    "cxcall history resolve 01JDQ8 --not-placed",
    omitted={"--rang": "it is now `--placed`", "--did-not-ring": "it is now `--not-placed`"},
    rules=[
        Exclusion(
            ("--placed", "--not-placed"),
            "record what happened: `--placed`, or `--not-placed`",
            "after `--not-placed`, an identical request can be sent again",
        )
    ],
)
def resolve(
    delivery: str = _DELIVERY,
    placed: bool = option("--placed", "Record that a call was placed."),
    not_placed: bool = option("--not-placed", "Record that no call was placed."),
    force: bool = option("--force", "Record it although it may still be in flight."),
) -> Report:
    """Record whether an unknown delivery placed a call.

    Until you do, an identical request is stopped. After `--not-placed` it can be sent again. A delivery
    that another process may still be sending is refused; if you know that its process has ended, add `--force`.
    """
    return resolve_delivery(delivery, placed=placed, not_placed=not_placed, force=force)


@app.command(
    "export",
    "cxcall history export > calls.jsonl",
    "cxcall history export --format csv --since 7d > calls.csv",
)
def export_records(
    output: OutputOptions,
    format: Literal["jsonl", "csv"] = option(  # noqa: A002 - the name of the flag
        "--format", "Set the file format.", show_default=True, default="jsonl"
    ),
    since: str = SINCE,
) -> None:
    """Print all deliveries as JSON Lines or CSV."""
    export_deliveries(output, format, since)


@app.command(
    "prune", "cxcall history prune --older-than 90d", "cxcall history prune --older-than 52w --yes"
)
def prune(
    output: OutputOptions,
    older_than: str = option(
        "--older-than SPAN",
        "Delete deliveries before a time, or older than 90d or 52w.",
        default=...,
    ),
    yes: bool = option("--yes -y", "Skip the prompt."),
) -> Report:
    """Delete old deliveries, except unknown ones.

    Deliveries that the duplicate guard, `--max-attempts`, or an unfinished batch needs, and loads, are also kept. A
    batch is deleted as a whole, when no delivery of it is kept. A finished batch that began before a deleted
    delivery cannot be resumed.
    """
    return prune_ledger(output, older_than, yes=yes)


@app.command("backup", "cxcall history backup calls-2026-11.sqlite3")
def backup(file: str = argument("FILE", "A file that does not exist yet.", default=...)) -> Report:
    """Copy all records to a file, while other processes may send."""
    return back_up_ledger(file)


@app.command("accept", "cxcall history accept", "cxcall history accept --yes")
def accept(output: OutputOptions, yes: bool = option("--yes -y", "Skip the prompt.")) -> Report:
    """Continue without the missing records.

    While records are missing, cxcall places no calls, because the same call may have been placed before.
    First restore the ledger, or check on the platform which calls were placed. The decision is recorded. Rows in the
    queue must be taken out before.
    """
    return accept_missing_records(output, yes=yes)
