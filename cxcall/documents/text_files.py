"""Read files and stdin as text or bytes, with an error that says why one cannot be read.

Every input of cxcall is read here: a regular file, or a pipe that the shell opened (`-`, `/dev/fd/N`).
A device and a named pipe could be endless, or silent; each input has a largest size. Only `validate`
reads named pipes, line by line.
"""

from __future__ import annotations

import json
import os
import stat
from errno import EISDIR
from typing import TYPE_CHECKING

from cxcall.documents.json_document import DocumentError
from cxcall.findings.errors import UsageError
from cxcall.findings.finding import Finding
from cxcall.runtime.operating_system import is_null_device, open_at_once, wait_for_data

if TYPE_CHECKING:
    from collections.abc import Iterator
    from io import BufferedReader
    from typing import TextIO

STDIN = "-"
LARGEST_DOCUMENT = 256 << 20
"""Bytes of a file that is read as a whole: a payload, an API schema, a list, a HAR file."""
LARGEST_LINE = 64 << 20
"""Bytes of one line of a file that is read line by line, and may itself have any size."""
LARGEST_SETTINGS = 1 << 20
"""Bytes of a file of settings."""

_PIPES_OF_THE_SHELL = ("/dev/fd/", "/dev/stdin", "/proc/")
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
    second = {"utf-16-le": data[3:4], "utf-16-be": data[2:3]}.get(encoding, b"")
    if second.strip(b"\0"):
        return ""  # one NUL alone: a damaged file in another encoding
    wide = encoding.upper().replace("-LE", "LE").replace("-BE", "BE")
    return "" if encoding.startswith("utf-8") else wide


def read_bytes(path: str, largest: int = LARGEST_DOCUMENT) -> bytes:
    """Return the bytes of a file, or of stdin (`-`).

    Raises UnreadableError where it cannot be read, or has more than `largest` bytes.
    """
    try:
        with open_bytes(path) as file:
            return read_rest(file, path, largest)
    except (OSError, ValueError) as error:
        raise _unreadable(path, error) from None


def read_rest(file: BufferedReader, path: str, largest: int = LARGEST_DOCUMENT) -> bytes:
    """Return what is left of an open file; raises UnreadableError for more than `largest` bytes."""
    found = os.fstat(file.fileno())
    is_regular = stat.S_ISREG(found.st_mode)
    if is_regular and found.st_size > largest:
        raise _too_large(path, "", largest)
    content = file.read() if is_regular else file.read(largest + 1)
    if len(content) > largest:
        raise _too_large(path, "", largest)
    return content


def read_line(file: BufferedReader, path: str) -> bytes:
    """Return the next line; raises UnreadableError for one of more than 64 MiB."""
    line = file.readline(LARGEST_LINE + 1)
    if len(line) > LARGEST_LINE:
        raise _too_large(path, "a line of ", LARGEST_LINE)
    return line


def text_lines(text: TextIO, path: str) -> Iterator[str]:
    """Yield the lines of a text file; raises UnreadableError at one of more than 64 Mi characters."""
    while line := text.readline(LARGEST_LINE + 1):
        if len(line) > LARGEST_LINE:
            raise _too_large(path, "a line of ", LARGEST_LINE)
        yield line


def open_bytes(path: str, *, may_be_pipe: bool = False) -> BufferedReader:
    """Open a file, or stdin (`-`); raises UnreadableError where it cannot be read.

    With `may_be_pipe`, a named pipe is opened as soon as somebody writes to it.
    """
    try:
        if path == STDIN:
            return _open_stdin()
        if may_be_pipe and stat.S_ISFIFO(os.stat(path).st_mode):  # noqa: PTH116 - a path as given
            return open(path, "rb")  # noqa: PTH123 - a path as given
        return open_file(path)
    except (OSError, ValueError) as error:
        raise _unreadable(path, error) from None


def open_file(path: str) -> BufferedReader:
    """Open a regular file, or a pipe that the shell opened; raises OSError, and UnreadableError for others."""
    return open(path, "rb", opener=_open_descriptor)


def _open_descriptor(path: str, flags: int) -> int:
    # Opening a named pipe would wait for somebody to write to it.
    descriptor = open_at_once(path, flags)
    try:
        _stop_on_device(path, os.fstat(descriptor))
        wait_for_data(descriptor)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor  # from here on `open` closes it, also where a signal interrupts


def _stop_on_device(path: str, found: os.stat_result) -> None:
    """Raise UnreadableError for what may have no end, or no beginning."""
    mode = found.st_mode
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(EISDIR, os.strerror(EISDIR))
    is_pipe = stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode)
    is_empty = stat.S_ISCHR(mode) and is_null_device(found)
    if stat.S_ISREG(mode) or is_empty or (is_pipe and path.startswith(_PIPES_OF_THE_SHELL)):
        return
    raise UnreadableError(
        f"`{path}` is a {'named pipe' if is_pipe else 'device'}: only regular files and shell pipes can be read",
        where=path,
        fix="use a regular file; where a payload is read, you can also pipe it into `-`",
    )


def _too_large(path: str, part: str, largest: int) -> UnreadableError:
    return UnreadableError(
        f"{part}`{path}` has more than {largest >> 20} MiB",
        where=path,
        fix="split the file, or remove the parts that you do not need",
    )


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
            f"`-` reads stdin, but stdin is {state}",
            where="-",
            fix="give the name of a file, or pipe the input in",
        )
    return open(stdin.fileno(), "rb", closefd=False)


def encoding_error(path: str, problem: str, encoding: str) -> DocumentError:
    """Return the error for a file that is not UTF-8; `encoding` is the one that it may have."""
    from pathlib import PurePath

    suffix = PurePath(path).suffix
    is_file = path != STDIN
    return DocumentError(
        Finding.error(
            "body-malformed",
            "body",
            f"`{path}` is not UTF-8: {problem}",
            conversion_command(path, encoding, f"utf8{suffix}")
            if is_file
            else f"pipe it through `iconv -f {encoding} -t UTF-8`",
            why="JSON must be UTF-8 (RFC 8259, section 8.1)" if suffix.lower() in _JSON else "",
        )
    )


def conversion_command(path: str, encoding: str, target: str) -> str:
    """Return the shell command that converts a file to UTF-8."""
    from shlex import join, quote

    words = ["iconv", "-f", encoding, "-t", "UTF-8", *(["--"] * path.startswith("-")), path]
    return f"{join(words)} > {quote(target)}"
