"""Checks of a delivery, its record, and its findings."""

from __future__ import annotations

from dataclasses import dataclass

from cxcall.findings.exit_codes import Outcome
from cxcall.findings.finding import Severity
from cxcall.ledger.ledger import Ledger
from cxcall.responses.delivery import Delivery
from helpers.deliveries import (
    NUMBER,
    SECRET,
)


@dataclass
class Sleep:
    """A sleep function that returns at once and adds up the seconds."""

    slept: float = 0.0

    def __call__(self, seconds: float) -> None:
        """Add the seconds."""
        self.slept += seconds


def check_record(ledger: Ledger, delivery: Delivery) -> None:
    """Compare the record with the delivery."""
    record = ledger.get(delivery.id)
    assert record.outcome == delivery.outcome
    assert record.attempts == delivery.attempts
    assert record.engagement_id == delivery.engagement_id
    response = delivery.exchange.response if delivery.exchange else None
    assert record.status == (response.status if response else None)
    assert record.correlation_id == delivery.correlation_id


def check_findings(delivery: Delivery) -> None:
    """Check the form of the findings, and that no secret or number is shown."""
    if delivery.outcome is not Outcome.ACCEPTED:
        assert delivery.findings[0].severity is Severity.ERROR
    for finding in delivery.findings:
        assert finding.code
        assert finding.fix
        assert finding.message[-1] not in ".!"
        assert "`None`" not in finding.message
    text = repr(delivery)
    assert SECRET not in text
    assert NUMBER not in text
