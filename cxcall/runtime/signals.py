"""Handle SIGINT and SIGTERM: interrupt where nothing is lost by it, and defer elsewhere."""

from __future__ import annotations

import signal
from contextlib import contextmanager
from threading import current_thread, main_thread
from typing import TYPE_CHECKING, Any, NoReturn, Self

if TYPE_CHECKING:
    from collections.abc import Iterator

NUMBERS = (signal.SIGINT, signal.SIGTERM)


def let_interrupt() -> None:
    """Make both signals raise KeyboardInterrupt from here on."""

    def interrupt(_number: int, _frame: object) -> NoReturn:
        raise KeyboardInterrupt

    for number in heeded():
        signal.signal(number, interrupt)


def let_pass() -> None:
    """Ignore both signals from here on: the report of what was done is still to be written."""
    for number in heeded():
        signal.signal(number, lambda _number, _frame: None)


def heeded() -> list[signal.Signals]:
    """Return the signals that the parent process did not set to be ignored, as `nohup` and `&` do."""
    return [number for number in NUMBERS if signal.getsignal(number) is not signal.SIG_IGN]


def block_in_thread() -> None:
    """Let no signal be delivered to the current thread, so that the main thread gets it.

    The system may give a signal to any thread. Only the main thread runs Python's handlers, and it
    would not wake up for a signal that another thread got.
    """
    if hasattr(signal, "pthread_sigmask"):  # not on Windows
        signal.pthread_sigmask(signal.SIG_BLOCK, NUMBERS)


class DeferredSignals:
    """Defers both signals while the block runs; once open, only the first one interrupts."""

    def __init__(self) -> None:
        self.caught = False
        self._is_open = False
        self._before: dict[signal.Signals, Any] = {}

    def __enter__(self) -> Self:
        if current_thread() is main_thread():  # signals are not handled on any other
            self._before = {number: signal.signal(number, self._take) for number in heeded()}
        return self

    def __exit__(self, *_: object) -> None:
        self._is_open = False
        for number, handler in self._before.items():
            signal.signal(number, signal.SIG_DFL if handler is None else handler)

    def _take(self, _number: int, _frame: object) -> None:
        self.caught = True
        self._interrupt()

    def _interrupt(self) -> None:
        if self._is_open:
            self._is_open = False
            raise KeyboardInterrupt

    def open(self) -> None:
        """Let the first signal interrupt; one that was deferred does so at once."""
        self._is_open = True
        if self.caught:
            self._interrupt()

    def close(self) -> None:
        """Defer signals again."""
        self._is_open = False

    @contextmanager
    def closed(self) -> Iterator[None]:
        """Defer signals while a record is written."""
        was_open, self._is_open = self._is_open, False
        try:
            yield
        finally:
            if was_open:
                self.open()
