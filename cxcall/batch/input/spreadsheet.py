"""Read the rows of an Excel sheet as a table of texts."""

from __future__ import annotations

from datetime import date, time, timedelta
from math import isfinite
from string import ascii_uppercase
from typing import IO, TYPE_CHECKING, Any

from cxcall.batch.input.cells_without_value import find_cells_without_value
from cxcall.batch.input.workbook_limits import check_workbook
from cxcall.findings.errors import CxcallError, UsageError
from cxcall.findings.finding import Finding
from cxcall.findings.text_lists import list_first, list_ranges
from cxcall.payloads.csv_table import CsvHeader, CsvRecord, build_row, format_record

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from python_calamine import CalamineSheet, CalamineWorkbook

    from cxcall.findings.finding import Excerpt
    from cxcall.payloads.csv_table import CsvRow, CsvTable

_CALCULATE = "open the file in a spreadsheet program, which calculates the values, and save it"


class _SheetRecord(CsvRecord):
    """A row of a sheet. Its text is one line, so all cells are on the line of the row."""

    def __init__(self, table: CsvTable, line: int, cells: Sequence[str], first_column: int) -> None:
        super().__init__(table, line, format_record([" ".join(cell.split()) for cell in cells]))
        self._cells, self._first_column = cells, first_column

    def cell_excerpt(self, index: int) -> Excerpt:
        """Return the place of a cell with its name; the place of the last cell if there is no such cell."""
        last = min(index, len(self._cells) - 1)
        letters = _column_letters(self._first_column + last)
        return super().cell_excerpt(last)._replace(cell=f"{letters}{self.line}")

    @property
    def source(self) -> str:
        """The row as CSV."""
        return format_record(self._cells)


class Spreadsheet:
    """The records of one sheet: the first that is not blank is the header, the others are rows.

    A line whose cells all look blank, because formulas have no stored value or because of errors, is no record, as in
    earlier versions: the ledger knows rows by their numbers.

    Cells are texts: a number without its `.0`, a date or time in ISO 8601, a duration such as `30:00:00`.
    """

    def __init__(self, binary: IO[bytes], name: str, sheet: str) -> None:
        try:
            chosen = _read_sheet(binary, name, sheet)
            self._valueless = find_cells_without_value(binary, chosen.name)
            values = chosen.to_python()
        except CxcallError:
            raise
        except BaseException as error:
            # Any exception of the libraries that unpack and read a file, and a panic of `calamine`, which is no Exception.
            if not isinstance(error, Exception) and type(error).__name__ != "PanicException":
                raise
            detail = f": {error}" if str(error) else ""
            raise UsageError(
                f"`{name}` cannot be read as an Excel file{detail}",
                where=name,
                fix="save it again without a password, or as CSV in UTF-8",
            ) from None
        self._first_column = chosen.start[1] if chosen.start else 0
        self._first_line = chosen.start[0] + 1 if chosen.start else 1
        self._values = values
        self._records = self._read_records()
        line, cells = next(self._records, (1, []))
        names = tuple(cell.strip() for cell in _trim(cells))
        self.header = CsvHeader(name, names, ",", line, format_record(names))
        self._stop_on_header()

    def sample(self, count: int) -> list[list[str]]:
        """Return the cells of the next records."""
        return [cells for _, (_, cells) in zip(range(count), self._records, strict=False)]

    def rows(self, table: CsvTable) -> Iterator[CsvRow]:
        """Yield the rows; the line of a row is its number in the sheet."""
        width = len(self.header.cells)
        for line, cells in self._records:
            filled = _trim(cells)
            filled += [""] * (width - len(filled))
            record = _SheetRecord(table, line, filled, self._first_column)
            row = build_row(filled, record)
            if finding := self._find_missing_value(record):
                row = row._replace(payload=None, findings=(finding,))
            yield row

    def find_blank_lines(self, table: CsvTable) -> Finding | None:
        """Return the finding on all lines that are no rows, although a cell of a used column only looks blank."""
        used, width = self._used_columns(table), len(table.header.cells)
        lines = {
            line: cells
            for line in sorted(self._valueless)
            if (cells := used & self._columns_without_value(line))
            and line > table.header.line
            and not any(self._read_line(line))
        }
        if not lines:
            return None
        ranges, (line, cells) = list_ranges(lines), next(iter(lines.items()))
        which = f"line {line} has" if len(lines) == 1 else f"lines {list_first(ranges)} have"
        record = _SheetRecord(table, line, [""] * width, self._first_column)
        return Finding.error(
            "body-malformed",
            "body",
            f"{which} only formulas without a stored value, or errors such as `#N/A`",
            f"{_CALCULATE}; or delete these lines",
            excerpt=record.cell_excerpt(min(cells) - self._first_column),
        )

    def stop_on_formulas(self) -> None:
        """Raise UsageError if a line of formulas above the header that was read could be the header."""
        for line in sorted(self._valueless):
            cells = self._columns_without_value(line)
            if line < self.header.line and self._named_columns() <= cells:
                raise self._header_error(line, cells)

    def _stop_on_header(self) -> None:
        """Raise UsageError if a cell between two names has no value, or none of the sheet has one.

        Without its name, a column would be another one.
        """
        named = self._named_columns()
        line = self.header.line if named else min(self._valueless, default=1)
        cells = self._columns_without_value(line)
        if cells := cells & named if named else cells:
            raise self._header_error(line, cells)

    def _header_error(self, line: int, cells: set[int]) -> UsageError:
        name = self.header.name
        return UsageError(
            f"the header of `{name}` has no value in `{_column_letters(min(cells))}{line}`:"
            " it is a formula without a stored value, or an error",
            where=name,
            fix="write the names of the columns as text",
        )

    def _named_columns(self) -> set[int]:
        """Return the columns from the first name to the last, counted from 0."""
        named = [index for index, name in enumerate(self.header.cells, self._first_column) if name]
        return {*range(named[0], named[-1] + 1)} if named else set()

    def _columns_without_value(self, line: int) -> set[int]:
        found = self._valueless.get(line)
        return found.formulas | found.errors if found else set()

    def _used_columns(self, table: CsvTable) -> set[int]:
        return {each.position + self._first_column for each in table.columns}

    def _find_missing_value(self, record: _SheetRecord) -> Finding | None:
        """Return the finding on a formula without a stored value in a used column; None if there is none.

        Errors in a row that has values count as blank.
        """
        found = self._valueless.get(record.line)
        cells = found.formulas & self._used_columns(record.table) if found else set()
        if not cells:
            return None
        problem = "this cell is a formula without a stored value"
        place = record.cell_excerpt(min(cells) - self._first_column)
        return Finding.error("body-malformed", "body", problem, _CALCULATE, excerpt=place)

    def _read_records(self) -> Iterator[tuple[int, list[str]]]:
        """Yield the number and the cells of each line that is not blank."""
        for line in range(self._first_line, self._first_line + len(self._values)):
            cells = self._read_line(line)
            if any(cells):
                yield line, cells

    def _read_line(self, line: int) -> list[str]:
        """Return the cells of a line, at least the first; none of a line after the last with a value."""
        index = line - self._first_line
        return (
            [_as_text(value) for value in self._values[index]] if index < len(self._values) else []
        )


