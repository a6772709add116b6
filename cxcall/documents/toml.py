"""Read TOML files that people write: text, values, and the line of each value."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from cxcall.findings.errors import UsageError
from cxcall.findings.hinted_commands import command

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_KEY = r"""(?:"[^"]*"|'[^']*'|[\w-]+)"""


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
        known = {
            FileNotFoundError: "check its name",
            IsADirectoryError: "it must be a file: move the folder away, or name another file",
        }
        raise UsageError(
            f"`{path.name}` cannot be read: {error.strerror}",
            where=str(path),
            fix=known.get(type(error)) or command("ls", "-l", str(path)),
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
    """Return file:line of a setting or table, or else of the innermost table around it, such as `{ a = 1 }`; or the file.

    A line that may be part of a text of several lines counts only if other keys in it change the value.
    """
    lines, table = text.split("\n"), list[str]()
    for number, line in enumerate(lines):
        if not (found := re.match(rf"(\[*)\s*({_KEY}(?:\s*\.\s*{_KEY})*)\s*[]=]", line.strip())):
            continue
        names = [each.strip("\"'") for each in re.findall(_KEY, found[2])]
        table, names = (names, names) if found[1] else (table, [*table, *names])
        if names[: len(keys)] == [*keys]:
            changed = re.sub(r"^\s*\[*", r"\g<0>_.", line)
            other = "\n".join((*lines[:number], changed, *lines[number + 1 :]))
            if _differ(other, text, keys):
                return f"{path}:{number + 1}"
    return locate_setting(path, text, *keys[:-1]) if keys[1:] else str(path)


def _differ(changed: str, text: str, keys: tuple[str, ...]) -> bool:
    """Return whether a changed text is valid, and its value at the keys is another one."""
    import tomllib

    try:
        values: list[Any] = [tomllib.loads(changed), tomllib.loads(text)]
    except tomllib.TOMLDecodeError:
        return False
    for key in keys:
        values = [each.get(key) if isinstance(each, dict) else None for each in values]
    return bool(values[0] != values[1])


def type_name(value: Any) -> str:
    """Return the name of the type of a TOML value, with its article."""
    names = {bool: "a boolean", int: "a number", float: "a number", str: "a string", list: "a list"}
    return names.get(type(value), "a table" if isinstance(value, dict) else "a date")
