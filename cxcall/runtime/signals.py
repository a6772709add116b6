"""SIGINT and SIGTERM around a request: they interrupt where nothing is lost by it, and are noted elsewhere."""

from __future__ import annotations

import signal
from contextlib import contextmanager
from threading import current_thread, main_thread
from typing import TYPE_CHECKING, Any, NoReturn, Self

if TYPE_CHECKING:
    from collections.abc import Iterator

NUMBERS = (signal.SIGINT, signal.SIGTERM)


def let_interrupt() -> None:
    """From here on, let both end what is going on by a KeyboardInterrupt."""

    def interrupt(_number: int, _frame: object) -> NoReturn:
        raise KeyboardInterrupt

    for number in heeded():
        signal.signal(number, interrupt)


def let_pass() -> None:
    """From here on, let neither of them end the process: what it did is still to be told."""
    for number in heeded():
        signal.signal(number, lambda _number, _frame: None)


def heeded() -> list[signal.Signals]:
    """Return those that whoever started the process did not have it ignore, as `nohup` and `&` do."""
    return [number for number in NUMBERS if signal.getsignal(number) is not signal.SIG_IGN]


def block_in_thread() -> None:
    """Let no signal be delivered to the current thread, so that the main thread gets it.

    The system may give a signal to any thread. Only the main thread runs Python's handlers, and it
    would not wake up for a signal that another thread got.
    """
    if hasattr(signal, "pthread_sigmask"):  # not on Windows
        signal.pthread_sigmask(signal.SIG_BLOCK, NUMBERS)


class DeferredSignals:
    """Both held back while the block runs; once open, the first of them interrupts, and no other."""

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
        """Let the first interrupt; one that was held back does so at once."""
        self._is_open = True
        if self.caught:
            self._interrupt()

    def close(self) -> None:
        """Hold them back again."""
        self._is_open = False

    @contextmanager
    def closed(self) -> Iterator[None]:
        """Hold them back again, while something is written that must be known."""
        was_open, self._is_open = self._is_open, False
        try:
            yield
        finally:
            if was_open:
                self.open()
