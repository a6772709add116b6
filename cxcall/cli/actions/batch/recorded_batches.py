"""Run `cxcall batch list` and `batch report`: the batches, and the results of their rows, from the ledger."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from cxcall.batch.report.report_counts import summarize
from cxcall.batch.report.report_rows import find_batch, read_report
from cxcall.batch.report.text_and_csv_reports import csv_records, text_sections
from cxcall.cli.actions.history import local_place, more_remark
from cxcall.findings.exit_codes import Outcome
from cxcall.findings.times_in_text import short_time, utc_minute
from cxcall.output.count_phrases import count_phrase
from cxcall.output.report import Report, Table
from cxcall.sending.configured_ledger import open_ledger

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from cxcall.batch.report.input_columns import InputFile
    from cxcall.batch.report.report_counts import Summary
    from cxcall.batch.report.report_rows import BatchReport
    from cxcall.cli.commands.batch import ReportOptions
    from cxcall.cli.shared_options import DocumentOptions
    from cxcall.contracts.operation import Operation
    from cxcall.ledger.ledger import Ledger
    from cxcall.ledger.record_types import Batch


_BEFORE_STATE = (Outcome.ACCEPTED, Outcome.UNKNOWN)
_AFTER_STATE = (Outcome.REFUSED, Outcome.UNDELIVERED)
# Scripts read the columns by their positions, so new ones are at the end.
_HEADINGS = (
    "ID",
    "AT (UTC)",
    "OPERATION",
    "FILE",
    "ROWS",
    *(each.upper() for each in _BEFORE_STATE),
    "STATE",
    *(each.upper() for each in _AFTER_STATE),
    "SENT TO",
)
_NARROW_HEADINGS = ("ID", "AT (UTC)", "FILE", "ACCEPTED", "UNKNOWN", "STATE", "SENT TO")


def list_batches(limit: int) -> Report:
    """Return the newest batches with their counts."""
    with open_ledger(is_for_reading=True) as ledger:
        batches = ledger.batches.all()
        has_more = len(batches) > limit
        batches = batches[:limit]
        listed = [_batch_data(each, ledger) for each in batches]
    return Report(
        "batch list",
        data={"batches": listed, "hasMore": has_more},
        json_lines=listed,
        table=_table(listed),
        diagnostics=more_remark(limit, has_more=has_more)
        if listed
        else ["no batch has been run yet"],
    )


def _batch_data(batch: Batch, ledger: Ledger) -> dict[str, Any]:
    return {
        "id": batch.id,
        "at": batch.at.isoformat(),
        "state": "finished" if batch.is_finished else "unfinished",
        "profile": batch.profile,
        "operation": batch.operation,
        "target": batch.target,
        "file": batch.file,
        "rows": batch.rows,
        "outcomes": ledger.batches.count_outcomes(batch.id, with_others=True),
        "unsent": ledger.batches.count_unsent(batch.id),
    }


def _table(batches: Sequence[dict[str, Any]]) -> Table:
    rows, narrow_rows = [], []
    for each in batches:
        outcomes, count = each["outcomes"], each["rows"]
        at, file = utc_minute(datetime.fromisoformat(each["at"])), PurePath(each["file"]).name
        place = local_place(each["target"], each["profile"])
        accepted, unknown = (str(outcomes.get(outcome, 0)) for outcome in _BEFORE_STATE)
        rows.append(
            (
                each["id"],
                at,
                each["operation"],
                file or "-",
                "" if count is None else str(count),
                accepted,
                unknown,
                each["state"],
                *(str(outcomes.get(outcome, 0)) for outcome in _AFTER_STATE),
                place,
            )
        )
        share = accepted if count is None else f"{accepted} of {count}"
        start = (each["id"], short_time(at), file or "-", share)
        # A column without values is left out, so there is room for the others.
        narrow_rows.append((*start, "" if unknown == "0" else unknown, each["state"], place))
    return Table(_HEADINGS, rows, Table(_NARROW_HEADINGS, narrow_rows, cut="FILE"))


_COMMAND = "batch report"


def report_batch(
    identifier: str | None, options: ReportOptions, documents: DocumentOptions
) -> Report:
    """Return the report of a batch in the form that the options name."""
    is_joined = options.join or options.input is not None
    with open_ledger(is_for_reading=True) as ledger:
        report = read_report(ledger, find_batch(ledger, identifier))
    diagnostics = []
    if is_joined or options.rejects:
        from cxcall.batch.report.input_columns import join_columns, write_rejects

        source = _input_file(report, options, documents)
        if options.rejects:
            count = write_rejects(report, *source, options.rejects)
            diagnostics = [f"{count_phrase(count, 'row')} to correct and send again"]
        if is_joined:
            report = join_columns(report, *source, show_numbers=options.show_numbers)
    summary = summarize(report)
    written = _format_lines(report, summary, options.format)
    rows = [row.as_dict() for row in report.rows]
    return Report(
        _COMMAND,
        data={"batch": report.batch.id, **summary.as_dict(), "results": rows},
        json_lines=rows,
        sections=list(text_sections(report, summary)) if written is None else None,
        lines=written,
        diagnostics=diagnostics,
    )


def _input_file(
    report: BatchReport, options: ReportOptions, documents: DocumentOptions
) -> tuple[InputFile, Operation]:
    """Return the file that the batch was run with, and the operation that its rows are for."""
    from cxcall.batch.report.input_columns import InputFile
    from cxcall.contracts.contract import load_operation

    operation = load_operation(report.batch.operation, documents.find_file())
    path = options.input or report.batch.file
    return InputFile(path, options.encoding or "", options.sheet or ""), operation


def _format_lines(report: BatchReport, summary: Summary, form: str) -> Iterable[str] | None:
    """Return the lines of a report for a file; None for text."""
    if form == "csv":
        return csv_records(report)
    if form == "jsonl":
        return (json.dumps(row.as_dict(), ensure_ascii=False) for row in report.rows)
    if form == "html":
        from cxcall.batch.report.html_report import render_html

        return [render_html(report, summary)]
    return None
