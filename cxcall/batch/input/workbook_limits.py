"""Refuse Excel workbooks that would fill the memory, or end the process, when `calamine` reads them.

`calamine` creates a value for each cell of the rectangle around all cells, and reserves memory for as many strings
as the workbook says that it has. If that fails, it ends the process.
"""

from __future__ import annotations

import codecs
import re
from functools import cache
from string import ascii_uppercase
from typing import IO, TYPE_CHECKING
from zipfile import BadZipFile, ZipFile

from cxcall.findings.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from zipfile import ZipInfo

LARGEST_WORKBOOK = 2 << 30
"""The most bytes of an unpacked workbook."""
LARGEST_RECTANGLE = 32 << 20
"""The most cells of a sheet, from the first to the last one with a value: 32 columns, in as many rows as Excel has."""
_LAST_ROW, _LAST_COLUMN = 1 << 20, 1 << 14
# Like Apache POI's ZipSecureFile: Excel never compresses a file to less than a hundredth.
_LARGEST_RATIO = 100
_SMALL = 16 << 20
_CHUNK = 1 << 20
# `calamine` decides by the content and not by the name. The cells of .xls, .xlsb, and .ods are not counted here.
_START = b"PK"
_WORKBOOK = "xl/workbook.xml"
_OTHER_FORMATS = frozenset({"xl/workbook.bin", "content.xml"})
# What a sheet, and the list of strings, must contain, whatever their names are.
_MARKS = [
    name.encode(encoding)
    for name in ("sheetData", "uniqueCount")
    for encoding in ("ascii", "utf-16-le", "utf-16-be")
]
_REFERENCE = re.compile(r"([A-Za-z]{1,3})([0-9]{1,7})")
_UTF_16 = frozenset({codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE, b"<\0", b"\0<"})
_COUNT = re.compile("[0-9]{1,9}")
_OVERLAP = max(map(len, _MARKS))


def check_workbook(binary: IO[bytes], name: str) -> None:
    """Raise UsageError for a workbook that is too large when unpacked, or whose format differs from its name.

    Raises BadZipFile for a file that cannot be unpacked, and for a part that is not valid XML.
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
                _has_mark(archive, entry)
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


def _read_chunks(archive: ZipFile, entry: ZipInfo) -> Iterator[bytes]:
    with archive.open(entry) as file:
        while chunk := file.read(_CHUNK):
            yield chunk


def _has_mark(archive: ZipFile, entry: ZipInfo) -> bool:
    """Return whether an entry may be a sheet, or the list of strings."""
    end = b""
    for chunk in _read_chunks(archive, entry):
        text = end + chunk
        if any(mark in text for mark in _MARKS):
            return True
        end = chunk[-_OVERLAP:]
    return False


def _count_cells(archive: ZipFile, entry: ZipInfo) -> int:
    """Return the number of cells in the rectangle around all cells with a value; 0 for an entry that is not a sheet.

    Raises BadZipFile if it is not valid XML without a document type.
    """
    from xml.parsers.expat import ExpatError, ParserCreate

    def refuse_doctype(*_: object) -> None:
        raise BadZipFile(f"{entry.filename} has a document type declaration")

    # `calamine` finds elements by their bytes, whatever encoding a part declares or begins with.
    parser, cells = ParserCreate("utf-8"), _SheetCells(entry)
    parser.StartDoctypeDeclHandler = refuse_doctype
    parser.StartElementHandler, parser.EndElementHandler = cells.start, cells.end
    size = 0
    try:
        for chunk in _read_chunks(archive, entry):
            if not size and chunk[:2] in _UTF_16:
                raise BadZipFile(f"{entry.filename} is not in UTF-8")
            parser.Parse(chunk)
            size += len(chunk)
            if size - parser.CurrentByteIndex > 2 * _CHUNK:
                raise BadZipFile(f"an element of {entry.filename} has more than {_CHUNK:,} bytes")
        parser.Parse(b"", True)  # noqa: FBT003 - the parser takes no keywords
    except ExpatError as error:
        raise BadZipFile(f"{entry.filename} is not valid XML in UTF-8: {error}") from None
    return cells.count


class _SheetCells:
    """The smallest rectangle around the cells of a sheet, with the positions that `calamine` gives them.

    A row or a cell without `r` follows the one before it. A cell without content has no value.
    """

    def __init__(self, entry: ZipInfo) -> None:
        self._entry = entry
        self._row = self._column = 0
        self._open_cell: tuple[int, int] | None = None
        self._top, self._bottom, self._left, self._right = _LAST_ROW, -1, _LAST_COLUMN, -1

    @property
    def count(self) -> int:
        """The number of cells in the rectangle."""
        height, width = self._bottom - self._top + 1, self._right - self._left + 1
        return max(height, 0) * max(width, 0)

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        """Read the start of an element."""
        if self._open_cell:
            row, column = self._open_cell
            self._top, self._bottom = min(self._top, row), max(self._bottom, row)
            self._left, self._right = min(self._left, column), max(self._right, column)
            self._open_cell = None
        local_name = name.rpartition(":")[2]
        if local_name == "c":
            reference = attributes.get("r")
            row = self._row
            if reference is not None:
                row, self._column = _position(reference, self._entry)
            self._open_cell = row, self._column
        elif local_name == "row" and "r" in attributes:
            self._row = _position(f"A{attributes['r']}", self._entry)[0]
        elif local_name == "sst":
            _check_strings(attributes, self._entry)

    def end(self, name: str) -> None:
        """Read the end of an element."""
        local_name = name.rpartition(":")[2]
        if local_name == "c":
            self._open_cell = None
            self._column += 1
        elif local_name == "row":
            self._row += 1
            self._column = 0


def _position(reference: str, entry: ZipInfo) -> tuple[int, int]:
    """Return the row and the column of a cell, counted from 0; raises BadZipFile if Excel has no such cell."""
    found = _REFERENCE.fullmatch(reference)
    row, column = (int(found[2]), _column_number(found[1])) if found else (0, 0)
    if not (0 < row <= _LAST_ROW and 0 < column <= _LAST_COLUMN):
        raise BadZipFile(f"{entry.filename} has an invalid cell reference")
    return row - 1, column - 1


def _check_strings(attributes: Mapping[str, str], entry: ZipInfo) -> None:
    """Raise BadZipFile if the list of strings cannot have as many as it says: each needs an element."""
    count = attributes.get("uniqueCount", "0")
    if not _COUNT.fullmatch(count) or int(count) > entry.file_size:
        raise BadZipFile(f"{entry.filename} has an invalid number of strings")


@cache
def _column_number(letters: str) -> int:
    number = 0
    for letter in letters.upper():
        number = number * len(ascii_uppercase) + ascii_uppercase.index(letter) + 1
    return number
