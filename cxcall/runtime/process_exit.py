"""End the process at once, its output written: taking the interpreter down costs 17 % of a send."""

import os
import sys

TYPE_CHECKING = False  # as in `typing`, whose import alone would slow `cxcall --version` down

if TYPE_CHECKING:
    from typing import NoReturn, TextIO

_USAGE = 2  # as in `errors.ExitCode`, which `cxcall --version` does without


def exit_process(code: int, text: str = "") -> "NoReturn":
    """Write this and what is still to be written, and end with this exit code."""
    try:
        if sys.stdout is not None:  # a shell may have closed either (`>&-`)
            sys.stdout.write(text)
            sys.stdout.flush()
    except OSError as error:
        told = report_write_error(error)
        code = code or told
    except KeyboardInterrupt:
        pass  # what is done is done, and told by the code
    try:
        if sys.stderr is not None:
            sys.stderr.flush()
    except OSError:
        discard(sys.stderr)
    os._exit(code)


def report_write_error(error: OSError, advice: str = "") -> int:
    """Say that stdout did not take the report; return the exit code of a command that did nothing else.

    A reader that has left (`| head -1`) has what it wanted: no failure, and no news.
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
    """Let what is still written to a stream go nowhere: what was done stays done."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
