"""Refuse workbooks that would fill the memory: `calamine` creates a value for each cell, including empty cells."""

from __future__ import annotations

import re
from typing import IO, TYPE_CHECKING
from zipfile import BadZipFile, ZipFile

from cxcall.findings.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from zipfile import ZipInfo

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
