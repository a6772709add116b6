"""Record the rows of a batch that have no delivery, in groups."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cxcall.findings.errors import CxcallError
from cxcall.findings.exit_codes import Outcome
from cxcall.ledger.database_interface import never
from cxcall.ledger.record_types import UnsentRow
from cxcall.ledger.schema import UnsentKind

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from cxcall.batch.input.rows import Row
    from cxcall.batch.row_result import RowResult
    from cxcall.ledger.ledger import Ledger
    from cxcall.ledger.record_types import Record

_GROUP = 500
"""The number of rows that one transaction records."""


def unsent_row(result: RowResult, batch: str, key: str, now: datetime) -> UnsentRow:
    """Return the record of a row that was not sent; `now` is the time by the clock of the ledger."""
    error = result.error
    reason = str(result.skip) if result.skip else error.code if error else ""
    message = error.message if error else ""
    return UnsentRow(batch, result.row.number, key, result.outcome, reason, message, now)


class UnsentRows:
    """Collects the rows that have no delivery, and records them in groups.

    `problem` says why they cannot be recorded; the batch continues in that case. `recorded` has the numbers of rows that
    another thread has recorded. After `is_cancelled` returns True, they are not recorded if another process locks the ledger.
    """

    def __init__(
        self,
        ledger: Ledger,
        batch: str,
        key_of: Callable[[Row], str],
        is_cancelled: Callable[[], bool] = never,
    ) -> None:
        self._ledger, self._batch, self._key_of = ledger, batch, key_of
        self._is_cancelled = is_cancelled
        self._waiting: list[UnsentRow] = []
        self._others: dict[int, str] | None = None
        self.problem = ""

    def add(self, result: RowResult) -> None:
        """Collect a row if it has no delivery of its own, and if no earlier run recorded this."""
        if result.report.delivery is not None or result.is_resumed or self.problem:
            return
        for row in result.rows or (result.row,):
            one = result._replace(row=row)
            now = self._ledger.now()
            self._waiting.append(unsent_row(one, self._batch, self._key_of(row), now))
        if len(self._waiting) >= _GROUP or result.outcome is Outcome.UNKNOWN:
            self.flush()

    def add_other_delivery(self, row: Row, earlier: Record) -> None:
        """Collect a row whose delivery is of another batch, unless that is recorded."""
        if self._others is None:
            self._others = self._ledger.batches.other_deliveries(self._batch)
        if self._others.get(row.number) == earlier.id:
            return
        result, now = (earlier.outcome, earlier.id, ""), self._ledger.now()
        named = self._batch, row.number, self._key_of(row)
        self._waiting.append(UnsentRow(*named, *result, now, UnsentKind.MOVED))
        if len(self._waiting) >= _GROUP:
            self.flush()

    def flush(self) -> None:
        """Record the collected rows."""
        rows, self._waiting = self._waiting, []
        try:
            self._ledger.batches.record_unsent(rows, self._is_cancelled)
        except CxcallError as error:
            self.problem = str(error)
        except KeyboardInterrupt as error:
            if not self._is_cancelled():  # it comes from the program
                raise
            self.problem = str(error)
