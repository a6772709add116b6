"""A finding as text, in the grammar of errors: what, where, the line at fault, why, what to do."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from cxcall import phone

if TYPE_CHECKING:
    from collections.abc import Callable

    from cxcall.errors import Excerpt, Finding

    Paint = Callable[[str, str], str]

# C0 and C1 controls, and the marks that reorder text: what a server sends is shown, never obeyed.
_UNSAFE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")
_LITERAL = r"`[^`\n]*`"
_HELD = "\0"  # where a literal has a space: `printable` has left none of these
_LONGEST_LINE = 100
_NARROWEST = 40


def printable(text: str) -> str:
    """Return text from outside with control characters spelled out, tabs and newlines kept."""
    if text.isprintable():
        return text
    return _UNSAFE.sub(lambda match: match[0].encode("unicode_escape").decode("ascii"), text)


def fold(text: str, columns: int | None, indent: str = "") -> str:
    """Break text between words where it is wider than a terminal; without one (None), leave it whole.

    What stands in backticks is to be copied, and so never broken; `indent` stands before each line
    that goes on.
    """
    if columns is None or (len(text) <= columns and text.isascii()):
        return text
    from textwrap import wrap

    def folded(line: str) -> str:
        width = max(columns, _NARROWEST)
        lines = wrap(line, width, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)  # fmt: skip
        return "\n".join(lines)

    held = re.sub(_LITERAL, lambda literal: literal[0].replace(" ", _HELD), text)
    return "\n".join(map(folded, held.split("\n"))).replace(_HELD, " ")


def as_text(finding: Finding, paint: Paint, columns: int | None) -> str:
    """Return a finding as lines, its marks styled by `paint` (style, text) to fit a terminal so wide.

    Without a terminal (None) no line is broken, for grep, and numbers in a quoted line are masked.
    """
    severity = str(finding.severity)
    place = finding.excerpt
    at = f"{place.file}:{place.line}:{place.column}" if place else finding.origin
    where = [part for part in (at, finding.where if finding.where != at else "") if part]
    lines = [
        _marked(severity, f"{severity}[{finding.code}]", finding.message, paint, columns),
        f"  --> {printable('  '.join(where))}",
    ]
    if place is not None:
        lines += _quoted(place, paint, columns)
    if finding.why:
        lines.append(_marked("", "why", finding.why, paint, columns))
    if finding.fix:
        lines.append(_marked("hint", "hint", finding.fix, paint, columns))
    return "\n".join(lines)


def _marked(style: str, mark: str, text: str, paint: Paint, columns: int | None) -> str:
    rest = fold(f"{mark}: {printable(text)}", columns, "  ").removeprefix(mark)
    return (paint(style, mark) if style else mark) + rest


def _quoted(place: Excerpt, paint: Paint, columns: int | None) -> list[str]:
    """Return the line at fault with a caret under the fault; numbers stay whole on a terminal only."""
    gutter = " " * len(str(place.line))
    room = _LONGEST_LINE if columns is None else columns - len(f" {gutter} | ……")
    text = phone.mask_text(place.text) if columns is None else place.text
    text, column = _cropped(text, place.column - 1, max(min(room, _LONGEST_LINE), _NARROWEST))
    before = cells(text[:column])
    width = max(cells(text[column : column + place.width]), 1)
    carets = paint("error", "^" * width)
    shown = printable(text.replace("\t", " ").replace("\n", " "))
    return [f" {gutter} |", f" {place.line} | {shown}", f" {gutter} | {' ' * before}{carets}"]


def _cropped(text: str, column: int, room: int) -> tuple[str, int]:
    """Cut a long line down to the part around a column; returns it with the column's new index."""
    if len(text) <= room:
        return text, column
    start = max(0, column - room // 3)
    part = text[start : start + room]
    left = "…" if start else ""
    right = "…" if start + room < len(text) else ""
    return left + part + right, column - start + len(left)


def cells(text: str) -> int:
    """Return how many terminal cells a text takes."""
    if text.isascii() and text.isprintable():
        return len(text)
    from unicodedata import combining, east_asian_width

    return sum(
        len(printable(char))
        if _UNSAFE.match(char)
        else 0
        if combining(char)
        else 2
        if east_asian_width(char) in "WF"
        else 1
        for char in text
    )
