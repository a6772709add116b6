"""Log the steps of one delivery, with the standard library's `logging`."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from cxcall.responses.identifiers import masked_correlation_id

if TYPE_CHECKING:
    from cxcall.ledger.request_identity import Intent
    from cxcall.responses.delivery import Delivery
    from cxcall.responses.processing_evidence import Evidence
    from cxcall.sending.send_plan import Plan
    from cxcall.transport.http_messages import Exchange

_logger = logging.getLogger("cxcall.delivery")


class LoggedDelivery:
    """A delivery whose steps are logged.

    `attempt` is its number, `last_exchange` what the last one sent and received. `late_error` is an exception that came when
    it could change no result any more.
    """

    def __init__(self, plan: Plan) -> None:
        self.plan, self.attempt, self.is_recorded = plan, 1, False
        self.last_exchange: Exchange | None = None
        self.late_error: BaseException | None = None

    def log(self, event: str, **fields: Any) -> None:
        """Log a step of this delivery with the fields that have a value, named as in the envelope; times in ms.

        The handlers of `cxcall/sending/delivery_log.py` mask secrets and phone numbers. What a handler of a program
        raises after the request was sent is kept in `late_error`: it changes no result.
        """
        if _logger.isEnabledFor(logging.INFO):
            of_row = {"batch": self.plan.batch, "row": self.plan.row}
            fields = {"deliveryId": self.plan.delivery, **of_row, **fields}
            present = {name: value for name, value in fields.items() if value not in (None, "")}
            try:
                _logger.info(event, extra={"fields": present})
            except BaseException as error:
                if not (self.is_recorded or (self.last_exchange and isinstance(error, Exception))):
                    raise
                self.late_error = self.late_error or error

    def log_start(self, intent: Intent) -> None:
        """Log that the delivery is recorded, and is about to be sent."""
        names = ("profile", "operation", "method", "target")
        self.log("start", **{name: getattr(intent, name) for name in names})

    def log_attempt(self, exchange: Exchange, evidence: Evidence) -> None:
        """Log what an attempt proves."""
        response = exchange.response
        self.log(
            "attempt",
            attempt=self.attempt,
            evidence=evidence.value,
            status=response.status if response else None,
            failure=exchange.failure,
            correlationId=masked_correlation_id(self.plan.request, response),
            durationMs=round(exchange.timings.get("total", 0.0)),
        )

    def log_end(self, result: Delivery) -> None:
        """Log the result, which is recorded."""
        self.is_recorded = True
        response = result.exchange.response if result.exchange else None
        self.log(
            "end",
            outcome=result.outcome,
            status=response.status if response else None,
            attempts=result.attempts,
            engagementId=result.engagement_id,
            correlationId=result.correlation_id,
            findings=[found.code for found in result.findings] or None,
        )
