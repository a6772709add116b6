"""Hold the result of a command as one value, and convert it to the JSON envelope."""

from __future__ import annotations

from typing import IO, TYPE_CHECKING, Any

from cxcall.findings.exit_codes import ExitCode, Outcome
from cxcall.named_tuple import NamedTuple
from cxcall.output.hinted_commands import complete_commands
from cxcall.phone import number_masking

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from cxcall.contracts.operation import Operation
    from cxcall.findings.edit import Edit
    from cxcall.findings.errors import CxcallError
    from cxcall.findings.finding import Finding
    from cxcall.output.sections import Section
    from cxcall.responses.delivery import Delivery
    from cxcall.transport.http_messages import HttpRequest
    from cxcall.validation.payload_check import PayloadVerdict

SCHEMA_VERSION = 1


class Table(NamedTuple):
    """Rows of text under headings.

    `narrower` replaces it on a terminal that is too narrow for a row on one line.
    """

    headings: Sequence[str]
    rows: Iterable[Sequence[str]]
    narrower: Table | None = None

    def dropping(self, *headings: str) -> Table:
        """Return the table with narrower forms; each leaves out one more of the columns, in this order."""
        if not headings:
            return self
        kept = [index for index, each in enumerate(self.headings) if each != headings[0]]
        rows = [[row[index] for index in kept] for row in self.rows]
        narrower = Table([self.headings[index] for index in kept], rows)
        return self._replace(narrower=narrower.dropping(*headings[1:]))


class Report(NamedTuple):
    """The result of a command.

    `text` and `table` go to stdout in text output, and `data` is the same in JSON. `diagnostics`
    go to stderr, in text output only. `json_lines` are the records of JSON Lines output;
    `is_last_json_line` says that they were printed before, and that the envelope follows them.
    `sections` are printed in text output, in place of a table only on a terminal.
    `lines` are printed unchanged in text output, one by one.
    `values` are printed in text output in place of the response, text as it is and all else as JSON.
    `payloads` is what the formats of CI systems print. `shows_secret` says that the user requested
    a secret, so that it is not masked.
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
    sections: Sequence[Section] | None = None
    json_lines: Iterable[Any] | None = None
    values: Sequence[Any] | None = None
    lines: Iterable[str] | None = None
    diagnostics: Sequence[str] = ()
    summary: str = ""
    payloads: Sequence[PayloadVerdict] = ()
    findings_are_data: bool = False
    is_last_json_line: bool = False
    shows_secret: bool = False

    @property
    def is_change_accepted(self) -> bool:
        """Whether the API accepted a change, so that running the command again would repeat it."""
        is_read = self.operation is not None and self.operation.is_read
        return self.outcome is Outcome.ACCEPTED and not is_read

    def envelope(self) -> dict[str, Any]:
        """Return the JSON envelope that `envelope.schema.json` describes.

        Phone numbers are masked, except in a dry run, which shows exactly what would be sent.
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
        from cxcall.runtime.likely_secrets import masked_headers

        exact = self.outcome is Outcome.DRY_RUN
        return {
            "method": self.request.method,
            "url": self.request.url if exact else number_masking.mask_url(self.request.url),
            "headers": masked_headers(self.request.headers),
            "body": self.body if exact else number_masking.mask_value(self.body),
        }


def _response(delivery: Delivery | None) -> dict[str, Any] | None:
    exchange = delivery.exchange if delivery else None
    if exchange is None or exchange.response is None:
        return None
    from cxcall.runtime.likely_secrets import masked_headers
    from cxcall.runtime.secret_members import mask_secret_members

    response, decoded = exchange.response, exchange.response.json()
    body = response.text if decoded is None else decoded
    body = body if response.is_success else mask_secret_members(body)
    mask = number_masking.response_masker(exchange.request.texts)
    return {
        "status": response.status,
        "reason": mask(response.reason),
        "headers": {name: mask(text) for name, text in masked_headers(response.headers).items()},
        "body": number_masking.mask_value(body, mask),
        "elapsedMs": exchange.timings.get("total"),
    }


def echo_mask(request: HttpRequest, stream: IO[str]) -> Callable[[str], str]:
    """Return a function that masks the numbers of a request in a response, unless a terminal shows it."""
    return str if stream.isatty() else request.mask_echo


def finding_as_json(finding: Finding) -> dict[str, Any]:
    """Return a finding as it appears in the envelope, without the quoted line of the file."""
    excerpt = finding.excerpt
    return {
        "severity": str(finding.severity),
        "code": finding.code,
        "where": finding.where,
        "message": finding.message,
        "fix": complete_commands(finding.fix),
        "why": complete_commands(finding.why),
        "source": finding.source,
        "origin": finding.origin or None,
        "file": excerpt.file if excerpt else None,
        "line": excerpt.line if excerpt else None,
        "column": excerpt.column if excerpt else None,
        "edits": _edits_as_json(finding),
    }


def _edits_as_json(finding: Finding) -> list[dict[str, Any]]:
    """Return the edits of a finding; none if one contains a secret or a phone number, which is not printed in full."""
    if any(edit.text and _sets_secret(edit) for edit in finding.edits):
        return []
    texts = "\n".join(f"{edit.pointer}\n{edit.source}\n{edit.text}" for edit in finding.edits)
    if number_masking.mask_text(texts) != texts:
        return []
    return [edit.as_dict() for edit in finding.edits]


def _sets_secret(edit: Edit) -> bool:
    from cxcall.runtime.secret_members import is_secret_member, mask_secret_members

    name, value = edit.pointer.rpartition("/")[2], edit.value
    return is_secret_member(name, value) or mask_secret_members(value, name) != value


def error_report(error: CxcallError, command: str) -> Report:
    """Return the report of a command that ended with an error."""
    return Report(command, error.outcome, error.exit_code, findings=error.findings)


def delivery_report(
    command: str,
    delivery: Delivery,
    operation: Operation | None = None,
    request: HttpRequest | None = None,
    body: Any = None,
    findings: Sequence[Finding] = (),
) -> Report:
    """Return the report of a request that was sent; `findings` are the findings of its check."""
    return Report(
        command,
        delivery.outcome,
        delivery.exit_code,
        operation,
        request,
        body,
        delivery,
        (*findings, *delivery.findings),
    )
