"""Find the API endpoint of the CXone tenant that a token belongs to (docs/platforms/nice-cxone.md#tenant-discovery)."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from cxcall.credentials.access_token import credentials_error
from cxcall.credentials.oauth_client import token_undelivered
from cxcall.documents.json_text import read_token_claims
from cxcall.findings.finding import printable
from cxcall.runtime.host_spellings import VENDOR_DOMAINS
from cxcall.settings import addresses
from cxcall.settings.addresses import Tenant
from cxcall.transport.origins import host_of

if TYPE_CHECKING:
    from cxcall.credentials.oauth_client import OAuthClient, TokenGrant
    from cxcall.transport.http_messages import HttpResponse

_DISCOVERY_PATH = "/.well-known/cxone-configuration"
_FIX = "set `CXCALL_BASE_URL` to your tenant's API, e.g. `https://api-na1.niceincontact.com`"


def discover_tenant(issuer: str, client: OAuthClient, grant: TokenGrant, timeout: float) -> Tenant:
    """Return the tenant of a token, from the issuer's discovery document. Sends no credentials.

    Raises CredentialsError if the token names no tenant, or if the document names a host that is
    not trusted, and UndeliveredError if the issuer does not respond.
    """
    # The token comes from the token endpoint over TLS, so checking its signature would not prove more.
    claims = filter(None, map(read_token_claims, (grant.id_token, grant.value)))
    tenant_id = next((str(each["tenantId"]) for each in claims if each.get("tenantId")), "")
    if not tenant_id:
        why = "neither its ID token nor the token itself has a `tenantId`"
        raise credentials_error(f"the token from `{client.host}` does not name a tenant", _FIX, why)
    url = f"{issuer}{_DISCOVERY_PATH}?{urlencode({'tenantId': tenant_id})}"
    response = _get(url, timeout)
    if response.status == HTTPStatus.NOT_FOUND:
        message = f"`{host_of(issuer)}` does not know the tenant `{printable(tenant_id)}`"
        raise credentials_error(message, f"check `issuer`, or {_FIX}", where="host")
    if response.status != HTTPStatus.OK:
        message = f"`{host_of(issuer)}` does not say where the tenant's API is"
        raise token_undelivered(
            "undelivered", message, f"run it again, or {_FIX}", f"HTTP {response.status}"
        )
    document = response.json()
    endpoint = str(document.get("api_endpoint", "")) if isinstance(document, dict) else ""
    if not addresses.is_trusted_endpoint(endpoint, issuer):
        message = f"`{host_of(issuer)}` names `{printable(endpoint)[:80]}` as the tenant's API"
        why = f"a token is sent only to `https://` hosts under {', '.join(VENDOR_DOMAINS)}, or to the issuer's own host"
        raise credentials_error(message, _FIX, why, where="host", code="host-unknown")
    return Tenant(endpoint.rstrip("/"), client.token_url, tenant_id)


def _get(url: str, timeout: float) -> HttpResponse:
    from cxcall.transport.authorization import Authorization
    from cxcall.transport.exchange import InterruptedExchange, exchange
    from cxcall.transport.http_messages import HttpRequest

    request = HttpRequest("GET", url, {"Accept": "application/json"}, None)
    try:
        done = exchange(request, auth=Authorization(url, ""), timeout=timeout)
    except InterruptedExchange:
        raise KeyboardInterrupt from None
    if done.response is None or done.failure:
        raise token_undelivered(
            "undelivered",
            f"the discovery host `{host_of(url)}`, which has the address of the tenant's API, did not respond",
            f"run it again, or {_FIX}",
            f"without that address, nothing was sent ({done.detail or done.failure})",
        )
    return done.response
