"""Prune and back up the ledger, and accept that records are missing, for `cxcall history`."""

from __future__ import annotations

from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from cxcall.cli.actions.history import parse_time, with_missing_records
from cxcall.findings.errors import StoppedError, UsageError
from cxcall.findings.finding import Finding
from cxcall.output.count_phrases import count_phrase
from cxcall.output.report import Report
from cxcall.output.screen import Screen
from cxcall.sending.configured_ledger import open_ledger

if TYPE_CHECKING:
    from cxcall.ledger.ledger import Ledger
    from cxcall.output.output_options import OutputOptions


def prune_ledger(output: OutputOptions, older_than: str, *, yes: bool) -> Report:
    """Delete the deliveries before a time that neither the duplicate guard nor a batch needs; asks first."""
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
    text = f"deleted {count_phrase(pruned, 'delivery')} sent before {before:%Y-%m-%d %H:%M} UTC"
    if oldest > window:
        kept.append("kept newer deliveries: `duplicate_window` needs them to stop duplicates")
    return Report(
        "history prune",
        data={"pruned": pruned, "before": before.isoformat()},
        text=text,
        diagnostics=kept,
    )


def back_up_ledger(file: str) -> Report:
    """Copy all records to a new file."""
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


def accept_missing_records(output: OutputOptions, *, yes: bool) -> Report:
    """Record that calls may be placed although records are missing; asks first."""
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
        raise StoppedError(Finding.note("declined", "--yes", "declined"))


def _start_of_duplicate_window() -> datetime:
    """Return the earliest time from which a profile's duplicate guard needs the deliveries."""
    from cxcall.contracts import contract
    from cxcall.settings.config_file import ConfigFile
    from cxcall.settings.setting_defaults import check_seconds
    from cxcall.settings.settings import config_path, find_platform, load_settings
    from cxcall.settings.sources import Setting

    file = ConfigFile.read(config_path())
    layers = [file.profile_settings(Setting(name, "")) for name in file.profiles]
    own = [layer["duplicate_window"] for layer in layers if "duplicate_window" in layer]
    for written in own:
        check_seconds("duplicate_window", written)
    settings = load_settings({}, contract.find_platform_contract(find_platform({})))
    window = max([settings.duplicate_window, *(float(written.value) for written in own)])
    return datetime.now(UTC) - timedelta(seconds=window)
