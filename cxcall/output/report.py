"""What a command has to say, as one value: rendered as text, or as the JSON envelope."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from cxcall.findings.exit_codes import ExitCode, Outcome
from cxcall.phone import phone_numbers

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from cxcall.contracts.contract import Operation
    from cxcall.findings.errors import CxcallError
    from cxcall.findings.finding import Finding
    from cxcall.responses.delivery import Delivery
    from cxcall.transport.messages import HttpRequest, HttpResponse
    from cxcall.validation.payload_check import PayloadVerdict

SCHEMA_VERSION = 1


class Table(NamedTuple):
    """Rows under headings; a cell is text already fit to be shown.

    `on_terminal` is what people see instead, where the rows are for programs, and `narrower` what
    they see where a terminal is too narrow for one line a row.
    """

    headings: Sequence[str]
    rows: Iterable[Sequence[str]]
    on_terminal: Table | None = None
    narrower: Table | None = None


class Report(NamedTuple):
    """The end of a command.

    `text` and `table` are what a person reads on stdout; `data` is the same for a program.
    `lines` are records for JSON Lines, streamed; `is_last_line` when they went before, and the
    envelope is the last of them. `talk` goes to stderr, in text only.
    `payloads` are what the formats of CI systems tell.
    """

    command: str = ""
    outcome: Outcome = Outcome.OK
    exit_code: ExitCode = ExitCode.OK
    operation: Operation | None = None
    request: HttpRequest | None = None
    body: Any = None
    delivery: Delivery | None = None
    findings: Sequence[Finding] = ()
    data: Any = None
    text: str = ""
    table: Table | None = None
    json_lines: Iterable[Mapping[str, Any]] | None = None
    diagnostics: Sequence[str] = ()
    summary: str = ""
    payloads: Sequence[PayloadVerdict] = ()
    findings_are_data: bool = False
    is_last_json_line: bool = False

    @property
    def is_change_accepted(self) -> bool:
        """Whether the API took a request that changes something: the same command would do it again."""
        is_read = self.operation is not None and self.operation.is_read
        return self.outcome is Outcome.ACCEPTED and not is_read

    def envelope(self) -> dict[str, Any]:
        """Return the JSON envelope that `envelope.schema.json` describes.

        Phone numbers are masked, but in a dry run: that shows exactly what would be sent.
        """
        delivery = self.delivery
        return {
            "schemaVersion": SCHEMA_VERSION,
            "command": self.command,
            "operation": self.operation.name if self.operation else None,
            "provenance": self.operation.provenance if self.operation else None,
            "outcome": str(self.outcome),
            "exitCode": int(self.exit_code),
            "request": self._request(),
            "response": _response(delivery),
            "engagementId": delivery.engagement_id if delivery else None,
            "engagementIdSource": delivery.engagement_id_source if delivery else None,
            "correlationId": delivery.correlation_id if delivery else None,
            "attempts": delivery.attempts if delivery else 0,
            "deliveryId": (delivery.id or None) if delivery else None,
            "findings": [finding_as_json(finding) for finding in self.findings],
            "data": self.data,
        }

    def _request(self) -> dict[str, Any] | None:
        if self.request is None:
            return None
        from cxcall.transport.messages import masked_headers

        exact = self.outcome is Outcome.DRY_RUN
        return {
            "method": self.request.method,
            "url": self.request.url if exact else phone_numbers.mask_url(self.request.url),
            "headers": masked_headers(self.request.headers),
            "body": self.body if exact else phone_numbers.mask_value(self.body),
        }


def _response(delivery: Delivery | None) -> dict[str, Any] | None:
    if delivery is None or delivery.exchange is None or delivery.exchange.response is None:
        return None
    from cxcall.transport.messages import masked_headers

    response: HttpResponse = delivery.exchange.response
    decoded = response.json()
    return {
        "status": response.status,
        "reason": response.reason,
        "headers": masked_headers(response.headers),
        "body": phone_numbers.mask_value(
            response.text if decoded is None else decoded, phone_numbers.mask_international
        ),
        "elapsedMs": delivery.exchange.timings.get("total"),
    }


def finding_as_json(finding: Finding) -> dict[str, Any]:
    """Return a finding for the envelope; the place in a file stands beside `where`, numbers masked."""
    place = finding.excerpt
    return {
        "severity": str(finding.severity),
        "code": finding.code,
        "where": finding.where,
        "message": finding.message,
        "fix": finding.fix,
        "why": finding.why,
        "source": finding.source,
        "origin": finding.origin or None,
        "file": place.file if place else None,
        "line": place.line if place else None,
        "column": place.column if place else None,
    }


def error_report(error: CxcallError, command: str) -> Report:
    """Return the report of a command that could not go on."""
    return Report(
        command=command,
        outcome=error.outcome,
        exit_code=error.exit_code,
        findings=error.findings,
    )
