"""Run `cxcall batch report`: the results of the rows of a batch, from the ledger."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from cxcall.batch.report.recorded_rows import find_batch, read_report
from cxcall.batch.report.report_counts import summarize
from cxcall.batch.report.report_formats import csv_records, text_sections
from cxcall.output.count_phrases import count_phrase
from cxcall.output.report import Report
from cxcall.sending.configured_ledger import open_ledger

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cxcall.batch.report.input_columns import InputFile
    from cxcall.batch.report.recorded_rows import BatchReport
    from cxcall.batch.report.report_counts import Summary
    from cxcall.cli.shared_options import ContractOptions
    from cxcall.cli.single_command_options import ReportOptions
    from cxcall.contracts.operation import Operation

_COMMAND = "batch report"


def report_batch(
    identifier: str | None, options: ReportOptions, contracts: ContractOptions
) -> Report:
    """Return the report of a batch in the form that the options name."""
    is_joined = options.join or options.input is not None
    with open_ledger(to_read=True) as ledger:
        report = read_report(ledger, find_batch(ledger, identifier))
    diagnostics = []
    if is_joined or options.rejects:
        from cxcall.batch.report.input_columns import join_columns, write_rejects

        source = _input_file(report, options, contracts)
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
    report: BatchReport, options: ReportOptions, contracts: ContractOptions
) -> tuple[InputFile, Operation]:
    """Return the file that the batch was run with, and the operation that its rows are for."""
    from cxcall.batch.report.input_columns import InputFile
    from cxcall.cli.shared_options import find_own_contract
    from cxcall.contracts.contract import load_operation

    operation = load_operation(report.batch.operation, find_own_contract(contracts))
    path = options.input or report.batch.file
    return InputFile(path, options.encoding or "", options.sheet or ""), operation


def _format_lines(report: BatchReport, summary: Summary, form: str) -> Iterable[str] | None:
    """Return the lines of a report for a file; None for text."""
    if form == "csv":
        return csv_records(report)
    if form == "jsonl":
        return (json.dumps(row.as_dict(), ensure_ascii=False) for row in report.rows)
    if form == "html":
        from cxcall.batch.report.html import render_html

        return [render_html(report, summary)]
    return None
