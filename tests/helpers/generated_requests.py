"""Requests with one fault each, for code generators."""

from __future__ import annotations

import json
from typing import Any

API = "https://api.mypurecloud.ie"
NICE = "https://api-na1.niceincontact.com/incontactapi/services/v30.0"
QUEUE = "7795460a-be68-4739-97ed-af1d4f18f1b9"
LIST = "0d8f7bd4-3bb3-4e08-a3b2-2d2a3e6d9c11"
JSON_TYPE = ("Content-Type", "application/json")
TOKEN = ("Authorization", "Bearer q8Zr5TnW2kLx7VbC3mYd")
Fault = tuple[str, str]


def _request(
    fault: Fault,
    method: str,
    url: str,
    body: Any = None,
    headers: tuple[Any, ...] = (JSON_TYPE, TOKEN),
) -> tuple[Fault, dict[str, Any]]:
    request: dict[str, Any] = {
        "method": method,
        "url": url,
        "headers": [list(each) for each in headers],
    }
    if isinstance(body, str):
        request["text"] = body
    elif body is not None:
        request["text"] = json.dumps(body, indent=2, ensure_ascii=False)
    return fault, request


def _form(
    fault: Fault, url: str, params: dict[str, str], *headers: tuple[str, str]
) -> tuple[Fault, dict[str, Any]]:
    sent = [["Content-Type", "application/x-www-form-urlencoded"], *map(list, headers)]
    return fault, {
        "method": "POST",
        "url": url,
        "headers": sent,
        "params": [list(each) for each in params.items()],
    }


CALLBACKS = f"{API}/api/v2/conversations/callbacks"
CALLS = f"{API}/api/v2/conversations/calls"
CAMPAIGNS = f"{API}/api/v2/outbound/campaigns"
CONTACTS = f"{API}/api/v2/outbound/contactlists/{LIST}/contacts"
# (the code and the place of the fault, the request)
REQUESTS: list[tuple[Fault, dict[str, Any]]] = [
    _request(("property-unknown", "/queue"), "POST", CALLBACKS, {"callbackNumbers": ["+12025550123"], "queue": QUEUE}),
    _request(("type-mismatch", "/callbackNumbers"), "POST", CALLBACKS, {"callbackNumbers": "+12025550123", "queueId": QUEUE}),
    _request(("property-unknown", "/phone_number"), "POST", CALLS, {"phone_number": "+12025550123", "callFromQueueId": QUEUE, "priority": 5}),
    _request(("property-unknown", "/note"), "POST", CALLS, {"phoneNumber": "+12025550123", "note": "it's \"urgent\", 50% off\\n for $5 & <b>O'Brien</b> #1 `now` {x} ~ 100^2 @home!"}),
    _request(("property-unknown", "/notiz"), "POST", CALLS, {"phoneNumber": "+12025550123", "notiz": "Zoë grüßt 東京 😀\n\tzweite Zeile"}),
    _request(("type-mismatch", "/0/data"), "POST", f"{CONTACTS}?priority=true&doNotQueue=false", [{"contactListId": LIST, "data": "+12025550123"}]),
    _request(("type-mismatch", "/0/callable"), "POST", CONTACTS, [{"contactListId": LIST, "data": {"First Name": "Ada", "Phone": "+12025550123"}, "callable": "yes"}, {"contactListId": LIST, "data": {}}]),
    _request(("property-unknown", "/dialMode"), "POST", CAMPAIGNS, {"name": "Spring", "contactList": {"id": LIST}, "dialMode": "preview", "dialingMode": "preview", "phoneColumns": [{"columnName": "Phone", "type": "cell"}], "callerName": "C", "callerAddress": "+12025550123", "abandonRate": 3.5, "scriptId": None, "alwaysRunning": True}),
    _request(("path-unpublished|method-unpublished", "path"), "POST", f"{API}/api/v2/conversations/callbaks", {"callbackNumbers": ["+12025550123"], "queueId": QUEUE}),
    _request(("path-unpublished", "path"), "GET", f"{API}/api/v2/outbound/campaign?pageSize=25&pageNumber=1", headers=(TOKEN, ("Accept", "application/json"))),
    _request(("method-unpublished", "path"), "PUT", CALLBACKS, {"callbackNumbers": ["+12025550123"], "queueId": QUEUE}),
    _request(("host-unknown", "host"), "POST", "https://api.mypurecloud.eu/api/v2/conversations/callbacks", {"callbackNumbers": ["+12025550123"], "queueId": QUEUE}),
    _request(("header-missing", "header:Content-Type"), "POST", CALLBACKS, {"callbackNumbers": ["+12025550123"], "queueId": QUEUE}, (("Content-Type", "text/plain"), TOKEN)),
    _request(("credential", "header:Authorization"), "GET", f"{API}/api/v2/users/me", headers=(("Authorization", "q8Zr5TnW2kLx7VbC3mYd"),)),
    _request(("id-format", "path"), "GET", f"{API}/api/v2/outbound/campaigns/springcampaign/stats", headers=(TOKEN,)),
    _request(("method-unpublished", "path"), "DELETE", f"{API}/api/v2/conversations/callbacks", headers=(TOKEN,)),
    _request(("property-unknown", "/priority"), "PATCH", f"{API}/api/v2/conversations/calls/{QUEUE}", {"priority": {"x": [1, 2, {"y": []}]}, "recordingState": "active"}),
    _request(("body-malformed", "body"), "POST", CALLBACKS, '{"callbackNumbers": ["+12025550123"], "queueId": "' + QUEUE + '",}'),
    _request(("property-missing", "/contactId"), "POST", f"{CAMPAIGNS}/{LIST}/executions", {"contactSpec": {"contactData": {"phoneNumber": "+12025550123"}}}, (JSON_TYPE, TOKEN, ("X-Request-Id", "a-1"))),
    _request(("host-unknown", "host"), "GET", "http://api.mypurecloud.xx/api/v2/users/me?expand=presence&q=a%20b%26c", headers=(TOKEN,)),
    _request(("scheme-insecure", "host"), "POST", "http://api.mypurecloud.ie/api/v2/conversations/calls", {"phoneNumber": "+12025550123"}),
    _request(("property-missing", "/callerName"), "POST", CAMPAIGNS, {"name": "", "contactList": {"id": LIST}, "dialingMode": "preview", "phoneColumns": [{"columnName": "Phone", "type": ""}]}),
    _request(("property-unknown", "/phone"), "POST", f"{NICE}/scheduled-callbacks", {"phone": "2025550147", "skillId": 42713, "scheduleDate": "2026-08-07T14:05:00Z"}, (JSON_TYPE, TOKEN, ("Accept", "application/json"))),
    _form(("token-grant", "/grant_type"), "https://login.mypurecloud.ie/oauth/token", {"grant_type": "client_credential"}, ("Authorization", "Basic YWJjOmRlZg==")),
    _form(("property-missing", "/code"), "https://login.mypurecloud.ie/oauth/token", {"grant_type": "authorization_code", "redirect_uri": "https://example.org/a?b=c&d=e f"}, ("Authorization", "Basic YWJjOmRlZg==")),
]  # fmt: skip
