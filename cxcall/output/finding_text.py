"""A finding as text, in the grammar of errors: what, where, the line at fault, why, what to do."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from cxcall.output.terminal_text import (
    _LITERAL,
    _NARROWEST,
    _count,
    cells,
    fold,
    printable,
    spelled,
)
from cxcall.phone import phone_numbers

if TYPE_CHECKING:
    from collections.abc import Callable

    from cxcall.findings.finding import Excerpt, Finding

    Paint = Callable[[str, str], str]

_LONGEST_LITERAL = 100
_LONGEST_TEXT = 2000
_LONGEST_LINE = 100


def one_line(text: str) -> str:
    """Return text with values from outside in it as one line of a bounded length: it can forge no other.

    Long literals are cut; whole they stand in JSON.
    """
    line = re.sub(_LITERAL, lambda literal: f"`{_cut(literal[0][1:-1])}`", spelled(text))
    return line if len(line) <= _LONGEST_TEXT else f"{line[:_LONGEST_TEXT]}…"


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST_LITERAL else f"{text[:_LONGEST_LITERAL]}…"


def as_text(finding: Finding, paint: Paint, columns: int | None) -> str:
    """Return a finding as lines, its marks styled by `paint` (style, text) to fit a terminal so wide.

    Without a terminal (None) no line is broken, for grep, and numbers in a quoted line are masked.
    """
    severity = str(finding.severity)
    place = finding.excerpt
    at = f"{place.file}:{place.line}:{place.column}" if place else finding.origin
    pointer = "/".join(map(_cut, finding.where.split("/")))
    where = [part for part in (at, pointer if finding.where != at else "") if part]
    lines = [
        _marked(severity, f"{severity}[{finding.code}]", one_line(finding.message), paint, columns),
        f"  --> {spelled('  '.join(where))}",
    ]
    if place is not None:
        lines += _quoted(place, paint, columns)
    if finding.why:
        lines.append(_marked("", "why", one_line(finding.why), paint, columns))
    if finding.fix:
        # A hint is to be pasted: it is not cut.
        lines.append(_marked("hint", "hint", spelled(finding.fix), paint, columns))
    return "\n".join(lines)


def _marked(style: str, mark: str, text: str, paint: Paint, columns: int | None) -> str:
    rest = fold(f"{mark}: {text}", columns, "  ").removeprefix(mark)
    return (paint(style, mark) if style else mark) + rest


def _quoted(place: Excerpt, paint: Paint, columns: int | None) -> list[str]:
    """Return the line at fault with a caret under the fault; numbers stay whole on a terminal only."""
    gutter = " " * len(str(place.line))
    room = _LONGEST_LINE if columns is None else columns - len(f" {gutter} | ……")
    text = phone_numbers.mask_text(place.text) if columns is None else place.text
    text, column = _cropped(text, place.column - 1, max(min(room, _LONGEST_LINE), _NARROWEST))
    before = cells(text[:column])
    width = max(cells(text[column : column + place.width]), 1)
    carets = paint("error", "^" * width)
    shown = printable(text.replace("\t", " ").replace("\n", " "))
    return [f" {gutter} |", f" {place.line} | {shown}", f" {gutter} | {' ' * before}{carets}"]


def _cropped(text: str, column: int, room: int) -> tuple[str, int]:
    """Cut a long line down to the part around a column; returns it with the column's new index."""
    if len(text) <= 2 * room and cells(text) <= room:
        return text, column
    start = column - _count(reversed(text[max(0, column - room) : column]), room // 3)
    end = start + _count(text[start : start + 2 * room], room)
    left = "…" if start else ""
    right = "…" if end < len(text) else ""
    return left + text[start:end] + right, column - start + len(left)
