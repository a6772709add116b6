"""A queue for one thread that waits, into which also a signal handler of that thread puts events."""

from __future__ import annotations

from contextlib import suppress
from queue import Empty, SimpleQueue
from threading import Lock
from typing import Any


class EventQueue:
    """A `SimpleQueue` whose `get` always ends in time.

    That of CPython waits without end if a signal interrupts it just after its time is over; the wait for a lock does not.
    """

    def __init__(self) -> None:
        self._events: SimpleQueue[Any] = SimpleQueue()
        self._is_empty = Lock()
        self._is_empty.acquire()

    def put(self, event: Any) -> None:
        """Add an event, from any thread or signal handler."""
        self._events.put(event)
        with suppress(RuntimeError):  # it is released: nobody has waited since
            self._is_empty.release()

    def get_nowait(self) -> Any:
        """Return the next event; raises Empty."""
        return self._events.get_nowait()

    def get(self, timeout: float) -> Any:
        """Return the next event; raises Empty, at the latest after so many seconds."""
        with suppress(Empty):
            return self._events.get_nowait()
        self._is_empty.acquire(timeout=timeout)
        return self._events.get_nowait()
