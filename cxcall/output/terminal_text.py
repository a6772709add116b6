"""What a terminal can show, and text for it: escape control characters, fold lines, measure width in cells.

The screen decides with it; no other module asks a terminal.
"""

from __future__ import annotations

import os
import re
from functools import lru_cache
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cxcall.output.output_options import ColorChoice

# C0 and C1 control characters and the marks that reorder text: text from a server must not control
# the terminal.
_UNSAFE = "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]"
# No letter is next to its backticks outside, so that an unclosed backtick does not pair with the
# opening backtick of the next literal.
LITERAL = r"(?<!\w)`[^`\n]*`(?!\w)"
_PROTECTED_SPACE = "\0"  # a space in a literal: `printable` has removed NULs
MIN_COLUMNS = 40
_STYLES = {
    "error": "1;31",
    "warning": "1;33",
    "note": "1;36",
    "hint": "32",
    "dim": "2",
    "bold": "1",
    "good": "1;32",
}
_WIDEST_TEXT = 80


def uses_color(stream: IO[str], choice: ColorChoice) -> bool:
    """Return whether to color a stream: by --color, NO_COLOR, TERM, and whether it is a terminal."""
    if choice != "auto":
        return choice == "always"
    if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return False
    return stream.isatty()


def color_text(style: str, text: str) -> str:
    """Return a text in a style: `error`, `warning`, `note`, `hint`, `dim`, `bold`, or `good`."""
    return f"\x1b[{_STYLES[style]}m{text}\x1b[0m"


def terminal_columns(stream: IO[str]) -> int | None:
    """Return the width of the terminal that a stream writes to; None if it is not a terminal."""
    if not stream.isatty():
        return None
    text = os.environ.get("COLUMNS", "")
    try:
        return (
            int(text) if text.isdecimal() else os.get_terminal_size(stream.fileno()).columns
        ) or None
    except OSError:  # it was closed since
        return None


def reading_width() -> int:
    """Return the width of a text of several lines, such as a topic of the help."""
    from shutil import get_terminal_size

    return min(max(get_terminal_size().columns, MIN_COLUMNS), _WIDEST_TEXT)


def can_draw(stream: IO[str]) -> bool:
    """Return whether a stream is a terminal that can draw a progress bar."""
    return stream.isatty() and os.environ.get("TERM") != "dumb"


def escape_cell(text: str) -> str:
    """Return text with all control characters as escape sequences, also tabs and newlines."""
    return escape_controls(text).replace("\n", "\\n").replace("\t", "\\t")


def escape_controls(text: str) -> str:
    """Return text with its control characters as escape sequences; tabs and newlines stay."""
    if _has_no_controls(text):
        return text
    return re.sub(_UNSAFE, lambda match: match[0].encode("unicode_escape").decode("ascii"), text)


def escape_in_json(text: str) -> str:
    """Return JSON text with the control characters in its strings as JSON's own escape sequences."""
    if _has_no_controls(text):
        return text
    return re.sub(_UNSAFE, lambda match: f"\\u{ord(match[0]):04x}", text)


def _has_no_controls(text: str) -> bool:
    return text.replace("\n", "").replace("\t", "").isprintable()


def fold(text: str, columns: int | None, indent: str = "") -> str:
    """Break text between words if it is wider than a terminal; without a terminal (None), leave it unchanged.

    Text in backticks is never broken, so that people can copy it; `indent` precedes each continuation line.
    """
    if columns is None or (len(text) <= columns and text.isascii()):
        return text
    width = max(columns, MIN_COLUMNS)
    protected = re.sub(LITERAL, lambda literal: literal[0].replace(" ", _PROTECTED_SPACE), text)
    lines = (_fold_line(line.expandtabs(), width, indent) for line in protected.split("\n"))
    return "\n".join(lines).replace(_PROTECTED_SPACE, " ")


def _fold_line(line: str, width: int, indent: str) -> str:
    lines, current, used = [], "", 0
    for gap, word in re.findall(r"( *)([^ ]+)", line):
        word_width = cell_width(word.replace(_PROTECTED_SPACE, " "))
        if current and used + len(gap) + word_width > width:
            lines.append(current)
            current, used, gap = indent, len(indent), ""  # noqa: PLW2901 - none begins a line
        current += gap + word
        used += len(gap) + word_width
    return "\n".join([*lines, current])


def escape_to_one_line(text: str) -> str:
    """Return text on one line, with control characters and newlines as escape sequences."""
    return escape_controls(text).replace("\n", "\\n")


def count_fitting(text: Iterable[str], room: int) -> int:
    """Return how many of the first characters fit into `room` terminal cells."""
    count = 0
    for char in text:
        room -= cell_width(char)
        if room < 0:
            break
        count += 1
    return count


def cell_width(text: str) -> int:
    """Return the width of a text in terminal cells."""
    if text.isascii() and text.isprintable():
        return len(text)
    return sum(map(_character_width, text))


@lru_cache(maxsize=1024)
def _character_width(char: str) -> int:
    from unicodedata import category, east_asian_width

    if re.match(_UNSAFE, char):
        return len(escape_controls(char))
    if category(char) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if east_asian_width(char) in "WF" else 1
