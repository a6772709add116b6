"""The ledger and the sandbox of a client, open until the last thread that uses them has finished."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from functools import cache
from threading import Condition, RLock, get_ident
from typing import TYPE_CHECKING, Protocol
from weakref import WeakSet

from cxcall.runtime.operating_system import call_at_forks
from cxcall.sending.configured_ledger import open_ledger

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from cxcall.ledger.ledger import Ledger
    from cxcall.sandbox.server import Sandbox


_WAIT = 0.5
"""The most seconds until `close` looks again for users."""


class OpenResources:
    """A ledger, opened on first use, and a sandbox if `start_sandbox` starts one.

    `users` are the threads that use them. The last user closes them if `close` was called meanwhile.

    A signal handler of the program may raise at any step. So a block enters the lock itself: an exception at the start
    or at the end of `Condition.__enter__` or `__exit__`, which are not in C, would leave it locked.
    """

    def __init__(self, start_sandbox: Callable[[], Sandbox] | None) -> None:
        self._stack = ExitStack()
        self._lock = RLock()
        self._changed = Condition(self._lock)
        self._ledger: Ledger | None = None
        self._is_closed = False
        self._users: dict[object, int] = {}
        self.sandbox = self._stack.enter_context(start_sandbox()) if start_sandbox else None

    @contextmanager
    def ledger(self) -> Iterator[Ledger]:
        """Keep the ledger open during a `with` block."""
        use, user = object(), get_ident()
        try:
            with self._lock:
                self._users[use] = user  # first, because a signal handler may call `close`
            with self._lock:
                if self._ledger is None or self._ledger.database.is_replaced:
                    # Its marker shows whether the other file has all records.
                    self._ledger = self._stack.enter_context(open_ledger())
            yield self._ledger
        finally:
            with self._lock:
                self._users.pop(use, None)
                self._changed.notify_all()
                self._close_if_unused()

    def close(self) -> None:
        """Wait for the users in other threads, then close everything; a user in this thread closes it at its end."""
        with self._lock:
            self._is_closed = True
            while not {*self._users.values()} <= {get_ident()}:
                self._changed.wait(_WAIT)  # an exception may have prevented the notification
            self._close_if_unused()

    def _close_if_unused(self) -> None:
        if self._is_closed and not self._users:
            self._ledger = None  # who got this object before it was closed opens the ledger again
            self._stack.close()


class ForkAware(Protocol):
    """An object that a forked process inherits, with locks that threads of its parent may hold."""

    def forget_parent(self) -> None:
        """Replace what belongs to the parent."""


_INHERITED: WeakSet[ForkAware] = WeakSet()


def forget_parent_in_forks(inherited: ForkAware) -> None:
    """Let an object forget its parent in each process that is forked from this one."""
    _register_hook()
    _INHERITED.add(inherited)


@cache
def _register_hook() -> None:
    call_at_forks(after_in_child=_forget_parent)


def _forget_parent() -> None:
    for each in [*_INHERITED]:
        each.forget_parent()
