"""Keep the connections of a process from a process that was forked from it, such as a worker of a web server."""

from __future__ import annotations

import os
from functools import cache
from threading import Lock, RLock
from typing import TYPE_CHECKING, Protocol
from weakref import WeakSet

from cxcall.ledger.database_interface import LOCK_TIMEOUT
from cxcall.ledger.errors import LastingLedgerError
from cxcall.runtime.operating_system import call_at_forks

if TYPE_CHECKING:
    from contextlib import AbstractContextManager


class ProcessLock:
    """A lock for the threads of the process that created it; in a forked process it raises LedgerError.

    Two processes that use one connection would read each other's responses. A fork while another thread holds the
    lock would also leave it locked for ever.
    """

    def __init__(self, name: str) -> None:
        self._name, self._process, self._lock = name, os.getpid(), RLock()
        self.acquire, self.release = self._lock.acquire, self._lock.release

    @property
    def is_own(self) -> bool:
        """Whether this process created the lock."""
        return os.getpid() == self._process

    @property
    def held(self) -> AbstractContextManager[bool]:
        """The lock, for a `with` statement; raises LedgerError in a forked process.

        The statement locks and unlocks it in one step: a signal handler of the program that raises an exception
        meanwhile does not leave it locked, as it could in a method `__enter__` or `__exit__`.
        """
        if not self.is_own:
            raise LastingLedgerError(
                f"this connection to the ledger `{self._name}` belongs to the process that opened it",
                "send with the client here, which opens its own connection; iterate over a batch in the process that began it",
            )
        return self._lock


class Suspendable(Protocol):
    """A database that can close its connection during a fork."""

    lock: ProcessLock

    def suspend(self) -> None:
        """Close the connection until it is needed again, unless a transaction needs it."""


_CHANGING = Lock()
_DATABASES: WeakSet[Suspendable] = WeakSet()
_LOCKED: list[Suspendable] = []


def suspend_during_forks(database: Suspendable) -> None:
    """Close the connection of a database before each fork of this process, as soon as no other thread uses it."""
    _register_hooks()
    with _CHANGING:
        _DATABASES.add(database)


@cache
def _register_hooks() -> None:
    call_at_forks(before=_suspend, after_in_parent=_unlock, after_in_child=_unlock)


def _suspend() -> None:
    _CHANGING.acquire()
    for database in [each for each in _DATABASES if each.lock.is_own]:
        if database.lock.acquire(timeout=LOCK_TIMEOUT):
            _LOCKED.append(database)
            database.suspend()


def _unlock() -> None:
    for database in _LOCKED:
        database.lock.release()
    _LOCKED.clear()
    _CHANGING.release()
