"""Collect the facts that a support ticket needs."""

from __future__ import annotations

from cxcall.explaining.checks.credentials.token_check import read_claims
from cxcall.explaining.observed_request import ObservedRequest
from cxcall.phone.number_masking import mask_text
from cxcall.responses.identifiers import correlation_id, correlation_place
from cxcall.responses.message_in_body import shorten


def ticket_facts(request: ObservedRequest, platform: str) -> dict[str, str]:
    """Return the facts that a support ticket needs by name; for an unknown fact, the value says where to find it."""
    response = request.response
    is_shown = response is not None and response.status
    status = (
        f"HTTP {response.status} {shorten(response.reason)}".rstrip()
        if response and is_shown
        else ""
    )
    target = f"{request.method or '?'} {request.host or '<host>'}{mask_text(request.path)}"
    is_captured = request.method or request.host or request.path
    facts = {
        "request": target if is_captured else _not_captured("the log of the program"),
        "response": status or _not_captured("the status line of the response"),
        "correlation ID": (correlation_id(response) if response else None)
        or _not_captured(correlation_place(platform)),
        "time": (response.headers.get("Date", "") if response else "")
        or request.time
        or _not_captured("the header `Date`"),
        "region": request.host or _not_captured("the host of the URL"),
    }
    claims = read_claims(request)
    return facts | ({"token": str(claims)} if claims else {})


def _not_captured(where: str) -> str:
    return f"not captured: copy it from {where}"
