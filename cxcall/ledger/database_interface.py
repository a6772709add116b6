"""The interface that the ledger requires of any database: statements and transactions beside other processes."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from contextlib import AbstractContextManager
    from pathlib import Path

    from cxcall.ledger.errors import LedgerError

LOCK_TIMEOUT = 30.0
"""Seconds to wait for another process that writes."""
INTERRUPTED_WAIT = 1.0
"""Seconds to wait for another process, after a signal, to record what was sent."""

WAIT_FOR_LOCK = "interrupted while another process had locked the ledger"
WAIT_FOR_SERVER = "interrupted while the server of the ledger could not be reached"


def never() -> bool:
    """Return False: nothing cancels the wait."""
    return False


def no_fence(_delivery: str) -> None:
    """Stop nothing."""


class LedgerDatabase(Protocol):
    """A connection that the threads of a process share.

    Statements are written for SQLite, with `?` or `:name` for values.
    """

    name: str
    """The path, or the address without a password, for messages."""

    server: str = ""
    """The server and the copy of the ledger, so that a promoted standby is noticed; empty if that is not known."""
    reports_damage: bool = False
    """Whether the database itself detects a damaged page or index, so that two indexes need not be compared."""

    @property
    def clock_offset(self) -> timedelta:
        """The seconds to add to this machine's clock, so that all machines of the ledger have the same time."""
        return timedelta(0)

    @property
    def is_replaced(self) -> bool:
        """Whether the file was deleted or replaced since it was opened."""
        return False

    def write(self, statement: str, values: Sequence[Any] = ()) -> None:
        """Execute a statement without a result, at the end of the transaction at the latest."""
        self.run(statement, values)

    def run(self, statement: str, values: Sequence[Any] | Mapping[str, Any] = ()) -> Any:
        """Execute one statement and return the cursor of the database."""

    def reading(self) -> AbstractContextManager[None]:
        """Keep other threads from writing while this one reads, and explain errors."""

    def snapshot(self) -> AbstractContextManager[None]:
        """Read one state of the ledger in several statements, whatever other processes write."""

    def transaction(
        self, is_cancelled: Callable[[], bool] = never, *, is_durable: bool = True
    ) -> AbstractContextManager[None]:
        """Hold the write lock, so that no other process changes the records that are read."""

    def pruning(self) -> AbstractContextManager[None]:
        """Hold the write lock and allow deletion, which is otherwise forbidden."""

    def find_structural_damage(self) -> str:
        """Return the damage that the database itself reports; empty if it reports none."""
        return ""

    def is_quick_to_check(self) -> bool:
        """Return whether every record can be checked without a noticeable wait."""

    def back_up(self, path: Path) -> None:
        """Copy the ledger to a new file."""

    def explaining_errors(self) -> AbstractContextManager[None]:
        """Turn errors of the database into a LedgerError that says what to do."""

    def damage_error(self, detail: str) -> LedgerError:
        """Return the error for a ledger with a damaged record."""

    def close(self) -> None:
        """End the connection; everything that was recorded stays."""
