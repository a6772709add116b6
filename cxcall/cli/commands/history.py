"""`cxcall history`: list, show, resolve, export, prune, and back up recorded deliveries."""

from __future__ import annotations

from typing import Literal

from cxcall.cli.exclusive_options import Exclusion
from cxcall.cli.option_binding import accept_global_options, argument, new_app
from cxcall.named_tuple import Annotated
from cxcall.output.options import OutputOptions, option
from cxcall.output.report import Report

app = accept_global_options(new_app("Show recorded deliveries and their outcomes."))
_Since = Annotated[
    str, option("--since WHEN", "Show deliveries since a time, or since 15m, 2h, 7d ago.")
]
_Delivery = Annotated[str, argument("ID", "A delivery ID or its start.")]


@app.add_command(
    "list",
    "cxcall history list",
    "cxcall history list --since 2h --unresolved",
    "cxcall history list -o jsonl",
)
def list_records(
    since: _Since = "",
    operation: Annotated[
        str, option("--operation NAME", "Show deliveries of this operation.")
    ] = "",
    outcome: Annotated[str, option("--outcome NAME", "Show deliveries with this outcome.")] = "",
    engagement_id: Annotated[
        str, option("--engagement-id ID", "Show the delivery with this engagement ID.")
    ] = "",
    batch: Annotated[str, option("--batch ID", "Show deliveries of this batch.")] = "",
    profile: Annotated[str, option("--profile -p NAME", "Show deliveries of this profile.")] = "",
    unresolved: Annotated[
        bool, option("--unresolved", "Show deliveries that may have placed a call.")
    ] = False,
    limit: Annotated[
        int, option("--limit N", "Show at most N deliveries.", show_default=True, min=1)
    ] = 50,
) -> Report:
    """List deliveries, newest first."""
    from cxcall.cli.actions.history import list_deliveries

    return list_deliveries(
        since,
        operation=operation,
        outcome=outcome,
        engagement_id=engagement_id,
        batch=batch,
        profile=profile,
        unresolved=unresolved,
        limit=limit,
    )


@app.add_command("show", "cxcall history show 01JDQ8", "cxcall history show 01JDQ8 -o json")
def show(delivery: _Delivery) -> Report:
    """Show a delivery."""
    from cxcall.cli.actions.history import show_delivery

    return show_delivery(delivery)


@app.add_command(
    "resolve",
    "cxcall history resolve 01JDQ8 --placed",
    "cxcall history resolve 01JDQ8 --not-placed",
    exclusive=[
        Exclusion(
            ("--placed", "--not-placed", "--rang", "--did-not-ring"),
            "record what happened: `--placed`, or `--not-placed`",
            "after `--not-placed`, an identical request can be sent again",
        )
    ],
)
def resolve(
    delivery: _Delivery,
    placed: Annotated[bool, option("--placed", "Record that a call was placed.")] = False,
    not_placed: Annotated[bool, option("--not-placed", "Record that no call was placed.")] = False,
    rang: Annotated[bool, option("--rang", "The former `--placed`.", hidden=True)] = False,
    did_not_ring: Annotated[
        bool, option("--did-not-ring", "The former `--not-placed`.", hidden=True)
    ] = False,
) -> Report:
    """Record whether an unknown delivery placed a call.

    Until then, an identical request is stopped. After `--not-placed` it can be sent again.
    """
    from cxcall.cli.actions.history import resolve_delivery

    has_rung = placed or rang
    is_known = has_rung or not_placed or did_not_ring
    return resolve_delivery(delivery, placed=has_rung if is_known else None)


@app.add_command(
    "export",
    "cxcall history export > calls.jsonl",
    "cxcall history export --format csv --since 7d > calls.csv",
)
def export(
    output: OutputOptions,
    format: Annotated[  # noqa: A002 - the name of the flag
        Literal["jsonl", "csv"], option("--format", "Set the file format.", show_default=True)
    ] = "jsonl",
    since: _Since = "",
) -> None:
    """Print all deliveries as JSON Lines or CSV."""
    from cxcall.cli.actions.history import export_deliveries

    export_deliveries(format, since, output)


@app.add_command(
    "prune", "cxcall history prune --older-than 90d", "cxcall history prune --older-than 52w --yes"
)
def prune(
    output: OutputOptions,
    older_than: Annotated[
        str, option("--older-than SPAN", "Delete deliveries before a time, or 90d, 52w ago.")
    ],
    yes: Annotated[bool, option("--yes -y", "Skip the prompt.")] = False,
) -> Report:
    """Delete old deliveries, except unknown ones.

    Deliveries that the duplicate guard needs, and loads into lists, are also kept. A pruned batch cannot be resumed.
    """
    from cxcall.cli.actions.history import prune_deliveries

    return prune_deliveries(older_than, output, yes=yes)


@app.add_command("backup", "cxcall history backup calls-2026-11.sqlite3")
def backup(
    file: Annotated[str, argument("FILE", "A file that does not exist yet.")],
) -> Report:
    """Copy all records to a file, while other processes may send."""
    from cxcall.cli.actions.history import back_up_ledger

    return back_up_ledger(file)


@app.add_command("accept", "cxcall history accept", "cxcall history accept --yes")
def accept(
    output: OutputOptions,
    yes: Annotated[bool, option("--yes -y", "Skip the prompt.")] = False,
) -> Report:
    """Go on although earlier records are missing.

    cxcall places no call while records are missing: the same call may have been placed before. First
    put the ledger back, or look at the platform. The decision is recorded.
    """
    from cxcall.cli.actions.history import accept_missing_records

    return accept_missing_records(output, yes=yes)
