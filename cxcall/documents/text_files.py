"""Read files and stdin as text or bytes, with an error that says why one cannot be read.

Every input of cxcall is read here: a regular file, or a pipe that the shell opened (`-`, `/dev/fd/N`).
A device or a named pipe could be endless or silent. Each input has a largest size. Only `validate`
reads named pipes, line by line.
"""

from __future__ import annotations

import json
import os
import re
import stat
from codecs import getincrementaldecoder
from errno import EISDIR
from io import BufferedReader, FileIO, StringIO
from typing import TYPE_CHECKING

from cxcall.documents.json_document import DocumentError
from cxcall.findings.errors import UsageError
from cxcall.findings.finding import Finding
from cxcall.runtime.operating_system import is_null_device, open_at_once, wait_for_data

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any, TextIO

STDIN = "-"
LARGEST_DOCUMENT = 256 << 20
"""The most bytes of a file that is read as a whole: a payload, an API schema, a list, a HAR file."""
LARGEST_LINE = 64 << 20
"""The most bytes of one line of a file that is read line by line; such a file can have any size."""
LARGEST_SETTINGS = 1 << 20
"""The most bytes of a file of settings."""

_PIPES_OF_THE_SHELL = ("/dev/fd/", "/dev/stdin", "/proc/")
_read_inputs: set[tuple[int, int]] = set()
"""The device and inode of stdin and of pipes that were opened: their content can be read only once."""
_JSON = (".json", ".jsonl", ".ndjson", ".har")
_SAMPLE = 4096
"""Bytes of a file that are checked to decide whether it is text."""
# No text has these. A text may have tabs, line ends, backspaces, form feeds, the end mark of DOS, and colors.
_CONTROL = rb"[\x00-\x06\x0e-\x19\x1c-\x1f\x7f]"
_WINDOWS = rb"[\x80-\x9f]"
_KNOWN_STARTS = {
    b"\x1f\x8b": ("it is compressed by gzip", "unpack it, and give the name of the new file"),
    b"PK\x03\x04": (
        "it is a ZIP archive, such as an Excel file",
        "unpack it; of an Excel file, save the sheet as CSV in UTF-8, or name the file `.xlsx` for a batch",
    ),
    b"\xd0\xcf\x11\xe0": (
        "it is an Office file in an old format, such as `.xls`",
        "save it as CSV in UTF-8, or as `.xlsx` for a batch",
    ),
}


class UnreadableError(UsageError):
    """A file cannot be opened or read, or there is no stdin to read."""


def read_text(path: str) -> str:
    """Return the text of a file, or of stdin (`-`). A byte order mark is kept, for `parse_json` to report.

    Raises UnreadableError if it cannot be read, and DocumentError if it is not UTF-8.
    """
    return decode(path, read_bytes(path))


def decode(path: str, data: bytes) -> str:
    """Return the text of a file's bytes; raises DocumentError if they are not UTF-8."""
    refuse_other_encoding(path, data)
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        problem = f"byte 0x{data[error.start]:02x} at offset {error.start}"
        raise encoding_error(path, problem, data[error.start :]) from None


def refuse_other_encoding(path: str, start: bytes) -> None:
    """Raise DocumentError if a file starts like UTF-16 or UTF-32, or is not text."""
    if encoding := wide_encoding(start):
        raise _encoding_error(path, f"it is {encoding}", encoding)
    if _is_binary(start):
        raise _binary_error(path, start)


def wide_encoding(start: bytes) -> str:
    """Return the name of the encoding if a file starts like UTF-16 or UTF-32; empty otherwise."""
    encoding, sample = _apparent_encoding(start), start[:_SAMPLE]
    if encoding.startswith("utf-8") or not _is_start_of(sample, encoding):
        return ""
    if any(char < " " and not char.isspace() for char in sample.decode(encoding, "ignore")):
        return ""
    return encoding.upper().replace("-LE", "LE").replace("-BE", "BE")


