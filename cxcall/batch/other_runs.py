"""Notice the rows that another run of the same batch sends at the same time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cxcall.findings.hinted_commands import command
from cxcall.ledger.errors import already_sent_error

if TYPE_CHECKING:
    from cxcall.ledger.ledger import Ledger


class OtherRuns:
    """The rows of a batch that other runs have recorded since a delivery with a number.

    The duplicate guard compares requests, and those of a row differ if a document was corrected in between.
    """

    def __init__(self, ledger: Ledger, last_delivery: int) -> None:
        self._ledger, self._last = ledger, last_delivery
        self._own: set[str] = set()
        """The own deliveries after the last one that was read; a transaction that failed may have given an ID to none."""
        self._rows: dict[int, str] = {}

    def stop_on_row(self, batch: str, row: int, delivery: str) -> None:
        """Raise StoppedError if another run has recorded a row; called in the transaction that records its delivery."""
        self._own.add(delivery)
        newer = self._ledger.batches.deliveries_after(self._last)
        for number, each, its_batch, its_row in newer:
            if each not in self._own and its_batch == batch:
                self._rows[its_row] = each
            if each != delivery:
                self._last = number
                self._own.discard(each)
        other = self._rows.get(row)
        if other:
            raise already_sent_error(
                f"another command has sent row {row} of this batch meanwhile, by another request: delivery {other}",
                fix=f"wait until it ends, and see what it sent: {command('cxcall', 'batch', 'report', batch)}",
                why="the row would be called twice",
            )
