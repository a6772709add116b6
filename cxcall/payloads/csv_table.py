"""A CSV table -> bodies and path parameters: what each column sets, and where each cell stands."""

from __future__ import annotations

import csv
import json
import re
from functools import cached_property
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple, Self

from cxcall.documents.json_pointer import leaves
from cxcall.findings.errors import UsageError
from cxcall.findings.finding import Excerpt, Finding, Severity
from cxcall.payloads.payload import Payload, apply_flags, empty_value, set_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from io import TextIOWrapper

    from cxcall.contracts.contract import Operation
    from cxcall.contracts.parameters import Flag

    Entry = tuple[Excerpt, Payload | None, dict[str, str], tuple[Finding, ...]]

DELIMITERS = ",;\t|"
PARAMETER_LOCATIONS = ("path", "query")
EXAMPLE_ID = "12345678-1234-4234-8234-123456789012"
_MAX_CELL = 1 << 24
_QUOTED = re.compile(r'"(?:[^"]++|"")*"')


class CsvColumn(NamedTuple):
    """What a column sets: a place in the body, a flag of the operation, or a parameter."""

    name: str
    pointer: str = ""
    flag: Flag | None = None
    parameter: str = ""

    @property
    def pointers(self) -> tuple[str, ...]:
        """The places in the body that its cells are put at."""
        return (self.pointer,) if self.pointer else self.flag.pointers if self.flag else ()


class CsvRecord:
    """One record of a table, and the text that it was read from."""

    def __init__(self, name: str, line: int, raw: str, columns: list[CsvColumn], mark: str) -> None:
        self.name, self.line, self.raw = name, line, raw
        self.columns, self.delimiter = columns, mark
        self.findings: tuple[Finding, ...] = ()

    def find_excerpt(self, pointer: str, *, key: bool = False) -> Excerpt | None:  # noqa: ARG002 - a cell has no name
        """Return the cell that set the value at a pointer, or one in it; None where none did."""
        for index, column in enumerate(self.columns):
            under = (f"{place}/".startswith(f"{pointer}/") for place in column.pointers)
            if pointer and any(under):
                return self.cell_excerpt(index)
        return None

    def parameter_excerpt(self, name: str) -> Excerpt | None:
        """Return the cell that set a path parameter; None where none did."""
        for index, column in enumerate(self.columns):
            if name in (column.parameter, column.flag.parameter if column.flag else ""):
                return self.cell_excerpt(index)
        return None

    def cell_excerpt(self, index: int) -> Excerpt:
        """Return the place of one cell; where there is none, of the record's end."""
        start, end = self._spans[min(index, len(self._spans) - 1)]
        before = self.raw[:start]
        first = before.rfind("\n") + 1
        line = self.raw[first:].partition("\n")[0].rstrip("\r")
        width = max(min(end, first + len(line)) - start, 1)
        return Excerpt(self.name, self.line + before.count("\n"), start - first + 1, line, width)

    @property
    def cells(self) -> list[str]:
        """The cells as they are written, quotes and all."""
        return [self.raw[start:end] for start, end in self._spans]

    @cached_property
    def _spans(self) -> list[tuple[int, int]]:
        cell = re.compile(
            rf'"(?:[^"]++|"")*"?[^{re.escape(self.delimiter)}\r\n]*|[^{re.escape(self.delimiter)}\r\n]*'
        )
        spans, at = [], 0
        while True:
            found = cell.match(self.raw, at)
            end = found.end() if found else at
            spans.append((at, end))
            if self.raw[end : end + 1] != self.delimiter:
                return spans
            at = end + 1


class CsvLines:
    """The lines of a text that are counted as they are taken, and those taken since the last record."""

    def __init__(self, text: Iterable[str], number: int = 0) -> None:
        self._text = text
        self.taken: list[str] = []
        self.number = number

    def __iter__(self) -> Iterator[str]:
        for line in self._text:
            self.number += 1
            self.taken.append(line)
            yield line

    def take(self) -> tuple[int, str]:
        """Return the first line's number and the text of the record just read."""
        raw, first = "".join(self.taken), self.number - len(self.taken) + 1
        self.taken.clear()
        return first, raw


