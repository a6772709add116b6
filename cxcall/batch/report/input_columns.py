"""Join the rows of a report with the cells of the file that they came from."""

from __future__ import annotations

from contextlib import contextmanager
from http import HTTPStatus
from typing import TYPE_CHECKING

from cxcall.batch.input.column_mapping import ColumnMap
from cxcall.batch.input.row_keys import cells_of
from cxcall.batch.input.rows import RowFile, RowFormat
from cxcall.batch.report.reject_file import RejectFile, is_reject
from cxcall.findings.errors import UsageError
from cxcall.phone.number_masking import mask_cells

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cxcall.batch.report.report_rows import BatchReport
    from cxcall.contracts.operation import Operation


class InputFile:
    """The file of rows: its path, and how it is read."""

    def __init__(self, path: str, encoding: str, sheet: str) -> None:
        self.path, self.format = path, RowFormat(encoding, sheet, ColumnMap(ignores_extra=True))


def join_columns(
    report: BatchReport, file: InputFile, operation: Operation, *, show_numbers: bool
) -> BatchReport:
    """Return the report with the cells of each row; phone numbers are masked unless `show_numbers`.

    Raises UsageError if it is not the file of the batch.
    """
    with _open_input(report, file) as rows:
        wanted = {row.row for row in report.rows}
        cells = {
            row.number: cells_of(row, rows.header)
            for row in rows.rows(operation)
            if row.number in wanted
        }
    if not show_numbers:
        cells = {number: mask_cells(found) for number, found in cells.items()}
    joined = [row._replace(columns=cells.get(row.row, {})) for row in report.rows]
    return report._replace(rows=joined)


@contextmanager
def _open_input(report: BatchReport, file: InputFile) -> Iterator[RowFile]:
    """Open the file of a batch; raises UsageError for another file."""
    if not file.path:
        raise UsageError(
            "the rows of this batch came from stdin or a program",
            where="--input",
            fix="name the file: `--input FILE`",
        )
    with RowFile(file.path, file.format) as rows:
        if rows.digest != report.batch.file_digest:
            raise UsageError(
                f"`{file.path}` is not the file that batch `{report.batch.id}` was run with",
                where="--input",
                fix="give a copy of the file as it was then: `--input FILE`",
                why="its content has changed, so its rows may be different",
            )
        yield rows


def write_rejects(
    report: BatchReport,
    file: InputFile,
    operation: Operation,
    path: str,
) -> int:
    """Write the rows to correct and send again to a new file, and return their number.

    These are the rows that `batch --rejects` writes: refused, invalid, or skipped because of their number,
    but no row that may have been processed. Raises UsageError if the file exists, or if the file of rows is not
    the one of the batch.
    """
    wanted = {
        row.row
        for row in report.rows
        if is_reject(
            row.outcome, row.reason, is_token_refused=row.status == HTTPStatus.UNAUTHORIZED
        )
    }
    with _open_input(report, file) as rows, RejectFile(path, rows) as rejects:
        for row in rows.rows(operation):
            if row.number in wanted:
                rejects.write(row)
    return rejects.count
