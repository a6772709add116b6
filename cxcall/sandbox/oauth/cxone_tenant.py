"""Simulate a CXone tenant: tenant discovery and tokens name the sandbox's own addresses."""

from __future__ import annotations

import json
import secrets
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from cxcall.sandbox.oauth.authorization_endpoint import encode_base64

if TYPE_CHECKING:
    from cxcall.sandbox.http_messages import SandboxRequest, SandboxResponse

TENANT_ID = "11111111-2222-4333-8444-555555555555"


def fill_cxone_response(response: SandboxResponse, request: SandboxRequest) -> SandboxResponse:
    """Return a CXone response with the addresses and tokens of this sandbox (docs/platforms/nice-cxone.md#tenant-discovery).

    The sandbox simulates every host of the vendor, so each address in a response is its own.
    """
    if not isinstance(response.body, dict):
        return response
    base_url = f"http://{request.headers.get('host', '')}"
    own: dict[str, Any] = {
        "api_endpoint": base_url,
        "auth_endpoint": base_url,
        "refresh_token": secrets.token_urlsafe(24),
        "id_token": _id_token(base_url),
    }
    body = {name: own.get(name, value) for name, value in response.body.items()}
    return replace(response, body=body)


def _id_token(issuer: str) -> str:
    head, claims = {"alg": "none"}, {"iss": issuer, "tenantId": TENANT_ID, "area": "na1"}
    return (
        f"{encode_base64(json.dumps(head).encode())}.{encode_base64(json.dumps(claims).encode())}."
    )
