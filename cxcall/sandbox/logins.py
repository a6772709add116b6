"""A person's login without a person: authorization codes, PKCE, refresh tokens (docs/platforms/genesys-cloud.md#user-login).

Whoever asks is let in at once. What is checked is what a client can get wrong.
"""

from __future__ import annotations

import json
import secrets
from base64 import urlsafe_b64encode
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from cxcall.sandbox.messages import HttpProblem, SandboxResponse

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cxcall.sandbox.messages import SandboxRequest

TENANT_ID = "11111111-2222-4333-8444-555555555555"
_LOOPBACK = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True, slots=True)
class _Code:
    client: str
    redirect_uri: str
    challenge: str


class Logins:
    """Codes and refresh tokens that were given out; each is good once."""

    def __init__(self) -> None:
        self._codes: dict[str, _Code] = {}
        self._refreshing: dict[str, str] = {}

    def authorize(self, request: SandboxRequest, clients: Mapping[str, str]) -> SandboxResponse:
        """Answer `GET /oauth/authorize`: a redirect back with a code, or with an error."""
        if request.method != "GET":
            raise HttpProblem(405, headers={"Allow": "GET"})
        asked = dict(parse_qsl(request.query))
        back = asked.get("redirect_uri", "")
        # Genesys Cloud: a client that registers `http://localhost` may name any port.
        if urlsplit(back).hostname not in _LOOPBACK or asked.get("client_id") not in clients:
            return SandboxResponse(
                400, b"<!DOCTYPE html><title>Unknown client or redirect URI</title>"
            )
        told = {"state": asked["state"]} if "state" in asked else {}
        if asked.get("response_type") != "code":
            told |= {"error": "unsupported_response_type"}
        elif asked.get("code_challenge") and asked.get("code_challenge_method") != "S256":
            told |= {"error": "invalid_request", "error_description": "S256 is the only method"}
        else:
            told |= {"code": self._new_code(asked, back)}
        return SandboxResponse(302, None, {"Location": f"{back}?{urlencode(told)}"})

    def _new_code(self, asked: Mapping[str, str], back: str) -> str:
        code = secrets.token_urlsafe(24)
        self._codes[code] = _Code(asked["client_id"], back, asked.get("code_challenge", ""))
        return code

    def redeem(self, form: Mapping[str, str], client: str) -> bool:
        """Take a code or a refresh token back, and tell whether it was good."""
        if form["grant_type"] == "refresh_token":
            return self._refreshing.pop(form.get("refresh_token", ""), None) == client
        code = self._codes.pop(form.get("code", ""), None)
        if code is None or (code.client, code.redirect_uri) != (client, form.get("redirect_uri")):
            return False
        verifier = form.get("code_verifier", "")
        return code.challenge == (_encoded(sha256(verifier.encode()).digest()) if verifier else "")

    def refresh_token(self, client: str) -> str:
        """Return a new refresh token for a client."""
        token = secrets.token_urlsafe(24)
        self._refreshing[token] = client
        return token


def fill_cxone_response(answer: SandboxResponse, request: SandboxRequest) -> SandboxResponse:
    """Make the addresses and tokens of a CXone answer those of this server (docs/platforms/nice-cxone.md#tenant-discovery).

    A sandbox stands for every host of the vendor, so it names itself where the vendor names others.
    """
    if not isinstance(answer.body, dict):
        return answer
    here = f"http://{request.headers.get('host', '')}"
    own: dict[str, Any] = {
        "api_endpoint": here,
        "auth_endpoint": here,
        "refresh_token": secrets.token_urlsafe(24),
        "id_token": _id_token(here),
    }
    told = {name: own.get(name, value) for name, value in answer.body.items()}
    return replace(answer, body=told)


def _id_token(issuer: str) -> str:
    head, claims = {"alg": "none"}, {"iss": issuer, "tenantId": TENANT_ID, "area": "na1"}
    return f"{_encoded(json.dumps(head).encode())}.{_encoded(json.dumps(claims).encode())}."


def _encoded(data: bytes) -> str:
    return urlsafe_b64encode(data).decode().rstrip("=")
