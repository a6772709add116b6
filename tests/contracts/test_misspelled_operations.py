"""An unknown name of an operation: the hint names the operation that it means elsewhere."""

from __future__ import annotations

import pytest

from cxcall.contracts import contract
from cxcall.findings.errors import UsageError


def test_name_in_the_vendors_sdk_or_a_path_names_the_operation() -> None:
    for name, fix in {
        "postConversationsCalls": "this operation is called `place-call` (POST /api/v2/conversations/calls)",
        "post-outbound-campaign-start": "this operation is called `start-campaign` (POST /api/v2/outbound/campaigns/{campaignId}/start)",
        "getUsersMe": "this operation is called `get-users-me` (GET /api/v2/users/me)",
        "GET /api/v2/users/me": "this operation is called `get-users-me` (GET /api/v2/users/me)",
        "get-outbound-campaigns": "this operation is called `list-campaigns` (GET /api/v2/outbound/campaigns)",
        "get-campaigns": "this operation is called `list-campaigns` (GET /api/v2/outbound/campaigns) or `cxone-list-campaigns` (GET /campaigns)",
        "exekute": "the most similar name is `execute`",
        "zzz": "see `cxcall operations`",
    }.items():
        with pytest.raises(UsageError) as raised:
            contract.load_operation(name)
        assert [each.fix for each in raised.value.findings] == [fix], name
