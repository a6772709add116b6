"""Format a finding as text: what is wrong, where, the line in the file, why, and what to do."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from cxcall.documents.masked_quotations import blank_secrets
from cxcall.findings.hinted_commands import complete_commands
from cxcall.output.terminal_text import (
    LITERAL,
    MIN_COLUMNS,
    cell_width,
    count_fitting,
    escape_controls,
    escape_to_one_line,
    fold,
)
from cxcall.phone import number_masking

if TYPE_CHECKING:
    from collections.abc import Callable

    from cxcall.findings.finding import Excerpt, Finding

    Paint = Callable[[str, str], str]

_WITHOUT_PLACE = ("declined",)
"""The codes of findings that are about no place: a person declined."""
_MAX_LITERAL = 100
_MAX_TEXT = 2000
_MAX_EXCERPT = 100
_MARGIN = 1000  # the part of a long line that is searched for phone numbers


def format_finding(
    finding: Finding, paint: Paint, columns: int | None, *, with_source: bool = False
) -> str:
    """Return a finding as lines that fit a terminal of this width; `with_source` adds the source of the rule.

    `paint` takes (style, text) and returns the text in that style. Without a terminal (None) no
    line is broken, so that grep works, and phone numbers in the place and the quoted line are masked.
    """
    severity = str(finding.severity)
    excerpt = finding.excerpt
    position = excerpt.position if excerpt else finding.origin
    position = f"stdin{position[1:]}" if position.startswith("-:") else position
    place = finding.where if columns is not None else number_masking.mask_text(finding.where)
    pointer = "/".join(map(_shorten, place.split("/")))
    where = [part for part in (position, pointer if finding.where != position else "") if part] or [
        "body"
    ]
    heading = f"{severity}[{finding.code}]"
    lines = [_format_labeled(severity, heading, format_one_line(finding.message), paint, columns)]
    if finding.code not in _WITHOUT_PLACE:
        lines.append(f"  --> {escape_to_one_line('  '.join(where))}")
    if excerpt is not None:
        lines += _format_excerpt(excerpt, paint, columns)
    notes = (
        ("", "why", format_one_line(complete_commands(finding.why))),
        # People paste the hint, so it is never shortened.
        ("hint", "hint", _escape(complete_commands(finding.fix))),
        ("", "source", format_one_line(finding.source) if with_source else ""),
    )
    lines += [_format_labeled(*each, paint, columns) for each in notes if each[2]]
    return "\n".join(lines)


def format_one_line(text: str) -> str:
    """Return a message as one line of limited length, so that a value in it cannot forge a line.

    Long literals are shortened here; the JSON output has them in full.
    """
    line = _escape(text)
    if len(line) > _MAX_LITERAL:
        line = re.sub(LITERAL, lambda match: f"`{_shorten(match[0][1:-1])}`", line)
    return line if len(line) <= _MAX_TEXT else f"{line[:_MAX_TEXT]}…"


def _escape(text: str) -> str:
    """Return a text on one line, with the invisible characters of its literals as escape sequences."""
    line = escape_to_one_line(text)
    return line if line.isprintable() else re.sub(LITERAL, _escape_literal, line)


def _escape_literal(found: re.Match[str]) -> str:
    return "".join(
        each if each.isprintable() else each.encode("unicode_escape").decode() for each in found[0]
    )


def _shorten(text: str) -> str:
    return text if len(text) <= _MAX_LITERAL else f"{text[:_MAX_LITERAL]}…"


def _format_labeled(style: str, label: str, text: str, paint: Paint, columns: int | None) -> str:
    rest = fold(f"{label}: {text}", columns, "  ").removeprefix(label)
    return (paint(style, label) if style else label) + rest


def _format_excerpt(excerpt: Excerpt, paint: Paint, columns: int | None) -> list[str]:
    """Return the quoted line and a line with carets under the wrong part of it."""
    excerpt = excerpt.crop(_MARGIN)
    gutter = " " * len(str(excerpt.line))
    room = _MAX_EXCERPT
    if columns is not None:
        room = min(max(columns, MIN_COLUMNS) - len(f" {gutter} | ……"), room)
    text = _mask_line(excerpt.text, is_terminal=columns is not None)
    text, start = _crop_line(text, excerpt.column - 1 - excerpt.start, room)
    indent = " " * cell_width(text[:start])
    carets = "^" * max(cell_width(text[start : start + excerpt.width]), 1)
    quoted = escape_controls(text.replace("\t", " ").replace("\n", " "))
    return [
        f" {gutter} |",
        f" {excerpt.line} | {quoted}",
        f" {gutter} | {indent}{paint('error', carets)}",
    ]


@lru_cache(maxsize=8)
def _mask_line(text: str, *, is_terminal: bool) -> str:
    """Mask the secrets in a line, and outside a terminal the numbers; cached for all findings in the line."""
    text = blank_secrets(text)
    return text if is_terminal else number_masking.mask_text(text)


def _crop_line(text: str, column: int, room: int) -> tuple[str, int]:
    """Return the part of a long line around a column (from 0), and the column within that part."""
    if len(text) <= 2 * room and cell_width(text) <= room:
        return text, column
    start = column - count_fitting(reversed(text[max(0, column - room) : column]), room // 3)
    end = start + count_fitting(text[start : start + 2 * room], room)
    left = "…" if start else ""
    right = "…" if end < len(text) else ""
    return left + text[start:end] + right, column - start + len(left)
