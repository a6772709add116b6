"""A finding as text, in the grammar of errors: what, where, the line at fault, why, what to do."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from cxcall.output.terminal_text import (
    LITERAL,
    MIN_COLUMNS,
    cell_width,
    count_fitting,
    escape_controls,
    escape_to_one_line,
    fold,
)
from cxcall.phone import phone_numbers

if TYPE_CHECKING:
    from collections.abc import Callable

    from cxcall.findings.finding import Excerpt, Finding

    Paint = Callable[[str, str], str]

_MAX_LITERAL = 100
_MAX_TEXT = 2000
_MAX_EXCERPT = 100


def format_one_line(text: str) -> str:
    """Return text with values from outside in it as one line of a bounded length: it can forge no other.

    Long literals are cut; whole they stand in JSON.
    """
    line = re.sub(
        LITERAL, lambda literal: f"`{_shorten(literal[0][1:-1])}`", escape_to_one_line(text)
    )
    return line if len(line) <= _MAX_TEXT else f"{line[:_MAX_TEXT]}…"


def _shorten(text: str) -> str:
    return text if len(text) <= _MAX_LITERAL else f"{text[:_MAX_LITERAL]}…"


def format_finding(finding: Finding, paint: Paint, columns: int | None) -> str:
    """Return a finding as lines, its marks styled by `paint` (style, text) to fit a terminal so wide.

    Without a terminal (None) no line is broken, for grep, and numbers in a quoted line are masked.
    """
    severity = str(finding.severity)
    place = finding.excerpt
    at = f"{place.file}:{place.line}:{place.column}" if place else finding.origin
    pointer = "/".join(map(_shorten, finding.where.split("/")))
    where = [part for part in (at, pointer if finding.where != at else "") if part]
    lines = [
        _format_labeled(
            severity,
            f"{severity}[{finding.code}]",
            format_one_line(finding.message),
            paint,
            columns,
        ),
        f"  --> {escape_to_one_line('  '.join(where))}",
    ]
    if place is not None:
        lines += _format_excerpt(place, paint, columns)
    if finding.why:
        lines.append(_format_labeled("", "why", format_one_line(finding.why), paint, columns))
    if finding.fix:
        # A hint is to be pasted: it is not cut.
        lines.append(
            _format_labeled("hint", "hint", escape_to_one_line(finding.fix), paint, columns)
        )
    return "\n".join(lines)


def _format_labeled(style: str, mark: str, text: str, paint: Paint, columns: int | None) -> str:
    rest = fold(f"{mark}: {text}", columns, "  ").removeprefix(mark)
    return (paint(style, mark) if style else mark) + rest


def _format_excerpt(place: Excerpt, paint: Paint, columns: int | None) -> list[str]:
    """Return the line at fault with a caret under the fault; numbers stay whole on a terminal only."""
    gutter = " " * len(str(place.line))
    room = _MAX_EXCERPT if columns is None else columns - len(f" {gutter} | ……")
    text = phone_numbers.mask_text(place.text) if columns is None else place.text
    text, column = _crop_line(text, place.column - 1, max(min(room, _MAX_EXCERPT), MIN_COLUMNS))
    before = cell_width(text[:column])
    width = max(cell_width(text[column : column + place.width]), 1)
    carets = paint("error", "^" * width)
    shown = escape_controls(text.replace("\t", " ").replace("\n", " "))
    return [f" {gutter} |", f" {place.line} | {shown}", f" {gutter} | {' ' * before}{carets}"]


def _crop_line(text: str, column: int, room: int) -> tuple[str, int]:
    """Cut a long line down to the part around a column; returns it with the column's new index."""
    if len(text) <= 2 * room and cell_width(text) <= room:
        return text, column
    start = column - count_fitting(reversed(text[max(0, column - room) : column]), room // 3)
    end = start + count_fitting(text[start : start + 2 * room], room)
    left = "…" if start else ""
    right = "…" if end < len(text) else ""
    return left + text[start:end] + right, column - start + len(left)
