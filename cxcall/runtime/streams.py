"""The streams of the process: one that takes nothing changes nothing of what is done."""

from __future__ import annotations

import os
import sys
from io import BufferedWriter, RawIOBase, TextIOWrapper
from typing import TYPE_CHECKING, Any

from cxcall.runtime.process_exit import discard

if TYPE_CHECKING:
    from typing import NoReturn, TextIO


class UnwrittenError(OSError):
    """What stdout does not take: the disk is full, say. A reader that has left is none."""


class _GuardedStdout(TextIOWrapper):
    """stdout: that it cannot be written to is told from every other error of the system."""

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
    """stderr: what it does not take goes nowhere, for nobody is there to be told."""

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
    """Make the streams of the process safe to write to; what they cannot encode is escaped, never fatal.

    One that was closed before the start (`>&-`) takes everything and keeps nothing.
    """
    sys.stdin = sys.stdin or open(os.devnull, encoding="utf-8")  # noqa: SIM115, PTH123 - it stays open
    sys.stdout = _guarded(sys.stdout, _GuardedStdout)
    sys.stderr = _guarded(sys.stderr, _GuardedStderr)


def _guarded(stream: TextIO | None, kind: type[TextIOWrapper]) -> TextIO:
    if not isinstance(stream, TextIOWrapper):
        return stream or open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123 - a device
    buffer: Any = stream.buffer
    # Under `python -u` there is no buffer, and what a write does not take at once is lost.
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
