"""Refuse Excel workbooks that would fill the memory, or end the process, when `calamine` reads them.

`calamine` creates a value for each cell of the rectangle around all cells, and reserves memory for as many strings
as the workbook says that it has. If that fails, it ends the process.
"""

from __future__ import annotations

import re
from string import ascii_uppercase
from typing import IO, TYPE_CHECKING
from zipfile import ZipFile

from cxcall.findings.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from zipfile import ZipInfo

_LARGEST_WORKBOOK = 2 << 30
"""The most bytes of an unpacked workbook."""
_LARGEST_RECTANGLE = 32 << 20
"""The most cells of a sheet, from the first to the last one: 32 columns, in as many rows as Excel has."""
# Like Apache POI's ZipSecureFile: Excel never compresses a file to less than a hundredth.
_LARGEST_RATIO = 100
_SMALL = 16 << 20
_CHUNK = 1 << 20
# `calamine` decides by the content and not by the name. The cells of .xls, .xlsb, and .ods are not counted here.
_START = b"PK"
WORKBOOK = "xl/workbook.xml"
_OTHER_FORMATS = frozenset({"xl/workbook.bin", "content.xml"})
_SHEETS, _STRINGS = "xl/worksheets/", "xl/sharedstrings.xml"
# The attribute `r` of a cell, such as `B7`, and of a row.
_REFERENCE = re.compile(rb"""\br\s*=\s*["']([A-Za-z]*)([0-9]+)["']""")
_COUNT = re.compile(rb"""\buniqueCount\s*=\s*["']([0-9]+)["']""")
_OVERLAP = 40
_MOST_DIGITS = 20


def check_workbook(binary: IO[bytes], name: str) -> None:
    """Raise UsageError for a workbook that is too large when unpacked, or whose format differs from its name.

    Raises BadZipFile for a file that cannot be unpacked.
    """
    is_archive = binary.read(len(_START)) == _START
    with ZipFile(binary) as archive:
        names = {each.lower() for each in archive.namelist()}
        if not is_archive or WORKBOOK not in names or names & _OTHER_FORMATS:
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
        if sum(each.file_size for each in entries) > _LARGEST_WORKBOOK or any(packed_well):
            raise _too_large(name, f"`{name}` is too large when it is unpacked")
        for entry in entries:
            part = entry.filename.lower()
            if (
                part.startswith(_SHEETS)
                and (cells := _count_cells(archive, entry)) > _LARGEST_RECTANGLE
            ):
                raise _too_large(
                    name,
                    f"the cells of `{name}` are too far apart: the sheet spans {cells:,} cells, including the empty ones",
                )
            if part == _STRINGS and _count_strings(archive, entry) > entry.file_size:
                raise _too_large(name, f"`{name}` has an invalid number of strings")


def _too_large(name: str, message: str) -> UsageError:
    return UsageError(
        message, where=name, fix="save the sheet as CSV in UTF-8, which may have any size"
    )


def _read_chunks(archive: ZipFile, entry: ZipInfo) -> Iterator[bytes]:
    """Yield the content in chunks, each after the end of the one before it."""
    end = b""
    with archive.open(entry) as file:
        while chunk := file.read(_CHUNK):
            yield end + chunk
            end = chunk[-_OVERLAP:]


def _count_cells(archive: ZipFile, entry: ZipInfo) -> int:
    """Return the number of cells in the rectangle around all cells of a sheet that have a reference."""
    columns, rows = set[bytes](), set[bytes]()
    for chunk in _read_chunks(archive, entry):
        for column, row in _REFERENCE.findall(chunk):
            columns.add(column)
            rows.add(row)
    numbers = [*map(column_number, columns - {b""})], [*map(_number, rows)]
    width, height = (max(each) - min(each) + 1 if each else 0 for each in numbers)
    return width * height


def _count_strings(archive: ZipFile, entry: ZipInfo) -> int:
    """Return how many strings the list of strings says that it has."""
    found = _COUNT.search(next(_read_chunks(archive, entry), b""))
    return _number(found[1]) if found else 0


def _number(digits: bytes) -> int:
    """Return a number from its first digits, which are enough to be too large for a sheet: Python does not read 5,000."""
    return int(digits[:_MOST_DIGITS])


def column_number(letters: bytes) -> int:
    """Return the number of a column, counted from 1."""
    number = 0
    for letter in letters[:_MOST_DIGITS].decode().upper():
        number = number * len(ascii_uppercase) + ascii_uppercase.index(letter) + 1
    return number
