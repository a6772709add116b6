"""Find the cells of an Excel sheet that `calamine` reads as if they were blank: formulas without a stored value, and errors."""

from __future__ import annotations

import re
from collections import defaultdict
from html import unescape
from posixpath import normpath
from typing import IO
from zipfile import ZipFile

from cxcall.batch.input.workbook_limits import WORKBOOK, column_number
from cxcall.named_tuple import NamedTuple

_RELATIONS = "xl/_rels/workbook.xml.rels"
_SHEET = re.compile(r"<(?:\w+:)?sheet\b([^>]*)>")
_RELATION = re.compile(r"<(?:\w+:)?Relationship\b([^>]*)>")
_ATTRIBUTE = re.compile(r"""(?:\w+:)?(\w+)\s*=\s*["']([^"']*)["']""")
# A program that calculates nothing writes no value; the value of a formula with the type `str` may be an empty text.
_FORMULA = re.compile(
    rb"<c\b([^>]*+)>\s*+<f\b(?:[^>]*+(?<=/)>|[^>]*+>[^<]*+</f>)\s*+"
    rb"(?:<v\s*+/>|<v\b[^>]*+>\s*+</v>)?\s*+</c>"
)
_ERROR = re.compile(rb"""<c\b([^>]*\bt\s*=\s*["']e["'][^>]*)>""")
# A sheet without the first text, as most have none, is not searched for the pattern: that takes a second for 70 MB.
_PATTERNS = ((b"<f", _FORMULA), (b'"e"', _ERROR))
_PLACE = re.compile(r"([A-Za-z]{1,3})([0-9]{1,7})")


class CellsWithoutValue(NamedTuple):
    """The columns of such cells in one row, counted from 0."""

    formulas: set[int]
    errors: set[int]


def find_cells_without_value(binary: IO[bytes], sheet: str) -> dict[int, CellsWithoutValue]:
    """Return the cells of a sheet that have no value, by the number of their row; empty if the sheet is not found."""
    found: defaultdict[int, CellsWithoutValue] = defaultdict(
        lambda: CellsWithoutValue(set(), set())
    )
    with ZipFile(binary) as archive:
        parts = {each.lower(): each for each in archive.namelist()}
        part = parts.get(_find_part(archive, parts, sheet).lower())
        content = archive.read(part) if part else b""
    for index, (text, pattern) in enumerate(_PATTERNS):
        for match in pattern.finditer(content if text in content else b""):
            attributes = _attributes(match[1].decode("utf-8", "replace"))
            place = _PLACE.fullmatch(attributes.get("r", ""))
            if place and attributes.get("t") != "str":
                found[int(place[2])][index].add(column_number(place[1].encode()) - 1)
    return dict(found)


def _find_part(archive: ZipFile, parts: dict[str, str], sheet: str) -> str:
    """Return the name of the part that has the cells of a sheet; empty if it is not found."""
    workbook, relations = (
        archive.read(parts[each]).decode("utf-8", "replace") if each in parts else ""
        for each in (WORKBOOK, _RELATIONS)
    )
    sheets = map(_attributes, _SHEET.findall(workbook))
    link = next((each.get("id") for each in sheets if each.get("name") == sheet), None)
    for each in map(_attributes, _RELATION.findall(relations)):
        if link and each.get("Id") == link:
            return normpath(
                f"/xl/{target}" if (target := each.get("Target", ""))[:1] != "/" else target
            )[1:]
    return ""


def _attributes(text: str) -> dict[str, str]:
    return {name: unescape(value) for name, value in _ATTRIBUTE.findall(text)}
