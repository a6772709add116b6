"""Read CSV tables into request bodies and parameters, and remember the place of each cell."""

from __future__ import annotations

import csv
import re
from functools import cached_property
from itertools import chain, islice
from typing import TYPE_CHECKING, Self

from cxcall.documents.json_document import DocumentError
from cxcall.documents.masked_quotations import blank, hide_secrets
from cxcall.findings.errors import UsageError
from cxcall.findings.finding import Excerpt, Finding
from cxcall.named_tuple import NamedTuple
from cxcall.payloads.csv_columns import (
    CsvColumn,
    declared_delimiter,
    find_column,
    member_fix,
    reject_repeated_columns,
    stop_on_repeated_member,
    stop_on_wrong_headers,
    unknown_column,
)
from cxcall.payloads.csv_fixes import fix_in_table
from cxcall.payloads.payload import Payload, apply_flags, empty_value, set_text
from cxcall.runtime.patterns import compile_on_use
from cxcall.runtime.secrets.likely_secrets import find_likely_secrets, is_likely_secret
from cxcall.runtime.secrets.secret_names import is_named_as_secret

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from cxcall.contracts.operation import Operation

DELIMITERS = ",;\t|"
_QUOTES_FIX = 'put a cell that contains the delimiter or a quote in quotes: `"Lovelace, Ada"`'
_HEADER_FIX = "write a header for the column of this cell, or clear the cell"
_MAX_CELL = 1 << 24  # characters
_QUOTED_CELL = compile_on_use(r'"(?:[^"]++|"")*"')


class CsvRow(NamedTuple):
    """A record as a request: its place, body, and parameters; without a body if it is unreadable or blank."""

    place: Excerpt
    payload: Payload | None
    parameters: dict[str, str]
    findings: tuple[Finding, ...] = ()

    @property
    def is_blank(self) -> bool:
        """Whether all cells are blank, as spreadsheets write a formatted row: it counts as a row, but is left out."""
        return self.payload is None and not self.findings


class CsvLines:
    """Counts the lines that a CSV reader reads, and keeps the text of the current record."""

    def __init__(self, text: Iterable[str], number: int = 0) -> None:
        self._text = text
        self._taken: list[str] = []
        self._number = number

    def __iter__(self) -> Iterator[str]:
        for line in self._text:
            self._number += 1
            self._taken.append(line)
            yield line

    def take(self) -> tuple[int, str]:
        """Return the first line number and the text of the lines read since the last call."""
        text, first = "".join(self._taken), self._number - len(self._taken) + 1
        self._taken.clear()
        return first, text


class CsvRecord:
    """The text of one record, in which the places of its cells are found."""

    findings: tuple[Finding, ...] = ()

    def __init__(self, table: CsvTable, line: int, text: str) -> None:
        self.table, self.line, self.text = table, line, text

    @property
    def source(self) -> str:
        """The record as CSV."""
        return self.text

    def find_excerpt(self, pointer: str, *, key: bool = False) -> Excerpt | None:  # noqa: ARG002 - a cell has no name
        """Return the place of the cell that set the value at a pointer or below it, or of the record for the whole body."""
        if not pointer:
            return self.cell_excerpt(0)._replace(width=1)
        for column in self.table.columns:
            if any(f"{each}/".startswith(f"{pointer}/") for each in column.pointers):
                return self.cell_excerpt(column.position)
        return None

    def cell_excerpt(self, index: int) -> Excerpt:
        """Return the place of a cell, or of the last cell if there is no such cell.

        Its line has asterisks in place of secrets.
        """
        start, end = self.spans[min(index, len(self.spans) - 1)]
        before = self.text[:start]
        line_start = before.rfind("\n") + 1
        line = self._shown_text[line_start:].partition("\n")[0].rstrip("\r")
        width = max(min(end, line_start + len(line)) - start, 1)
        number = self.line + before.count("\n")
        return Excerpt(self.table.header.name, number, start - line_start + 1, line, width)

    def add_place(self, finding: Finding) -> Finding:
        """Return a finding in words for a table, at its own place, the cell of its parameter, or the record."""
        finding = fix_in_table(finding, self.table)
        if finding.excerpt:
            return finding
        columns = (each for each in self.table.columns if each.sets_parameter == finding.origin)
        column = next(columns, None) if finding.origin else None
        place = self.cell_excerpt(column.position) if column else self.find_excerpt("")
        return finding._replace(excerpt=place)

    @property
    def place(self) -> Excerpt:
        """The place of the record, with its first line unchanged."""
        line = self.text.partition("\n")[0].rstrip("\r")
        return self.cell_excerpt(0)._replace(width=1, text=line)

    @cached_property
    def _shown_text(self) -> str:
        names = self.table.header.cells
        if not any(map(is_named_as_secret, names)):
            return self.text
        parts, last = [], 0
        for name, (start, end) in zip(names, self.spans, strict=False):
            if is_likely_secret(name, self.text[start:end].strip('"')):
                parts += [self.text[last:start], blank(self.text[start:end])]
                last = end
        return "".join([*parts, self.text[last:]])

    @cached_property
    def spans(self) -> list[tuple[int, int]]:
        """The start and end of each cell in the text."""
        delimiter = re.escape(self.table.header.delimiter)
        cell = rf'((?:"(?:[^"]++|"")*"?)?[^{delimiter}\r\n]*)({delimiter}?)'
        spans = []
        for match in re.finditer(cell, self.text):
            spans.append(match.span(1))
            if not match[2]:
                break
        return spans


