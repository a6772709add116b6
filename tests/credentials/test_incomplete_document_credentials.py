"""Credentials that a user's document needs and that are not set."""

from __future__ import annotations

import pytest

from cxcall.contracts.contract import Contract
from cxcall.credentials.request_credentials import (
    RequestCredentials,
    get_credentials,
    store_credentials,
)
from cxcall.findings.errors import CredentialsError
from helpers.token_endpoint import NONE, TOKEN, LoadSettings
from helpers.vendor_documents import secured_api

KEY = "k3y-9f8e7d6c5b4a"
PASSWORD = "p4ss-9f8e7d6c5b4a"
KEY_AND_BEARER = {
    "key": {"type": "apiKey", "in": "header", "name": "X-Key"},
    "token": {"type": "http", "scheme": "bearer"},
}


@pytest.mark.usefixtures("state")
def test_hint_on_credentials_that_are_needed_together_names_what_is_missing(
    load: LoadSettings,
) -> None:
    (both,) = Contract("own", secured_api(KEY_AND_BEARER)).operations
    with pytest.raises(CredentialsError) as first:
        get_credentials(load(**NONE), both)
    store_credentials(load(**NONE), "", KEY)
    with pytest.raises(CredentialsError) as second:
        get_credentials(load(**NONE), both)
    one, two = (each.value.findings[0].fix for each in (first, second))
    assert one.startswith("set `CXCALL_API_KEY`; and set `CXCALL_ACCESS_TOKEN`, or")
    assert two.startswith("set `CXCALL_ACCESS_TOKEN`, or")
    for fix in (one, two):
        assert "`cxcall auth login` keeps only one login for a host" in fix
        assert "--with-token" not in fix
    found = get_credentials(load(**NONE, access_token=TOKEN), both)
    assert isinstance(found, RequestCredentials)
    assert (found.headers, found.token) != ({}, None)
