"""Handle SIGINT, SIGTERM, and SIGHUP: interrupt if nothing is lost, and defer them otherwise."""

from __future__ import annotations

import os
import signal
import time
from contextlib import contextmanager
from threading import current_thread, main_thread
from typing import TYPE_CHECKING, Any, Self

from cxcall.runtime.operating_system import TIMER_SIGNALS, block_signals, call_later
from cxcall.runtime.process_exit import STOP_SIGNALS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from threading import Event
    from types import FrameType

NUMBERS = tuple(map(signal.Signals, STOP_SIGNALS))

deferred: list[int] = []
"""The signals that came while they were deferred; `__main__` collects them before this module is loaded."""


def _do_nothing() -> None:
    pass


on_signal: Callable[[], None] = _do_nothing
"""Called when a signal is about to end the command, because writing must not block from then on."""

SIGNAL_INTERVAL = 0.5
"""The most seconds of one wait of the main thread. A signal that comes right before a wait does not end it: its handler
runs after the wait."""

_RETRY_SECONDS = 0.005
_IMPORT = "<frozen importlib"
_RUST = (f"{os.sep}jsonschema_rs{os.sep}", f"{os.sep}pydantic{os.sep}")
"""Parts of the file names of code that C or Rust calls, like imports: an exception there is lost, replaced, or a panic."""


class _Interrupter:
    """A handler that raises KeyboardInterrupt at the first signal and ends the process at the second."""

    def __init__(self, exit_code: int) -> None:
        self._exit_code = exit_code
        self._has_raised = False

    def __call__(self, number: int, frame: FrameType | None) -> None:
        if self._has_raised:
            if _is_hangup(number):
                return
            os._exit(self._exit_code)
        if not _is_postponed(number, frame):
            self._has_raised = True
            on_signal()
            raise KeyboardInterrupt


def interrupt_on_signals(exit_code: int) -> None:
    """Make the signals raise KeyboardInterrupt from now on; a second one ends the process with `exit_code`."""
    handler = _Interrupter(exit_code)
    for number in _handled_signals():
        signal.signal(number, handler)


def raise_deferred_interrupt() -> None:
    """Raise KeyboardInterrupt if a signal came while signals were deferred."""
    if deferred:
        deferred.clear()
        on_signal()
        raise KeyboardInterrupt


def defer_signals() -> None:
    """Only collect the signals in `deferred` from now on, for `DeferredSignals`, or if the exit code is known.

    Writing after a signal must not block.
    """

    def keep(number: int, _frame: FrameType | None) -> None:
        deferred.append(number)
        on_signal()

    for number in _handled_signals():
        signal.signal(number, keep)


def _handled_signals() -> list[signal.Signals]:
    """Return the signals that the parent process does not ignore, as `nohup` and `&` make it do."""
    return [number for number in NUMBERS if signal.getsignal(number) is not signal.SIG_IGN]


@contextmanager
def call_on_signals(interrupt: Callable[[], None]) -> Iterator[None]:
    """Call `interrupt` at each signal instead of ending the process; once for signals that were deferred before.

    A signal during the call interrupts it, and calls it again: it must not wait for a lock, not even that of an `Event`.
    """
    is_stopping = bool(deferred)

    def handle(number: int, _frame: FrameType | None) -> None:
        nonlocal is_stopping
        if not (is_stopping and _is_hangup(number)):
            is_stopping = True
            interrupt()
        on_signal()

    before = {number: signal.signal(number, handle) for number in _handled_signals()}
    if deferred:
        deferred.clear()
        interrupt()
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, signal.SIG_DFL if handler is None else handler)


def sleep(seconds: float) -> None:
    """Wait as `time.sleep`, but no signal is handled later than `SIGNAL_INTERVAL` seconds after it came."""
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        time.sleep(min(left, SIGNAL_INTERVAL))


def wait_for_event(event: Event, seconds: float) -> bool:
    """Wait as `event.wait`, but no signal is handled later than `SIGNAL_INTERVAL` seconds after it came."""
    end, left = time.monotonic() + seconds, seconds
    while not event.wait(min(left, SIGNAL_INTERVAL)):
        left = end - time.monotonic()
        if left <= 0:
            return False
    return True


def block_in_thread() -> None:
    """Block all signals in the current thread, so that the main thread gets them.

    The system may give a signal to any thread. Only the main thread runs Python's handlers, and it
    would not wake up for a signal that another thread got.
    """
    block_signals((*NUMBERS, *TIMER_SIGNALS))


def _is_hangup(number: int) -> bool:
    """Return whether a signal says that the terminal was closed; both the system and the shell send it."""
    return signal.Signals(number).name == "SIGHUP"


def _is_postponed(number: int, frame: FrameType | None) -> bool:
    """Return whether a signal must not interrupt now; if so, send it again shortly."""
    while frame is not None:
        name = frame.f_code.co_filename
        if name.startswith(_IMPORT) or any(part in name for part in _RUST):
            break
        frame = frame.f_back
    return frame is not None and call_later(_RETRY_SECONDS, lambda: signal.raise_signal(number))


class DeferredSignals:
    """Defers the signals while the block runs; once open, only the first one interrupts."""

    def __init__(self) -> None:
        self.caught = False
        self._is_open = False
        self._before: dict[signal.Signals, Any] = {}

    def __enter__(self) -> Self:
        if current_thread() is main_thread():  # only the main thread handles signals
            self._before = {number: signal.getsignal(number) for number in _handled_signals()}
            for number in self._before:
                signal.signal(number, self._handle)
            self.caught = self.caught or bool(deferred)
            deferred.clear()
        return self

    def __exit__(self, *_: object) -> None:
        self.restore()

    def restore(self) -> None:
        """Set the handlers again that were set before the block; this may be done several times."""
        self._is_open = False
        for number, handler in self._before.items():
            signal.signal(number, signal.SIG_DFL if handler is None else handler)

    def _handle(self, number: int, frame: FrameType | None) -> None:
        self.caught = True
        if not self._is_open:
            on_signal()
        elif not _is_postponed(number, frame):
            on_signal()
            self._interrupt()

    def _interrupt(self) -> None:
        if self._is_open:
            self._is_open = False
            raise KeyboardInterrupt

    def open(self) -> None:
        """Let the first signal interrupt; a deferred signal interrupts at once."""
        self._is_open = True
        if self.caught:
            self._interrupt()

    def close(self) -> None:
        """Defer signals again."""
        self._is_open = False

    @contextmanager
    def defer(self) -> Iterator[None]:
        """Defer signals while a record is written."""
        was_open, self._is_open = self._is_open, False
        try:
            yield
        finally:
            if was_open:
                self.open()
