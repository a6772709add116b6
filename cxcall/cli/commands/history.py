"""`cxcall history`: list, show, resolve, export, prune, and back up recorded deliveries."""

from __future__ import annotations

import json
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from cxcall.cli.actions.history import (
    how_to_find_out,
    list_deliveries,
    parse_since,
    parse_time,
    read_delivery,
    resolved_report,
    show_delivery,
    with_missing_records,
)
from cxcall.cli.command_classes import CommandGroup
from cxcall.cli.option_checks import Exclusion
from cxcall.cli.shared_options import COMMON
from cxcall.findings.errors import StoppedError, UsageError
from cxcall.findings.finding import Finding
from cxcall.findings.times_in_text import utc_text
from cxcall.ledger.record_types import RECORD_FIELDS, record_fields
from cxcall.output.count_phrases import count_phrase
from cxcall.output.csv_cells import safe_record
from cxcall.output.output_options import OptionGroup, OutputOptions, argument, option
from cxcall.output.report import Report
from cxcall.output.screen import Screen
from cxcall.sending.configured_ledger import open_ledger

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from cxcall.ledger.ledger import Ledger
    from cxcall.ledger.record_types import Record

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
        "List at most N.",
        show_default="50, or all with --unresolved or --batch",
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
    """List deliveries, newest first.

    A narrow terminal shows fewer columns; `cxcall history show ID` shows the whole delivery.
    """
    return list_deliveries(filters)


@app.command("show", "cxcall history show 01JDQ8", "cxcall history show 01JDQ8 -o json")
def show(output: OutputOptions, delivery: str = _DELIVERY) -> Report:
    """Show a delivery."""
    return show_delivery(delivery, verbose=output.verbose)


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
    if not (placed or not_placed):
        raise UsageError(
            "`--placed` or `--not-placed` is required",
            where="--placed",
            fix=how_to_find_out(read_delivery(delivery)),
        )
    with open_ledger() as ledger:
        record = ledger.resolve(delivery, placed=placed, force=force)
    return resolved_report(record)


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
    screen = Screen.standard(output)
    with open_ledger(is_for_reading=True) as ledger:
        ledger.check(always=True)
        for line in _export_lines(ledger.records(since=parse_since(since)), format):
            screen.print_line(line)
        ledger.stop_on_missing_records()


def _export_lines(records: Iterable[Record], form: str) -> Iterator[str]:
    """Yield the lines of a JSON Lines or CSV file."""
    if form == "csv":
        yield safe_record(RECORD_FIELDS)  # also without records, because programs look for columns
    for record in records:
        values = record_fields(record)
        if form == "jsonl":
            yield json.dumps(values, ensure_ascii=False)
        else:
            yield safe_record(map(_as_value, values.values()))


def _as_value(value: Any) -> Any:
    """Return what a cell shows for a value: a list as words, and nothing for an empty object."""
    return " ".join(value) if isinstance(value, list) else value if value != {} else None


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
    oldest, window = parse_time(older_than, "--older-than"), _start_of_duplicate_window()
    before = min(oldest, window)
    screen = Screen.standard(output)
    with open_ledger() as ledger:
        ledger.stop_on_missing_records()  # what is left may show which calls were placed
        count = ledger.count_prunable(before)
        if count and not yes:
            _confirm(
                screen,
                f"Permanently delete {count_phrase(count, 'delivery')}?",
                f"{count_phrase(count, 'delivery')} would be deleted",
                "keep a copy with `cxcall history export`",
            )
        pruned = ledger.prune(before) if count else 0
        kept = []
        unknown = sum(each.at < before for each in ledger.records(unresolved=True))
    if unknown:
        what = f"{count_phrase(unknown, 'unknown delivery')}, and all of a batch that has one"
        kept.append(f"kept {what}: `cxcall history list --unresolved`")
    text = f"deleted {count_phrase(pruned, 'delivery')} sent before {utc_text(before)}"
    if oldest > window:
        kept.append("kept newer deliveries: `duplicate_window` needs them to stop duplicates")
    return Report(
        "history prune",
        data={"pruned": pruned, "before": before.isoformat()},
        text=text,
        diagnostics=kept,
    )


