"""Guard the standard streams: a stream that cannot be written to does not change what a command does."""

from __future__ import annotations

import codecs
import os
import sys
from errno import ETIMEDOUT
from io import BufferedWriter, RawIOBase, TextIOWrapper
from time import monotonic
from typing import TYPE_CHECKING, Any

from cxcall.runtime import signals
from cxcall.runtime.operating_system import call_later
from cxcall.runtime.process_exit import discard

if TYPE_CHECKING:
    from typing import TextIO


_ESCAPE = "cxcall-json"
"""The name of the error handler of the standard streams."""
_PATIENCE = 2.0
"""Seconds that a write may block after a signal, because the output may have no reader."""


class WriteError(OSError):
    """stdout cannot be written, for example because the disk is full; not raised for a closed pipe."""


class _TimedWrite:
    """Keeps the start time of a write to a standard stream; only the main thread writes."""

    def __init__(self) -> None:
        self.since: float | None = None

    def __enter__(self) -> None:
        self.since = self.since or monotonic()

    def __exit__(self, *_: object) -> None:
        self.since = None


_timed = _TimedWrite()


def _limit_write_time() -> None:
    """Make writes to the standard streams fail from now on if they block for two seconds."""

    def check() -> None:
        _limit_write_time()
        if _timed.since is not None and monotonic() - _timed.since >= _PATIENCE:
            raise TimeoutError(ETIMEDOUT, "the pipe is not read")

    call_later(_PATIENCE / 4, check)


class _GuardedStream(TextIOWrapper):
    """A standard stream whose write errors are handled in one place."""

    def write(self, text: str) -> int:
        try:
            with _timed:
                return super().write(text)
        except OSError as error:
            self._handle(error)
            return len(text)

    def flush(self) -> None:
        try:
            with _timed:
                super().flush()
        except OSError as error:
            self._handle(error)

    def _handle(self, _error: OSError) -> None:
        """Ignore an error, because it cannot be reported either."""
        discard(self)


class _GuardedStdout(_GuardedStream):
    """stdout whose write errors differ from every other OSError."""

    is_optional = False

    def _handle(self, _error: OSError) -> None:
        if isinstance(_error, BrokenPipeError):
            if self.is_optional:
                discard(self)
                return
            raise _error
        if isinstance(_error, TimeoutError):
            discard(self)
        raise WriteError(*_error.args) from None


def ignore_closed_pipe() -> None:
    """Let a check come to its exit code, although the reader of its output has ended (`| head -1`)."""
    stdout = sys.stdout
    if isinstance(stdout, _GuardedStdout):
        stdout.is_optional = True


def guard_streams() -> None:
    """Make the standard streams safe to write to, and escape what they cannot encode.

    A stream that was closed before the start (`>&-`) becomes the null device.
    """
    signals.on_signal = _limit_write_time
    codecs.register_error(_ESCAPE, _escape)
    sys.stdin = sys.stdin or open(os.devnull, encoding="utf-8")  # noqa: SIM115, PTH123 - it stays open
    sys.stdout = _guard(sys.stdout, _GuardedStdout)
    sys.stderr = _guard(sys.stderr, _GuardedStream)


def _escape(error: UnicodeError) -> tuple[str, int]:
    """Return characters that a stream cannot encode as JSON writes them, because a body or an envelope must stay JSON."""
    import json

    if not isinstance(error, UnicodeEncodeError):
        raise error
    return json.dumps(error.object[error.start : error.end])[1:-1], error.end


def _guard(stream: TextIO | None, kind: type[TextIOWrapper]) -> TextIO:
    if not isinstance(stream, TextIOWrapper):
        return stream or open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123 - a device
    buffer: Any = stream.buffer
    # Under `python -u` there is no buffer, and a partial write would lose the rest.
    is_raw = isinstance(buffer, RawIOBase)
    return kind(
        BufferedWriter(buffer) if is_raw else buffer,
        _encoding(stream),
        _ESCAPE,
        line_buffering=stream.line_buffering or is_raw,
        write_through=stream.write_through,
    )


def _encoding(stream: TextIO) -> str:
    """Return the encoding of a stream: UTF-8 for pipes and files, which programs read, unless the user chose another.

    Except for a terminal, Python uses the code page of Windows or the locale, so that JSON would be invalid.
    """
    return stream.encoding if stream.isatty() or os.environ.get("PYTHONIOENCODING") else "utf-8"