class CsvHeader(NamedTuple):
    """The first line of a table that is not blank: its cells, the delimiter between them, its number, and its text."""

    name: str
    cells: tuple[str, ...]
    delimiter: str
    line: int = 1
    text: str = ""

    @classmethod
    def read(cls, lines: CsvLines, name: str) -> Self:
        """Read the header; its delimiter is the character that it contains most often, unless `sep=;` precedes it.

        Raises DocumentError for a header that breaks the rules of CSV.
        """
        filled = (line for line in lines if line.strip())
        line = next(filled, "")
        if declared := declared_delimiter(line):
            lines.take()
            line = next(filled, "")
        if "\0" in line:
            raise DocumentError(_damaged_record(Excerpt(name, lines.take()[0], 1, line)))
        delimiter = declared or max(DELIMITERS, key=line.count)
        try:
            cells = next(read_cells(chain([line], lines), delimiter), [])  # may have line breaks
        except csv.Error as error:
            place = Excerpt(name, lines.take()[0], 1, line.rstrip("\r\n"))
            broken = _malformed_record(place, f"the header is not valid CSV: {error}")
            raise DocumentError(broken) from None
        first, text = lines.take()
        start = text.index(line)  # after blank lines
        number = first + text.count("\n", 0, start)
        # A second mark of the byte order, as of two exports in one file, is no part of a name.
        names = tuple(cell.lstrip("\ufeff").strip() for cell in cells)
        return cls(name, names, delimiter, number, text[start:])

    def table(self, operation: Operation) -> CsvTable:
        """Return the table of an operation; raises DocumentError for columns that the operation does not have."""
        stop_on_wrong_headers(self.cells, operation, self.name)
        columns: list[CsvColumn] = []
        unknown: list[Finding] = []
        nameless = tuple(index for index, cell in enumerate(self.cells) if not cell)
        record = CsvRecord(CsvTable(self, columns, operation, nameless), self.line, self.text)
        for index, cell in enumerate(self.cells):
            if column := find_column(cell, operation):
                columns.append(column._replace(position=index))
            elif cell:
                place = record.cell_excerpt(index)
                unknown.append(unknown_column(cell, operation, self.name)._replace(excerpt=place))
        if unknown:
            raise DocumentError(*unknown)
        reject_repeated_columns(columns, self.cells, self.name)
        return record.table


class CsvTable(NamedTuple):
    """A table whose columns are those of an operation; a cell without a column is ignored.

    `nameless` are the positions of columns without a header, whose cells must be empty.
    """

    header: CsvHeader
    columns: list[CsvColumn]
    operation: Operation
    nameless: tuple[int, ...] = ()

    def records(self, lines: CsvLines) -> Iterator[CsvRow]:
        """Yield the rows; a row that breaks the rules of CSV is the last one."""
        reader = read_cells(lines, self.header.delimiter)
        while True:
            try:
                cells = next(reader, None)
            except csv.Error as error:
                broken = CsvRecord(self, *lines.take())
                findings = (_quoting_error(broken, error),)
                yield CsvRow(broken.place, None, {}, findings)
                return
            if cells is None:
                return
            record = CsvRecord(self, *lines.take())
            if cells:
                yield build_row(cells, record)


def split_records(lines: CsvLines, header: CsvHeader, count: int) -> Iterator[tuple[int, str]]:
    """Yield parts of a table with `count` records each, as (number of the first line, text)."""
    reader = read_cells(lines, header.delimiter)
    while True:
        try:
            is_complete = sum(1 for _ in islice(reader, count)) == count
        except csv.Error:
            is_complete = False
        first, text = lines.take()
        if text:
            yield first, text
        if not is_complete:
            return


