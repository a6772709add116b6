"""Write the rows that were refused or invalid to a file, ready to be corrected and sent again."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Self, TextIO

from cxcall.batch.input.row_keys import source_of
from cxcall.batch.input.rows import CSV_SUFFIXES, JSON_LINES_SUFFIXES
from cxcall.batch.skip_reasons import SkipReason
from cxcall.documents.paths import unused_name
from cxcall.findings.errors import UsageError
from cxcall.findings.exit_codes import ExitCode, Outcome
from cxcall.ledger.calls_to_people import MAX_ATTEMPTS
from cxcall.payloads.csv_table import format_record
from cxcall.sending.call_guards import DO_NOT_CALL, OUTSIDE_HOURS

if TYPE_CHECKING:
    from cxcall.batch.input.rows import Row, RowFile
    from cxcall.batch.row_result import RowResult

_FLAG = "--rejects"
_NOT_TO_CORRECT = (
    *(DO_NOT_CALL, OUTSIDE_HOURS, MAX_ATTEMPTS),
    *("duplicate-row", "already-sent", "outcome-unknown"),
)
"""The codes of findings on rows that nobody should send again, or only with `--resume`."""


def unused_reject_file(rows: RowFile) -> str:
    """Return the name of a file of rejects, for a hint, that does not exist in the current folder."""
    return unused_name(f"rejects{(CSV_SUFFIXES if rows.is_table else JSON_LINES_SUFFIXES)[0]}")


class RejectFile:
    """A new file in the form and encoding of the file of rows; if it is empty at the end, it is removed.

    It has the rows that `--resume` does not send: refused, invalid, or skipped for their number. It never
    has a row that may have been processed. `path` is empty to count the rows, but write no file;
    raises UsageError if it does not have the suffix of the format.
    """

    def __init__(self, path: str, rows: RowFile) -> None:
        self.path, self._rows = path, rows
        self.count = 0
        self._file: TextIO | None = None
        suffixes = CSV_SUFFIXES if rows.is_table else JSON_LINES_SUFFIXES
        if path and not path.lower().endswith(suffixes):
            raise UsageError(
                f"`{path}` must end in `{'` or `'.join(suffixes)}`",
                where=_FLAG,
                fix=f"name it like `rejects{suffixes[0]}`",
                why="the new file has the same format as the file of rows",
            )

    def __enter__(self) -> Self:
        """Create the file; raises UsageError if it exists, or cannot be created."""
        if not self.path:
            return self
        try:
            descriptor = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except OSError as error:
            raise UsageError(
                f"`{self.path}` cannot be created: {error.strerror}",
                where=_FLAG,
                fix="name a new file in a folder that exists",
            ) from None
        encoding = self._rows.encoding
        self._file = open(descriptor, "w", encoding=encoding, newline="", buffering=1)  # noqa: PTH123 - a descriptor, closed at the end
        return self

    def __exit__(self, *_: object) -> None:
        if self._file is not None:
            self._file.close()
            if not self.count:
                Path(self.path).unlink(missing_ok=True)

    def add(self, result: RowResult) -> None:
        """Write a row if its result says that it must be corrected; raises OSError."""
        is_token_refused = result.report.exit_code is not ExitCode.REFUSED
        reason = result.skip or (result.error.code if result.error else "")
        if is_reject(result.outcome, reason, is_token_refused=is_token_refused):
            for row in result.rows or (result.row,):
                self.write(row)

    def write(self, row: Row) -> None:
        """Write a row unchanged from its file; raises OSError."""
        if self._file is not None:
            if not self.count and (header := self._rows.header) is not None:
                self._file.write(f"{format_record(header.cells, header.delimiter)}\n")
            self._file.write(f"{source_of(row)}\n")
        self.count += 1


def is_reject(outcome: str, reason: str, *, is_token_refused: bool) -> bool:
    """Return whether a row must be corrected; False for a row whose outcome is unknown.

    The reason is used only for a skipped or an invalid row: for other rows it is the error code of the API, which may be
    any text. A row need not be corrected if only its token was refused. With `--strict`, a row is invalid that would be
    skipped: sent from another file, it could call a person again.
    """
    if outcome == Outcome.SKIPPED:
        return reason == SkipReason.INVALID_NUMBER
    if outcome == Outcome.INVALID:
        return reason not in _NOT_TO_CORRECT
    return outcome == Outcome.REFUSED and not is_token_refused
