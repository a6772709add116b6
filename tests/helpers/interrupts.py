"""Exceptions of a program's signal handler at a chosen step of this process."""

from __future__ import annotations

import contextlib
import dis
import inspect
import signal
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path
    from types import FrameType

SIGNAL = signal.SIGUSR1
_CONTEXTLIB = contextlib.contextmanager.__code__.co_filename
_RETURN = dis.opmap["RETURN_VALUE"]
_CONSTANT = dis.opmap["LOAD_CONST"]


class TooLateError(Exception):
    """What a task queue raises when a task takes too long."""


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


class BlockEnd:
    """Sends a signal at the first step of `__exit__`, or the last one of `__enter__`, of a block with a function of contextlib.

    The last step is right before the function returns, where Python runs handlers. An exception in the event of the return
    itself would come later, and some versions of Python then leave the function out of the traceback.
    It chooses the block that is the `occurrence`-th in the modules of a folder; `is_reached` says whether there were so many.
    """

    def __init__(self, folder: Path, step: str, occurrence: int) -> None:
        self.is_reached = False
        self._folder, self._step, self._left = str(folder), step, occurrence

    def __call__(self, frame: FrameType, event: str, _argument: Any) -> Any:
        """Trace the functions of this thread."""
        code, caller = frame.f_code, frame.f_back
        if code.co_filename != _CONTEXTLIB or code.co_name != self._step or caller is None:
            return None
        if not caller.f_code.co_filename.startswith(self._folder):
            return None
        frame.f_trace_opcodes = True
        is_return = event == "opcode" and code.co_code[frame.f_lasti] == _RETURN
        if is_return if self._step == "__enter__" else event == "call":
            self._left -= 1
            if self._left == 0:
                self.is_reached = True
                signal.raise_signal(SIGNAL)
        return self


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
