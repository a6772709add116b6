"""Write a report as text sections or CSV records."""

from __future__ import annotations

from itertools import groupby, islice
from typing import TYPE_CHECKING, Any

from cxcall.findings.exit_codes import Outcome
from cxcall.findings.times_in_text import utc_text
from cxcall.ledger.row_ranges import describe_ranges, format_ranges
from cxcall.output.count_phrases import count_phrase
from cxcall.output.csv_cells import safe_cell
from cxcall.output.layouts import Entry, Section
from cxcall.payloads.csv_table import format_record

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from cxcall.batch.report.report_counts import Summary
    from cxcall.batch.report.report_rows import BatchReport, ReportRow

_MOST_ROWS = 50
_HEADINGS = tuple(
    """
    row key outcome reason message numbers status engagementId correlationId deliveryId attempts
    beganAt at latencyMs
    """.split()
)


def text_sections(report: BatchReport, summary: Summary) -> Iterator[Section]:
    """Yield the counts, and the rows that were not accepted, the unknown ones first."""
    batch = report.batch
    state = "finished"
    if not batch.is_finished:
        do = "run its command with `--resume`"
        if report.is_queued:
            do = f"rows are in the queue (`cxcall batch status {batch.id}`): run `cxcall worker`"
        state = f"not finished: {do}, or `cxcall batch cancel {batch.id}`"
    if batch.is_finished and (left := summary.outcomes[Outcome.UNDELIVERED]):
        state += (
            f"; its command with `--resume` sends {count_phrase(left, 'undelivered row')} again"
        )
    facts = [
        Entry("file", batch.file or "none: the rows came from stdin or a program"),
        Entry("operation", batch.operation),
        Entry("profile", batch.profile),
        Entry("sent to", batch.target),
        Entry("begun", f"{utc_text(batch.at)}, {state}"),
    ]
    if summary.seconds:
        facts.append(Entry("time", f"{summary.seconds:,.1f} s {summary.span_text}"))
    if (p50 := summary.latencies.percentile(0.5)) is not None:
        facts.append(
            Entry("latency", f"p50 {p50:,.0f} ms, p95 {summary.latencies.percentile(0.95):,.0f} ms")
        )
    yield Section(f"BATCH {batch.id}", entries=facts)
    counts = [Entry(name, f"{count:,}") for name, count in summary.outcomes.items()]
    yield Section(f"OUTCOMES ({count_phrase(summary.rows, 'row')})", entries=counts)
    if summary.reasons:
        reasons = [
            Entry(f"{count:,}", f"{outcome}: {reason or 'no reason'}")
            for outcome, reason, count in summary.reasons
        ]
        yield Section("REASONS", entries=reasons)
    others = [row for row in report.rows if row.outcome not in (Outcome.ACCEPTED, Outcome.SKIPPED)]
    others.sort(key=lambda row: row.outcome != Outcome.UNKNOWN)
    if others:
        # The rows of one request, or of one range, have one line if they have the same text.
        groups = groupby(enumerate(others), lambda each: _describe(each[1], each[1].row - each[0]))
        shown = [[row for _, row in group] for _, group in islice(groups, _MOST_ROWS)]
        more = len(others) - sum(map(len, shown))
        yield Section("NOT ACCEPTED", entries=[*map(_entry, shown)])
        if more:
            yield Section(lines=[f"  and {more:,} more: `--format csv` has all"])


def _entry(rows: Sequence[ReportRow]) -> Entry:
    name = describe_ranges(format_ranges(row.row for row in rows))
    key, what, _ = _describe(rows[0])
    return Entry(f"{name}{f' ({key})' if key else ''}", what)


def _describe(row: ReportRow, range_: int = 0) -> tuple[str, str, int]:
    """Return the key of a row, its result as text, and its range unless the text names a delivery."""
    reason = "" if row.message.startswith(row.reason) else row.reason
    what = ": ".join(filter(None, (row.outcome, reason, row.message)))
    if row.delivery:
        return row.key, f"{what} (delivery {row.delivery})", 0
    return row.key, what, range_


def csv_records(report: BatchReport) -> Iterator[str]:
    """Yield the header and a record per row; no spreadsheet runs a cell as a formula.

    A column of the file that is named like one of the report begins with `file.`.
    """
    columns = list(dict.fromkeys(name for row in report.rows for name in row.columns))
    own = [f"file.{name}" if name in _HEADINGS else name for name in columns]
    yield format_record([*_HEADINGS, *map(safe_cell, own)])
    for row in report.rows:
        values = row.as_dict()
        cells = [_cell(values[name]) for name in _HEADINGS]
        yield format_record([*cells, *(_cell(row.columns.get(name, "")) for name in columns)])


def _cell(value: Any) -> str:
    return "" if value is None else safe_cell(str(value))
