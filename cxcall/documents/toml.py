"""Read TOML files that people write: text, values, and the line of each value."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cxcall.findings.errors import UsageError
from cxcall.findings.hinted_commands import command

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_MAX_VALUE_LINES = 500
"""The most lines of a value that are tried to locate it, because each try parses all text before the line."""


def read_file(path: Path) -> str:
    """Return the text of a file of settings; raises UsageError if it cannot be read or is not UTF-8."""
    try:
        return read_content(path).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise _encoding_error(path, error.object) from None


def read_content(path: Path) -> bytes:
    """Return the content of a file of settings; raises UsageError if it cannot be read."""
    from cxcall.documents.text_files import LARGEST_SETTINGS, open_file, read_rest

    try:
        with open_file(str(path)) as file:
            return read_rest(file, str(path), LARGEST_SETTINGS)
    except OSError as error:
        raise UsageError(
            f"`{path.name}` cannot be read: {error.strerror}",
            where=str(path),
            fix="check its name"
            if isinstance(error, FileNotFoundError)
            else command("ls", "-l", str(path)),
        ) from None


def _encoding_error(path: Path, content: bytes) -> UsageError:
    from cxcall.documents.text_files import (
        conversion_command,
        single_byte_encoding,
        wide_encoding,
    )

    if not (encoding := wide_encoding(content) or single_byte_encoding(content)):
        return UsageError(
            f"`{path.name}` is not a text file",
            where=str(path),
            fix="replace it with a text file in UTF-8",
        )
    converted, target = conversion_command(str(path), encoding)
    fix = f"`{converted}`, then replace the file with `{target}`"
    return UsageError(f"`{path.name}` is not UTF-8", where=str(path), fix=fix)


def parse_toml(path: Path, text: str, *, fix: str) -> Mapping[str, Any]:
    """Return the value of a file's text; raises UsageError with the line and `fix`, if it is not TOML."""
    import re
    import tomllib

    try:
        return tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        is_syntax = isinstance(error, tomllib.TOMLDecodeError)
        message = str(error) if is_syntax else "it has a very long number, or is nested too deeply"
        at = re.search(r"at line (\d+), column (\d+)", message)
        line = f"{at[1]}:{at[2]}" if at else str(text.count("\n") + 1)
        raise UsageError(
            f"`{path.name}` is not valid TOML: {message.split(' (at ', maxsplit=1)[0].lower()}",
            where=f"{path}:{line}",
            fix=fix,
        ) from None


def locate_setting(path: Path, text: str, *keys: str) -> str:
    """Return file:line of a value: the last line that is needed to set it.

    The lines are found by bisection. Returns only the file if long values make this too slow.
    """
    lines = text.split("\n")
    low, high = 1, len(lines)
    try:
        while low < high:
            middle = (low + high) // 2
            end, is_set = _state_after(lines, middle, keys)
            low, high = (low, middle) if is_set else (end + 1, max(end + 1, high))
        return f"{path}:{min(_state_after(lines, low, keys)[0], len(lines))}"
    except _TooSlowError:
        return str(path)


class _TooSlowError(Exception):
    """A value has too many lines to be located."""


def _state_after(lines: list[str], count: int, keys: tuple[str, ...]) -> tuple[int, bool]:
    """Return the number of lines from `count` on that are valid TOML, and whether they set a value."""
    import tomllib

    for end in range(count, min(count + _MAX_VALUE_LINES, len(lines)) + 1):
        try:
            node: Any = tomllib.loads("\n".join(lines[:end]))
        except tomllib.TOMLDecodeError:
            continue
        for key in keys:
            node = node.get(key) if isinstance(node, dict) else None
        return end, node is not None
    if count + _MAX_VALUE_LINES < len(lines):
        raise _TooSlowError
    return len(lines), True  # the whole file is valid, so the rest belongs to its last value


def type_name(value: Any) -> str:
    """Return the name of the type of a TOML value, with its article."""
    names = {bool: "a boolean", int: "a number", float: "a number", str: "a string", list: "a list"}
    return names.get(type(value), "a table" if isinstance(value, dict) else "a date")