class CsvHeader(NamedTuple):
    """The first line of a table that is not blank: its cells, and the mark between them."""

    name: str
    cells: tuple[str, ...]
    delimiter: str

    @classmethod
    def read(cls, lines: CsvLines, name: str) -> Self:
        """Take the header from the lines."""
        csv.field_size_limit(_MAX_CELL)
        head = next((line for line in lines if line.strip()), "")
        mark = _delimiter(head)
        cells = next(csv.reader([head], delimiter=mark, strict=True), [])
        lines.take()
        return cls(name, tuple(cell.strip() for cell in cells), mark)

    def has_column_of(self, operation: Operation) -> bool:
        """Tell whether a column names something that an operation has."""
        for cell in self.cells:
            try:
                _parse_column(cell, operation, self.name)
            except UsageError:
                continue
            return True
        return False

    def table(self, operation: Operation) -> CsvTable:
        """Return the table of an operation; raises UsageError where it lacks what the header names."""
        columns = [_parse_column(cell, operation, self.name) for cell in self.cells]
        _reject_repeated_columns(columns, self.name)
        return CsvTable(self, columns, operation)


class CsvTable(NamedTuple):
    """What each column of a table sets."""

    header: CsvHeader
    columns: list[CsvColumn]
    operation: Operation

    def records(self, lines: CsvLines) -> Iterator[Entry]:
        """Yield the records as (place, body, path parameters, errors); one that is broken is the last."""
        csv.field_size_limit(_MAX_CELL)
        name, mark = self.header.name, self.header.delimiter
        cells = csv.reader(lines, delimiter=mark, strict=True)
        while True:
            try:
                found = next(cells, None)
            except csv.Error as error:
                first, raw = lines.take()
                broken = CsvRecord(name, first, raw, self.columns, mark)
                yield broken.cell_excerpt(0), None, {}, (_quoting_error(broken, error),)
                return
            if found is None:
                return
            first, raw = lines.take()
            if found:
                yield _build_row(
                    found, CsvRecord(name, first, raw, self.columns, mark), self.operation
                )


def read_rows(text: TextIOWrapper, name: str, operation: Operation) -> Iterator[Entry]:
    """Yield the records of a table as (place, body, path parameters, errors).

    Raises UsageError when the header names what the operation does not have.
    """
    lines = CsvLines(text)
    yield from CsvHeader.read(lines, name).table(operation).records(lines)


def split_records(lines: CsvLines, header: CsvHeader, count: int) -> Iterator[tuple[int, str]]:
    """Cut a table into pieces of so many records, as (number of the first line, text)."""
    cells = csv.reader(lines, delimiter=header.delimiter, strict=True)
    while True:
        try:
            is_more = sum(1 for _ in islice(cells, count)) == count
        except csv.Error:
            is_more = False
        first, raw = lines.take()
        if raw:
            yield first, raw
        if not is_more:
            return


def _delimiter(head: str) -> str:
    """Return what parts the columns: the mark that stands most often in the header."""
    return max(DELIMITERS, key=head.count)


def _parse_column(cell: str, operation: Operation, name: str) -> CsvColumn:
    flags = {flag.name: flag for flag in operation.flags}
    parameters = [
        entry.name for entry in operation.parameters if entry.location in PARAMETER_LOCATIONS
    ]
    if cell.startswith("/"):
        return CsvColumn(cell, pointer=cell)
    if (written := cell.removeprefix("--")) in flags:
        return CsvColumn(cell, flag=flags[written])
    if cell in parameters:
        return CsvColumn(cell, parameter=cell)
    known = [*operation.pointers, *parameters, *flags]
    raise UsageError(
        f"`{name}` has a column `{cell}`, and `{operation.name}` knows nothing of that name",
        where=f"column {cell}",
        fix=_suggest_column(cell, known)
        + f"a sample: `cxcall operations {operation.name} --skeleton --csv`",
        why="a header names a flag, a parameter, or a place in the body such as `/contactId`",
    )


def _suggest_column(cell: str, known: Sequence[str]) -> str:
    from difflib import get_close_matches

    folded = {entry.rpartition("/")[2].replace("-", "").lower(): entry for entry in known}
    wanted = cell.replace("_", "").replace("-", "").replace(" ", "").lower()
    close = get_close_matches(wanted, folded, n=1)
    return f"did you mean `{folded[close[0]]}`? " if close else ""


