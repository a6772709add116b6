"""What the ledger needs of a database, whichever it is: statements and transactions beside other processes."""

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


def never() -> bool:
    """Return False: nothing cancels the wait."""
    return False


class LedgerDatabase(Protocol):
    """A connection that the threads of a process share.

    Statements are written for SQLite, with `?` or `:name` for values.
    """

    name: str
    """The path, or the address without a password, for messages."""

    server: str = ""
    """The server and the copy of the ledger, so that a promoted standby is noticed; empty if that is not known."""
    reports_damage: bool = False
    """Whether it finds a damaged page or index by itself, so that two indexes need not be compared."""

    @property
    def clock_offset(self) -> timedelta:
        """What is added to this machine's clock, so that all machines of the ledger have one."""
        return timedelta(0)

    def write(self, statement: str, values: Sequence[Any] = ()) -> None:
        """Execute a statement without a result, at the latest when the transaction ends."""
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
        """Hold the write lock: nobody changes what is read inside."""

    def pruning(self) -> AbstractContextManager[None]:
        """Hold the write lock and allow deletion, which nothing else allows."""

    def find_structural_damage(self) -> str:
        """Return what the database itself says is damaged; empty if it says nothing."""
        return ""

    def is_quick_to_check(self) -> bool:
        """Return whether every record can be checked without a wait that somebody would notice."""

    def back_up(self, path: Path) -> None:
        """Copy the ledger to a new file."""

    def explaining_errors(self) -> AbstractContextManager[None]:
        """Turn errors of the database into a LedgerError that says what to do."""

    def damage_error(self, detail: str) -> LedgerError:
        """Return the error for a ledger in which a record is not what was written."""

    def close(self) -> None:
        """End the connection; everything that was recorded stays."""