def single_byte_encoding(sample: bytes) -> str:
    """Return the likely encoding of bytes that are not UTF-8; empty if they are not text."""
    if re.search(_CONTROL, sample[:_SAMPLE]):
        return ""
    # Windows has letters where ISO 8859-1 has control characters.
    return "CP1252" if re.search(_WINDOWS, sample[:_SAMPLE]) else "LATIN1"


def _is_binary(start: bytes) -> bool:
    """Return whether a file that is not UTF-16 or UTF-32 is not text in another encoding either."""
    sample = start[:_SAMPLE]
    if not _apparent_encoding(start).startswith("utf-8"):
        return True  # it has NULs, or the byte order mark of another encoding
    return not _is_start_of(sample, "utf-8") and re.search(_CONTROL, sample) is not None


def _apparent_encoding(start: bytes) -> str:
    """Return the encoding in which JSON would start with the same NULs."""
    encoding = json.detect_encoding(start)
    second = {"utf-16-le": start[3:4], "utf-16-be": start[2:3]}.get(encoding, b"")
    # A single NUL: a damaged file in another encoding.
    return "utf-8" if second.strip(b"\0") else encoding


def _is_start_of(sample: bytes, encoding: str) -> bool:
    """Return whether bytes are valid in an encoding; the last character may be incomplete."""
    try:
        getincrementaldecoder(encoding)().decode(sample)
    except UnicodeError:
        return False
    return True


def read_bytes(path: str) -> bytes:
    """Return the bytes of a file, or of stdin (`-`); raises UnreadableError if it is too large, or cannot be read."""
    try:
        with open_bytes(path) as file:
            return read_rest(file, path)
    except (OSError, ValueError) as error:
        raise _unreadable(path, error) from None


def read_rest(file: BufferedReader, path: str, largest: int = LARGEST_DOCUMENT) -> bytes:
    """Return the rest of an open file; raises UnreadableError for more than `largest` bytes."""
    found = os.fstat(file.fileno())
    is_regular = stat.S_ISREG(found.st_mode)
    if is_regular and found.st_size > largest:
        raise _too_large(path, "", largest)
    content = file.read() if is_regular else file.read(largest + 1)
    if len(content) > largest:
        raise _too_large(path, "", largest)
    return content


def read_line(file: BufferedReader, path: str) -> bytes:
    """Return the next line; raises UnreadableError if it has more than 64 MiB."""
    line = file.readline(LARGEST_LINE + 1)
    if len(line) > LARGEST_LINE:
        raise _too_large(path, "a line of ", LARGEST_LINE)
    return line


def split_lines(text: str) -> Iterator[str]:
    """Yield the lines of a text without their ends.

    Unlike `str.splitlines`, only CR and LF end a line: a value may have a line separator or a form feed in it.
    """
    return (line.removesuffix("\n") for line in StringIO(text, newline=None))


def text_lines(text: TextIO, path: str) -> Iterator[str]:
    """Yield the lines of a text file; raises UnreadableError at a line of more than 64 Mi characters."""
    while line := text.readline(LARGEST_LINE + 1):
        if len(line) > LARGEST_LINE:
            raise _too_large(path, "a line of ", LARGEST_LINE)
        yield line


class _InputFile(FileIO):
    """A file whose reads raise UnreadableError, because a disk or a network may fail in the middle."""

    @property
    def _label(self) -> str:
        return STDIN if isinstance(self.name, int) else str(self.name)

    def readinto(self, buffer: Any) -> int | None:  # any writable buffer
        """Read into a buffer, and return the number of bytes."""
        try:
            return super().readinto(buffer)
        except OSError as error:
            raise _unreadable(self._label, error) from None

    def readall(self) -> bytes:
        """Return the rest of the file."""
        try:
            return super().readall()
        except OSError as error:
            raise _unreadable(self._label, error) from None


