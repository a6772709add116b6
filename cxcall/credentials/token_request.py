"""The grants: client credentials, an access key, or a person's login -> an access token."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode

from cxcall.credentials.oauth_client import (
    ACCESS_KEY,
    AUTHORIZATION_CODE,
    Client,
    TokenGrant,
)
from cxcall.credentials.token_response import TokenResponse, encode_basic, no_response_error
from cxcall.transport.authorization import Authorization

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cxcall.transport.messages import HttpRequest

_FORM = "application/x-www-form-urlencoded"


def request_grant(client: Client, timeout: float) -> TokenGrant:
    """Exchange what the client has for a token.

    Raises CredentialsError when the endpoint refuses it or grants nothing that can be used, and
    UndeliveredError when it does not answer or asks to come back later.
    """
    if client.kind == ACCESS_KEY:
        return _by_access_key(client, timeout)
    if client.kind == AUTHORIZATION_CODE:
        form = {"grant_type": "refresh_token", "refresh_token": client.refresh}
        return redeem_code(client, form, timeout)
    return _ask(client, _form(client, {"grant_type": "client_credentials"}), timeout, _pair(client))


def redeem_code(client: Client, form: Mapping[str, str], timeout: float) -> TokenGrant:
    """Exchange an authorization code or a refresh token; raises as `fetch` does.

    A client without a secret is named in the form (RFC 6749 section 3.2.1).
    """
    if client.secret:
        return _ask(client, _form(client, form), timeout, _pair(client))
    return _ask(client, _form(client, {**form, "client_id": client.client_id}), timeout)


def _by_access_key(client: Client, timeout: float) -> TokenGrant:
    """Present an access key: alone, or by a registered application (docs/platforms/nice-cxone.md#tokens)."""
    if all(client.app):
        form = {
            "grant_type": "password",
            "username": client.client_id,
            "password": client.secret,
        }
        pair = encode_basic(*(quote(half, safe="") for half in client.app))
        return _ask(client, _form(client, form), timeout, pair)
    key = {"accessKeyId": client.client_id, "accessKeySecret": client.secret}
    return _ask(client, _post(client, "application/json", json.dumps(key)), timeout)


def _ask(client: Client, request: HttpRequest, timeout: float, pair: str = "") -> TokenGrant:
    from cxcall.transport.exchange import Interrupted, exchange

    header = Authorization(client.token_url, f"Basic {pair}" if pair else "")
    asked_at = time.time()
    try:
        done = exchange(request, auth=header, timeout=timeout)
    except Interrupted:  # it was a token that was asked for: no call can have gone out
        raise KeyboardInterrupt from None
    if done.response is None or done.failure:
        raise no_response_error(done, client, timeout)
    answer = TokenResponse.of(done.response, client)
    answer.raise_for_status()
    return answer.grant(asked_at)


def _form(client: Client, form: Mapping[str, str]) -> HttpRequest:
    return _post(client, _FORM, urlencode(form))


def _post(client: Client, media: str, body: str) -> HttpRequest:
    from cxcall.transport.messages import HttpRequest

    headers = {"Accept": "application/json", "Content-Type": media}
    return HttpRequest("POST", client.token_url, headers, body.encode())


def _pair(client: Client) -> str:
    return encode_basic(client.client_id, client.secret)
