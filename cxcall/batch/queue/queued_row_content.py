"""The content of a queued row: the values from which a worker builds the same request."""

from __future__ import annotations

import json
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from cxcall.batch.input.rows import Row
from cxcall.batch.row_checks import CheckedRow, decide_row
from cxcall.findings.finding import Excerpt, Finding
from cxcall.payloads.payload import Payload
from cxcall.sending.checked_request import build_request

if TYPE_CHECKING:
    from cxcall.contracts.operation import Operation
    from cxcall.ledger.postgres.queued_rows import QueuedRow
    from cxcall.sending.checked_request import CheckedRequest
    from cxcall.settings.settings import Settings
    from cxcall.transport.http_messages import HttpRequest


def row_content(checked: CheckedRow, request: CheckedRequest, key: str) -> dict[str, Any]:
    """Return the values that a worker needs to send a row: parameters and body, with whole phone numbers."""
    return {
        "values": dict(checked.values),
        "body": request.body,
        "key": key,
        "line": checked.row.place.line,
        "digest": _digest(request.request),
        "canPlaceCall": request.operation.can_place_call,
    }


def _digest(request: HttpRequest) -> str:
    """Return the SHA-256 of every byte that is sent, without the credentials."""
    head = json.dumps([request.method, request.url, sorted(request.headers.items())])
    return sha256(head.encode() + (request.body or b"")).hexdigest()


def row_of(queued: QueuedRow) -> Row:
    """Return a queued row as a row of its file."""
    content = queued.content
    place = Excerpt(f"batch {queued.batch}", content["line"], 1, "")
    return Row(queued.number, place, Payload(content["body"]), content["values"])


def rebuild_row(
    queued: QueuedRow, operation: Operation, settings: Settings, *, force: bool
) -> CheckedRow:
    """Return a row, checked with the settings and guards of its worker at the time of sending.

    The row has an error if its request differs from the request that was confirmed. It may place a call if the operation
    may on this machine, or might on the one that queued it: the API document may be another one.
    """
    content, row = queued.content, row_of(queued)
    if content.get("canPlaceCall"):  # an older cxcall did not record it
        operation = operation.as_call
    payload = row.payload or Payload(None)
    request = build_request(operation, content["values"], payload, settings)
    if _digest(request.request) != content["digest"]:
        return CheckedRow(row, None, (_other_request_finding(operation),))
    return decide_row(row, request, content["values"], request.findings, force=force)


def _other_request_finding(operation: Operation) -> Finding:
    return Finding.error(
        "request-changed",
        "batch",
        f"this worker would send a different request for `{operation.name}` than the one that was queued",
        fix="use the same cxcall version, contract, and base URL on both machines; then run `batch` again with `--queue --resume`",
        why="only what was checked and agreed to is sent",
    )
