"""`cxcall history`: what this machine sent, and what became of it."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from cxcall.cli.option_binding import accept_global_options, examples, expand_option_groups, new_app
from cxcall.output.options import OutputOptions
from cxcall.output.report import Report

app = accept_global_options(new_app("Show what this machine sent, and what became of it."))


def _filter(name: str, metavar: str, help: str) -> object:  # noqa: A002, as in Typer
    return typer.Option(name, metavar=metavar, help=help, show_default=False)


@app.command(
    "list",
    epilog=examples(
        "cxcall history list",
        "cxcall history list --since 2h --outcome unknown",
        "cxcall history list -o jsonl",
    ),
)
@expand_option_groups
def list_records(
    since: Annotated[str, _filter("--since", "WHEN", "Since a time, or 15m, 2h, 7d ago.")] = "",
    operation: Annotated[str, _filter("--operation", "NAME", "Of this operation.")] = "",
    outcome: Annotated[str, _filter("--outcome", "NAME", "With this outcome.")] = "",
    engagement_id: Annotated[
        str, _filter("--engagement-id", "ID", "With this engagement ID.")
    ] = "",
    batch: Annotated[str, _filter("--batch", "ID", "Of this batch.")] = "",
    limit: Annotated[
        int, typer.Option("--limit", metavar="N", min=1, help="At most so many.")
    ] = 50,
) -> Report:
    """List deliveries, the newest first."""
    from cxcall.cli.actions.history import open_ledger, parse_since, table_of

    with open_ledger() as ledger:
        records = list(
            ledger.records(
                since=parse_since(since),
                operation=operation,
                outcome=outcome,
                engagement_id=engagement_id,
                batch=batch,
                limit=limit,
            )
        )
    return Report(
        "history list",
        data={"deliveries": [record.as_dict() for record in records]},
        json_lines=(record.as_dict() for record in records),
        table=table_of(records),
        diagnostics=[] if records else ["no delivery is recorded that matches"],
    )


@app.command(
    "show",
    epilog=examples("cxcall history show 01JDQ8", "cxcall history show 01JDQ8 -o json"),
)
@expand_option_groups
def show(
    delivery: Annotated[
        str, typer.Argument(metavar="ID", help="A delivery ID, or its start.", show_default=False)
    ],
) -> Report:
    """Show one delivery, whole."""
    from cxcall.cli.actions.history import open_ledger, text_of

    with open_ledger() as ledger:
        record = ledger.get(delivery)
    return Report("history show", data=record.as_dict(), text=text_of(record))


@app.command(
    "resolve",
    epilog=examples(
        "cxcall history resolve 01JDQ8 --rang", "cxcall history resolve 01JDQ8 --did-not-ring"
    ),
)
@expand_option_groups
def resolve(
    delivery: Annotated[
        str, typer.Argument(metavar="ID", help="A delivery ID, or its start.", show_default=False)
    ],
    rang: Annotated[
        bool | None,
        typer.Option("--rang/--did-not-ring", help="What a person found out.", show_default=False),
    ] = None,
) -> Report:
    """Say what became of an unknown delivery.

    Until then, an equal request is stopped; after `--did-not-ring` it may be sent again.
    """
    from cxcall.cli.actions.history import open_ledger, text_of
    from cxcall.findings.errors import UsageError
    from cxcall.findings.finding import command

    if rang is None:
        raise UsageError(
            "say `--rang` or `--did-not-ring`",
            where="history resolve",
            fix=command("cxcall", "history", "resolve", delivery, "--did-not-ring"),
        )
    with open_ledger() as ledger:
        record = ledger.resolve(delivery, rang=rang)
    return Report("history resolve", data=record.as_dict(), text=text_of(record))


@app.command(
    "export",
    epilog=examples(
        "cxcall history export > calls.jsonl",
        "cxcall history export --format csv --since 7d > calls.csv",
    ),
)
@expand_option_groups
def export(
    output: OutputOptions,
    format: Annotated[  # noqa: A002 - the name of the flag
        Literal["jsonl", "csv"], typer.Option("--format", help="The form.")
    ] = "jsonl",
    since: Annotated[str, _filter("--since", "WHEN", "Since a time, or 15m, 2h, 7d ago.")] = "",
) -> None:
    """Write every delivery to stdout as JSON Lines or CSV, streamed."""
    from cxcall.cli.actions.history import export_lines, open_ledger, parse_since
    from cxcall.output.screen import Screen

    screen = Screen.standard(output)
    with open_ledger() as ledger:
        for line in export_lines(ledger.records(since=parse_since(since)), format):
            screen.print_line(line)


@app.command(
    "prune",
    epilog=examples(
        "cxcall history prune --older-than 90d", "cxcall history prune --older-than 52w --yes"
    ),
)
@expand_option_groups
def prune(
    output: OutputOptions,
    older_than: Annotated[str, _filter("--older-than", "SPAN", "Such as 90d, 52w, or a time.")],
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
) -> Report:
    """Delete old deliveries; one that is unknown is kept, however old.

    A batch that loses rows so cannot be resumed any more. The file shrinks.
    """
    from cxcall.cli.actions.history import latest_to_prune, open_ledger, parse_time
    from cxcall.findings.errors import StoppedError, UsageError
    from cxcall.findings.finding import Finding, Severity
    from cxcall.output.screen import Screen

    before = min(parse_time(older_than, "--older-than"), latest_to_prune())
    screen = Screen.standard(output)
    with open_ledger() as ledger:
        count = ledger.count_prunable(before)
        if count and not yes and not screen.is_interactive:
            raise UsageError(
                f"`--yes` is required where nobody can be asked: {count} deliveries would be deleted",
                where="--yes",
                fix="keep a copy with `cxcall history export`, then add `--yes`",
            )
        if count and not yes and not screen.confirm(f"Delete {count} deliveries for good?"):
            raise StoppedError(Finding(Severity.NOTE, "declined", "--yes", "answered no"))
        pruned = ledger.prune(before) if count else 0
    text = f"{pruned} deliveries deleted, of those sent before {before:%Y-%m-%d %H:%M} UTC"
    return Report("history prune", data={"pruned": pruned, "before": before.isoformat()}, text=text)
