"""The common part of a run and a worker: threads that send rows, and a loop that counts results and can be stopped."""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from queue import Empty, SimpleQueue
from threading import Lock
from typing import TYPE_CHECKING, Any

from cxcall.batch.failure_limit import FailureCounts
from cxcall.batch.statistics import BatchStatistics
from cxcall.findings.exit_codes import ExitCode
from cxcall.runtime import signals

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from cxcall.batch.failure_limit import FailureLimit
    from cxcall.batch.row_result import RowResult
    from cxcall.ledger.ledger import Ledger

_SWITCH_INTERVAL = 0.0005
"""Seconds after which a thread yields to others: a tenth of the default, so that slots are met in time."""
_STOPPING = (ExitCode.CREDENTIALS, ExitCode.FAULT, ExitCode.USAGE)
"""The exit codes of rows after which every other row would also fail."""


THREAD_NAME = "cxcall-rows"
"""The start of the names of the threads that send."""


class EventQueue:
    """A `SimpleQueue` for one waiting thread, whose signal handlers may also put events: `get` always ends in time.

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


class StoppableRun:
    """What a run and a worker have in common: statistics, threads, and reasons to stop.

    Threads put events into `_events`; None there ends a wait for an event. `interrupts` counts the signals.
    """

    def __init__(self, ledger: Ledger, limit: FailureLimit) -> None:
        self.ledger, self._limit = ledger, limit
        self._counts, self._counting = FailureCounts(), Lock()
        self.statistics = BatchStatistics()
        self.stop_reason = ""
        self.interrupts = 0
        self._events = EventQueue()

    @property
    def is_abandoned(self) -> bool:
        """Whether a second signal came: the loop does not wait for the rows in flight."""
        return self.interrupts > 1

    def stop(self, reason: str) -> None:
        """Start no more rows; those in flight are finished."""
        self.stop_reason = self.stop_reason or reason

    def catch_signals(self) -> AbstractContextManager[None]:
        """Stop at the first signal, and abandon the rows in flight at the second."""
        return signals.call_on_signals(self.interrupt)

    def interrupt(self) -> None:
        """Count a signal, and start no more rows."""
        self.interrupts += 1
        self.stop("interrupted")
        self._events.put(None)

    @staticmethod
    def _start_threads(threads: int) -> ThreadPoolExecutor:
        """Return a pool of threads that send; all threads of this process switch more often from now on."""
        sys.setswitchinterval(_SWITCH_INTERVAL)
        return ThreadPoolExecutor(threads, THREAD_NAME, initializer=signals.block_in_thread)

    def _stop_on(self, result: RowResult, excessive_wait: float | None) -> None:
        """Count a request, and stop if its result, the failures, or a wait of so many seconds are a reason.

        A run calls it as soon as the request has ended: its reader may take long for an earlier result.
        """
        with self._counting:
            self._counts.add(result)
            excess = self._limit.find_excess(self._counts)
        if excessive_wait is not None:
            self.stop(f"the API requires a wait of {excessive_wait:.10g} s, longer than `max_wait`")
        elif result.report.exit_code in _STOPPING:
            self.stop(result.findings[-1].message)
        elif excess:
            self.stop(excess)