def _read_sheet(binary: IO[bytes], name: str, sheet: str) -> CalamineSheet:
    try:
        from python_calamine import CalamineWorkbook
    except ImportError:
        raise UsageError(
            f"`{name}` is an Excel file; to read it, cxcall needs `python-calamine`, which is not installed",
            where=name,
            fix="`pip install 'cxcall[excel]'`, or save the sheet as CSV in UTF-8",
        ) from None
    binary.seek(0)
    check_workbook(binary, name)
    binary.seek(0)
    return _choose_sheet(CalamineWorkbook.from_filelike(binary), name, sheet)


def _choose_sheet(workbook: CalamineWorkbook, name: str, sheet: str) -> CalamineSheet:
    """Return the named sheet, or the only visible one that is not empty."""
    from python_calamine import SheetVisibleEnum

    listed = ", ".join(f"`{each}`" for each in workbook.sheet_names)
    if sheet:
        if sheet not in workbook.sheet_names:
            raise UsageError(
                f"`{name}` has no sheet `{sheet}`",
                where="--sheet",
                fix=f"use one of: {listed}" if listed else "",
            )
        return workbook.get_sheet_by_name(sheet)
    visible = [
        each.name for each in workbook.sheets_metadata if each.visible == SheetVisibleEnum.Visible
    ]
    if not visible:
        raise UsageError(
            f"`{name}` has no visible sheet" + (f"; hidden: {listed}" if listed else ""),
            where=name,
            fix="choose the sheet to send: `--sheet NAME`"
            if listed
            else "save it again with a sheet",
        )
    sheets = [workbook.get_sheet_by_name(each) for each in visible]
    filled = [each for each in sheets if each.height]
    if len(filled) > 1:
        names = ", ".join(f"`{each.name}`" for each in filled)
        raise UsageError(
            f"`{name}` has {len(filled)} sheets: {names}",
            where=name,
            fix="choose the sheet to send: `--sheet NAME`",
        )
    return filled[0] if filled else sheets[0]


def _column_letters(index: int) -> str:
    """Return the name of a column, counted from 0: `A` to `Z`, then `AA`."""
    before, last = divmod(index, len(ascii_uppercase))
    return (_column_letters(before - 1) if before else "") + ascii_uppercase[last]


def _as_text(value: Any) -> str:
    """Return the text of a cell; a number that is not finite is an error, like `#N/A`, which `calamine` leaves empty."""
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, float):
        if not isfinite(value):
            return ""
        return str(int(value)) if value.is_integer() else str(value)
    if isinstance(value, timedelta):
        return _duration_text(value)
    return value.isoformat() if isinstance(value, date | time) else str(value)


def _duration_text(value: timedelta) -> str:
    """Return a duration as hours, minutes, and seconds, such as `30:00:00`, like Excel's format `[h]:mm:ss`."""
    sign, seconds = ("-" if value < timedelta() else ""), round(abs(value.total_seconds()))
    minutes, second = divmod(seconds, 60)
    hour, minute = divmod(minutes, 60)
    return f"{sign}{hour:02}:{minute:02}:{second:02}"


def _trim(cells: Sequence[str]) -> list[str]:
    """Return the cells without the empty ones at the end, which formatting leaves."""
    end = next((index for index in range(len(cells), 0, -1) if cells[index - 1]), 0)
    return list(cells[:end])
