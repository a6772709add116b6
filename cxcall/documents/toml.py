"""Read TOML files that people write: text, values, and the line of each value."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from cxcall.findings.errors import UsageError
from cxcall.findings.hinted_commands import command

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


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
    """Return file:line of a setting or table, or else of the innermost table around it, such as `{ a = 1 }`; or the file."""
    *tables, key = keys
    setting, table = rf"\s*([\"']?){re.escape(key)}\1\s*[=.]", ""
    for number, line in enumerate(text.split("\n"), 1):
        if header := re.match(r"\s*\[+([^\]]*)\]", line):
            table = re.sub(r"[\"'\s]", "", header[1])
        is_table = header and table == ".".join(keys)
        if is_table or (table == ".".join(tables) and re.match(setting, line)):
            return f"{path}:{number}"
    return locate_setting(path, text, *tables) if tables else str(path)


def type_name(value: Any) -> str:
    """Return the name of the type of a TOML value, with its article."""
    names = {bool: "a boolean", int: "a number", float: "a number", str: "a string", list: "a list"}
    return names.get(type(value), "a table" if isinstance(value, dict) else "a date")
