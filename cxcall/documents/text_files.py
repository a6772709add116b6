"""A file, or stdin, as text or bytes; and why it cannot be read."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from cxcall.documents.json_document import DocumentError
from cxcall.findings.errors import UsageError
from cxcall.findings.finding import Finding, Severity

if TYPE_CHECKING:
    from io import BufferedReader

STDIN = "-"
_JSON = (".json", ".jsonl", ".ndjson", ".har")


class UnreadableError(UsageError):
    """A file that cannot be opened or read, or stdin where there is none to read."""


def read_text(path: str) -> str:
    """Read a file, or stdin (`-`), as UTF-8; a byte order mark stays, for `parse` to report.

    Raises UnreadableError where there is nothing to read, DocumentError where it is not UTF-8.
    """
    return decode(path, read_bytes(path))


def decode(path: str, data: bytes) -> str:
    """Return the text of a file's bytes; raises DocumentError where they are not UTF-8."""
    refuse_wide(path, data)
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        said = f"byte 0x{data[error.start]:02x} at offset {error.start}"
        raise undecodable(path, said, "LATIN1") from None


def refuse_wide(path: str, data: bytes) -> None:
    """Raise DocumentError where a file starts as UTF-16 and UTF-32 do."""
    if wide := wide_of(data):
        raise undecodable(path, f"it is {wide}", wide)


def wide_of(data: bytes) -> str:
    """Return the name of UTF-16 or UTF-32 where data starts as they do; empty where it does not."""
    encoding = json.detect_encoding(data)
    wide = encoding.upper().replace("-LE", "LE").replace("-BE", "BE")
    return "" if encoding.startswith("utf-8") else wide


def read_bytes(path: str) -> bytes:
    """Read a file, or stdin (`-`); raises UnreadableError where there is nothing to read."""
    try:
        with open_bytes(path) as file:
            return file.read()
    except (OSError, ValueError) as error:
        raise _unreadable(path, error) from None


def open_bytes(path: str) -> BufferedReader:
    """Open a file, or stdin for `-`; raises UnreadableError where there is nothing to read."""
    try:
        return _open_stdin() if path == STDIN else open(path, "rb")  # noqa: PTH123 - a path as given
    except (OSError, ValueError) as error:
        raise _unreadable(path, error) from None


def _unreadable(path: str, error: OSError | ValueError) -> UnreadableError:
    said, fix = {
        "FileNotFoundError": ("does not exist", "check its name"),
        "IsADirectoryError": ("is a folder, a file is needed", "name a file in it"),
        "PermissionError": ("cannot be read: permission denied", "check its permissions"),
    }.get(type(error).__name__, ("", "check its name"))
    said = said or f"cannot be read: {getattr(error, 'strerror', None) or error}"
    return UnreadableError(f"`{path}` {said}", where=path, fix=fix)


def _open_stdin() -> BufferedReader:
    import sys

    stdin = sys.stdin  # None when the shell closed it
    if stdin is None or stdin.isatty():
        state = "closed" if stdin is None else "a terminal"
        raise UnreadableError(
            f"`-` reads stdin, and stdin is {state}", where="-", fix="name a file, or pipe one in"
        )
    return open(stdin.fileno(), "rb", closefd=False)


def undecodable(path: str, said: str, encoding: str) -> DocumentError:
    """Return the error for a file in another encoding than UTF-8: which one it may be, and what to do."""
    from pathlib import PurePath

    suffix = PurePath(path).suffix
    is_file = path != STDIN
    return DocumentError(
        Finding(
            Severity.ERROR,
            "body-malformed",
            "body",
            f"`{path}` is not UTF-8: {said}",
            conversion(path, encoding, f"utf8{suffix}")
            if is_file
            else f"pipe it through `iconv -f {encoding} -t UTF-8`",
            why="JSON is UTF-8 (RFC 8259, section 8.1)" if suffix.lower() in _JSON else "",
        )
    )


def conversion(path: str, encoding: str, target: str) -> str:
    """Return the command that writes a file anew in UTF-8."""
    from shlex import join, quote

    words = ["iconv", "-f", encoding, "-t", "UTF-8", *(["--"] * path.startswith("-")), path]
    return f"{join(words)} > {quote(target)}"
