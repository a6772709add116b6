"""Record outcomes that the ledger lacks, because it could not be written when the request ended."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cxcall.findings.errors import UsageError
from cxcall.findings.exit_codes import Outcome
from cxcall.ledger.database_interface import never
from cxcall.ledger.errors import MissingRecordsError
from cxcall.sending.request_sender import record_outcome

if TYPE_CHECKING:
    from collections.abc import Callable

    from cxcall.ledger.ledger import Ledger
    from cxcall.ledger.records import Record
    from cxcall.responses.delivery import Delivery


def record_late(
    ledger: Ledger, delivery: Delivery, is_cancelled: Callable[[], bool] = never
) -> None:
    """Record an outcome unless it is unknown, or somebody has resolved the delivery meanwhile; raises LedgerError."""
    is_known = delivery.outcome is not Outcome.UNKNOWN
    if is_known and find_record(ledger, delivery.id).is_unresolved:
        record_outcome(ledger, delivery, is_cancelled)


def find_record(ledger: Ledger, delivery: str) -> Record:
    """Return a delivery that was recorded; raises MissingRecordsError, and stops all machines, if it is lost."""
    try:
        return ledger.get(delivery)
    except (MissingRecordsError, UsageError):
        problem = f"the ledger has lost delivery `{delivery}`, which was sent"
        ledger.share_stop(problem)
        raise MissingRecordsError(problem) from None