def read_cells(lines: Iterable[str], delimiter: str) -> Iterator[list[str]]:
    """Yield the cells of each record; raises csv.Error for a record that breaks the rules of CSV."""
    csv.field_size_limit(_MAX_CELL)
    return csv.reader(lines, delimiter=delimiter, strict=True)


def build_row(cells: list[str], record: CsvRecord) -> CsvRow:
    """Return a record as a request; a record that does not fit the header has an error."""
    operation, columns = record.table.operation, record.table.columns
    start = record.place
    if len(cells) > 1 and not any(map(str.strip, cells)):
        return CsvRow(start, None, {})
    if defect := _find_defect(cells, record):
        return CsvRow(start, None, {}, (defect,))
    payload = Payload(empty_value(operation.schema_at("")), record)
    parameters = {}
    for column in (each for each in columns if cells[each.position]):  # an empty cell sets no value
        cell = cells[column.position]
        try:
            if column.sets_parameter:
                parameters[column.sets_parameter] = cell
            if column.flag:
                stop_on_repeated_member(column, columns, cells, payload.value)
                payload = apply_flags(operation, payload, [(column.flag, cell)])
            elif column.pointer:
                origin = f"column {column.pointer}"
                set_text(operation, payload.value, column.pointer, cell, origin)
        except UsageError as error:
            place = record.cell_excerpt(column.position)
            name = record.table.header.cells[column.position]
            secrets = [cell] if is_likely_secret(name, cell) else find_likely_secrets(cell)
            fix = member_fix(column, name, cell)
            findings = tuple(
                hide_secrets(finding, secrets)._replace(excerpt=place, fix=fix or finding.fix)
                for finding in error.findings
            )
            return CsvRow(start, None, {}, findings)
    return CsvRow(start, Payload(payload.value, record), parameters)


def _find_defect(cells: Sequence[str], record: CsvRecord) -> Finding | None:
    """Return the finding on a record that does not match the header, or is not text; None for any other."""
    if "\0" in record.text:
        return _damaged_record(record.cell_excerpt(0)._replace(width=1))
    count, columns = len(cells), len(record.table.header.cells)
    if count != columns:
        place = record.cell_excerpt(columns if count > columns else count - 1)
        fix = _HEADER_FIX if place.cell else _QUOTES_FIX
        if any(cell[:1] == " " and cell.lstrip()[:1] == '"' for cell in cells):
            fix = "remove the blank before the quote"
        if count < columns:
            fix = "delete the line, or write a delimiter for each empty cell, too"
        message = f"{count} cell{'s' * (count != 1)} under {columns} column{'s' * (columns != 1)}"
        return _malformed_record(place, message, fix)
    for index in record.table.nameless:
        if cells[index].strip():
            fix = f"{_HEADER_FIX}; or add `--ignore-extra-columns` when you send it"
            place = record.cell_excerpt(index)
            return _malformed_record(place, "a value under an empty header", fix)
    return None


def _quoting_error(record: CsvRecord, error: csv.Error) -> Finding:
    """Return the finding on a record that breaks the rules of CSV, usually by a quote that is not doubled."""
    for index, (start, end) in enumerate(record.spans):
        cell = record.text[start:end]
        if cell.startswith('"') and not _QUOTED_CELL.fullmatch(cell):
            is_open = _QUOTED_CELL.fullmatch(f'{cell}"')
            message = "this quote is never closed" if is_open else "text follows a closed quote"
            fix = 'close the cell with `"`; write a quote inside it twice: `""`'
            place = record.cell_excerpt(index)._replace(width=1)
            return _malformed_record(place, message, fix)
    return _malformed_record(record.cell_excerpt(0), str(error))


def _damaged_record(place: Excerpt) -> Finding:
    return Finding.error(
        "body-malformed",
        "body",
        "this record has a NUL character, which is not text",
        fix="export the file again, or remove the character",
        excerpt=place,
    )


def _malformed_record(place: Excerpt, message: str, fix: str = _QUOTES_FIX) -> Finding:
    message = f"this record does not match the header: {message}"
    return Finding.error("body-malformed", "body", message, fix, excerpt=place)


def format_record(cells: Sequence[str], delimiter: str = ",") -> str:
    """Return cells as a record of CSV, without its line end."""
    from io import StringIO

    out = StringIO()
    csv.writer(out, delimiter=delimiter, lineterminator="\n").writerow(cells)
    return out.getvalue().removesuffix("\n")
