"""End the process without finalizing the interpreter, which would take 17 % of a send."""

import _signal  # type: ignore[import-not-found]  # loaded already, as in `__main__`
import os
import sys

TYPE_CHECKING = False  # as in `typing`; importing it would slow `cxcall --version` down

if TYPE_CHECKING:
    from typing import NoReturn, TextIO

STOP_SIGNALS = tuple(
    getattr(_signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(_signal, name)
)
"""The numbers of the signals that end a command: Ctrl-C, termination by the system, and a closed terminal."""
is_command = False
"""Whether the process runs the command, and not a program that imports cxcall."""
_USAGE, _INTERRUPTED = 2, 130  # as in `errors.ExitCode`, which `cxcall --version` does not load


def exit_process(code: int, text: str = "") -> "NoReturn":
    """Write `text` and buffered output, and end the process with an exit code.

    A signal ends it at once, because the output may have no reader. If `text` is the only effect of the
    command, the exit code is then that of an interrupted command.
    """
    for number in STOP_SIGNALS:
        if _signal.getsignal(number) != _signal.SIG_IGN:
            _signal.signal(number, lambda *_: os._exit(_INTERRUPTED if text else code))
    try:
        if sys.stdout is not None:  # a shell may have closed one of them (`>&-`)
            sys.stdout.write(text)
            sys.stdout.flush()
    except OSError as error:
        write_code = report_write_error(error)
        code = code or write_code
    try:
        if sys.stderr is not None:
            sys.stderr.flush()
    except OSError:
        discard(sys.stderr)
    os._exit(code)


def report_write_error(error: OSError, advice: str = "") -> int:
    """Report that stdout could not be written, and return the exit code of a command that only reads.

    If the reader closed the pipe (`| head -1`), it returns 0 and prints no message.
    """
    discard(sys.stdout)
    if isinstance(error, BrokenPipeError):
        return 0
    try:
        if sys.stderr is not None:
            sys.stderr.write(f"the report could not be written: {error.strerror}{advice}\n")
    except OSError:
        discard(sys.stderr)
    return _USAGE


def discard(stream: "TextIO") -> None:
    """Redirect a stream to the null device, so that later writes do not fail."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
