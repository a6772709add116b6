"""Exchanges in the form of `explain`, with correct bodies to change."""

from __future__ import annotations

from typing import Any

ID, OTHER = "7795460a-be68-4739-97ed-af1d4f18f1b9", "12345678-1234-4234-8234-123456789012"
TOKEN = "Bearer q8Zr5TnW2kLx7VbC3mYd"
ACD = "/inContactAPI/services/v31.0"
CALLS, CALLBACKS = "/api/v2/conversations/calls", "/api/v2/conversations/callbacks"
CAMPAIGN = f"/api/v2/outbound/campaigns/{ID}"
CALLBACK = {"callbackNumbers": ["+12125550123"], "queueId": ID}
CAMPAIGN_BODY = {
    "name": "My Renewals",
    "dialingMode": "agentless",
    "contactList": {"id": ID},
    "site": {"id": OTHER},
    "phoneColumns": [{"columnName": "Phone", "type": "cell"}],
    "callerName": "My company",
    "callerAddress": "+12125550123",
    "outboundLineCount": 5,
    "callAnalysisResponseSet": {"id": OTHER},
    "version": 2,
    "campaignStatus": "off",
}


def exchange(
    method: str,
    path: str,
    body: Any = None,
    status: int | None = 400,
    response: Any = None,
    **more: Any,
) -> dict[str, Any]:
    """Return an exchange in the form of `explain`; `token` is the header `Authorization`."""
    host = "api-na1.niceincontact.com" if path.startswith(ACD) else "api.mypurecloud.de"
    headers = {"Authorization": more.pop("token", TOKEN), "Accept": "application/json"}
    headers |= {"Content-Type": "application/json"} if body is not None else {}
    shown = {
        "method": method,
        "host": host,
        "path": path,
        "headers": {k: v for k, v in headers.items() if v},
    }
    return {**shown, "body": body, "status": status, "response": response, **more}