def _reject_repeated_columns(columns: list[CsvColumn], name: str) -> None:
    names = [column.name for column in columns if not (column.flag and column.flag.under)]
    for column in names:
        if names.count(column) > 1:
            raise UsageError(
                f"`{name}` has two columns `{column}`",
                where=f"column {column}",
                fix="leave one out",
            )


def _build_row(cells: list[str], record: CsvRecord, operation: Operation) -> Entry:
    start = record.cell_excerpt(0)._replace(width=1)
    if len(cells) != len(record.columns):
        return start, None, {}, (_wrong_cell_count(len(cells), record),)
    payload = Payload(empty_value(operation.schema_at("")), record)
    values = {}
    for column, cell in zip(record.columns, cells, strict=True):
        if not cell:
            continue  # an empty cell says nothing: the value is left out
        try:
            if column.parameter:
                values[column.parameter] = cell
            elif column.flag:
                payload = apply_flags(operation, payload, [(column.flag, cell)])
                if column.flag.parameter:
                    values[column.flag.parameter] = cell
            else:
                origin = f"column {column.pointer}"
                set_text(operation, payload.value, column.pointer, cell, origin)
        except UsageError as error:
            place = record.cell_excerpt(record.columns.index(column))
            found = tuple(finding._replace(excerpt=place) for finding in error.findings)
            return start, None, {}, found
    return start, Payload(payload.value, record), values, ()


def _wrong_cell_count(count: int, record: CsvRecord) -> Finding:
    wanted = len(record.columns)
    last = record.cell_excerpt(wanted if count > wanted else count - 1)
    return _malformed_record(last, f"{count} cells under {wanted} columns")


def _quoting_error(record: CsvRecord, error: csv.Error) -> Finding:
    """Return the finding on a record that cannot be parted into cells: mostly a quote that is not doubled."""
    for index, cell in enumerate(record.cells):
        if cell.startswith('"') and not _QUOTED.fullmatch(cell):
            is_open = _QUOTED.fullmatch(f'{cell}"')
            found = _malformed_record(
                record.cell_excerpt(index)._replace(width=1),
                "this quote is never closed" if is_open else "text stands behind a closed quote",
            )
            return found._replace(
                fix='close the cell with `"`; a quote inside of it is doubled: `""`'
            )
    return _malformed_record(record.cell_excerpt(0), str(error))


def _malformed_record(place: Excerpt, message: str) -> Finding:
    return Finding(
        Severity.ERROR,
        "body-malformed",
        "body",
        f"this record is not like the header: {message}",
        fix='put a cell that holds the delimiter or a quote into quotes: `"Lovelace, Ada"`',
        excerpt=place,
    )


def build_skeleton(operation: Operation) -> str:
    """Return a table to start from: the header, and one valid row from the operation's example."""
    from io import StringIO

    cells = dict(_example_cells(operation))
    out = StringIO()
    csv.writer(out, lineterminator="\n").writerows([list(cells), list(cells.values())])
    return out.getvalue().rstrip("\n")


def _example_cells(operation: Operation) -> Iterator[tuple[str, str]]:
    """Yield (column, cell): required parameters, then flags, then what of the example no flag sets."""
    flagged = {flag.parameter for flag in operation.flags if flag.sets_body}
    cells = {
        pointer: value if isinstance(value, str) else json.dumps(value)
        for pointer, value in (leaves(operation.example) if operation.example is not None else ())
    }
    by_name = {pointer.rpartition("/")[2]: cell for pointer, cell in cells.items()}
    for parameter in operation.parameters:
        if (
            parameter.required
            and parameter.location in PARAMETER_LOCATIONS
            and parameter.name not in flagged
        ):
            is_id = operation.contract.resolve(parameter.schema).get("format") == "uuid"
            yield parameter.name, by_name.get(parameter.name, EXAMPLE_ID if is_id else "1")
    for flag in operation.flags:
        if flag.pointers and not flag.under and cells.keys() >= set(flag.pointers):
            samples = [cells.pop(pointer) for pointer in flag.pointers]
            yield flag.name, samples[0]
    yield from cells.items()
