"""Read TOML files that people write: text, values, and the line of each value."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cxcall.findings.errors import UsageError
from cxcall.findings.finding import command

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


def read_file(path: Path) -> str:
    """Return the text of a file; raises UsageError where it cannot be read or is not UTF-8."""
    try:
        return path.read_text("utf-8-sig")
    except UnicodeDecodeError as error:
        from cxcall.documents.text_files import conversion_command, wide_encoding

        encoding = wide_encoding(error.object) or "LATIN1"
        raise UsageError(
            f"`{path.name}` is not UTF-8",
            where=str(path),
            fix=f"`{conversion_command(str(path), encoding, 'new')}`, then replace the file with `new`",
        ) from None
    except OSError as error:
        raise UsageError(
            f"`{path.name}` cannot be read: {error.strerror}",
            where=str(path),
            fix=command("ls", "-l", str(path)),
        ) from None


def parse(path: Path, text: str, *, fix: str) -> Mapping[str, Any]:
    """Return the value of a file's text; raises UsageError with the line, and with `fix`, where it is not TOML."""
    import re
    import tomllib

    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        message = str(error)
        at = re.search(r"at line (\d+), column (\d+)", message)
        line = f"{at[1]}:{at[2]}" if at else str(text.count("\n") + 1)
        raise UsageError(
            f"`{path.name}` is not valid TOML: {message.split(' (at ', maxsplit=1)[0].lower()}",
            where=f"{path}:{line}",
            fix=fix,
        ) from None


def locate(path: Path, text: str, *keys: str) -> str:
    """Return file:line of a value: the last of the fewest lines from the top that set it."""
    import tomllib

    lines = text.split("\n")
    for count in range(1, len(lines)):
        try:
            node: Any = tomllib.loads("\n".join(lines[:count]))
        except tomllib.TOMLDecodeError:
            continue
        for key in keys:
            node = node.get(key) if isinstance(node, dict) else None
        if node is not None:
            return f"{path}:{count}"
    return f"{path}:{len(lines)}"


def type_name(value: Any) -> str:
    """Return the name of the type of a TOML value, with its article."""
    names = {bool: "a boolean", int: "a number", float: "a number", str: "a string", list: "a list"}
    return names.get(type(value), "a table" if isinstance(value, dict) else "a date")
