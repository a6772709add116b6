"""The tenant of a CXone token: from the claims of the token, and the discovery document of the issuer."""

from __future__ import annotations

import json
from base64 import urlsafe_b64encode
from typing import Any

import pytest

from cxcall.credentials.oauth_client import ACCESS_KEY, OAuthClient, TokenGrant, UndeliveredError
from cxcall.credentials.tenant_discovery import discover_tenant
from cxcall.documents.json_text import read_token_claims
from cxcall.findings.errors import CredentialsError, CxcallError
from cxcall.settings.addresses import Tenant
from cxcall.transport import exchange
from cxcall.transport.http_messages import Exchange, Headers, HttpRequest, HttpResponse
from helpers.cases import each_case

ISSUER = "https://cxone.niceincontact.com"
CLIENT = OAuthClient("key", "secret", "test", f"{ISSUER}/token", ACCESS_KEY)
API = "https://api-b32.nice-incontact.com"


def jwt(claims: Any) -> str:
    return f"e30.{urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip('=')}.c2ln"


OWN = TokenGrant("opaque", None, 0.0, None, id_token=jwt({"tenantId": "t-1"}))


@each_case(
    "token, claims",
    [
        *((jwt({"a": length * "x"}), {"a": length * "x"}) for length in range(4)),
        (jwt(["tenantId"]), None),
        ("opaque", None),
        ("a.b.c", None),
        ("", None),
    ],
)
def test_claims_of_a_token_are_read_if_it_has_some(
    token: str, claims: dict[str, Any] | None
) -> None:
    assert read_token_claims(token) == claims


def discover(grant: TokenGrant) -> tuple[type, str]:
    """Return the tenant of a grant, or the error, as its type and a text."""
    try:
        found = discover_tenant(ISSUER, CLIENT, grant, 5.0)
    except CxcallError as error:
        return type(error), error.findings[0].message
    return type(found), f"{found.tenant_id} {found.api_endpoint}"


@each_case(
    "grant, response, expected",
    [
        (OWN, (200, {"api_endpoint": f"{API}/"}), f"t-1 {API}"),
        (OWN._replace(value=jwt({"tenantId": "t-2"})), (200, {"api_endpoint": API}), f"t-1 {API}"),
        (OWN._replace(id_token="", value=jwt({"tenantId": 2})), (200, {"api_endpoint": API}), f"2 {API}"),
        (OWN._replace(id_token=""), (200, {"api_endpoint": API}), "does not name a tenant"),
        (OWN, (404, {}), "does not know the tenant `t-1`"),
        (OWN, (503, {}), "does not say where the tenant's API is"),
        (OWN, (200, ["x"]), "names `` as the tenant's API"),
        (OWN, (200, {"api_endpoint": "https://x.example" + 90 * "y"}), f"names `https://x.example{63 * 'y'}` as"),
        (OWN, (0, {}), "did not respond"),
    ],
)  # fmt: skip
def test_tenant_is_found_only_on_a_trusted_host(
    monkeypatch: pytest.MonkeyPatch, grant: TokenGrant, response: tuple[int, Any], expected: str
) -> None:
    status, body = response

    def respond(request: HttpRequest, **_: Any) -> Exchange:
        assert not request.headers.get("Authorization")
        reply = HttpResponse(status, "", Headers(()), json.dumps(body).encode())
        return Exchange(request, reply, may_be_sent=True, failure="" if status else "reset")

    monkeypatch.setattr(exchange, "exchange", respond)
    kind, text = discover(grant)
    assert text == expected if kind is Tenant else expected in text
    error = UndeliveredError if status in (0, 503) else CredentialsError
    assert kind is (Tenant if expected.endswith(API) else error)
