"""Request an access token with client credentials, an access key, or a browser login."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode

from cxcall.credentials.oauth_client import ACCESS_KEY, AUTHORIZATION_CODE, OAuthClient, TokenGrant
from cxcall.credentials.token_response import TokenResponse, encode_basic, no_response_error
from cxcall.runtime.secrets.known_secrets import remember_secrets
from cxcall.transport.authorization import Authorization

if TYPE_CHECKING:
    from collections.abc import Mapping

_FORM = "application/x-www-form-urlencoded"
_SECRET_FIELDS = ("code", "code_verifier", "refresh_token")


def request_grant(client: OAuthClient, timeout: float) -> TokenGrant:
    """Return a token for the client's credentials.

    Raises CredentialsError if the token endpoint refuses them or returns no usable token, and
    UndeliveredError if it does not respond or limits the rate.
    """
    if client.kind == ACCESS_KEY:
        return _request_with_access_key(client, timeout)
    if client.kind == AUTHORIZATION_CODE:
        form = {"grant_type": "refresh_token", "refresh_token": client.refresh_token}
        return redeem_code(client, form, timeout)
    basic = encode_basic(client.client_id, client.secret)
    return _send_form(client, {"grant_type": "client_credentials"}, timeout, basic)


def redeem_code(client: OAuthClient, form: Mapping[str, str], timeout: float) -> TokenGrant:
    """Return a token for an authorization code or a refresh token; raises as `request_grant` does.

    A client without a secret sends its ID in the form (RFC 6749 section 3.2.1).
    """
    remember_secrets(*(form.get(name, "") for name in _SECRET_FIELDS))
    if client.secret:
        basic = encode_basic(client.client_id, client.secret)
        return _send_form(client, form, timeout, basic)
    return _send_form(client, {**form, "client_id": client.client_id}, timeout)


def _request_with_access_key(client: OAuthClient, timeout: float) -> TokenGrant:
    """Return a token for an access key, with or without a registered application (docs/platforms/nice-cxone.md#tokens)."""
    if all(client.application):
        form = {"grant_type": "password", "username": client.client_id, "password": client.secret}
        basic = encode_basic(*(quote(half, safe="") for half in client.application))
        return _send_form(client, form, timeout, basic)
    key = {"accessKeyId": client.client_id, "accessKeySecret": client.secret}
    return _send(client, "application/json", json.dumps(key), timeout)


def _send_form(
    client: OAuthClient, form: Mapping[str, str], timeout: float, basic: str = ""
) -> TokenGrant:
    return _send(client, _FORM, urlencode(form), timeout, basic)


def _send(
    client: OAuthClient, media_type: str, body: str, timeout: float, basic: str = ""
) -> TokenGrant:
    from cxcall.transport.exchange import InterruptedExchange, exchange
    from cxcall.transport.http_messages import HttpRequest

    headers = {"Accept": "application/json", "Content-Type": media_type}
    request = HttpRequest("POST", client.token_url, headers, body.encode())
    remember_secrets(client.secret, client.application[1], client.refresh_token)
    header = Authorization(client.token_url, f"Basic {basic}" if basic else "")
    requested_at = time.time()
    try:
        done = exchange(request, auth=header, timeout=timeout)
    except InterruptedExchange:  # a token request places no call
        raise KeyboardInterrupt from None
    if done.response is None or done.failure:
        raise no_response_error(done, client, timeout)
    response = TokenResponse.read(done.response, client)
    response.raise_for_status()
    return response.to_grant(requested_at)
