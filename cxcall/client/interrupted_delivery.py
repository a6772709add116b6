"""Deliver a request for a program, whose signal handlers may raise any exception at any time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cxcall.findings.errors import Picklable
from cxcall.findings.exit_codes import Outcome
from cxcall.sending.request_sender import deliver
from cxcall.sending.send_plan import DeliveryWatch

if TYPE_CHECKING:
    from cxcall.ledger.ledger import Ledger
    from cxcall.responses.delivery import Delivery
    from cxcall.sending.request_sender import Tokens
    from cxcall.sending.send_plan import Plan


class InterruptedDelivery(Picklable, KeyboardInterrupt):
    """A signal arrived while a request was sent; `delivery` is the recorded result of the request.

    `__cause__` is the exception of the program's own signal handler, if it raised another one than KeyboardInterrupt.
    """

    def __init__(self, delivery: Delivery) -> None:
        super().__init__(f"interrupted; delivery {delivery.id}: {delivery.outcome}")
        self.delivery = delivery


def deliver_or_interrupt(plan: Plan, ledger: Ledger, tokens: Tokens | None) -> Delivery:
    """Return the delivery of a request; raises InterruptedDelivery if a signal ended it.

    An exception of a signal handler that came before the request could be processed is raised itself: nothing
    was sent. Raises the errors of `deliver`, too.
    """
    watch = DeliveryWatch()
    try:
        delivery = deliver(plan, ledger, tokens, watch=watch)
    except BaseException as error:
        if watch.delivery is None or watch.delivery.outcome is Outcome.UNDELIVERED:
            raise
        raise InterruptedDelivery(watch.delivery) from error
    if watch.signals.caught or isinstance(watch.error, KeyboardInterrupt):
        raise InterruptedDelivery(delivery)
    if watch.error and delivery.outcome is Outcome.UNDELIVERED:
        raise watch.error
    if watch.error:
        raise InterruptedDelivery(delivery) from watch.error
    return delivery
