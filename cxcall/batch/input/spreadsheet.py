"""Read the rows of an Excel sheet as a table of texts; refuse workbooks that would fill the memory.

`calamine` creates a value for each cell, including empty cells.
"""

from __future__ import annotations

import re
from datetime import date, time
from string import ascii_uppercase
from typing import IO, TYPE_CHECKING, Any
from zipfile import BadZipFile, ZipFile

from cxcall.findings.errors import UsageError
from cxcall.payloads.csv_table import CsvHeader, CsvRecord, build_row, format_record

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from zipfile import ZipInfo

    from python_calamine import CalamineSheet, CalamineWorkbook

    from cxcall.findings.finding import Excerpt
    from cxcall.payloads.csv_table import CsvRow, CsvTable

LARGEST_WORKBOOK = 2 << 30
"""The most bytes of an unpacked workbook."""
LARGEST_RECTANGLE = 32 << 20
"""The most cells of a sheet, from the first to the last one with a value: 32 columns, in as many rows as Excel has."""
# Like Apache POI's ZipSecureFile: Excel never compresses a file to less than a hundredth.
_LARGEST_RATIO = 100
_SMALL = 16 << 20
_CELL = re.compile(rb"""<(?:\w+:)?c\s[^<]*?\br=["']([A-Za-z]{1,3})([0-9]{1,7})["']""")
_CHUNK = 1 << 20
# `calamine` decides by the content and not by the name. The cells of .xls, .xlsb, and .ods are not counted here.
_START = b"PK"
_WORKBOOK = "xl/workbook.xml"
_OTHER_FORMATS = frozenset({"xl/workbook.bin", "content.xml"})


