"""Check all rows of a batch before any is sent, and refuse a batch with invalid rows or without rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cxcall.batch.skip_reasons import no_number_finding
from cxcall.batch.statistics.check_counts import CheckStatistics
from cxcall.documents.text_files import STDIN
from cxcall.findings.errors import CheckError, UsageError

if TYPE_CHECKING:
    from cxcall.batch.job import Job
    from cxcall.batch.row_selection import RowSelection
    from cxcall.findings.finding import Finding


class InvalidRowsError(CheckError):
    """Rows are invalid, so no row was sent; `totals` are the counts of the check."""

    def __init__(self, totals: CheckStatistics, *findings: Finding) -> None:
        super().__init__(*totals.findings, *findings)
        self.totals = totals


def check_batch(job: Job, selection: RowSelection, *, skip_invalid: bool) -> CheckStatistics:
    """Check all rows; raises InvalidRowsError if one is invalid, unless invalid rows are skipped.

    Also raises it if no row is left to send because of invalid numbers.
    """
    totals = CheckStatistics()
    for checked in selection.check():
        totals.add(checked)
    require_rows(job, totals)
    is_stopped = totals.invalid and not skip_invalid
    if is_stopped or totals.has_no_number:
        more = [no_number_finding()] * (not is_stopped)
        raise InvalidRowsError(totals, *more)
    return totals


def require_rows(job: Job, totals: CheckStatistics) -> None:
    """Raise UsageError if the file has no rows."""
    name = job.rows.name
    if not totals.rows:
        raise UsageError(
            "standard input is empty"
            if name == STDIN and job.rows.is_empty
            else f"`{name}` has no rows",
            where=name,
            fix=f"a sample: `cxcall operations {job.operation.name} --skeleton --csv`",
        )
