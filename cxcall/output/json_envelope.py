"""Convert the report of a command to the JSON envelope."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cxcall.findings.exit_codes import Outcome
from cxcall.findings.hinted_commands import complete_commands
from cxcall.phone import number_masking

if TYPE_CHECKING:
    from cxcall.findings.edit import Edit
    from cxcall.findings.finding import Finding
    from cxcall.output.report import Report
    from cxcall.responses.delivery import Delivery

SCHEMA_VERSION = 1


def envelope_of(report: Report) -> dict[str, Any]:
    """Return the JSON envelope of a report, which `envelope.schema.json` describes.

    Likely secrets and phone numbers in the request are masked, except in a dry run, which shows exactly what
    would be sent.
    """
    delivery = report.delivery
    return {
        "schemaVersion": SCHEMA_VERSION,
        "command": report.command,
        "operation": report.operation.name if report.operation else None,
        "provenance": report.operation.provenance if report.operation else None,
        "outcome": str(report.outcome),
        "exitCode": int(report.exit_code),
        "request": _request(report),
        "response": _response(delivery),
        "engagementId": delivery.engagement_id if delivery else None,
        "engagementIdSource": delivery.engagement_id_source if delivery else None,
        "correlationId": delivery.correlation_id if delivery else None,
        "attempts": delivery.attempts if delivery else 0,
        "deliveryId": (delivery.id or None) if delivery else None,
        "findings": [finding_as_json(finding) for finding in report.findings],
        "data": report.data,
    }


def _request(report: Report) -> dict[str, Any] | None:
    request, body = report.request, report.body
    if request is None:
        return None
    from cxcall.runtime.secrets.likely_secrets import masked_headers

    url, headers = request.url, masked_headers(request.headers)
    if report.outcome is not Outcome.DRY_RUN:
        from cxcall.runtime.secrets.likely_secrets import mask_likely_secrets
        from cxcall.runtime.secrets.secrets_in_json import mask_secret_members

        url = number_masking.mask_url(mask_likely_secrets(request.shown_url), request.dialed)
        mask_dialed = number_masking.literal_masker(request.dialed)
        body = number_masking.mask_value(mask_secret_members(body), mask_dialed)
        body = number_masking.mask_value(body)
        headers = number_masking.mask_cells(headers)
    return {"method": request.method, "url": url, "headers": headers, "body": body}


def _response(delivery: Delivery | None) -> dict[str, Any] | None:
    exchange = delivery.exchange if delivery else None
    if exchange is None or exchange.response is None:
        return None
    from cxcall.runtime.secrets.likely_secrets import masked_headers
    from cxcall.runtime.secrets.secrets_in_json import mask_response_members

    response, decoded = exchange.response, exchange.response.json()
    body = response.text if decoded is None else decoded
    mask, hide = exchange.request.number_masker(), exchange.request.secret_masker()
    if not response.is_success:
        body = number_masking.mask_value(mask_response_members(body), hide)
    headers = masked_headers(response.headers).items()
    return {
        "status": response.status,
        "reason": mask(hide(response.reason)),
        "headers": {name: mask(hide(text)) for name, text in headers},
        "body": number_masking.mask_value(body, mask),
        "elapsedMs": exchange.timings.get("total"),
    }


def finding_as_json(finding: Finding) -> dict[str, Any]:
    """Return a finding as it appears in the envelope, without the quoted line of the file."""
    excerpt, where = finding.excerpt, finding.where
    if where in ("query", "header") and finding.origin:
        where = f"{where}:{finding.origin}"
    return {
        "severity": str(finding.severity),
        "code": finding.code,
        "where": number_masking.mask_text(where),
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
    from cxcall.runtime.secrets.secrets_in_json import mask_secret_members

    name, value = edit.pointer.rpartition("/")[2], edit.value
    return bool(mask_secret_members(value, name) != value)