class SheetRecord(CsvRecord):
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

    Cells are texts: a number without its `.0`, a date or time in ISO 8601.
    """

    def __init__(self, binary: IO[bytes], name: str, sheet: str) -> None:
        self._name = name
        chosen = _read_sheet(binary, name, sheet)
        self._first_column = chosen.start[1] if chosen.start else 0
        self._records = _read_records(chosen)
        _, cells = next(self._records, (1, []))
        self.header = CsvHeader(name, tuple(cell.strip() for cell in _trim(cells)), ",")

    def sample(self, count: int) -> list[list[str]]:
        """Return the cells of the next records."""
        return [cells for _, (_, cells) in zip(range(count), self._records, strict=False)]

    def rows(self, table: CsvTable) -> Iterator[CsvRow]:
        """Yield the rows; the line of a row is its number in the sheet."""
        width = len(self.header.cells)
        for line, cells in self._records:
            filled = _trim(cells)
            filled += [""] * (width - len(filled))
            yield build_row(filled, SheetRecord(table, line, filled, self._first_column))


def _read_sheet(binary: IO[bytes], name: str, sheet: str) -> CalamineSheet:
    import zlib

    try:
        from python_calamine import CalamineError, CalamineWorkbook
    except ImportError:
        raise UsageError(
            f"`{name}` is an Excel file; to read it, cxcall needs `python-calamine`, which is not installed",
            where=name,
            fix="`pip install 'cxcall[excel]'`, or save the sheet as CSV in UTF-8",
        ) from None
    try:
        binary.seek(0)
        check_workbook(binary, name)
        binary.seek(0)
        return _choose_sheet(CalamineWorkbook.from_filelike(binary), name, sheet)
    except (CalamineError, BadZipFile, zlib.error, EOFError, RuntimeError) as error:
        # The standard library raises RuntimeError for an encrypted entry, and for an unknown compression.
        raise UsageError(
            f"`{name}` cannot be read as an Excel file: {error}",
            where=name,
            fix="save it again without a password, or as CSV in UTF-8",
        ) from None


def _choose_sheet(workbook: CalamineWorkbook, name: str, sheet: str) -> CalamineSheet:
    """Return the named sheet, or the only visible one that is not empty."""
    from python_calamine import SheetVisibleEnum

    visible = [
        each.name for each in workbook.sheets_metadata if each.visible == SheetVisibleEnum.Visible
    ]
    if sheet:
        if sheet not in workbook.sheet_names:
            listed = ", ".join(f"`{each}`" for each in workbook.sheet_names)
            raise UsageError(
                f"`{name}` has no sheet `{sheet}`", where="--sheet", fix=f"use one of: {listed}"
            )
        return workbook.get_sheet_by_name(sheet)
    filled = [each for each in map(workbook.get_sheet_by_name, visible) if each.height]
    if len(filled) > 1:
        listed = ", ".join(f"`{each.name}`" for each in filled)
        raise UsageError(
            f"`{name}` has {len(filled)} sheets: {listed}",
            where=name,
            fix="choose the sheet to send: `--sheet NAME`",
        )
    return filled[0] if filled else workbook.get_sheet_by_name(visible[0])


def _read_records(sheet: CalamineSheet) -> Iterator[tuple[int, list[str]]]:
    """Yield the number and the cells of each row that is not blank."""
    first = sheet.start[0] if sheet.start else 0
    for index, values in enumerate(sheet.to_python(), first + 1):
        cells = [_as_text(value) for value in values]
        if any(cells):
            yield index, cells


def _column_letters(index: int) -> str:
    """Return the name of a column, counted from 0: `A` to `Z`, then `AA`."""
    before, last = divmod(index, len(ascii_uppercase))
    return (_column_letters(before - 1) if before else "") + ascii_uppercase[last]


def _as_text(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return value.isoformat() if isinstance(value, date | time) else str(value)


def _trim(cells: Sequence[str]) -> list[str]:
    """Return the cells without the empty ones at the end, which formatting leaves."""
    end = next((index for index in range(len(cells), 0, -1) if cells[index - 1]), 0)
    return list(cells[:end])


def check_workbook(binary: IO[bytes], name: str) -> None:
    """Raise UsageError for a workbook that is too large when unpacked, or whose format differs from its name.

    Raises BadZipFile for a file that cannot be unpacked.
    """
    is_archive = binary.read(len(_START)) == _START
    with ZipFile(binary) as archive:
        names = {each.lower() for each in archive.namelist()}
        if not is_archive or _WORKBOOK not in names or names & _OTHER_FORMATS:
            raise UsageError(
                f"`{name}` is not a workbook in the format .xlsx",
                where=name,
                fix="save it as .xlsx, or as CSV in UTF-8",
            )
        entries = archive.infolist()
        packed_well = (
            each
            for each in entries
            if each.file_size > max(_SMALL, _LARGEST_RATIO * each.compress_size)
        )
        if sum(each.file_size for each in entries) > LARGEST_WORKBOOK or any(packed_well):
            raise _too_large(name, f"`{name}` is too large when it is unpacked")
        for entry in entries:
            if (
                entry.filename.endswith(".xml")
                and (cells := _count_cells(archive, entry)) > LARGEST_RECTANGLE
            ):
                raise _too_large(
                    name,
                    f"the cells of `{name}` are too far apart: the sheet spans {cells:,} cells, including the empty ones",
                )


def _too_large(name: str, message: str) -> UsageError:
    return UsageError(
        message, where=name, fix="save the sheet as CSV in UTF-8, which may have any size"
    )


def _count_cells(archive: ZipFile, entry: ZipInfo) -> int:
    """Return the number of cells in the rectangle around all cells of a sheet; 0 for an entry that is not a sheet."""
    rows: set[int] = set()
    columns: set[int] = set()
    for text in _read_elements(archive, entry):
        found = set(_CELL.findall(text))
        if found:
            columns.update(_column_number(letters) for letters in {each for each, _ in found})
            numbers = [int(number) for _, number in found]
            rows.update((min(numbers), max(numbers)))
    if not rows:
        return 0
    return (max(rows) - min(rows) + 1) * (max(columns) - min(columns) + 1)


def _read_elements(archive: ZipFile, entry: ZipInfo) -> Iterator[bytes]:
    """Yield the text of an entry in pieces of complete elements; raises BadZipFile for a huge element."""
    rest = b""
    with archive.open(entry) as file:
        while chunk := file.read(_CHUNK):
            piece, separator, rest = (rest + chunk).rpartition(b"<")
            yield piece
            rest = separator + rest
            if len(rest) > _CHUNK:
                if b">" not in rest:
                    raise BadZipFile(
                        f"an element of {entry.filename} has more than {_CHUNK:,} bytes"
                    )
                yield rest  # the element ends in this piece: the rest is text
                rest = b""
    yield rest


def _column_number(letters: bytes) -> int:
    number = 0
    for letter in letters.upper():
        number = number * 26 + letter - ord("A") + 1
    return number
