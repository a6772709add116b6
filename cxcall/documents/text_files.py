"""Read files and stdin as text or bytes, with an error that says why one cannot be read."""

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
    """A file cannot be opened or read, or there is no stdin to read."""


def read_text(path: str) -> str:
    """Return the text of a file, or of stdin (`-`). A byte order mark is kept, for `parse` to report.

    Raises UnreadableError where it cannot be read, DocumentError where it is not UTF-8.
    """
    return decode(path, read_bytes(path))


def decode(path: str, data: bytes) -> str:
    """Return the text of a file's bytes; raises DocumentError where they are not UTF-8."""
    refuse_utf16(path, data)
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        problem = f"byte 0x{data[error.start]:02x} at offset {error.start}"
        raise encoding_error(path, problem, "LATIN1") from None


def refuse_utf16(path: str, data: bytes) -> None:
    """Raise DocumentError where data starts like UTF-16 or UTF-32."""
    if encoding := wide_encoding(data):
        raise encoding_error(path, f"it is {encoding}", encoding)


def wide_encoding(data: bytes) -> str:
    """Return the name of the encoding where data starts like UTF-16 or UTF-32; empty otherwise."""
    encoding = json.detect_encoding(data)
    wide = encoding.upper().replace("-LE", "LE").replace("-BE", "BE")
    return "" if encoding.startswith("utf-8") else wide


def read_bytes(path: str) -> bytes:
    """Return the bytes of a file, or of stdin (`-`); raises UnreadableError where it cannot be read."""
    try:
        with open_bytes(path) as file:
            return file.read()
    except (OSError, ValueError) as error:
        raise _unreadable(path, error) from None


def open_bytes(path: str) -> BufferedReader:
    """Open a file, or stdin (`-`); raises UnreadableError where it cannot be read."""
    try:
        return _open_stdin() if path == STDIN else open(path, "rb")  # noqa: PTH123 - the path must not be normalized
    except (OSError, ValueError) as error:
        raise _unreadable(path, error) from None


def _unreadable(path: str, error: OSError | ValueError) -> UnreadableError:
    problem, fix = {
        "FileNotFoundError": ("does not exist", "check its name"),
        "IsADirectoryError": ("is a directory", "name a file in it"),
        "PermissionError": ("cannot be read: permission denied", "check its permissions"),
    }.get(type(error).__name__, ("", "check its name"))
    problem = problem or f"cannot be read: {getattr(error, 'strerror', None) or error}"
    return UnreadableError(f"`{path}` {problem}", where=path, fix=fix)


def _open_stdin() -> BufferedReader:
    import sys

    stdin = sys.stdin  # None when the shell closed it
    if stdin is None or stdin.isatty():
        state = "closed" if stdin is None else "a terminal"
        raise UnreadableError(
            f"`-` reads stdin, and stdin is {state}", where="-", fix="name a file, or pipe one in"
        )
    return open(stdin.fileno(), "rb", closefd=False)


def encoding_error(path: str, problem: str, encoding: str) -> DocumentError:
    """Return the error for a file that is not UTF-8; `encoding` is the one that it may have."""
    from pathlib import PurePath

    suffix = PurePath(path).suffix
    is_file = path != STDIN
    return DocumentError(
        Finding(
            Severity.ERROR,
            "body-malformed",
            "body",
            f"`{path}` is not UTF-8: {problem}",
            conversion_command(path, encoding, f"utf8{suffix}")
            if is_file
            else f"pipe it through `iconv -f {encoding} -t UTF-8`",
            why="JSON is UTF-8 (RFC 8259, section 8.1)" if suffix.lower() in _JSON else "",
        )
    )


def conversion_command(path: str, encoding: str, target: str) -> str:
    """Return the shell command that converts a file to UTF-8."""
    from shlex import join, quote

    words = ["iconv", "-f", encoding, "-t", "UTF-8", *(["--"] * path.startswith("-")), path]
    return f"{join(words)} > {quote(target)}"
