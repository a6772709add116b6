"""Guard the standard streams: a stream that cannot be written to does not change what a command does."""

from __future__ import annotations

import os
import sys
from io import BufferedWriter, RawIOBase, TextIOWrapper
from typing import TYPE_CHECKING, Any

from cxcall.runtime.process_exit import discard

if TYPE_CHECKING:
    from typing import NoReturn, TextIO


class UnwrittenError(OSError):
    """stdout cannot be written, for example as the disk is full; not raised for a closed pipe."""


class _GuardedStdout(TextIOWrapper):
    """stdout whose write errors differ from every other OSError."""

    def write(self, text: str) -> int:
        try:
            return super().write(text)
        except OSError as error:
            _refuse(error)

    def flush(self) -> None:
        try:
            super().flush()
        except OSError as error:
            _refuse(error)


class _GuardedStderr(TextIOWrapper):
    """stderr whose write errors are ignored: there is nowhere left to report them."""

    def write(self, text: str) -> int:
        try:
            return super().write(text)
        except OSError:
            discard(self)
            return len(text)

    def flush(self) -> None:
        try:
            super().flush()
        except OSError:
            discard(self)


def guard() -> None:
    """Make the standard streams safe to write to, and escape what they cannot encode.

    A stream that was closed before the start (`>&-`) becomes the null device.
    """
    sys.stdin = sys.stdin or open(os.devnull, encoding="utf-8")  # noqa: SIM115, PTH123 - it stays open
    sys.stdout = _guarded(sys.stdout, _GuardedStdout)
    sys.stderr = _guarded(sys.stderr, _GuardedStderr)


def _guarded(stream: TextIO | None, kind: type[TextIOWrapper]) -> TextIO:
    if not isinstance(stream, TextIOWrapper):
        return stream or open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123 - a device
    buffer: Any = stream.buffer
    # Under `python -u` there is no buffer, and a partial write would lose the rest.
    is_raw = isinstance(buffer, RawIOBase)
    return kind(
        BufferedWriter(buffer) if is_raw else buffer,
        stream.encoding,
        "backslashreplace",
        line_buffering=stream.line_buffering or is_raw,
        write_through=stream.write_through,
    )


def _refuse(error: OSError) -> NoReturn:
    if isinstance(error, BrokenPipeError):
        raise error
    raise UnwrittenError(*error.args) from None
