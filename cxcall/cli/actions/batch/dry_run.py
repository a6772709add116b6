"""Run `cxcall batch --dry-run`: print the request of each row that would be sent."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cxcall.batch.beginning_and_end import (
    add_blank_lines,
    describe_correction,
    require_rows,
)
from cxcall.batch.report.reject_file import unused_reject_file
from cxcall.batch.row_result import RowResult, result_without_sending
from cxcall.batch.row_selection import RowSelection
from cxcall.batch.skip_reasons import no_number_finding
from cxcall.batch.statistics import CheckStatistics
from cxcall.findings.exit_codes import ExitCode, Outcome
from cxcall.findings.hinted_commands import command
from cxcall.ledger.row_ranges import describe_ranges, format_ranges
from cxcall.output.count_phrases import count_phrase
from cxcall.output.report import Report
from cxcall.responses.refusals.refusal_findings import provenance_note
from cxcall.sending.configured_ledger import open_ledger

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import ExitStack

    from cxcall.batch.report.reject_file import RejectFile
    from cxcall.batch.row_checks import CheckedRow
    from cxcall.cli.actions.batch.run_batch import BatchCommand
    from cxcall.sending.checked_request import CheckedRequest


def _rows_to_send(
    selection: RowSelection, totals: CheckStatistics, rejects: RejectFile
) -> Iterator[CheckedRow]:
    for checked in selection.check():
        totals.add(checked)
        if result := result_without_sending(checked):
            rejects.add(result)
        is_left = checked.request is not None and not checked.is_stopped
        if is_left and not (checked.skip or checked.earlier):
            yield checked


def print_requests(batch: BatchCommand, stack: ExitStack) -> Report:
    """Print each request that a batch would send; send nothing."""
    job, resume, totals = batch.job, batch.options.resume, CheckStatistics()
    waits_for_hours = batch.mode.waits_for_hours
    selection = stack.enter_context(
        RowSelection.open(
            job,
            stack.enter_context(open_ledger(is_for_reading=True)),
            resume=True,
            is_dry_run=True,
            waits_for_hours=waits_for_hours,
            finder=batch.new_finder,
        )
        if resume
        else RowSelection(job, None, None, waits_for_hours=waits_for_hours)
    )
    rejects = stack.enter_context(batch.rejects)
    for checked in batch.combine(_rows_to_send(selection, totals, rejects)):
        if checked.request is not None:
            _print_request(batch, checked, checked.request)
    add_blank_lines(job, totals, is_allowed=resume or batch.options.skip_invalid)
    require_rows(job, totals)
    is_invalid = totals.invalid or totals.has_unread_lines or totals.has_no_number
    more = [no_number_finding(totals.skipped)] if totals.has_no_number else []
    return Report(
        batch.command,
        Outcome.INVALID if is_invalid else Outcome.DRY_RUN,
        ExitCode.INVALID if is_invalid else ExitCode.OK,
        operation=job.operation,
        findings=(*totals.findings, *more, *provenance_note(job.operation)),
        data=totals.as_dict(),
        diagnostics=["dry run: nothing was sent"],
        summary="\n".join([totals.summary(), *_describe_corrections(batch, totals)]),
        is_last_json_line=True,
    )


def _describe_corrections(batch: BatchCommand, totals: CheckStatistics) -> list[str]:
    """Return how to go on: what invalid rows stop, and where all rows to correct are, or how to write them to a file."""
    lines = []
    if totals.has_unread_lines or (totals.invalid and not batch.options.skip_invalid):
        lines.append(describe_correction(batch.job, totals))
    return [*lines, *_name_rejects(batch, totals)]


def _name_rejects(batch: BatchCommand, totals: CheckStatistics) -> list[str]:
    """Return where all rows to correct are, or how to write them to a file, if not all findings are shown."""
    rejects = batch.rejects
    count = count_phrase(rejects.count, "row")
    if rejects.count and rejects.path:
        return [f"{count} to correct: `{rejects.path}`"]
    is_hint = rejects.count and totals.omits_findings and not batch.mode.is_queued
    option = command("--rejects", unused_reject_file(batch.job.rows))
    return [f"{count} to correct; to write a file of them: {option}"] if is_hint else []


def _print_request(
    batch: BatchCommand, checked: CheckedRow, checked_request: CheckedRequest
) -> None:
    from cxcall.credentials.request_credentials import describe_places

    screen, request, body = batch.screen, checked_request.request, checked_request.body
    if screen.options.output != "text":
        shown = Report(
            batch.command,
            Outcome.DRY_RUN,
            operation=checked_request.operation,
            request=request,
            body=body,
            findings=checked.findings,
        )
        screen.print_json(RowResult(checked.row, shown, rows=checked.rows).as_dict(""))
    elif batch.common.sending.curl:
        places = describe_places(checked_request.settings, checked_request.operation)
        screen.print_line(checked_request.as_curl(places))
    else:
        text = "(no body)" if request.body is None else request.body.decode("utf-8", "replace")
        label = format_ranges(row.number for row in checked.rows)
        named = describe_ranges(label or str(checked.row.number))
        headers = (f"{name}: {value}" for name, value in checked_request.own_headers.items())
        head = ", ".join([f"{request.method} {request.url}", *headers])
        screen.print_line(f"{named}: {head} {text}")
