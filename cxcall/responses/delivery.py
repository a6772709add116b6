"""The result of sending one request."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cxcall.findings.exit_codes import Outcome
from cxcall.named_tuple import NamedTuple

if TYPE_CHECKING:
    from cxcall.findings.exit_codes import ExitCode
    from cxcall.findings.finding import Finding
    from cxcall.ledger.request_identity import RequestPart
    from cxcall.transport.http_messages import Exchange, HttpResponse


class Delivery(NamedTuple):
    """The result of sending one request; `exchange` is the last exchange, which decided the outcome.

    `is_recorded` is False if the outcome could not be written to the ledger. `note` is a fact for the ledger that the
    outcome does not express. `parts` have the rows of a load, if its response lists only some of them.
    """

    id: str
    outcome: Outcome
    exit_code: ExitCode
    exchange: Exchange | None = None
    engagement_id: str | None = None
    engagement_id_source: str | None = None
    correlation_id: str | None = None
    attempts: int = 1
    findings: tuple[Finding, ...] = ()
    is_recorded: bool = True
    note: str = ""
    parts: tuple[RequestPart, ...] = ()

    @property
    def response(self) -> HttpResponse | None:
        """The last response; None if there was none."""
        return self.exchange.response if self.exchange else None

    def recorded_values(self) -> dict[str, Any]:
        """Return the values that the ledger records; for a refusal, also the API's code and message."""
        values: dict[str, Any] = {
            "attempts": self.attempts,
            "engagement_id": self.engagement_id,
            "correlation_id": self.correlation_id,
        }
        if self.exchange is None:
            return values
        values |= {"note": self.note or self.exchange.detail, "timings": self.exchange.timings}
        values |= {"parts": self.parts} if self.parts else {}
        if self.response is not None:
            values["status"] = self.response.status
        if self.response is not None and self.outcome is not Outcome.ACCEPTED:
            from cxcall.responses.message_in_body import platform_code, platform_message

            values["code"] = platform_code(self.response)
            values["message"] = self.exchange.request.mask_echo(platform_message(self.response))
        return values
