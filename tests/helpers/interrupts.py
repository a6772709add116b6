"""Exceptions of a program's signal handler at a chosen step of this process."""

from __future__ import annotations

import dis
import inspect
import signal
import sys
from contextlib import contextmanager
from threading import main_thread
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType

SIGNAL = signal.SIGUSR1
_CONSTANT = dis.opmap["LOAD_CONST"]


class TooLateError(Exception):
    """What a task queue raises when a task takes too long."""


def interrupt(number: int = SIGNAL) -> None:
    """Send a signal to the main thread, which runs the handlers.

    One that another thread got may run its handler much later: Python 3.11 does not wake the main thread for it.
    """
    signal.pthread_kill(main_thread().ident or 0, number)


@contextmanager
def handler_that_raises(error: BaseException) -> Iterator[None]:
    """Raise an exception at each signal."""

    def handle(_number: int, _frame: FrameType | None) -> None:
        raise error

    before = signal.signal(SIGNAL, handle)
    try:
        yield
    finally:
        signal.signal(SIGNAL, before)


def is_end_of_with_block(frame: FrameType) -> bool:
    """Return whether the next step calls `__exit__` after a block without an exception: Python loads None three times.

    No handler runs between the block and this call, so a lock is always released; a trace function that raises
    there would leave it locked.
    """
    code, next_step = frame.f_code, frame.f_lasti
    steps = code.co_code[next_step : next_step + 6]
    names, arguments = steps[::2], steps[1::2]
    return all(name == _CONSTANT for name in names) and all(
        code.co_consts[argument] is None for argument in arguments
    )


@contextmanager
def tracing(trace: Callable[[FrameType, str, Any], Any]) -> Iterator[None]:
    """Trace this thread, also the steps in its functions, in a block."""
    if own := inspect.currentframe():
        own.f_trace_opcodes = True  # Python 3.12 must know before that steps will be traced
    sys.settrace(trace)
    try:
        yield
    finally:
        sys.settrace(None)
