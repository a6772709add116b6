"""Corrected requests, and the input of cxcall when a shell runs them."""

from __future__ import annotations

from typing import Any

from cxcall import explain
from cxcall.explaining.correction.corrected_request import (
    CorrectedRequest,
    correct_request,
)

QUEUE = "7795460a-be68-4739-97ed-af1d4f18f1b9"
CALLBACK = {"queueId": QUEUE, "callbackNumbers": ["+12025550123", "+12025550124"]}


def corrected(exchange: dict[str, Any]) -> CorrectedRequest:
    """Return the corrected request of one exchange."""
    (explanation,) = explain(exchange)
    return correct_request(explanation)


def callback(body: Any, path: str = "/api/v2/conversations/callbacks") -> CorrectedRequest:
    return corrected({"method": "POST", "host": "api.mypurecloud.ie", "path": path, "body": body})