@app.command("backup", "cxcall history backup calls-2026-11.sqlite3")
def backup(file: str = argument("FILE", "A file that does not exist yet.", default=...)) -> Report:
    """Copy all records to a file, while other processes may send."""
    from cxcall.documents.paths import stop_on_stdout
    from cxcall.ledger.upkeep import write_backup

    stop_on_stdout(file, "FILE", "name a new file; `cxcall history export` prints all deliveries")
    with open_ledger(is_for_reading=True) as ledger:
        deliveries = write_backup(ledger, Path(file))
        report = Report(
            "history backup",
            data={"file": file, "deliveries": deliveries},
            text=f"{count_phrase(deliveries, 'delivery')} copied to {file}",
        )
        return with_missing_records(report, ledger)


@app.command("accept", "cxcall history accept", "cxcall history accept --yes")
def accept(output: OutputOptions, yes: bool = option("--yes -y", "Skip the prompt.")) -> Report:
    """Continue without the missing records.

    While records are missing, cxcall places no calls, because the same call may have been placed before.
    First restore the ledger, or check on the platform which calls were placed. The decision is recorded. Rows in the
    queue must be taken out before.
    """
    screen = Screen.standard(output)
    with open_ledger() as ledger:
        problem = ledger.missing_records()
        if problem:
            _stop_on_queued_rows(ledger)
        if problem and not yes:
            fix = "check on the platform which calls were placed"
            _confirm(screen, f"{problem}. Continue without them?", problem, fix)
        problem = ledger.accept_missing_records()
    text = f"recorded: calls may be placed again, although {problem}"
    return Report("history accept", data={"missing": problem}, text=text)


def _stop_on_queued_rows(ledger: Ledger) -> None:
    """Raise UsageError if a batch has rows in the queue: they may have been sent after the copy was made."""
    if not ledger.is_shared:
        return
    with closing(ledger.open_queue()) as queue:
        for each in queue.open_batches():
            if queue.has_open_rows(each.batch):
                raise UsageError(
                    f"batch `{each.batch}` has rows in the queue, and workers would send them at once",
                    where="history accept",
                    fix=f"take them out: `cxcall batch cancel {each.batch}`; then check on the platform who was called",
                    why="records are missing, so these rows may have been sent before",
                )


def _confirm(screen: Screen, question: str, problem: str, first: str) -> None:
    """Ask; raises UsageError if nobody can be asked, and StoppedError if the user declines."""
    if not screen.is_interactive:
        message, fix = (
            f"`--yes` is required without a terminal, or with `--no-input`: {problem}",
            f"{first}, then add `--yes`",
        )
        raise UsageError(message, where="--yes", fix=fix)
    if not screen.confirm(question):
        raise StoppedError(Finding.note("declined", "", "declined; nothing was changed"))


def _start_of_duplicate_window() -> datetime:
    """Return the earliest time from which a profile's duplicate guard needs the deliveries."""
    from cxcall.contracts import contract
    from cxcall.settings.config_file import ConfigFile
    from cxcall.settings.settings import config_path, find_platform, load_settings
    from cxcall.settings.sources import Setting, check_seconds

    file = ConfigFile.read(config_path())
    layers = [file.profile_settings(Setting(name, "")) for name in file.profiles]
    own = [layer["duplicate_window"] for layer in layers if "duplicate_window" in layer]
    for written in own:
        check_seconds("duplicate_window", written)
    settings = load_settings({}, contract.find_platform_contract(find_platform({})))
    window = max([settings.duplicate_window, *(float(written.value) for written in own)])
    return datetime.now(UTC) - timedelta(seconds=window)
