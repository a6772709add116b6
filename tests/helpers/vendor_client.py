"""The vendor's own Python SDK as an independent client. Run as a separate program.

`BASE_URL CLIENT_ID CLIENT_SECRET MODEL...` places and follows a call, gets a refusal, and creates a body of each
model, with every property set by the SDK's own setters. It prints what the SDK read, and the bodies.
"""

from __future__ import annotations

import gc
import inspect
import json
import re
import sys
from datetime import UTC, datetime
from functools import cache
from typing import Any

gc.disable()  # a third of the time of loading thousands of modules
import PureCloudPlatformClientV2 as vendor  # noqa: E402, N813 - the name is a module's

USER = "00000007-1234-1234-1234-123456789012"
CAMPAIGN = "00000001-1234-1234-1234-123456789012"
LIST = "00000002-1234-1234-1234-123456789012"
QUEUE = "00000005-1234-1234-1234-123456789012"
NUMBER = "+12025550111"
DEPTH = 4
_PHONE = re.compile(r"number|phone|caller_id$|caller_address|^address|^ani|^dnis", re.IGNORECASE)
_ALLOWED = re.compile(r"allowed_values = (\[.*?\])", re.DOTALL)


def calls(base_url: str, client_id: str, client_secret: str) -> dict[str, Any]:
    """Place a call and a callback, load and start a campaign, and read all of them."""
    client = vendor.api_client.ApiClient(host=base_url)
    client.get_client_credentials_token(client_id, client_secret)
    conversations = vendor.ConversationsApi(client)
    outbound = vendor.OutboundApi(client)

    call = vendor.CreateCallRequest()
    call.phone_number = NUMBER
    placed = conversations.post_conversations_calls_user_user_id(USER, call)

    callback = vendor.CreateCallbackCommand()
    callback.callback_numbers = [NUMBER]
    callback.queue_id = QUEUE
    called_back = conversations.post_conversations_callbacks(callback)

    contact = vendor.WritableDialerContact()
    contact.contact_list_id = LIST
    contact.data = {"phoneNumber": NUMBER}
    contacts = outbound.post_outbound_contactlist_contacts(LIST, [contact], priority=True)

    campaign = outbound.get_outbound_campaign(CAMPAIGN)
    outbound.post_outbound_campaign_start(CAMPAIGN)
    seen = conversations.get_conversation(placed.id)
    token = vendor.TokensApi(client).get_tokens_me()
    return {
        "call": placed.id,
        "callback": called_back.conversation.id,
        "contacts": [entry.id for entry in contacts],
        "campaign": [campaign.id, campaign.dialing_mode, campaign.campaign_status],
        "conversation": [seen.id, seen.participants[0].calls[0].state],
        "grant": token.o_auth_client.authorized_grant_type,
    }


def refused(base_url: str, client_id: str, client_secret: str) -> dict[str, Any]:
    """Send a request that the platform refuses, and return the SDK's result."""
    client = vendor.api_client.ApiClient(host=base_url)
    client.get_client_credentials_token(client_id, client_secret)
    call = vendor.CreateCallRequest()
    call.phone_number = ""
    try:
        vendor.ConversationsApi(client).post_conversations_calls_user_user_id(USER, call)
    except vendor.rest.ApiException as error:
        body = json.loads(error.body)
        return {"body": [error.status, body["code"], bool(body["contextId"])]}
    return {}


@cache
def _source(setter: Any) -> str:
    return inspect.getsource(setter)


def made(model: type, depth: int = DEPTH) -> Any:
    """Return a model with every property set, as deep as `depth` models."""
    found = model()
    for name, kind in found.swagger_types.items():
        setter = getattr(model, name).fset
        value = None if setter is None else _value(name, kind, _source(setter), depth)
        if value is not None:
            setattr(found, name, value)
    return found


def _value(name: str, kind: str, setter: str, depth: int) -> Any:
    if kind.startswith("list["):
        inner = _value(name, kind[5:-1], setter, depth)
        return None if inner is None else [inner]
    if kind.startswith("dict("):
        inner = _value(name, kind.partition(",")[2][:-1].strip(), "", depth)
        return None if inner is None else {"key": inner}
    if allowed := _ALLOWED.search(setter):
        return json.loads(allowed[1])[0]
    simple = {
        "int": 1,
        "float": 1.0,
        "bool": True,
        "object": {},
        "datetime": datetime(2026, 12, 1, 9, tzinfo=UTC),
        "date": datetime(2026, 12, 1, tzinfo=UTC).date(),
        "str": NUMBER if _PHONE.search(name) else USER,
    }
    if kind in simple:
        return simple[kind]
    return made(getattr(vendor, kind), depth - 1) if depth and hasattr(vendor, kind) else None


def bodies(*names: str) -> dict[str, Any]:
    """Return a serialised body of each model."""
    client = vendor.api_client.ApiClient()
    return {
        name: client.sanitize_for_serialization(made(getattr(vendor, name)))
        for name in names
        if hasattr(vendor, name)
    }


if __name__ == "__main__":
    base_url, client_id, client_secret, *models = sys.argv[1:]
    read = {
        "calls": calls(base_url, client_id, client_secret),
        "refused": refused(base_url, client_id, client_secret),
        "bodies": bodies(*models),
    }
    print(json.dumps(read))