def open_bytes(path: str, *, may_be_pipe: bool = False) -> BufferedReader:
    """Open a file, or stdin (`-`); raises UnreadableError if it cannot be read, now or later.

    With `may_be_pipe`, a named pipe is opened as soon as a process writes to it.
    """
    try:
        if path == STDIN:
            return _open_stdin()
        if may_be_pipe and stat.S_ISFIFO(os.stat(path).st_mode):  # noqa: PTH116 - a path as given
            return BufferedReader(_InputFile(path))
        return BufferedReader(_InputFile(path, opener=_open_descriptor))
    except (OSError, ValueError) as error:
        raise _unreadable(path, error) from None


def open_file(path: str) -> BufferedReader:
    """Open a regular file, stdin (`-`), or a pipe that the shell opened; raises OSError, and UnreadableError for others."""
    return _open_stdin() if path == STDIN else open(path, "rb", opener=_open_descriptor)


def _open_descriptor(path: str, flags: int) -> int:
    # Opening a named pipe would wait until a process writes to it.
    descriptor = open_at_once(path, flags)
    try:
        found = os.fstat(descriptor)
        _stop_on_device(path, found)
        if not stat.S_ISREG(found.st_mode):
            _stop_on_second_read(path, found)
        wait_for_data(descriptor)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor  # from here on `open` closes it, even if a signal interrupts


def _stop_on_device(path: str, found: os.stat_result) -> None:
    """Raise UnreadableError for a device, whose input may never start or never end."""
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


def _stop_on_second_read(path: str, found: os.stat_result) -> None:
    """Raise UnreadableError for stdin or a pipe that was read before: it would seem to be empty."""
    input_ = found.st_dev, found.st_ino
    if input_ in _read_inputs:
        raise UnreadableError(
            f"`{path}` can be read only once",
            where=path,
            fix="save the input in a file, and give the name of the file",
        )
    if not stat.S_ISCHR(found.st_mode):  # the null device is always empty
        _read_inputs.add(input_)


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
    _stop_on_second_read(STDIN, os.fstat(stdin.fileno()))
    return BufferedReader(_InputFile(stdin.fileno(), closefd=False))


def encoding_error(path: str, problem: str, sample: bytes) -> DocumentError:
    """Return the error for a file that is not UTF-8; `sample` are some of its bytes, starting at the invalid one."""
    encoding = single_byte_encoding(sample)
    return _encoding_error(path, problem, encoding) if encoding else _binary_error(path, sample)


def _encoding_error(path: str, problem: str, encoding: str) -> DocumentError:
    is_json = path.lower().endswith(_JSON)
    return DocumentError(
        Finding.error(
            "body-malformed",
            path,
            f"`{path}` is not UTF-8: {problem}",
            f"pipe it through `iconv -f {encoding} -t UTF-8`"
            if path == STDIN or path.startswith(_PIPES_OF_THE_SHELL)
            else conversion_command(path, encoding)[0],
            why="JSON must be UTF-8 (RFC 8259, section 8.1)" if is_json else "",
        )
    )


def _binary_error(path: str, sample: bytes) -> DocumentError:
    """Return the error for a file that is not text in any encoding."""
    known = (found for start, found in _KNOWN_STARTS.items() if sample.startswith(start))
    problem, fix = next(known, ("it contains control characters", "check its name"))
    return DocumentError(
        Finding.error("body-malformed", path, f"`{path}` is not a text file: {problem}", fix)
    )


def conversion_command(path: str, encoding: str) -> tuple[str, str]:
    """Return the shell command that converts a file to UTF-8, and the path of the new file beside it."""
    from pathlib import PurePath
    from shlex import join, quote

    from cxcall.documents.paths import unused_name

    suffix = PurePath(path).suffix
    target = unused_name(f"{path.removesuffix(suffix)}.utf8{suffix}")
    words = ["iconv", "-f", encoding, "-t", "UTF-8", *(["--"] * path.startswith("-")), path]
    return f"{join(words)} > {quote(target)}", target
