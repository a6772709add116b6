"""The filters of `history`."""

# No `from __future__ import annotations` here: Typer needs the annotations of the options.

from cxcall.output.output_options import OptionGroup, option

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
    limit: int | None = option(
        "--limit N",
        "List at most N [50; all with --unresolved or --batch].",
        min=1,
    )
