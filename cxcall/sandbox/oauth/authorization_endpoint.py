"""The browser login: authorization codes, PKCE, and refresh tokens (docs/platforms/genesys-cloud.md#user-login).

The sandbox shows no login page. It checks only the errors that a client can make.
"""

from __future__ import annotations

import secrets
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlencode, urlsplit

from cxcall.sandbox.http_messages import ErrorResponse, SandboxResponse
from cxcall.sandbox.inspection.request_log import drop_oldest

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cxcall.sandbox.http_messages import SandboxRequest

_LOOPBACK = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True, slots=True)
class _Code:
    client: str
    redirect_uri: str
    challenge: str


class AuthorizationEndpoint:
    """Authorization codes and refresh tokens. Each can be used once."""

    def __init__(self) -> None:
        self._codes: dict[str, _Code] = {}
        self._refresh_tokens: dict[str, str] = {}

    def authorize(self, request: SandboxRequest, clients: Mapping[str, str]) -> SandboxResponse:
        """Respond to `GET /oauth/authorize` with a redirect that has a code or an error."""
        if request.method != "GET":
            raise ErrorResponse(405, headers={"Allow": "GET"})
        query = dict(parse_qsl(request.query))
        redirect_uri = query.get("redirect_uri", "")
        # Genesys Cloud: a client that registers `http://localhost` may name any port.
        if not _is_loopback_uri(redirect_uri) or query.get("client_id") not in clients:
            return SandboxResponse(
                400, b"<!DOCTYPE html><title>Unknown client or redirect URI</title>"
            )
        parameters = {"state": query["state"]} if "state" in query else {}
        if query.get("response_type") != "code":
            parameters |= {"error": "unsupported_response_type"}
        elif query.get("code_challenge") and query.get("code_challenge_method") != "S256":
            parameters |= {
                "error": "invalid_request",
                "error_description": "S256 is the only method",
            }
        else:
            parameters |= {"code": self._new_code(query, redirect_uri)}
        return SandboxResponse(302, None, {"Location": f"{redirect_uri}?{urlencode(parameters)}"})

    def _new_code(self, query: Mapping[str, str], redirect_uri: str) -> str:
        code = secrets.token_urlsafe(24)
        drop_oldest(self._codes)
        self._codes[code] = _Code(query["client_id"], redirect_uri, query.get("code_challenge", ""))
        return code

    def redeem(self, form: Mapping[str, str], client: str) -> bool:
        """Use up the code or refresh token of a form, and return whether it was valid."""
        if form["grant_type"] == "refresh_token":
            return self._refresh_tokens.pop(form.get("refresh_token", ""), None) == client
        code = self._codes.pop(form.get("code", ""), None)
        if code is None or (code.client, code.redirect_uri) != (client, form.get("redirect_uri")):
            return False
        verifier = form.get("code_verifier", "")
        return code.challenge == (
            encode_base64(sha256(verifier.encode()).digest()) if verifier else ""
        )

    def refresh_token(self, client: str) -> str:
        """Return a new refresh token for a client."""
        token = secrets.token_urlsafe(24)
        drop_oldest(self._refresh_tokens)
        self._refresh_tokens[token] = client
        return token


def _is_loopback_uri(uri: str) -> bool:
    """Return whether a redirect URI is an http or https address of this machine, without user information."""
    if not (uri.isascii() and uri.isprintable()) or "\\" in uri or " " in uri:
        return False
    try:
        parts = urlsplit(uri)
        is_valid = parts.port is None or parts.port >= 0
    except ValueError:
        return False
    is_web = parts.scheme in ("http", "https") and "@" not in parts.netloc
    return is_valid and is_web and parts.hostname in _LOOPBACK


def encode_base64(data: bytes) -> str:
    """Return data in base64 for URLs, without padding."""
    return urlsafe_b64encode(data).decode().rstrip("=")
