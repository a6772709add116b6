"""Check CSV tables of any length: find the operation of a table, and check each record."""

from __future__ import annotations

from io import StringIO
from typing import IO, TYPE_CHECKING

from cxcall.contracts.json_schema import is_acceptable
from cxcall.documents.json_document import DocumentError
from cxcall.documents.text_files import text_lines
from cxcall.findings.errors import UsageError
from cxcall.findings.finding import Finding
from cxcall.findings.hinted_commands import command
from cxcall.payloads.csv_columns import missing_columns
from cxcall.payloads.csv_table import CsvHeader, CsvLines, CsvRecord, split_records
from cxcall.payloads.operation_matching import match_operations
from cxcall.payloads.undialable_values import suggest_country
from cxcall.validation.payload_check import unreadable_verdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from cxcall.contracts.operation import Operation
    from cxcall.payloads.csv_table import CsvRow, CsvTable
    from cxcall.validation.payload_check import PayloadChecker, PayloadVerdict

_RECORDS = 256
_COUNTRY = "`--default-country CODE` of `cxcall batch`"

Piece = tuple[int, str]
"""A part of a table: the number of its first line, and its text."""


class CsvFile:
    """A table that is read once, from the start."""

    def __init__(self, text: Iterable[str], name: str) -> None:
        self._lines = CsvLines(text)
        self.name = name
        self.header = CsvHeader.read(self._lines, name)
        self._first = next(split_records(self._lines, self.header, 1), (1, ""))

    @property
    def is_empty(self) -> bool:
        """Whether it has no record."""
        return not self._first[1]

    def pieces(self) -> Iterator[Piece]:
        """Yield all records."""
        if not self.is_empty:
            yield self._first
            yield from split_records(self._lines, self.header, _RECORDS)

    def operation(self, known: Sequence[Operation]) -> Operation:
        """Return the operation that has all columns and accepts the first record.

        Raises UsageError if there is none.
        """
        tables = [found for entry in known if entry.takes_body and (found := self._as(entry))]
        if len(tables) == 1:
            return tables[0].operation
        for table in tables:
            rows = table.records(_lines_of(self._first))
            body = next((each.payload for each in rows if not each.is_blank), None)
            if body and is_acceptable(table.operation.body_schema, body.value):
                return match_operations([each.operation for each in tables], body.value).nearest
        raise UsageError(
            f"no known operation fits the columns and the first record of `{self.name}`",
            where="--operation",
            fix="name the operation with `--operation NAME`",
        )

    def _as(self, operation: Operation) -> CsvTable | None:
        try:
            return self.header.table(operation)
        except (UsageError, DocumentError):
            return None


def open_csv_file(file: IO[bytes], name: str) -> CsvFile:
    """Return a table; reading it can raise UnicodeDecodeError."""
    from io import TextIOWrapper

    text = TextIOWrapper(file, encoding="utf-8-sig", newline="")
    return CsvFile(text_lines(text, name), name)


def find_missing_parameters(table: CsvTable) -> Iterator[Finding]:
    """Yield a note on each required parameter without a column: a table is valid without, but cannot be sent."""
    for column in missing_columns(table.operation, table.columns):
        if (name := column.sets_parameter) and not column.pointers:
            message = f"`{table.header.name}` has no column `{name}`, which each request needs"
            fix = f"add a column, or {command('--param', f'{name}=VALUE')} to `cxcall batch`"
            yield Finding.note("usage", table.header.name, message, fix=fix)


def _lines_of(piece: Piece) -> CsvLines:
    first, text = piece
    return CsvLines(StringIO(text, newline=""), first - 1)


class CsvChecker:
    """Check the records of one table as one operation."""

    def __init__(self, table: CsvTable, checker: PayloadChecker) -> None:
        self.table, self.checker = table, checker

    def __call__(self, piece: Piece) -> list[PayloadVerdict]:
        """Return the verdicts on some records, in order."""
        rows = self.table.records(_lines_of(piece))
        return [self._check(each) for each in rows if not each.is_blank]

    def _check(self, row: CsvRow) -> PayloadVerdict:
        name, line = self.table.header.name, row.place.line
        if row.payload is None:
            return unreadable_verdict(name, DocumentError(*row.findings), line)
        verdict = self.checker.check_body(name, line, row.payload, row.parameters)
        if isinstance(record := row.payload.document, CsvRecord):
            values = row.parameters, row.payload, _COUNTRY
            found = (suggest_country(each, *values) for each in verdict.findings)
            verdict = verdict._replace(findings=tuple(map(record.add_place, found)))
        return verdict
