"""End the process at once, its output written: taking the interpreter down costs 17 % of a send."""

import os
import sys

TYPE_CHECKING = False  # as in `typing`, whose import alone would slow `cxcall --version` down

if TYPE_CHECKING:
    from typing import NoReturn, TextIO


def leave(code: int) -> "NoReturn":
    """Write what is still to be written, and end with this exit code."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:
            discard(stream)
    os._exit(code)


def discard(stream: "TextIO") -> None:
    """Let what is still written to a stream go nowhere: what was done stays done."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
